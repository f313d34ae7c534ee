//! OpenAI's error object, `{"error":{"message","type","param","code"}}`.

use serde::Serialize;

use crate::error::ErrorBody;

#[derive(Serialize)]
struct ErrorObject<'a> {
    message: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    param: Option<&'a str>,
    code: Option<&'a str>,
}

/// An error, as the body of a response.
pub fn error_body(error: &ErrorBody<'_>) -> String {
    let error = ErrorObject {
        message: error.message,
        kind: error.kind,
        param: error.param,
        code: error.code,
    };
    serde_json::json!({ "error": error }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_there_even_when_it_is_null() {
        let error = ErrorBody {
            status: 404,
            message: "no such model: \"x\"",
            kind: "invalid_request_error",
            param: None,
            code: Some("model_not_found"),
        };
        let body: serde_json::Value = serde_json::from_str(&error_body(&error)).unwrap();
        let expected = serde_json::json!({"error": {
            "message": "no such model: \"x\"", "type": "invalid_request_error", "param": null, "code": "model_not_found",
        }});
        assert_eq!(body, expected);
    }
}
