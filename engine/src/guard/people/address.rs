//! Postal addresses: a number, a street and a place.
//!
//! Street words follow the name in English, are joined to it in German and Dutch, and stand before
//! it in the Romance and Slavic languages. With a postal code, a state, or a word such as `address`
//! near, number and street are an address.

use std::ops::Range;

use super::postcode::{has_state, within};
use crate::guard::finding::{Family, Kind};
use crate::guard::hits::Hits;
use crate::guard::reader::{
    has_name, has_word, in_word, line_before, window_after, window_before, words,
};
use crate::guard::shape::{after, before};

const ADDRESS: Kind = Kind::of("postal_address", "a postal address", Family::Personal);

/// Words that follow a street's name.
#[rustfmt::skip]
pub(super) const STREETS: &[&str] = &[
    " street", " st", " avenue", " ave", " av", " road", " rd", " lane", " ln", " drive", " dr",
    " boulevard", " blvd", " court", " ct", " place", " pl", " terrace", " way", " close",
    " crescent", " cres", " square", " sq", " parkway", " pkwy", " highway", " hwy", " circle",
    " cir", " trail", " grove", " gardens", " mews", " row", " walk", " hill", " quay",
    " esplanade", " parade", " loop", " marg", " nagar", " colony", " sector", " jalan", " park",
    " green", " view", " rise", " vale", " gate", " ter", " plaza", " plz", " alley", " cove",
    " crossing", " xing", " pike", " ridge", " heights", " hts", " trl", " bend",
];

/// Words that a street's name ends in.
#[rustfmt::skip]
pub(super) const STEMS: &[&str] = &[
    "straße", "strasse", "str.", "weg", "platz", "allee", "gasse", "ring", "damm", "ufer", "steig",
    "chaussee", "promenade", "straat", "laan", "gracht", "plein", "kade", "dijk", "singel",
    "vägen", "gatan", "gata", "vegen", "veien", "gade", "vej", "allé", "katu", "tie", "kuja",
    "utca", "körút", "ulice", "sokak", "sokağı", "caddesi", "cad.", "mahallesi", "straße", "berg",
    "markt", "hof", "stieg", "pfad", "gaten", "vænget", "torget", "kuja", "polku", "út", "tér",
];

/// Words that a street's name begins with.
#[rustfmt::skip]
pub(super) const PREFIXES: &[&str] = &[
    "rue ", "avenue ", "boulevard ", "bd ", "place ", "allée ", "allées ", "chemin ", "impasse ",
    "quai ", "cours ", "route ", "calle ", "c/ ", "c/", "avenida ", "av. ", "av ", "avda. ",
    "avda ", "plaza ", "paseo ", "carrera ", "cra. ", "carrer ", "ronda ", "camino ", "via ",
    "viale ", "piazza ", "corso ", "largo ", "vicolo ", "strada ", "rua ", "travessa ", "praça ",
    "alameda ", "rodovia ", "estrada ", "ul. ", "ulica ", "al. ", "aleja ", "os. ", "plac ",
    "strada ", "str. ", "bulevardul ", "улица ", "ул. ", "ул.", "проспект ", "пр. ", "пр-т ",
    "вулиця ", "вул. ", "οδός ", "jl. ", "jalan ", "đường ", "ulice ", "náměstí ", "unter den ",
    "am ", "an der ", "auf der ", "im ", "zum ", "zur ", "flat ", "apt ", "plot ", "house no",
];

/// Words that a flat or a letter box stands behind, where the street itself has no word for it.
pub(super) const BOXES: &[&str] = &[" bus ", " bte ", " boîte ", " boite ", " box "];

/// Words that a pair of coordinates stands behind.
#[rustfmt::skip]
pub(super) const PLACES: &[&str] = &[
    "gps", "coordinates", "coords", "koordinaten", "coordenadas", "coordonnées", "coordinate",
    "latitude", "lat", "geo", "location",
];

/// Signs of Japanese, Chinese and Korean addresses.
pub(super) const JAPANESE: &[&str] = &["〒", "丁目", "番地", "路", "街道", "번길", "대로", "로 "];

/// Words that say that an address comes.
#[rustfmt::skip]
const SAID: &[&str] = &[
    "address", "addr", "lives", "live", "living", "resides", "residing", "home", "ship",
    "shipping", "deliver", "delivery", "billing", "mailing", "moved", "reside", "residence",
    "adresse", "anschrift", "wohnt", "wohnhaft", "wohne", "lieferadresse", "rechnungsadresse",
    "domicile", "domicilié", "habite", "dirección", "domicilio", "vive", "vivo", "indirizzo",
    "residente", "abita", "endereço", "morada", "mora", "adres", "woont", "zamieszkały", "adress",
    "bor", "osoite", "адрес", "проживает", "address1", "street",
];

/// Addresses that the world knows.
#[rustfmt::skip]
const FAMOUS: &[&str] = &[
    "10 downing", "11 downing", "1600 pennsylvania", "221b baker", "1600 amphitheatre",
    "1 infinite", "one apple park", "1 apple park", "1 microsoft way", "one microsoft way",
    "410 terry", "1 hacker way", "350 fifth ave", "30 rockefeller", "742 evergreen", "4 privet",
    "123 main", "123 fake", "1234 elm", "123 elm", "350 5th ave", "1 main st", "12 grimmauld",
    "platz der republik 1", "willy-brandt-straße 1", "55 rue du faubourg", "123 example",
    "456 oak", "123 any", "100 main st", "carrer de mallorca 401", "5 avenue anatole",
    "piazza del colosseo", "20 w 34th", "rue de rivoli", "1 rue de rivoli", "99 rue de rivoli",
    "4059 mt lee", "1 world trade", "20 ingram", "12 grimmauld", "4 yawkey", "1260 6th",
    "1 times sq", "1895 preston white", "1770 st. james", "59 temple", "675 mass", "160 saratoga", "51 franklin", "548 market",
];

/// How far behind a street its place may stand, bytes.
const REACH: usize = 90;

/// `12 Cedar Lane, …`: a number, names with a capital, and the street word.
pub(super) fn check_street(text: &str, at: Range<usize>, hits: &mut Hits) {
    if after(text, at.end).is_some_and(in_word) {
        return;
    }
    let Some(start) = numbered(window_before(text, at.start, 48)) else {
        return;
    };
    conclude(text, at.start - start..at.end, hits);
}

/// How far before a window's end the house's number begins: behind it come one to four words with a
/// capital or an ordinal, nothing else.
fn numbered(window: &str) -> Option<usize> {
    let window = window.rsplit('\n').next().unwrap_or_default();
    let mut end = window.len();
    for (names, word) in window.rsplit(' ').take(6).enumerate() {
        let begin = end.checked_sub(word.len())?;
        let clean = word.trim_end_matches([',', '.']);
        let starts_digit = clean.starts_with(|c: char| c.is_ascii_digit());
        let ordinal = starts_digit
            && ["st", "nd", "rd", "th"]
                .iter()
                .any(|tail| clean.ends_with(tail));
        if starts_digit && names > 0 && !ordinal {
            let digits = clean.bytes().take_while(u8::is_ascii_digit).count();
            let tail = clean.get(digits..)?;
            let house = digits <= 5
                && tail.len() <= 6
                && tail
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '/'));
            return house.then_some(window.len() - begin);
        }
        let capital = clean.starts_with(char::is_uppercase);
        let joint = matches!(clean, "of" | "the" | "de" | "la" | "and" | "St" | "-");
        if !(capital || ordinal || joint) {
            // `"12 Cedar`, `(12 Cedar`, `address:12 Cedar`
            let tail = word
                .rsplit([
                    '"', '\'', '(', ':', '=', '\n', '>', ';', ',', '|', '\t', '`', '*',
                ])
                .next()?;
            let house = tail.bytes().any(|b| b.is_ascii_digit())
                && tail.len() <= 6
                && tail
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'/')
                && tail.starts_with(|c: char| c.is_ascii_digit());
            return (house && names > 0).then_some(window.len() - (end - tail.len()));
        }
        end = begin.checked_sub(1)?;
    }
    None
}

/// `Lindenstraße 12, 04103 …`: the name's ending, then a number.
pub(super) fn check_stem(text: &str, at: Range<usize>, hits: &mut Hits) {
    let word_start = window_before(text, at.start, 30);
    let name = word_start.len()
        - word_start
            .trim_end_matches(|c: char| c.is_alphabetic() || c == '-')
            .len();
    let start = at.start - name;
    let first = window_after(text, start, 4).chars().next();
    let spaced = text
        .get(..start)
        .unwrap_or_default()
        .ends_with(|c: char| c.is_alphabetic() || c == ' ');
    let named = first.is_some_and(char::is_uppercase) || name == 0 && spaced;
    if !named {
        return;
    }
    let rest = window_after(text, at.end, 12);
    let gap = rest.len() - rest.trim_start_matches([' ', '.']).len();
    let number = rest.get(gap..).unwrap_or_default();
    let digits = number.bytes().take_while(u8::is_ascii_digit).count();
    if gap == 0 || !matches!(digits, 1..=4) {
        return;
    }
    let end = at.end + gap + digits;
    conclude(text, start..end, hits);
}

/// `12 rue Voltaire, 75011 …`, `Calle Mayor 5, 28013 …`: a street word, a name, and a number before or
/// behind.
pub(super) fn check_prefix(text: &str, at: Range<usize>, hits: &mut Hits) {
    if before(text, at.start).is_some_and(|b| in_word(b) || b == b'/' || b == b'.') {
        return;
    }
    let name = window_after(text, at.end, 40);
    let front = window_before(text, at.start, 12).trim_end_matches([' ', ',']);
    let front = ["bis", "ter", "quater"]
        .iter()
        .find_map(|part| front.strip_suffix(part))
        .unwrap_or(front)
        .trim_end();
    let digits_before = front
        .bytes()
        .rev()
        .take_while(|b| b.is_ascii_alphanumeric())
        .count();
    let house = front.get(front.len() - digits_before..).unwrap_or_default();
    let house = house.starts_with(|c: char| c.is_ascii_digit()) && house.len() <= 5;
    let named = name.split([' ', '\n']).take(3).any(|word| {
        word.starts_with(char::is_uppercase) || word.starts_with("l'") || word.starts_with("d'")
    });
    let own = name.split(['\n', ';']).next().unwrap_or_default();
    let first = own.find(char::is_uppercase).unwrap_or(own.len());
    let own = own.get(first..).unwrap_or_default();
    let behind = own
        .split([' ', ',', '#', 'º', '°'])
        .find(|word| matches!(word.bytes().take_while(u8::is_ascii_digit).count(), 1..=5))
        .and_then(|word| Some(at.end + first + own.find(word)? + word.len()));
    let second = own.chars().nth(1).is_some_and(char::is_lowercase);
    if !named || first > 14 || !second || !(house || behind.is_some()) {
        return;
    }
    let skipped = window_before(text, at.start, 12).len() - front.len();
    let start = if house {
        at.start - skipped - digits_before
    } else {
        at.start
    };
    let end = if house {
        at.end
    } else {
        behind.unwrap_or(at.end)
    };
    conclude(text, text.floor_char_boundary(start)..end, hits);
}

/// `Meir 180 bus 17, 2000 …`: a name, a number and the box.
pub(super) fn check_box(text: &str, at: Range<usize>, hits: &mut Hits) {
    let line = line_before(text, at.start, 40);
    let house = line.len()
        - line
            .trim_end_matches(|c: char| c.is_ascii_alphanumeric())
            .len();
    let number = line.get(line.len() - house..).unwrap_or_default();
    let name = line
        .get(..line.len() - house)
        .unwrap_or_default()
        .trim_end();
    let name = name.rsplit([' ', ',']).next().unwrap_or_default();
    let behind = window_after(text, at.end, 4);
    let numbered = number.starts_with(|c: char| c.is_ascii_digit())
        && behind.starts_with(|c: char| c.is_ascii_digit());
    if numbered && name.starts_with(char::is_uppercase) {
        conclude(text, at.start - house - 1 - name.len()..at.end + 1, hits);
    }
}

/// Where somebody lives, in degrees.
pub(super) fn check_place(text: &str, at: Range<usize>, hits: &mut Hits) {
    let before = window_before(text, at.start, 70);
    let after = window_after(text, at.end, 60);
    let degrees = after
        .split(|c: char| !(c.is_ascii_digit() || c == '.'))
        .filter(|run| {
            let parts = run.split_once('.');
            parts.is_some_and(|(whole, part)| (1..=3).contains(&whole.len()) && part.len() >= 3)
        });
    let lives = has_word(after, &["home", "lives"])
        || has_word(before, SAID)
        || has_word(
            before,
            &["wohnort", "hometown", "house", "domicilio", "casa"],
        );
    let apart =
        !before.ends_with(char::is_alphanumeric) && !after.starts_with(char::is_alphanumeric);
    if apart
        && degrees.take(2).count() == 2
        && lives
        && (has_name(window_before(text, at.start, 120)) || has_name(after))
    {
        let size = after
            .rfind(|c: char| c.is_ascii_digit())
            .map_or(0, |last| last + 1);
        hits.by_context(ADDRESS, at.start..at.end + size);
    }
}

/// `〒150-0002 東京都…`, `…1丁目2番地`, `…路88号`: signs of their own with digits beside them.
pub(super) fn check_japanese(text: &str, at: Range<usize>, hits: &mut Hits) {
    let sign = text.get(at.clone()).unwrap_or_default();
    let after = window_after(text, at.end, 40);
    let before = window_before(text, at.start, 40);
    let coded = sign == "〒"
        && after.trim_start().starts_with(|c: char| c.is_ascii_digit())
        && after.contains(['都', '道', '府', '県', '市', '区']);
    let placed = ["都", "市", "区", "県", "府", "省", "시", "구", "도 "]
        .iter()
        .any(|mark| before.contains(mark));
    let digit = after.trim_start().starts_with(|c: char| c.is_ascii_digit())
        || before.ends_with(|c: char| c.is_ascii_digit());
    if coded || placed && digit {
        let size = after
            .find(['\n', '。', '"', ',', ';'])
            .unwrap_or(after.len());
        hits.by_context(ADDRESS, at.start..at.end + size);
    }
}

/// A street with a number stands here: an address where a place is named with it.
fn conclude(text: &str, street: Range<usize>, hits: &mut Hits) {
    let shown = window_after(text, street.start, street.len());
    let lower = shown.to_lowercase();
    let led = window_before(text, street.start, 24).to_lowercase();
    let famous = |known: &&str| {
        lower.starts_with(*known)
            || lower.contains(*known) && known.len() > 12
            || led.trim_end().ends_with(*known)
    };
    if FAMOUS.iter().any(famous) || is_years(shown) {
        return;
    }
    let behind = window_after(text, street.end, REACH);
    let before = window_before(text, street.start, 60);
    let near = behind.split("\n\n").next().unwrap_or_default();
    let said = has_word(before, SAID);
    let city = || words(near).any(|word| word.starts_with(char::is_uppercase));
    let placed = if is_year(shown) {
        within(near) && has_state(near)
    } else {
        within(near) && city() || has_state(near) || coded_before(before)
    };
    if said || placed {
        hits.by_context(ADDRESS, street);
    }
}

/// Whether a text begins with a year, as a line of a copyright does: `2016 Ann Lane`.
fn is_year(shown: &str) -> bool {
    let digits = shown.bytes().take_while(u8::is_ascii_digit).count();
    digits == 4 && (shown.starts_with("19") || shown.starts_with("20"))
}

/// Whether it begins with the years from one to another.
fn is_years(shown: &str) -> bool {
    let last = shown.get(4..).and_then(|rest| rest.strip_prefix('-'));
    is_year(shown) && last.is_some_and(is_year)
}

/// Whether a postal code stands before, as where the street comes last.
fn coded_before(before: &str) -> bool {
    let line = before.rsplit('\n').next().unwrap_or_default();
    within(line) && line.contains(',')
}
