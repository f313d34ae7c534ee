//! The provider's side: what the gateway sends to its batch API, and what that says.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

use super::input::Endpoint;
use crate::json::from_bytes;

/// The member of a batch's metadata by which it is known again.
const MARK: &str = "moecraft_submission";
/// How long a provider keeps a file, seconds: its batch ends within a day, and its results are fetched
/// soon after.
const KEPT_SECONDS: u32 = 3 * 24 * 60 * 60;

/// The fields beside the file with which one is uploaded.
pub fn upload_fields() -> [(&'static str, String); 3] {
    [
        ("purpose", "batch".to_owned()),
        ("expires_after[anchor]", "created_at".to_owned()),
        ("expires_after[seconds]", KEPT_SECONDS.to_string()),
    ]
}

/// A line of an input file: the body goes in as it is.
pub fn request_line(custom_id: &str, endpoint: Endpoint, body: &[u8]) -> Vec<u8> {
    let head = json!({"custom_id": custom_id, "method": "POST", "url": endpoint.as_str()});
    let mut line = head.to_string().into_bytes();
    line.pop();
    line.extend_from_slice(b",\"body\":");
    // A line break in a body would end the line; in JSON it stands between values only.
    line.extend(body.iter().map(|byte| match byte {
        b'\n' | b'\r' => b' ',
        byte => *byte,
    }));
    line.extend_from_slice(b"}\n");
    line
}

/// The body that makes a batch of a file.
pub fn create_body(file: &str, endpoint: Endpoint, submission: &str) -> String {
    json!({
        "input_file_id": file,
        "endpoint": endpoint.as_str(),
        "completion_window": "24h",
        "metadata": {MARK: submission},
        "output_expires_after": {"anchor": "created_at", "seconds": KEPT_SECONDS},
    })
    .to_string()
}

/// A provider's batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// Its id.
    pub id: String,
    /// The submission it was made for, where it is the gateway's.
    pub submission: Option<String>,
    /// The provider is done with it.
    pub ended: bool,
    /// The files with its results, those that there are.
    pub files: Vec<String>,
}

#[derive(Deserialize)]
struct Object<'a> {
    id: Cow<'a, str>,
    #[serde(default)]
    status: Cow<'a, str>,
    #[serde(default)]
    output_file_id: Option<String>,
    #[serde(default)]
    error_file_id: Option<String>,
    #[serde(default)]
    metadata: Option<BTreeMap<String, serde_json::Value>>,
}

impl From<Object<'_>> for Upstream {
    fn from(object: Object<'_>) -> Self {
        let mark = object
            .metadata
            .and_then(|mut metadata| metadata.remove(MARK));
        let files = [object.output_file_id, object.error_file_id];
        Self {
            id: object.id.into_owned(),
            submission: mark.and_then(|mark| mark.as_str().map(str::to_owned)),
            ended: matches!(
                object.status.as_ref(),
                "completed" | "failed" | "expired" | "cancelled"
            ),
            files: files.into_iter().flatten().collect(),
        }
    }
}

/// Reads a batch.
pub fn read_batch(body: &[u8]) -> Option<Upstream> {
    from_bytes::<Object<'_>>(body).ok().map(Into::into)
}

/// Reads a page of batches, and whether there are more behind it.
pub fn read_batches(body: &[u8]) -> Option<(Vec<Upstream>, bool)> {
    #[derive(Deserialize)]
    struct List<'a> {
        #[serde(borrow)]
        data: Vec<Object<'a>>,
        #[serde(default)]
        has_more: bool,
    }
    let list: List<'_> = from_bytes(body).ok()?;
    Some((
        list.data.into_iter().map(Into::into).collect(),
        list.has_more,
    ))
}

/// The id of an object, such as the file that was made by an upload.
pub fn read_id(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        id: String,
    }
    from_bytes::<Named>(body).ok().map(|named| named.id)
}

/// A line of a result file.
#[derive(Debug, PartialEq, Eq)]
pub struct Output<'a> {
    /// The gateway's name for the request.
    pub custom_id: Cow<'a, str>,
    /// The answer's status and body; none where the request was never sent.
    pub response: Option<(u16, &'a str)>,
    /// Why not, such as `batch_expired`.
    pub code: Option<String>,
    /// The same in words.
    pub message: Option<String>,
}

/// Reads a line of a result file.
pub fn read_output(line: &[u8]) -> Option<Output<'_>> {
    #[derive(Deserialize)]
    struct Line<'a> {
        #[serde(borrow)]
        custom_id: Cow<'a, str>,
        #[serde(borrow, default)]
        response: Option<Response<'a>>,
        #[serde(default)]
        error: Option<Fault>,
    }
    #[derive(Deserialize)]
    struct Response<'a> {
        status_code: u16,
        #[serde(borrow)]
        body: &'a RawValue,
    }
    #[derive(Deserialize)]
    struct Fault {
        code: Option<String>,
        message: Option<String>,
    }
    let line: Line<'_> = from_bytes(line).ok()?;
    let (code, message) = line.error.map_or((None, None), |e| (e.code, e.message));
    Some(Output {
        custom_id: line.custom_id,
        response: line.response.map(|r| (r.status_code, r.body.get())),
        code,
        message,
    })
}
