//! Whether a session stays with the model that has its prompt in the cache.
//!
//! A provider charges a tenth or less for a prefix that its cache knows, for some minutes. A model
//! with a lower list price may so cost more than the one the session is with; and a model that is
//! changed between a tool call and its result loses its train of thought.

use moecraft_catalog::{Class, Model};

use super::outlay::Outlay;

/// The model that a session was answered by last, while its provider's cache still holds the
/// prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Warm<'a> {
    /// The catalogue id.
    pub model: &'a str,
    /// Tokens of the conversation that the cache holds.
    pub tokens: u32,
    /// Whether the request brings the results of that model's own calls.
    pub in_turn: bool,
}

/// Whether to stay with `warm` rather than to go on with `other`, which the router would choose for
/// a fresh session. It stays in the middle of a turn, and where it is able enough and, cache counted
/// in, no dearer.
pub(super) fn stays(warm: &Warm<'_>, model: &Model, other: &Model, outlay: &Outlay<'_>) -> bool {
    let able = rank(model.class) >= rank(other.class);
    let cost = |model: &Model, cached: u64| expected_cost(model, outlay, cached);
    warm.in_turn || able && cost(model, warm.tokens.into()) <= cost(other, 0)
}

/// Nano-dollars times a million, to compare by.
fn expected_cost(model: &Model, outlay: &Outlay<'_>, cached: u64) -> u128 {
    let prompt = u64::from(outlay.prompt_tokens);
    let cached = cached.min(prompt);
    let Some(price) = model.price_at(outlay.at_ms) else {
        return u128::MAX;
    };
    let rates = price.rates(prompt, outlay.at_ms);
    let answer = outlay.lengths.of(model.class);
    let parts = [
        (cached, rates.cache_read),
        (prompt - cached, rates.input),
        (answer.into(), rates.output),
    ];
    let cost = parts.map(|(tokens, rate)| u128::from(tokens) * u128::from(rate));
    cost.into_iter().sum()
}

fn rank(class: Class) -> u8 {
    match class {
        Class::Local | Class::Surrogate => 0,
        Class::Haiku => 1,
        Class::Sonnet => 2,
        Class::Opus => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::Paces;
    use crate::router::{Bounds, Lengths};
    use moecraft_catalog::catalog;

    /// 2026-11-22: the prices of the research are in force.
    const AT: u64 = 1_795_305_600_000;

    fn stay(warm: &str, tokens: u32, in_turn: bool, other: &str, prompt: u32) -> bool {
        let paces = Paces::new();
        let outlay = Outlay {
            prompt_tokens: prompt,
            lengths: Lengths::default(),
            paces: &paces,
            bounds: Bounds::default(),
            at_ms: AT,
        };
        let warm = Warm {
            model: warm,
            tokens,
            in_turn,
        };
        let model = |id| catalog().model(id).unwrap();
        stays(&warm, model(warm.model), model(other), &outlay)
    }

    const SONNET: &str = "anthropic/claude-sonnet-5-5";
    const HAIKU: &str = "anthropic/claude-haiku-5-5";
    const OPUS: &str = "anthropic/claude-opus-5-5";

    #[test]
    fn a_long_warm_session_stays_and_a_short_cold_one_goes() {
        // A warm read at sonnet's costs what fresh input costs at haiku's: only the answer differs.
        assert!(!stay(SONNET, 50_000, false, HAIKU, 50_000));
        assert!(stay(OPUS, 50_000, false, SONNET, 50_500));
        assert!(!stay(OPUS, 0, false, SONNET, 50_500));
    }

    #[test]
    fn a_model_that_is_not_able_enough_is_left_unless_its_calls_are_out() {
        assert!(!stay(HAIKU, 50_000, false, OPUS, 50_000));
        assert!(stay(HAIKU, 50_000, true, OPUS, 50_000));
    }
}
