//! The texts of a request that are examined.

use std::borrow::Cow;

/// One text of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf<'a> {
    /// The text, unescaped.
    pub text: Cow<'a, str>,
    /// The name it stands under, where that says something of it: the key of a JSON member.
    pub name: Option<Cow<'a, str>>,
    /// The message it belongs to; none outside the conversation. Texts of a conversation that follow
    /// one another are also read together.
    pub message: Option<usize>,
}

impl<'a> Leaf<'a> {
    /// A text by itself.
    pub fn of(text: impl Into<Cow<'a, str>>) -> Self {
        Self {
            text: text.into(),
            name: None,
            message: Some(0),
        }
    }
}
