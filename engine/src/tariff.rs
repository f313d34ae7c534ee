//! How a model's tokens are paid for, and what is expected of a request before it is made.

use moecraft_catalog::{Class, Price, catalog};

use crate::money::{self, Billing, Usage};

/// The length of an answer of which nothing is known, tokens.
pub const USUAL_ANSWER: u32 = 400;
/// The answer's length that a reservation assumes where neither client nor catalogue sets a bound.
const LONGEST_ANSWER: u32 = 32_768;

/// How a model's tokens are paid for.
#[derive(Debug, Clone, Copy)]
pub struct Tariff {
    price: Option<&'static Price>,
    /// Whether the price is the model's own.
    known: bool,
    /// When the request came: some prices depend on the hour.
    at_ms: u64,
    billing: Billing,
    /// The longest answer the model gives, tokens.
    pub max_output_tokens: u32,
}

impl Tariff {
    /// The tariff of a model for a request that came at `at_ms`: its own price, nothing for a
    /// local one, and for a model that the catalogue does not know the dearest price there is, so
    /// that no cost is ever understated.
    pub fn of(model_id: &str, class: Class, at_ms: u64) -> Self {
        if class == Class::Local {
            return Self {
                price: Some(Price::local()),
                known: true,
                at_ms,
                billing: Billing::Standard,
                max_output_tokens: LONGEST_ANSWER,
            };
        }
        let known = catalog().model(model_id);
        match known.and_then(|model| model.price_at(at_ms).map(|price| (model, price))) {
            Some((model, price)) => Self {
                price: Some(price),
                known: true,
                at_ms,
                billing: Billing::Standard,
                max_output_tokens: model.max_output_tokens,
            },
            None => Self {
                price: baseline_price(at_ms),
                known: false,
                at_ms,
                billing: Billing::Standard,
                max_output_tokens: LONGEST_ANSWER,
            },
        }
    }

    /// What the ledger says the price was.
    pub fn version(&self) -> String {
        let price = self.price.map_or("", |price| &price.version);
        let unknown = if self.known { "" } else { "unpriced:" };
        let batch = match self.billing {
            Billing::Standard => "",
            Billing::Batch => ":batch",
        };
        format!("{unknown}{price}{batch}")
    }

    /// The same for a line of the provider's own batch; the ledger can tell by the version.
    #[must_use]
    pub const fn in_batch(self) -> Self {
        Self {
            billing: Billing::Batch,
            ..self
        }
    }

    /// What these tokens cost, nano-dollars.
    pub fn cost(&self, usage: &Usage) -> u64 {
        self.price.map_or(0, |price| {
            money::cost(price, usage, self.at_ms, self.billing)
        })
    }

    /// The most a request can cost: its prompt counted generously, each answer at full length. What
    /// goes in a batch may have to be asked for the ordinary way after all, at the full price.
    pub fn worst_case(&self, prompt_tokens: u32, max_output: Option<u32>, answers: u32) -> u64 {
        let prompt = u64::from(prompt_tokens) * 3 / 2 + 64;
        let answer = max_output.unwrap_or(u32::MAX).min(self.max_output_tokens);
        let output = u64::from(answer) * u64::from(answers);
        self.price.map_or(0, |price| {
            money::worst_case(price, prompt, output, self.at_ms, Billing::Standard)
        })
    }
}

/// The usage of a request of which an answer of this length is expected, tokens.
pub fn expecting(prompt_tokens: u32, answer_tokens: u32) -> Usage {
    Usage {
        input: prompt_tokens.into(),
        output: answer_tokens.into(),
        ..Usage::default()
    }
}

/// What these tokens would have cost at the baseline model for a request that came at `at_ms`,
/// nano-dollars.
pub fn baseline(usage: &Usage, at_ms: u64) -> u64 {
    baseline_price(at_ms).map_or(0, |price| {
        money::cost(price, usage, at_ms, Billing::Standard)
    })
}

fn baseline_price(at_ms: u64) -> Option<&'static Price> {
    catalog().baseline(at_ms)?.price_at(at_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_795_000_000_000;

    #[test]
    fn a_local_model_costs_nothing_and_saves_the_whole_baseline() {
        let tariff = Tariff::of("local/any", Class::Local, NOW);
        let usage = expecting(1000, USUAL_ANSWER);
        assert_eq!(tariff.cost(&usage), 0);
        assert!(baseline(&usage, NOW) > 0);
    }

    #[test]
    fn an_unknown_model_is_never_cheaper_than_a_known_one() {
        let usage = expecting(1000, USUAL_ANSWER);
        let unknown = Tariff::of("upstream/never-heard-of", Class::Opus, NOW).cost(&usage);
        assert_eq!(unknown, baseline(&usage, NOW));
    }

    #[test]
    fn the_worst_case_covers_every_way_a_prompt_can_be_paid_for() {
        let expected = expecting(1000, 300);
        let all_of_it = [
            expected,
            Usage {
                input: 0,
                cache_write: 1000,
                ..expected
            },
            Usage {
                input: 0,
                cache_write_long: 1000,
                ..expected
            },
            Usage {
                reasoning: expected.output,
                ..expected
            },
        ];
        for model in catalog().chat_models() {
            let tariff = Tariff::of(&model.id, model.class, NOW);
            for usage in &all_of_it {
                let worst = tariff.worst_case(1000, Some(300), 1);
                assert!(worst >= tariff.cost(usage), "{}", model.id);
            }
        }
    }

    #[test]
    fn a_line_of_a_batch_costs_half_and_says_so_but_holds_the_full_price() {
        let usage = expecting(1000, 300);
        let full = Tariff::of("anthropic/claude-haiku-4-5", Class::Haiku, NOW);
        let half = full.in_batch();
        assert_eq!(2 * half.cost(&usage), full.cost(&usage));
        assert_eq!(half.version(), format!("{}:batch", full.version()));
        let worst = |tariff: &Tariff| tariff.worst_case(1000, Some(300), 1);
        assert_eq!(worst(&half), worst(&full));
    }

    #[test]
    fn a_request_is_priced_by_the_hour_it_came_at() {
        const HOUR: u64 = 3_600_000;
        /// Monday 2026-11-23, 00:00 UTC.
        const MONDAY: u64 = 1_795_392_000_000;
        let cost = |hour: u64| {
            let tariff = Tariff::of(
                "deepseek/deepseek-v4-pro",
                Class::Sonnet,
                MONDAY + hour * HOUR,
            );
            (tariff.cost(&expecting(1000, 300)), tariff.version())
        };
        let ((night, version), (peak, same)) = (cost(0), cost(1));
        assert_eq!(peak, 2 * night);
        assert_eq!(version, same, "the row is one, the hour chooses within it");
    }
}
