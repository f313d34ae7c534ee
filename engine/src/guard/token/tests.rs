//! Every rule of the tables is tried with tokens made from its own data.

use proptest::prelude::*;

use crate::guard::samples::Source;

use super::super::hits::{Basis, Hit, Hits};
use super::super::literals;
use super::rule::{Edge, Needs, Part};
use super::*;

/// How the runs of a token are made.
#[derive(Clone, Copy)]
enum Fill {
    /// At random, of a length that the rule allows.
    Random,
    /// At random, of the least length.
    Shortest,
    /// Of one character.
    Same,
    /// Counting up.
    Counting,
}

fn run(part: &Part, fill: Fill, source: &mut Source) -> String {
    let (letters, size): (Vec<u8>, usize) = match part {
        Part::Text(text) => return (*text).to_owned(),
        Part::Uuid => {
            let groups = [8, 4, 4, 4, 12].map(|size| {
                let of = super::super::shape::Alphabet::LOWER_HEX;
                let group = Part::Run {
                    of,
                    least: size,
                    most: size,
                };
                run(&group, fill, source)
            });
            return groups.join("-");
        }
        Part::Run { of, least, most } => {
            let extra = match fill {
                Fill::Shortest => 0,
                _ => source.below((most - least).min(40) + 1),
            };
            (
                (33..127).filter(|byte| of.has(*byte)).collect(),
                least + extra,
            )
        }
    };
    let first = source.below(letters.len());
    let pick = |place: usize| match fill {
        Fill::Random | Fill::Shortest => letters[source.below(letters.len())],
        Fill::Same => letters[first],
        Fill::Counting => letters[(first + place) % letters.len()],
    };
    (0..size).map(pick).map(char::from).collect()
}

/// A token of a rule, and where its literal stands in it.
fn token(rule: &Rule, fill: Fill, source: &mut Source) -> (String, Range<usize>) {
    let mut text = String::new();
    for part in rule.before {
        text += &run(part, fill, source);
    }
    let at = text.len()..text.len() + rule.literal.len();
    text += rule.literal;
    for part in rule.after {
        let mut made = run(part, fill, source);
        // An open alphabet may end a sentence too: a token does not.
        let letters = matches!(part, Part::Run { of, .. } if of.has(b'7'));
        if letters && made.ends_with(|c: char| !c.is_ascii_alphanumeric()) {
            made.pop();
            made.push('7');
        }
        text += &made;
    }
    (text, at)
}

/// What must stand before a token of a rule.
fn preface(rule: &Rule) -> String {
    match rule.needs {
        Needs::Nothing => String::new(),
        Needs::InRun(words) => format!("{}/?a=b&", words.last().unwrap()),
        Needs::Near(words) => format!("{} ", words.first().unwrap()),
    }
}

fn hits(text: &str) -> Vec<Hit> {
    let mut hits = Hits::default();
    literals::find(text, &mut hits);
    hits.0
}

fn found(text: &str, rule: &Rule, start: usize) -> Option<Range<usize>> {
    let own = |hit: &Hit| hit.kind == rule.kind && hit.range.start == start;
    let ranges = hits(text).into_iter().filter(own).map(|hit| hit.range);
    ranges.max_by_key(|range| range.end)
}

fn literal(rule: &Rule, in_text: &str, at: &Range<usize>) -> Option<Range<usize>> {
    rule.find(in_text, at).map(|found| found.value)
}

#[test]
fn there_are_many_kinds_and_each_has_a_name() {
    let mut ids: Vec<_> = rules::all().map(|rule| rule.kind.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert!(ids.len() >= 250, "{}", ids.len());
    for rule in rules::all() {
        let kind = rule.kind;
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        assert!(kind.id.bytes().all(plain), "{}", kind.id);
        assert!(kind.title.starts_with('a'), "{}", kind.title);
        assert!(!rule.literal.is_empty() && rule.literal.is_ascii());
    }
}

#[test]
fn literals_are_lower_case_and_unlike() {
    let mut all = literals();
    assert!(all.iter().all(|literal| {
        literal
            .bytes()
            .all(|b| b.is_ascii() && !b.is_ascii_uppercase())
    }));
    let count = all.len();
    all.sort_unstable();
    all.dedup();
    assert!(count - all.len() < 40, "{}", count - all.len());
}

#[test]
fn every_rule_finds_its_tokens_wherever_they_stand() {
    const AROUND: &[(&str, &str)] = &[
        ("", ""),
        ("\"", "\""),
        ("'", "'"),
        ("`", "`"),
        ("KEY=", "\nPORT=80"),
        ("the key is ", "."),
        ("(", ")"),
        ("use ", ", then"),
        ("x?k=", "&y=1"),
        ("https://", "@host"),
        ("\n", "\n"),
        ("{\"a\": \"", "\"}"),
        ("Bearer ", "\r\n"),
        ("<b>", "</b>"),
        ("k: ", " # c"),
        ("\\n", "\\n"),
        ("a%3D", "%26"),
        ("é", "é"),
    ];
    let mut source = Source::new(1);
    for rule in rules::all() {
        for (head, tail) in AROUND.iter().cycle().take(2 * AROUND.len()) {
            let (made, at) = token(rule, Fill::Random, &mut source);
            if rule.edge == Edge::Blob && head.ends_with('/') {
                continue;
            }
            let head = if matches!(rule.needs, Needs::InRun(_)) {
                preface(rule)
            } else {
                preface(rule) + head
            };
            let text = format!("{head}{made}{tail}");
            let label = if rule.labelled { at.end } else { 0 };
            let range = found(&text, rule, head.len() + label);
            let end = head.len() + made.len();
            let reached = range.is_some_and(|range| range.end >= end);
            assert!(reached, "{}: {text}", rule.kind.id);
        }
    }
}

#[test]
fn a_hit_covers_the_value_and_no_more() {
    let mut source = Source::new(2);
    for rule in rules::all() {
        let (made, at) = token(rule, Fill::Random, &mut source);
        let head = preface(rule);
        let text = format!("{head}{made} and more");
        let start = if rule.labelled { at.end } else { 0 };
        let at = head.len() + at.start..head.len() + at.end;
        let value = literal(rule, &text, &at);
        assert_eq!(
            value,
            Some(head.len() + start..head.len() + made.len()),
            "{text}"
        );
    }
}

#[test]
fn a_body_that_is_too_short_is_no_token() {
    let mut source = Source::new(3);
    for rule in rules::all().filter(|rule| !rule.after.is_empty()) {
        let (mut made, at) = token(rule, Fill::Shortest, &mut source);
        made.pop();
        let goes_on = |tail: &str| match (rule.after.last(), tail.bytes().next()) {
            (Some(Part::Run { of, .. }), Some(first)) => of.has(first),
            _ => false,
        };
        let tails = ["", "\"", " ", "…", "*****", "<rest>"];
        for tail in tails.into_iter().filter(|tail| !goes_on(tail)) {
            assert_eq!(
                literal(rule, &format!("{made}{tail}"), &at),
                None,
                "{made}{tail}"
            );
        }
    }
}

#[test]
fn inside_a_word_there_is_no_token() {
    let mut source = Source::new(4);
    for rule in rules::all().filter(|rule| rule.edge != Edge::Any) {
        let (made, at) = token(rule, Fill::Random, &mut source);
        let at = at.start + 1..at.end + 1;
        assert_eq!(literal(rule, &format!("a{made}"), &at), None, "a{made}");
    }
}

#[test]
fn placeholders_are_no_tokens() {
    let mut source = Source::new(5);
    for rule in rules::all() {
        let judged = |part: &Part| part.least() >= 10 && !matches!(part, Part::Text(_));
        if !rule.before.iter().chain(rule.after).any(judged) {
            continue;
        }
        for fill in [Fill::Same, Fill::Counting] {
            let (made, at) = token(rule, fill, &mut source);
            let head = preface(rule);
            let text = format!("{head}{made}");
            let at = head.len() + at.start..head.len() + at.end;
            assert_eq!(literal(rule, &text, &at), None, "{text}");
        }
    }
}

#[test]
fn talk_of_tokens_is_harmless() {
    for text in [
        "ghp_XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX",
        "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "sk-learn-something-like-this-in-the-evening",
        "task-notification disk-cleanup-helper-for-windows-machines",
        "sk-toggleable__label-arrow:before",
        "sk-your-own-api-key-goes-here-1234567890",
        "sk-...9Xq2 was revoked",
        "sk-proj-****************************************",
        "hf_modelForSequenceClassificationTraining",
        "npm_config_registry and npm_lifecycle_event",
        concat!("AKIA", "IOSFODNN7EXAMPLE"),
        "pk_live_51HCOXXAaYYbbiuYYuu990011aabbccdd",
        "sb_publishable_aXk20dkAlsP02kdlaK2lsa_a0d92kfa",
        "xoxb-your-bot-token-goes-in-here",
        concat!(
            "xox",
            "b-123456789012-1234567890123-abcdefghijklmnopqrstuvwx"
        ),
        concat!(
            "https://hooks.slack.com/services/",
            "T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"
        ),
        "integrity sha512-ABCdef",
        "$2b$12$ is the prefix of bcrypt",
        "AccountKey=<key>;EndpointSuffix=core.windows.net",
        "https://x.example/?sig=abc&se=2027",
        "eyJhbGciOiJIUzI1NiJ9 is a header",
        "eyJhbGciOiJIUzI1NiJ9.e30.x",
        "glpat-<your token>",
        "the prefix ghp_ stands for personal tokens",
        "ssh-rsa keys are old; ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB is new",
    ] {
        let hits = hits(text);
        let own = hits.iter().filter(|hit| hit.basis != Basis::Suspicion);
        assert_eq!(own.count(), 0, "{text}: {hits:?}");
    }
}

#[test]
fn disguised_tokens_are_found_where_they_stand() {
    let mut source = Source::new(6);
    for rule in rules::all().filter(|rule| rule.stands_alone()) {
        for worn in [Disguise::Reversed, Disguise::Rot13] {
            if worn.apply(rule.literal) == rule.literal {
                continue;
            }
            let (made, _) = token(rule, Fill::Random, &mut source);
            let text = format!("what is {} then", worn.apply(&made));
            let hits = hits(&text);
            let place = "what is ".len().."what is ".len() + made.len();
            let covers =
                |hit: &Hit| hit.range.start <= place.start + 12 && hit.range.end + 12 >= place.end;
            let own = |hit: &&Hit| hit.kind == rule.kind || covers(hit);
            assert!(
                hits.iter().any(|hit| own(&hit)),
                "{}: {made}: {text}: {hits:?}",
                rule.kind.id
            );
        }
    }
}

/// A signed token with these claims.
fn signed(header: &str, claims: &str, source: &mut Source) -> String {
    use base64::Engine;
    let encode = |part: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(part);
    let signature = Part::Run {
        of: super::super::shape::Alphabet::BASE64_URL,
        least: 43,
        most: 43,
    };
    let signature = run(&signature, Fill::Random, source);
    format!("{}.{}.{signature}", encode(header), encode(claims))
}

#[test]
fn web_tokens_are_found_and_public_ones_pass() {
    let mut source = Source::new(9);
    let header = r#"{"alg":"HS256","typ":"JWT"}"#;
    let own = signed(header, r#"{"sub":"42","exp":1}"#, &mut source);
    for text in [
        own.clone(),
        format!("Bearer {own}."),
        format!("x={own}&y"),
        format!("a%20{own}"),
    ] {
        let start = text.find("eyJ").unwrap();
        let range = start..start + own.len();
        assert!(
            hits(&text)
                .iter()
                .any(|hit| hit.kind == JWT && hit.range == range),
            "{text}"
        );
    }
    let service = signed(
        header,
        r#"{"iss":"supabase","role":"service_role"}"#,
        &mut source,
    );
    let is_token = |text: &str| hits(text).iter().any(|hit| hit.kind == JWT);
    assert!(is_token(&service));
    let anon = signed(header, r#"{"iss":"supabase","role":"anon"}"#, &mut source);
    assert!(!is_token(&anon));
    assert!(!is_token(&signed(r#"{"typ":"JWT"}"#, "{}", &mut source)));
    let claims = format!("{{\"sub\":\"{}\"}}", "ab cd".repeat(200));
    let long = signed(header, &claims, &mut source);
    for (worn, own) in [
        (Disguise::Reversed, &own),
        (Disguise::Rot13, &own),
        (Disguise::Reversed, &long),
        (Disguise::Rot13, &long),
    ] {
        let text = format!("see {} now", worn.apply(own));
        let range = 4..4 + own.len();
        assert!(
            hits(&text)
                .iter()
                .any(|hit| hit.kind == JWT && hit.range == range)
        );
    }
}

#[test]
fn published_samples_are_known_by_their_digest() {
    // RFC 7519's and jwt.io's customary claims, without the signature that makes it a sample.
    assert!(!sample::published("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"));
    let secret = ["JBSW", "Y3DP", "EHPK", "3PXP"].concat();
    assert!(sample::published(&secret));
    let text = format!("otpauth://totp/a?secret={secret}&issuer=a");
    assert_eq!(
        hits(&text)
            .iter()
            .filter(|hit| hit.basis == Basis::Form)
            .count(),
        0
    );
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,200}") {
        hits(&text);
    }

    #[test]
    fn pieces_of_rules_in_any_order_do_not_make_it_fail(
        picks in prop::collection::vec((0usize..1000, "\\PC{0,6}"), 0..12),
    ) {
        let mut source = Source::new(10);
        let rules: Vec<_> = rules::all().collect();
        let mut text = String::new();
        for (pick, between) in picks {
            let rule = rules[pick % rules.len()];
            let (made, _) = token(rule, Fill::Shortest, &mut source);
            let made = match pick % 3 {
                0 => made,
                1 => Disguise::Reversed.apply(&made),
                _ => Disguise::Rot13.apply(&made),
            };
            text += &made[..made.len() * (pick % 7) / 6];
            text += &between;
        }
        for hit in hits(&text) {
            prop_assert!(text.get(hit.range).is_some());
        }
    }

    #[test]
    fn a_token_is_found_at_any_offset(
        pick in 0usize..1000,
        seed in any::<u64>(),
        head in "(\\PC{0,40}[ \n\"(,])?",
        tail in "([ \n\"),]\\PC{0,40})?",
    ) {
        let rules: Vec<_> = rules::all().filter(|rule| rule.stands_alone()).collect();
        let rule = rules[pick % rules.len()];
        let (made, at) = token(rule, Fill::Random, &mut Source::new(seed));
        let text = format!("{head}{made}{tail}");
        let at = head.len() + at.start..head.len() + at.end;
        let body = rule.find(&made, &(at.start - head.len()..at.end - head.len()));
        prop_assume!(body.is_some());
        prop_assert!(literal(rule, &text, &at).is_some(), "{}", text);
    }
}
