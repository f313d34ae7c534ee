//! Lines and columns of places in a text.

/// A place in a text, moved forwards only, so that all places together cost one pass.
#[derive(Debug)]
pub struct Cursor<'t> {
    rest: &'t [u8],
    at: usize,
    /// The line, from 1.
    pub line: usize,
    /// The character of that line, from 1.
    pub column: usize,
}

impl<'t> Cursor<'t> {
    /// At the beginning of a text.
    pub fn new(text: &'t str) -> Self {
        Self {
            rest: text.as_bytes(),
            at: 0,
            line: 1,
            column: 1,
        }
    }

    /// Moves to a byte of the text; stays where that lies behind.
    pub fn advance(&mut self, to: usize) {
        let step = to.saturating_sub(self.at).min(self.rest.len());
        let (passed, rest) = self.rest.split_at(step);
        for byte in passed {
            match byte {
                b'\n' => (self.line, self.column) = (self.line + 1, 1),
                // Of a character's bytes the first counts.
                0x80..=0xbf => {}
                _ => self.column += 1,
            }
        }
        (self.rest, self.at) = (rest, self.at + step);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_lines_and_characters() {
        let text = "ab\né\tx\r\n\nend";
        let mut cursor = Cursor::new(text);
        let mut place = |needle: &str| {
            cursor.advance(text.find(needle).unwrap());
            (cursor.line, cursor.column)
        };
        assert_eq!(place("ab"), (1, 1));
        assert_eq!(place("b"), (1, 2));
        assert_eq!(place("é"), (2, 1));
        assert_eq!(place("x"), (2, 3));
        assert_eq!(place("end"), (4, 1));
        cursor.advance(usize::MAX);
        assert_eq!((cursor.line, cursor.column), (4, 4));
    }
}
