//! The models that a body names beside the one it is for: some upstreams fall over to those by
//! themselves, or ask them for a part of the work.

use moecraft_catalog::{Trust, catalog, trust_of_name};
use moecraft_engine::guard::Policy;
use moecraft_engine::router::least;
use moecraft_wire::Members;
use serde_json::Value;

/// Fields in which upstreams take a list of further models.
const FURTHER_MODELS: [&str; 3] = ["models", "fallbacks", "fallback_models"];

/// The fields of OpenAI's Chat Completions, Responses, Completions and Embeddings and of Anthropic's
/// Messages, as their references list them. None of them names a further model; what else an upstream
/// takes of itself (presets, plugins, options of a router) may.
const COMMON: [&str; 66] = [
    "audio",
    "background",
    "best_of",
    "cache_control",
    "container",
    "context_management",
    "conversation",
    "dimensions",
    "echo",
    "encoding_format",
    "frequency_penalty",
    "function_call",
    "functions",
    "include",
    "inference_geo",
    "input",
    "instructions",
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "max_output_tokens",
    "max_tokens",
    "max_tool_calls",
    "mcp_servers",
    "messages",
    "metadata",
    "min_p",
    "modalities",
    "model",
    "n",
    "output_config",
    "output_format",
    "parallel_tool_calls",
    "prediction",
    "presence_penalty",
    "previous_response_id",
    "prompt",
    "prompt_cache_key",
    "prompt_cache_retention",
    "reasoning",
    "reasoning_effort",
    "repetition_penalty",
    "response_format",
    "safety_identifier",
    "seed",
    "service_tier",
    "speed",
    "stop",
    "stop_sequences",
    "store",
    "stream",
    "stream_options",
    "suffix",
    "system",
    "temperature",
    "text",
    "thinking",
    "tool_choice",
    "tools",
    "top_k",
    "top_logprobs",
    "top_p",
    "truncation",
    "user",
    "verbosity",
    "web_search_options",
];

/// The trust of a model by the name that a client writes: that of the catalogue, or of its family.
pub fn trust_of(name: &str) -> Trust {
    let listed = catalog()
        .model(name)
        .or_else(|| catalog().by_upstream_name(name));
    listed.map_or_else(|| trust_of_name(name), |model| model.trust)
}

/// The least trust of the further models that a body names, under a tenant's policy. What is no list
/// of names is trusted with nothing.
pub fn further_models(members: Option<&Members<'_>>, policy: &Policy) -> Trust {
    let Some(members) = members else {
        return Trust::Untrusted;
    };
    let named = FURTHER_MODELS.iter().flat_map(|field| members.all(field));
    named
        .map(|value| match serde_json::from_str(value) {
            Ok(Value::Null) => Trust::Trusted,
            Ok(Value::Array(names)) => names
                .iter()
                .map(|name| {
                    name.as_str()
                        .map_or(Trust::Untrusted, |name| under(policy, name))
                })
                .fold(Trust::Trusted, least),
            _ => Trust::Untrusted,
        })
        .fold(Trust::Trusted, least)
}

fn under(policy: &Policy, name: &str) -> Trust {
    let id = catalog()
        .by_upstream_name(name)
        .map(|model| model.id.as_str());
    let is_distrusted = |model: &String| model == name || Some(model.as_str()) == id;
    match policy.distrusted.iter().any(is_distrusted) {
        true => Trust::Untrusted,
        false => trust_of(name),
    }
}

/// The trust that a general upstream has at most with a body: none where the body has a field of the
/// upstream's own, which may name further models.
pub fn trust_at_general(members: Option<&Members<'_>>) -> Trust {
    let is_known = |name: &str| COMMON.contains(&name) || FURTHER_MODELS.contains(&name);
    match members.is_some_and(|members| members.names().all(is_known)) {
        true => Trust::Trusted,
        false => Trust::Untrusted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with<T>(more: &str, of: impl Fn(Option<&Members<'_>>) -> T) -> T {
        let body = format!("{{\"model\":\"gpt-4o-mini\"{more}}}");
        of(Members::of(body.as_bytes()).as_ref())
    }

    #[test]
    fn the_models_that_a_body_names_beside_count_by_the_least_trusted() {
        let policy = Policy::default();
        let of = |more: &str| with(more, |members| further_models(members, &policy));
        assert_eq!(of(""), Trust::Trusted);
        assert_eq!(of(r#","models":["gpt-4o-mini"]"#), Trust::Trusted);
        for untrusted in [
            r#","models":["gpt-4o-mini","deepseek/deepseek-chat"]"#,
            r#","fallbacks":["never-heard-of"]"#,
            r#","fallback_models":[{"model":"gpt-4o-mini"}]"#,
            r#","models":"gpt-4o-mini""#,
            r#","models":[],"models":["never-heard-of"]"#,
        ] {
            assert_eq!(of(untrusted), Trust::Untrusted, "{untrusted}");
        }
        assert_eq!(further_models(None, &policy), Trust::Untrusted);
    }

    #[test]
    fn whom_the_tenant_distrusts_is_not_trusted_beside_another() {
        let policy = Policy {
            distrusted: vec!["openai/gpt-4o-mini".to_owned()],
            ..Policy::default()
        };
        for name in ["openai/gpt-4o-mini", "gpt-4o-mini"] {
            let more = format!(",\"models\":[\"{name}\"]");
            let trust = with(&more, |members| further_models(members, &policy));
            assert_eq!(trust, Trust::Untrusted, "{name}");
        }
    }

    #[test]
    fn a_general_upstream_is_trusted_with_fields_that_everybody_has() {
        let of = |more: &str| with(more, trust_at_general);
        assert_eq!(
            of(r#","messages":[],"top_p":1,"models":[]"#),
            Trust::Trusted
        );
        for own in [
            r#","preset":"@p/q""#,
            r#","context_window_fallbacks":[]"#,
            r#","providerOptions":{"gateway":{"models":["x"]}}"#,
            r#","plugins":[{"id":"fusion"}]"#,
            r#","Models":["x"]"#,
        ] {
            assert_eq!(of(own), Trust::Untrusted, "{own}");
        }
    }
}
