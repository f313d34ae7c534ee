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

/// The usage counted here, when the provider's figures never came; the answer's text in the vocabulary
/// of the model that gave it.
pub fn counted(prompt_tokens: u32, text: &str, model: &str) -> Usage {
    Usage {
        input: prompt_tokens.into(),
        output: Classes::of(text).tokens(Vocabulary::of_model(model)).into(),
        ..Usage::default()
    }
}
