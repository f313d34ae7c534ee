//! An answer that is close and not certain, shown to the model that would be asked anyway: whether that
//! is cheaper than just asking, what the model is told, and what its reply means.

use crate::tariff::{Tariff, expecting};

/// The reply of a model that has nothing to correct.
pub const WORD: &str = "CONFIRMED";
/// What models say in its place. It may be the answer to a question that is answered so, or it may not:
/// nobody can tell.
const NODS: [&str; 5] = ["ok", "okay", "yes", "correct", "right"];
/// What the word takes with its end, tokens.
const WORD_TOKENS: f64 = 6.0;
/// How much cheaper it has to be: estimates err, and a reply may be neither the word nor an answer.
const MARGIN: f64 = 0.1;
/// The most that is shown, tokens: an earlier answer, and what is said of it.
pub const MOST_SHOWN: u32 = 4_096;
/// The least that a bound on the answer has to leave: with less, the word might be cut.
pub const LEAST_ROOM: u32 = 16;

/// A call that shows an earlier answer, against one that does not. Lengths are in tokens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Showing {
    /// The length of the request.
    pub prompt: u32,
    /// What is added to it.
    pub shown: u32,
    /// How long an answer is expected to be.
    pub answer: u32,
    /// How likely the earlier answer fits, within 0..=1.
    pub p: f64,
}

impl Showing {
    /// Whether it is expected to cost less than a plain call of the same model, by a tenth.
    pub fn pays(&self, tariff: &Tariff) -> bool {
        let plain = tariff.cost(&expecting(self.prompt, self.answer));
        let p = self.p.clamp(0.0, 1.0);
        let reply = p * WORD_TOKENS + (1.0 - p) * f64::from(self.answer);
        let prompt = self.prompt.saturating_add(self.shown);
        let shown = tariff.cost(&expecting(prompt, reply.ceil() as u32));
        (shown as f64) < (1.0 - MARGIN) * plain as f64
    }
}

/// What a model is told of the answer before it, which was given to this question.
pub fn remark(question: &str) -> String {
    format!(
        "The answer above was given to this question:\n\n{question}\n\nIf it answers my own question just as \
         fully and correctly, reply with the one word {WORD} and nothing else. Otherwise answer my own \
         question in full, without a word about the answer above or about this note."
    )
}

/// What a reply means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// So far it may become anything.
    Open,
    /// There is nothing to correct.
    Confirms,
    /// It answers the question by itself.
    Answers,
    /// It is no answer, or one with the word in it: nobody is to see it.
    Neither,
}

/// Reads a reply, as far as it has come; `ended`: that is all of it.
pub fn read_reply(text: &str, ended: bool) -> Reply {
    let core = text.trim_matches(is_dressing);
    let is = |word: &str| core.eq_ignore_ascii_case(word);
    let begins = |word: &str| {
        let head = word.get(..core.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(core))
    };
    let mut words = core.split(|c: char| !c.is_alphanumeric());
    let first = words.next().unwrap_or_default();
    let last = words.next_back().unwrap_or_default();
    if !ended && (begins(WORD) || NODS.iter().any(|nod| begins(nod))) {
        Reply::Open
    } else if is(WORD) {
        Reply::Confirms
    } else if core.is_empty()
        || NODS.iter().any(|nod| is(nod))
        || first.eq_ignore_ascii_case(WORD)
        || ended && last == WORD
    {
        Reply::Neither
    } else {
        Reply::Answers
    }
}

/// What may stand around a word.
fn is_dressing(c: char) -> bool {
    c.is_whitespace() || "\"'`*_“”‘’«».!".contains(c)
}

/// Whether a reply only says the earlier answer over again, letter for letter.
pub fn repeats(reply: &str, earlier: &str) -> bool {
    let letters = |text: &str| -> Vec<char> {
        let letters = text.chars().filter(|c| c.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect()
    };
    letters(reply) == letters(earlier)
}

#[cfg(test)]
mod tests {
    use super::*;
    use moecraft_catalog::{Class, catalog};
    use proptest::prelude::*;

    const NOW: u64 = 1_795_000_000_000;

    fn haiku() -> Tariff {
        Tariff::of("anthropic/claude-haiku-4-5", Class::Haiku, NOW)
    }

    const USUAL: Showing = Showing {
        prompt: 20,
        shown: 300,
        answer: 400,
        p: 0.8,
    };

    #[test]
    fn it_pays_where_a_word_is_likely_to_spare_a_long_answer() {
        assert!(USUAL.pays(&haiku()));
        let dear = [
            ("unlikely", Showing { p: 0.1, ..USUAL }),
            (
                "short",
                Showing {
                    answer: 50,
                    ..USUAL
                },
            ),
            (
                "wordy",
                Showing {
                    shown: 4_000,
                    ..USUAL
                },
            ),
        ];
        for (why, showing) in dear {
            assert!(!showing.pays(&haiku()), "{why}");
        }
    }

    #[test]
    fn it_never_pays_where_nothing_is_paid() {
        assert!(!USUAL.pays(&Tariff::of("local/any", Class::Local, NOW)));
    }

    #[test]
    fn the_word_is_known_in_any_dress() {
        for text in [
            "CONFIRMED",
            "confirmed.",
            " \"Confirmed\"\n",
            "**CONFIRMED!**",
            "`CONFIRMED`.",
        ] {
            assert_eq!(read_reply(text, true), Reply::Confirms, "{text}");
            assert_eq!(read_reply(text, false), Reply::Open, "{text}");
        }
    }

    #[test]
    fn what_nobody_may_see_is_neither() {
        for text in [
            "",
            "  \n",
            "OK",
            "Yes.",
            "CONFIRMED. It is 100 °C.",
            "Confirmed, but only at sea level.",
            "The answer above is right. CONFIRMED",
        ] {
            assert_eq!(read_reply(text, true), Reply::Neither, "{text}");
        }
        assert_eq!(read_reply("CONFIRMED. It", false), Reply::Neither);
    }

    #[test]
    fn an_answer_is_known_by_its_first_other_letter() {
        for text in [
            "C",
            "Conf",
            "Yes, it is.",
            "Correctly so.",
            "It is CONFIRMED by none.",
        ] {
            assert_eq!(read_reply(text, true), Reply::Answers, "{text}");
        }
        for (text, reply) in [
            ("", Reply::Open),
            ("\"Con", Reply::Open),
            ("Ye", Reply::Open),
            ("Cont", Reply::Answers),
        ] {
            assert_eq!(read_reply(text, false), reply, "{text}");
        }
    }

    #[test]
    fn saying_it_over_again_is_no_correction() {
        assert!(repeats("It boils at 100 °C.", "it boils at **100 °C**"));
        assert!(!repeats("It boils at 100 °C.", "It boils at 212 °F."));
    }

    proptest! {
        /// What was taken for an answer while it came stays one, unless the word comes at its end; and as long
        /// as it is open, the client has seen nothing.
        #[test]
        fn a_stream_is_never_taken_back(text in "[ \"*]{0,2}(CONFIRMED|Confirm|OK|yes|[a-z]{0,3})[ .,a-zA-Z]{0,12}") {
            let ends = text.char_indices().map(|(at, _)| at);
            let beginnings: Vec<_> = ends.map(|end| read_reply(&text[..end], false)).collect();
            prop_assert!(!beginnings.contains(&Reply::Confirms));
            let decided: Vec<_> = beginnings.iter().skip_while(|reply| **reply == Reply::Open).collect();
            prop_assert!(decided.iter().all(|reply| Some(reply) == decided.first()), "{text}: {decided:?}");
            prop_assert!(read_reply(&text, true) != Reply::Open);
            if read_reply(&text, true) == Reply::Confirms {
                prop_assert!(decided.is_empty(), "{text}");
            }
        }

        #[test]
        fn it_pays_no_less_the_likelier_it_fits(p in 0.0..1.0f64, more in 0.0..1.0f64, shown in 0..4_000u32, answer in 0..2_000u32) {
            let showing = Showing { prompt: 50, shown, answer, p };
            let likelier = Showing { p: p + (1.0 - p) * more, ..showing };
            for model in catalog().chat_models() {
                let tariff = Tariff::of(&model.id, model.class, NOW);
                prop_assert!(!showing.pays(&tariff) || answer < 7 || likelier.pays(&tariff), "{}", model.id);
            }
        }
    }
}
