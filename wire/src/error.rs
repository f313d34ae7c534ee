//! What can be wrong with a request, and the error objects of the dialects.

use thiserror::Error;

/// A request that cannot be read; says which field and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WireError {
    /// The body is not UTF-8.
    #[error("the body is not valid UTF-8 at byte {0}; send JSON encoded as UTF-8")]
    Encoding(usize),
    /// The body is not JSON.
    #[error("the body is not valid JSON: {0}")]
    Syntax(String),
    /// A field is missing, or has the wrong type or value.
    #[error("{message}")]
    Field {
        /// The path of the field, such as `messages[0].role`.
        field: String,
        /// What is wrong with it.
        message: String,
    },
}

impl WireError {
    /// The field has a value that cannot be used.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Field {
            field: field.into(),
            message: message.into(),
        }
    }

    /// The path of the field at fault, where one is.
    pub fn param(&self) -> Option<&str> {
        match self {
            Self::Field { field, .. } => Some(field),
            _ => None,
        }
    }
}

/// An error to be told to the client, before its dialect gives it a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorBody<'a> {
    /// The HTTP status it goes with: Anthropic's error types follow it.
    pub status: u16,
    /// What is wrong and what to do about it.
    pub message: &'a str,
    /// OpenAI's class of error, such as `invalid_request_error`.
    pub kind: &'a str,
    /// The request field at fault, as a path such as `messages[0].role`.
    pub param: Option<&'a str>,
    /// A code for programs, such as `model_not_found`.
    pub code: Option<&'a str>,
}
