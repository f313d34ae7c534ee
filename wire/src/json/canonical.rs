//! JSON in one form, however it was laid out: what is hashed of a value.

use memchr::memchr2;
use sha2::{Digest, Sha256};

/// How deep arrays and objects may lie in one another; the readers of requests have this limit.
const MAX_DEPTH: usize = 128;

/// Feeds a value to a hash. Texts that differ in white space or in the order of keys are one value;
/// whatever else differs, be it only in how a number or a character is written, is another. None for
/// what is no JSON, or nested too deeply.
pub(crate) fn feed(text: &str, hash: &mut Sha256) -> Option<()> {
    feed_without(text, &[], hash)
}

/// Feeds an object without some of its members to a hash, as [`feed`] does.
pub(crate) fn feed_without(text: &str, ignored: &[&str], hash: &mut Sha256) -> Option<()> {
    let mut reader = Reader { text, at: 0 };
    let mut value = reader.value(0)?;
    reader.end()?;
    if let Node::Object(members) = &mut value {
        members.retain(|(key, _)| !ignored.contains(key));
    }
    value.feed(hash);
    Some(())
}

/// A JSON value whose strings and numbers are as written, quotes included.
enum Node<'a> {
    Scalar(&'a str),
    Array(Vec<Node<'a>>),
    /// Keys without their quotes, in ascending order; equal keys in the order written, since
    /// which of them counts is the reader's affair.
    Object(Vec<(&'a str, Node<'a>)>),
}

impl Node<'_> {
    /// Writes JSON without white space: no two values that differ are written alike.
    fn feed(&self, hash: &mut Sha256) {
        match self {
            Self::Scalar(text) => hash.update(text),
            Self::Array(items) => {
                hash.update("[");
                for item in items {
                    item.feed(hash);
                    hash.update(",");
                }
                hash.update("]");
            }
            Self::Object(members) => {
                hash.update("{");
                for (key, value) in members {
                    hash.update("\"");
                    hash.update(key);
                    hash.update("\":");
                    value.feed(hash);
                    hash.update(",");
                }
                hash.update("}");
            }
        }
    }
}

/// Reads the structure of JSON and leaves scalars as they are: unlike a parser into numbers, it
/// cannot make two long numbers equal.
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn value(&mut self, depth: usize) -> Option<Node<'a>> {
        if depth > MAX_DEPTH {
            return None;
        }
        match self.peek()? {
            b'{' => {
                let mut members = self.list(b'}', |reader| {
                    let key = reader.string()?;
                    reader.expect(b':')?;
                    Some((key, reader.value(depth + 1)?))
                })?;
                members.sort_by_key(|(key, _)| *key);
                Some(Node::Object(members))
            }
            b'[' => Some(Node::Array(
                self.list(b']', |reader| reader.value(depth + 1))?,
            )),
            b'"' => {
                let start = self.at;
                self.string()?;
                Some(Node::Scalar(self.since(start)))
            }
            _ => self.bare(),
        }
    }

    /// The members between the bracket at the cursor and `close`.
    fn list<T>(
        &mut self,
        close: u8,
        mut item: impl FnMut(&mut Self) -> Option<T>,
    ) -> Option<Vec<T>> {
        self.at += 1;
        let mut items = Vec::new();
        if self.peek() == Some(close) {
            self.at += 1;
            return Some(items);
        }
        loop {
            items.push(item(self)?);
            match self.peek()? {
                b',' => self.at += 1,
                byte if byte == close => {
                    self.at += 1;
                    return Some(items);
                }
                _ => return None,
            }
        }
    }

    /// A string, without its quotes and as written.
    fn string(&mut self) -> Option<&'a str> {
        self.expect(b'"')?;
        let start = self.at;
        loop {
            let rest = self.text.as_bytes().get(self.at..)?;
            self.at += memchr2(b'"', b'\\', rest)?;
            match self.text.as_bytes().get(self.at)? {
                b'"' => break,
                _ => self.at += 2,
            }
        }
        let inner = self.since(start);
        self.at += 1;
        Some(inner)
    }

    /// A number or one of the three words.
    fn bare(&mut self) -> Option<Node<'a>> {
        let start = self.at;
        let rest = self.text.as_bytes().get(start..).unwrap_or_default();
        let part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        self.at += rest.iter().take_while(|byte| part(byte)).count();
        (self.at > start).then(|| Node::Scalar(self.since(start)))
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    /// The next byte that is not white space, with the cursor on it.
    fn peek(&mut self) -> Option<u8> {
        let rest = self.text.as_bytes().get(self.at..)?;
        self.at += rest
            .iter()
            .take_while(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r'))
            .count();
        self.text.as_bytes().get(self.at).copied()
    }

    /// What lies between `start` and the cursor, both of which stand at ASCII bytes.
    fn since(&self, start: usize) -> &'a str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    fn end(&mut self) -> Option<()> {
        self.peek().is_none().then_some(())
    }
}

#[cfg(test)]
mod tests;
