//! Whether a text in Latin letters is English, by its smallest words.
//!
//! Vocabularies are made from mostly English text: a word of another language is split more often.

/// What speaks for English and what against it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Evidence {
    english: u32,
    foreign: u32,
}

/// The letters of a small word, one behind another.
const fn packed(word: &str) -> u32 {
    let bytes = word.as_bytes();
    let (mut at, mut head) = (0, 0);
    while at < bytes.len() {
        head = head << 8 | bytes[at] as u32;
        at += 1;
    }
    head
}

macro_rules! packed {
    ($($name:ident: $($word:literal)*;)*) => {
        $(const $name: &[u32] = &[$(packed($word)),*];)*
    };
}

packed! {
    ENGLISH: "the" "of" "and" "to" "is" "it" "this" "that" "with" "for" "be" "are" "not" "you" "from";
    FOREIGN: "der" "und" "das" "den" "von" "zu" "ist" "mit" "ein" "sie" "auf" "im" "dem" "des" "le" "la" "les" "et"
        "en" "un" "une" "du" "que" "de" "el" "los" "las" "il" "che" "di" "del" "da" "em" "para" "por" "com" "uma"
        "per" "non" "dans" "pour" "sur" "het" "een" "van" "och" "att" "som" "nie" "jest" "na" "se" "si" "dei";
}

/// By a word's lowest bits, whether it is in a list: two bits for each of 1,024 places, so that most
/// words are told by one look.
const PLACES: [u8; 1024] = {
    let mut places = [0; 1024];
    let mut at = 0;
    while at < ENGLISH.len() {
        places[place(ENGLISH[at])] |= 1;
        at += 1;
    }
    at = 0;
    while at < FOREIGN.len() {
        places[place(FOREIGN[at])] |= 2;
        at += 1;
    }
    places
};

const fn place(word: u32) -> usize {
    (word.wrapping_mul(0x9E37_79B1) >> 22) as usize
}

impl Evidence {
    /// A word of at most four letters, packed.
    pub(super) fn take(&mut self, word: u32) {
        let lists = PLACES.get(place(word)).copied().unwrap_or(0);
        if lists & 1 != 0 && ENGLISH.contains(&word) {
            self.english += 1;
        } else if lists & 2 != 0 && FOREIGN.contains(&word) {
            self.foreign += 1;
        }
    }

    /// A letter with an accent.
    pub(super) fn accent(&mut self) {
        self.foreign += 1;
    }

    /// The part of a count that is not English.
    pub(super) fn foreign_part(&self, count: u32) -> u32 {
        let foreign = u64::from(self.foreign);
        let all = foreign + u64::from(self.english);
        let part = (u64::from(count) * foreign).checked_div(all).unwrap_or(0);
        u32::try_from(part).unwrap_or(u32::MAX)
    }
}
