//! Money: integer nano-dollars, computed exactly and rounded once.

use moecraft_catalog::{Price, Rates};
use serde::{Deserialize, Serialize};

/// Prices are per this many tokens.
const PRICED_TOKENS: u128 = 1_000_000;
/// Nano-dollars in a dollar.
const NANOS: u64 = 1_000_000_000;

/// Tokens of one request, in disjoint buckets: each token is in exactly one of the first five.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// Prompt tokens that no cache knew.
    pub input: u64,
    /// Prompt tokens read from the provider's cache.
    pub cache_read: u64,
    /// Prompt tokens written to the provider's cache for its usual time.
    pub cache_write: u64,
    /// Prompt tokens written to the provider's cache for longer.
    pub cache_write_long: u64,
    /// Tokens of the answer, reasoning included.
    pub output: u64,
    /// How many of `output` were reasoning.
    pub reasoning: u64,
}

impl Usage {
    /// All tokens of the prompt, cached or not.
    pub fn prompt(&self) -> u64 {
        self.input
            .saturating_add(self.cache_read)
            .saturating_add(self.cache_write)
            .saturating_add(self.cache_write_long)
    }
}

/// On which terms a request was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Billing {
    /// Answered at once.
    Standard,
    /// As a line of a provider's batch. It pays the standard rates where the provider has no
    /// price for batches.
    Batch,
}

/// What `usage` costs at `price`, in nano-dollars, for a request that came at `at_ms`, Unix
/// milliseconds.
///
/// The sum is exact and rounded up once, so that a paid call never counts as free. A sum that
/// does not fit becomes `u64::MAX`.
pub fn cost(price: &Price, usage: &Usage, at_ms: u64, billing: Billing) -> u64 {
    let rates = price.rates(usage.prompt(), at_ms);
    let reasoning = usage.reasoning.min(usage.output);
    let buckets = [
        (usage.input, rates.input),
        (usage.cache_read, rates.cache_read),
        (usage.cache_write, rates.cache_write),
        (usage.cache_write_long, rates.cache_write_long),
        (usage.output - reasoning, rates.output),
        (reasoning, rates.reasoning),
    ];
    sum(&buckets, percent(price, billing))
}

/// The most that a prompt of `prompt` tokens and `output` tokens of answers can cost, whichever
/// buckets they fall into; terms and rounding as of [`cost`].
pub fn worst_case(price: &Price, prompt: u64, output: u64, at_ms: u64, billing: Billing) -> u64 {
    let Rates {
        input,
        cache_read,
        cache_write,
        cache_write_long,
        output: answer,
        reasoning,
    } = price.rates(prompt, at_ms);
    let dearest = input.max(cache_read).max(cache_write).max(cache_write_long);
    let buckets = [(prompt, dearest), (output, answer.max(reasoning))];
    sum(&buckets, percent(price, billing))
}

fn percent(price: &Price, billing: Billing) -> u8 {
    match billing {
        Billing::Standard => 100,
        Billing::Batch => price.batch_percent.unwrap_or(100),
    }
}

/// So many percent of the price of tokens at their rates.
fn sum(buckets: &[(u64, u64)], percent: u8) -> u64 {
    let full = buckets.iter().fold(0_u128, |sum, &(tokens, rate)| {
        sum.saturating_add(u128::from(tokens) * u128::from(rate))
    });
    let total = full.saturating_mul(percent.into());
    u64::try_from(total.div_ceil(100 * PRICED_TOKENS)).unwrap_or(u64::MAX)
}

/// Dollars as an exact decimal without needless zeros: `0.00021`.
pub fn format_usd(nanos: u64) -> String {
    let text = format!("{}.{:09}", nanos / NANOS, nanos % NANOS);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests;
