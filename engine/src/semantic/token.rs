//! A text cut into words, numbers, identifiers and signs.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Word,
    /// Digits, with a point or a colon between them.
    Number,
    /// A name of code: `in_backticks`, with_underscores, camelCase, a/path, a.file, --flag, call().
    Code,
}

/// A token in small letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) text: String,
    pub(super) kind: Kind,
    /// It begins with a capital letter.
    pub(super) capital: bool,
    /// It is of two capital letters or more, like "IT" and "WHO".
    pub(super) acronym: bool,
}

/// The tokens of so many characters at the beginning.
pub(super) fn tokens(text: &str, most: usize) -> Vec<Token> {
    let characters: Vec<char> = text.chars().take(most).map(plain).collect();
    let mut scanner = Scanner {
        characters: &characters,
        at: 0,
        found: Vec::new(),
    };
    while scanner.step() {}
    scanner.found
}

/// Typographic quotes and dashes as those of ASCII.
const fn plain(character: char) -> char {
    match character {
        '\u{2018}' | '\u{2019}' | '\u{2bc}' => '\'',
        '\u{201c}' | '\u{201d}' => '"',
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        _ => character,
    }
}

struct Scanner<'a> {
    characters: &'a [char],
    at: usize,
    found: Vec<Token>,
}

impl Scanner<'_> {
    fn peek(&self, ahead: usize) -> char {
        let character = self.characters.get(self.at + ahead);
        character.copied().unwrap_or(' ')
    }

    fn before(&self) -> char {
        let place = self.at.checked_sub(1);
        let character = place.and_then(|place| self.characters.get(place));
        character.copied().unwrap_or(' ')
    }

    /// Reads one token or skips one character; false at the end.
    fn step(&mut self) -> bool {
        if self.at >= self.characters.len() {
            return false;
        }
        let character = self.peek(0);
        if character == '`' {
            self.quoted();
        } else if character.is_alphanumeric() {
            self.run();
        } else if character == '-' && self.before().is_whitespace() && self.is_flag() {
            self.flag();
        } else {
            if let Some(word) = self.sign(character) {
                self.push(word.to_owned(), Kind::Word, false);
            }
            self.at += 1;
        }
        true
    }

    fn push(&mut self, text: String, kind: Kind, capital: bool) {
        self.found.push(Token {
            text,
            kind,
            capital,
            acronym: false,
        });
    }

    fn lowered(&self, from: usize, to: usize) -> String {
        let characters = self.characters.get(from..to).unwrap_or_default();
        characters
            .iter()
            .flat_map(|character| character.to_lowercase())
            .collect()
    }

    /// What stands between backticks, if it is closed.
    fn quoted(&mut self) {
        self.at += 1;
        let rest = self.characters.get(self.at..).unwrap_or_default();
        let Some(length) = rest.iter().position(|character| *character == '`') else {
            return;
        };
        let text = self.lowered(self.at, self.at + length);
        let text = text.trim().trim_end_matches("()");
        if !text.is_empty() {
            self.push(text.to_owned(), Kind::Code, false);
        }
        self.at += length + 1;
    }

    fn is_flag(&self) -> bool {
        let next = self.peek(1);
        next.is_alphabetic() || (next == '-' && self.peek(2).is_alphabetic())
    }

    fn flag(&mut self) {
        let start = self.at;
        while self.peek(0) == '-' || self.peek(0).is_alphanumeric() {
            self.at += 1;
        }
        let text = self.lowered(start, self.at);
        self.push(text, Kind::Code, false);
    }

    /// A run of letters and digits with what may stand between them.
    fn run(&mut self) {
        let start = self.at;
        let (mut code, mut digits) = (false, true);
        loop {
            let (here, next) = (self.peek(0), self.peek(1));
            let (last, inner) = (self.before(), next.is_alphanumeric());
            let first = self.at == start;
            if here.is_alphanumeric() {
                digits &= here.is_ascii_digit();
                code |= !first && last.is_lowercase() && here.is_uppercase();
            } else if here == '_' {
                code = true;
                digits = false;
            } else {
                let number = last.is_ascii_digit() && next.is_ascii_digit();
                let joins = match here {
                    '\'' => last.is_alphabetic() && next.is_alphabetic(),
                    '.' => inner,
                    ',' | ':' => number,
                    '/' => inner && code,
                    _ => false,
                };
                if !joins {
                    break;
                }
                code |= matches!(here, '.' | '/') && !number;
            }
            self.at += 1;
        }
        if self.peek(0) == '(' && self.peek(1) == ')' && !digits {
            code = true;
        }
        // C++ and C#.
        let plus = self.peek(0) == '+' && self.peek(1) == '+';
        let tail = if plus {
            2
        } else {
            usize::from(self.peek(0) == '#')
        };
        if !digits && tail > 0 && !self.peek(tail).is_alphanumeric() {
            self.at += tail;
        }
        let capital = self.characters.get(start).is_some_and(|c| c.is_uppercase());
        let text = self.lowered(start, self.at);
        if digits {
            self.push(text.replace(',', ""), Kind::Number, false);
        } else if code {
            self.push(text, Kind::Code, capital);
        } else {
            self.mixed(text, capital, start);
        }
    }

    /// A word; a number with its unit, such as `10km`, is two tokens.
    fn mixed(&mut self, text: String, capital: bool, start: usize) {
        let letters = text.find(|c: char| !c.is_ascii_digit() && c != '.');
        let (number, unit) = text
            .split_at_checked(letters.unwrap_or(0))
            .unwrap_or(("", &text));
        let measures = [
            "km", "kg", "cm", "mm", "gb", "mb", "tb", "kb", "ml", "mg", "am", "pm",
        ];
        if !number.is_empty() && measures.contains(&unit) {
            self.push(number.to_owned(), Kind::Number, false);
            self.push(unit.to_owned(), Kind::Word, false);
        } else {
            let times = text == "x" && self.after_number() && self.number_follows(0);
            let text = if times { "times" } else { &text };
            self.push(text.to_owned(), Kind::Word, capital);
            let run = self.characters.get(start..self.at).unwrap_or_default();
            let acronym = run.len() > 1 && run.iter().all(|letter| letter.is_uppercase());
            if let Some(token) = self.found.last_mut() {
                token.acronym = acronym;
            }
        }
    }

    /// The word for a sign that changes what is asked.
    fn sign(&self, sign: char) -> Option<&'static str> {
        Some(match sign {
            '%' => "percent",
            '$' => "dollar",
            '€' => "euro",
            '£' => "pound_sterling",
            '¥' => "yen",
            '₹' => "rupee",
            '°' => "degree",
            '&' => "and",
            '=' => "equals",
            '<' => "below",
            '>' => "above",
            '+' => "plus",
            '*' | '×' => "times",
            '÷' => "divided",
            '-' | '/' if self.after_number() && self.number_follows(1) => match sign {
                '-' => "minus",
                _ => "divided",
            },
            _ => return None,
        })
    }

    fn after_number(&self) -> bool {
        let last = self.found.last();
        last.is_some_and(|token| token.kind == Kind::Number)
    }

    /// Whether a number stands so many characters ahead, or behind one blank more.
    fn number_follows(&self, ahead: usize) -> bool {
        let next = self.peek(ahead);
        next.is_ascii_digit() || (next == ' ' && self.peek(ahead + 1).is_ascii_digit())
    }
}
