//! A reading of a text, and where each of its bytes comes from.

use std::borrow::Cow;
use std::ops::Range;

/// How far two parts of one value may stand apart in a text and still be one finding, bytes.
const MAX_GAP: usize = 48;
/// The most memory that one view may take, bytes. One that would need more is cut.
const MAX_VIEW: usize = 16 << 20;

/// What a part of a view was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// A text of the request, by index.
    Leaf(usize),
    /// An earlier view, by index.
    View(usize),
}

/// A part of a view's text, and what it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    /// Where it begins in the view.
    pub(super) at: usize,
    /// What it was read from.
    pub(super) owner: Owner,
    /// Where it stands there.
    pub(super) source: Range<usize>,
    /// Whether it was taken over byte for byte, so that places inside it can be told apart.
    pub(super) verbatim: bool,
}

/// Which rules mean something in a view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// All of them: it reads as a text.
    Text,
    /// Only what its form proves: words have lost their neighbours, or have got others.
    Pieces,
    /// Only what stands across the border of two pieces: the rest was read elsewhere.
    Border,
}

/// A reading of a text, or of several.
#[derive(Debug)]
pub(super) struct View<'t> {
    pub(super) text: Cow<'t, str>,
    /// In order of `at`; they cover the text.
    pub(super) pieces: Vec<Piece>,
    pub(super) scope: Scope,
    /// How many readings it is away from the request.
    pub(super) depth: u8,
    /// Whether its end is missing, since it would have taken too much memory.
    pub(super) cut: bool,
}

/// Puts a view together from parts.
#[derive(Debug)]
pub(super) struct Builder {
    text: String,
    pieces: Vec<Piece>,
    owner: Owner,
    cut: bool,
}

impl Builder {
    pub(super) fn new(owner: Owner) -> Self {
        Self {
            text: String::new(),
            pieces: Vec::new(),
            owner,
            cut: false,
        }
    }

    /// Whether so much more text still fits.
    fn fits(&mut self, part: &str) -> bool {
        let size = self.text.len() + part.len() + (self.pieces.len() + 1) * size_of::<Piece>();
        self.cut |= size > MAX_VIEW;
        !self.cut
    }

    /// A part of the source as it is.
    pub(super) fn keep(&mut self, source: &str, range: Range<usize>) {
        let Some(part) = source.get(range.clone()).filter(|part| !part.is_empty()) else {
            return;
        };
        if !self.fits(part) {
            return;
        }
        let at = self.text.len();
        self.text.push_str(part);
        if let Some(last) = self.pieces.last_mut()
            && last.verbatim
            && last.owner == self.owner
            && last.source.end == range.start
        {
            last.source.end = range.end;
            return;
        }
        self.pieces.push(Piece {
            at,
            owner: self.owner,
            source: range,
            verbatim: true,
        });
    }

    /// A part of the source as it is, given by its text and where it begins there.
    pub(super) fn keep_text(&mut self, part: &str, start: usize) {
        if !self.fits(part) {
            return;
        }
        let at = self.text.len();
        self.text.push_str(part);
        self.pieces.push(Piece {
            at,
            owner: self.owner,
            source: start..start + part.len(),
            verbatim: true,
        });
    }

    /// Something else in the place of a part of the source.
    pub(super) fn put(&mut self, text: &str, source: Range<usize>) {
        if text.is_empty() || !self.fits(text) {
            return;
        }
        self.pieces.push(Piece {
            at: self.text.len(),
            owner: self.owner,
            source,
            verbatim: false,
        });
        self.text.push_str(text);
    }

    /// From here on, parts come from another source.
    pub(super) fn turn_to(&mut self, owner: Owner) {
        self.owner = owner;
    }

    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    pub(super) fn view(self, scope: Scope, depth: u8) -> View<'static> {
        View {
            text: Cow::Owned(self.text),
            pieces: self.pieces,
            scope,
            depth,
            cut: self.cut,
        }
    }
}

impl<'t> View<'t> {
    /// A text of the request that needs no other reading.
    pub(super) fn of_leaf(text: &'t str, leaf: usize) -> Self {
        Self {
            text: Cow::Borrowed(text),
            pieces: vec![Piece {
                at: 0,
                owner: Owner::Leaf(leaf),
                source: 0..text.len(),
                verbatim: true,
            }],
            scope: Scope::Text,
            depth: 0,
            cut: false,
        }
    }

    /// The memory that it takes, bytes.
    pub(super) fn size(&self) -> usize {
        let own = match &self.text {
            Cow::Borrowed(_) => 0,
            Cow::Owned(text) => text.len(),
        };
        size_of::<Self>() + own + self.pieces.len() * size_of::<Piece>()
    }

    /// Whether letters or digits, or what escapes begin with, stand in the place of something else.
    pub(super) fn hides_letters(&self) -> bool {
        let text = self.text.as_bytes();
        self.pieces
            .iter()
            .filter(|piece| !piece.verbatim)
            .any(|piece| {
                let next = |n: usize| text.get(piece.at + n).copied().unwrap_or(b' ');
                match next(0) {
                    b'\\' => matches!(next(1), b'u' | b'x') && next(2).is_ascii_hexdigit(),
                    byte => byte.is_ascii_alphanumeric() || matches!(byte, b'%' | b'&' | b'='),
                }
            })
    }

    /// How many pieces a range of the text touches.
    pub(super) fn pieces_in(&self, range: &Range<usize>) -> usize {
        let first = self.pieces.partition_point(|piece| piece.at <= range.start);
        let behind = self.pieces.partition_point(|piece| piece.at < range.end);
        (behind + 1).saturating_sub(first)
    }

    /// What a range of the text was read from, in one range for each source and place.
    fn sources(&self, range: &Range<usize>) -> Vec<(Owner, Range<usize>)> {
        let mut found: Vec<(Owner, Range<usize>)> = Vec::new();
        let first = self
            .pieces
            .partition_point(|piece| piece.at <= range.start)
            .saturating_sub(1);
        for (index, piece) in self.pieces.iter().enumerate().skip(first) {
            if piece.at >= range.end {
                break;
            }
            let next = self.pieces.get(index + 1).map(|next| next.at);
            let end = next.unwrap_or(self.text.len());
            if end <= range.start {
                continue;
            }
            let source = match piece.verbatim {
                true => {
                    let from = range.start.max(piece.at) - piece.at;
                    let to = range.end.min(end) - piece.at;
                    piece.source.start + from..piece.source.start + to
                }
                false => piece.source.clone(),
            };
            match found.last_mut() {
                Some((owner, last))
                    if *owner == piece.owner
                        && source.start >= last.start
                        && source.start <= last.end + MAX_GAP =>
                {
                    last.end = last.end.max(source.end);
                }
                _ => found.push((piece.owner, source)),
            }
        }
        found
    }
}

/// The places in the request's texts that a range of a view was read from.
pub(super) fn resolve(
    views: &[View<'_>],
    view: usize,
    range: &Range<usize>,
) -> Vec<(usize, Range<usize>)> {
    let mut places = Vec::new();
    let mut open = vec![(view, range.clone())];
    while let Some((index, range)) = open.pop() {
        let Some(view) = views.get(index) else {
            continue;
        };
        for (owner, source) in view.sources(&range) {
            match owner {
                Owner::Leaf(leaf) => places.push((leaf, source)),
                // A view is only ever read from earlier ones, so this comes to an end.
                Owner::View(parent) if parent < index => open.push((parent, source)),
                Owner::View(_) => {}
            }
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_of_a_view_of_a_view_is_found_in_the_text() {
        let text = "ab%63d-e";
        let mut unescaped = Builder::new(Owner::View(0));
        unescaped.keep(text, 0..2);
        unescaped.put("c", 2..5);
        unescaped.keep(text, 5..8);
        let unescaped = unescaped.view(Scope::Text, 1);
        assert_eq!(unescaped.text, "abcd-e");
        let mut joined = Builder::new(Owner::View(1));
        joined.keep(&unescaped.text, 0..4);
        joined.keep(&unescaped.text, 5..6);
        let joined = joined.view(Scope::Border, 2);
        assert_eq!(joined.text, "abcde");
        assert_eq!(joined.pieces_in(&(3..5)), 2);
        assert_eq!(joined.pieces_in(&(0..4)), 1);
        let views = [View::of_leaf(text, 7), unescaped, joined];
        assert_eq!(resolve(&views, 2, &(1..3)), [(7, 1..5)]);
        assert_eq!(resolve(&views, 2, &(3..5)), [(7, 5..8)]);
        assert_eq!(resolve(&views, 1, &(2..3)), [(7, 2..5)]);
    }

    #[test]
    fn a_view_takes_no_more_than_it_may() {
        let mut many = Builder::new(Owner::Leaf(0));
        for at in 0..MAX_VIEW / size_of::<Piece>() + 9 {
            many.keep("a b", 0..1);
            many.put("-", at..at);
        }
        let view = many.view(Scope::Text, 1);
        assert!(view.cut && view.size() <= MAX_VIEW + size_of::<View<'_>>());
    }

    #[test]
    fn parts_far_apart_are_places_of_their_own() {
        let text = format!("abc{}def", " ".repeat(200));
        let mut joined = Builder::new(Owner::View(0));
        joined.keep(&text, 0..3);
        joined.keep(&text, 203..206);
        let views = [View::of_leaf(&text, 0), joined.view(Scope::Pieces, 1)];
        let mut places = resolve(&views, 1, &(0..6));
        places.sort_by_key(|(_, range)| range.start);
        assert_eq!(places, [(0, 0..3), (0, 203..206)]);
    }
}
