//! Whether a value that stands where a secret would stand is one.
//!
//! A name such as `password` has a secret beside it in one case, and in ten a placeholder, a
//! reference to where the secret is kept, a call, a type or a sentence.

/// What a value is, judged by its form alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Judged {
    /// Stands for a value that is not there: `<token>`, `${TOKEN}`, `changeme`, `xxxx`, `...`, a reference, a
    /// call, a masked value.
    Placeholder,
    /// A word, an identifier, a type, a sentence: no secret by itself.
    Ordinary,
    /// As people choose passwords: `Castle-Garden7!`.
    Password,
    /// As machines make keys.
    Random,
}

/// Judges a value of at most a few hundred bytes.
pub(super) fn judge(_value: &str) -> Judged {
    Judged::Ordinary
}
