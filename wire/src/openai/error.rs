//! OpenAI's error object, `{"error":{"message","type","param","code"}}`.

use serde::Serialize;

/// The fields of the error object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErrorBody<'a> {
    /// What is wrong and what to do about it.
    pub message: &'a str,
    /// The class of error, such as `invalid_request_error`.
    #[serde(rename = "type")]
    pub kind: &'a str,
    /// The request field at fault, as a path such as `messages[0].role`.
    pub param: Option<&'a str>,
    /// A code for programs, such as `model_not_found`.
    pub code: Option<&'a str>,
}

/// Renders the error object as JSON text.
pub fn error_body(error: &ErrorBody<'_>) -> String {
    serde_json::json!({ "error": error }).to_string()
}
