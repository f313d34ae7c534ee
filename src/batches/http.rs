//! The doors to batches: OpenAI's files and batches, Anthropic's message batches.
//!
//! The tenant's object keeps them and writes what clients are told; here it is seen who asks, and a
//! file is taken out of its form.

use std::collections::BTreeMap;

use moecraft_engine::key::TenantKey;
use moecraft_wire::{multipart, openai};
use worker::{Env, Method, Request, RequestInit, Response, Url};

use crate::error::ApiError;
use crate::keys::{field, read_bounded};
use crate::router;

/// The longest file, and the longest body of a batch, bytes.
pub const MAX_FILE: usize = 32 << 20;
/// What the form around a file may come to, bytes.
const MAX_FORM: usize = 64 << 10;
/// The longest body that makes a batch of a file, bytes.
const MAX_CREATE: usize = 64 << 10;
/// The longest name of a file, characters.
const MAX_NAME: usize = 255;
/// The headers of a batch that matter to its requests.
const HEARD: [&str; 2] = ["anthropic-version", "anthropic-beta"];

/// Where a path of a batch API leads, and which methods it has.
pub struct Way {
    /// The path in the object.
    path: String,
    /// The methods, as `allow` tells them.
    pub allow: &'static str,
}

impl Way {
    /// The way of a path; none where it is no batch API's.
    pub fn of(path: &str) -> Option<Self> {
        let rest = path.strip_prefix("/v1/")?;
        let (api, rest) = match rest.strip_prefix("messages/") {
            Some(rest) => ("anthropic", rest),
            None => ("openai", rest),
        };
        let parts: Vec<&str> = rest.split('/').collect();
        let allow = match (api, parts.as_slice()) {
            ("openai", ["files"]) | (_, ["batches"]) => "GET, POST",
            ("openai", ["files", _]) => "GET, DELETE",
            ("anthropic", ["batches", _]) => "GET, DELETE",
            ("openai", ["batches", _] | ["files", _, "content"]) => "GET",
            ("anthropic", ["batches", _, "results"]) => "GET",
            (_, ["batches", _, "cancel"]) => "POST",
            _ => return None,
        };
        let prefix = match parts.first() {
            Some(&"files") => "",
            _ => api,
        };
        let slash = if prefix.is_empty() { "" } else { "/" };
        Some(Self {
            path: format!("{slash}{prefix}/{rest}"),
            allow,
        })
    }

    /// Whether it has a method.
    pub fn has(&self, method: &Method) -> bool {
        self.allow.split(", ").any(|own| own == method.as_ref())
    }
}

/// Answers a request to a batch API.
///
/// # Errors
/// [`ApiError::Field`], [`ApiError::TooLarge`], [`ApiError::NoSuch`].
pub async fn handle(
    env: &Env,
    key: &TenantKey,
    mut request: Request,
    url: &Url,
    way: &Way,
) -> Result<Response, ApiError> {
    let mut query: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    // What the object is told here and by nobody else.
    let own = ["key", "origin", "client", "filename", "within", "ordinary"];
    query.retain(|(name, _)| !own.contains(&name.as_str()));
    query.push(("origin".to_owned(), url.origin().ascii_serialization()));
    let method = request.method();
    let body = match (&method, way.path.as_str()) {
        (Method::Post, "/files") => {
            let (name, bytes) = upload(&mut request).await?;
            query.push(("filename".to_owned(), name));
            Some(bytes)
        }
        (Method::Post, "/anthropic/batches") => {
            query.push(("client".to_owned(), heard(&request)?));
            Some(read_bounded(&mut request, MAX_FILE).await?)
        }
        (Method::Post, "/openai/batches") => {
            let body = read_bounded(&mut request, MAX_CREATE).await?;
            openai::batch::read_create(&body)?;
            Some(body)
        }
        _ => None,
    };
    let mut target = Url::parse(&format!("https://orchestrator{}", way.path))
        .map_err(|error| ApiError::Internal(error.to_string()))?;
    target.query_pairs_mut().extend_pairs(query);
    let mut init = RequestInit::new();
    init.with_method(method);
    if let Some(body) = body {
        init.with_body(Some(js_sys::Uint8Array::from(body.as_slice()).into()));
    }
    let answer = router::call(env, key, Request::new_with_init(target.as_str(), &init)?).await?;
    match answer.status_code() {
        404 => Err(ApiError::NoSuch(what(&way.path))),
        507 => Err(ApiError::Full),
        _ => Ok(answer),
    }
}

/// The headers of a request that matter to the requests of its batch, as a JSON object.
///
/// # Errors
/// When a header cannot be read.
pub(super) fn heard(request: &Request) -> Result<String, ApiError> {
    let mut heard = BTreeMap::new();
    for name in HEARD {
        if let Some(value) = request.headers().get(name)? {
            heard.insert(name, value);
        }
    }
    serde_json::to_string(&heard).map_err(|error| ApiError::Internal(error.to_string()))
}

/// What is not there, by its path.
fn what(path: &str) -> String {
    let mut parts = path.trim_start_matches('/').split('/').rev();
    let id = parts.find(|part| part.contains(['-', '_'])).unwrap_or("");
    let id: String = id.chars().take(80).collect();
    match path.starts_with("/files") {
        true => format!("file `{id}`"),
        false => format!("batch `{id}`"),
    }
}

/// The file of a form, and its name.
async fn upload(request: &mut Request) -> Result<(String, Vec<u8>), ApiError> {
    let kind = request.headers().get("content-type")?.unwrap_or_default();
    let body = read_bounded(request, MAX_FILE + MAX_FORM).await?;
    let fields = multipart::read(&kind, &body).map_err(|error| {
        let message = format!("{error}: send a form with the fields `purpose` and `file`");
        field("file", &message)
    })?;
    let named = |name: &str| fields.iter().find(|field| field.name == name);
    match named("purpose").map(|field| field.content) {
        Some(b"batch") => {}
        _ => {
            return Err(field(
                "purpose",
                "`purpose` must be `batch`: files are kept for batches alone",
            ));
        }
    }
    let Some(file) = named("file").filter(|file| !file.content.is_empty()) else {
        return Err(field(
            "file",
            "`file` must be a JSONL file with a request a line",
        ));
    };
    if file.content.len() > MAX_FILE {
        return Err(ApiError::TooLarge { limit: MAX_FILE });
    }
    let name = file.filename.as_deref().unwrap_or("batch.jsonl").chars();
    let name = name.filter(|c| !c.is_control()).take(MAX_NAME).collect();
    Ok((name, file.content.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_path_has_its_methods_and_leads_to_the_object() {
        for (path, inside, allow) in [
            ("/v1/files", "/files", "GET, POST"),
            ("/v1/files/file-1", "/files/file-1", "GET, DELETE"),
            ("/v1/files/file-1/content", "/files/file-1/content", "GET"),
            ("/v1/batches", "/openai/batches", "GET, POST"),
            ("/v1/batches/batch_1", "/openai/batches/batch_1", "GET"),
            (
                "/v1/batches/batch_1/cancel",
                "/openai/batches/batch_1/cancel",
                "POST",
            ),
            ("/v1/messages/batches", "/anthropic/batches", "GET, POST"),
            (
                "/v1/messages/batches/b",
                "/anthropic/batches/b",
                "GET, DELETE",
            ),
            (
                "/v1/messages/batches/b/results",
                "/anthropic/batches/b/results",
                "GET",
            ),
            (
                "/v1/messages/batches/b/cancel",
                "/anthropic/batches/b/cancel",
                "POST",
            ),
        ] {
            let way = Way::of(path).expect(path);
            assert_eq!((way.path.as_str(), way.allow), (inside, allow));
        }
        for path in [
            "/v1/messages",
            "/v1/messages/files",
            "/v1/batches/a/b",
            "/v1/file",
            "/v1/batches/a/results",
            "/files",
        ] {
            assert!(Way::of(path).is_none(), "{path}");
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(what("/files/file-1/content"), "file `file-1`");
        assert_eq!(
            what("/anthropic/batches/msgbatch_1/results"),
            "batch `msgbatch_1`"
        );
    }
}
