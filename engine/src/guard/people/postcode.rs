//! Postal codes, and what stands for one: `City, ST`.

/// Whether a text holds a postal code: of the United Kingdom, Canada, the Netherlands, Ireland by
/// their letters; of four to six digits for all others.
pub(super) fn within(text: &str) -> bool {
    let mut state = false;
    tokens(text).any(|(place, token)| {
        let next = text.get(place + token.len()..).unwrap_or_default();
        let four = token.len() == 4 && token.bytes().all(|b| b.is_ascii_digit());
        let found = lettered(token, next) || digits(token, next) || state && four;
        state = matches!(token.len(), 2 | 3) && token.bytes().all(|b| b.is_ascii_uppercase());
        found
    })
}

/// Runs of letters and digits with their places.
fn tokens(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split(|c: char| !c.is_alphanumeric())
        .filter_map(move |token| {
            let place = at;
            at += token.len();
            at += text
                .get(at..)
                .and_then(|rest| rest.chars().next())
                .map_or(0, char::len_utf8);
            (!token.is_empty()).then_some((place, token))
        })
}

/// A code that holds letters: `LS1 4AB`, `M5V 2T6`, `1012 AB`, `D02 AF30`.
fn lettered(token: &str, next: &str) -> bool {
    let shape = |text: &str| -> String {
        let class = |b: u8| match b {
            b'0'..=b'9' => '9',
            b'A'..=b'Z' => 'A',
            _ => '?',
        };
        text.bytes().map(class).collect()
    };
    let second = next.strip_prefix(' ').unwrap_or_default();
    let second = second
        .split(|c: char| !c.is_alphanumeric())
        .next()
        .unwrap_or_default();
    let parts = (shape(token), shape(second));
    match (parts.0.as_str(), parts.1.as_str()) {
        ("A9" | "A99" | "AA9" | "AA99" | "A9A" | "AA9A", "9AA")
        | ("A9A", "9A9")
        | ("9999", "AA") => true,
        ("A99" | "A9A", second)
            if second.len() == 4 && second.bytes().any(|b| b == b'9') && !second.contains('?') =>
        {
            true
        }
        (one, _) => matches!(
            one,
            "A99AA" | "A999AA" | "AA99AA" | "AA999AA" | "A9A9AA" | "AA9A9AA" | "A9A9A9" | "9999AA"
        ),
    }
}

/// A code of digits: `04103`, `787-01`, `560 001`, `01310-100`, `114 55`.
fn digits(token: &str, next: &str) -> bool {
    let number = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let all = token.bytes().all(|b| b.is_ascii_digit());
    let grouped = next.starts_with(['-', ' ']);
    let second = number(next.get(1..).unwrap_or_default());
    match token.len() {
        _ if !all => false,
        5 | 6 => true,
        4 => {
            !matches!(token.get(..2), Some("19" | "20"))
                || next.trim_start().starts_with(char::is_uppercase)
        }
        3 => grouped && matches!(second, 2..=4),
        2 => next.starts_with('-') && second == 3,
        _ => false,
    }
}

/// Whether a text holds a city with a state or a country's two or three capitals behind a comma:
/// `Austin, TX`.
pub(super) fn has_state(text: &str) -> bool {
    text.match_indices(", ").any(|(at, _)| {
        let state: String = text
            .get(at + 2..)
            .unwrap_or_default()
            .chars()
            .take_while(char::is_ascii_alphabetic)
            .collect();
        let city = text
            .get(..at)
            .unwrap_or_default()
            .ends_with(char::is_alphabetic);
        city && matches!(state.len(), 2 | 3) && state.bytes().all(|b| b.is_ascii_uppercase())
    })
}
