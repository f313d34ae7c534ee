//! Calls and their results, brought together: Anthropic refuses one without the other.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::block::{OutBlock, Side, Turn};
use crate::hub::portable_id;

/// The result of a call that has none: the client was stopped.
const NO_RESULT: &str = "(no result: the call was interrupted)";
/// What stands before an answer that comes first.
const NO_QUESTION: &str = "(the conversation begins with your answer)";

/// Puts results directly after their calls. A call without a result gets one that says so; a result
/// without a call becomes text of the user.
pub(super) fn pair(turns: Vec<Turn<'_>>) -> Vec<Turn<'_>> {
    let mut paired: Vec<Turn<'_>> = Vec::with_capacity(turns.len() + 2);
    let mut ids = BTreeSet::new();
    let mut open = Vec::new();
    if turns
        .first()
        .is_some_and(|turn| turn.role == Side::Assistant)
    {
        paired.push(Turn {
            role: Side::User,
            content: vec![OutBlock::text(NO_QUESTION)],
        });
    }
    for mut turn in turns {
        match turn.role {
            Side::Assistant => {
                for block in &mut turn.content {
                    if let OutBlock::ToolUse { id, .. } = block {
                        let given = std::mem::replace(id, unused(id, &ids));
                        ids.insert(id.to_string());
                        open.push((given, id.clone()));
                    }
                }
            }
            Side::User => turn.content = results_first(turn.content, &mut open),
        }
        paired.push(turn);
    }
    if !open.is_empty() {
        paired.push(Turn {
            role: Side::User,
            content: results_first(Vec::new(), &mut open),
        });
    }
    paired
}

/// The content of a user's turn after the open calls, which it closes.
fn results_first<'r>(
    content: Vec<OutBlock<'r>>,
    open: &mut Vec<(Cow<'r, str>, Cow<'r, str>)>,
) -> Vec<OutBlock<'r>> {
    let is_result = |block: &OutBlock<'_>| matches!(block, OutBlock::ToolResult { .. });
    let (mut results, others): (Vec<_>, Vec<_>) = content.into_iter().partition(is_result);
    let mut out = Vec::with_capacity(open.len() + others.len());
    for (given, sent) in open.drain(..) {
        let at = results.iter().position(
            |block| matches!(block, OutBlock::ToolResult { tool_use_id, .. } if *tool_use_id == given),
        );
        match at.map(|at| results.remove(at)) {
            Some(OutBlock::ToolResult {
                content,
                is_error,
                cache_control,
                ..
            }) => out.push(OutBlock::ToolResult {
                tool_use_id: sent,
                content,
                is_error,
                cache_control,
            }),
            _ => out.push(OutBlock::ToolResult {
                tool_use_id: sent,
                content: vec![OutBlock::text(NO_RESULT)],
                is_error: true,
                cache_control: None,
            }),
        }
    }
    for result in results {
        if let OutBlock::ToolResult {
            tool_use_id,
            content,
            ..
        } = result
        {
            out.push(OutBlock::text(format!(
                "Result of the earlier call {tool_use_id}:"
            )));
            out.extend(content);
        }
    }
    out.extend(others);
    out
}

/// An id that no call before has: some models number their calls anew in each turn.
fn unused<'r>(id: &Cow<'r, str>, ids: &BTreeSet<String>) -> Cow<'r, str> {
    let mut free = id.clone();
    let mut times = 1_usize;
    while ids.contains(free.as_ref()) {
        times += 1;
        free = Cow::Owned(portable_id(&format!("{id}#{times}")).into_owned());
    }
    free
}
