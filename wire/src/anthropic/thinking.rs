//! Whether and how a model is asked to think.

use serde::Serialize;

use crate::hub::{Block, Effort, Message, Origin, Profile, Reasoning, Request, Role};

/// The least that thinking may be bounded to, tokens.
pub(super) const MIN_BUDGET: u32 = 1024;

/// The `thinking` field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum OutThinking {
    /// Up to so many tokens.
    Enabled { budget_tokens: u32 },
    /// As much as the question needs.
    Adaptive { display: &'static str },
}

/// How a model is to be asked to think: the field, and the word for how hard where it takes one.
///
/// Models that take no sampling parameters are of the generation that bounds its thinking by
/// itself: they refuse a budget, and take an effort.
pub(super) fn thinking(
    reasoning: Reasoning,
    profile: &Profile,
    max_tokens: u32,
) -> Option<(OutThinking, Option<&'static str>)> {
    if profile.sampling {
        let wanted = reasoning.budget_tokens.unwrap_or_else(|| {
            let budget = budget(reasoning.effort.unwrap_or(Effort::Medium));
            // Some of the bound is left for the answer.
            budget.min(max_tokens - max_tokens / 4)
        });
        let budget_tokens = fitting(wanted, max_tokens)?;
        return Some((OutThinking::Enabled { budget_tokens }, None));
    }
    let effort = reasoning.effort.or(reasoning.budget_tokens.map(effort));
    let display = if reasoning.visible {
        "summarized"
    } else {
        "omitted"
    };
    Some((OutThinking::Adaptive { display }, effort.map(word)))
}

/// A budget within what Anthropic takes; none where the bound on the answer leaves no room.
pub(super) fn fitting(budget: u32, max_tokens: u32) -> Option<u32> {
    let most = max_tokens
        .checked_sub(1)
        .filter(|most| *most >= MIN_BUDGET)?;
    Some(budget.clamp(MIN_BUDGET, most))
}

const fn budget(effort: Effort) -> u32 {
    match effort {
        Effort::Minimal => MIN_BUDGET,
        Effort::Low => 2048,
        Effort::Medium => 8192,
        Effort::High => 16_384,
        Effort::Max => 32_768,
    }
}

const fn effort(budget: u32) -> Effort {
    match budget {
        0..=1024 => Effort::Minimal,
        1025..=2048 => Effort::Low,
        2049..=8192 => Effort::Medium,
        8193..=16_384 => Effort::High,
        _ => Effort::Max,
    }
}

const fn word(effort: Effort) -> &'static str {
    match effort {
        Effort::Minimal | Effort::Low => "low",
        Effort::Medium => "medium",
        Effort::High => "high",
        Effort::Max => "max",
    }
}

/// Whether thinking with a budget may be asked for: a last turn of the assistant that is to be gone
/// on with, or whose calls have just been answered, has to begin with a block of real thinking.
/// `keeps` says which blocks of thinking reach the model.
pub(super) fn may_begin(request: &Request<'_>, keeps: impl Fn(&Block<'_>) -> bool) -> bool {
    let is_assistant = |message: &Message<'_>| message.role == Role::Assistant;
    let Some(last) = request.messages.iter().rposition(is_assistant) else {
        return true;
    };
    let before = &request.messages[..=last];
    let first = before
        .iter()
        .rposition(|m| !is_assistant(m))
        .map_or(0, |at| at + 1);
    let mut turn = before[first..]
        .iter()
        .flat_map(|message| &message.content)
        .peekable();
    let goes_on = last + 1 == request.messages.len();
    let calls = turn
        .clone()
        .any(|block| matches!(block, Block::ToolCall { .. }));
    let is_thinking = |block: &Block<'_>| matches!(block, Block::Thinking { .. });
    let begins = turn
        .find(|block| !is_thinking(block) || keeps(block))
        .is_some_and(is_thinking);
    begins || !(goes_on || calls)
}

/// Whether a block is thinking that Anthropic has proved.
pub(super) fn is_real(block: &Block<'_>) -> bool {
    matches!(
        block,
        Block::Thinking {
            proof: Some(_),
            origin: Origin::Anthropic { .. },
            ..
        }
    )
}
