//! A text, or a longer form of the same: OpenAI's APIs take both in many places.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::json::Text;

/// A text, or a longer form of the same.
#[derive(Debug)]
pub(crate) enum TextOr<'a, L> {
    /// The text.
    Text(Cow<'a, str>),
    /// The longer form.
    Long(L),
}

/// A form that may stand in place of a text.
pub(crate) trait LongForm {
    /// What it is, for the error message.
    const WHAT: &'static str;
}

impl LongForm for Vec<Text<'_>> {
    const WHAT: &'static str = "a list of strings";
}

impl<'de: 'a, 'a, L: LongForm + Deserialize<'de>> Deserialize<'de> for TextOr<'a, L> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either<L>(PhantomData<L>);
        impl<'de, L: LongForm + Deserialize<'de>> Visitor<'de> for Either<L> {
            type Value = TextOr<'de, L>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a string or {}", L::WHAT)
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(TextOr::Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(TextOr::Text(Cow::Owned(text.to_owned())))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
                L::deserialize(SeqAccessDeserializer::new(seq)).map(TextOr::Long)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                L::deserialize(MapAccessDeserializer::new(map)).map(TextOr::Long)
            }
        }
        deserializer.deserialize_any(Either(PhantomData))
    }
}
