//! What makes a request cheaper on its way: shorter results of tools, and prefixes that the provider's
//! cache keeps. Nothing is asked otherwise than the client asked it.

use std::collections::BTreeMap;

use memchr::memmem;
use moecraft_catalog::catalog;
use moecraft_engine::prompt::marks::{Mark, Markable, Outline, place};
use moecraft_engine::prompt::{CacheMarks, Optimise, Piece, Rule, Source, Terms, optimise};
use moecraft_wire::anthropic::Layout;
use moecraft_wire::{Dialect, Speaker, reworded};
use serde_json::json;

use crate::asked::{Asked, Door};
use crate::dispatch::Target;

/// What bodies say in which somebody else takes earlier parts of the conversation out.
const FLEETING: [&[u8]; 3] = [b"clear_tool_uses", b"\"compact_", b"\"truncation\""];
/// How many bytes of a body count for a token where only the order of magnitude matters.
const BYTES_PER_TOKEN: usize = 4;

/// What may be done for a request.
#[derive(Debug, Clone, Default)]
pub struct Economy {
    /// How far its prompt may be made shorter.
    pub optimise: Optimise,
    /// Whether prefixes are marked.
    pub cache_marks: CacheMarks,
    /// Whether the client names the session that the request belongs to.
    pub session: bool,
    /// What the conversation is known by: keyed, so that nobody learns a session's id from it.
    pub conversation: Option<String>,
}

/// A body with shorter results of tools.
pub struct Shorter {
    /// The body.
    pub body: Vec<u8>,
    /// The tokens saved by each rule.
    pub saved: BTreeMap<Rule, u32>,
}

impl Economy {
    /// The body of a client with its results of tools made shorter, for a target; none where nothing is
    /// saved.
    pub fn shorter(&self, target: &Target, asked: &Asked, body: &[u8]) -> Option<Shorter> {
        if self.optimise == Optimise::Off || asked.door == Door::Embeddings {
            return None;
        }
        let spoken = asked.door.dialect().spoken(body);
        let pieces: Vec<Piece<'_>> = spoken
            .iter()
            .map(|spoken| Piece {
                text: &spoken.text,
                source: match spoken.by {
                    Speaker::Tool => Source::Result,
                    Speaker::User => Source::User,
                },
            })
            .collect();
        let terms = Terms {
            optimise: self.optimise,
            exact: asked.edits_files,
            fleeting: FLEETING
                .iter()
                .any(|word| memmem::find(body, word).is_some()),
            cached: is_cached(&target.model),
        };
        let done = optimise(&pieces, &terms);
        let edits = done.edits.iter().filter_map(|edit| {
            let spoken = spoken.get(edit.piece)?;
            Some((spoken, edit.now.as_str()))
        });
        (!done.edits.is_empty()).then(|| Shorter {
            body: reworded(body, edits),
            saved: done.saved,
        })
    }

    /// The body that goes to a target with the prefixes told that its provider is to keep; none where
    /// nothing is to be told.
    pub fn marked(&self, target: &Target, asked: &Asked, body: &[u8]) -> Option<Vec<u8>> {
        if self.cache_marks == CacheMarks::Off || asked.door == Door::Embeddings {
            return None;
        }
        match (target.provider.as_str(), target.dialect) {
            ("anthropic", Dialect::Messages) => self.with_marks(target, body),
            ("openai", Dialect::Chat | Dialect::Responses) => self.with_key(asked, body),
            _ => None,
        }
    }

    fn with_marks(&self, target: &Target, body: &[u8]) -> Option<Vec<u8>> {
        let layout = Layout::of(body)?;
        let tokens = |bytes: usize| u32::try_from(bytes / BYTES_PER_TOKEN).unwrap_or(u32::MAX);
        let blocks: Vec<Markable> = layout
            .blocks
            .iter()
            .map(|block| Markable {
                tokens: tokens(block.size()),
                can: block.can,
                models: block.models,
            })
            .collect();
        let marks = place(&Outline {
            tools: tokens(layout.tools),
            system: tokens(layout.system),
            blocks: &blocks,
            session: self.session,
            minimum: catalog().model(&target.model)?.min_cached_tokens,
        });
        let on_blocks = marks.iter().filter_map(|mark| match mark {
            Mark::Block(at) => Some(*at),
            Mark::Tools | Mark::System => None,
        });
        let on_blocks: Vec<usize> = on_blocks.collect();
        let on = |mark| marks.contains(&mark);
        (!marks.is_empty())
            .then(|| layout.marked(body, on(Mark::Tools), on(Mark::System), &on_blocks))
    }

    /// OpenAI keeps prefixes by itself; the key leads requests of one conversation to where its prefix is
    /// kept.
    fn with_key(&self, asked: &Asked, body: &[u8]) -> Option<Vec<u8>> {
        let again = self.session || asked.tool_use || asked.features.turns > 2;
        let key = self.conversation.as_ref().filter(|_| again)?;
        if memmem::find(body, b"\"prompt_cache_key\"").is_some() {
            return None;
        }
        let open = memchr::memchr(b'{', body)?;
        let (before, rest) = body.split_at_checked(open + 1)?;
        let member = format!("\"prompt_cache_key\":{},", json!(key));
        Some([before, member.as_bytes(), rest].concat())
    }
}

/// Whether a prefix that was sent before is cheaper. One's own server has no price, but it too reads a
/// prefix that it knows for nothing.
fn is_cached(model: &str) -> bool {
    let price = catalog().model(model).and_then(|model| model.prices.last());
    price.is_none_or(|price| price.base.cache_read < price.base.input)
}
