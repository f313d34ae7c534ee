//! Placeholders in place of values, and the values back in place of placeholders.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::placeholder::{self, canonical};

/// A body whose sensitive values are masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masked {
    /// The body, JSON as before.
    pub body: Vec<u8>,
    /// What stands for what.
    pub table: Table,
}

/// Placeholders and what they stand for. Lives as long as the request, and is written nowhere.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// By the placeholder in its canonical form: the placeholder, and the value.
    entries: Arc<BTreeMap<String, (String, String)>>,
}

/// Says how many there are, and nothing of them.
impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Table({} placeholders)", self.entries.len())
    }
}

impl Table {
    /// The table of these placeholders, each with its value.
    pub(super) fn of(entries: impl IntoIterator<Item = (String, String)>) -> Self {
        let keyed = entries
            .into_iter()
            .map(|(placeholder, value)| (canonical(&placeholder), (placeholder, value)));
        Self {
            entries: Arc::new(keyed.collect()),
        }
    }

    /// Whether nothing was masked.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Every placeholder with its value.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries
            .values()
            .map(|(placeholder, value)| (placeholder.as_str(), value.as_str()))
    }

    /// Whether this is one of its placeholders, as it was issued.
    pub(super) fn has(&self, placeholder: &str) -> bool {
        let own = self.entries.get(&canonical(placeholder));
        own.is_some_and(|(issued, _)| issued == placeholder)
    }

    /// Puts the values back into one text of an answer, as it comes piece by piece. `in_json`:
    /// the text is JSON (a call's arguments), so values are escaped for a JSON string.
    pub fn restorer(&self, in_json: bool) -> Restorer {
        Restorer {
            table: self.clone(),
            in_json,
            held: String::new(),
        }
    }
}

/// Puts values back into one text of an answer.
#[derive(Debug)]
pub struct Restorer {
    table: Table,
    in_json: bool,
    held: String,
}

impl Restorer {
    /// Takes the next piece, and gives what is certain of the text so far: what may become a
    /// placeholder is held back.
    pub fn push(&mut self, piece: &str) -> String {
        self.held.push_str(piece);
        let mut out = String::with_capacity(self.held.len());
        let mut from = 0;
        while let Some(open) = self.held.get(from..).and_then(|rest| rest.find("[[")) {
            let open = from + open;
            out.push_str(self.held.get(from..open).unwrap_or_default());
            let rest = self.held.get(open..).unwrap_or_default();
            let Some(size) = placeholder::end(rest.as_bytes(), 0) else {
                if rest.len() < placeholder::LONGEST {
                    self.held.drain(..open);
                    return out;
                }
                out.push('[');
                from = open + 1;
                continue;
            };
            let written = rest.get(..size).unwrap_or_default();
            let value = self.table.entries.get(&canonical(written));
            match value {
                Some((_, value)) => {
                    out.push_str(&self.escaped(value));
                    from = open + size;
                }
                // Another one may begin inside what is none.
                None => {
                    out.push('[');
                    from = open + 1;
                }
            }
        }
        let end = self.held.len() - usize::from(self.held.ends_with('['));
        out.push_str(self.held.get(from..end).unwrap_or_default());
        self.held.drain(..end.max(from));
        out
    }

    /// What is still held back, at the text's end.
    pub fn finish(&mut self) -> String {
        std::mem::take(&mut self.held)
    }

    fn escaped(&self, value: &str) -> String {
        if !self.in_json {
            return value.to_owned();
        }
        let quoted = serde_json::Value::from(value).to_string();
        let inner = quoted
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'));
        inner.unwrap_or(value).to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn table() -> (Table, String) {
        let placeholder = placeholder::of("password", "se\"cret\n", 1);
        let table = Table::of([(placeholder.clone(), "se\"cret\n".to_owned())]);
        (table, placeholder)
    }

    fn restored(table: &Table, in_json: bool, pieces: &[&str]) -> String {
        let mut restorer = table.restorer(in_json);
        let mut out: String = pieces.iter().map(|piece| restorer.push(piece)).collect();
        out.push_str(&restorer.finish());
        out
    }

    #[test]
    fn values_come_back_as_models_write_their_placeholders() {
        let (table, placeholder) = table();
        for written in [
            placeholder.clone(),
            placeholder.to_lowercase(),
            placeholder.replace('_', "\\_"),
            placeholder.replace("[[", "[[ "),
        ] {
            let text = format!("a {written}, [[b]] [c] [[");
            assert_eq!(
                restored(&table, false, &[&text]),
                "a se\"cret\n, [[b]] [c] [["
            );
        }
        assert_eq!(restored(&table, true, &[&placeholder]), r#"se\"cret\n"#);
    }

    #[test]
    fn an_unknown_placeholder_stays() {
        let (table, _) = table();
        let other = placeholder::of("password", "another", 1);
        assert_eq!(restored(&table, false, &[&other]), other);
    }

    #[test]
    fn one_that_is_never_closed_is_not_held_back() {
        let (table, placeholder) = table();
        let mut restorer = table.restorer(false);
        let text = "[[".repeat(10_000) + &placeholder;
        assert!(restorer.push(&text).ends_with("se\"cret\n"));
        assert!(restorer.held.is_empty());
    }

    proptest! {
        #[test]
        fn any_chunking_gives_the_same_text(before in "[a\\[\\] ]{0,12}", behind in "[b\\[\\] ]{0,12}", cuts in prop::collection::vec(0usize..60, 0..6)) {
            let (table, placeholder) = table();
            let text = format!("{before}{placeholder}{behind}{placeholder}");
            let mut cuts: Vec<usize> = cuts.into_iter().map(|at| at.min(text.len())).collect();
            cuts.sort_unstable();
            let (mut pieces, mut from) = (Vec::new(), 0);
            for cut in cuts {
                pieces.push(&text[from..cut]);
                from = cut;
            }
            pieces.push(&text[from..]);
            let whole = restored(&table, false, &[&text]);
            prop_assert_eq!(restored(&table, false, &pieces), whole.clone());
            prop_assert_eq!(whole.matches("se\"cret").count(), 2);
        }

        #[test]
        fn a_text_without_placeholders_comes_out_as_it_went_in(pieces in prop::collection::vec("[\\[\\]a_ \\\\]{0,9}", 0..9)) {
            let (table, _) = table();
            let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
            prop_assert_eq!(restored(&table, false, &pieces), pieces.concat());
        }
    }
}
