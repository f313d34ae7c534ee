//! Values cut into pieces that stand far apart: in other statements, other messages, other results.

use std::ops::Range;

use super::finding::Kind;
use super::shape::{Alphabet, Mix};
use super::token;
use super::view::{Builder, Owner, Scope, View};

/// What a piece is made of.
const PIECE: Alphabet = Alphabet::ALNUM.with(b"-_./+=~:");
/// The least of a piece, bytes.
const MIN_PIECE: usize = 4;
/// The longest piece, bytes: what is longer is no piece of a token.
const MAX_PIECE: usize = 512;
/// The most pieces of one request that are looked at.
const MAX_PIECES: usize = 4_096;
/// How many of the pieces behind a beginning may be its rest.
const REACH: usize = 16;
/// The most pieces of one value.
const MOST: usize = 5;

/// A piece, and where it stands.
#[derive(Debug, Clone)]
struct Piece<'t> {
    text: &'t str,
    view: usize,
    range: Range<usize>,
    /// Whether it begins as a known token does, and is too short to be one.
    begins: bool,
}

/// A view of the pieces of each value that was put together, and what it is.
pub(super) fn assemble<'t>(views: &'t [View<'t>]) -> Vec<(View<'static>, Kind)> {
    let pieces = pieces(views);
    let beginnings = pieces.iter().enumerate().filter(|(_, piece)| piece.begins);
    let found = beginnings.filter_map(|(at, first)| {
        let rest = pieces.get(at + 1..pieces.len().min(at + 1 + REACH))?;
        let (chosen, kind) = complete(first, rest)?;
        let mut out = Builder::new(Owner::View(first.view));
        for piece in chosen {
            out.turn_to(Owner::View(piece.view));
            let view = views.get(piece.view)?;
            out.keep(&view.text, piece.range.clone());
        }
        Some((out.view(Scope::Pieces, 1), kind))
    });
    found.collect()
}

/// The pieces that make a whole token of a beginning: those right behind it, or a single later one.
fn complete<'p, 't>(
    first: &'p Piece<'t>,
    rest: &'p [Piece<'t>],
) -> Option<(Vec<&'p Piece<'t>>, Kind)> {
    for skipped in 0..rest.len() {
        let mut chosen = vec![first];
        let mut text = first.text.to_owned();
        for piece in rest.iter().skip(skipped).take(MOST - 1) {
            chosen.push(piece);
            text.push_str(piece.text);
            if let Some(kind) = token::whole(&text) {
                return Some((chosen, kind));
            }
        }
    }
    None
}

fn pieces<'t>(views: &'t [View<'t>]) -> Vec<Piece<'t>> {
    let mut pieces = Vec::new();
    for (index, view) in views.iter().enumerate() {
        if view.scope != Scope::Text {
            continue;
        }
        let text = view.text.as_ref();
        let mut at = 0;
        while at < text.len() && pieces.len() < MAX_PIECES {
            let size = PIECE.run(text, at, usize::MAX);
            let range = trimmed(text, at..at + size);
            if let Some(piece) = text.get(range.clone())
                && (MIN_PIECE..=MAX_PIECE).contains(&piece.len())
                && (is_odd(piece) || token::cut_short(piece))
            {
                let begins = token::cut_short(piece);
                pieces.push(Piece {
                    text: piece,
                    view: index,
                    range,
                    begins,
                });
            }
            at += size.max(1);
        }
    }
    pieces
}

/// A run without the punctuation of the sentence it stands in.
fn trimmed(text: &str, mut run: Range<usize>) -> Range<usize> {
    let bytes = text.as_bytes();
    let ends = |b: &u8| matches!(b, b'.' | b':' | b'=' | b'/' | b'+' | b'~');
    while run.start < run.end
        && bytes
            .get(run.end - 1)
            .is_some_and(|b| matches!(b, b'.' | b':'))
    {
        run.end -= 1;
    }
    while run.start < run.end && bytes.get(run.start).is_some_and(ends) {
        run.start += 1;
    }
    run
}

/// Whether this is no word of a language: digits among letters, or case that changes inside.
fn is_odd(piece: &str) -> bool {
    let mix = Mix::of(piece);
    let capital = mix.upper == 1 && piece.starts_with(|c: char| c.is_ascii_uppercase());
    let shouted = mix.upper > 0 && mix.lower == 0;
    mix.digit > 0 || (mix.upper > 0 && mix.lower > 0 && !capital) || (shouted && piece.len() >= 6)
}
