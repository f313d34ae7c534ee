//! From token counts to money: what a call reserves, what it cost, what it saved.

use moecraft_catalog::{Class, Price, catalog};
use moecraft_engine::money::{self, Usage};
use moecraft_engine::tokens;
use moecraft_wire::openai::TokenCounts;

/// The answer's length that an estimate assumes where the client set no bound, tokens.
const USUAL_ANSWER: u32 = 400;
/// The answer's length that a reservation assumes where neither client nor catalogue sets a bound.
const LONGEST_ANSWER: u32 = 32_768;

/// How a model's tokens are paid for.
#[derive(Debug, Clone)]
pub struct Tariff {
    price: Option<Price>,
    /// What the ledger says the price was.
    pub version: String,
    /// The longest answer the model gives, tokens.
    pub max_output_tokens: u32,
}

impl Tariff {
    /// The tariff of a model: its own price, nothing for a local one, and for a model that the
    /// catalogue does not know the dearest price there is, so that no cost is ever understated.
    pub fn of(model_id: &str, class: Class, now: u64) -> Self {
        if class == Class::Local {
            return Self {
                price: Some(Price::local().clone()),
                version: Price::local().version.clone(),
                max_output_tokens: LONGEST_ANSWER,
            };
        }
        let known = catalog().model(model_id);
        match known.and_then(|model| model.price_at(now).map(|price| (model, price))) {
            Some((model, price)) => Self {
                price: Some(price.clone()),
                version: price.version.clone(),
                max_output_tokens: model.max_output_tokens,
            },
            None => {
                let price = baseline_price(now);
                Self {
                    version: format!("unpriced:{}", price.as_ref().map_or("", |p| &p.version)),
                    price,
                    max_output_tokens: LONGEST_ANSWER,
                }
            }
        }
    }

    /// What these tokens cost, nano-dollars.
    pub fn cost(&self, usage: &Usage) -> u64 {
        self.price
            .as_ref()
            .map_or(0, |price| money::cost(price, usage))
    }

    /// The most a request can cost: its prompt counted generously, each answer at full length.
    pub fn worst_case(&self, prompt_tokens: u32, max_output: Option<u32>, answers: u32) -> u64 {
        let input = u64::from(prompt_tokens) * 3 / 2 + 64;
        let output = max_output.unwrap_or(u32::MAX).min(self.max_output_tokens);
        self.cost(&Usage {
            // The dearest bucket a prompt token can fall into is the one written to a cache.
            cache_write: input,
            output: u64::from(output) * u64::from(answers),
            ..Usage::default()
        })
    }
}

/// The usage that is expected of a request before it is made.
pub fn expected(prompt_tokens: u32, max_output: Option<u32>) -> Usage {
    Usage {
        input: prompt_tokens.into(),
        output: max_output.unwrap_or(USUAL_ANSWER).min(USUAL_ANSWER).into(),
        ..Usage::default()
    }
}

/// What these tokens would have cost at the baseline model, nano-dollars.
pub fn baseline(usage: &Usage, now: u64) -> u64 {
    baseline_price(now).map_or(0, |price| money::cost(&price, usage))
}

fn baseline_price(now: u64) -> Option<Price> {
    catalog().baseline(now)?.price_at(now).cloned()
}

/// OpenAI's counts, whose totals include their parts, as disjoint buckets.
pub fn usage(counts: &TokenCounts) -> Usage {
    Usage {
        input: counts
            .prompt
            .saturating_sub(counts.cached)
            .saturating_sub(counts.cache_write),
        cache_read: counts.cached,
        cache_write: counts.cache_write,
        output: counts.completion,
        reasoning: counts.reasoning,
    }
}

/// The usage counted here, when the provider's figures never came.
pub fn counted(prompt_tokens: u32, text: &str) -> Usage {
    Usage {
        input: prompt_tokens.into(),
        output: tokens::estimate(text).into(),
        ..Usage::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_795_000_000_000;

    #[test]
    fn included_parts_become_disjoint_buckets() {
        let counts = TokenCounts {
            prompt: 100,
            cached: 60,
            cache_write: 10,
            completion: 20,
            reasoning: 5,
        };
        let usage = usage(&counts);
        assert_eq!((usage.input, usage.prompt()), (30, 100));
        assert_eq!(usage.output, 20);
    }

    #[test]
    fn a_local_model_costs_nothing_and_saves_the_whole_baseline() {
        let tariff = Tariff::of("local/any", Class::Local, NOW);
        let usage = counted(1000, "a short answer");
        assert_eq!(tariff.cost(&usage), 0);
        assert!(baseline(&usage, NOW) > 0);
    }

    #[test]
    fn an_unknown_model_is_never_cheaper_than_a_known_one() {
        let usage = expected(1000, None);
        let unknown = Tariff::of("upstream/never-heard-of", Class::Opus, NOW).cost(&usage);
        assert_eq!(unknown, baseline(&usage, NOW));
    }

    #[test]
    fn the_worst_case_covers_the_expected_one() {
        for model in &catalog().models {
            let tariff = Tariff::of(&model.id, model.class, NOW);
            assert!(
                tariff.worst_case(1000, None, 1) >= tariff.cost(&expected(1000, None)),
                "{}",
                model.id
            );
        }
    }
}
