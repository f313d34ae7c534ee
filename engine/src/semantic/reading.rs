//! A question as the verifier reads it: what is asked for, of what, and how it is only dressed.

use super::kind::{Asks, KINDS, cued};
use super::lexicon::{Lexicon, MOST_PHRASE};
use super::token::{self, Token, tokens};
use crate::embedding::{Embedding, Meaning, Table};

/// Characters of a text that are read: what is longer is no question to be compared.
const MOST_CHARACTERS: usize = 2_000;
/// Words of a question that are compared; what is longer is not told apart reliably.
const MOST_WORDS: usize = 60;
/// How far a particle may stand behind its verb: "turn the lights in the kitchen off".
const MOST_GAP: usize = 4;

/// What part a word plays in a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Names what the question is about.
    Content,
    /// Names hardly more than the question's form: "best", "way", "explain".
    Soft,
    /// Holds the sentence together.
    Function,
    Negation,
    Number,
}

/// A word of a question.
#[derive(Debug, Clone)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) stem: String,
    pub(super) part: Part,
    /// The preposition before it, by what it says of direction.
    pub(super) role: Option<&'static str>,
    /// A name: of code, or written with a capital letter.
    pub(super) name: bool,
    pub(super) code: bool,
    pub(super) meaning: Option<Meaning>,
}

/// A question taken apart.
#[derive(Debug, Clone)]
pub struct Reading {
    /// All words, in small letters and without punctuation.
    pub(super) plain: String,
    /// The words without greetings and thanks, phrases as one word.
    pub(super) words: Vec<Word>,
    /// What kind of thing is asked for, where the form of the question says so.
    pub(super) asks: Asks,
    /// Numbers in their order.
    pub(super) numbers: Vec<String>,
    /// An even number of negations is none.
    pub(super) negated: bool,
    /// It names two things whose order does not matter: "between", "and".
    pub(super) symmetric: bool,
    /// The text is longer than what is read.
    pub(super) cut: bool,
    pub(super) embedding: Option<Embedding>,
}

impl Reading {
    /// Takes a question apart. Of a very long text only the beginning is read.
    pub fn of(text: &str) -> Self {
        let lexicon = Lexicon::shipped();
        let tokens = expanded(lexicon, tokens(text, MOST_CHARACTERS));
        let plain = joined(tokens.iter().map(|token| token.text.as_str()), " ");
        let cut = tokens.len() > MOST_WORDS || text.chars().nth(MOST_CHARACTERS).is_some();
        let stems: Vec<String> = tokens
            .iter()
            .map(|token| lexicon.stem(&token.text))
            .collect();
        let (start, end) = undressed(lexicon, &stems);
        let kept = end.min(start + MOST_WORDS);
        let inner = tokens.get(start..kept).unwrap_or_default();
        // Where all is shouted, capitals say nothing.
        let quiet = inner
            .iter()
            .any(|token| !token.acronym && token.kind == token::Kind::Word);
        let stems = stems.get(start..kept).unwrap_or_default();
        let (mut words, asked) = phrased(lexicon, inner, stems, quiet);
        let asks = asked.map_or_else(|| cued(inner), Asks::For);
        if let Asks::For(kind) = asks {
            let echoes =
                |word: &&mut Word| word.part == Part::Content && lexicon.echoes(kind, &word.stem);
            words
                .iter_mut()
                .filter(echoes)
                .for_each(|word| word.part = Part::Soft);
        }
        let numbers = words.iter().filter(|word| word.part == Part::Number);
        let negations = words.iter().filter(|word| word.part == Part::Negation);
        let symmetric = inner.iter().any(|token| lexicon.is_symmetric(&token.text));
        Self {
            numbers: numbers.map(|word| word.text.clone()).collect(),
            negated: negations.count() % 2 == 1,
            symmetric: symmetric || asks == Asks::For("differ"),
            embedding: Table::shipped().embed(&joined(inner.iter().map(|t| t.text.as_str()), " ")),
            plain,
            words,
            asks,
            cut,
        }
    }

    /// The vector that neighbours are found by; none where no word is known, and then there is no
    /// neighbour.
    pub fn embedding(&self) -> Option<&Embedding> {
        self.embedding.as_ref()
    }

    pub(super) fn parts(&self, part: Part) -> impl Iterator<Item = &Word> {
        self.words.iter().filter(move |word| word.part == part)
    }
}

fn joined<'a>(words: impl Iterator<Item = &'a str>, by: &str) -> String {
    words.collect::<Vec<_>>().join(by)
}

/// Tokens with contractions written out and numbers in digits.
fn expanded(lexicon: &Lexicon, tokens: Vec<Token>) -> Vec<Token> {
    let expand = |token: Token| {
        let parts: Vec<Token> = if token.kind == token::Kind::Word {
            let words = lexicon.expand(&token.text);
            let part = |word: &str| Token {
                text: word.to_owned(),
                ..token
            };
            words.map(part).collect()
        } else {
            vec![token]
        };
        parts
    };
    tokens.into_iter().flat_map(expand).collect()
}

/// Where a question begins and ends once greetings, lead-ins and thanks are taken off.
fn undressed(lexicon: &Lexicon, stems: &[String]) -> (usize, usize) {
    let (mut start, mut end) = (0, stems.len());
    let phrase = |from: usize, to: usize| stems.get(from..to).unwrap_or_default().join("_");
    let lengths =
        |start: usize, end: usize| (1..=MOST_PHRASE.min((end - start).saturating_sub(1))).rev();
    loop {
        let opening =
            lengths(start, end).find(|&length| lexicon.opens(&phrase(start, start + length)));
        if let Some(length) = opening {
            start += length;
            continue;
        }
        let closing =
            lengths(start, end).find(|&length| lexicon.closes(&phrase(end - length, end)));
        if let Some(length) = closing {
            end -= length;
            continue;
        }
        return (start, end);
    }
}

/// The words, phrases as one, and what the first phrase of a kind asks for.
fn phrased(
    lexicon: &Lexicon,
    tokens: &[Token],
    stems: &[String],
    quiet: bool,
) -> (Vec<Word>, Option<&'static str>) {
    let mut words: Vec<Word> = Vec::with_capacity(tokens.len());
    let mut asked = None;
    let mut role = None;
    let mut used = vec![false; tokens.len()];
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        if used.get(at).copied().unwrap_or_default() {
            at += 1;
            continue;
        }
        let longest = stems.get(at).map_or(0, |stem| lexicon.longest_phrase(stem));
        let found = (1..=longest).rev().find_map(|length| {
            let phrase = stems.get(at..at + length)?.join("_");
            Some((length, lexicon.phrase(&phrase)?))
        });
        let apart = || separated(lexicon, tokens, stems, at);
        let name = token.capital && at > 0;
        if let Some((length, head)) = found {
            if KINDS.contains(&head) {
                asked = asked.or(Some(head));
                role = None;
            } else {
                words.push(word(lexicon, head, token::Kind::Word, name, &mut role));
            }
            at += length;
        } else if let Some((particle, head)) = apart() {
            words.push(word(lexicon, head, token::Kind::Word, false, &mut role));
            if let Some(used) = used.get_mut(particle) {
                *used = true;
            }
            at += 1;
        } else {
            let mut word = word(lexicon, &token.text, token.kind, name, &mut role);
            if quiet && token.acronym && word.part == Part::Function && word.text != "i" {
                word.part = Part::Content;
                word.name = true;
            }
            words.push(word);
            at += 1;
        }
    }
    (words, asked)
}

/// A verb whose particle stands behind its object: where the particle is, and what both mean.
fn separated(
    lexicon: &Lexicon,
    tokens: &[Token],
    stems: &[String],
    at: usize,
) -> Option<(usize, &'static str)> {
    let verb = stems.get(at)?;
    (at + 2..=at + 1 + MOST_GAP).find_map(|place| {
        let particle = tokens.get(place)?.text.as_str();
        if !["on", "off", "up", "down", "back"].contains(&particle) {
            return None;
        }
        let head = lexicon.phrase(&format!("{verb}_{particle}"))?;
        Some((place, head))
    })
}

fn word(
    lexicon: &Lexicon,
    text: &str,
    kind: token::Kind,
    name: bool,
    role: &mut Option<&'static str>,
) -> Word {
    let text = lexicon
        .number(text)
        .or_else(|| lexicon.unit(text))
        .unwrap_or(text);
    let stem = lexicon.stem(text);
    let code = kind == token::Kind::Code;
    let part = if text.starts_with(|c: char| c.is_ascii_digit()) && !code {
        Part::Number
    } else if code {
        Part::Content
    } else if lexicon.negates(text) {
        Part::Negation
    } else if lexicon.is_function(text) {
        Part::Function
    } else if lexicon.is_soft(&stem) && !is_participle(text) {
        Part::Soft
    } else {
        Part::Content
    };
    let preposition = lexicon.role(text);
    let word = Word {
        role: *role,
        name: name || code,
        meaning: Table::shipped().meaning(text),
        text: text.to_owned(),
        stem,
        part,
        code,
    };
    match part {
        _ if preposition.is_some() => *role = preposition,
        Part::Content | Part::Number => *role = None,
        _ => {}
    }
    word
}

/// "Where is it defined?" asks for more than "Define it".
fn is_participle(text: &str) -> bool {
    text.len() > 4 && text.ends_with("ed") && text != "need"
}
