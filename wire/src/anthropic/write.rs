//! A request of any dialect, written as Anthropic Messages.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::block::{OutBlock, Turn};
use super::history::history;
use super::thinking::{OutThinking, is_real, may_begin, thinking};
use super::tools::{OutChoice, OutTool, choice, tools};
use crate::hub::{Format, Profile, Request, Sampling, Unsupported, Written};

/// The bound on an answer where neither client nor catalogue gives one, tokens: what every model
/// of this dialect can do.
const MAX_TOKENS: u32 = 8192;
/// The most marks of cached prefixes that a request may hold.
const MAX_CACHE_MARKS: usize = 4;
/// The longest id of an end user, bytes.
const MAX_USER: usize = 256;
/// What stands for JSON of no schema, which this dialect has no word for.
const JSON_ONLY: &str = "Answer with one JSON object and nothing else.";

#[derive(Serialize)]
struct Body<'r> {
    model: &'r str,
    max_tokens: u32,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    system: Vec<OutBlock<'r>>,
    messages: Vec<Turn<'r>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<OutTool<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<OutChoice<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<OutThinking>,
    #[serde(skip_serializing_if = "OutConfig::is_empty")]
    output_config: OutConfig<'r>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_k: Option<u32>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    stop_sequences: &'r [Cow<'r, str>],
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Metadata<'r>>,
    stream: bool,
}

#[derive(Default, Serialize)]
struct OutConfig<'r> {
    #[serde(skip_serializing_if = "Option::is_none")]
    effort: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<OutFormat<'r>>,
}

impl OutConfig<'_> {
    fn is_empty(&self) -> bool {
        self.effort.is_none() && self.format.is_none()
    }
}

#[derive(Serialize)]
struct OutFormat<'r> {
    r#type: &'static str,
    schema: &'r RawValue,
}

#[derive(Serialize)]
struct Metadata<'r> {
    user_id: &'r str,
}

/// The hints that are left out, each named once, in the order they were met.
#[derive(Default)]
pub(super) struct Notes(Vec<String>);

impl Notes {
    pub(super) fn add(&mut self, name: &str) {
        if !self.0.iter().any(|known| known == name) {
            self.0.push(name.to_owned());
        }
    }

    pub(super) fn into_names(self) -> Vec<String> {
        self.0
    }
}

/// Writes a request for a model that speaks Messages.
///
/// # Errors
/// [`Unsupported`] for the first thing that neither dialect nor model can carry.
pub fn write_request(request: &Request<'_>, profile: &Profile) -> Result<Written, Unsupported> {
    let mut notes = Notes::default();
    let sampling = &request.sampling;
    refuse_unknown(request, profile, &mut notes)?;
    let (mut system, mut turns) = history(request, profile, &mut notes)?;
    let mut tools = tools(request, &mut notes)?;
    let (tool_choice, sentence) = choice(request, profile, !tools.is_empty(), &mut notes)?;
    system.extend(sentence.map(OutBlock::text));

    let mut output_config = OutConfig::default();
    match &request.format {
        None => {}
        Some(Format::Json) => system.push(OutBlock::text(JSON_ONLY)),
        Some(Format::Schema { schema, .. }) if profile.structured_output && is_closed(schema) => {
            output_config.format = Some(OutFormat {
                r#type: "json_schema",
                schema,
            });
        }
        Some(Format::Schema { schema, .. }) => {
            system.push(OutBlock::text(schema_sentence(schema)));
        }
    }

    let most = profile.max_output_tokens.unwrap_or(u32::MAX);
    let max_tokens = request
        .max_output_tokens
        .or(profile.max_output_tokens)
        .unwrap_or(MAX_TOKENS)
        .min(most);
    let forced = tool_choice.as_ref().is_some_and(OutChoice::forces);
    let asked = request.reasoning.filter(|reasoning| !reasoning.off);
    let thinking = asked
        .filter(|_| profile.reasoning && !forced)
        .and_then(|reasoning| thinking(reasoning, profile, max_tokens))
        .filter(|(kind, _)| {
            matches!(kind, OutThinking::Adaptive { .. }) || may_begin(request, is_real)
        });
    if asked.is_some() && thinking.is_none() {
        notes.add("reasoning");
    }
    output_config.effort = thinking.and_then(|(_, effort)| effort);

    limit_cache_marks(&mut tools, &mut system, &mut turns, &mut notes);
    let drawn = drawing(sampling, profile.sampling, thinking.is_some(), &mut notes);
    let user = request.user.as_deref();
    if user.is_some_and(|user| user.len() > MAX_USER) {
        notes.add("user");
    }
    let body = Body {
        model: &profile.name,
        max_tokens,
        system,
        messages: turns,
        tools,
        tool_choice,
        thinking: thinking.map(|(kind, _)| kind),
        output_config,
        temperature: drawn.temperature,
        top_p: drawn.top_p,
        top_k: drawn.top_k,
        stop_sequences: &sampling.stop,
        metadata: user
            .filter(|user| user.len() <= MAX_USER)
            .map(|user_id| Metadata { user_id }),
        stream: request.stream,
    };
    let body = serde_json::to_vec(&body)
        .map_err(|error| Unsupported::new("body", format!("it cannot be written: {error}")))?;
    Ok(Written {
        body,
        left_out: notes.into_names(),
    })
}

/// Refuses what would change the answer and has no word here; names the hints that have none.
fn refuse_unknown(
    request: &Request<'_>,
    profile: &Profile,
    notes: &mut Notes,
) -> Result<(), Unsupported> {
    let sampling = &request.sampling;
    if sampling.answers > 1 {
        let message = "this model gives one answer at a time; ask for one, several times";
        return Err(Unsupported::new("n", message));
    }
    if sampling.logprobs {
        return Err(Unsupported::new(
            "logprobs",
            "this model tells no log probabilities",
        ));
    }
    if sampling.stop.iter().any(|text| text.trim().is_empty()) {
        let message = "this model cannot end its answer at blank text alone";
        return Err(Unsupported::new("stop", message));
    }
    if !profile.tools && request.uses_tools() {
        return Err(Unsupported::new("tools", "this model calls no tools"));
    }
    for extra in &request.extras {
        if extra.essential {
            let message = format!("this model has no word for `{}`", extra.name);
            return Err(Unsupported::new(extra.name.as_ref(), message));
        }
        notes.add(&extra.name);
    }
    for (name, given) in [
        ("seed", sampling.seed.is_some()),
        ("frequency_penalty", sampling.frequency_penalty.is_some()),
        ("presence_penalty", sampling.presence_penalty.is_some()),
    ] {
        if given {
            notes.add(name);
        }
    }
    Ok(())
}

/// What is said of the drawing of tokens: nothing to models that take nothing of the kind, or that
/// think; and not both temperature and top-p, which newer models refuse.
fn drawing(
    sampling: &Sampling<'_>,
    taken: bool,
    thinks: bool,
    notes: &mut Notes,
) -> Sampling<'static> {
    let mut drawn = Sampling {
        // Anthropic's scale ends at 1.
        temperature: sampling.temperature.map(|warmth| warmth.clamp(0.0, 1.0)),
        top_p: sampling.top_p,
        top_k: sampling.top_k,
        ..Sampling::default()
    };
    let nothing = !taken || thinks;
    if nothing && drawn.temperature.take().is_some() {
        notes.add("temperature");
    }
    if (nothing || drawn.temperature.is_some()) && drawn.top_p.take().is_some() {
        notes.add("top_p");
    }
    if nothing && drawn.top_k.take().is_some() {
        notes.add("top_k");
    }
    drawn
}

/// Keeps the last marks of cached prefixes, in the order the model reads them.
fn limit_cache_marks<'r>(
    tools: &mut [OutTool<'r>],
    system: &mut [OutBlock<'r>],
    turns: &mut [Turn<'r>],
    notes: &mut Notes,
) {
    let blocks = turns.iter_mut().flat_map(|turn| &mut turn.content);
    let mut marks: Vec<&mut Option<&'r RawValue>> = tools
        .iter_mut()
        .map(|tool| &mut tool.cache_control)
        .chain(
            system
                .iter_mut()
                .chain(blocks)
                .filter_map(OutBlock::cache_control),
        )
        .filter(|mark| mark.is_some())
        .collect();
    let surplus = marks.len().saturating_sub(MAX_CACHE_MARKS);
    for mark in marks.drain(..surplus) {
        *mark = None;
        notes.add("cache_control");
    }
}

/// The sentence that stands for a schema where the model cannot be bound to one.
pub(super) fn schema_sentence(schema: &RawValue) -> String {
    format!(
        "Answer with JSON that follows this JSON schema, and nothing else:\n{}",
        schema.get()
    )
}

/// Whether every object of a schema says that it has no further members: Anthropic takes no other
/// schema.
fn is_closed(schema: &RawValue) -> bool {
    fn closed(schema: &Value) -> bool {
        match schema {
            Value::Object(members) => says_no_more(members) && members.values().all(closed),
            Value::Array(list) => list.iter().all(closed),
            _ => true,
        }
    }
    fn says_no_more(members: &Map<String, Value>) -> bool {
        let is_object = match members.get("type") {
            Some(Value::Array(types)) => types.iter().any(|kind| kind == "object"),
            kind => kind.is_some_and(|kind| kind == "object"),
        };
        !is_object || members.get("additionalProperties") == Some(&Value::Bool(false))
    }
    serde_json::from_str(schema.get()).is_ok_and(|schema| closed(&schema))
}
