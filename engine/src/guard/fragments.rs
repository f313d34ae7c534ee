//! Values cut into pieces that stand far apart: in other statements, other messages, other results.

use std::ops::Range;

use super::finding::{Family, Kind};
use super::hits::{Basis, Hits};
use super::literals::Mark;
use super::shape::{Alphabet, Mix, table};
use super::view::{Builder, Owner, Scope, View};
use super::{decode, literals, token};

/// What a piece is made of besides letters.
const OTHERS: Alphabet = Alphabet::DIGIT.with(b"-_./+=~:$@");
/// The least and the greatest of a piece, bytes.
const MIN_PIECE: usize = 4;
const MAX_PIECE: usize = 512;
/// The most pieces of one request that are looked at, and the most that are tried as a beginning.
const MAX_PIECES: usize = 4_096;
const MAX_TRIED: usize = 24;
/// How many of the pieces around one may belong to it.
const REACH: usize = 16;
/// The most pieces of one value, where they follow one another, and where something stands between.
const MOST: usize = 6;
const MOST_FAR: usize = 3;
/// From this length on a piece may be one of an encoded text, bytes.
const MIN_ENCODED: usize = 12;

/// A piece, and where it stands.
#[derive(Debug, Clone)]
struct Piece<'t> {
    text: &'t str,
    view: usize,
    range: Range<usize>,
    /// With the point behind it, which is the sentence's or its own.
    pointed: Option<&'t str>,
}

/// Values put together from pieces: a view of each, and what it is.
#[derive(Debug, Default)]
pub(super) struct Assembled {
    pub(super) values: Vec<(View<'static>, Range<usize>, Kind)>,
    /// Pieces that together may be an encoded text.
    pub(super) encoded: Vec<View<'static>>,
}

/// Tries the pieces of the views' texts together, those aside that were `found` as they stand.
pub(super) fn assemble<'t>(
    views: &'t [View<'t>],
    found: impl Fn(usize, &Range<usize>) -> bool,
) -> Assembled {
    let mut pieces = pieces(views);
    pieces.retain(|piece| !found(piece.view, &piece.range));
    let mut assembled = Assembled::default();
    let marked = pieces.iter().enumerate();
    let marked = marked.filter_map(|(at, piece)| {
        let marks = literals::token_marks(piece.text)?;
        Some((at, marks))
    });
    for (at, marks) in marked.take(MAX_TRIED) {
        assembled.values.extend(complete(&pieces, at, &marks));
    }
    for neighbours in pieces.windows(2) {
        let encoded = |piece: &Piece<'_>| {
            piece.text.len() >= MIN_ENCODED
                && piece.text.bytes().all(|b| decode::RUN.has(b) || b == b'=')
        };
        if !neighbours.iter().all(encoded) {
            continue;
        }
        let joined: String = neighbours.iter().map(|piece| piece.text).collect();
        if decode::is_text(&joined) {
            let chosen: Vec<&Piece<'_>> = neighbours.iter().collect();
            assembled.encoded.push(view(&chosen));
        }
    }
    assembled
}

/// The pieces that make a value of the one at `at`: some right behind it, one or two further on, or
/// the one before it.
fn complete(
    pieces: &[Piece<'_>],
    at: usize,
    marks: &[Mark],
) -> Option<(View<'static>, Range<usize>, Kind)> {
    let first = pieces.get(at)?;
    let rest = pieces.get(at + 1..pieces.len().min(at + 1 + REACH))?;
    let most = |skipped| if skipped == 0 { MOST } else { MOST_FAR };
    let follows =
        (0..rest.len()).flat_map(|skipped| (1..most(skipped)).map(move |count| (skipped, count)));
    let follows = follows.filter_map(|(skipped, count)| {
        let chosen = rest.get(skipped..skipped + count)?;
        Some(std::iter::once(first).chain(chosen).collect::<Vec<_>>())
    });
    let before = at.checked_sub(1).and_then(|before| pieces.get(before));
    let between = |before| {
        let next = rest.first().map(|next| vec![before, first, next]);
        std::iter::once(vec![before, first]).chain(next)
    };
    let pointed = first.pointed.map(|text| Piece {
        text,
        ..first.clone()
    });
    let pointed = pointed.as_ref().zip(rest.first());
    let all = follows.chain(before.into_iter().flat_map(between));
    let all = all.chain(pointed.map(|(first, next)| vec![first, next]));
    let least = marks.iter().map(|mark| mark.least).min()?;
    let size = |chosen: &[&Piece<'_>]| chosen.iter().map(|piece| piece.text.len()).sum::<usize>();
    let enough = all.filter(|chosen| size(chosen) >= least);
    enough.into_iter().find_map(|chosen| {
        let (range, kind) = value_across(&chosen, first, marks)?;
        Some((view(&chosen), range, kind))
    })
}

/// What the pieces are together by the marks of one of them, where that reaches from the first to
/// the last.
fn value_across(
    chosen: &[&Piece<'_>],
    marked: &Piece<'_>,
    marks: &[Mark],
) -> Option<(Range<usize>, Kind)> {
    let text: String = chosen.iter().map(|piece| piece.text).collect();
    let place = |piece: &Piece<'_>| (piece.view, piece.range.start);
    let before = chosen
        .iter()
        .take_while(|piece| place(piece) != place(marked));
    let offset: usize = before.map(|piece| piece.text.len()).sum();
    let first = chosen.first()?.text.len();
    let last = text.len() - chosen.last()?.text.len();
    let mut hits = Hits::default();
    for mark in marks.iter().filter(|mark| mark.least <= text.len()) {
        token::check(&text, mark.literal, mark.shifted(offset), &mut hits);
    }
    let hit = hits.0.into_iter().find(|hit| {
        hit.basis == Basis::Form
            && hit.kind.family == Family::Credential
            && hit.range.start < first
            && hit.range.end > last
    })?;
    Some((hit.range, hit.kind))
}

fn view(chosen: &[&Piece<'_>]) -> View<'static> {
    let mut out = Builder::new(Owner::View(0));
    for piece in chosen {
        out.turn_to(Owner::View(piece.view));
        out.keep_text(piece.text, piece.range.start);
    }
    out.view(Scope::Pieces, 1)
}

fn pieces<'t>(views: &'t [View<'t>]) -> Vec<Piece<'t>> {
    let mut pieces = Vec::new();
    for (index, view) in views.iter().enumerate() {
        let text = view.text.as_ref();
        let mut at = 0;
        let begins = |byte: &u8| SORTS[usize::from(*byte)] != 0;
        let next = |at: usize| text.as_bytes().get(at..)?.iter().position(begins);
        while let Some(skipped) = next(at).filter(|_| pieces.len() < MAX_PIECES) {
            at += skipped;
            let (size, word) = run(text.as_bytes(), at);
            let range = match word || size < MIN_PIECE {
                true => at..at,
                false => bare(text, at..at + size),
            };
            if let Some(piece) = text.get(range.clone())
                && (MIN_PIECE..=MAX_PIECE).contains(&piece.len())
                && is_odd(piece)
            {
                let point = text.get(range.start..range.end + 1);
                pieces.push(Piece {
                    text: piece,
                    view: index,
                    range,
                    pointed: point.filter(|piece| piece.ends_with('.')),
                });
            }
            at += size;
        }
    }
    pieces
}

/// What stands in a run: small letters, capitals, or anything else of a piece; 0 ends it.
const SMALL: u8 = 1;
const OTHER: u8 = 4;
const SORTS: [u8; 256] = table(&[Alphabet::LOWER, Alphabet::UPPER, OTHERS]);

/// How long the run is that stands at a place, and whether it is plainly a word: small letters, or
/// one capital before them.
fn run(bytes: &[u8], at: usize) -> (usize, bool) {
    let sort = |byte: &u8| SORTS[usize::from(*byte)];
    let Some((first, rest)) = bytes.get(at..).and_then(<[u8]>::split_first) else {
        return (0, true);
    };
    let mut all = SMALL;
    let end = rest.iter().position(|byte| {
        all |= sort(byte);
        sort(byte) == 0
    });
    (
        1 + end.unwrap_or(rest.len()),
        all == SMALL && sort(first) != OTHER,
    )
}

/// A run without the punctuation of the sentence it stands in, and without the name before it.
fn bare(text: &str, mut run: Range<usize>) -> Range<usize> {
    let bytes = text.as_bytes();
    let opens = |b: &u8| matches!(b, b'.' | b':' | b'=' | b'/' | b'+' | b'~' | b'@');
    while run.start < run.end
        && bytes
            .get(run.end - 1)
            .is_some_and(|b| matches!(b, b'.' | b':'))
    {
        run.end -= 1;
    }
    while run.start < run.end && bytes.get(run.start).is_some_and(opens) {
        run.start += 1;
    }
    let name = Alphabet::WORD.run(text, run.start, run.len());
    let assigned = bytes.get(run.start + name) == Some(&b'=');
    let value = run.start + name + 1;
    if assigned && value < run.end && bytes.get(value) != Some(&b'=') {
        run.start = value;
    }
    run
}

/// Whether this is no word of a language: digits among letters, or case that changes inside.
fn is_odd(piece: &str) -> bool {
    let mix = Mix::of(piece);
    let capital = mix.upper == 1 && piece.starts_with(|c: char| c.is_ascii_uppercase());
    let shouted = mix.upper > 0 && mix.lower == 0;
    mix.digit > 0
        || (mix.upper > 0 && mix.lower > 0 && !capital)
        || (shouted && piece.len() >= 6)
        || (mix.other > 0 && !piece.contains(['/', '.']) && literals::token_marks(piece).is_some())
}
