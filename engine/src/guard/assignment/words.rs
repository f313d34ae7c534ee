//! The words of names: which mean a secret, and which say that it is something about one.

use super::super::vocabulary::Vocabulary;
use super::lists::{ABOUT, CODES, GETTER, KEYS, LEXICAL, PASSWORD, PUBLIC, QUESTION, SECRET, WEAK};

/// What sort of secret a name means. It decides which values are believed to be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Chosen by a person: even a plain value may be one.
    Password,
    /// Made by a machine, as a rule.
    Secret,
    /// May be a secret: only a random value is believed.
    Weak,
    /// A code of digits.
    Code,
    /// The answer to a question that only one person can answer: any word.
    Answer,
}

/// Ends of words written together: `dbpassword`.
const PASSWORD_END: &[&str] = &[
    "password",
    "passwd",
    "passwort",
    "passphrase",
    "kennwort",
    "pwd",
    "passwords",
];
/// Words that end like names of passwords, and are none.
const NO_PASSWORD: &[&str] = &[
    "compass",
    "bypass",
    "encompass",
    "trespass",
    "surpass",
    "overpass",
    "underpass",
    "multipass",
    "subpass",
    "renderpass",
    "highpass",
    "lowpass",
    "bandpass",
];
const SECRET_END: &[&str] = &[
    "token",
    "secret",
    "apikey",
    "secretkey",
    "accesskey",
    "privatekey",
    "authkey",
    "credentials",
    "masterkey",
    "signingkey",
    "encryptionkey",
    "schlüssel",
];

/// Beginnings of words of languages that add endings.
const PASSWORD_STEMS: &[&str] = &[
    "passwort",
    "passwört",
    "kennwort",
    "kennwört",
    "contraseñ",
    "contrasen",
    "lösenord",
    "losenord",
    "şifre",
    "Şifre",
    "sifre",
    "wachtwoord",
    "senha",
    "hasł",
    "hasl",
    "hesl",
    "adgangskode",
    "passord",
    "salasan",
    "jelsz",
    "lozink",
    "parola",
    "parolă",
    "parolë",
];
const KEY_STEMS: &[&str] = &[
    "anahtar",
    "klucz",
    "schlüssel",
    "schluessel",
    "sleutel",
    "chiav",
    "chave",
    "klíč",
];
/// The longest ending, bytes.
const ENDING: usize = 6;

fn begins_with(stems: &[&str], word: &str) -> bool {
    stems.iter().any(|stem| {
        word.len() <= stem.len() + ENDING
            && word
                .get(..stem.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(stem))
    })
}

fn among(list: &[&str], word: &str) -> bool {
    list.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// Whether a word is in capitals or in small letters, but for the first.
fn is_one_case(word: &str) -> bool {
    let mut rest = word.bytes().skip(1);
    rest.all(|b| b.is_ascii_lowercase()) || !word.bytes().any(|b| b.is_ascii_lowercase())
}

fn ends_in(list: &[&str], word: &str) -> bool {
    list.iter().any(|end| {
        let from = word.len().checked_sub(end.len());
        from.filter(|from| *from > 0)
            .and_then(|from| word.get(from..))
            .is_some_and(|tail| tail.eq_ignore_ascii_case(end))
    })
}

/// What a word of a name means, given the words before it.
pub(super) fn class(word: &str, before: Option<&str>, further: Option<&str>) -> Option<Class> {
    let after = |list: &Vocabulary| before.is_some_and(|before| list.has(before));
    if among(&["key", "keys", "schlüssel", "clé"], word) {
        if after(&PUBLIC)
            || before.is_some_and(|word| word.eq_ignore_ascii_case("service")) && further.is_none()
        {
            return None;
        }
        let known = after(&KEYS) || further.is_some_and(|word| KEYS.has(word) && !after(&PUBLIC));
        return Some(if known { Class::Secret } else { Class::Weak });
    }
    if among(&["code", "codes"], word) {
        return after(&CODES).then_some(Class::Code);
    }
    if among(
        &[
            "pin",
            "puk",
            "otp",
            "tan",
            "cvv",
            "cvc",
            "totp",
            "pincode",
            "passcode",
            "暗証番号",
        ],
        word,
    ) {
        return Some(Class::Code);
    }
    if word.eq_ignore_ascii_case("string") || word.eq_ignore_ascii_case("str") {
        return match before {
            Some(before) if before.eq_ignore_ascii_case("secure") => Some(Class::Password),
            Some(_) if before.is_some_and(|word| among(&["connection", "conn"], word)) => {
                Some(Class::Weak)
            }
            _ => None,
        };
    }
    if word.eq_ignore_ascii_case("answer") {
        return before
            .is_some_and(|word| among(&["security", "secret"], word))
            .then_some(Class::Answer);
    }
    if begins_with(KEY_STEMS, word) {
        return Some(if after(&KEYS) {
            Class::Secret
        } else {
            Class::Weak
        });
    }
    let short = word.len() >= 5
        && ends_in(&["pass", "pw"], word)
        && is_one_case(word)
        && !among(NO_PASSWORD, word)
        && !ends_in(NO_PASSWORD, word);
    if PASSWORD.has(word)
        || short
        || ends_in(PASSWORD_END, word)
        || begins_with(PASSWORD_STEMS, word)
    {
        return Some(Class::Password);
    }
    if SECRET.has(word) || ends_in(SECRET_END, word) {
        if word.eq_ignore_ascii_case("token") && after(&LEXICAL) {
            return None;
        }
        return Some(Class::Secret);
    }
    WEAK.has(word).then_some(Class::Weak)
}

/// Whether a word after a key word makes the name one of something about the secret.
pub(super) fn is_about(word: &str) -> bool {
    ABOUT.has(word)
}

/// Whether a word before a key word says that it is for all to see.
pub(super) fn is_public(word: &str) -> bool {
    among(&["public", "pub", "publishable", "max", "num", "min"], word)
}

/// Whether a name that begins with this word asks, counts or does something.
pub(super) fn is_question(word: &str) -> bool {
    QUESTION.has(word)
}

/// Whether a function whose name begins with this word is told a name rather than a secret.
pub(super) fn is_getter(word: &str) -> bool {
    GETTER.has(word)
}

/// Whether a word is several written together, such as `apikey`.
pub(super) fn is_joined(word: &str) -> bool {
    ends_in(PASSWORD_END, word)
        || ends_in(SECRET_END, word)
        || word.len() > 5 && ends_in(&["key"], word)
}
