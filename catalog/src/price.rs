//! Prices: nano-dollars per million tokens, with the day they hold from.

use std::sync::OnceLock;

use crate::calendar::Hours;

/// What a model costs from one day on.
///
/// A cost can be computed again from three things the ledger keeps: `version` names this row,
/// the time of the request chooses the window in it, and the tokens of the prompt the tier.
/// Hence a row, once published, is never changed: a new price is a new row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Price {
    /// First day it holds, `YYYY-MM-DD`, UTC.
    pub from: String,
    /// The same as Unix milliseconds.
    pub from_ms: u64,
    /// Names this row in the ledger, such as `openai/gpt-4o-mini@2026-11-21`.
    pub version: String,
    /// Where the figures were read, and when.
    pub source: String,
    /// What holds where no tier and no window does.
    pub base: Rates,
    /// Dearer rates for long prompts, the shortest prompt first. A price has tiers or windows,
    /// never both.
    pub tiers: Vec<Tier>,
    /// Other rates at certain hours; no two share a time.
    pub windows: Vec<Window>,
    /// What a batch pays of every rate, in percent; None where the provider sells batches at no
    /// price of their own.
    pub batch_percent: Option<u8>,
}

/// The rates of a request whose prompt is longer than a limit: of all its tokens, not only of
/// those past the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tier {
    /// Applies to prompts of more tokens than this, cached ones counted in.
    pub above_prompt_tokens: u64,
    /// What then holds instead.
    pub rates: Rates,
}

/// The rates of a request that came at certain hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// When it is open.
    pub hours: Hours,
    /// What then holds instead.
    pub rates: Rates,
}

/// One rate per kind of token, nano-dollars per million. Each token is of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rates {
    /// Prompt tokens that no cache knew.
    pub input: u64,
    /// Prompt tokens read from the provider's cache.
    pub cache_read: u64,
    /// Prompt tokens written to the provider's cache for its usual time.
    pub cache_write: u64,
    /// Prompt tokens written to the provider's cache for longer: 1 hour at Anthropic and
    /// Moonshot, 12 hours at OpenAI.
    pub cache_write_long: u64,
    /// Tokens of the answer, reasoning left out.
    pub output: u64,
    /// Tokens of reasoning.
    pub reasoning: u64,
}

impl Price {
    /// The price of an answer from the tenant's own machine: nothing.
    pub fn local() -> &'static Price {
        static LOCAL: OnceLock<Price> = OnceLock::new();
        LOCAL.get_or_init(|| Price {
            from: "1970-01-01".into(),
            from_ms: 0,
            version: "local".into(),
            source: "runs on the tenant's own machine".into(),
            base: Rates::default(),
            tiers: Vec::new(),
            windows: Vec::new(),
            batch_percent: None,
        })
    }

    /// The rates for a prompt of `prompt_tokens`, cached tokens counted in, of a request that
    /// came at `at_ms`, Unix milliseconds.
    pub fn rates(&self, prompt_tokens: u64, at_ms: u64) -> Rates {
        let open = self.windows.iter().find(|w| w.hours.contains(at_ms));
        let passed = self
            .tiers
            .iter()
            .rev()
            .find(|tier| prompt_tokens > tier.above_prompt_tokens);
        let other = open.map(|w| w.rates).or(passed.map(|tier| tier.rates));
        other.unwrap_or(self.base)
    }
}

impl Rates {
    /// One figure to compare models by: three tokens in for each token out.
    pub fn blended(&self) -> u64 {
        self.input.saturating_mul(3).saturating_add(self.output) / 4
    }
}

/// Reads a decimal amount of dollars, such as `0.0075`, as nano-dollars, exactly.
///
/// None if it is not plain decimal notation, has more than nine decimal places, or is too large.
pub fn parse_usd(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || fraction.len() > 9 {
        return None;
    }
    let whole: u64 = whole.parse().ok()?;
    let nanos: u64 = format!("{fraction:0<9}").parse().ok()?;
    whole.checked_mul(1_000_000_000)?.checked_add(nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(rate: u64) -> Rates {
        Rates {
            input: rate,
            ..Rates::default()
        }
    }

    #[test]
    fn dollars_are_read_exactly() {
        assert_eq!(parse_usd("0.0075"), Some(7_500_000));
        assert_eq!(parse_usd("15"), Some(15_000_000_000));
        assert_eq!(parse_usd("0.000000001"), Some(1));
        assert_eq!(parse_usd("18446744073.709551615"), Some(u64::MAX));
        for bad in [
            "",
            ".",
            "1.",
            ".5",
            "-1",
            "+1",
            "1e3",
            "1.0000000001",
            "0x1",
            "1.-5",
        ] {
            assert_eq!(parse_usd(bad), None, "{bad}");
        }
        assert_eq!(parse_usd("18446744073.709551616"), None);
    }

    #[test]
    fn a_long_prompt_reprices_the_whole_request() {
        let tier = |above_prompt_tokens, rate| Tier {
            above_prompt_tokens,
            rates: input(rate),
        };
        let price = Price {
            base: input(10),
            tiers: vec![tier(100, 20), tier(200, 30)],
            ..Price::local().clone()
        };
        let rate = |prompt| price.rates(prompt, 0).input;
        assert_eq!(
            [rate(100), rate(101), rate(200), rate(201)],
            [10, 20, 20, 30]
        );
    }

    #[test]
    fn an_open_window_reprices_prompts_of_any_length() {
        let hours = Hours::parse("thu", "00:01", "00:02").expect("well formed");
        let price = Price {
            base: input(10),
            windows: vec![Window {
                hours,
                rates: input(20),
            }],
            ..Price::local().clone()
        };
        let rate = |at_ms| price.rates(1_000_000, at_ms).input;
        assert_eq!(
            [rate(59_999), rate(60_000), rate(119_999), rate(120_000)],
            [10, 20, 20, 10]
        );
    }
}
