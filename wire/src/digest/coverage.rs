//! Whether the hub's form of a request holds all of the body that a model may see.
//!
//! The readers take what they know and pass over the rest, because between equal dialects the body
//! goes out as it came. Two bodies that differ in what was passed over are one request to the hub and
//! two to a model.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::dialect::Dialect;
use crate::json::Text;

/// The fields that objects in a part of the body may have.
#[derive(Clone, Copy)]
struct Fields {
    /// Those whose values are read.
    read: &'static [&'static str],
    /// Those that stand in the digest as they are, or that no answer depends on.
    beside: &'static [&'static str],
}

const CHAT: Fields = Fields {
    read: &[
        "role",
        "content",
        "name",
        "type",
        "text",
        "refusal",
        "image_url",
        "url",
        "detail",
        "file",
        "file_id",
        "file_data",
        "filename",
    ],
    beside: &["cache_control"],
};
const RESPONSES: Fields = Fields {
    read: &[
        "type",
        "role",
        "content",
        "text",
        "refusal",
        "image_url",
        "detail",
        "file_id",
        "file_url",
        "file_data",
        "filename",
    ],
    beside: &["id", "status"],
};
const MESSAGES: Fields = Fields {
    read: &[
        "role",
        "content",
        "type",
        "text",
        SOURCE,
        "media_type",
        "data",
        "url",
        "file_id",
        "title",
    ],
    beside: &["cache_control"],
};
const FORMAT: Fields = Fields {
    read: &[
        "type",
        "format",
        "json_schema",
        "name",
        "description",
        "strict",
    ],
    beside: &["schema", "verbosity"],
};
/// In Anthropic's dialect an object that is read, or an address that is not.
const SOURCE: &str = "source";

/// What becomes of a field at the top.
enum Part {
    /// Its objects may have these fields.
    Known(Fields),
    /// It is read in part only, so it counts as it stands, under this name.
    Option(&'static str),
    /// It is read whole, or is kept whole among the extras.
    Whole,
}

fn part(dialect: Dialect, name: &str) -> Part {
    match (dialect, name) {
        (Dialect::Chat, "messages") => Part::Known(CHAT),
        (Dialect::Responses, "input") => Part::Known(RESPONSES),
        (Dialect::Messages, "messages" | "system") => Part::Known(MESSAGES),
        (Dialect::Chat, "response_format") | (Dialect::Responses, "text") => Part::Known(FORMAT),
        (Dialect::Chat, "reasoning_effort") => Part::Option("reasoning_effort"),
        (Dialect::Responses, "reasoning") => Part::Option("reasoning"),
        (Dialect::Messages, "thinking") => Part::Option("thinking"),
        (Dialect::Messages, "output_config") => Part::Option("output_config"),
        (Dialect::Messages, "output_format") => Part::Option("output_format"),
        _ => Part::Whole,
    }
}

/// The options of a body that are not read whole, by name, in order; none where the hub's form lacks
/// something else.
pub(super) fn options(dialect: Dialect, body: &[u8]) -> Option<Vec<(&'static str, &str)>> {
    let text = std::str::from_utf8(body).ok()?;
    let mut reader = serde_json::Deserializer::from_str(text);
    let mut options = Body(dialect).deserialize(&mut reader).ok()?;
    options.sort_unstable();
    Some(options)
}

struct Body(Dialect);

impl<'de> DeserializeSeed<'de> for Body {
    type Value = Vec<(&'static str, &'de str)>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Body {
    type Value = Vec<(&'static str, &'de str)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a request")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut options = Vec::new();
        while let Some(Text(name)) = map.next_key()? {
            match part(self.0, &name) {
                Part::Known(fields) => map.next_value_seed(Known {
                    fields,
                    object: false,
                })?,
                Part::Option(name) => {
                    let value: &RawValue = map.next_value()?;
                    options.extend((value.get() != "null").then_some((name, value.get())));
                }
                Part::Whole => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(options)
    }
}

/// Passes over a value whose objects have none but known fields; fails at another one.
#[derive(Clone, Copy)]
struct Known {
    fields: Fields,
    /// A text will not do.
    object: bool,
}

impl<'de> DeserializeSeed<'de> for Known {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Known {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what the hub holds")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Text(name)) = map.next_key()? {
            if self.fields.read.contains(&name.as_ref()) {
                map.next_value_seed(Self {
                    object: name == SOURCE,
                    ..self
                })?;
            } else if self.fields.beside.contains(&name.as_ref()) {
                map.next_value::<IgnoredAny>()?;
            } else {
                let value: &RawValue = map.next_value()?;
                if !matches!(value.get(), "null" | "[]" | "{}" | "\"\"") {
                    return Err(A::Error::custom("it holds more"));
                }
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(self)?.is_some() {}
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        match self.object {
            true => Err(E::custom("it holds more")),
            false => Ok(()),
        }
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}
