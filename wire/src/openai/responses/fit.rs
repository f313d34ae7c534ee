//! What a model does not take and what is done about it, alike for a request that is written anew
//! and for one that is only adapted.

use crate::hub::{Block, Format, Media, Profile, Request, ToolChoice, Unsupported};

/// How a request has to change for a model.
#[derive(Debug, Default)]
pub(super) struct Fit {
    /// The bound on the answer that the model can keep, where there is one.
    pub(super) max_output_tokens: Option<u32>,
    /// Whether a forced call becomes a free choice.
    pub(super) frees_choice: bool,
    /// Whether the form of the answer is asked for in words only.
    pub(super) unties_format: bool,
    /// What the model is told in words, in place of what it does not take.
    pub(super) sentences: Vec<String>,
    /// What is left out, by the name of its field.
    pub(super) left_out: Vec<String>,
}

impl Fit {
    /// Tells that a field is left out, once.
    pub(super) fn leave_out(&mut self, name: &str) {
        if !self.left_out.iter().any(|told| told == name) {
            self.left_out.push(name.to_owned());
        }
    }
}

/// Finds how the request has to change.
///
/// # Errors
/// [`Unsupported`] for what the model cannot do.
pub(super) fn fit(request: &Request<'_>, profile: &Profile) -> Result<Fit, Unsupported> {
    let mut fit = Fit {
        max_output_tokens: request.max_output_tokens,
        ..Fit::default()
    };
    if !profile.tools && request.uses_tools() {
        return Err(refused(profile, "tools", "takes no tools"));
    }
    check_media(request, profile)?;
    check_background(request)?;
    bound(&mut fit, request, profile);
    if !profile.sampling {
        let sampling = &request.sampling;
        let given = [
            ("temperature", sampling.temperature.is_some()),
            ("top_p", sampling.top_p.is_some()),
            ("top_k", sampling.top_k.is_some()),
        ];
        for (name, _) in given.into_iter().filter(|(_, given)| *given) {
            fit.leave_out(name);
        }
    }
    if !profile.reasoning && request.reasoning.is_some_and(|reasoning| !reasoning.off) {
        fit.leave_out("reasoning");
    }
    free_choice(&mut fit, request, profile);
    if let (false, Some(Format::Schema { schema, .. })) =
        (profile.structured_output, &request.format)
    {
        fit.unties_format = true;
        fit.leave_out("text.format");
        let schema = schema.get();
        fit.sentences.push(format!(
            "Answer with one JSON object and nothing else. It must follow this JSON schema:\n{schema}"
        ));
    }
    Ok(fit)
}

/// What the model cannot do.
pub(super) fn refused(profile: &Profile, field: impl Into<String>, what: &str) -> Unsupported {
    let field = field.into();
    let message = format!(
        "`{field}`: the model `{}` {what}; choose another model",
        profile.name
    );
    Unsupported { field, message }
}

fn bound(fit: &mut Fit, request: &Request<'_>, profile: &Profile) {
    if let (Some(wanted), Some(most)) = (request.max_output_tokens, profile.max_output_tokens)
        && wanted > most
    {
        fit.max_output_tokens = Some(most);
        fit.leave_out("max_output_tokens");
    }
}

fn free_choice(fit: &mut Fit, request: &Request<'_>, profile: &Profile) {
    let sentence = match &request.tool_choice {
        _ if profile.forced_tools => return,
        Some(ToolChoice::Required) => "You must call a tool now.".to_owned(),
        Some(ToolChoice::Named(name)) => format!("You must call the tool {name} now."),
        _ => return,
    };
    fit.frees_choice = true;
    fit.sentences.push(sentence);
    fit.leave_out("tool_choice");
}

fn check_media(request: &Request<'_>, profile: &Profile) -> Result<(), Unsupported> {
    for (at, message) in request.messages.iter().enumerate() {
        for (index, block) in message.content.iter().enumerate() {
            let inner = match block {
                Block::ToolResult { content, .. } => content.as_slice(),
                _ => &[],
            };
            for block in std::iter::once(block).chain(inner) {
                let what = match block {
                    Block::Image { .. } if !profile.vision => "takes no images",
                    Block::Document { source, .. }
                        if !profile.documents && !matches!(source, Media::Text(_)) =>
                    {
                        "takes no documents"
                    }
                    _ => continue,
                };
                let field = format!("messages[{at}].content[{index}]");
                return Err(refused(profile, field, what));
            }
        }
    }
    Ok(())
}

/// An answer that is fetched later is one whose cost nobody would learn.
fn check_background(request: &Request<'_>) -> Result<(), Unsupported> {
    let mut extras = request.extras.iter();
    match extras.any(|extra| extra.name == "background" && extra.essential) {
        false => Ok(()),
        true => Err(Unsupported::new(
            "background",
            "`background`: an answer cannot be fetched later here; send it with `background` false, and stream",
        )),
    }
}
