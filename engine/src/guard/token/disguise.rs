//! Text written backwards, or in ROT13. What a rule finds in the text as it was is at a place in
//! the text as it stands.

use std::ops::Range;

/// How a text is disguised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::guard) enum Disguise {
    Reversed,
    Rot13,
}

/// A part of a text, as it was before it was disguised.
#[derive(Debug)]
pub(in crate::guard) struct Undisguised {
    pub(in crate::guard) text: String,
    /// The place that was asked for.
    pub(in crate::guard) at: Range<usize>,
    disguise: Disguise,
    start: usize,
}

impl Disguise {
    /// A string so disguised; and a disguised one as it was.
    pub(in crate::guard) fn apply(self, text: &str) -> String {
        match self {
            Self::Reversed => text.chars().rev().collect(),
            Self::Rot13 => text.chars().map(rot13).collect(),
        }
    }

    /// The part of a text around a place, as it was: as far as `belongs` says, and at most `reach`
    /// bytes to either side, counted in the text as it was. All of it is ASCII.
    pub(in crate::guard) fn undo(
        self,
        text: &str,
        at: &Range<usize>,
        reach: Reach,
        belongs: fn(u8) -> bool,
    ) -> Option<Undisguised> {
        let (back, on) = match self {
            Self::Reversed => (reach.after, reach.before),
            Self::Rot13 => (reach.before, reach.after),
        };
        let fits = |byte: &&u8| byte.is_ascii() && belongs(**byte);
        let bytes = text.as_bytes();
        let head = bytes.get(..at.start)?.iter().rev().take(back);
        let tail = bytes.get(at.end..)?.iter().take(on);
        let start = at.start - head.take_while(fits).count();
        let end = at.end + tail.take_while(fits).count();
        let was = match self {
            Self::Reversed => end - at.end..end - at.start,
            Self::Rot13 => at.start - start..at.end - start,
        };
        Some(Undisguised {
            text: self.apply(text.get(start..end)?),
            at: was,
            disguise: self,
            start,
        })
    }
}

/// How far around a place something may extend, bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::guard) struct Reach {
    pub(in crate::guard) before: usize,
    pub(in crate::guard) after: usize,
}

impl Undisguised {
    /// Where a part of it stands in the disguised text.
    pub(in crate::guard) fn place(&self, part: &Range<usize>) -> Range<usize> {
        let (from, to) = match self.disguise {
            Disguise::Rot13 => (part.start, part.end),
            Disguise::Reversed => {
                let size = self.text.len();
                (
                    size.saturating_sub(part.end),
                    size.saturating_sub(part.start),
                )
            }
        };
        self.start + from..self.start + to
    }
}

fn rot13(letter: char) -> char {
    let turned = |first: u8| char::from(first + (letter as u8 - first + 13) % 26);
    match letter {
        'a'..='z' => turned(b'a'),
        'A'..='Z' => turned(b'A'),
        _ => letter,
    }
}
