//! From token counts to the ledger's: what a provider reports, and what is counted here.

use moecraft_engine::money::Usage;
pub use moecraft_engine::tariff::{Tariff, baseline};
use moecraft_engine::tokens::{Classes, Vocabulary};
use moecraft_wire::hub;

/// The tokens that a provider reports, as the ledger keeps them.
pub fn usage(told: &hub::Usage) -> Usage {
    Usage {
        input: told.input,
        cache_read: told.cache_read,
        cache_write: told.cache_write,
        cache_write_long: told.cache_write_long,
        output: told.output,
        reasoning: told.reasoning,
    }
}

/// The same figures as a provider tells them.
pub fn as_told(usage: &Usage) -> hub::Usage {
    hub::Usage {
        input: usage.input,
        cache_read: usage.cache_read,
        cache_write: usage.cache_write,
        cache_write_long: usage.cache_write_long,
        output: usage.output,
        reasoning: usage.reasoning,
    }
}

/// The usage counted here, when the provider's figures never came; the answer's text in the vocabulary
/// of the model that gave it.
pub fn counted(prompt_tokens: u32, text: &str, model: &str) -> Usage {
    Usage {
        input: prompt_tokens.into(),
        output: Classes::of(text).tokens(Vocabulary::of_model(model)).into(),
        ..Usage::default()
    }
}

/// The usage of a request from which so many tokens were left out, had they been sent: held by the
/// prompt cache as far as the rest was.
pub fn unspared(usage: &Usage, spared: u32) -> Usage {
    let spared = u64::from(spared);
    let prompt = u128::from(usage.prompt().max(1));
    let cached = u128::from(spared) * u128::from(usage.cache_read) / prompt;
    let cached = u64::try_from(cached).unwrap_or(spared).min(spared);
    Usage {
        cache_read: usage.cache_read.saturating_add(cached),
        input: usage.input.saturating_add(spared - cached),
        ..*usage
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_out_would_have_been_cached_as_far_as_the_rest() {
        let usage = Usage {
            input: 10,
            cache_read: 90,
            output: 5,
            ..Usage::default()
        };
        let whole = unspared(&usage, 20);
        assert_eq!((whole.input, whole.cache_read, whole.output), (12, 108, 5));
        assert_eq!(unspared(&usage, 0), usage);
        let nothing = unspared(&Usage::default(), 7);
        assert_eq!(nothing.input, 7);
    }
}
