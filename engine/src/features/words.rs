//! Where words begin and end, and by which of their letters two are compared.

use super::lexicon;

/// Letters of a word that are compared, so that `convert` and `conversion` differ, `force` and
/// `forces` do not.
const STEM: usize = 5;

/// Of the character that begins with `lead` and `second`: its bytes, whether it is a letter, and
/// whether it is a mathematical sign or a Greek letter.
pub(super) fn wide(lead: u8, second: u8) -> (usize, bool, bool) {
    match (lead, second) {
        (0xC2, 0xAA | 0xB5 | 0xBA) => (2, true, false),
        (0xC2, _) => (2, false, matches!(second, 0xB1..=0xB3 | 0xB9)),
        (0xC3, 0x97 | 0xB7) => (2, false, true),
        (0xCE | 0xCF, _) => (2, true, true),
        (0xC3..=0xDF, _) => (2, true, false),
        (0xE2, 0x00..=0xAF) => (3, false, matches!(second, 0x81 | 0x82 | 0x86..=0x8B)),
        (0xE3, 0x80) => (3, false, false),
        (0xE0..=0xEF, _) => (3, true, false),
        (0xF0, 0x9D) => (4, true, true),
        (0xF0, 0x9F) => (4, false, false),
        (0xF0.., _) => (4, true, false),
        _ => (1, false, false),
    }
}

/// The words of a name or of plain text, `getUserName` and `get_user_name` likewise.
pub(super) fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.chunk_by(|before, after| {
        before.is_ascii_alphabetic()
            && after.is_ascii_alphabetic()
            && !(before.is_ascii_lowercase() && after.is_ascii_uppercase())
    })
    .filter(|word| word.first().is_some_and(u8::is_ascii_alphabetic))
}

/// The hash of the beginning of a word of three letters or more that is more than grammar.
pub(super) fn content_stem(word: &[u8]) -> Option<u32> {
    const GRAMMAR: [&[u8]; 12] = [
        b"the", b"and", b"for", b"with", b"that", b"this", b"from", b"are", b"was", b"which",
        b"what", b"you",
    ];
    let grammar = GRAMMAR.iter().any(|other| word.eq_ignore_ascii_case(other));
    (word.len() > 2 && !grammar).then(|| {
        let letters = word.iter().take(STEM).map(u8::to_ascii_lowercase);
        letters.fold(lexicon::START, lexicon::step)
    })
}
