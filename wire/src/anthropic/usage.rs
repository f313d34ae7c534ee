//! Token counts as Anthropic tells them.
//!
//! What is read from a cache or written to it stands beside `input_tokens`, not within. In a stream
//! the counts come in parts, and a later one takes the place of an earlier: none is added.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::hub::Usage;

/// Counts as they are told; what is not told is none.
#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(default)]
pub(super) struct RawUsage {
    input_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    cache_creation: Option<CacheCreation>,
    output_tokens: Option<u64>,
    output_tokens_details: Option<OutputDetails>,
}

#[derive(Debug, Default, Clone, Copy, Deserialize, Serialize)]
#[serde(default)]
struct CacheCreation {
    ephemeral_5m_input_tokens: u64,
    ephemeral_1h_input_tokens: u64,
}

#[derive(Debug, Default, Clone, Copy, Deserialize, Serialize)]
#[serde(default)]
struct OutputDetails {
    thinking_tokens: u64,
}

impl RawUsage {
    /// Reads counts. Those in an unknown form are none: an answer is not lost over its bill.
    pub(super) fn of(raw: Option<&RawValue>) -> Self {
        let read = raw.map(|raw| serde_json::from_str::<Option<Self>>(raw.get()));
        read.and_then(Result::ok).flatten().unwrap_or_default()
    }

    /// Takes later counts over.
    pub(super) fn update(&mut self, later: Self) {
        self.input_tokens = later.input_tokens.or(self.input_tokens);
        self.cache_creation_input_tokens = later
            .cache_creation_input_tokens
            .or(self.cache_creation_input_tokens);
        self.cache_read_input_tokens = later
            .cache_read_input_tokens
            .or(self.cache_read_input_tokens);
        self.cache_creation = later.cache_creation.or(self.cache_creation);
        self.output_tokens = later.output_tokens.or(self.output_tokens);
        self.output_tokens_details = later.output_tokens_details.or(self.output_tokens_details);
    }

    /// The counts in the hub's buckets, where there are any.
    pub(super) fn usage(&self) -> Option<Usage> {
        self.input_tokens.or(self.output_tokens)?;
        let written = self.cache_creation.unwrap_or_default();
        let long = written.ephemeral_1h_input_tokens;
        let short = match self.cache_creation_input_tokens {
            Some(all) => all.saturating_sub(long),
            None => written.ephemeral_5m_input_tokens,
        };
        Some(Usage {
            input: self.input_tokens.unwrap_or_default(),
            cache_read: self.cache_read_input_tokens.unwrap_or_default(),
            cache_write: short,
            cache_write_long: long,
            output: self.output_tokens.unwrap_or_default(),
            reasoning: self
                .output_tokens_details
                .unwrap_or_default()
                .thinking_tokens,
        })
    }
}

/// Counts as a client wants them: every field, always.
#[derive(Debug, Serialize)]
pub(super) struct OutUsage {
    input_tokens: u64,
    cache_creation_input_tokens: u64,
    cache_read_input_tokens: u64,
    cache_creation: CacheCreation,
    output_tokens: u64,
    output_tokens_details: OutputDetails,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_tier: Option<&'static str>,
}

impl OutUsage {
    /// The counts of a message.
    pub(super) fn of_message(usage: Usage) -> Self {
        Self {
            service_tier: Some("standard"),
            ..Self::at_end(usage)
        }
    }

    /// The counts at the end of a stream.
    pub(super) fn at_end(usage: Usage) -> Self {
        Self {
            input_tokens: usage.input,
            cache_creation_input_tokens: usage.cache_write.saturating_add(usage.cache_write_long),
            cache_read_input_tokens: usage.cache_read,
            cache_creation: CacheCreation {
                ephemeral_5m_input_tokens: usage.cache_write,
                ephemeral_1h_input_tokens: usage.cache_write_long,
            },
            output_tokens: usage.output,
            output_tokens_details: OutputDetails {
                thinking_tokens: usage.reasoning,
            },
            service_tier: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> RawUsage {
        RawUsage::of(Some(serde_json::from_str(json).unwrap()))
    }

    #[test]
    fn cached_tokens_stand_beside_the_input_and_are_counted_once() {
        let raw = read(
            r#"{"input_tokens":10,"cache_creation_input_tokens":300,"cache_read_input_tokens":50,
            "cache_creation":{"ephemeral_5m_input_tokens":100,"ephemeral_1h_input_tokens":200},
            "output_tokens":7,"output_tokens_details":{"thinking_tokens":3}}"#,
        );
        let usage = raw.usage().unwrap();
        let expected = Usage {
            input: 10,
            cache_read: 50,
            cache_write: 100,
            cache_write_long: 200,
            output: 7,
            reasoning: 3,
        };
        assert_eq!(usage, expected);
        assert_eq!(usage.prompt(), 360);
    }

    #[test]
    fn later_counts_take_the_place_of_earlier_ones() {
        let mut raw = read(r#"{"input_tokens":10,"cache_read_input_tokens":50,"output_tokens":1}"#);
        raw.update(read(r#"{"output_tokens":40}"#));
        raw.update(read(r#"{"input_tokens":12,"output_tokens":41}"#));
        let usage = raw.usage().unwrap();
        assert_eq!((usage.input, usage.cache_read, usage.output), (12, 50, 41));
    }

    #[test]
    fn counts_that_are_missing_or_odd_are_none() {
        for odd in ["null", "{}", "[]", r#"{"input_tokens":"many"}"#] {
            assert_eq!(read(odd).usage(), None, "{odd}");
        }
        assert_eq!(RawUsage::of(None).usage(), None);
    }

    #[test]
    fn counts_come_back_as_they_were_written() {
        let usage = Usage {
            input: 1,
            cache_read: 2,
            cache_write: 3,
            cache_write_long: 4,
            output: 5,
            reasoning: 6,
        };
        let json = serde_json::to_string(&OutUsage::of_message(usage)).unwrap();
        assert_eq!(read(&json).usage(), Some(usage));
    }
}
