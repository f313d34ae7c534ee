//! Makes a request that came in this dialect fit a model that speaks it too.

use std::borrow::Cow;

use memchr::memmem;
use serde_json::json;

use crate::hub::{Block, Profile, Request, Unsupported, Written};
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
    let drops = drops(request, profile);
    let rename = profile.max_completion_tokens
        && request.max_output_tokens.is_some()
        && memmem::find(body, b"\"max_tokens\"").is_some();
    let written = if drops.is_empty() && !rename {
        match edit(body, request, profile) {
            Edit::Nothing => return Ok(None),
            Edit::Spliced(body) => Some(Written {
                body,
                left_out: Vec::new(),
            }),
            Edit::Impossible => rewrite(body, request, profile, &[]),
        }
    } else {
        rewrite(body, request, profile, &drops)
    };
    Ok(written)
}

fn refuse(request: &Request<'_>, profile: &Profile) -> Result<(), Unsupported> {
    let lacks = |field, what| {
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
    Ok(())
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
    drops: &[&'static str],
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
    if let Some(max) = request.max_output_tokens
        && profile.max_completion_tokens
        && members.remove("max_tokens")
    {
        members.set("max_completion_tokens", &max);
    }
    let mut left_out = Vec::new();
    for name in drops {
        if members.remove(name) {
            left_out.push((*name).to_owned());
        }
    }
    Some(Written {
        body: members.to_bytes(),
        left_out,
    })
}
