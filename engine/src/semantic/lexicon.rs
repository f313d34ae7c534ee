//! What is known of English words, out of `models/semantic/lexicon.txt`.

use std::sync::LazyLock;

use super::{HashMap, HashSet};

/// The words of a phrase at most.
pub(super) const MOST_PHRASE: usize = 9;
/// Between the words of a phrase.
const JOINT: char = '_';

/// Words by what they are for. Keys are stems but for contractions, spellings and numbers.
#[derive(Debug, Default)]
pub(super) struct Lexicon {
    contractions: HashMap<&'static str, &'static str>,
    spellings: HashMap<&'static str, &'static str>,
    openings: HashSet<String>,
    closings: HashSet<String>,
    negations: HashSet<&'static str>,
    numbers: HashMap<&'static str, &'static str>,
    units: HashMap<&'static str, &'static str>,
    function: HashSet<&'static str>,
    soft: HashSet<String>,
    roles: HashMap<&'static str, &'static str>,
    symmetric: HashSet<&'static str>,
    phrases: HashMap<String, &'static str>,
    /// By the first stem of phrases, how many words the longest of them has.
    longest: HashMap<String, usize>,
    synonyms: HashMap<String, Vec<u16>>,
    antonyms: HashMap<String, Vec<String>>,
    irregular: HashMap<&'static str, &'static str>,
    /// Words that only say again what kind of thing is asked for, by kind.
    echoes: HashMap<&'static str, Vec<String>>,
    /// What makes an answer depend on more than the question, by what on; between blanks.
    fleeting: HashMap<String, Vec<String>>,
}

impl Lexicon {
    /// The lexicon that comes with the engine. The first call reads it.
    pub(super) fn shipped() -> &'static Self {
        static LEXICON: LazyLock<Lexicon> =
            LazyLock::new(|| Lexicon::read(include_str!("../../models/semantic/lexicon.txt")));
        &LEXICON
    }

    fn read(text: &'static str) -> Self {
        let mut lexicon = Self::default();
        let sections = || {
            text.split("\n@")
                .skip(1)
                .filter_map(|part| part.split_once('\n'))
        };
        // Stems need the irregular forms.
        for (name, lines) in sections().filter(|(name, _)| *name == "irregular") {
            lexicon.add(name, lines);
        }
        for (name, lines) in sections().filter(|(name, _)| *name != "irregular") {
            lexicon.add(name, lines);
        }
        lexicon
    }

    fn add(&mut self, section: &str, lines: &'static str) {
        let lines = lines.lines().filter(|line| !line.is_empty());
        for (number, line) in lines.enumerate() {
            let (head, rest) = line.split_once(": ").unwrap_or((line, line));
            let words = || rest.split(' ');
            match section {
                "contraction" => _ = self.contractions.insert(head, rest),
                "spelling" => _ = self.spellings.insert(head, rest),
                "opening" => _ = self.openings.insert(self.stems(line)),
                "closing" => _ = self.closings.insert(self.stems(line)),
                "negation" => self.negations.extend(words()),
                "number" => _ = self.numbers.insert(head, rest),
                "unit" => self
                    .units
                    .extend(words().chain([head]).map(|word| (word, head))),
                "function" => self.function.extend(words()),
                "soft" => {
                    let stems: Vec<String> = words().map(|word| self.stem(word)).collect();
                    self.soft.extend(stems);
                }
                "role" => self.roles.extend(words().map(|word| (word, head))),
                "echo" => {
                    let stems = words().map(|word| self.stem(word)).collect();
                    self.echoes.insert(head, stems);
                }
                "symmetric" => self.symmetric.extend(words()),
                "phrase" => {
                    for phrase in words() {
                        let stems = self.stems(phrase);
                        let first = stems.split(JOINT).next().unwrap_or_default();
                        let longest = self.longest.entry(first.to_owned()).or_default();
                        *longest = stems.split(JOINT).count().max(*longest);
                        self.phrases.insert(stems, head);
                    }
                }
                "synonym" => {
                    for word in words() {
                        let stem = self.stem(word);
                        self.synonyms.entry(stem).or_default().push(number as u16);
                    }
                }
                "antonym" => {
                    if let Some((one, other)) = line.split_once(' ') {
                        let (one, other) = (self.stem(one), self.stem(other));
                        self.antonyms
                            .entry(one.clone())
                            .or_default()
                            .push(other.clone());
                        self.antonyms.entry(other).or_default().push(one);
                    }
                }
                "time" | "person" | "variety" => {
                    let phrase = format!(" {} ", line.replace(JOINT, " "));
                    self.fleeting
                        .entry(section.to_owned())
                        .or_default()
                        .push(phrase);
                }
                "irregular" => {
                    let base = words().next().unwrap_or_default();
                    self.irregular.extend(words().map(|word| (word, base)));
                }
                _ => {}
            }
        }
    }

    fn stems(&self, phrase: &str) -> String {
        let stems: Vec<String> = phrase.split(JOINT).map(|word| self.stem(word)).collect();
        stems.join("_")
    }

    /// A word without its ending: of all forms of a verb or a noun the same, though not always a
    /// word.
    pub(super) fn stem(&self, word: &str) -> String {
        let word = self.irregular.get(word).copied().unwrap_or(word);
        if !word.is_ascii() {
            return word.to_owned();
        }
        let mut stem = word.to_owned();
        if let Some(base) = word.strip_suffix("ies").filter(|base| base.len() > 1) {
            stem = format!("{base}y");
        } else if let Some(base) = word.strip_suffix("es").filter(|base| is_hissing(base)) {
            base.clone_into(&mut stem);
        } else if word.len() > 3 && word.ends_with('s') {
            let kept = ["ss", "us", "is"].iter().any(|end| word.ends_with(end));
            if !kept {
                stem.pop();
            }
        } else {
            let base = word.strip_suffix("ing").or_else(|| word.strip_suffix("ed"));
            if let Some(base) = base.filter(|base| base.len() > 2 && has_vowel(base)) {
                undoubled(base).clone_into(&mut stem);
            }
        }
        if stem.len() > 2 && stem.ends_with('e') {
            stem.pop();
        }
        if stem.len() > 2 && stem.ends_with('y') {
            stem.pop();
            stem.push('i');
        }
        stem
    }

    /// The words that a contraction or another spelling stands for; of a possessive its word.
    pub(super) fn expand<'a>(&self, word: &'a str) -> impl Iterator<Item = &'a str>
    where
        'static: 'a,
    {
        let contraction = self.contractions.get(word);
        let found = contraction.or_else(|| self.spellings.get(word)).copied();
        let words: &'a str = found.or_else(|| word.strip_suffix("'s")).unwrap_or(word);
        words.split(' ')
    }

    /// Whether these stems are a greeting or a lead-in.
    pub(super) fn opens(&self, stems: &str) -> bool {
        self.openings.contains(stems)
    }

    /// Whether these stems only close a request.
    pub(super) fn closes(&self, stems: &str) -> bool {
        self.closings.contains(stems)
    }

    /// How many words the longest phrase has that begins with a stem.
    pub(super) fn longest_phrase(&self, stem: &str) -> usize {
        let longest = self.longest.get(stem).copied().unwrap_or_default();
        longest.min(MOST_PHRASE)
    }

    /// The one word or kind of question that a phrase of stems stands for.
    pub(super) fn phrase(&self, stems: &str) -> Option<&'static str> {
        self.phrases.get(stems).copied()
    }

    /// Whether a text, its words between blanks, has one of the phrases of a section.
    pub(super) fn has_any(&self, section: &str, plain: &str) -> bool {
        let phrases = self.fleeting.get(section);
        phrases.is_some_and(|phrases| phrases.iter().any(|phrase| plain.contains(phrase)))
    }

    pub(super) fn negates(&self, word: &str) -> bool {
        self.negations.contains(word)
    }

    pub(super) fn number(&self, word: &str) -> Option<&'static str> {
        self.numbers
            .get(word)
            .copied()
            .filter(|_| word != "one" && word != "second")
    }

    pub(super) fn unit(&self, word: &str) -> Option<&'static str> {
        self.units.get(word).copied()
    }

    pub(super) fn is_function(&self, word: &str) -> bool {
        self.function.contains(word)
    }

    pub(super) fn is_soft(&self, stem: &str) -> bool {
        self.soft.contains(stem)
    }

    /// Whether a stem says again what kind of thing is asked for: "cost" where a price is.
    pub(super) fn echoes(&self, kind: &str, stem: &str) -> bool {
        let stems = self.echoes.get(kind);
        stems.is_some_and(|stems| stems.iter().any(|echo| echo == stem))
    }

    pub(super) fn role(&self, word: &str) -> Option<&'static str> {
        self.roles.get(word).copied()
    }

    pub(super) fn is_symmetric(&self, word: &str) -> bool {
        self.symmetric.contains(word)
    }

    /// Whether two stems mean the same in some common use.
    pub(super) fn are_synonyms(&self, one: &str, other: &str) -> bool {
        let groups = |stem| {
            self.synonyms
                .get(stem)
                .map(Vec::as_slice)
                .unwrap_or_default()
        };
        let others = groups(other);
        groups(one).iter().any(|group| others.contains(group))
    }

    /// Whether two stems are opposites.
    pub(super) fn are_antonyms(&self, one: &str, other: &str) -> bool {
        let opposites = self.antonyms.get(one);
        opposites.is_some_and(|opposites| opposites.iter().any(|word| word == other))
    }
}

/// Whether the plural of such a word has an `e` of its own.
fn is_hissing(base: &str) -> bool {
    base.len() > 1
        && ["s", "x", "z", "ch", "sh", "o"]
            .iter()
            .any(|end| base.ends_with(end))
}

fn has_vowel(base: &str) -> bool {
    base.contains(['a', 'e', 'i', 'o', 'u', 'y'])
}

/// Without the second of two equal consonants at its end (`runn`).
fn undoubled(base: &str) -> &str {
    let mut letters = base.bytes().rev();
    let (last, before) = (letters.next(), letters.next());
    let doubled = last == before && !last.is_some_and(|letter| b"aeiouls".contains(&letter));
    if doubled {
        base.get(..base.len() - 1).unwrap_or(base)
    } else {
        base
    }
}
