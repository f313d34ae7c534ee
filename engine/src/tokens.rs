//! How many tokens a text has, roughly: one pass, no vocabulary.
//!
//! Tokenizers differ by provider and their vocabularies weigh megabytes. For routing, reservation
//! and answers whose usage never came, this is near enough. Measured against the 200k vocabulary
//! that current OpenAI models use (estimate / true count):
//!
//! | text | ratio | | text | ratio |
//! | --- | --- | --- | --- | --- |
//! | English questions | 0.91–1.00 | | German | 1.02 |
//! | Markdown | 0.90 | | Chinese, Japanese | 1.1–1.2 |
//! | Python, Rust, JSON | 1.00–1.06 | | Russian, Arabic | 1.3–1.5 |
//! | LaTeX mathematics | 0.96 | | Base64 | 0.70 |
//!
//! Older vocabularies split scripts other than Latin finer (Chinese 0.8, Russian 0.8, Arabic 0.5).

/// Hundredths of a token for the parts of a text, fitted to the figures above.
mod weight {
    /// A word, with the space before it.
    pub(super) const WORD: u64 = 100;
    /// Each letter of a word past the seventh.
    pub(super) const LONG_LETTER: u64 = 20;
    /// Letters of a word that cost nothing extra.
    pub(super) const WORD_LETTERS: u64 = 7;
    /// Up to three digits.
    pub(super) const DIGITS: u64 = 100;
    /// A punctuation mark.
    pub(super) const MARK: u64 = 73;
    /// The same mark once more, as in a rule of dashes.
    pub(super) const REPEATED_MARK: u64 = 15;
    /// A run of line breaks.
    pub(super) const BREAK: u64 = 60;
    /// A run of two or more spaces, as in indentation.
    pub(super) const SPACES: u64 = 60;
    /// A letter of two bytes: accented, Greek, Cyrillic, Hebrew, Arabic.
    pub(super) const TWO_BYTE: u64 = 38;
    /// A character of three bytes below the CJK blocks: Indic scripts, typographic marks.
    pub(super) const THREE_BYTE: u64 = 45;
    /// A Chinese, Japanese or Korean character.
    pub(super) const CJK: u64 = 78;
    /// A character of four bytes, such as an emoji.
    pub(super) const FOUR_BYTE: u64 = 180;
}

/// What the run of bytes being read consists of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Run {
    Start,
    Word { letters: u64, lower: bool },
    Digits(u64),
    Mark(u8),
    Break,
    Space,
    Spaces,
    Wide,
}

/// The approximate number of tokens of `text`; 0 only for text without any token, such as "".
pub fn estimate(text: &str) -> u32 {
    let bytes = text.as_bytes();
    let mut hundredths = 0_u64;
    let mut run = Run::Start;
    for (index, &byte) in bytes.iter().enumerate() {
        let (cost, next) = match byte {
            b'a'..=b'z' | b'A'..=b'Z' => letter(run, byte.is_ascii_lowercase()),
            b'0'..=b'9' => match run {
                Run::Digits(count) => (
                    if count % 3 == 0 { weight::DIGITS } else { 0 },
                    Run::Digits(count + 1),
                ),
                _ => (weight::DIGITS, Run::Digits(1)),
            },
            b'\n' => (
                if run == Run::Break { 0 } else { weight::BREAK },
                Run::Break,
            ),
            b' ' | b'\t' | b'\r' => match run {
                Run::Space => (weight::SPACES, Run::Spaces),
                Run::Spaces => (0, Run::Spaces),
                _ => (0, Run::Space),
            },
            0..=0x7F => {
                let repeated = run == Run::Mark(byte);
                (
                    if repeated {
                        weight::REPEATED_MARK
                    } else {
                        weight::MARK
                    },
                    Run::Mark(byte),
                )
            }
            0x80..=0xBF => (0, Run::Wide),
            0xC0..=0xDF => (weight::TWO_BYTE, Run::Wide),
            0xE0..=0xEF => {
                let second = bytes.get(index + 1).copied().unwrap_or(0);
                let cjk = byte > 0xE2 || (byte == 0xE2 && second >= 0xBA);
                (
                    if cjk { weight::CJK } else { weight::THREE_BYTE },
                    Run::Wide,
                )
            }
            0xF0..=0xFF => (weight::FOUR_BYTE, Run::Wide),
        };
        hundredths += cost;
        run = next;
    }
    u32::try_from(hundredths.div_ceil(100)).unwrap_or(u32::MAX)
}

/// A capital after a small letter begins a new word, as in `camelCase`.
fn letter(run: Run, lower: bool) -> (u64, Run) {
    match run {
        Run::Word {
            letters,
            lower: was_lower,
        } if lower || !was_lower => {
            let long = letters >= weight::WORD_LETTERS;
            let cost = if long { weight::LONG_LETTER } else { 0 };
            (
                cost,
                Run::Word {
                    letters: letters + 1,
                    lower,
                },
            )
        }
        _ => (weight::WORD, Run::Word { letters: 1, lower }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Texts with their true number of tokens in the 200k vocabulary.
    const COUNTED: [(&str, u32); 7] = [
        (
            "The committee met on Tuesday to discuss whether the bridge should be repaired before \
             winter, and agreed to ask two engineers for their opinion.",
            26,
        ),
        (
            "fn total(items: &[Item]) -> u64 {\n    items.iter().map(|item| item.price * \
             item.count).sum()\n}\n",
            28,
        ),
        (
            r#"{"id": 42, "name": "Ada", "tags": ["math", "engine"], "active": true, "score": 0.75}"#,
            34,
        ),
        (
            r"Let $f(x) = \frac{x^2 - 1}{x + 3}$. Find all real $x$ such that $f(x) \le 2$.",
            38,
        ),
        (
            "Die Geschwindigkeitsbegrenzung auf der Autobahn wurde für den größten Teil der \
             Strecke aufgehoben.",
            21,
        ),
        (
            "请解释一下量子纠缠的基本原理，并举一个日常生活中的例子来说明。",
            24,
        ),
        (
            "Объясните, пожалуйста, основные принципы квантовой запутанности.",
            18,
        ),
    ];

    #[test]
    fn the_estimate_is_near_the_true_count() {
        for (text, tokens) in COUNTED {
            let ratio = f64::from(estimate(text)) / f64::from(tokens);
            assert!(
                (0.8..=1.35).contains(&ratio),
                "{ratio:.2} of {tokens}: {text}"
            );
        }
    }

    #[test]
    fn little_text_has_few_tokens() {
        assert_eq!(estimate(""), 0);
        assert_eq!(estimate("hi"), 1);
        assert_eq!(estimate("hello world"), 2);
        assert_eq!(estimate("\n\n\n"), 1);
        assert_eq!(estimate("1234567"), 3);
        assert_eq!(estimate("getUserName"), 3);
    }

    proptest! {
        #[test]
        fn any_text_has_at_most_two_tokens_a_byte_and_at_least_one_in_a_few(text in "\\PC{0,300}") {
            let tokens = estimate(&text);
            prop_assert!(u64::from(tokens) <= 2 * text.len() as u64);
            let visible = text.chars().filter(|c| !c.is_whitespace()).count();
            prop_assert!(visible == 0 || tokens >= 1);
        }

        #[test]
        fn text_put_together_has_about_the_tokens_of_its_parts(a in "\\PC{0,100}", b in "\\PC{0,100}") {
            let whole = i64::from(estimate(&format!("{a}{b}")));
            let parts = i64::from(estimate(&a)) + i64::from(estimate(&b));
            prop_assert!((whole - parts).abs() <= 3, "{whole} {parts}");
        }
    }
}
