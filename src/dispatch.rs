//! Performs a plan: which places are called in which order, with what, and what a failure means.

use std::collections::BTreeMap;
use std::ops::Range;

use moecraft_catalog::Class;
use moecraft_engine::router::Candidate;
use moecraft_wire::openai::rewrite;

use crate::config::{Config, Endpoint};

/// The most calls over HTTP that one request may cause; local models come on top.
const MAX_HTTP_TARGETS: usize = 6;
/// How much of an upstream's error text is told to the client, characters.
const MAX_QUOTE: usize = 300;

/// One call that may answer the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The model's catalogue id.
    pub model: String,
    /// Its class.
    pub class: Class,
    /// The provider's id, `agent` for a local model.
    pub provider: String,
    /// The name the place knows the model by.
    pub upstream_name: String,
    /// Where to call it; none is the agent's tunnel.
    pub endpoint: Option<Endpoint>,
}

/// The plan's candidates as calls: each model at its own provider and then at general upstreams,
/// before the next model.
pub fn targets(candidates: &[Candidate], config: &Config) -> Vec<Target> {
    let mut targets: Vec<Target> = Vec::new();
    let mut room = MAX_HTTP_TARGETS;
    for candidate in candidates {
        let target = |provider: &str, endpoint| Target {
            model: candidate.model_id.clone(),
            class: candidate.class,
            provider: provider.to_owned(),
            upstream_name: candidate.upstream_name.clone(),
            endpoint,
        };
        if candidate.class == Class::Local {
            targets.push(target("agent", None));
        } else {
            for endpoint in config.endpoints(&candidate.provider).take(room) {
                targets.push(target(&endpoint.provider, Some(endpoint.clone())));
                room -= 1;
            }
        }
    }
    targets
}

/// An HTTP call, ready to be made.
#[derive(Debug, PartialEq, Eq)]
pub struct Outbound {
    /// Where to.
    pub url: String,
    /// Header names and values, in turn.
    pub headers: Vec<String>,
    /// The body; none is the client's own bytes, unchanged.
    pub payload: Option<Vec<u8>>,
}

/// Makes the call to a target out of the client's request.
pub fn outbound(
    target: &Target,
    body: &[u8],
    model_span: &Range<usize>,
    stream_options: Option<&(Range<usize>, Vec<u8>)>,
) -> Outbound {
    let mut headers = vec!["content-type".to_owned(), "application/json".to_owned()];
    let url = match &target.endpoint {
        Some(endpoint) => {
            if let Some(key) = &endpoint.key {
                headers.extend(["authorization".to_owned(), format!("Bearer {key}")]);
            }
            format!("{}/chat/completions", endpoint.base_url)
        }
        None => {
            let name = target.upstream_name.clone();
            headers.extend(["x-moecraft-model".to_owned(), name]);
            "https://orchestrator/tunnel/v1/chat/completions".to_owned()
        }
    };
    let name = serde_json::to_vec(&target.upstream_name).unwrap_or_default();
    let mut edits: Vec<(Range<usize>, &[u8])> = Vec::new();
    if body.get(model_span.clone()) != Some(&name) {
        edits.push((model_span.clone(), &name));
    }
    if let Some((span, options)) = stream_options {
        edits.push((span.clone(), options));
    }
    edits.sort_by_key(|(span, _)| span.start);
    Outbound {
        url,
        headers,
        payload: (!edits.is_empty()).then(|| rewrite(body, &edits)),
    }
}

/// Names and values in turn as a JSON object: one string crosses to JavaScript faster than many.
pub fn header_object(headers: &[String]) -> String {
    let pairs = headers.chunks_exact(2).map(|pair| (&pair[0], &pair[1]));
    let map: BTreeMap<_, _> = pairs.collect();
    serde_json::to_string(&map).unwrap_or_default()
}

/// Why a target did not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// It answered with an error status.
    Status {
        /// The HTTP status.
        status: u16,
        /// What it said, cut to a readable length.
        message: String,
    },
    /// It could not be reached, or broke off before the answer began.
    Unreachable,
    /// Nothing came in time.
    Timeout,
    /// What came is no answer.
    Unreadable(String),
}

impl Failure {
    /// An error status with the upstream's message, which is cut and never quotes a key.
    pub fn status(status: u16, body: &[u8]) -> Self {
        let message = match status {
            401..=403 => "it refused the gateway's own key".to_owned(),
            _ => quote(body),
        };
        Self::Status { status, message }
    }

    /// Whether another target may do better. A request that is wrong in itself would only be
    /// refused again, and paid for in time.
    pub fn may_fail_over(&self) -> bool {
        !matches!(self, Self::Status { status, .. } if matches!(status, 400 | 405 | 406 | 409..=428 | 431) && *status != 425)
    }

    /// The status the client gets when this was the last target.
    pub fn client_status(&self) -> u16 {
        match self {
            Self::Status {
                status: status @ (404 | 429),
                ..
            } => *status,
            Self::Status {
                status: 503 | 529, ..
            } => 503,
            Self::Timeout | Self::Status { status: 504, .. } => 504,
            _ => 502,
        }
    }

    /// A name for the history and the metrics, out of a small set.
    pub fn label(&self) -> String {
        match self {
            Self::Status { status, .. } => format!("status {status}"),
            Self::Unreachable => "unreachable".to_owned(),
            Self::Timeout => "timeout".to_owned(),
            Self::Unreadable(_) => "unreadable".to_owned(),
        }
    }

    /// What to tell the client.
    pub fn describe(&self) -> String {
        match self {
            Self::Status { status, message } => format!("it answered {status}: {message}"),
            Self::Unreachable => "it could not be reached".to_owned(),
            Self::Timeout => "it did not answer in time".to_owned(),
            Self::Unreadable(what) => format!("its answer is not readable: {what}"),
        }
    }
}

fn quote(body: &[u8]) -> String {
    let json: Option<serde_json::Value> = serde_json::from_slice(body).ok();
    let message = json
        .as_ref()
        .and_then(|json| json.pointer("/error/message").or_else(|| json.get("error")))
        .and_then(serde_json::Value::as_str)
        .map_or_else(|| String::from_utf8_lossy(body), Into::into);
    message.chars().take(MAX_QUOTE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(endpoint: Option<Endpoint>) -> Target {
        Target {
            model: "openai/small".into(),
            class: Class::Haiku,
            provider: "openai".into(),
            upstream_name: "small".into(),
            endpoint,
        }
    }

    #[test]
    fn a_body_that_needs_no_change_is_sent_as_it_came() {
        let body = br#"{"model":"small","messages":[]}"#;
        let call = outbound(&target(None), body, &(9..16), None);
        assert_eq!(call.payload, None);
        let body = br#"{"model":"moecraft/auto","messages":[]}"#;
        let call = outbound(&target(None), body, &(9..24), None);
        assert_eq!(call.payload.unwrap(), br#"{"model":"small","messages":[]}"#);
    }

    #[test]
    fn edits_before_and_behind_the_model_both_hold() {
        let body = br#"{"model":"a","x":1}"#;
        let options = (1..1, b"\"o\":2,".to_vec());
        let call = outbound(&target(None), body, &(9..12), Some(&options));
        assert_eq!(call.payload.unwrap(), br#"{"o":2,"model":"small","x":1}"#);
    }

    #[test]
    fn a_wrong_request_is_not_sent_to_the_next_upstream() {
        for status in [400, 413, 422] {
            assert!(!Failure::status(status, b"").may_fail_over(), "{status}");
        }
        for status in [401, 402, 403, 404, 408, 425, 429, 500, 502, 503, 529] {
            assert!(Failure::status(status, b"").may_fail_over(), "{status}");
        }
        assert!(Failure::Timeout.may_fail_over());
    }

    #[test]
    fn local_models_keep_their_place_behind_many_upstreams() {
        let secret = ("MOECRAFT_KEY_SECRET".to_owned(), "x".repeat(32));
        let urls = (
            "UPSTREAM_URL".to_owned(),
            "http://a,http://b,http://c".to_owned(),
        );
        let config = Config::from_vars(&[secret, urls].into()).unwrap();
        let candidate = |id: &str, class| Candidate {
            model_id: id.to_owned(),
            class,
            provider: "openai".to_owned(),
            upstream_name: id.to_owned(),
            max_output_tokens: None,
            reason: "",
        };
        let plan = ["1", "2", "3"].map(|id| candidate(id, Class::Haiku));
        let plan = [plan.as_slice(), &[candidate("local/l", Class::Local)]].concat();
        let targets = targets(&plan, &config);
        assert_eq!(targets.len(), MAX_HTTP_TARGETS + 1);
        assert_eq!(targets.last().unwrap().model, "local/l");
    }

    #[test]
    fn the_gateway_s_own_key_is_never_quoted() {
        let body = br#"{"error":{"message":"Incorrect API key provided: sk-abc"}}"#;
        assert!(!Failure::status(401, body).describe().contains("sk-abc"));
        let body = br#"{"error":{"message":"slow down"}}"#;
        assert!(Failure::status(429, body).describe().contains("slow down"));
    }
}
