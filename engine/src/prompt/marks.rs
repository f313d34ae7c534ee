//! Where to end the prefixes that Anthropic's prompt cache is to keep, where the client does not say.
//!
//! Writing a prefix costs a quarter more than reading it once; every later use a tenth. So marks are set
//! only where a second use is likely: tools are offered, a conversation is under way, or the client names
//! a session. The cache looks back twenty blocks from a mark for what it knows, so that a turn of many
//! blocks needs marks in between; those stand at places that later turns keep.

/// The most marks of a request.
pub const MAX_MARKS: usize = 4;
/// One mark about every so many blocks: fewer than the twenty that are looked back.
const STRIDE: usize = 15;

/// A request, as far as its marks go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outline<'o> {
    /// Tokens of the tools, of all together.
    pub tools: u32,
    /// Tokens of the instructions.
    pub system: u32,
    /// The conversation's blocks, in order.
    pub blocks: &'o [Markable],
    /// Whether the client names the session that the request belongs to.
    pub session: bool,
    /// The shortest prefix that the model's cache keeps, tokens.
    pub minimum: u32,
}

/// A block of the conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Markable {
    /// Its tokens.
    pub tokens: u32,
    /// Whether it can carry a mark: thinking and empty texts cannot.
    pub can: bool,
    /// Whether the model said it.
    pub models: bool,
}

/// Where a mark goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// On the last tool.
    Tools,
    /// On the last block of the instructions.
    System,
    /// On the conversation's block with this index.
    Block(usize),
}

/// The marks of a request that has none, in the order the model reads them.
pub fn place(outline: &Outline<'_>) -> Vec<Mark> {
    let under_way = outline.blocks.iter().any(|block| block.models);
    if !(outline.tools > 0 || under_way || outline.session) {
        return Vec::new();
    }
    let head = outline.tools.saturating_add(outline.system);
    let long = |tokens: u32| tokens >= outline.minimum.max(1);
    // A mark on the instructions keeps the tools before them too.
    let mut marks = Vec::new();
    if outline.system > 0 && long(head) {
        marks.push(Mark::System);
    } else if outline.tools > 0 && long(outline.tools) {
        marks.push(Mark::Tools);
    }
    let mut before = head;
    let ends: Vec<u32> = outline
        .blocks
        .iter()
        .map(|block| {
            before = before.saturating_add(block.tokens);
            before
        })
        .collect();
    let markable = |at: &usize| {
        outline.blocks.get(*at).is_some_and(|block| block.can)
            && ends.get(*at).is_some_and(|end| long(*end))
    };
    let last = (0..outline.blocks.len())
        .rev()
        .find(|at| markable(at) && outline.blocks.get(*at).is_some_and(|block| !block.models));
    let Some(last) = last else { return marks };
    marks.push(Mark::Block(last));
    // The nearest that can carry one before each multiple of the stride.
    let mut stride = last / STRIDE * STRIDE;
    while stride > 0 && marks.len() < MAX_MARKS {
        let from = stride - STRIDE;
        let at = (from..stride).rev().find(markable);
        if let Some(at) = at.filter(|at| *at < last) {
            marks.push(Mark::Block(at));
        }
        stride = from;
    }
    // What is left of the four keeps the tools apart from instructions that change.
    if marks.len() < MAX_MARKS
        && marks.contains(&Mark::System)
        && long(outline.tools)
        && outline.tools > 0
    {
        marks.push(Mark::Tools);
    }
    marks.sort_unstable();
    marks
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const USER: Markable = Markable {
        tokens: 500,
        can: true,
        models: false,
    };
    const MODEL: Markable = Markable {
        models: true,
        ..USER
    };

    fn outline(blocks: &[Markable]) -> Outline<'_> {
        Outline {
            tools: 3000,
            system: 2000,
            blocks,
            session: false,
            minimum: 1024,
        }
    }

    #[test]
    fn tools_instructions_and_the_last_turn_are_marked() {
        let blocks = [USER, MODEL, USER];
        let all = [Mark::Tools, Mark::System, Mark::Block(2)];
        assert_eq!(place(&outline(&blocks)), all);
    }

    #[test]
    fn one_question_alone_is_not_marked_unless_a_session_is_named() {
        let alone = Outline {
            tools: 0,
            ..outline(&[USER])
        };
        assert_eq!(place(&alone), []);
        let named = Outline {
            session: true,
            ..alone
        };
        assert_eq!(place(&named), [Mark::System, Mark::Block(0)]);
    }

    #[test]
    fn what_is_too_short_for_the_cache_is_not_marked() {
        let short = Outline {
            tools: 100,
            system: 100,
            ..outline(&[USER, MODEL])
        };
        assert_eq!(place(&short), []);
        let blocks = [USER, MODEL, USER];
        let grown = Outline {
            blocks: &blocks,
            ..short
        };
        assert_eq!(place(&grown), [Mark::Block(2)]);
    }

    #[test]
    fn a_long_turn_has_marks_within_what_is_looked_back() {
        let blocks = [USER; 64];
        let marks = place(&outline(&blocks));
        assert_eq!(
            marks,
            [
                Mark::System,
                Mark::Block(44),
                Mark::Block(59),
                Mark::Block(63)
            ]
        );
    }

    fn blocks() -> impl Strategy<Value = Vec<Markable>> {
        let block = (0u32..3000, any::<bool>(), any::<bool>());
        let block = block.prop_map(|(tokens, can, models)| Markable {
            tokens,
            can,
            models,
        });
        prop::collection::vec(block, 0..120)
    }

    proptest! {
        #[test]
        fn never_more_than_four_and_only_on_what_can_carry_one(
            blocks in blocks(), tools in 0u32..9000, system in 0u32..9000, session: bool, minimum in 0u32..5000,
        ) {
            let outline = Outline { tools, system, blocks: &blocks, session, minimum };
            let marks = place(&outline);
            prop_assert!(marks.len() <= MAX_MARKS);
            prop_assert!(marks.is_sorted() && marks.windows(2).all(|two| two[0] != two[1]));
            for mark in marks {
                match mark {
                    Mark::Tools => prop_assert!(tools >= minimum),
                    Mark::System => prop_assert!(system > 0 && tools + system >= minimum),
                    Mark::Block(at) => prop_assert!(blocks[at].can),
                }
            }
        }

        #[test]
        fn a_turn_of_some_thirty_blocks_finds_what_the_last_one_wrote(
            first in 1usize..60, more in 1usize..=34,
        ) {
            // Every mark of a turn is written; the next turn reads from the last one that some mark of
            // its own sees within twenty blocks.
            let all = vec![USER; first + more];
            let at = |count: usize| {
                place(&outline(&all[..count])).into_iter().filter_map(|mark| match mark {
                    Mark::Block(at) => Some(at),
                    _ => None,
                }).collect::<Vec<_>>()
            };
            let (written, read) = (at(first), at(first + more));
            let seen = |mark: &usize| read.iter().any(|end| *mark <= *end && end - mark < 20);
            prop_assert!(written.iter().any(seen), "{written:?} {read:?}");
        }
    }
}
