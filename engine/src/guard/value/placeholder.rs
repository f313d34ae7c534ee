//! What stands in documents and examples where a real value would stand.

use super::super::vocabulary::Vocabulary;

/// Words of which alone example values are made.
static DEMO: Vocabulary = Vocabulary::new(
    "a abc abcd access actual add admin an api apikey app auth aws azure bar basic baz bearer bit \
     change changed changeit changeme client cookie credential credentials db default demo dev \
     development dummy encrypted enter example existing fake fill foo foobar generated github \
     goes goeshere google guest hash hashed hello here hidden id in insecure insert invalid is it \
     jwt key letmein local login long me mock my mykey mypassword mysecret mytoken name new no \
     none not of old open openai opensesame or our pass passphrase passwd password passwort paste \
     placeholder please postgres private prod production public put pw pwd qux random real \
     redacted removed replace replaced root safe same sample secret secrets secure server service \
     sesame session set signing some staging string stripe strong stub super supersecret tbd temp \
     test tester testing text the this to todo token top topsecret unsafe use user username valid \
     value very webhook with world wrong xyz your yours",
);

/// Words that make a whole value an example, whatever else stands in it.
static TELLING: Vocabulary = Vocabulary::new(
    "changeit changeme dummy example fixme masked omitted placeholder redacted removed replace \
     replaceme sanitized todo truncated your yourkey yourpassword yoursecret yourtoken",
);
/// Shorter runs of one mask character happen to real values.
const MASK: usize = 4;

/// Whether a value stands for one that is not there.
pub(super) fn is(value: &str) -> bool {
    value.is_empty()
        || is_masked(value)
        || is_field(value)
        || is_sequence(value)
        || words(value).any(|word| TELLING.has(word))
        || starts_with_your(value)
        || is_demo(value)
}

fn starts_with_your(value: &str) -> bool {
    let head = value.get(..4).unwrap_or_default();
    head.eq_ignore_ascii_case("your") && value.len() < 40
        || value.len() < 48 && value.ends_with("EXAMPLE")
        || value.len() < 64 && value.ends_with("EXAMPLEKEY")
}

/// `xxxx-xxxx`, `****`, `sk-...abcd`, `abcd…`.
fn is_masked(value: &str) -> bool {
    if value.contains("...") || value.contains('…') || value.contains('•') || value.contains('●')
    {
        return true;
    }
    let mut kinds = value
        .bytes()
        .filter(u8::is_ascii_alphanumeric)
        .map(|byte| byte.to_ascii_lowercase());
    let first = kinds.next();
    if value.is_ascii() && kinds.all(|byte| Some(byte) == first) {
        return !value.bytes().any(|b| b.is_ascii_alphanumeric()) && value.len() < 6
            || first.is_some()
            || value.bytes().all(|b| value.as_bytes().first() == Some(&b));
    }
    let (mut run, mut last) = (0, 0);
    for byte in value.bytes() {
        let byte = byte.to_ascii_lowercase();
        run = if byte == last { run + 1 } else { 1 };
        if run >= MASK && matches!(byte, b'x' | b'*' | b'.' | b'_' | b'#' | b'-' | b'?')
            || run >= 3 && byte == b'*'
            || run >= 6
        {
            return true;
        }
        last = byte;
    }
    false
}

/// A field that something else is put into: `<x>`, `${X}`, `$X`, `%X%`, `{{x}}`, `{x}`, `%s`.
fn is_field(value: &str) -> bool {
    for mark in ["${", "{{", "#{", "$(", "<%", "%(", "%{", "[[ ", "((", "<<"] {
        if value.contains(mark) {
            return true;
        }
    }
    let name = |text: &str| {
        !text.is_empty()
            && !text.starts_with(|c: char| c.is_ascii_digit())
            && text
                .chars()
                .all(|c| c.is_alphanumeric() || "_-.:>[]'\" !?".contains(c))
    };
    let inside = |open: &str, close: &str| {
        let inner = value
            .strip_prefix(open)
            .and_then(|rest| rest.strip_suffix(close));
        inner.is_some_and(name)
    };
    let embraced = |open: char, close: char| {
        let inner = value
            .split_once(open)
            .and_then(|(_, rest)| rest.split_once(close));
        inner.is_some_and(|(inner, _)| name(inner) && inner.len() >= 2)
    };
    embraced('{', '}')
        || embraced('<', '>')
        || !value.starts_with("[[") && inside("[", "]")
        || inside("%", "%")
        || inside("__", "__")
        || inside("@", "@")
        || inside("@@", "@@")
        || inside("*", "*")
        || value.starts_with('<')
            && value
                .get(1..)
                .is_some_and(|rest| rest.starts_with(|c: char| c.is_alphabetic()))
        || value
            .strip_prefix('$')
            .is_some_and(|rest| name(rest) && !rest.contains(' '))
        || value
            .strip_prefix([':', '@'])
            .is_some_and(|rest| rest.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
        || value.starts_with('%') && value.len() <= 3
}

/// `123456`, `abcdef`, `0123456789abcdef`, `qwerty`, `deadbeef`, and repeats of such.
fn is_sequence(value: &str) -> bool {
    let plain: Vec<u8> = value
        .bytes()
        .filter(u8::is_ascii_alphanumeric)
        .map(|b| b.to_ascii_lowercase())
        .collect();
    if plain.len() < 4 {
        return false;
    }
    let steps = plain.iter().zip(plain.iter().skip(1)).filter(|(a, b)| {
        let step = i16::from(**b) - i16::from(**a);
        (-1..=1).contains(&step) || (**a, **b) == (b'9', b'0') || (**a, **b) == (b'9', b'a')
    });
    if steps.count() * 5 >= (plain.len() - 1) * 4 {
        return true;
    }
    let lower = value.to_ascii_lowercase();
    plain.len() < 24
        && [
            "12345", "abcdef", "qwert", "deadbeef", "abc123", "asdf", "cafebabe", "98765",
        ]
        .iter()
        .any(|known| lower.contains(known))
        || repeats(&plain)
}

/// Whether a string is one short piece again and again: `changeme` twice, `abababab`.
fn repeats(plain: &[u8]) -> bool {
    (1..=4).any(|size| {
        plain.len() >= size * 3
            && plain
                .iter()
                .zip(plain.iter().skip(size))
                .all(|(a, b)| a == b)
    })
}

/// Whether nothing but words of examples and a plain number stand in a value. Symbols that people
/// put into passwords speak against it.
fn is_demo(value: &str) -> bool {
    let mut any = false;
    for word in words(value) {
        any = true;
        if !is_made_of_demo(word) {
            return false;
        }
    }
    let digits: Vec<u8> = value.bytes().filter(u8::is_ascii_digit).collect();
    let plain = value
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"-_. :/,'\"()".contains(&b));
    any && plain && (digits.len() <= 3 || is_sequence(&String::from_utf8_lossy(&digits)))
}

/// The runs of letters; a capital after a small letter begins a new one.
fn words(value: &str) -> impl Iterator<Item = &str> {
    value
        .split(|c: char| !c.is_alphabetic())
        .flat_map(humps)
        .filter(|word| !word.is_empty())
}

fn humps(run: &str) -> impl Iterator<Item = &str> {
    let mut rest = run;
    std::iter::from_fn(move || {
        let bytes = rest.as_bytes();
        if bytes.is_empty() {
            return None;
        }
        let hump = bytes
            .iter()
            .zip(bytes.iter().skip(1))
            .position(|(a, b)| a.is_ascii_lowercase() && b.is_ascii_uppercase());
        let (word, after) = rest.split_at(hump.map_or(bytes.len(), |at| at + 1));
        rest = after;
        Some(word)
    })
}

/// The longest word of examples, bytes, and the most that are written together.
const WORD: usize = 12;
const WORDS: usize = 6;

/// Whether a run of letters is one or several of the words of examples.
fn is_made_of_demo(run: &str) -> bool {
    let mut rest = run;
    for _ in 0..WORDS {
        match DEMO.longest(rest, WORD).and_then(|size| rest.get(size..)) {
            Some("") => return true,
            Some(after) => rest = after,
            None => return false,
        }
    }
    false
}
