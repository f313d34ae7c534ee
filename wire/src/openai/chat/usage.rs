//! Token counts in OpenAI's form, in which the totals include their parts.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::hub::Usage;
use crate::openai::prompt_tokens::PromptDetails;

/// The `usage` object as providers send it.
#[derive(Debug, Default, Deserialize)]
struct UsageObject {
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
    total_tokens: Option<u64>,
    prompt_tokens_details: Option<PromptDetails>,
    completion_tokens_details: Option<CompletionDetails>,
    /// Moonshot's place for what the cache knew.
    cached_tokens: Option<u64>,
    /// DeepSeek's place for it.
    prompt_cache_hit_tokens: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
struct CompletionDetails {
    reasoning_tokens: Option<u64>,
}

/// Reads a `usage` object; none for anything else, `null` included.
pub(in crate::openai) fn read_usage(raw: &RawValue) -> Option<Usage> {
    let usage: UsageObject = serde_json::from_str::<Option<_>>(raw.get()).ok()??;
    let mut prompt = usage.prompt_tokens_details.unwrap_or_default();
    prompt.cached_tokens = prompt
        .cached_tokens
        .max(usage.cached_tokens)
        .max(usage.prompt_cache_hit_tokens);
    let details = usage.completion_tokens_details.unwrap_or_default();
    // At xAI and Gemini the completion excludes the reasoning, and only the total tells of it.
    let beyond_prompt = usage
        .total_tokens
        .zip(usage.prompt_tokens)
        .map(|(total, prompt)| total.saturating_sub(prompt));
    Some(Usage {
        output: usage.completion_tokens.max(beyond_prompt).unwrap_or(0),
        reasoning: details.reasoning_tokens.unwrap_or(0),
        ..prompt.buckets(usage.prompt_tokens.unwrap_or(0))
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
            "cache_write_tokens_details": {
                "ttl_30m_tokens": usage.cache_write,
                "ttl_12h_tokens": usage.cache_write_long,
            },
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

    #[test]
    fn reasoning_beside_the_completion_is_part_of_the_output() {
        let usage = read(
            r#"{"prompt_tokens":30,"completion_tokens":9,"total_tokens":133,"completion_tokens_details":{"reasoning_tokens":94}}"#,
        );
        assert_eq!(usage.map(|u| (u.output, u.reasoning)), Some((103, 94)));
        let within = read(r#"{"prompt_tokens":30,"completion_tokens":9,"total_tokens":20}"#);
        assert_eq!(within.map(|u| u.output), Some(9));
        let promptless = read(r#"{"completion_tokens":9,"total_tokens":39}"#);
        assert_eq!(promptless.map(|u| u.output), Some(9));
    }

    #[test]
    fn what_the_cache_knew_is_found_where_moonshot_and_deepseek_tell_it() {
        for told in [
            r#""cached_tokens":90"#,
            r#""prompt_cache_hit_tokens":90,"prompt_cache_miss_tokens":10"#,
            r#""cached_tokens":90,"prompt_tokens_details":{"cached_tokens":0}"#,
        ] {
            let json = format!(r#"{{"prompt_tokens":100,"completion_tokens":9,{told}}}"#);
            let usage = read(&json).unwrap();
            assert_eq!((usage.input, usage.cache_read), (10, 90), "{told}");
        }
    }

    #[test]
    fn what_is_cached_for_long_is_told_apart() {
        let usage = read(
            r#"{"prompt_tokens":10,"prompt_tokens_details":{"cache_write_tokens":7,"cache_write_tokens_details":{"ttl_12h_tokens":4}}}"#,
        )
        .unwrap();
        let buckets = (usage.input, usage.cache_write, usage.cache_write_long);
        assert_eq!(buckets, (3, 3, 4));
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(input: u32, cache_read: u32, cache_write: u32, cache_write_long: u32, output: u32, reasoning: u32) {
            let usage = Usage {
                input: input.into(),
                cache_read: cache_read.into(),
                cache_write: cache_write.into(),
                cache_write_long: cache_write_long.into(),
                output: output.into(),
                reasoning: reasoning.into(),
            };
            prop_assert_eq!(read(&write_usage(usage).to_string()), Some(usage));
        }
    }
}
