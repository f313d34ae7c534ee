//! The parts of a prompt's tokens, in the form that Chat and Responses share.

use serde::Deserialize;

use crate::hub::Usage;

/// What a total of prompt tokens holds; what is not told is none.
#[derive(Debug, Default, Deserialize)]
pub(in crate::openai) struct PromptDetails {
    pub(in crate::openai) cached_tokens: Option<u64>,
    cache_write_tokens: Option<u64>,
    cache_write_tokens_details: Option<WriteDetails>,
}

#[derive(Debug, Default, Deserialize)]
struct WriteDetails {
    ttl_30m_tokens: Option<u64>,
    ttl_12h_tokens: Option<u64>,
}

impl PromptDetails {
    /// The buckets of a prompt of this many tokens. They add up to it: each takes at most what the
    /// others left.
    pub(in crate::openai) fn buckets(self, total: u64) -> Usage {
        let times = self.cache_write_tokens_details.unwrap_or_default();
        let long = times.ttl_12h_tokens.unwrap_or(0);
        let usual = times.ttl_30m_tokens.unwrap_or(0);
        let written = self
            .cache_write_tokens
            .unwrap_or_else(|| usual.saturating_add(long));
        let cache_read = self.cached_tokens.unwrap_or(0).min(total);
        let written = written.min(total - cache_read);
        let cache_write_long = long.min(written);
        Usage {
            input: total - cache_read - written,
            cache_read,
            cache_write: written - cache_write_long,
            cache_write_long,
            ..Usage::default()
        }
    }
}
