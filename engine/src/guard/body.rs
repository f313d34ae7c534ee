//! The texts of a request's JSON body, whatever its dialect, each with its place.
//!
//! Every string counts: messages, tools, results of calls, names, unknown fields. Objects that a
//! call was made with are read as the JSON text they are, since what a value means may be told by
//! the member beside it.

use std::borrow::Cow;
use std::ops::Range;

use super::examine::{UNEXAMINED, has_token};
use super::finding::{Family, Kind};
use super::leaf::Leaf;
use super::medium::{self, Medium};

/// The deepest nesting that is read.
const MAX_DEPTH: usize = 128;
/// Members that name content which is kept at the provider, and whether only the body's own do.
const HELD: &[(&str, bool)] = &[
    ("previous_response_id", true),
    ("conversation", true),
    ("file_id", false),
];
/// Content that is kept at the provider: nobody here knows what it holds.
const HELD_ELSEWHERE: Kind = Kind::of(
    "held_elsewhere",
    "content that is kept at the provider",
    Family::Confidential,
);
/// Members that say where the provider is to fetch a document. A picture's text is not examined even
/// where the picture itself is sent, so that its address is no worse.
const FETCHED: &[&str] = &["file_url", "file_uri", "fileUri"];
/// Content that the provider fetches: nobody here knows what it will be given.
const FETCHED_ELSEWHERE: Kind = Kind::of(
    "fetched_elsewhere",
    "content that the provider is to fetch",
    Family::Confidential,
);
/// Text that was sent as the numbers of a tokeniser.
const TOKEN_NUMBERS: Kind = Kind::of(
    "token_numbers",
    "text as token numbers, which cannot be examined",
    Family::Confidential,
);
/// Members that are named by what they are in: `"password": {"value": ..}`.
const INNER: &[&str] = &["value", "val", "data", "default", "content", "text"];
/// Members that name the value beside them: `{"name": "DB_PASSWORD", "value": ..}`.
const NAMING: &[&str] = &["name", "key", "variable"];
/// From this length on a member's name may be a token.
const MIN_KEY: usize = 12;
/// Members whose objects a call was made with.
const ARGUMENTS: &[&str] = &["input", "arguments", "args"];
/// Members that say what a message or a part of it is: they stand between texts, and end none.
const TAGS: &[&str] = &[
    "role",
    "type",
    "id",
    "call_id",
    "tool_call_id",
    "tool_use_id",
    "status",
    "detail",
    "media_type",
    "mime_type",
];
/// The most of a path that is kept, bytes.
const MAX_PATH: usize = 160;
/// The most texts of one body. One with more is not examined.
const MAX_TEXTS: usize = 50_000;
/// Numbers of fewer digits than this are no account, no card and no id.
const MIN_DIGITS: usize = 6;

/// How a text stands in the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// As a JSON string; the place is between its quotes.
    String,
    /// As JSON itself.
    Json,
    /// As the readable parts of something in base64.
    Media,
}

/// A text of the body.
#[derive(Debug, Clone)]
pub(super) struct Text<'b> {
    pub(super) leaf: Leaf<'b>,
    /// Its JSON path, such as `messages[2].content`.
    pub(super) path: String,
    /// Where it stands in the body.
    pub(super) place: Range<usize>,
    pub(super) written: Written,
    /// What stands here that cannot be examined.
    pub(super) unread: Option<Kind>,
}

/// Every text of a body, in order; none when it is no JSON.
pub(super) fn texts(body: &[u8]) -> Option<Vec<Text<'_>>> {
    let text = std::str::from_utf8(body).ok()?;
    // The walk below relies on what is read here: that the grammar holds.
    serde_json::from_str::<serde::de::IgnoredAny>(text).ok()?;
    let mut walk = Walk {
        text,
        at: 0,
        path: String::new(),
        message: None,
        member: None,
        numbers: false,
        texts: Vec::new(),
    };
    walk.value(None, 0)?;
    if walk.texts.len() > MAX_TEXTS {
        return None;
    }
    Some(walk.texts)
}

struct Walk<'b> {
    text: &'b str,
    at: usize,
    path: String,
    message: Option<usize>,
    /// Where the name of the member begins whose value is read next.
    member: Option<usize>,
    /// Whether token numbers were met.
    numbers: bool,
    texts: Vec<Text<'b>>,
}

impl<'b> Walk<'b> {
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while self.byte().is_some_and(|b| b.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn value(&mut self, name: Option<&Cow<'b, str>>, depth: usize) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        self.blanks();
        match self.byte()? {
            b'{' if name.is_some_and(|name| ARGUMENTS.contains(&name.as_ref())) => self.json(),
            b'{' => self.object(name, depth),
            b'[' => self.array(name, depth),
            b'"' => {
                let (text, place) = self.string()?;
                self.add_string(text, place, name);
                Some(())
            }
            _ => {
                let start = self.at;
                while self
                    .byte()
                    .is_some_and(|b| !matches!(b, b',' | b']' | b'}') && !b.is_ascii_whitespace())
                {
                    self.at += 1;
                }
                let literal = self.text.get(start..self.at)?;
                if !self.numbers && literal.parse::<u32>().is_ok() && self.is_among_tokens() {
                    self.numbers = true;
                    self.mark(TOKEN_NUMBERS, start..self.at);
                }
                if literal.bytes().filter(u8::is_ascii_digit).count() >= MIN_DIGITS {
                    // With its name, which is no member of a text that it could be read in.
                    let start = self.member.unwrap_or(start);
                    let text = self.text.get(start..self.at)?;
                    self.add(Cow::Borrowed(text), start..self.at, None, Written::Json);
                }
                Some(())
            }
        }
    }

    fn object(&mut self, name: Option<&Cow<'b, str>>, depth: usize) -> Option<()> {
        self.at += 1;
        let (mut naming, mut named) = (None, None::<usize>);
        loop {
            self.blanks();
            match self.byte()? {
                b'}' => {
                    self.at += 1;
                    if let (Some(name), Some(text)) =
                        (naming, named.and_then(|at| self.texts.get_mut(at)))
                    {
                        text.leaf.name = Some(name);
                    }
                    return Some(());
                }
                b',' => self.at += 1,
                _ => {
                    let (key, place) = self.string()?;
                    let known = self.path.len();
                    if known > 0 {
                        self.path.push('.');
                    }
                    self.path.extend(key.chars().take(64));
                    if !is_plain_key(&key) || key.len() >= MIN_KEY && has_token(&key) {
                        self.add(key.clone(), place.clone(), None, Written::String);
                    }
                    if known == 0 && matches!(key.as_ref(), "system" | "instructions") {
                        self.message = Some(0);
                    }
                    self.blanks();
                    self.at += 1; // the colon
                    self.blanks();
                    if self.is_held(&key, known == 0) {
                        self.mark(HELD_ELSEWHERE, self.at..self.at);
                    }
                    if self.is_fetched(&key) {
                        self.mark(FETCHED_ELSEWHERE, self.at..self.at);
                    }
                    self.member = Some(place.start - 1);
                    let (from, first) = (self.at, self.texts.len());
                    let inner = INNER.contains(&key.as_ref());
                    let meant = if inner { name.unwrap_or(&key) } else { &key };
                    self.value(Some(meant), depth + 1)?;
                    if self.text.as_bytes().get(from) == Some(&b'"') {
                        if NAMING.contains(&key.as_ref()) {
                            naming = self.text.get(from + 1..self.at - 1).map(Cow::Borrowed);
                        } else if inner && self.texts.len() > first {
                            named = Some(first);
                        }
                    }
                    if known == 0 {
                        self.message = None;
                    }
                    self.path.truncate(known);
                }
            }
        }
    }

    fn array(&mut self, name: Option<&Cow<'b, str>>, depth: usize) -> Option<()> {
        self.at += 1;
        // The members of a conversation are no objects that a call was made with.
        let name = name.filter(|name| !ARGUMENTS.contains(&name.as_ref()));
        let conversation = matches!(self.path.as_str(), "messages" | "input" | "contents");
        let known = self.path.len();
        let mut index = 0;
        loop {
            self.blanks();
            match self.byte()? {
                b']' => {
                    self.at += 1;
                    return Some(());
                }
                b',' => self.at += 1,
                _ => {
                    self.path.push_str(&format!("[{index}]"));
                    if conversation {
                        // The system prompt comes before the first.
                        self.message = Some(index + 1);
                    }
                    self.member = None;
                    self.value(name, depth + 1)?;
                    self.path.truncate(known);
                    index += 1;
                }
            }
        }
    }

    /// An object as its own text.
    fn json(&mut self) -> Option<()> {
        let start = self.at;
        let (mut open, mut quoted) = (0usize, false);
        while let Some(byte) = self.byte() {
            match byte {
                b'\\' if quoted => self.at += 1,
                b'"' => quoted = !quoted,
                b'{' | b'[' if !quoted => open += 1,
                b'}' | b']' if !quoted => open -= 1,
                _ => {}
            }
            self.at += 1;
            if open == 0 {
                break;
            }
        }
        let json = self.text.get(start..self.at)?;
        self.add(Cow::Borrowed(json), start..self.at, None, Written::Json);
        Some(())
    }

    /// A string, unescaped, and where it stands between its quotes.
    fn string(&mut self) -> Option<(Cow<'b, str>, Range<usize>)> {
        let start = self.at + 1;
        let bytes = self.text.as_bytes();
        let mut at = start;
        let mut escaped = false;
        loop {
            at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
            if bytes.get(at) == Some(&b'"') {
                break;
            }
            escaped = true;
            at += 2;
        }
        self.at = at + 1;
        let raw = self.text.get(start..at)?;
        let text = match escaped {
            false => Cow::Borrowed(raw),
            true => Cow::Owned(serde_json::from_str(self.text.get(start - 1..=at)?).ok()?),
        };
        Some((text, start..at))
    }

    fn add_string(&mut self, text: Cow<'b, str>, place: Range<usize>, name: Option<&Cow<'b, str>>) {
        match medium::read(&text) {
            Some((Medium::Document, _)) => self.mark(UNEXAMINED, place),
            Some((Medium::Recording, strings)) if !has_token(&text) => {
                self.push(Cow::Owned(strings), place, None, Written::Media);
            }
            _ => self.add(text, place, name, Written::String),
        }
    }

    /// Whether the value that is read next names what the provider keeps.
    fn is_held(&self, key: &str, own: bool) -> bool {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let named = rest.starts_with('"') && !rest.starts_with("\"\"");
        match key {
            "prompt" => own && rest.starts_with('{'),
            "type" => rest.starts_with("\"item_reference\""),
            _ => HELD.iter().any(|(held, only_own)| {
                *held == key && (own && rest.starts_with('{') || named && (own || !only_own))
            }),
        }
    }

    /// Whether the value that is read next is an address that the provider fetches a document from: a
    /// string that is not the document itself.
    fn is_fetched(&self, key: &str) -> bool {
        let rest = self.text.get(self.at..).unwrap_or_default();
        FETCHED.contains(&key)
            && rest.starts_with('"')
            && !["\"\"", "\"data:"].iter().any(|own| rest.starts_with(own))
    }

    /// Whether a number here is one of a list that stands for a text.
    fn is_among_tokens(&self) -> bool {
        let text = ["input[", "prompt["];
        let list = text.iter().find_map(|name| self.path.strip_prefix(name));
        let index = |b: u8| b.is_ascii_digit() || matches!(b, b'[' | b']');
        list.is_some_and(|list| list.bytes().all(index))
    }

    /// Something that cannot be examined.
    fn mark(&mut self, unread: Kind, place: Range<usize>) {
        self.push(Cow::Borrowed(""), place, None, Written::Json);
        if let Some(text) = self.texts.last_mut() {
            text.unread = Some(unread);
        }
    }

    fn add(
        &mut self,
        text: Cow<'b, str>,
        place: Range<usize>,
        name: Option<&Cow<'b, str>>,
        written: Written,
    ) {
        if !text.is_empty() {
            self.push(text, place, name, written);
        }
    }

    fn push(
        &mut self,
        text: Cow<'b, str>,
        place: Range<usize>,
        name: Option<&Cow<'b, str>>,
        written: Written,
    ) {
        // One more than may be shows that there are too many.
        if self.texts.len() > MAX_TEXTS {
            return;
        }
        let tag = name.is_some_and(|name| TAGS.contains(&name.as_ref()));
        let path = self.path.get(..self.path.floor_char_boundary(MAX_PATH));
        self.texts.push(Text {
            leaf: Leaf {
                text,
                name: name.cloned(),
                message: self.message.filter(|_| !tag),
            },
            path: path.unwrap_or_default().to_owned(),
            place,
            written,
            unread: None,
        });
    }
}

/// Whether a member's name is a name and nothing more.
fn is_plain_key(key: &str) -> bool {
    key.len() <= 32
        && key
            .bytes()
            .all(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'-' | b'$' | b'.'))
}

impl Text<'_> {
    /// What a part of the text says: inside JSON, without the escapes it is written with.
    pub(super) fn value(&self, part: &Range<usize>) -> Option<Cow<'_, str>> {
        let value = self.leaf.text.get(part.clone())?;
        let plain = match value.contains('\\') && self.is_json() {
            true => serde_json::from_str(&format!("\"{value}\"")).ok(),
            false => None,
        };
        Some(plain.map_or(Cow::Borrowed(value), Cow::Owned))
    }

    /// Whether the text is JSON: as it stands in the body, or as the string that a call's arguments
    /// are.
    fn is_json(&self) -> bool {
        self.written == Written::Json || self.path.ends_with(".arguments")
    }

    /// Where a part of the text stands in the body.
    pub(super) fn in_body(&self, body: &[u8], part: &Range<usize>) -> Option<Range<usize>> {
        if self.written == Written::Media {
            return None;
        }
        let raw = body.get(self.place.clone())?;
        let direct = raw.len() == self.leaf.text.len();
        let at = |offset: usize| match direct {
            true => Some(offset),
            false => raw_offset(raw, offset),
        };
        Some(self.place.start + at(part.start)?..self.place.start + at(part.end)?)
    }
}

/// The place in a string's JSON form that a place in its text corresponds to.
fn raw_offset(raw: &[u8], offset: usize) -> Option<usize> {
    let (mut at, mut plain) = (0, 0);
    while plain < offset {
        let (size, means) = match (raw.get(at)?, raw.get(at + 1)) {
            (b'\\', Some(b'u')) => {
                let unit = |at: usize| {
                    let digits = std::str::from_utf8(raw.get(at..at + 4)?).ok()?;
                    u32::from_str_radix(digits, 16).ok()
                };
                match unit(at + 2)? {
                    // Two escapes make one character (RFC 8259 §7).
                    0xD800..=0xDFFF => (12, 4),
                    code => (6, char::from_u32(code)?.len_utf8()),
                }
            }
            (b'\\', _) => (2, 1),
            _ => (1, 1),
        };
        at += size;
        plain += means;
    }
    (plain == offset).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    fn read(body: &str) -> Vec<(String, String)> {
        let texts = texts(body.as_bytes()).unwrap();
        texts
            .into_iter()
            .map(|text| (text.path, text.leaf.text.into_owned()))
            .collect()
    }

    #[test]
    fn every_string_is_a_text_with_its_path() {
        let body = r#"{"model":"m","messages":[{"role":"user","content":"a\nb"},{"content":[{"type":"text","text":"c"}],
            "tool_calls":[{"function":{"arguments":"{\"d\":1}"}}]},{"content":[{"input":{"e":["f"]}}]}],"odd key":1234567,"n":12}"#;
        let found = read(body);
        for (path, text) in [
            ("messages[0].content", "a\nb"),
            ("messages[1].content[0].text", "c"),
            ("messages[1].tool_calls[0].function.arguments", r#"{"d":1}"#),
            ("messages[2].content[0].input", r#"{"e":["f"]}"#),
            ("odd key", "odd key"),
            ("odd key", r#""odd key":1234567"#),
        ] {
            assert!(
                found.contains(&(path.to_owned(), text.to_owned())),
                "{path} {found:?}"
            );
        }
        assert!(texts(b"{").is_none() && texts(&[0xFF]).is_none());
    }

    #[test]
    fn the_strings_inside_an_image_are_read_and_nothing_else_of_it() {
        let mut image = b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR".to_vec();
        image.extend((0..2_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8 | 0x80));
        image.extend(b"\0Comment\0written beside the picture\0");
        image.extend([0x80; 7]);
        let url = format!("data:image/png;base64,{}", STANDARD.encode(&image));
        let body = serde_json::json!({"messages": [{"content": [{"image_url": {"url": url}}]}]})
            .to_string();
        assert_eq!(
            read(&body),
            [(
                "messages[0].content[0].image_url.url".into(),
                "written beside the picture".into()
            )]
        );
    }

    #[test]
    fn paths_and_texts_take_no_more_than_a_bounded_part_of_the_body() {
        let deep = 100;
        let inner = vec![r#""a""#; 40_000].join(",");
        let (open, close) = (
            format!(r#"{{"{}":"#, "k".repeat(64)).repeat(deep),
            "}".repeat(deep),
        );
        let body = format!("{open}[{inner}]{close}");
        let texts = texts(body.as_bytes()).unwrap();
        assert!(texts.iter().all(|text| text.path.len() <= MAX_PATH));
        let many = format!("[{}]", vec![r#""a""#; MAX_TEXTS + 1].join(","));
        assert!(super::texts(many.as_bytes()).is_none());
    }

    proptest! {
        #[test]
        fn a_part_is_found_where_it_stands(before in "\\PC{0,9}[\"\\\\\\n\u{1}]{0,3}", part in "\\PC{1,9}", behind in "[\"\\n😀]{0,4}") {
            let text = format!("{before}{part}{behind}");
            let body = serde_json::json!({ "content": text }).to_string();
            let texts = texts(body.as_bytes()).unwrap();
            let found = texts.iter().find(|t| t.path == "content").unwrap();
            let place = found.in_body(body.as_bytes(), &(before.len()..before.len() + part.len())).unwrap();
            let quoted = format!("\"{}\"", &body[place]);
            prop_assert_eq!(serde_json::from_str::<String>(&quoted).unwrap(), part);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..80), text in "[\\[\\]{}\":,\\\\a-e0-9 ]{0,60}") {
            let _ = texts(&bytes);
            let _ = texts(text.as_bytes());
        }
    }
}
