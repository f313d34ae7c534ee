//! Makes a request of this dialect fit a model that speaks it too, and touches nothing else.

use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use super::fit::{Fit, fit};
use crate::hub::{Block, Profile, Request, SEAL_MARK, Unsupported, Written};
use crate::json::{Members, Text};

/// Edits what the model does not take. None where nothing has to change.
///
/// # Errors
/// [`Unsupported`] for what the model cannot do.
pub fn adapt_request(
    body: &[u8],
    request: &Request<'_>,
    profile: &Profile,
) -> Result<Option<Written>, Unsupported> {
    let fit = fit(request, profile)?;
    let Some(members) = Members::of(body) else {
        return Err(Unsupported::new("body", "the body is no JSON object"));
    };
    let mut edit = Edit {
        members,
        changed: false,
    };
    if request.model != profile.name {
        edit.set("model", &profile.name);
    }
    if fit.max_output_tokens != request.max_output_tokens {
        edit.set("max_output_tokens", &fit.max_output_tokens);
    }
    if !profile.sampling {
        edit.remove("temperature");
        edit.remove("top_p");
    }
    if !profile.reasoning {
        edit.remove("reasoning");
        edit.replace("include", without_encrypted_reasoning);
    }
    if request
        .blocks()
        .any(|block| matches!(block, Block::Thinking { .. }))
    {
        let sealed = |proof: Option<&str>| proof.is_some_and(|text| text.starts_with(SEAL_MARK));
        let refused = |proof: Option<&str>| !profile.reasoning || sealed(proof);
        edit.replace("input", |input| without_reasoning(input, refused));
    }
    say_in_words(&mut edit, &fit);
    Ok(edit.changed.then(|| Written {
        body: edit.members.to_bytes(),
        left_out: fit.left_out,
    }))
}

/// The body on its way, and whether it is another by now.
struct Edit<'a> {
    members: Members<'a>,
    changed: bool,
}

impl<'a> Edit<'a> {
    fn set(&mut self, name: &'a str, value: &impl Serialize) {
        self.members.set(name, value);
        self.changed = true;
    }

    fn remove(&mut self, name: &str) {
        self.changed |= self.members.remove(name);
    }

    /// Gives a member the value that `edit` makes of it, where it makes one.
    fn replace(&mut self, name: &'a str, edit: impl Fn(&str) -> Option<Box<RawValue>>) {
        if let Some(value) = self.members.get(name).and_then(edit) {
            self.set(name, &value);
        }
    }
}

/// A model that does not reason refuses the wish for encrypted reasoning.
fn without_encrypted_reasoning(include: &str) -> Option<Box<RawValue>> {
    let all: Vec<Text<'_>> = serde_json::from_str(include).ok()?;
    let names = all.iter().map(|Text(name)| name.as_ref());
    let kept: Vec<&str> = names
        .filter(|name| *name != "reasoning.encrypted_content")
        .collect();
    (kept.len() < all.len())
        .then(|| to_raw_value(&kept).ok())
        .flatten()
}

/// The body without any reasoning of earlier turns, for one more try after the provider has found
/// that it cannot verify some of it. None where there is nothing to take out.
pub fn without_thinking(body: &[u8]) -> Option<Vec<u8>> {
    let mut edit = Edit {
        members: Members::of(body)?,
        changed: false,
    };
    edit.replace("input", |input| without_reasoning(input, |_| true));
    edit.changed.then(|| edit.members.to_bytes())
}

/// Takes out the reasoning that would be refused, which `refused` tells by its proof.
fn without_reasoning(input: &str, refused: impl Fn(Option<&str>) -> bool) -> Option<Box<RawValue>> {
    #[derive(Deserialize)]
    struct Item<'a> {
        #[serde(borrow, rename = "type")]
        kind: Option<Text<'a>>,
        #[serde(borrow)]
        encrypted_content: Option<Text<'a>>,
    }
    let goes = |item: &RawValue| {
        serde_json::from_str::<Item<'_>>(item.get()).is_ok_and(|item| {
            let proof = item.encrypted_content.as_ref();
            item.kind.is_some_and(|Text(kind)| kind == "reasoning")
                && refused(proof.map(|Text(proof)| proof.as_ref()))
        })
    };
    let all: Vec<&RawValue> = serde_json::from_str(input).ok()?;
    let kept: Vec<&RawValue> = all.iter().copied().filter(|item| !goes(item)).collect();
    (kept.len() < all.len())
        .then(|| to_raw_value(&kept).ok())
        .flatten()
}

/// Puts into words what the model does not take as an option.
fn say_in_words(edit: &mut Edit<'_>, fit: &Fit) {
    if fit.frees_choice {
        edit.set("tool_choice", &"auto");
    }
    if fit.unties_format {
        edit.replace("text", without_format);
    }
    if !fit.sentences.is_empty() {
        let said = edit.members.get("instructions");
        let said = said.and_then(|text| serde_json::from_str::<String>(text).ok());
        let said = said.filter(|text| !text.is_empty());
        let all: Vec<String> = said
            .into_iter()
            .chain(fit.sentences.iter().cloned())
            .collect();
        edit.set("instructions", &all.join("\n\n"));
    }
}

fn without_format(text: &str) -> Option<Box<RawValue>> {
    let mut members = Members::of(text.as_bytes())?;
    members.remove("format");
    RawValue::from_string(String::from_utf8(members.to_bytes()).ok()?).ok()
}
