//! One pass over the text of a question: marks, words, numbers, sentences, lines.

use super::Tool;
use super::bits::Bits;
use super::lexicon::{self, Class, Seen, Set};
use super::options::Options;
use super::schema::Schemas;
use super::sentence::Sentence;
use super::words::{content_stem, wide};

/// Longer words are in no list.
const LISTED_WORD: usize = 24;
/// What has been counted.
#[derive(Default)]
pub(super) struct Scan {
    pub(super) bytes: usize,
    pub(super) lines: u32,
    /// Words of sentences.
    pub(super) words: u32,
    /// Words of sentences and options.
    pub(super) all_words: u32,
    pub(super) letters: u32,
    pub(super) longest_word: usize,
    pub(super) long_words: u32,
    pub(super) single_letters: u32,
    pub(super) known_words: u32,
    pub(super) ascii_letters: u32,
    pub(super) capitals: u32,
    pub(super) names: u32,
    pub(super) non_ascii: u32,
    pub(super) punctuation: u32,
    pub(super) commas: u32,
    pub(super) digits: u32,
    pub(super) numbers: u32,
    pub(super) largest: f64,
    pub(super) decimals: u32,
    pub(super) percentages: u32,
    pub(super) amounts: u32,
    pub(super) fractions: u32,
    pub(super) years: u32,
    pub(super) brackets: u32,
    pub(super) operators: u32,
    pub(super) powers: u32,
    pub(super) latex: u32,
    pub(super) dollars: u32,
    pub(super) math_symbols: u32,
    pub(super) quotations: u32,
    pub(super) questions: u32,
    pub(super) exclamations: u32,
    pub(super) blanks: u32,
    pub(super) roman: u32,
    pub(super) statements: u32,
    pub(super) code_marks: u32,
    pub(super) code_lines: u32,
    pub(super) bullets: u32,
    pub(super) list_items: u32,
    pub(super) backticked: u32,
    pub(super) lists: u32,
    pub(super) values: u32,
    pub(super) space: f64,
    pub(super) clues: u32,
    pub(super) clue_negated: u32,
    pub(super) clue_relation: u32,
    pub(super) clue_position: u32,
    pub(super) sentences: u32,
    pub(super) longest_sentence: u32,
    pub(super) number_sentences: u32,
    /// What asks: all sentences with a question mark, or else the last one.
    pub(super) asked: Sentence,
    /// The last sentence.
    pub(super) last: Sentence,
    pub(super) options: Options,
    pub(super) schemas: Schemas,
    pub(super) seen: Seen,
    pub(super) different: Bits,
    /// Stems of the words of sentences.
    pub(super) content: Bits,
    sentence: Sentence,
    in_option: bool,
    in_fence: bool,
    previous_statement: bool,
}

impl Scan {
    /// Reads a text, and what JSON schemas are in it after all the rest.
    pub(super) fn read(&mut self, text: &str) {
        let bytes = text.as_bytes();
        self.bytes += bytes.len();
        let mut schemas = Vec::new();
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', bytes).chain([bytes.len()]) {
            let line = bytes.get(start..end).unwrap_or_default();
            start = end + 1;
            if Schemas::is(line) {
                self.lines += 1;
                schemas.push(line);
            } else {
                let next = bytes.get(start).copied().unwrap_or(b'\n');
                self.line(line, next);
            }
        }
        self.end_sentence(false);
        for schema in schemas {
            self.schemas.read(schema, &self.content);
        }
    }

    /// Reads a tool that the model is offered.
    pub(super) fn tool(&mut self, tool: &Tool) {
        self.schemas.tool(tool, &self.content);
    }

    fn line(&mut self, line: &[u8], next: u8) {
        let text = line.trim_ascii();
        if text.is_empty() {
            self.end_sentence(false);
            return;
        }
        self.lines += 1;
        if text.starts_with(b"```") {
            self.in_fence = !self.in_fence;
        }
        let program = matches!(text.last(), Some(b';' | b'{' | b'}')) || text.ends_with(b"):");
        self.code_lines += u32::from(self.in_fence || program);
        self.code_marks += u32::from(text.ends_with(b";"));
        if let Some(option) = self.options.next(text) {
            self.end_sentence(false);
            self.options.note(option);
            self.in_option = true;
            self.walk(option);
            self.in_option = false;
            self.sentence = Sentence::default();
            return;
        }
        if let Some(clue) = numbered(text) {
            self.end_sentence(false);
            self.list_items += 1;
            self.clues += 1;
            let before = [Class::Negation, Class::Relation, Class::Ordinal]
                .map(|class| self.seen.hits(class));
            self.walk(clue);
            let [negated, relation, position] = before;
            self.clue_negated += u32::from(self.seen.hits(Class::Negation) > negated);
            self.clue_relation += u32::from(self.seen.hits(Class::Relation) > relation);
            self.clue_position += u32::from(self.seen.hits(Class::Ordinal) > position);
            self.end_sentence(false);
            return;
        }
        if let [b'-' | b'*', b' ', item @ ..] = text {
            self.end_sentence(false);
            self.list_items += 1;
            self.bullets += 1;
            self.attribute_list(item);
            self.walk(item);
            self.end_sentence(false);
            return;
        }
        self.walk(text);
        if !next.is_ascii_lowercase() {
            self.end_sentence(false);
        }
    }

    /// A bullet that enumerates values after a colon spans one dimension of a logic grid.
    fn attribute_list(&mut self, item: &[u8]) {
        let Some(colon) = memchr::memmem::rfind(item, b": ") else {
            return;
        };
        let values = item.get(colon..).unwrap_or_default();
        let values = values.iter().filter(|byte| **byte == b',').count() as u32 + 1;
        if values > 1 {
            self.lists += 1;
            self.values += values;
            self.space += (2..=values.min(40)).map(|n| f64::from(n).ln()).sum::<f64>();
        }
    }

    /// Reads the words and marks of a line.
    fn walk(&mut self, text: &[u8]) {
        let mut at = 0;
        let mut backticks = 0_u32;
        while let Some(&byte) = text.get(at) {
            let next = text.get(at + 1).copied().unwrap_or(b'\n');
            let previous = at
                .checked_sub(1)
                .and_then(|i| text.get(i))
                .copied()
                .unwrap_or(b'\n');
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' => {
                    at = self.word(text, at);
                    continue;
                }
                b'0'..=b'9' => {
                    at = self.number(text, at, previous);
                    continue;
                }
                0x80.. => {
                    let (length, letter, math) = wide(byte, next);
                    self.math_symbols += u32::from(math);
                    if letter {
                        at = self.word(text, at);
                    } else {
                        self.non_ascii += length as u32;
                        at += length;
                    }
                    continue;
                }
                b'?' => self.questions += 1,
                b'!' => self.exclamations += 1,
                b',' => self.commas += 1,
                b'`' => {
                    self.code_marks += 1;
                    backticks += 1;
                }
                b'{' | b'}' => {
                    self.code_marks += 1;
                    self.brackets += 1;
                }
                b'(' | b')' | b'[' | b']' => self.brackets += 1,
                b'+' | b'=' | b'<' | b'>' | b'/' | b'*' | b'|' | b'~' => self.operators += 1,
                b'-' if next == b' ' || next.is_ascii_digit() => self.operators += 1,
                b'^' => self.powers += 1,
                b'_' if next == b'_' => {
                    let run = text.get(at..).unwrap_or_default();
                    at += run.iter().take_while(|byte| **byte == b'_').count();
                    self.blanks += 1;
                    continue;
                }
                b'_' if next.is_ascii_alphanumeric() || next == b'{' => self.powers += 1,
                b'\\' if next.is_ascii_alphabetic() => self.latex += 1,
                b'$' if !next.is_ascii_digit() => self.dollars += 1,
                b'"' => self.quotations += 1,
                _ => {}
            }
            self.punctuation += u32::from(byte.is_ascii_punctuation());
            if matches!(byte, b'.' | b'?' | b'!')
                && matches!(next, b'\n' | b' ' | b'"' | b')' | b'\r')
            {
                self.sentence.closed = true;
                self.end_sentence(byte == b'?');
            } else if byte == b':' && next == b'\n' {
                self.sentence.closed = true;
            }
            at += 1;
        }
        self.backticked += backticks / 2;
    }

    /// Reads the word that begins at `start`; the place after its end.
    fn word(&mut self, text: &[u8], start: usize) -> usize {
        let mut lower = [0_u8; LISTED_WORD];
        let mut hash = lexicon::START;
        let (mut at, mut letters, mut capitals, mut wide_bytes) = (start, 0_usize, 0, 0);
        while let Some(&byte) = text.get(at) {
            let next = text.get(at + 1).copied().unwrap_or(b' ');
            let length = match byte {
                b'a'..=b'z' | b'A'..=b'Z' => 1,
                b'0'..=b'9' | b'-' | b'\''
                    if byte.is_ascii_digit() || next.is_ascii_alphabetic() =>
                {
                    1
                }
                0x80.. => match wide(byte, next) {
                    (length, true, _) => length,
                    _ => break,
                },
                _ => break,
            };
            capitals += u32::from(byte.is_ascii_uppercase());
            letters += 1;
            for (place, byte) in (at - start..).zip(text.get(at..at + length).unwrap_or_default()) {
                let byte = byte.to_ascii_lowercase();
                hash = lexicon::step(hash, byte);
                if let Some(letter) = lower.get_mut(place) {
                    *letter = byte;
                }
            }
            wide_bytes += if length > 1 { length } else { 0 };
            at += length;
        }
        let bytes = at - start;
        self.all_words += 1;
        self.non_ascii += wide_bytes as u32;
        self.ascii_letters += (bytes - wide_bytes) as u32;
        self.capitals += capitals;
        let word = lower.get(..bytes).unwrap_or_default();
        let classes = if word.is_empty() {
            Set::default()
        } else {
            self.seen.note(word, hash)
        };
        let source = text.get(start..at).unwrap_or_default();
        self.roman += u32::from(matches!(source, b"II" | b"III" | b"IV"));
        self.previous_statement = word == b"statement";
        let stem = content_stem(source).filter(|_| !classes.has(Class::Function));
        if self.in_option {
            if let Some(stem) = stem {
                let (all, shared) = &mut self.options.words;
                *all += 1;
                *shared += u32::from(self.content.has(stem));
            }
            return at;
        }
        if let Some(stem) = stem {
            self.content.add(stem);
        }
        self.words += 1;
        self.letters += letters as u32;
        self.longest_word = self.longest_word.max(letters);
        self.long_words += u32::from(letters > 9);
        self.single_letters += u32::from(letters == 1 && !matches!(word, b"a" | b"i"));
        self.known_words += u32::from(classes != Set::default());
        self.different.add(hash);
        let sentence = &mut self.sentence;
        self.names += u32::from(
            sentence.words > 0
                && capitals > 0
                && source.first().is_some_and(u8::is_ascii_uppercase),
        );
        sentence.word(word, classes);
        at
    }

    /// Reads the number that begins at `start`; the place after its end.
    fn number(&mut self, text: &[u8], start: usize, previous: u8) -> usize {
        let mut value = 0.0_f64;
        let (mut at, mut scale, mut whole) = (start, 0.0, 0);
        while let Some(&byte) = text.get(at) {
            let next_digit = text.get(at + 1).is_some_and(u8::is_ascii_digit);
            match byte {
                b'0'..=b'9' if scale == 0.0 => {
                    value = value * 10.0 + f64::from(byte - b'0');
                    whole += 1;
                }
                b'0'..=b'9' => {
                    value += f64::from(byte - b'0') * scale;
                    scale /= 10.0;
                }
                b',' if next_digit && scale == 0.0 => {}
                b'.' if next_digit && scale == 0.0 => scale = 0.1,
                _ => break,
            }
            self.digits += u32::from(byte.is_ascii_digit());
            at += 1;
        }
        let next = text.get(at).copied().unwrap_or(b' ');
        let amount = previous == b'$'
            && !matches!(next, b'$' | b'^' | b'\\' | b'a'..=b'z' | b'=' | b'+' | b'(');
        self.amounts += u32::from(amount);
        self.dollars += u32::from(previous == b'$' && !amount);
        self.statements += u32::from(self.previous_statement);
        self.previous_statement = false;
        if self.in_option {
            return at;
        }
        self.numbers += 1;
        self.sentence.numbers += 1;
        self.largest = self.largest.max(value.min(1e12));
        self.decimals += u32::from(scale > 0.0);
        self.percentages += u32::from(next == b'%');
        self.fractions +=
            u32::from(next == b'/' && text.get(at + 1).is_some_and(u8::is_ascii_digit));
        self.years += u32::from(whole == 4 && scale == 0.0 && (1000.0..=2100.0).contains(&value));
        at
    }

    fn end_sentence(&mut self, question: bool) {
        let mut sentence = std::mem::take(&mut self.sentence);
        if sentence.words + sentence.numbers == 0 || self.in_option {
            return;
        }
        sentence.question = question;
        self.sentences += 1;
        self.longest_sentence = self.longest_sentence.max(sentence.words);
        self.number_sentences += u32::from(sentence.numbers > 0);
        if question && self.asked.question {
            self.asked.join(&sentence);
        } else if question || !self.asked.question {
            self.asked = sentence;
        }
        self.last = sentence;
    }
}

/// The text of a numbered line: `12. text`, `3) text`.
fn numbered(line: &[u8]) -> Option<&[u8]> {
    let digits = line.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let rest = line.get(digits..).filter(|_| (1..=2).contains(&digits))?;
    match rest {
        [b'.' | b')', b' ', text @ ..] => Some(text),
        _ => None,
    }
}
