//! Functions described by JSON schemas, in the text of a question or offered as tools.

use super::Tool;
use super::bits::Bits;
use super::words::{content_stem, words};

/// How deep objects are followed; what lies deeper counts as this deep.
const DEPTH: usize = 32;

/// What the schemas of a prompt come to.
#[derive(Default)]
pub(super) struct Schemas {
    pub(super) functions: u32,
    pub(super) parameters: u32,
    pub(super) required: u32,
    pub(super) depth: u32,
    pub(super) enums: u32,
    /// Lists and objects, those of all parameters of a function among them.
    pub(super) nested: u32,
    pub(super) numbers: u32,
    pub(super) others: u32,
    pub(super) defaults: u32,
    pub(super) words: u32,
    /// The shares of a function's name that the question has: of the best, of the second best.
    pub(super) best: [f64; 2],
    /// Stems of all descriptions and names.
    stems: Bits,
    /// Content words of the question that the schemas have.
    pub(super) shared: u32,
}

/// What a string of a schema says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    Name,
    Description,
    Properties,
    Required,
    Type,
    Other,
}

impl Schemas {
    /// Whether a line is a schema.
    pub(super) fn is(line: &[u8]) -> bool {
        let line = line.trim_ascii();
        line.starts_with(b"{")
            && line.ends_with(b"}")
            && memchr::memmem::find(line, b"\"name\"").is_some()
            && [&b"\"parameters\""[..], b"\"input_schema\""]
                .iter()
                .any(|key| memchr::memmem::find(line, key).is_some())
    }

    /// Notes a function that the model is offered.
    pub(super) fn tool(&mut self, tool: &Tool, question: &Bits) {
        self.name(tool.name.as_bytes(), question);
        self.describe(tool.description.as_bytes(), question);
        let functions = (self.functions, self.best);
        self.read(tool.parameters.as_bytes(), question);
        // A schema of parameters names no function, whatever keys it has.
        (self.functions, self.best) = functions;
    }

    /// Reads the JSON of a function. What is no JSON is read as far as it looks like it.
    pub(super) fn read(&mut self, json: &[u8], question: &Bits) {
        // For each open object, whether its keys are names of parameters.
        let mut open = [false; DEPTH];
        let mut depth = 0_usize;
        let mut nesting = 0;
        let mut key = Key::Other;
        let mut at = 0;
        while let Some(&byte) = json.get(at) {
            at += 1;
            match byte {
                b'{' => {
                    let names = key == Key::Properties;
                    nesting += u32::from(names);
                    self.depth = self.depth.max(nesting);
                    if let Some(place) = open.get_mut(depth) {
                        *place = names;
                    }
                    depth += 1;
                    key = Key::Other;
                }
                b'}' => {
                    depth = depth.saturating_sub(1);
                    if open.get_mut(depth).is_some_and(std::mem::take) {
                        nesting = nesting.saturating_sub(1);
                    }
                    key = Key::Other;
                }
                b']' => key = Key::Other,
                b'"' => {
                    let (text, end) = string(json, at);
                    at = end;
                    let after = json.get(at..).unwrap_or_default().trim_ascii_start();
                    if after.first() == Some(&b':') {
                        let parameter =
                            depth.checked_sub(1).and_then(|i| open.get(i)) == Some(&true);
                        key = self.key(text, parameter, question);
                    } else {
                        self.value(key, text, question);
                        if key != Key::Required {
                            key = Key::Other;
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn key(&mut self, text: &[u8], parameter: bool, question: &Bits) -> Key {
        if parameter {
            self.parameters += 1;
            self.stems(text, question);
            return Key::Other;
        }
        match text {
            b"name" => Key::Name,
            b"description" => Key::Description,
            b"properties" => Key::Properties,
            b"required" => Key::Required,
            b"type" => Key::Type,
            b"enum" => {
                self.enums += 1;
                Key::Other
            }
            b"default" => {
                self.defaults += 1;
                Key::Other
            }
            _ => Key::Other,
        }
    }

    fn value(&mut self, key: Key, text: &[u8], question: &Bits) {
        match key {
            Key::Name => self.name(text, question),
            Key::Description => self.describe(text, question),
            Key::Required => self.required += 1,
            Key::Type => match text {
                b"string" | b"null" | b"boolean" => {}
                b"integer" | b"number" | b"float" | b"double" | b"long" => self.numbers += 1,
                b"array" | b"list" | b"tuple" | b"object" | b"dict" => self.nested += 1,
                _ => self.others += 1,
            },
            Key::Properties | Key::Other => {}
        }
    }

    /// Notes a function by its name.
    fn name(&mut self, name: &[u8], question: &Bits) {
        self.functions += 1;
        let (mut all, mut shared) = (0, 0);
        for stem in words(name).filter_map(content_stem) {
            all += 1;
            shared += u32::from(question.has(stem));
        }
        self.stems(name, question);
        let share = f64::from(shared) / f64::from(all.max(1));
        let [best, second] = self.best;
        self.best = [best.max(share), second.max(share.min(best))];
    }

    /// Notes what a function does.
    fn describe(&mut self, text: &[u8], question: &Bits) {
        self.words += words(text).count() as u32;
        self.stems(text, question);
    }

    fn stems(&mut self, text: &[u8], question: &Bits) {
        for stem in words(text).filter_map(content_stem) {
            if self.stems.add(stem) && question.has(stem) {
                self.shared += 1;
            }
        }
    }
}

/// The text of the JSON string that begins at `start`, after its quotation mark, and the place
/// after its end.
fn string(json: &[u8], start: usize) -> (&[u8], usize) {
    let mut at = start;
    while let Some(&byte) = json.get(at) {
        match byte {
            b'"' => return (json.get(start..at).unwrap_or_default(), at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    (json.get(start..).unwrap_or_default(), json.len())
}
