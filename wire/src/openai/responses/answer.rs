//! Reads a whole answer, and the parts that streams have in common with it.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::items::{TextOrList, is_namespace};
use super::lanes::head_of;
use crate::hub::{Answer, Head, Origin, Said, Stop, Usage};
use crate::json::{Object, Text, from_bytes};
use crate::openai::prompt_tokens::PromptDetails;

/// A `response` object.
#[derive(Default, Deserialize)]
pub(super) struct Response<'a> {
    #[serde(borrow)]
    pub(super) model: Option<Text<'a>>,
    #[serde(borrow)]
    status: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) output: Option<Vec<Object<OutputItem<'a>>>>,
    #[serde(borrow)]
    incomplete_details: Option<Object<IncompleteDetails<'a>>>,
    #[serde(borrow)]
    pub(super) error: Option<Object<ErrorObject<'a>>>,
    pub(super) usage: Option<Object<UsageBody>>,
}

#[derive(Deserialize)]
struct IncompleteDetails<'a> {
    #[serde(borrow)]
    reason: Option<Text<'a>>,
}

/// Why a response failed.
#[derive(Deserialize)]
pub(super) struct ErrorObject<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) code: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) message: Option<Text<'a>>,
}

/// An item of `output`: which fields it has follows from its type.
#[derive(Deserialize)]
pub(super) struct OutputItem<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: Text<'a>,
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    content: Option<Vec<Object<OutputPart<'a>>>>,
    #[serde(borrow)]
    summary: Option<Vec<Object<OutputPart<'a>>>>,
    #[serde(borrow)]
    encrypted_content: Option<Text<'a>>,
    #[serde(borrow)]
    call_id: Option<Text<'a>>,
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    namespace: Option<Text<'a>>,
    #[serde(borrow)]
    arguments: Option<TextOrList<'a, IgnoredAny>>,
    #[serde(borrow)]
    input: Option<TextOrList<'a, IgnoredAny>>,
}

/// A part of an item's content or summary.
#[derive(Deserialize)]
pub(super) struct OutputPart<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    text: Option<Text<'a>>,
    #[serde(borrow)]
    refusal: Option<Text<'a>>,
}

/// Reads a whole answer; none when the bytes are no such thing, or the answer failed.
pub fn read_answer(body: &[u8]) -> Option<Answer> {
    let Object(response) = from_bytes::<Object<Response<'_>>>(body).ok()?;
    let status = response.status.as_ref().map(|Text(status)| status.as_ref());
    if !matches!(status, None | Some("completed" | "incomplete")) {
        return None;
    }
    let said: Vec<Said> = response
        .output
        .as_ref()?
        .iter()
        .flat_map(|Object(item)| item.said())
        .map(|(_, said)| said)
        .collect();
    Some(Answer {
        stop: response.stop(status == Some("incomplete"), Spoken::of(&said)),
        usage: response.usage.map(|Object(usage)| usage.into()),
        model: response
            .model
            .map(|Text(model)| model.into_owned())
            .unwrap_or_default(),
        said,
    })
}

/// What an answer holds that its status does not tell.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Spoken {
    pub(super) calls: bool,
    pub(super) refusal: bool,
}

impl Spoken {
    fn of(said: &[Said]) -> Self {
        Self {
            calls: said
                .iter()
                .any(|said| matches!(said, Said::ToolCall { .. })),
            refusal: said.iter().any(|said| matches!(said, Said::Refusal(_))),
        }
    }
}

impl Response<'_> {
    /// Why the answer ends. What a complete one waits for is told by what it holds.
    pub(super) fn stop(&self, incomplete: bool, spoken: Spoken) -> Stop {
        let details = self.incomplete_details.as_ref();
        let reason = details.and_then(|Object(details)| details.reason.as_ref());
        match reason {
            Some(Text(reason)) if incomplete && reason == "content_filter" => Stop::Refusal,
            _ if incomplete => Stop::MaxTokens,
            _ if spoken.calls => Stop::ToolUse,
            _ if spoken.refusal => Stop::Refusal,
            _ => Stop::EndTurn,
        }
    }
}

impl<'a> OutputItem<'a> {
    /// What the item says: each block with the place of its part. Nothing for items that only the
    /// provider's own tools leave, and for reasoning of which nothing can be read or proved.
    pub(super) fn said(&self) -> Vec<(u64, Said)> {
        match self.kind.0.as_ref() {
            "message" => {
                let parts = (0..).zip(self.content.iter().flatten());
                parts
                    .filter_map(|(index, Object(part))| Some((index, part.said()?)))
                    .collect()
            }
            "reasoning" => {
                let mut text = join(self.summary.as_deref());
                if text.is_empty() {
                    text = join(self.content.as_deref());
                }
                let proof = self
                    .encrypted_content
                    .as_ref()
                    .map(|Text(proof)| proof.to_string());
                if text.is_empty() && proof.is_none() {
                    return Vec::new();
                }
                let origin = self.origin();
                vec![(
                    0,
                    Said::Thinking {
                        text,
                        proof,
                        origin,
                    },
                )]
            }
            "function_call" => vec![(0, self.call(self.arguments.as_ref(), false))],
            "custom_tool_call" => vec![(0, self.call(self.input.as_ref(), true))],
            _ => Vec::new(),
        }
    }

    /// What the item begins, where all of it is one block.
    pub(super) fn head(&self) -> Option<Head> {
        match self.kind.0.as_ref() {
            "reasoning" => Some(Head::Thinking {
                origin: self.origin(),
            }),
            "function_call" => Some(head_of(&self.call(None, false))),
            "custom_tool_call" => Some(head_of(&self.call(None, true))),
            _ => None,
        }
    }

    fn origin(&self) -> Origin {
        let id = owned(self.id.as_ref());
        Origin::Responses { id }
    }

    fn call(&self, arguments: Option<&TextOrList<'a, IgnoredAny>>, custom: bool) -> Said {
        Said::ToolCall {
            id: owned(self.call_id.as_ref().or(self.id.as_ref())),
            name: owned(self.name.as_ref()),
            namespace: self
                .namespace
                .as_ref()
                .map(|Text(name)| name.to_string())
                .filter(is_namespace),
            arguments: match arguments {
                Some(TextOrList::Text(text)) => text.to_string(),
                _ => String::new(),
            },
            custom,
        }
    }
}

impl OutputPart<'_> {
    /// The part as a block; none where it is of another type.
    pub(super) fn said(&self) -> Option<Said> {
        let Text(kind) = self.kind.as_ref()?;
        match kind.as_ref() {
            "output_text" => Some(Said::Text(owned(self.text.as_ref()))),
            "refusal" => Some(Said::Refusal(owned(self.refusal.as_ref()))),
            _ => None,
        }
    }
}

fn owned(text: Option<&Text<'_>>) -> String {
    text.map(|Text(text)| text.to_string()).unwrap_or_default()
}

fn join(parts: Option<&[Object<OutputPart<'_>>]>) -> String {
    let parts = parts.unwrap_or_default().iter();
    let texts = parts.filter_map(|Object(part)| part.text.as_ref().map(|Text(text)| text.as_ref()));
    texts.collect::<Vec<&str>>().join(SECTION)
}

/// What stands between two sections of reasoning when they become one text.
pub(super) const SECTION: &str = "\n\n";

/// Token counts in OpenAI's form: the prompt's total includes what the cache knew.
#[derive(Deserialize)]
pub(super) struct UsageBody {
    input_tokens: Option<u64>,
    input_tokens_details: Option<PromptDetails>,
    output_tokens: Option<u64>,
    output_tokens_details: Option<OutputDetails>,
}

#[derive(Default, Deserialize)]
struct OutputDetails {
    reasoning_tokens: Option<u64>,
}

impl From<UsageBody> for Usage {
    fn from(body: UsageBody) -> Self {
        let total = body.input_tokens.unwrap_or(0);
        let details = body.input_tokens_details.unwrap_or_default();
        Self {
            output: body.output_tokens.unwrap_or(0),
            reasoning: body
                .output_tokens_details
                .and_then(|details| details.reasoning_tokens)
                .unwrap_or(0),
            ..details.buckets(total)
        }
    }
}
