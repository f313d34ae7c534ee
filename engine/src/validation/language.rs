//! Answers in another language than the question.
//!
//! By the alphabet, and within the Latin one by the small words of a language. A question that holds
//! any word of the answer's language, or names a language, or asks for a translation, may want what
//! it got: then nothing is said.

use super::Asked;
use super::prose::Prose;

/// Letters of a question by which its language is told, at least.
const LEAST_ASKED: usize = 15;
/// Letters of an answer, at least.
const LEAST_TOLD: usize = 60;
/// Small words of a question by which its language is told, at least.
const WORDS_ASKED: usize = 3;
/// Small words of an answer, at least.
const WORDS_TOLD: usize = 8;
/// How much of a text is read, bytes.
const READ: usize = 8 * 1024;

/// What a text is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Script {
    Latin,
    Cyrillic,
    Greek,
    Arabic,
    Hebrew,
    Indic,
    Thai,
    Hangul,
    /// Chinese characters.
    Han,
    /// Japanese syllables.
    Kana,
}

/// How many scripts there are.
const SCRIPTS: usize = 10;

impl Script {
    fn of(letter: char) -> Option<Self> {
        Some(match letter as u32 {
            0x41..=0x5A | 0x61..=0x7A | 0xC0..=0x24F | 0x1E00..=0x1EFF => Self::Latin,
            0x370..=0x3FF => Self::Greek,
            0x400..=0x52F => Self::Cyrillic,
            0x590..=0x5FF => Self::Hebrew,
            0x600..=0x6FF | 0x750..=0x77F => Self::Arabic,
            0x900..=0xDFF => Self::Indic,
            0xE00..=0xE7F => Self::Thai,
            0x1100..=0x11FF | 0xAC00..=0xD7AF => Self::Hangul,
            0x3040..=0x30FF => Self::Kana,
            0x3400..=0x4DBF | 0x4E00..=0x9FFF => Self::Han,
            _ => return None,
        })
    }
}

/// Small words of languages in the Latin alphabet; each stands for one language alone.
const SMALL: [&str; 7] = [
    " the of and is are was were with that this which what how why when where who it its you \
         your not have has be been would should can from or my please write explain give list tell ",
    " der das und ist sind war nicht mit ein eine einen einem dem den auf für von zu wie warum \
         wann wo wer sie ich wird werden oder auch aber bitte schreibe erkläre ",
    " le les et est sont dans avec pour une vous nous que qui sur pas ce cette comment pourquoi \
         quand où je au aux du être ou donne explique ",
    " el los las y es son una con por para que del al cómo por qué cuándo dónde quién está más \
         pero su sus se lo escribe explica ",
    " il gli e è sono una con per che della del di nel come perché quando dove chi non si più \
         anche questo questa scrivi spiega ",
    " o os as e é são uma com por para que da do das dos em não como quando onde quem mais mas \
         você está escreva explique ",
    " de het een en is zijn niet met van voor op dat die hoe waarom wanneer waar wie ik je wordt \
         worden ook maar schrijf leg ",
];

/// Words by which another language is asked for: languages by name, and translating.
const NAMED: &str = "translat übersetz traduc tradui traduz tradur vertaal перевед перевод 翻译 翻訳 번역 \
     language sprache langue idioma lingua язык 语言 言語 언어 \
     english german french spanish italian portuguese dutch russian chinese japanese korean arabic \
     hebrew greek hindi thai turkish polish swedish latin mandarin cantonese \
     englisch deutsch französisch spanisch italienisch portugiesisch russisch chinesisch japanisch \
     anglais allemand français espagnol italien russe chinois japonais \
     inglés alemán francés español italiano ruso chino japonés \
     inglese tedesco francese spagnolo inglês alemão engels duits \
     английск немецк французск русск китайск японск \
     英语 英文 中文 德语 法语 日语 俄语 英語 日本語 中国語 ドイツ語 フランス語 영어 한국어 일본어 중국어";

/// What a text is written in, and in which of the [`SMALL`] languages, where that can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Tongue {
    script: Script,
    language: Option<usize>,
}

impl Tongue {
    fn of(text: &str, least_letters: usize, least_words: usize) -> Option<Self> {
        let script = main(letters(text), least_letters)?;
        let latin = script == Script::Latin;
        Some(Self {
            script,
            language: latin
                .then(|| leading(&small_words(text), least_words))
                .flatten(),
        })
    }

    /// Whether it is another than this, as far as both can be told.
    fn differs(self, other: Self) -> bool {
        match (self.script, other.script) {
            // Chinese characters alone may be Japanese.
            (Script::Han, Script::Kana) | (Script::Kana, Script::Han) => false,
            (one, another) if one != another => true,
            _ => self
                .language
                .zip(other.language)
                .is_some_and(|(one, another)| one != another),
        }
    }

    /// Whether a text holds anything of it: a foreign text to be dealt with stands beside an
    /// instruction in the language that is wanted.
    fn is_in(self, text: &str) -> bool {
        match self.language {
            Some(language) => small_words(text)
                .get(language)
                .is_none_or(|count| *count > 0),
            None => letters(text)
                .get(self.script as usize)
                .is_none_or(|count| *count > 2),
        }
    }
}

/// Whether an answer is in another language than what was asked, with nothing to explain it.
pub(super) fn differs(asked: &Asked<'_>, prose: &Prose<'_>) -> bool {
    let (question, answer) = (start(asked.question), prose.lines.join(" "));
    let from = Tongue::of(question, LEAST_ASKED, WORDS_ASKED);
    let to = Tongue::of(start(&answer), LEAST_TOLD, WORDS_TOLD);
    let (Some(from), Some(to)) = (from, to) else {
        return false;
    };
    let named = |text: &str| {
        let lower = text.to_lowercase();
        NAMED.split_whitespace().any(|name| lower.contains(name))
    };
    // Instructions in the answer's language ask for it as much as its name would.
    let instructed = |text: &&str| {
        let own = Tongue::of(start(text), LEAST_ASKED, WORDS_ASKED);
        named(start(text)) || own.is_some_and(|own| !own.differs(to))
    };
    from.differs(to)
        && !to.is_in(question)
        && !named(question)
        && !asked.context.iter().any(instructed)
}

fn start(text: &str) -> &str {
    text.get(..text.floor_char_boundary(READ))
        .unwrap_or_default()
}

/// How many letters of each script a text has.
fn letters(text: &str) -> [usize; SCRIPTS] {
    let mut counts = [0; SCRIPTS];
    for script in text.chars().filter_map(Script::of) {
        if let Some(count) = counts.get_mut(script as usize) {
            *count += 1;
        }
    }
    counts
}

/// The script that three quarters of the letters are of; syllables among Chinese characters make them
/// Japanese.
fn main(mut counts: [usize; SCRIPTS], least: usize) -> Option<Script> {
    const ALL: [Script; SCRIPTS] = [
        Script::Latin,
        Script::Cyrillic,
        Script::Greek,
        Script::Arabic,
        Script::Hebrew,
        Script::Indic,
        Script::Thai,
        Script::Hangul,
        Script::Han,
        Script::Kana,
    ];
    let [.., han, kana] = &mut counts;
    if 10 * *kana > *han {
        *kana += std::mem::take(han);
    }
    // A Chinese character says as much as three letters.
    let [.., han, kana] = &mut counts;
    (*han, *kana) = (*han * 3, *kana * 2);
    let all: usize = counts.iter().sum();
    let (script, count) = ALL
        .into_iter()
        .zip(counts)
        .max_by_key(|(_, count)| *count)?;
    (all >= least && 4 * count >= 3 * all).then_some(script)
}

/// How many small words of each language a text has that are of no other. Parts of addresses and
/// names of files are no words.
fn small_words(text: &str) -> [usize; SMALL.len()] {
    let mut counts = [0; SMALL.len()];
    let words = text.split_whitespace();
    for word in words.map(|word| word.trim_matches(|c: char| !c.is_alphanumeric())) {
        if !word.chars().all(char::is_alphabetic) || word.len() < 2 {
            continue;
        }
        let word = format!(" {} ", word.to_lowercase());
        let mut of = SMALL
            .iter()
            .enumerate()
            .filter(|(_, words)| words.contains(&word));
        if let (Some((place, _)), None) = (of.next(), of.next())
            && let Some(count) = counts.get_mut(place)
        {
            *count += 1;
        }
    }
    counts
}

/// The language that has three times as many words as any other, and enough of them.
fn leading(counts: &[usize; SMALL.len()], least: usize) -> Option<usize> {
    let (place, most) = counts.iter().enumerate().max_by_key(|(_, count)| **count)?;
    let others = counts
        .iter()
        .enumerate()
        .filter(|(other, _)| *other != place);
    let second = others.map(|(_, count)| *count).max().unwrap_or(0);
    (*most >= least && *most >= 3 * second).then_some(place)
}
