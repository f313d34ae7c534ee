//! Prices: nano-dollars per million tokens, with the day they hold from.

use std::sync::OnceLock;

/// What a model costs from one day on. All amounts are nano-dollars per million tokens.
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
    /// Prompt tokens that no cache knew.
    pub input: u64,
    /// Prompt tokens read from the provider's cache.
    pub cache_read: u64,
    /// Prompt tokens written to the provider's cache.
    pub cache_write: u64,
    /// Tokens of the answer, reasoning included.
    pub output: u64,
    /// Dearer rates for long prompts, the shortest prompt first.
    pub tiers: Vec<Tier>,
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

/// One rate per kind of token, nano-dollars per million.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    /// Prompt tokens that no cache knew.
    pub input: u64,
    /// Prompt tokens read from the provider's cache.
    pub cache_read: u64,
    /// Prompt tokens written to the provider's cache.
    pub cache_write: u64,
    /// Tokens of the answer.
    pub output: u64,
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
            input: 0,
            cache_read: 0,
            cache_write: 0,
            output: 0,
            tiers: Vec::new(),
        })
    }

    /// The rates for a prompt of `prompt_tokens`, cached tokens counted in.
    pub fn rates(&self, prompt_tokens: u64) -> Rates {
        let base = Rates {
            input: self.input,
            cache_read: self.cache_read,
            cache_write: self.cache_write,
            output: self.output,
        };
        let passed = self
            .tiers
            .iter()
            .rev()
            .find(|tier| prompt_tokens > tier.above_prompt_tokens);
        passed.map_or(base, |tier| tier.rates)
    }

    /// One figure to compare models by: three tokens in for each token out.
    pub fn blended(&self) -> u64 {
        self.input.saturating_mul(3).saturating_add(self.output) / 4
    }
}

/// Reads a decimal amount of dollars, such as `0.0075`, as nano-dollars, exactly.
///
/// None if it is not plain decimal notation, has more than nine decimal places, or is too large.
pub(crate) fn parse_usd(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || fraction.len() > 9 {
        return None;
    }
    let whole: u64 = whole.parse().ok()?;
    let nanos: u64 = format!("{fraction:0<9}").parse().ok()?;
    whole.checked_mul(1_000_000_000)?.checked_add(nanos)
}

/// Reads `YYYY-MM-DD` as Unix milliseconds of its first instant, UTC; years 1970 to 9999.
pub(crate) fn parse_day(text: &str) -> Option<u64> {
    let mut parts = text.split('-');
    let mut part = |width: usize| {
        let part = parts.next()?;
        let plain = part.len() == width && part.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| part.parse::<u64>().ok()).flatten()
    };
    let (year, month, day) = (part(4)?, part(2)?, part(2)?);
    if parts.next().is_some() || year < 1970 {
        return None;
    }
    let leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let february = if leap(year) { 29 } else { 28 };
    let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let index = usize::try_from(month.checked_sub(1)?).ok()?;
    let length = *lengths.get(index)?;
    if day == 0 || day > length {
        return None;
    }
    let days_of_years: u64 = (1970..year).map(|y| if leap(y) { 366 } else { 365 }).sum();
    let days_of_months: u64 = lengths.iter().take(index).sum();
    Some((days_of_years + days_of_months + day - 1) * 86_400_000)
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn days_are_counted_by_the_gregorian_calendar() {
        assert_eq!(parse_day("1970-01-01"), Some(0));
        assert_eq!(parse_day("2000-03-01"), Some(951_868_800_000));
        assert_eq!(parse_day("2026-11-21"), Some(1_795_219_200_000));
        for bad in [
            "2026-02-29",
            "2026-13-01",
            "2026-00-10",
            "2026-11-31",
            "26-11-21",
            "2026-11",
        ] {
            assert_eq!(parse_day(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_long_prompt_reprices_the_whole_request() {
        let rates = |input| Rates {
            input,
            cache_read: 1,
            cache_write: 1,
            output: 1,
        };
        let price = Price {
            input: 10,
            tiers: vec![
                Tier {
                    above_prompt_tokens: 100,
                    rates: rates(20),
                },
                Tier {
                    above_prompt_tokens: 200,
                    rates: rates(30),
                },
            ],
            ..Price::local().clone()
        };
        let input = |prompt| price.rates(prompt).input;
        assert_eq!(
            [input(100), input(101), input(200), input(201)],
            [10, 20, 20, 30]
        );
    }
}
