//! Errors in Anthropic's form.

use serde::Serialize;

use crate::error::ErrorBody;

#[derive(Serialize)]
struct Body<'a> {
    r#type: &'static str,
    error: Inner<'a>,
    request_id: &'a str,
}

#[derive(Serialize)]
struct Inner<'a> {
    r#type: &'static str,
    message: &'a str,
}

/// An error as the body of a response. Its type follows from the status.
pub fn error_body(error: &ErrorBody<'_>, request_id: &str) -> String {
    let body = Body {
        r#type: "error",
        error: Inner {
            r#type: kind(error.status),
            message: error.message,
        },
        request_id,
    };
    serde_json::to_string(&body).unwrap_or_default()
}

/// An error as the last event of a stream. The empty line before it closes an event that was cut.
pub fn error_event(error: &ErrorBody<'_>, request_id: &str) -> String {
    format!(
        "\n\nevent: error\ndata: {}\n\n",
        error_body(error, request_id)
    )
}

/// Anthropic's word for a status.
const fn kind(status: u16) -> &'static str {
    match status {
        400 => "invalid_request_error",
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        504 => "timeout_error",
        529 => "overloaded_error",
        _ => "api_error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(status: u16) -> ErrorBody<'static> {
        ErrorBody {
            status,
            message: "a \"quoted\" reason",
            kind: "ignored here",
            param: None,
            code: None,
        }
    }

    #[test]
    fn the_type_follows_the_status() {
        let types = [
            (400, "invalid_request_error"),
            (401, "authentication_error"),
            (402, "billing_error"),
            (403, "permission_error"),
            (404, "not_found_error"),
            (413, "request_too_large"),
            (429, "rate_limit_error"),
            (500, "api_error"),
            (503, "api_error"),
            (504, "timeout_error"),
            (529, "overloaded_error"),
        ];
        for (status, kind) in types {
            assert_eq!(
                error_body(&error(status), "req_1"),
                format!(
                    r#"{{"type":"error","error":{{"type":"{kind}","message":"a \"quoted\" reason"}},"request_id":"req_1"}}"#
                )
            );
        }
    }

    #[test]
    fn an_error_in_a_stream_closes_what_was_cut_before_it() {
        let event = error_event(&error(529), "req_1");
        let (open, rest) = event.split_at(2);
        assert_eq!(open, "\n\n");
        assert!(rest.starts_with("event: error\ndata: {\"type\":\"error\""));
        assert!(rest.ends_with("\n\n") && rest.trim_end().lines().count() == 2);
    }
}
