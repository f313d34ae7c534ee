//! What a rule for one form of token says, and whether a text holds to it.

use std::ops::Range;

use super::super::finding::Kind;
use super::super::shape::{Alphabet, before};
use super::disguise::Reach;
use super::random::random;
use super::sample;

/// The longest run that is read, bytes. Open-ended tokens are cut here.
pub(super) const LONGEST: usize = 2048;

/// The bytes of a UUID with its hyphens.
const UUID: usize = 36;

/// How far from a token its neighbours are looked for, bytes.
const NEAR: usize = 200;

/// How far the blank-free run around a token is read for its neighbours, bytes.
const RUN: usize = 600;

/// A piece of a token.
#[derive(Debug, Clone, Copy)]
pub(in crate::guard) enum Part {
    /// Bytes of an alphabet: as many as there are, but within these bounds.
    Run {
        of: Alphabet,
        least: usize,
        most: usize,
    },
    /// Exactly this.
    Text(&'static str),
    /// A UUID with its hyphens, in any case.
    Uuid,
}

/// What may not stand before a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::guard) enum Edge {
    /// Nothing is forbidden: its beginning is unmistakable even inside a word.
    Any,
    /// A letter or a digit.
    Word,
    /// A letter, a digit, `-` or `_`: a beginning that compound names have too.
    Name,
    /// Anything of base64: a beginning that encoded data has by chance.
    Blob,
}

/// What else must be there.
#[derive(Debug, Clone, Copy)]
pub(in crate::guard) enum Needs {
    Nothing,
    /// One of these lower-case words in the same run without blanks: the same URL.
    InRun(&'static [&'static str]),
    /// One of these lower-case words near by.
    Near(&'static [&'static str]),
}

/// One form of token: `before`, `literal`, `after`, one directly after the other.
#[derive(Debug, Clone, Copy)]
pub(in crate::guard) struct Rule {
    pub(in crate::guard) kind: Kind,
    pub(super) before: &'static [Part],
    /// By this it is found. Its case counts.
    pub(super) literal: &'static str,
    pub(super) after: &'static [Part],
    pub(super) edge: Edge,
    pub(super) needs: Needs,
    /// The literal is a label, and the value is what follows it.
    pub(super) labelled: bool,
}

/// A token in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Match {
    /// The secret part, bytes.
    pub(super) value: Range<usize>,
    /// Whether neighbouring words were needed to know it.
    pub(super) by_neighbours: bool,
}

impl Rule {
    /// Finds a token whose literal stands at `at`.
    pub(super) fn find(&self, text: &str, at: &Range<usize>) -> Option<Match> {
        let follows = self
            .after
            .first()
            .is_none_or(|part| part.may_stand(text, at.end));
        if !follows || text.get(at.clone())? != self.literal {
            return None;
        }
        let ahead = read(self.after, text, at.end)?;
        let (start, behind) = self.start(text, at.start)?;
        let judged = ahead.longer(behind);
        let body = text.get(judged.range.clone())?;
        let value = if self.labelled { at.end } else { start }..ahead.end;
        if !random(body, judged.of)
            || sample::published(text.get(value.clone())?)
            || !self.needs.met(text, &value)
        {
            return None;
        }
        Some(Match {
            value,
            by_neighbours: matches!(self.needs, Needs::Near(_)),
        })
    }

    /// Where a token begins whose literal stands at `place`, and the longest run before that.
    pub(super) fn start(&self, text: &str, place: usize) -> Option<(usize, Read)> {
        let (start, behind) = read_back(self.before, text, place)?;
        self.edge.holds(text, start).then_some((start, behind))
    }

    /// How far around its literal a token of this rule extends, and what its edge is judged by.
    pub(super) fn reach(&self) -> Reach {
        const EDGE: usize = 6;
        let most = |parts: &[Part]| parts.iter().map(Part::most).sum::<usize>();
        Reach {
            before: most(self.before) + EDGE,
            after: most(self.after),
        }
    }

    /// The least that a token of this rule has with its literal, bytes.
    pub(super) fn least(&self) -> usize {
        let parts = self.before.iter().chain(self.after);
        self.literal.len() + parts.map(Part::least).sum::<usize>()
    }

    /// Whether the form alone tells it, so that it can be looked for in disguise.
    pub(super) fn stands_alone(&self) -> bool {
        matches!(self.needs, Needs::Nothing) && !self.labelled
    }
}

/// What was read of a token: where the reading ended, and its longest run.
#[derive(Debug, Clone)]
pub(super) struct Read {
    pub(super) end: usize,
    pub(super) range: Range<usize>,
    pub(super) of: Alphabet,
}

impl Read {
    fn none(at: usize) -> Self {
        Self::of(at..at, Alphabet::ALNUM)
    }

    fn of(range: Range<usize>, of: Alphabet) -> Self {
        Self {
            end: range.end,
            range,
            of,
        }
    }

    /// The longer run of both.
    fn longer(&self, other: Self) -> Self {
        let (range, of) = if other.range.len() > self.range.len() {
            (other.range, other.of)
        } else {
            (self.range.clone(), self.of)
        };
        Self {
            end: self.end,
            range,
            of,
        }
    }
}

fn read(parts: &[Part], text: &str, from: usize) -> Option<Read> {
    let mut whole = Read::none(from);
    for part in parts {
        let run = part.read(text, whole.end)?;
        let end = run.end;
        whole = whole.longer(run);
        whole.end = end;
    }
    Some(whole)
}

/// Reads the parts that end at `to`: where they begin, and the longest of them.
fn read_back(parts: &[Part], text: &str, to: usize) -> Option<(usize, Read)> {
    let mut start = to;
    let mut longest = Read::none(to);
    for part in parts.iter().rev() {
        let Part::Run { of, least, most } = part else {
            return None;
        };
        let first = start.checked_sub(*least)?;
        if *least > 0 && !of.has(*text.as_bytes().get(first)?) {
            return None;
        }
        let taken = of.run_back(text, start, *most);
        if taken < *least {
            return None;
        }
        longest = longest.longer(Read::of(start - taken..start, *of));
        start -= taken;
    }
    Some((start, longest))
}

impl Part {
    fn read(&self, text: &str, from: usize) -> Option<Read> {
        if !self.may_stand(text, from) {
            return None;
        }
        let (taken, of) = self.begun(text, from);
        (taken >= self.least()).then(|| Read::of(from..from + taken, of))
    }

    /// Whether the part may stand at a place, by a look at one of its bytes.
    fn may_stand(&self, text: &str, from: usize) -> bool {
        let byte = |at: usize| text.as_bytes().get(from + at);
        match self {
            Self::Run { of, least, .. } => least
                .checked_sub(1)
                .is_none_or(|last| byte(last).is_some_and(|b| of.has(*b))),
            Self::Text(expected) => byte(0) == expected.as_bytes().first(),
            Self::Uuid => byte(8) == Some(&b'-'),
        }
    }

    /// How much of the part stands at a place, complete or not.
    fn begun(&self, text: &str, from: usize) -> (usize, Alphabet) {
        let rest = text.as_bytes().get(from..).unwrap_or_default();
        match self {
            Self::Run { of, most, .. } => (of.run(text, from, *most), *of),
            Self::Text(expected) => (shared(rest, expected), Alphabet::ALNUM),
            Self::Uuid => {
                let fits = |(place, byte): &(usize, &u8)| match place {
                    8 | 13 | 18 | 23 => **byte == b'-',
                    _ => Alphabet::HEX.has(**byte),
                };
                let taken = rest.iter().take(UUID).enumerate().take_while(fits).count();
                (taken, Alphabet::HEX)
            }
        }
    }

    /// The fewest bytes it takes.
    pub(super) fn least(&self) -> usize {
        match self {
            Self::Run { least, .. } => *least,
            Self::Text(expected) => expected.len(),
            Self::Uuid => UUID,
        }
    }

    /// The most bytes it takes.
    fn most(&self) -> usize {
        match self {
            Self::Run { most, .. } => *most,
            Self::Text(expected) => expected.len(),
            Self::Uuid => UUID,
        }
    }
}

/// How many leading bytes two strings share.
fn shared(rest: &[u8], expected: &str) -> usize {
    let same = rest.iter().zip(expected.bytes());
    same.take_while(|(here, there)| *here == there).count()
}

impl Edge {
    fn holds(self, text: &str, start: usize) -> bool {
        let Some(last) = before(text, start) else {
            return true;
        };
        let forbidden = match self {
            Self::Any => return true,
            Self::Word => Alphabet::ALNUM,
            Self::Name => Alphabet::BASE64_URL,
            Self::Blob => Alphabet::BASE64,
        };
        !forbidden.has(last) || escape_ends(text, start)
    }
}

/// Whether an escape ends here, so that its last letter is no part of a word: `\n`, `%3D`.
pub(super) fn escape_ends(text: &str, at: usize) -> bool {
    let head = text.as_bytes().get(..at).unwrap_or_default();
    match head {
        [.., b'\\', b'n' | b'r' | b't' | b'f' | b'b'] => true,
        [.., b'%', one, two] => Alphabet::HEX.has(*one) && Alphabet::HEX.has(*two),
        [.., b'\\', b'u', _, _, _, last] => Alphabet::HEX.has(*last),
        _ => false,
    }
}

impl Needs {
    fn met(self, text: &str, value: &Range<usize>) -> bool {
        let bytes = text.as_bytes();
        let (words, from, to) = match self {
            Self::Nothing => return true,
            Self::InRun(words) => {
                let solid = |byte: &&u8| byte.is_ascii_graphic();
                let head = bytes.get(..value.start).unwrap_or_default();
                let tail = bytes.get(value.end..).unwrap_or_default();
                let back = head.iter().rev().take(RUN).take_while(solid).count();
                let on = tail.iter().take(RUN).take_while(solid).count();
                (words, value.start - back, value.end + on)
            }
            Self::Near(words) => {
                let from = value.start.saturating_sub(NEAR);
                (words, from, (value.end + NEAR).min(bytes.len()))
            }
        };
        let around = bytes.get(from..to).unwrap_or_default();
        words.iter().any(|word| {
            let size = word.len();
            around
                .windows(size)
                .any(|w| w.eq_ignore_ascii_case(word.as_bytes()))
        })
    }
}
