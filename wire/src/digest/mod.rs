//! What is asked, as a digest: the same for the same question in whatever dialect it came.
//!
//! It covers all that can change the answer but for the model and the bound on the answer's length,
//! which only cuts it. It is taken from the hub's form; where that form does not hold all that a
//! model may see of the body ([`coverage`]), or what it holds can change by itself, there is none:
//! a needless miss costs one call, a false match is a wrong answer.
//!
//! Where a request ends with one text of the user's, all before and beside it has a digest of its own:
//! requests with an equal one differ in their last words only.

mod coverage;

use sha2::{Digest, Sha256};

use crate::dialect::Dialect;
use crate::hub::{Block, Extra, Format, Media, Message, Request, Role, Sampling};
use crate::json::canonical;
use crate::openai::embeddings;

/// Begins what is hashed: a change of the form must change every digest.
const FORM: &[u8] = b"moecraft question 2\0";
/// Fields that say how to deliver, whom to bill or what to keep warm.
const INDIFFERENT: [&str; 9] = [
    "cache_control",
    "metadata",
    "prompt_cache_key",
    "prompt_cache_retention",
    "safety_identifier",
    "store",
    "stream",
    "stream_options",
    "user",
];

/// A digest of what a request asks.
pub type QuestionDigest = [u8; 32];

/// What a request asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question<'r> {
    /// A digest of all of it.
    pub digest: QuestionDigest,
    /// The text of the user's that it ends with, and a digest of all else; none where it ends with
    /// anything else than one text.
    pub last: Option<(&'r str, QuestionDigest)>,
}

impl Dialect {
    /// What a request of this dialect asks, with its body; none where two requests of one digest
    /// could want two answers.
    pub fn question<'r>(self, request: &'r Request<'_>, body: &[u8]) -> Option<Question<'r>> {
        let options = coverage::options(self, body)?;
        let last = request.messages.last().and_then(last_words);
        let mut feed = Feed(Sha256::new_with_prefix(FORM));
        feed.request(request, last.is_some())?;
        feed.count(options.len());
        for (name, value) in options {
            feed.text(self.path());
            feed.text(name);
            canonical::feed(value, &mut feed.0)?;
        }
        let context: QuestionDigest = feed.0.finalize().into();
        Some(match last {
            Some(text) => Question {
                digest: Sha256::new_with_prefix(context)
                    .chain_update(text)
                    .finalize()
                    .into(),
                last: Some((text, context)),
            },
            None => Question {
                digest: context,
                last: None,
            },
        })
    }
}

/// The text of a message of the user's that is nothing else.
fn last_words<'r>(message: &'r Message<'_>) -> Option<&'r str> {
    match (message.role, message.content.as_slice()) {
        (Role::User, [Block::Text { text, .. }]) => Some(text),
        _ => None,
    }
}

/// The digest of a request for embeddings, whose model is asked for by name.
pub fn of_embeddings(body: &[u8]) -> Option<QuestionDigest> {
    embeddings::read_request(body).ok()?;
    let mut hash = Sha256::new_with_prefix(FORM);
    hash.update(b"embeddings\0");
    let ignored = [&INDIFFERENT[..], &["model"]].concat();
    canonical::feed_without(std::str::from_utf8(body).ok()?, &ignored, &mut hash)?;
    Some(hash.finalize().into())
}

/// Feeds a hash so that no two sequences of values are fed alike.
struct Feed(Sha256);

impl Feed {
    fn tag(&mut self, tag: u8) {
        self.0.update([tag]);
    }

    fn count(&mut self, count: usize) {
        self.0.update((count as u64).to_be_bytes());
    }

    fn text(&mut self, text: &str) {
        self.count(text.len());
        self.0.update(text);
    }

    fn option<T>(&mut self, value: Option<T>, feed: impl FnOnce(&mut Self, T)) {
        self.tag(value.is_some().into());
        if let Some(value) = value {
            feed(self, value);
        }
    }

    fn number(&mut self, value: Option<f64>) {
        self.option(value, |feed, value| {
            feed.0.update(value.to_bits().to_be_bytes())
        });
    }

    /// None for the turns of tool use, and for fields whose meaning only their own dialect knows.
    /// `open`: without the text that the last message is.
    fn request(&mut self, request: &Request<'_>, open: bool) -> Option<()> {
        let essential = |extra: &Extra<'_>| extra.essential;
        if !request.tools.is_empty() || request.extras.iter().any(essential) {
            return None;
        }
        self.count(request.messages.len());
        let (last, whole) = match request.messages.split_last() {
            Some((last, whole)) if open => (Some(last), whole),
            _ => (None, request.messages.as_slice()),
        };
        whole.iter().try_for_each(|message| self.message(message))?;
        self.option(last, |feed, last| feed.head(last));
        self.sampling(&request.sampling)?;
        match &request.format {
            None => self.tag(0),
            Some(Format::Json) => self.tag(1),
            Some(Format::Schema {
                name,
                description,
                schema,
                strict,
            }) => {
                self.tag(2);
                self.text(name);
                self.option(description.as_deref(), Self::text);
                self.option(*strict, |feed, strict| feed.tag(strict.into()));
                canonical::feed(schema.get(), &mut self.0)?;
            }
        }
        self.extras(&request.extras)
    }

    fn message(&mut self, message: &Message<'_>) -> Option<()> {
        self.head(message);
        message
            .content
            .iter()
            .try_for_each(|block| self.block(block))
    }

    /// All of a message but its blocks.
    fn head(&mut self, message: &Message<'_>) {
        self.tag(match message.role {
            Role::System => 0,
            Role::Developer => 1,
            Role::User => 2,
            Role::Assistant => 3,
        });
        self.option(message.name.as_deref(), Self::text);
        self.count(message.content.len());
    }

    fn block(&mut self, block: &Block<'_>) -> Option<()> {
        match block {
            Block::Text { text, .. } => {
                self.tag(0);
                self.text(text);
            }
            Block::Image { source, detail, .. } => {
                self.tag(1);
                self.media(source)?;
                self.option(detail.as_deref(), Self::text);
            }
            Block::Document { source, name, .. } => {
                self.tag(2);
                self.media(source)?;
                self.option(name.as_deref(), Self::text);
            }
            Block::Refusal { text } => {
                self.tag(3);
                self.text(text);
            }
            Block::Thinking { .. }
            | Block::ToolCall { .. }
            | Block::ToolResult { .. }
            | Block::Other { .. } => return None,
        }
        Some(())
    }

    /// None for what is fetched from elsewhere: it may be another by the next time.
    fn media(&mut self, media: &Media<'_>) -> Option<()> {
        match media {
            Media::Base64 { media_type, data } => {
                self.tag(0);
                self.text(media_type);
                self.text(data);
            }
            Media::Text(text) => {
                self.tag(1);
                self.text(text);
            }
            Media::File(id) => {
                self.tag(2);
                self.text(id);
            }
            Media::Url(_) => return None,
        }
        Some(())
    }

    /// None where several answers or their probabilities are wanted: neither is kept.
    fn sampling(&mut self, sampling: &Sampling<'_>) -> Option<()> {
        if sampling.logprobs || sampling.answers > 1 {
            return None;
        }
        let numbers = [
            sampling.temperature,
            sampling.top_p,
            sampling.top_k.map(f64::from),
            sampling.frequency_penalty,
            sampling.presence_penalty,
        ];
        numbers.into_iter().for_each(|number| self.number(number));
        self.option(sampling.seed, |feed, seed| {
            feed.0.update(seed.to_be_bytes())
        });
        self.count(sampling.stop.len());
        sampling.stop.iter().for_each(|stop| self.text(stop));
        Some(())
    }

    /// The fields that are unknown here, in the order of their names.
    fn extras(&mut self, extras: &[Extra<'_>]) -> Option<()> {
        let told = extras.iter().filter(|extra| {
            !INDIFFERENT.contains(&extra.name.as_ref()) && extra.value.get() != "null"
        });
        // Responses has the wish in an object of its own.
        let name = |extra: &Extra<'_>| match extra.name.as_ref() {
            "text.verbosity" => "verbosity".to_owned(),
            name => name.to_owned(),
        };
        let mut told: Vec<_> = told.map(|extra| (name(extra), extra.value)).collect();
        told.sort_by(|a, b| a.0.cmp(&b.0));
        self.count(told.len());
        for (name, value) in told {
            self.text(&name);
            canonical::feed(value.get(), &mut self.0)?;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests;
