//! An error in the middle of a stream.

use serde_json::json;

use crate::error::ErrorBody;

/// The error as the last event of a stream. The official clients raise it; Codex sees a stream
/// that ends without `response.completed`, and asks again. `response.failed` would make it stop.
pub fn error_event(error: &ErrorBody<'_>) -> String {
    let data = json!({
        "type": "error",
        "code": error.code.unwrap_or(error.kind),
        "message": error.message,
        "param": error.param,
        "sequence_number": 0,
    });
    // The first line end finishes a line that was cut, the second its event.
    format!("\n\nevent: error\ndata: {data}\n\n")
}
