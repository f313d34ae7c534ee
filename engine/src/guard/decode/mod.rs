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

/// The readable parts of something binary in base64; none where it is no base64.
pub(super) fn strings(encoded: &str) -> Option<String> {
    let body = encoded.trim_end_matches('=').as_bytes();
    let usable = body.len() - usize::from(body.len() % 4 == 1);
    let bytes = run::standard(body.get(..usable)?)?;
    Some(plain::strings(&bytes).unwrap_or_default())
}

#[cfg(test)]
mod tests;
