//! What BERT's uncased tokenizer makes of a character, without Unicode's tables: the vocabulary is
//! ASCII, so that a letter either becomes one of ASCII's or spoils its word.

/// The part a character plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// A small letter or digit, its accents taken off.
    Letter(u8),
    /// A punctuation mark of ASCII, a word of its own.
    Mark(u8),
    /// Parts words and is in no vocabulary: white space, other punctuation, Chinese characters.
    Break,
    /// As if it were not there: accents, control characters.
    Nothing,
    /// A letter or sign that no word of the vocabulary has.
    Foreign,
}

/// The letters from U+00C0 to U+024F without their accents; a dot for those that have none to lose.
const LATIN: &[u8] = b"aaaaaa.ceeeeiiii.nooooo..uuuuy..aaaaaa.ceeeeiiii.nooooo..uuuuy.yaaaaaa\
    ccccccccdd..eeeeeeeeeegggggggghh..iiiiiiiii...jjkk.llllll....nnnnnn...oooooo..rrrrrrsssssssstttt\
    ..uuuuuuuuuuuuwwyyyzzzzzz.................................oo.............uu.....................\
    .......aaiioouuuuuuuuuu.aaaa....ggkkoooo..j...gg..nnaa....aaaaeeeeiiiioooorrrruuuusstt..hh......\
    aaeeooooooooyy............................";

/// The same from U+1E00 to U+1EFF.
const LATIN_ADDITIONAL: &[u8] = b"aabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmm\
    mmmmnnnnnnnnoooooooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvvwwwwwwwwwwxxxxyyzzzzzzhtwy......\
    aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy......";

impl Part {
    pub(super) fn of(character: char) -> Self {
        if let Ok(byte) = u8::try_from(character)
            && byte.is_ascii()
        {
            return Self::of_ascii(byte);
        }
        let code = u32::from(character);
        let letter = |letters: &[u8], first: u32| match letters.get((code - first) as usize) {
            Some(b'.') | None => Self::Foreign,
            Some(&letter) => Self::Letter(letter),
        };
        match code {
            0xC0..=0x24F => letter(LATIN, 0xC0),
            0x1E00..=0x1EFF => letter(LATIN_ADDITIONAL, 0x1E00),
            // Signs that Unicode takes for others, with or without a stroke: the Greek question
            // mark, the grave accent, kelvin, angstrom, unequal, not less, not greater.
            0x37E => Self::Mark(b';'),
            0x1FEF => Self::Mark(b'`'),
            0x212A => Self::Letter(b'k'),
            0x212B => Self::Letter(b'a'),
            0x2260 => Self::Mark(b'='),
            0x226E => Self::Mark(b'<'),
            0x226F => Self::Mark(b'>'),
            _ if is_nothing(code) => Self::Nothing,
            _ if is_break(code) => Self::Break,
            _ => Self::Foreign,
        }
    }

    const fn of_ascii(byte: u8) -> Self {
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' => Self::Break,
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => Self::Letter(byte.to_ascii_lowercase()),
            _ if byte.is_ascii_punctuation() => Self::Mark(byte),
            _ => Self::Nothing,
        }
    }
}

/// Control and format characters, those for private use, and the accents that can follow a letter
/// of ASCII.
const fn is_nothing(code: u32) -> bool {
    matches!(
        code,
        0x80..=0x9F
            | 0xAD
            | 0x300..=0x36F
            | 0x483..=0x487
            | 0x600..=0x605
            | 0x61C
            | 0x6DD
            | 0x70F
            | 0x180E
            | 0x1AB0..=0x1ACE
            | 0x1DC0..=0x1DFF
            | 0x200B..=0x200F
            | 0x202A..=0x202E
            | 0x2060..=0x206F
            | 0x20D0..=0x20DC
            | 0x20E1
            | 0x20E5..=0x20F0
            | 0x302A..=0x302D
            | 0x3099..=0x309A
            | 0xE000..=0xF8FF
            | 0xFE00..=0xFE0F
            | 0xFE20..=0xFE2F
            | 0xFEFF
            | 0xFFF9..=0xFFFB
            | 0xFFFD
            | 0xE_0000..=0x10_FFFF
    )
}

/// White space, punctuation beside which Latin letters stand, and Chinese characters.
const fn is_break(code: u32) -> bool {
    matches!(
        code,
        // White space.
        0xA0 | 0x1680 | 0x2000..=0x200A | 0x2028 | 0x2029 | 0x202F | 0x205F | 0x3000
            // Punctuation.
            | 0xA1
            | 0xA7
            | 0xAB
            | 0xB6..=0xB7
            | 0xBB
            | 0xBF
            | 0x387
            | 0x55A..=0x55F
            | 0x589..=0x58A
            | 0x5BE
            | 0x5C0
            | 0x5C3
            | 0x5F3..=0x5F4
            | 0x609..=0x60D
            | 0x61B..=0x61F
            | 0x66A..=0x66D
            | 0x6D4
            | 0x964..=0x965
            | 0x2010..=0x2027
            | 0x2030..=0x2043
            | 0x2045..=0x2051
            | 0x2053..=0x205E
            | 0x207D..=0x207E
            | 0x208D..=0x208E
            | 0x2308..=0x230B
            | 0x2329..=0x232A
            | 0x2768..=0x2775
            | 0x27C5..=0x27C6
            | 0x27E6..=0x27EF
            | 0x2983..=0x2998
            | 0x29D8..=0x29DB
            | 0x29FC..=0x29FD
            | 0x2E00..=0x2E2E
            | 0x2E30..=0x2E4F
            | 0x2E52..=0x2E5D
            | 0x3001..=0x3003
            | 0x3008..=0x3011
            | 0x3014..=0x301F
            | 0x3030
            | 0x303D
            | 0x30A0
            | 0x30FB
            | 0xFE10..=0xFE19
            | 0xFE30..=0xFE52
            | 0xFE54..=0xFE61
            | 0xFE63
            | 0xFE68
            | 0xFE6A..=0xFE6B
            | 0xFF01..=0xFF03
            | 0xFF05..=0xFF0A
            | 0xFF0C..=0xFF0F
            | 0xFF1A..=0xFF1B
            | 0xFF1F..=0xFF20
            | 0xFF3B..=0xFF3D
            | 0xFF3F
            | 0xFF5B
            | 0xFF5D
            | 0xFF5F..=0xFF65
            // Chinese characters, each a word of its own.
            | 0x3400..=0x4DBF
            | 0x4E00..=0x9FFF
            | 0xF900..=0xFAFF
            | 0x2_0000..=0x2_A6DF
            | 0x2_A700..=0x2_CEAF
            | 0x2_F800..=0x2_FA1F
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_are_taken_off_and_other_letters_are_foreign() {
        assert_eq!((LATIN.len(), LATIN_ADDITIONAL.len()), (0x190, 0x100));
        let letters = [
            ('É', b'e'),
            ('ñ', b'n'),
            ('ő', b'o'),
            ('ỹ', b'y'),
            ('Z', b'z'),
            ('7', b'7'),
        ];
        for (accented, plain) in letters {
            assert_eq!(Part::of(accented), Part::Letter(plain), "{accented}");
        }
        for foreign in ['ß', 'ø', 'я', 'か', '²', '½', '😀', '\u{24F}'] {
            assert_eq!(Part::of(foreign), Part::Foreign, "{foreign}");
        }
    }

    #[test]
    fn marks_are_words_of_ascii_and_breaks_elsewhere() {
        assert_eq!(Part::of('$'), Part::Mark(b'$'));
        assert_eq!(Part::of('≠'), Part::Mark(b'='));
        for part in ['\u{201C}', '—', '首', '\u{A0}', '\n', '。'] {
            assert_eq!(Part::of(part), Part::Break, "{part:?}");
        }
        for nothing in ['\u{0}', '\u{200B}', '\u{301}', '\u{FE0F}', '\u{FFFD}'] {
            assert_eq!(Part::of(nothing), Part::Nothing, "{nothing:?}");
        }
    }
}
