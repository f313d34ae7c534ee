//! The text inside encodings: base64, base32, hex, lists of character codes, gzip.

mod list;
mod plain;
mod run;

use super::view::{Builder, Owner, Scope, View};

/// What may still be spent on decoding one request, bytes of results.
#[derive(Debug)]
pub(super) struct Budget(pub(super) usize);

impl Budget {
    /// Takes so much, or says that it is spent.
    pub(super) fn take(&mut self, bytes: usize) -> bool {
        let rest = self.0.checked_sub(bytes);
        self.0 = rest.unwrap_or(0);
        rest.is_some()
    }
}

/// Adds a view for everything in a view that decodes to text. False when the budget does not
/// suffice.
pub(super) fn decode(
    view: &View<'_>,
    index: usize,
    budget: &mut Budget,
    out: &mut Vec<View<'static>>,
) -> bool {
    let mut enough = true;
    let mut add = |text: String, source: std::ops::Range<usize>| {
        if !budget.take(text.len()) {
            enough = false;
            return;
        }
        let mut inner = Builder::new(Owner::View(index));
        inner.put(&text, source);
        out.push(inner.view(Scope::Text, view.depth + 1));
    };
    run::decode(&view.text, &mut add);
    list::decode(&view.text, &mut add);
    enough
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
