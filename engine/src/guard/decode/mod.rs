//! The text inside encodings: base64, base32, hex, dumps, lists of character codes, gzip.

mod dump;
mod list;
mod plain;
mod run;

pub(super) use run::RUN;

use std::cell::Cell;

use super::view::{Builder, Owner, Scope, View};

/// What may still be spent on readings of one request, bytes of results. Shared by all that read.
#[derive(Debug)]
pub(super) struct Budget {
    rest: Cell<usize>,
    spent: Cell<bool>,
}

impl Budget {
    pub(super) fn of(bytes: usize) -> Self {
        Self {
            rest: Cell::new(bytes),
            spent: Cell::new(false),
        }
    }

    /// What there is left.
    pub(super) fn rest(&self) -> usize {
        self.rest.get()
    }

    /// Takes so much, or says that it does not suffice.
    pub(super) fn take(&self, bytes: usize) -> bool {
        let rest = self.rest.get().checked_sub(bytes);
        match rest {
            Some(rest) => self.rest.set(rest),
            None => self.spent.set(true),
        }
        rest.is_some()
    }

    /// Whether something could not be read, since the last time this was asked.
    pub(super) fn was_short(&self) -> bool {
        self.spent.replace(false)
    }
}

/// Adds a view for everything in a view that decodes to text, as far as the budget suffices.
pub(super) fn decode(view: &View<'_>, index: usize, budget: &Budget, out: &mut Vec<View<'static>>) {
    let mut add = |text: String, source: std::ops::Range<usize>| {
        let mut inner = Builder::new(Owner::View(index));
        inner.put(&text, source);
        let inner = inner.view(Scope::Text, view.depth + 1);
        if budget.take(inner.size()) {
            out.push(inner);
        }
    };
    run::decode(&view.text, budget, &mut add);
    list::decode(&view.text, &mut add);
    dump::decode(&view.text, budget, &mut add);
}

/// Whether a run is an encoded text.
pub(super) fn is_text(run: &str) -> bool {
    // Nothing is unpacked for a look.
    run::plain_of(run, &Budget::of(0)).is_some()
}

/// The bytes of base64, broken into lines or not; none where it is no base64.
pub(super) fn base64(encoded: &str) -> Option<Vec<u8>> {
    let body: Vec<u8> = encoded
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    let padding = body.iter().rev().take_while(|byte| **byte == b'=').count();
    let body = body.get(..body.len() - padding)?;
    let usable = body.len() - usize::from(body.len() % 4 == 1);
    run::standard(body.get(..usable)?)
}

/// The readable parts of something binary.
pub(super) fn strings(bytes: &[u8]) -> String {
    plain::all_strings(bytes)
}

#[cfg(test)]
mod tests;
