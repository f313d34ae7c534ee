//! Reading JSON strictly and borrowing from it; editing an object without touching its values.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;

use serde::de::value::{CowStrDeserializer, MapAccessDeserializer};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize, forward_to_deserialize_any};
use serde_json::value::RawValue;

use crate::error::WireError;

pub(crate) mod canonical;
mod path;

/// Reads a request body of type `T`; what is wrong is told by its field.
///
/// # Errors
/// [`WireError`], naming the field where one is at fault.
pub(crate) fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, WireError> {
    let text =
        std::str::from_utf8(body).map_err(|error| WireError::Encoding(error.valid_up_to()))?;
    match serde_json::from_str::<Object<T>>(text) {
        Ok(Object(value)) => Ok(value),
        Err(error) => Err(explain(text, &error, "")),
    }
}

/// Reads a value from within a body; what is wrong is told by its path, which begins with `place`.
///
/// # Errors
/// [`WireError`], naming the field.
pub(crate) fn read_at<'a, T: Deserialize<'a>>(
    value: &'a RawValue,
    place: impl fmt::Display,
) -> Result<T, WireError> {
    let text = value.get();
    serde_json::from_str(text).map_err(|error| explain(text, &error, &place.to_string()))
}

/// Says where a refused value went wrong.
fn explain(text: &str, error: &serde_json::Error, place: &str) -> WireError {
    let message = error.to_string();
    if error.is_syntax() || error.is_eof() {
        return WireError::Syntax(message);
    }
    let path = path::path(text, error);
    // A missing or doubled field is reported at its parent, and names itself in the message.
    let child = ["missing field", "duplicate field"]
        .iter()
        .any(|start| message.starts_with(start));
    let child = message
        .split('`')
        .nth(1)
        .filter(|_| child)
        .unwrap_or_default();
    let mut field = String::new();
    for part in [place, &path, child] {
        if !(field.is_empty() || part.is_empty() || part.starts_with('[')) {
            field.push('.');
        }
        field.push_str(part);
    }
    if field.is_empty() {
        field.push_str("body");
    }
    let message = format!("`{field}`: {message}");
    WireError::Field { field, message }
}

/// Reads a value from bytes. All is read as text, so that each type has one reader and not two.
///
/// # Errors
/// What serde_json says, or that the bytes are no UTF-8.
pub fn from_bytes<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> serde_json::Result<T> {
    let text = std::str::from_utf8(bytes).map_err(serde::de::Error::custom)?;
    serde_json::from_str(text)
}

/// A value as one line of text, whatever it is: what is no JSON is taken for the text of a string.
pub(crate) fn one_line(body: &[u8]) -> Box<RawValue> {
    let text = String::from_utf8_lossy(body);
    let written = match serde_json::from_str::<&RawValue>(&text) {
        Ok(raw) if !raw.get().contains(['\n', '\r']) => Ok(raw.to_owned()),
        // In JSON a line break stands between values only.
        Ok(raw) => RawValue::from_string(raw.get().replace(['\n', '\r'], " ")),
        Err(_) => serde_json::value::to_raw_value(&text),
    };
    written.unwrap_or_default()
}

/// An object, and nothing else: derived readers take an array of the fields' values as well.
#[derive(Debug, Clone)]
pub(crate) struct Object<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map))
            }
        }
        deserializer.deserialize_map(Fields(PhantomData)).map(Self)
    }
}

/// An object: the fields of `T`, read, and all others as they stand in the text.
#[derive(Debug)]
pub(crate) struct WithRest<'a, T> {
    pub(crate) known: T,
    pub(crate) rest: Vec<(Cow<'a, str>, &'a RawValue)>,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for WithRest<'de, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Split<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Split<T> {
            type Value = WithRest<'de, T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                let mut rest = Vec::new();
                let known = T::deserialize(Sieve {
                    map,
                    fields: &[],
                    rest: &mut rest,
                })?;
                Ok(WithRest { known, rest })
            }
        }
        deserializer.deserialize_map(Split(PhantomData))
    }
}

/// Lets the fields of a struct through, and keeps the others.
struct Sieve<'r, 'de, A> {
    map: A,
    fields: &'static [&'static str],
    rest: &'r mut Vec<(Cow<'de, str>, &'de RawValue)>,
}

impl<'de, A: MapAccess<'de>> Deserializer<'de> for Sieve<'_, 'de, A> {
    type Error = A::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, A::Error> {
        visitor.visit_map(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        mut self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.fields = fields;
        visitor.visit_map(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Sieve<'_, 'de, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        while let Some(Text(key)) = self.map.next_key()? {
            if self.fields.contains(&key.as_ref()) {
                return seed.deserialize(CowStrDeserializer::new(key)).map(Some);
            }
            self.rest.push((key, self.map.next_value()?));
        }
        Ok(None)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}

/// Where a text that was borrowed from the body stands in it.
pub(crate) fn span_of(body: &[u8], part: &str) -> Option<Range<usize>> {
    let start = (part.as_ptr() as usize).checked_sub(body.as_ptr() as usize)?;
    let end = start.checked_add(part.len())?;
    (end <= body.len()).then_some(start..end)
}

/// The body with the bytes at each span replaced; spans do not overlap.
pub(crate) fn splice(body: &[u8], mut edits: Vec<(Range<usize>, Cow<'_, [u8]>)>) -> Vec<u8> {
    edits.sort_by_key(|(at, _)| at.start);
    let grown: usize = edits.iter().map(|(_, with)| with.len()).sum();
    let mut out = Vec::with_capacity(body.len() + grown);
    let mut from = 0;
    for (at, with) in &edits {
        out.extend_from_slice(&body[from..at.start]);
        out.extend_from_slice(with);
        from = at.end;
    }
    out.extend_from_slice(&body[from..]);
    out
}

/// Text, borrowed where it holds no escapes.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Text<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

/// The members of a JSON object, in order, values as they stand in the text.
#[derive(Debug, Clone, Default)]
pub struct Members<'a>(Vec<(Cow<'a, str>, Cow<'a, RawValue>)>);

impl<'a> Members<'a> {
    /// Reads an object; none when the text is no JSON object.
    pub fn of(body: &'a [u8]) -> Option<Self> {
        from_bytes(body).ok()
    }

    /// The members' names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(key, _)| key.as_ref())
    }

    /// The value of a member, as JSON text.
    pub fn get(&self, name: &str) -> Option<&str> {
        let member = self.0.iter().find(|(key, _)| key == name);
        member.map(|(_, value)| value.get())
    }

    /// Every value of a member, as JSON text: where a name stands twice, readers differ about which
    /// of them counts.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let members = self.0.iter().filter(move |(key, _)| key == name);
        members.map(|(_, value)| value.get())
    }

    /// Gives a member another value, or adds it.
    pub fn set(&mut self, name: &'a str, value: &impl Serialize) {
        let Ok(value) = serde_json::value::to_raw_value(value) else {
            return;
        };
        match self.0.iter_mut().find(|(key, _)| key == name) {
            Some((_, old)) => *old = Cow::Owned(value),
            None => self.0.push((Cow::Borrowed(name), Cow::Owned(value))),
        }
    }

    /// Takes a member out; says whether it was there.
    pub fn remove(&mut self, name: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|(key, _)| key != name);
        self.0.len() < before
    }

    /// The object as JSON text. Values that were not set stand in it byte for byte.
    pub fn to_bytes(&self) -> Vec<u8> {
        let size = self
            .0
            .iter()
            .map(|(k, v)| k.len() + v.get().len() + 4)
            .sum::<usize>();
        let mut out = Vec::with_capacity(size + 2);
        out.push(b'{');
        for (index, (key, value)) in self.0.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            out.extend_from_slice(serde_json::Value::from(key.as_ref()).to_string().as_bytes());
            out.push(b':');
            out.extend_from_slice(value.get().as_bytes());
        }
        out.push(b'}');
        out
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some((Text(key), value)) = map.next_entry::<Text<'de>, &'de RawValue>()? {
                    members.push((key, Cow::Borrowed(value)));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_what_is_set_changes() {
        let body = br#"{ "model" : "a", "x":[1.50, {"k" : null}], "drop":1}"#;
        let mut members = Members::of(body).unwrap();
        members.set("model", &"b");
        members.set("new", &true);
        assert!(members.remove("drop") && !members.remove("drop"));
        assert_eq!(
            String::from_utf8(members.to_bytes()).unwrap(),
            r#"{"model":"b","x":[1.50, {"k" : null}],"new":true}"#
        );
        assert!(Members::of(b"[1]").is_none());
    }

    #[derive(Debug, Deserialize)]
    struct Known<'a> {
        #[serde(borrow)]
        a: Text<'a>,
        #[serde(default)]
        b: u8,
    }

    #[test]
    fn unknown_fields_are_kept_beside_the_known_ones() {
        let body = br#"{"x":[1.50],"a":"t","\u0079":{"b":"no"},"b":2,"x":null}"#;
        let WithRest { known, rest } = read::<WithRest<'_, Known<'_>>>(body).unwrap();
        assert_eq!((known.a.0.as_ref(), known.b), ("t", 2));
        let rest: Vec<_> = rest.iter().map(|(k, v)| (k.as_ref(), v.get())).collect();
        assert_eq!(
            rest,
            [("x", "[1.50]"), ("y", r#"{"b":"no"}"#), ("x", "null")]
        );
        let refused = |body: &str| {
            let error = read::<WithRest<'_, Known<'_>>>(body.as_bytes()).unwrap_err();
            error.param().map(str::to_owned)
        };
        assert_eq!(refused(r#"{"b":1}"#).as_deref(), Some("a"));
        assert_eq!(refused(r#"{"a":"","b":300}"#).as_deref(), Some("b"));
        assert_eq!(refused(r#"{"a":"","a":""}"#).as_deref(), Some("a"));
        assert_eq!(refused("[]").as_deref(), Some("body"));
    }

    #[test]
    fn a_part_is_found_in_its_body_and_nowhere_else() {
        let body = br#"{"a":"b"}"#;
        let part = std::str::from_utf8(&body[6..7]).unwrap();
        assert_eq!(span_of(body, part), Some(6..7));
        assert_eq!(span_of(&body[..6], part), None);
        assert_eq!(span_of(body, &String::from("b")), None);
        let edits = vec![
            (6..7, Cow::from(&b"long"[..])),
            (1..1, Cow::from(&b"\"c\":1,"[..])),
        ];
        assert_eq!(splice(body, edits), br#"{"c":1,"a":"long"}"#);
    }

    proptest! {
        #[test]
        fn an_object_that_is_not_edited_keeps_its_meaning(map in prop::collection::btree_map(".{0,8}", ".{0,8}", 0..6)) {
            let text = serde_json::to_vec(&map).unwrap();
            let out: std::collections::BTreeMap<String, String> = serde_json::from_slice(&Members::of(&text).unwrap().to_bytes()).unwrap();
            prop_assert_eq!(out, map);
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..100), text in "[\\[\\]{}\":,\\\\a-e0-9 ]{0,80}") {
            for body in [bytes.as_slice(), text.as_bytes()] {
                if let Some(mut members) = Members::of(body) {
                    members.set("model", &"m");
                    let out = members.to_bytes();
                    prop_assert!(serde_json::from_slice::<serde_json::Value>(&out).is_ok_and(|out| out["model"] == "m"));
                }
            }
        }
    }
}
