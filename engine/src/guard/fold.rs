//! What a text looks like to a reader: invisible characters are not there, and look-alikes are what
//! they look like.
//!
//! A small table of our own, not Unicode's NFKC: it covers the alphabets that stand for ASCII ones,
//! costs nothing on ASCII, and adds no 60 kB of tables (Unicode 16: UTS #39 confusables, the
//! compatibility blocks).

use std::sync::LazyLock;

use super::view::{Builder, Owner, Scope, View};

/// A text as a reader sees it.
pub(super) fn fold(text: &str, leaf: usize) -> View<'_> {
    if text.is_ascii() {
        return View::of_leaf(text, leaf);
    }
    let mut view = Builder::new(Owner::Leaf(leaf));
    let mut kept = 0;
    let mut after_ascii = false;
    let mut tagged = false;
    let mut word = Word::default();
    let mut buffer = [0; 4];
    let mut at = 0;
    let next = |at: usize| {
        text.as_bytes()
            .get(at..)?
            .iter()
            .position(|b| !b.is_ascii())
    };
    while let Some(ascii) = next(at) {
        let place = at + ascii;
        let Some(char) = text.get(place..).and_then(|rest| rest.chars().next()) else {
            break;
        };
        after_ascii |= ascii > 0;
        at = place + char.len_utf8();
        let look = match char {
            // An accent on an ASCII letter is dropped; one on another letter belongs to it.
            '\u{300}'..='\u{36f}' if after_ascii => Look::Nothing,
            '\u{370}'..='\u{52f}' if !word.at(text, place).mixed => Look::Itself,
            char => look(char),
        };
        if look == Look::Itself {
            after_ascii = false;
            continue;
        }
        view.keep(text, kept..place);
        // Tags are a text of their own, beside the one that can be seen.
        if tagged != is_tag(char) {
            view.put("\n", place..place);
            tagged = !tagged;
        }
        if let Look::Like(ascii) = look {
            view.put(ascii.encode_utf8(&mut buffer), place..at);
            after_ascii = true;
        }
        kept = at;
    }
    view.keep(text, kept..text.len());
    view.view(Scope::Text, 0)
}

fn is_tag(char: char) -> bool {
    ('\u{e0020}'..='\u{e007e}').contains(&char)
}

/// A word of the text. One that is all Greek or Cyrillic is a word of that language; its letters
/// stand for others only where ASCII is among them.
#[derive(Debug, Default, Clone, Copy)]
struct Word {
    end: usize,
    mixed: bool,
}

impl Word {
    /// The word that holds a place.
    fn at(&mut self, text: &str, at: usize) -> Self {
        if at >= self.end {
            let inside = |c: &char| c.is_alphanumeric() || matches!(c, '_' | '-');
            let (before, behind) = text.split_at(at);
            let ascii = |c: char| c.is_ascii_alphanumeric();
            let behind: &str = match behind.find(|c: char| !inside(&c)) {
                Some(end) => &behind[..end],
                None => behind,
            };
            let before = before.chars().rev().take_while(inside);
            self.end = at + behind.len();
            self.mixed = behind.chars().any(ascii) || before.into_iter().any(ascii);
        }
        *self
    }
}

/// What one character looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    Itself,
    Nothing,
    Like(char),
}

/// Blocks in which the letters of an ASCII range stand in order: the first character, the first
/// ASCII letter, how many.
const RANGES: &[(u32, u8, u32)] = &[
    (0xE0020, b' ', 95), // tags
    (0xFF01, b'!', 94),  // full width
    (0x24B6, b'A', 26),  // circled
    (0x24D0, b'a', 26),
    (0x249C, b'a', 26), // parenthesised
    (0x2460, b'1', 9),
    (0x2474, b'1', 9),
    (0x2488, b'1', 9),
    (0x2776, b'1', 9),
    (0x2080, b'0', 10),  // subscript
    (0x1F130, b'A', 26), // squared
    (0x1F150, b'A', 26),
    (0x1F170, b'A', 26),
    (0x1F1E6, b'A', 26), // regional indicators
    (0x0660, b'0', 10),  // digits of other scripts
    (0x06F0, b'0', 10),
    (0x07C0, b'0', 10),
    (0x0966, b'0', 10),
    (0x09E6, b'0', 10),
    (0x0A66, b'0', 10),
    (0x0AE6, b'0', 10),
    (0x0B66, b'0', 10),
    (0x0BE6, b'0', 10),
    (0x0C66, b'0', 10),
    (0x0CE6, b'0', 10),
    (0x0D66, b'0', 10),
    (0x0E50, b'0', 10),
    (0x0ED0, b'0', 10),
    (0x0F20, b'0', 10),
    (0x1040, b'0', 10),
    (0x17E0, b'0', 10),
    (0x1810, b'0', 10),
];

/// What is less is in none of them.
const LEAST_IN_RANGES: u32 = 0x0660;

/// Mathematical letters stand in runs of 52 (A–Z, a–z) from here on, digits in runs of ten.
const MATH_LETTERS: (u32, u32) = (0x1D400, 0x1D6A3);
const MATH_DIGITS: (u32, u32) = (0x1D7CE, 0x1D7FF);

/// Single characters, each followed by what it looks like.
const ALIKE: &str = "\
аaАAвBВBсcСCԁdеeЕEғfһhНHіiІIјjЈJкkКKӏlԼLмmМMпnоoОOрpРPԛqԚQгrѕsЅSтtТTуyУYѵvѴVѡwԜWхxХXԍGҮYЗ3\
αaΑAΒBεeΕEϜFΗHιiΙIκkΚKΜMνvΝNοoΟOρpΡPϲcϹCτtΤTυuΥYχxΧXΖZγyωwϳjͿJ\
ɡgɑaıiȷjɩiʟlʀrɴnʏyʜhʙBɢGɪIᴀAᴄCᴅDᴇEᴊJᴋKᴍMᴏOᴘPᴛTᴜUᴠVᴡWᴢZɦhƅbƍgſsƖlǀlℓlℯeℊgℴoℹi\
ℂCℍHℕNℙPℚQℝRℤZℬBℰEℱFℋHℐIℒLℳMℛRℭCℌHℑIℜRℨZℎhℓlⅼlⅽcⅾdⅿmⅠIⅤVⅩXⅬLⅭCⅮDⅯMⅰiⅴvⅹx\
ᵃaᵇbᶜcᵈdᵉeᶠfᵍgʰhⁱiʲjᵏkˡlᵐmⁿnᵒoᵖpʳrˢsᵗtᵘuᵛvʷwˣxʸyᶻz⁰0¹1²2³3⁴4⁵5⁶6⁷7⁸8⁹9ₐaₑeₒoₓxₕhₖkₗlₘmₙnₚpₛsₜt⓪0🄀0\
＿_‿_‐-‑-‒-–-—-―-−-﹣-⁃-˗-﹍_․.｡.。.﹒.：:﹕:꞉:∶:⁄/∕/⧸/＝=꞊=＠@﹫@＋+﹢+“\"”\"„\"‟\"«\"»\"‘'’'‚'‛'′'″\"´'ˋ`＂\"＇'，,、,；;（(）)［[］]｛{｝}｜|￨|\u{a0} \u{2000} \u{2001} \u{2002} \u{2003} \u{2004} \u{2005} \u{2006} \u{2007} \u{2008} \u{2009} \u{200a} \u{202f} \u{205f} \u{3000} \u{2028}\n\u{2029}\n\u{85}\n";

/// [`ALIKE`], sorted.
static PAIRS: LazyLock<Vec<(char, char)>> = LazyLock::new(|| {
    let (mut pairs, mut chars) = (Vec::new(), ALIKE.chars());
    while let (Some(from), Some(to)) = (chars.next(), chars.next()) {
        pairs.push((from, to));
    }
    pairs.sort_unstable();
    pairs
});

fn look(char: char) -> Look {
    let code = u32::from(char);
    if is_invisible(code) {
        return Look::Nothing;
    }
    // Most text beyond ASCII is of a script that stands for nothing else.
    if matches!(code, 0x3041..=0xD7FF) {
        return Look::Itself;
    }
    let ranges = if code < LEAST_IN_RANGES { &[] } else { RANGES };
    for (first, ascii, count) in ranges {
        if (*first..first + count).contains(&code) {
            return like(u32::from(*ascii) + code - first);
        }
    }
    if (MATH_LETTERS.0..=MATH_LETTERS.1).contains(&code) {
        let at = (code - MATH_LETTERS.0) % 52;
        return like(if at < 26 { 0x41 + at } else { 0x61 + at - 26 });
    }
    if (MATH_DIGITS.0..=MATH_DIGITS.1).contains(&code) {
        return like(0x30 + (code - MATH_DIGITS.0) % 10);
    }
    match PAIRS.binary_search_by_key(&char, |(from, _)| *from) {
        Ok(index) => PAIRS
            .get(index)
            .map_or(Look::Itself, |pair| Look::Like(pair.1)),
        Err(_) => Look::Itself,
    }
}

fn like(code: u32) -> Look {
    char::from_u32(code).map_or(Look::Itself, Look::Like)
}

/// Characters that take no room: format characters, joiners, fillers, variation selectors.
fn is_invisible(code: u32) -> bool {
    matches!(
        code,
        0xAD | 0x34F | 0x61C | 0x115F | 0x1160 | 0x17B4 | 0x17B5 | 0x180B..=0x180F
            | 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x206F | 0x3164 | 0xFE00..=0xFE0F
            | 0xFEFF | 0xFFA0 | 0xFFF0..=0xFFFB | 0x1BCA0..=0x1BCA3 | 0x1D173..=0x1D17A
            | 0xE0000..=0xE001F | 0xE007F | 0xE0100..=0xE01EF
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::view::resolve;
    use proptest::prelude::*;

    #[test]
    fn look_alikes_are_what_they_look_like() {
        for disguised in [
            "g\u{200b}h\u{ad}p_\u{2060}A1",
            "ｇｈｐ＿Ａ１",
            "𝗀𝗁𝗉_𝐀𝟏",
            "ɡһр_А1",
            "ⓖⓗⓟ_Ⓐ①",
            "g\u{301}h\u{302}p_A\u{308}1",
        ] {
            assert_eq!(fold(disguised, 0).text, "ghp_A1", "{disguised:?}");
        }
        assert_eq!(fold("١٢٣ ０９ ९", 0).text, "123 09 9");
        let hidden = "seen\u{e0067}\u{e0068}\u{e0070}\u{e005f}\u{e0041}\u{e0031}";
        assert_eq!(fold(hidden, 0).text, "seen\nghp_A1");
        // Words of other scripts stay words: keywords are written as they come out.
        assert_eq!(fold("密码：", 0).text, "密码:");
        assert_eq!(fold("Пароль сора", 0).text, "Пароль сора");
    }

    #[test]
    fn the_table_of_look_alikes_holds_pairs() {
        let (mut seen, mut chars) = (std::collections::BTreeSet::new(), ALIKE.chars());
        while let Some(from) = chars.next() {
            let to = chars.next().unwrap();
            assert!(!from.is_ascii() && to.is_ascii(), "{from:?} {to:?}");
            seen.insert(from);
        }
        assert!(seen.len() > 200);
    }

    proptest! {
        #[test]
        fn every_byte_of_the_reading_has_its_place(text in "\\PC{0,40}", from in 0usize..40, size in 1usize..9) {
            let view = fold(&text, 3);
            let end = (from + size).min(view.text.len());
            let covered: usize = view.pieces.iter().map(|piece| piece.source.len()).sum();
            prop_assert!(covered <= text.len());
            for (leaf, place) in resolve(std::slice::from_ref(&view), 0, &(from.min(end)..end)) {
                prop_assert_eq!(leaf, 3);
                prop_assert!(place.end <= text.len());
            }
        }
    }
}
