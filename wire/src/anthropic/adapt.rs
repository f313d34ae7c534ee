//! A Messages request made to fit a model that speaks Messages too.

use super::body::{
    BlockHead, Verdict, edit_blocks, instruct, remove_system_text, remove_within, set_within,
};
use super::content::is_foreign;
use super::request::{BILLING_HEADER, read_count_request};
use super::thinking::{OutThinking, fitting, is_real, may_begin, thinking};
use super::tools::must_call;
use super::write::{Notes, schema_sentence};
use crate::hub::{
    Block, Format, Origin, Profile, Reasoning, Request, Role, ToolChoice, Unsupported, Written,
    portable_id,
};
use crate::json::Members;

/// The name of an edit of the context that needs thinking to be on.
const CLEAR_THINKING: &str = "clear_thinking";

/// Makes a request of this dialect fit a model that speaks it too; all else stays byte for byte.
/// None where nothing has to change.
///
/// # Errors
/// [`Unsupported`] for what the model cannot do.
pub fn adapt_request(
    body: &[u8],
    request: &Request<'_>,
    profile: &Profile,
) -> Result<Option<Written>, Unsupported> {
    let Some(members) = Members::of(body) else {
        return Err(Unsupported::new("body", "it is no JSON object"));
    };
    refuse(request, &members, profile)?;
    let mut draft = Draft {
        members,
        changed: false,
        notes: Notes::default(),
    };
    if request.model != profile.name {
        draft.members.set("model", &profile.name);
        draft.changed = true;
    }
    if !profile.anthropics_own {
        draft.keep_private();
    }
    draft.bound_answer(request, profile);
    draft.bridge_forms(request, profile);
    draft.clean_history(request, profile);
    Ok(draft.changed.then(|| Written {
        body: draft.members.to_bytes(),
        left_out: draft.notes.into_names(),
    }))
}

/// The body without any thinking of earlier turns, for one more try after the provider has found a
/// signature to be wrong. None where there is nothing to take out.
pub fn without_thinking(body: &[u8]) -> Option<Vec<u8>> {
    let mut draft = Draft {
        members: Members::of(body)?,
        changed: false,
        notes: Notes::default(),
    };
    if !edit_blocks(&mut draft.members, |block| match block.proof() {
        Some(_) => Verdict::Drop,
        None => Verdict::Keep,
    }) {
        return None;
    }
    if let Ok(request) = read_count_request(body)
        && has_budget(&request).is_some()
        && !may_begin(&request, |_| false)
    {
        draft.stop_thinking();
    }
    Some(draft.members.to_bytes())
}

/// The request for thinking, where it is the kind with a budget.
fn has_budget(request: &Request<'_>) -> Option<(Reasoning, u32)> {
    let reasoning = request.reasoning.filter(|reasoning| !reasoning.off)?;
    Some((reasoning, reasoning.budget_tokens?))
}

/// Refuses what the model cannot do.
fn refuse(
    request: &Request<'_>,
    members: &Members<'_>,
    profile: &Profile,
) -> Result<(), Unsupported> {
    if !profile.tools && request.uses_tools() {
        return Err(Unsupported::new("tools", "this model calls no tools"));
    }
    let is_image = |block: &Block<'_>| matches!(block, Block::Image { .. });
    let is_document = |block: &Block<'_>| matches!(block, Block::Document { .. });
    if !profile.vision && request.blocks().any(is_image) {
        let place = place_of(request, members, is_image);
        return Err(Unsupported::new(place, "this model takes no images"));
    }
    if !profile.documents && request.blocks().any(is_document) {
        let place = place_of(request, members, is_document);
        return Err(Unsupported::new(place, "this model takes no documents"));
    }
    let last = request.messages.len().saturating_sub(1);
    if !profile.prefill
        && request.messages[last..]
            .iter()
            .any(|m| m.role == Role::Assistant)
    {
        let field = format!("messages[{}]", last.saturating_sub(ahead(request, members)));
        let message = "this model cannot go on with a message of the assistant; end with a message of the user";
        return Err(Unsupported::new(field, message));
    }
    Ok(())
}

/// How many messages the hub holds ahead of the body's own: the system text.
fn ahead(request: &Request<'_>, members: &Members<'_>) -> usize {
    let messages = members.get("messages").unwrap_or_default();
    let own = serde_json::from_str::<Vec<serde::de::IgnoredAny>>(messages).unwrap_or_default();
    request.messages.len().saturating_sub(own.len())
}

/// Where the first block of a kind stands, or the result that holds it.
fn place_of(
    request: &Request<'_>,
    members: &Members<'_>,
    is: impl Fn(&Block<'_>) -> bool,
) -> String {
    let holds = |block: &Block<'_>| match block {
        Block::ToolResult { content, .. } => content.iter().any(&is),
        block => is(block),
    };
    let mut places = request
        .messages
        .iter()
        .enumerate()
        .filter_map(|(at, message)| {
            let block = message.content.iter().position(&holds)?;
            Some((at, block))
        });
    let (at, block) = places.next().unwrap_or_default();
    let at = at.saturating_sub(ahead(request, members));
    format!("messages[{at}].content[{block}]")
}

/// A body on its way to fit.
struct Draft<'a> {
    members: Members<'a>,
    changed: bool,
    notes: Notes,
}

impl Draft<'_> {
    /// Takes a field out and names it.
    fn leave_out(&mut self, name: &str) {
        if self.members.remove(name) {
            self.changed = true;
            self.notes.add(name);
        }
    }

    /// Takes out what Anthropic's clients tell Anthropic alone. The billing header changes each turn,
    /// so that no cache would ever meet the same prefix twice.
    fn keep_private(&mut self) {
        self.leave_out("safeguards");
        if remove_system_text(&mut self.members, BILLING_HEADER) {
            self.changed = true;
            self.notes.add("x-anthropic-billing-header");
        }
    }

    /// Switches thinking off, with what works only while it is on.
    fn stop_thinking(&mut self) {
        self.leave_out("thinking");
        let edits = self.members.get("context_management").unwrap_or_default();
        if edits.contains(CLEAR_THINKING) {
            self.leave_out("context_management");
        }
    }

    /// Length, sampling and thinking, within what the model takes.
    fn bound_answer(&mut self, request: &Request<'_>, profile: &Profile) {
        let wanted = request.max_output_tokens;
        let most = profile.max_output_tokens;
        let max_tokens = wanted.map(|wanted| most.map_or(wanted, |most| most.min(wanted)));
        if max_tokens != wanted {
            self.members.set("max_tokens", &max_tokens);
            self.changed = true;
        }
        if !profile.sampling {
            for name in ["temperature", "top_p", "top_k"] {
                self.leave_out(name);
            }
        }
        if request.reasoning.is_some_and(|reasoning| !reasoning.off) && !profile.reasoning {
            self.stop_thinking();
            if remove_within(&mut self.members, "output_config", "effort") {
                self.changed = true;
                self.notes.add("output_config.effort");
            }
        } else if let Some((reasoning, budget)) = has_budget(request) {
            let bound = max_tokens.unwrap_or(u32::MAX);
            let wanted = thinking(reasoning, profile, bound).map(|(wanted, _)| wanted);
            match wanted {
                Some(OutThinking::Adaptive { .. }) => {
                    self.members.set("thinking", &wanted);
                    self.changed = true;
                    self.notes.add("thinking.budget_tokens");
                }
                _ if !may_begin(request, |block| keeps(block, profile)) => self.stop_thinking(),
                // A budget that the client itself got wrong is for the provider to refuse.
                _ if max_tokens == request.max_output_tokens => {}
                _ => match fitting(budget, bound) {
                    Some(fits) if fits == budget => {}
                    Some(fits) => set_within(&mut self.members, "thinking", "budget_tokens", &fits),
                    None => self.stop_thinking(),
                },
            }
        }
    }

    /// Forms that the model cannot be held to become sentences.
    fn bridge_forms(&mut self, request: &Request<'_>, profile: &Profile) {
        let mut sentences = Vec::new();
        let forced = match &request.tool_choice {
            Some(ToolChoice::Required) => Some(None),
            Some(ToolChoice::Named(name)) => Some(Some(name.as_ref())),
            _ => None,
        };
        if let Some(name) = forced.filter(|_| !profile.forced_tools) {
            set_within(&mut self.members, "tool_choice", "type", &"auto");
            remove_within(&mut self.members, "tool_choice", "name");
            sentences.push(must_call(name));
            self.notes.add("tool_choice");
        }
        if let Some(Format::Schema { schema, .. }) = &request.format
            && !profile.structured_output
        {
            remove_within(&mut self.members, "output_config", "format");
            self.members.remove("output_format");
            sentences.push(schema_sentence(schema));
        }
        if !sentences.is_empty() {
            instruct(&mut self.members, &sentences);
            self.changed = true;
        }
    }

    /// Takes thinking of other makers out, and gives calls ids that Anthropic takes.
    fn clean_history(&mut self, request: &Request<'_>, profile: &Profile) {
        let is_clean = |block: &Block<'_>| match block {
            Block::Thinking { .. } => is_real(block),
            Block::ToolCall { id, .. } | Block::ToolResult { id, .. } => !is_odd(id),
            _ => true,
        };
        if request.blocks().all(is_clean) {
            return;
        }
        let judge = |block: &BlockHead<'_>| {
            if let Some(proof) = block.proof() {
                let replayed = proof.is_empty() && profile.replays_reasoning;
                return match is_foreign(proof) && !replayed {
                    true => Verdict::Drop,
                    false => Verdict::Keep,
                };
            }
            match block.call_id() {
                Some((member, id)) if is_odd(id) => {
                    Verdict::Set(member, portable_id(id).into_owned())
                }
                _ => Verdict::Keep,
            }
        };
        self.changed |= edit_blocks(&mut self.members, judge);
    }
}

/// Whether a block of thinking reaches the model.
fn keeps(block: &Block<'_>, profile: &Profile) -> bool {
    let unsigned = matches!(
        block,
        Block::Thinking {
            origin: Origin::Plain,
            ..
        }
    );
    is_real(block) || (unsigned && profile.replays_reasoning)
}

/// Whether Anthropic refuses the id of a call.
fn is_odd(id: &str) -> bool {
    id.is_empty()
        || !id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}
