//! What a request says of the one before it in its conversation, without a word from anybody.
//!
//! Held in memory for two minutes: what a restart forgets is a hint less.

use std::cell::RefCell;
use std::collections::HashMap;

use moecraft_engine::admission::Admission;
use moecraft_engine::meta::Signal;

/// How long after a request another one says something of its answer, ms.
const WINDOW_MS: u64 = 2 * 60_000;
/// How often in a row the same question says anything: who goes on is a program at its work.
const MAX_AGAIN: u8 = 3;
/// The most conversations remembered.
const MAX_CONVERSATIONS: usize = 1024;

/// The last request of a conversation.
struct Last {
    request_id: String,
    question: Option<String>,
    turns: u32,
    at: u64,
    /// How often in a row the question was the same.
    again: u8,
}

/// The conversations of the last minutes.
#[derive(Default)]
pub(crate) struct Recent(RefCell<HashMap<String, Last>>);

impl Recent {
    /// Whether a request asks once more what it asked a moment ago, in a conversation that the client
    /// names: the answer it had would not do. Without a name for it, it may as well be a program.
    pub(crate) fn is_repeated(&self, admission: &Admission, now: u64) -> bool {
        let Some(trace) = admission.trace.as_ref().filter(|trace| trace.named) else {
            return false;
        };
        let known = self.0.borrow();
        let before = known.get(&trace.conversation);
        before.is_some_and(|before| {
            now.saturating_sub(before.at) < WINDOW_MS
                && before.request_id != admission.id
                && trace.question.is_some()
                && (&trace.question, trace.turns) == (&before.question, before.turns)
                && before.again < MAX_AGAIN
        })
    }

    /// Notes a request, and gives what it says of which earlier one.
    pub(crate) fn note(&self, admission: &Admission, now: u64) -> Option<(String, Signal)> {
        let trace = admission.trace.as_ref()?;
        let mut known = self.0.borrow_mut();
        let fresh = |last: &Last| now.saturating_sub(last.at) < WINDOW_MS;
        if known.len() >= MAX_CONVERSATIONS {
            known.retain(|_, last| fresh(last));
        }
        if known.len() >= MAX_CONVERSATIONS {
            known.clear();
        }
        let before = known.remove(&trace.conversation).filter(fresh);
        let same = |before: &&Last| trace.question.is_some() && trace.question == before.question;
        let again = before.as_ref().filter(same);
        let again = again.map_or(0, |before| before.again.saturating_add(1));
        let last = Last {
            request_id: admission.id.clone(),
            question: trace.question.clone(),
            turns: trace.turns,
            at: now,
            again,
        };
        known.insert(trace.conversation.clone(), last);
        let before = before.filter(|before| before.request_id != admission.id)?;
        let signal = match again {
            _ if trace.tool_failed => Signal::ToolFailed,
            0 if trace.question.is_some() => Signal::Continued,
            0 => return None,
            1..=MAX_AGAIN if trace.turns == before.turns => Signal::Regenerated,
            1..=MAX_AGAIN => Signal::Retried,
            _ => return None,
        };
        Some((before.request_id, signal))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use moecraft_catalog::Class;
    use moecraft_engine::admission::{Place, Trace};
    use serde_json::value::RawValue;

    fn request(id: &str, question: Option<&str>, turns: u32, tool_failed: bool) -> Admission {
        Admission {
            id: id.to_owned(),
            at: 0,
            key_id: String::new(),
            snapshot: 0,
            requested: String::new(),
            model: String::new(),
            class: Class::Haiku,
            place: Place::default(),
            reserve: 0,
            estimate: 0,
            hold_until: None,
            baseline: 0,
            replay: None,
            stream: false,
            notes: Vec::new(),
            routed: true,
            trace: Some(Trace {
                conversation: "c".to_owned(),
                question: question.map(str::to_owned),
                turns,
                tool_failed,
                named: true,
            }),
            decision: RawValue::NULL.to_owned(),
        }
    }

    #[test]
    fn asking_again_says_that_the_answer_would_not_do() {
        let recent = Recent::default();
        let note = |request: Admission, now| recent.note(&request, now);
        assert_eq!(note(request("1", Some("q"), 1, false), 0), None);
        let regenerated = note(request("2", Some("q"), 1, false), 1);
        assert_eq!(regenerated, Some(("1".to_owned(), Signal::Regenerated)));
        let retried = note(request("3", Some("q"), 3, false), 2);
        assert_eq!(retried, Some(("2".to_owned(), Signal::Retried)));
        let went_on = note(request("4", Some("other"), 5, false), 3);
        assert_eq!(went_on, Some(("3".to_owned(), Signal::Continued)));
    }

    #[test]
    fn the_same_question_in_a_conversation_with_a_name_is_one_that_is_repeated() {
        let recent = Recent::default();
        recent.note(&request("1", Some("q"), 1, false), 0);
        let repeated = |request: &Admission, now| recent.is_repeated(request, now);
        let again = request("2", Some("q"), 1, false);
        assert!(repeated(&again, 1));
        assert!(!repeated(&again, WINDOW_MS));
        assert!(
            !repeated(&request("1", Some("q"), 1, false), 1),
            "its own message, sent twice"
        );
        assert!(!repeated(&request("2", Some("other"), 1, false), 1));
        assert!(
            !repeated(&request("2", Some("q"), 3, false), 1),
            "it stands elsewhere now"
        );
        let mut nameless = again;
        nameless.trace = nameless.trace.map(|trace| Trace {
            named: false,
            ..trace
        });
        assert!(!repeated(&nameless, 1));
        for n in 2..=5 {
            recent.note(&request(&n.to_string(), Some("q"), 1, false), 1);
        }
        assert!(
            !repeated(&request("9", Some("q"), 1, false), 1),
            "a program at its work"
        );
    }

    #[test]
    fn a_tool_that_failed_was_called_by_the_answer_before() {
        let recent = Recent::default();
        recent.note(&request("1", Some("q"), 1, false), 0);
        let failed = recent.note(&request("2", None, 3, true), 1);
        assert_eq!(failed, Some(("1".to_owned(), Signal::ToolFailed)));
        assert_eq!(recent.note(&request("3", None, 5, false), 2), None);
    }

    #[test]
    fn after_two_minutes_a_question_is_a_new_one_and_a_message_sent_twice_never_is() {
        let recent = Recent::default();
        recent.note(&request("1", Some("q"), 1, false), 0);
        assert_eq!(recent.note(&request("1", Some("q"), 1, false), 1), None);
        let later = recent.note(&request("2", Some("q"), 1, false), 1 + WINDOW_MS);
        assert_eq!(later, None);
    }

    #[test]
    fn a_program_that_asks_the_same_for_ever_says_nothing_by_it() {
        let recent = Recent::default();
        let said = (0..20u64).filter_map(|n| {
            let request = request(&n.to_string(), Some("q"), 1, false);
            recent.note(&request, n)
        });
        assert_eq!(said.count(), usize::from(MAX_AGAIN));
    }

    #[test]
    fn memory_is_bounded() {
        let recent = Recent::default();
        for n in 0..3 * MAX_CONVERSATIONS {
            let mut request = request("1", None, 1, false);
            if let Some(trace) = &mut request.trace {
                trace.conversation = n.to_string();
            }
            recent.note(&request, 0);
            assert!(recent.0.borrow().len() <= MAX_CONVERSATIONS);
        }
    }
}
