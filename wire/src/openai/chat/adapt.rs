//! Makes a request that came in this dialect fit a model that speaks it too.

use std::borrow::Cow;

use memchr::memmem;
use serde_json::json;

use super::bridge::{check_prefill, follow_schema, instruct, must_call};
use crate::hub::{
    Block, Format, Profile, Request, Tool, ToolChoice, ToolKind, Unsupported, Written,
};
use crate::json::{Members, span_of, splice};

/// What a model without sampling refuses.
const SAMPLING: [&str; 5] = [
    "temperature",
    "top_p",
    "top_k",
    "frequency_penalty",
    "presence_penalty",
];

/// What makes an upstream tell its usage at the stream's end.
const INCLUDE_USAGE: &[u8] = br#""stream_options":{"include_usage":true},"#;

/// Makes a request of this dialect fit a model: its name, the wish for the usage of a stream, and
/// what the model does not take. All else stays byte for byte. None where nothing has to change.
///
/// # Errors
/// [`Unsupported`] for what the model cannot do.
pub fn adapt_request(
    body: &[u8],
    request: &Request<'_>,
    profile: &Profile,
) -> Result<Option<Written>, Unsupported> {
    refuse(request, profile)?;
    let changes = Changes::new(body, request, profile);
    let written = if changes.are_none() {
        match edit(body, request, profile) {
            Edit::Nothing => return Ok(None),
            Edit::Spliced(body) => Some(Written {
                body,
                left_out: Vec::new(),
            }),
            Edit::Impossible => rewrite(body, request, profile, &changes),
        }
    } else {
        rewrite(body, request, profile, &changes)
    };
    Ok(written)
}

/// What has to change beside the model's name and the stream's options.
#[derive(Debug)]
struct Changes {
    /// The fields that go.
    drops: Vec<&'static str>,
    /// The bound on the answer goes by its newer name.
    renames: bool,
    /// The most that a bound on the answer may be, where it is more.
    most: Option<u32>,
    /// A forced call becomes a free choice.
    frees_choice: bool,
    /// What the model is told in words, in place of what it does not take.
    sentences: Vec<String>,
}

impl Changes {
    fn new(body: &[u8], request: &Request<'_>, profile: &Profile) -> Self {
        let bound = request.max_output_tokens;
        let mut changes = Self {
            drops: drops(request, profile),
            renames: profile.max_completion_tokens
                && bound.is_some()
                && memmem::find(body, b"\"max_tokens\"").is_some(),
            most: profile
                .max_output_tokens
                .filter(|most| bound.is_some_and(|bound| bound > *most)),
            frees_choice: false,
            sentences: Vec::new(),
        };
        let forced = match &request.tool_choice {
            Some(ToolChoice::Required) => Some(None),
            Some(ToolChoice::Named(name)) => Some(Some(name.as_ref())),
            _ => None,
        };
        if let Some(name) = forced.filter(|_| !profile.forced_tools) {
            changes.frees_choice = true;
            changes.sentences.push(must_call(name));
        }
        if let (false, Some(Format::Schema { schema, .. })) =
            (profile.structured_output, &request.format)
        {
            changes.drops.push("response_format");
            changes.sentences.push(follow_schema(schema));
        }
        changes
    }

    fn are_none(&self) -> bool {
        self.drops.is_empty() && !self.renames && self.most.is_none() && self.sentences.is_empty()
    }
}

fn refuse(request: &Request<'_>, profile: &Profile) -> Result<(), Unsupported> {
    let lacks = |field: &str, what| {
        let message = format!("this model cannot take {what}: choose another model");
        Err(Unsupported::new(field, message))
    };
    if !profile.tools && request.uses_tools() {
        return lacks("tools", "tools");
    }
    let has = |is: fn(&Block<'_>) -> bool| request.blocks().any(is);
    if !profile.vision && has(|block| matches!(block, Block::Image { .. })) {
        return lacks("messages", "images");
    }
    if !profile.documents && has(|block| matches!(block, Block::Document { .. })) {
        return lacks("messages", "documents");
    }
    let is_custom = |tool: &Tool<'_>| matches!(tool.kind, ToolKind::Custom { .. });
    if !profile.custom_tools
        && let Some(at) = request.tools.iter().position(is_custom)
    {
        return lacks(&format!("tools[{at}]"), "custom tools");
    }
    check_prefill(&request.messages, profile)
}

/// The fields that the model does not take, of those that the request has.
fn drops(request: &Request<'_>, profile: &Profile) -> Vec<&'static str> {
    let unread = |name: &str| request.extras.iter().any(|extra| extra.name == name);
    let mut drops = Vec::new();
    if !profile.sampling {
        let sampling = &request.sampling;
        let given = [
            sampling.temperature.is_some(),
            sampling.top_p.is_some(),
            sampling.top_k.is_some() || unread("top_k"),
            sampling.frequency_penalty.is_some(),
            sampling.presence_penalty.is_some(),
        ];
        let given = SAMPLING.into_iter().zip(given);
        drops.extend(given.filter_map(|(name, is)| is.then_some(name)));
    }
    if !profile.reasoning && (request.reasoning.is_some() || unread("reasoning_effort")) {
        drops.push("reasoning_effort");
    }
    drops
}

enum Edit {
    Nothing,
    Spliced(Vec<u8>),
    /// A place is not known.
    Impossible,
}

/// Changes the model's name and the stream's options where they stand.
fn edit(body: &[u8], request: &Request<'_>, profile: &Profile) -> Edit {
    let mut edits = Vec::new();
    if request.model != profile.name {
        let Some(at) = span_of(body, &request.model) else {
            return Edit::Impossible;
        };
        let quoted = json!(profile.name).to_string();
        edits.push((at.start - 1..at.end + 1, Cow::Owned(quoted.into_bytes())));
    }
    if request.stream && !request.include_usage {
        if request
            .extras
            .iter()
            .any(|extra| extra.name == "stream_options")
        {
            return Edit::Impossible;
        }
        let Some(open) = memchr::memchr(b'{', body) else {
            return Edit::Impossible;
        };
        edits.push((open + 1..open + 1, Cow::Borrowed(INCLUDE_USAGE)));
    }
    match edits.is_empty() {
        true => Edit::Nothing,
        false => Edit::Spliced(splice(body, edits)),
    }
}

/// Takes the object apart and puts it together again; none when it is no object.
fn rewrite(
    body: &[u8],
    request: &Request<'_>,
    profile: &Profile,
    changes: &Changes,
) -> Option<Written> {
    let mut members = Members::of(body)?;
    if request.model != profile.name {
        members.set("model", &profile.name);
    }
    if request.stream && !request.include_usage {
        let options = members.get("stream_options").unwrap_or_default();
        let mut options: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(options).unwrap_or_default();
        options.insert("include_usage".into(), true.into());
        members.set("stream_options", &options);
    }
    if let Some(max) = request.max_output_tokens {
        bound(&mut members, max, changes);
    }
    let mut left_out = Vec::new();
    if changes.frees_choice {
        members.set("tool_choice", &"auto");
        left_out.push("tool_choice".to_owned());
    }
    if !changes.sentences.is_empty() {
        instruct(&mut members, &changes.sentences);
    }
    for name in &changes.drops {
        if members.remove(name) {
            left_out.push((*name).to_owned());
        }
    }
    Some(Written {
        body: members.to_bytes(),
        left_out,
    })
}

/// Puts the bound on the answer within what the model gives, by the name that it knows.
fn bound(members: &mut Members<'_>, max: u32, changes: &Changes) {
    if changes.renames && members.remove("max_tokens") {
        members.set("max_completion_tokens", &max);
    }
    let Some(most) = changes.most else { return };
    for name in ["max_tokens", "max_completion_tokens"] {
        let given = members.get(name).unwrap_or_default();
        if serde_json::from_str::<u32>(given).is_ok_and(|given| given > most) {
            members.set(name, &most);
        }
    }
}
