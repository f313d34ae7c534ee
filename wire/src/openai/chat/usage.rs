//! Token counts in OpenAI's form, in which the totals include their parts.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::hub::Usage;

/// The `usage` object as providers send it.
#[derive(Debug, Default, Deserialize)]
struct UsageObject {
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
    prompt_tokens_details: Option<PromptDetails>,
    completion_tokens_details: Option<CompletionDetails>,
}

#[derive(Debug, Default, Deserialize)]
struct PromptDetails {
    cached_tokens: Option<u64>,
    cache_write_tokens: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
struct CompletionDetails {
    reasoning_tokens: Option<u64>,
}

/// Reads a `usage` object; none for anything else, `null` included.
pub(in crate::openai) fn read_usage(raw: &RawValue) -> Option<Usage> {
    let usage: UsageObject = serde_json::from_str::<Option<_>>(raw.get()).ok()??;
    let prompt = usage.prompt_tokens_details.unwrap_or_default();
    let cache_read = prompt.cached_tokens.unwrap_or(0);
    let cache_write = prompt.cache_write_tokens.unwrap_or(0);
    let details = usage.completion_tokens_details.unwrap_or_default();
    let total = usage.prompt_tokens.unwrap_or(0);
    Some(Usage {
        input: total.saturating_sub(cache_read).saturating_sub(cache_write),
        cache_read,
        cache_write,
        cache_write_long: 0,
        output: usage.completion_tokens.unwrap_or(0),
        reasoning: details.reasoning_tokens.unwrap_or(0),
    })
}

/// Writes a `usage` object with every field that clients look for.
pub(super) fn write_usage(usage: Usage) -> Value {
    let prompt = usage.prompt();
    json!({
        "prompt_tokens": prompt,
        "completion_tokens": usage.output,
        "total_tokens": prompt.saturating_add(usage.output),
        "prompt_tokens_details": {
            "cached_tokens": usage.cache_read,
            "cache_write_tokens": usage.cache_write.saturating_add(usage.cache_write_long),
            "audio_tokens": 0,
        },
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(json: &str) -> Option<Usage> {
        read_usage(serde_json::from_str(json).unwrap())
    }

    #[test]
    fn the_buckets_are_disjoint() {
        let usage = read(
            r#"{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11,"prompt_tokens_details":{"cached_tokens":4,"cache_write_tokens":3},"completion_tokens_details":{"reasoning_tokens":1}}"#,
        );
        let expected = Usage {
            input: 2,
            cache_read: 4,
            cache_write: 3,
            cache_write_long: 0,
            output: 2,
            reasoning: 1,
        };
        assert_eq!(usage, Some(expected));
    }

    #[test]
    fn what_is_missing_counts_nothing_and_what_is_no_usage_is_none() {
        assert_eq!(read("{}"), Some(Usage::default()));
        assert_eq!(
            read(r#"{"prompt_tokens":1,"prompt_tokens_details":null}"#).map(|u| u.input),
            Some(1)
        );
        for odd in ["null", "7", "[]", r#"{"prompt_tokens":-1}"#] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(input: u32, cache_read: u32, cache_write: u32, output: u32, reasoning: u32) {
            let usage = Usage {
                input: input.into(),
                cache_read: cache_read.into(),
                cache_write: cache_write.into(),
                cache_write_long: 0,
                output: output.into(),
                reasoning: reasoning.into(),
            };
            prop_assert_eq!(read(&write_usage(usage).to_string()), Some(usage));
        }
    }
}
