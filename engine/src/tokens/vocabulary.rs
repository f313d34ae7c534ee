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
            Self::O200k => &[
                969, 66, 188, 1026, 84, 104, 311, 0, 1014, 666, 1101, 0, 750, 17, 538, 1365, 39,
                818, 472, 173, 256, 727, 732, 714, 450, 758, 2215,
            ],
            Self::Cl100k => &[
                1012, 19, 471, 1085, 83, 225, 321, 0, 1014, 736, 1047, 0, 857, 17, 378, 1356, 51,
                906, 453, 390, 753, 1028, 1078, 1283, 450, 746, 3369,
            ],
            Self::Claude => &[
                1007, 64, 364, 1100, 160, 286, 298, 0, 956, 412, 993, 63, 140, 115, 877, 1927,
                1047, 0, 646, 451, 973, 1030, 972, 1425, 450, 519, 3464,
            ],
            Self::Qwen => &[
                1027, 8, 474, 1090, 86, 215, 221, 659, 747, 744, 967, 0, 868, 36, 338, 1331, 149,
                941, 464, 250, 337, 639, 651, 822, 450, 741, 1981,
            ],
            Self::Llama => &[
                1010, 24, 468, 1079, 80, 221, 324, 0, 1010, 771, 1047, 0, 847, 16, 387, 1363, 47,
                899, 245, 262, 397, 646, 769, 744, 450, 756, 3060,
            ],
            Self::Gemma => &[
                994, 33, 206, 1048, 136, 84, 218, 836, 306, 1091, 955, 135, 41, 124, 964, 1659,
                1012, 979, 625, 146, 261, 402, 630, 833, 450, 630, 1257,
            ],
            Self::Deepseek => &[
                948, 110, 312, 1076, 201, 184, 360, 0, 904, 890, 1112, 110, 116, 79, 648, 1990, 0,
                861, 473, 212, 336, 660, 594, 828, 450, 603, 2315,
            ],
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
