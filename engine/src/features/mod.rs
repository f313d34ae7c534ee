//! What a prompt looks like, in numbers: the input of every routing decision.
//!
//! The three figures between 0 and 1 are hand-made estimates from counts that anybody can check;
//! the counts stand beside them. Only the question, which is the last turn of the user, is read
//! word by word, and of a long one the beginning and the end ([`SCANNED_BYTES`]); of all the rest
//! only the size counts.

mod words;

use serde::Serialize;

use crate::tokens;
use words::{Hint, Seen};

/// How much of a question is read word by word, bytes: half from its beginning, half from its
/// end, since what is asked stands before or after what it is asked about.
pub const SCANNED_BYTES: usize = 16 * 1024;

/// Who speaks in a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The application's instructions.
    System,
    /// The person, or the program acting for one.
    User,
    /// The model.
    Assistant,
    /// The result of a tool.
    Tool,
}

/// One text of a conversation. A message of several text parts gives several turns.
#[derive(Debug, Clone, Copy)]
pub struct Turn<'a> {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub text: &'a str,
}

/// The parts of a request that routing looks at.
#[derive(Debug, Clone, Copy, Default)]
pub struct Prompt<'a> {
    /// The conversation, the oldest turn first.
    pub messages: &'a [Turn<'a>],
    /// How many tools the model is offered.
    pub tools: u32,
    /// The longest answer the client takes, tokens, where it says so.
    pub max_output_tokens: Option<u32>,
}

/// What is known about a prompt before any model has seen it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Features {
    /// How much thought the answer needs: 0 small talk, 1 a long proof or a system's design.
    pub complexity: f64,
    /// How sure it is that a small model will do: 1 a plain question of fact.
    pub confidence: f64,
    /// How much the user presses for time.
    pub urgency: f64,
    /// Tokens of all turns, estimated.
    pub prompt_tokens: u32,
    /// Number of turns.
    pub turns: u32,
    /// Number of tools offered.
    pub tools: u32,
    /// The longest answer the client takes, tokens, where it says so.
    pub max_output_tokens: Option<u32>,
    /// Tokens of the question, estimated.
    pub question_tokens: u32,
    /// Different words of the question that ask for a fact or make small talk.
    pub lookup_words: u32,
    /// Different words of the question that ask for a piece of work.
    pub task_words: u32,
    /// Different words of the question that ask for long reasoning.
    pub hard_words: u32,
    /// Different words of the question that add a condition.
    pub constraint_words: u32,
    /// Different words of the question that press for time.
    pub urgent_words: u32,
    /// Question marks.
    pub questions: u32,
    /// Exclamation marks.
    pub exclamations: u32,
    /// Lines that begin as an item of a list does.
    pub list_items: u32,
    /// Marks of program text: fences, braces, semicolons at the end of a line.
    pub code_marks: u32,
    /// Marks of mathematics: LaTeX commands, `=`, `^` and the like.
    pub math_marks: u32,
}

impl Features {
    /// Reads a prompt in one pass.
    pub fn of(prompt: &Prompt) -> Self {
        let mut features = Self {
            turns: u32::try_from(prompt.messages.len()).unwrap_or(u32::MAX),
            tools: prompt.tools,
            max_output_tokens: prompt.max_output_tokens,
            ..Self::default()
        };
        let mut question = "";
        for turn in prompt.messages {
            let tokens = tokens::estimate(turn.text);
            features.prompt_tokens = features.prompt_tokens.saturating_add(tokens);
            if turn.role == Role::User {
                (question, features.question_tokens) = (turn.text, tokens);
            }
        }
        let (beginning, end) = ends(question, SCANNED_BYTES);
        let mut seen = Seen::default();
        features.scan(beginning, &mut seen);
        features.scan(end, &mut seen);
        features.lookup_words = seen.count(Hint::Lookup);
        features.task_words = seen.count(Hint::Task);
        features.hard_words = seen.count(Hint::Hard);
        features.constraint_words = seen.count(Hint::Constraint);
        features.urgent_words = seen.count(Hint::Urgent);
        features.judge();
        features
    }

    /// Counts marks, and notes words.
    fn scan(&mut self, text: &str, seen: &mut Seen) {
        let bytes = text.as_bytes();
        let mut word_start = None;
        let mut line_start = true;
        for (index, &byte) in bytes.iter().enumerate() {
            let letter = byte.is_ascii_alphabetic();
            let joins = matches!(byte, b'-' | b'\'' | b'0'..=b'9') && word_start.is_some();
            if letter || joins {
                word_start = word_start.or(Some(index));
                line_start = false;
                continue;
            }
            if let Some(start) = word_start.take() {
                seen.note(bytes.get(start..index).unwrap_or_default());
            }
            let next = bytes.get(index + 1).copied().unwrap_or(b'\n');
            match byte {
                b'?' => self.questions += 1,
                b'!' => self.exclamations += 1,
                b'`' | b'{' | b'}' => self.code_marks += 1,
                b';' if next == b'\n' => self.code_marks += 1,
                b'\\' if next.is_ascii_alphabetic() => self.math_marks += 1,
                b'^' | b'=' | b'$' => self.math_marks += 1,
                b'-' | b'*' | b'0'..=b'9' if line_start && matches!(next, b' ' | b'.' | b')') => {
                    self.list_items += 1;
                }
                _ => {}
            }
            line_start = byte == b'\n' || (line_start && byte == b' ');
        }
        let last = word_start.and_then(|start| bytes.get(start..));
        seen.note(last.unwrap_or_default());
    }

    /// Turns the counts into the three figures. The weights are chosen by hand, so that each line
    /// reads as a statement about prompts; what they achieve is for the evaluations to say.
    fn judge(&mut self) {
        let question = share(self.question_tokens, 20, 2_000);
        let context = share(
            self.prompt_tokens.saturating_sub(self.question_tokens),
            500,
            50_000,
        );
        let task = up_to(self.task_words, 2);
        let hard = up_to(self.hard_words, 3);
        let constraints = up_to(self.constraint_words, 6);
        let structure = up_to(self.list_items, 6).max(up_to(self.questions.saturating_sub(1), 4));
        let marks = up_to(self.code_marks, 12).max(up_to(self.math_marks, 8));
        let agent = if self.tools > 0 { 1.0 } else { 0.0 };
        let brief = self.max_output_tokens.is_some_and(|most| most <= 64);

        let effort = 0.55 * task
            + 1.00 * hard
            + 0.25 * constraints
            + 0.20 * structure
            + 0.30 * marks
            + 0.25 * question
            + 0.15 * context
            + 0.20 * agent;
        self.complexity = if brief {
            effort.min(1.0) * 0.6
        } else {
            effort.min(1.0)
        };

        let plain = if self.lookup_words > 0 { 0.3 } else { 0.0 };
        let doubt = 0.60 * task + 1.20 * hard + 0.30 * constraints + 0.40 * marks + 0.40 * question;
        self.confidence = (0.5 + plain - doubt).clamp(0.0, 1.0);

        let pressing = 0.5 * f64::from(self.urgent_words) + 0.1 * f64::from(self.exclamations);
        self.urgency = pressing.min(1.0);
    }
}

/// `count` as a share of `enough`, at most 1.
fn up_to(count: u32, enough: u32) -> f64 {
    f64::from(count.min(enough)) / f64::from(enough)
}

/// Where `count` lies between `low` (0) and `high` (1) on a logarithmic scale.
fn share(count: u32, low: u32, high: u32) -> f64 {
    let from = f64::from(low).ln();
    ((f64::from(count.max(1)).ln() - from) / (f64::from(high).ln() - from)).clamp(0.0, 1.0)
}

/// The beginning and the end of `text`, together about `most` bytes and without overlap.
fn ends(text: &str, most: usize) -> (&str, &str) {
    if text.len() <= most {
        return (text, "");
    }
    let beginning = text.floor_char_boundary(most / 2);
    let end = text.ceil_char_boundary(text.len() - most / 2);
    (
        text.get(..beginning).unwrap_or(""),
        text.get(end..).unwrap_or(""),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn features(text: &str) -> Features {
        Features::of(&Prompt {
            messages: &[Turn {
                role: Role::User,
                text,
            }],
            ..Prompt::default()
        })
    }

    #[test]
    fn the_counts_are_those_of_the_question() {
        let read = features(
            "URGENT: prove this, please!\n- it must use `x`\n2) f(x) = \\frac{1}{2}\nWhy? What?",
        );
        let counts = [
            read.urgent_words,
            read.hard_words,
            read.constraint_words,
            read.task_words,
            read.lookup_words,
            read.questions,
            read.exclamations,
            read.list_items,
            read.code_marks,
            read.math_marks,
        ];
        assert_eq!(counts, [1, 1, 1, 1, 2, 2, 1, 2, 6, 2]);
    }

    #[test]
    fn only_the_users_last_turn_is_read_but_every_turn_is_measured() {
        let turns = [
            Turn {
                role: Role::System,
                text: "You prove theorems rigorously.",
            },
            Turn {
                role: Role::User,
                text: "Prove the theorem.",
            },
            Turn {
                role: Role::Assistant,
                text: "Proof by induction.",
            },
            Turn {
                role: Role::User,
                text: "Thanks!",
            },
            Turn {
                role: Role::Tool,
                text: "theorem",
            },
        ];
        let read = Features::of(&Prompt {
            messages: &turns,
            ..Prompt::default()
        });
        assert_eq!((read.hard_words, read.lookup_words, read.turns), (0, 1, 5));
        assert!(read.prompt_tokens > 3 * read.question_tokens);
    }

    #[test]
    fn of_a_long_question_beginning_and_end_are_read() {
        let filler = "word ".repeat(SCANNED_BYTES);
        let hard = |text: String| features(&text).hard_words;
        assert_eq!(hard(format!("prove {filler}")), 1);
        assert_eq!(hard(format!("{filler} prove")), 1);
        assert_eq!(hard(format!("{filler} prove {filler}")), 0);
    }

    #[test]
    fn pressure_is_urgency_and_a_short_answer_is_less_work() {
        assert_eq!(features("Please answer.").urgency, 0.0);
        assert!(features("Production outage, this is urgent!").urgency > 0.9);
        let text = "Explain the code and suggest a fix";
        let messages = [Turn {
            role: Role::User,
            text,
        }];
        let brief = Prompt {
            messages: &messages,
            tools: 0,
            max_output_tokens: Some(10),
        };
        assert!(Features::of(&brief).complexity < features(text).complexity);
    }

    #[test]
    fn an_empty_prompt_is_the_simplest() {
        let empty = Features::of(&Prompt::default());
        assert_eq!(
            (empty.complexity, empty.urgency, empty.prompt_tokens),
            (0.0, 0.0, 0)
        );
    }

    proptest! {
        #[test]
        fn the_figures_are_shares(text in "\\PC{0,400}|[a-z ?!;{}=^$\\\\\n]{0,400}", tools in 0..9_u32) {
            let messages = [Turn { role: Role::User, text: &text }];
            let read = Features::of(&Prompt { messages: &messages, tools, max_output_tokens: None });
            for figure in [read.complexity, read.confidence, read.urgency] {
                prop_assert!((0.0..=1.0).contains(&figure));
            }
        }

        #[test]
        fn the_ends_of_a_text_never_overlap(text in "\\PC{0,60}", most in 0..80_usize) {
            let (beginning, end) = ends(&text, most);
            prop_assert!(text.starts_with(beginning) && text.ends_with(end));
            prop_assert!(beginning.len() + end.len() <= most.min(text.len()));
        }
    }
}
