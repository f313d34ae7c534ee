//! A view of the neighbourhood of what reads differently from how it is written.

use std::ops::Range;

use super::reader::{window_after, window_before};
use super::view::{Builder, Owner, View};

/// How much of the text around a place is read with it, bytes: what a rule may need of its
/// neighbours. Text far from any such place has been read already.
pub(super) const MARGIN: usize = 384;

/// Puts the view together, from the text's beginning to its end.
pub(super) struct Rewriter<'t> {
    text: &'t str,
    out: Builder,
    /// Up to where the text has been taken over, once anything has been.
    kept: Option<usize>,
}

impl<'t> Rewriter<'t> {
    /// Reads the text of the view with this index.
    pub(super) fn new(text: &'t str, index: usize) -> Self {
        Self {
            text,
            out: Builder::new(Owner::View(index)),
            kept: None,
        }
    }

    /// Puts something else in the place of a part of the text.
    pub(super) fn replace(&mut self, part: Range<usize>, plain: &str) {
        let from = match self.kept {
            Some(kept) if part.start <= kept + MARGIN => kept,
            kept => {
                let near = self.margin_begin(part.start);
                match kept {
                    Some(kept) if near <= kept + MARGIN => kept,
                    Some(kept) => {
                        self.keep_margin(kept);
                        self.out.put("\n", part.start..part.start);
                        near
                    }
                    None => near,
                }
            }
        };
        self.out.keep(self.text, from..part.start);
        self.kept = Some(part.end);
        self.out.put(plain, part);
    }

    fn keep_margin(&mut self, kept: usize) {
        let end = self.margin_end(kept);
        self.out.keep(self.text, kept..end);
    }

    /// Where the text around a place begins: at a blank, for half a number is another number.
    fn margin_begin(&self, place: usize) -> usize {
        let from = place.saturating_sub(MARGIN);
        let window = window_before(self.text, place, MARGIN);
        let blank = window.find(char::is_whitespace).filter(|_| from > 0);
        place - window.len() + blank.unwrap_or(0)
    }

    /// Where it ends, likewise.
    fn margin_end(&self, place: usize) -> usize {
        let window = window_after(self.text, place, MARGIN);
        let whole = place + window.len() == self.text.len();
        let blank = window.rfind(char::is_whitespace).filter(|_| !whole);
        place + blank.unwrap_or(window.len())
    }

    /// The view, where anything was replaced. `of` is the view that was read.
    pub(super) fn view(mut self, of: &View<'_>) -> Option<View<'static>> {
        self.keep_margin(self.kept?);
        Some(self.out.view(of.scope, of.depth + 1))
    }
}
