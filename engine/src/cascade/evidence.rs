//! What the answers of two cheap models say about the first of them.

/// The answer of a cheap model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer<'a> {
    /// The short form of the answer, such that equal texts are equal answers.
    pub text: &'a str,
    /// Tokens of the full answer.
    pub tokens: u32,
}

/// How many figures [`evidence`] gives.
pub const EVIDENCE: usize = 15;

/// What they are, in order. All lie within ±4.
pub const NAMES: [&str; EVIDENCE] = [
    "share of the other answers that equal the first, 0.5 where there is none",
    "share of the other answers that equal it or are numbers within 1 % of it",
    "the first is a number",
    "the first is a single letter",
    "ln(1 + bytes of the first) / 2",
    "ln(1 + bytes of the second) / 2",
    "ln(1 + tokens of the first) - 5",
    "ln(1 + tokens of the second) - 5",
    "ln of the first's tokens over the second's",
    "the prompt holds the first answer, of two bytes or more",
    "ln(1 + the first, as a number) / 3",
    "the first is a number with a fraction",
    "the first is a negative number",
    "one of the first two is a number, the other is not",
    "ln(1 + the difference of the first two, as numbers) / 3",
];

/// Longer answers are no numbers, bytes.
const MOST_DIGITS: usize = 15;
/// How much of the prompt is searched for the answer, bytes.
const SEARCHED: usize = 16 * 1024;

/// Measures the answers to a prompt, the first of which is in question.
pub fn evidence(prompt: &str, answers: &[Answer<'_>]) -> [f32; EVIDENCE] {
    let empty = Answer {
        text: "",
        tokens: 0,
    };
    let first = answers.first().copied().unwrap_or(empty);
    let second = answers.get(1).copied().unwrap_or(empty);
    let others = answers.get(1..).unwrap_or_default();
    let number = number(first.text);
    let difference = number
        .zip(self::number(second.text))
        .map(|(a, b)| (a - b).abs());
    let searched = prompt
        .get(..prompt.floor_char_boundary(SEARCHED))
        .unwrap_or_default();
    let near = |text: &str| match number.zip(self::number(text)) {
        Some((a, b)) => (a - b).abs() <= 0.01 * a.abs().max(1.0),
        None => text == first.text,
    };
    let figures = [
        share(others, |text| text == first.text),
        share(others, near),
        flag(number.is_some()),
        flag(first.text.len() == 1 && first.text.bytes().all(|byte| byte.is_ascii_alphabetic())),
        size(first.text.len()) / 2.0,
        size(second.text.len()) / 2.0,
        size(first.tokens as usize) - 5.0,
        size(second.tokens as usize) - 5.0,
        size(first.tokens as usize) - size(second.tokens as usize),
        flag(first.text.len() > 1 && searched.contains(first.text)),
        number.map_or(0.0, |number| number.abs().ln_1p() / 3.0),
        flag(number.is_some_and(|number| number.fract() != 0.0)),
        flag(number.is_some_and(|number| number < 0.0)),
        flag(answers.len() > 1 && number.is_some() != self::number(second.text).is_some()),
        difference.map_or(0.0, |difference| difference.ln_1p() / 3.0),
    ];
    figures.map(|figure| figure.clamp(-4.0, 4.0) as f32)
}

/// A plain decimal number, digits perhaps grouped by commas. Digests that happen to look like one
/// (`12e45678`) are none.
fn number(text: &str) -> Option<f64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = |byte: u8| byte.is_ascii_digit() || byte == b',' || byte == b'.';
    if text.len() > MOST_DIGITS || !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    digits
        .bytes()
        .all(plain)
        .then(|| text.replace(',', "").parse().ok())?
}

fn flag(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}

fn size(of: usize) -> f64 {
    (of as f64).ln_1p()
}

/// The share of answers whose text is `like`; one half of none.
fn share(answers: &[Answer<'_>], like: impl Fn(&str) -> bool) -> f64 {
    if answers.is_empty() {
        return 0.5;
    }
    let alike = answers.iter().filter(|answer| like(answer.text)).count();
    alike as f64 / answers.len() as f64
}
