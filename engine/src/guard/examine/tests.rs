use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use proptest::prelude::*;

use super::*;
use crate::guard::samples::Source;

fn one(text: &str) -> Verdict {
    examine(&[Leaf::of(text)], &Lexicon::default(), false)
}

/// The texts that are found, as they stand in the request.
fn found<'t>(texts: &[&'t str]) -> Vec<&'t str> {
    let leaves: Vec<Leaf<'_>> = texts
        .iter()
        .enumerate()
        .map(|(index, text)| Leaf {
            message: Some(index),
            ..Leaf::of(*text)
        })
        .collect();
    let verdict = examine(&leaves, &Lexicon::default(), false);
    let found = verdict.findings.iter();
    found
        .filter(|found| found.kind.family != Family::Structure)
        .map(|found| &texts[found.leaf][found.start..found.end])
        .collect()
}

fn each(text: &str, form: impl Fn(u8) -> String, between: &str) -> String {
    text.bytes().map(form).collect::<Vec<_>>().join(between)
}

#[test]
fn a_token_is_found_in_every_disguise_and_the_disguise_is_its_place() {
    let token = Source::new(1).github_token();
    let (left, right) = token.split_at(17);
    let hidden = [
        token.clone(),
        STANDARD.encode(&token),
        URL_SAFE_NO_PAD.encode(&token),
        STANDARD.encode(STANDARD.encode(STANDARD.encode(&token))),
        each(&token, |b| format!("{b:02x}"), ""),
        each(&token, |b| format!("{b:02x}"), " "),
        each(&token, |b| format!("%{b:02X}"), ""),
        each(&token, |b| format!("&#{b};"), ""),
        each(&token, |b| format!("\\u{b:04x}"), ""),
        each(&token, |b| format!("\\{b:03o}"), ""),
        each(&token, |b| format!("={b:02X}"), ""),
        each(&token, |b| b.to_string(), ", "),
        each(&token, |b| char::from(b).to_string(), " "),
        each(&token, |b| char::from(b).to_string(), "\u{200b}"),
        each(
            &token,
            |b| char::from_u32(u32::from(b) + 0xFEE0).unwrap().to_string(),
            "",
        ),
        format!("{left}\n{right}"),
        format!("{left}\\\n    {right}"),
        format!("{left}' + '{right}"),
        format!("{left}**{right}"),
    ];
    for disguise in hidden {
        let text = format!("before this '{disguise}' and after");
        let found = found(&[&text]);
        assert_eq!(found, [disguise.as_str()], "{disguise}");
    }
}

#[test]
fn a_token_cut_over_messages_is_found_in_both() {
    let token = Source::new(2).github_token();
    for cut in [8, 17, 30] {
        let (left, right) = token.split_at(cut);
        let texts = [
            format!("here is how it begins: {left}"),
            "fine".to_owned(),
            format!("and {right} is what comes after that"),
        ];
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        assert_eq!(found(&texts), [left, right], "{cut}");
    }
}

#[test]
fn a_value_is_known_by_the_question_before_it() {
    let password = Source::new(3).password();
    let texts = ["the database password:", password.as_str()];
    assert_eq!(found(&texts), [password.as_str()]);
}

#[test]
fn what_was_found_once_is_found_again_where_nothing_tells() {
    let password = Source::new(4).password();
    let encoded = STANDARD.encode(format!("nothing but {password} here"));
    let texts = [
        format!("DB_PASSWORD={password}"),
        format!("it says that {password}, really, is wrong"),
        encoded.clone(),
    ];
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    assert_eq!(
        found(&texts),
        [password.as_str(), password.as_str(), encoded.as_str()]
    );
}

#[test]
fn ordinary_talk_is_general_and_a_bare_word_counts_in_strict_mode_alone() {
    for text in [
        "How do JWT tokens work, and why is a password hashed?",
        "Where should I keep an API key in production?",
        "",
    ] {
        assert_eq!(one(text).tier, Tier::General, "{text}");
    }
    let text = "is my password safe?";
    let strict = examine(&[Leaf::of(text)], &Lexicon::default(), true);
    assert_eq!(strict.tier, Tier::Prohibited);
    assert_eq!(
        &text[strict.findings[0].start..strict.findings[0].end],
        "password"
    );
}

#[test]
fn a_tenant_s_own_words_count() {
    let lexicon = Lexicon {
        confidential: vec!["Project Heron".into()],
        restricted: vec!["ledgerd".into()],
        domains: vec!["acme.example".into()],
    };
    let tier = |text: &str| examine(&[Leaf::of(text)], &lexicon, false).tier;
    assert_eq!(tier("what about project heron?"), Tier::Prohibited);
    assert_eq!(tier("is ledgerd down?"), Tier::Restricted);
    assert_eq!(tier("open db.acme.example for me"), Tier::Prohibited);
    assert_eq!(tier("a heron, ledgerds and acme.examples"), Tier::General);
    let hidden = STANDARD.encode("all about project heron");
    assert_eq!(tier(&hidden), Tier::Prohibited);
}

#[test]
fn the_name_of_a_member_tells_what_its_value_is() {
    let password = Source::new(5).password();
    let named = Leaf {
        name: Some("db_password".into()),
        ..Leaf::of(password.as_str())
    };
    let verdict = examine(&[named], &Lexicon::default(), false);
    assert_eq!(verdict.tier, Tier::Prohibited);
}

#[test]
fn too_much_text_is_not_let_through() {
    let text = "a ".repeat(MAX_TEXT / 2 + 1);
    let verdict = one(&text);
    assert_eq!(
        (verdict.tier, verdict.findings[0].kind.id),
        (Tier::Prohibited, "unexamined")
    );
}

#[test]
fn what_is_hidden_deeper_than_is_read_is_not_let_through() {
    let layers: [fn(&str) -> String; 5] = [
        |text| STANDARD.encode(text),
        |text| each(text, |b| format!("{b:02x}"), ""),
        |text| each(text, |b| format!("%{b:02X}"), ""),
        |text| each(text, |b| format!("&#{b};"), ""),
        |text| each(text, |b| format!("\\u{b:04x}"), ""),
    ];
    for (index, layer) in layers.iter().enumerate() {
        let hidden = (0..4).fold(Source::new(7).github_token(), |text, _| layer(&text));
        assert_eq!(one(&hidden).tier, Tier::Prohibited, "{index}");
    }
    let percent = (0..4).fold("ghp%5F".to_owned(), |text, _| text.replace('%', "%25"));
    assert_eq!(one(&percent).tier, Tier::Prohibited);
    // What is quoted again and again hides nothing.
    let quoted = (0..5).fold("a \"word\"\n".to_owned(), |text, _| format!("{text:?}"));
    assert_eq!(one(&quoted).tier, Tier::General);
}

#[test]
fn readings_that_would_take_too_much_memory_are_not_made() {
    let issued = Table::default();
    let full = [Leaf::of("a".repeat(MAX_TEXT))];
    let reading = Reading::of(&full, Terms::default(), false, &issued);
    assert!(reading.budget.rest() <= MEMORY);
    for unit in ["a a a ", r#"\\""#, "a%41"] {
        let text = unit.repeat(LEAST_BUDGET / GROWTH / unit.len());
        let leaves = [Leaf::of(text.as_str())];
        let mut reading = Reading::of(&leaves, Terms::default(), false, &issued);
        reading.read_on();
        let size: usize = reading.views.iter().map(View::size).sum();
        assert!(size <= LEAST_BUDGET, "{unit} {size}");
        assert!(!reading.found.is_empty(), "{unit} fits");
    }
}

#[test]
fn more_places_than_are_kept_are_not_let_through() {
    let emails: String = (0..MAX_FOUND + 9)
        .map(|n| format!("joe{n}x@corp{n}.org\n"))
        .collect();
    let verdict = one(&emails);
    assert!(verdict.findings.len() <= MAX_FOUND + 1);
    assert!(
        verdict
            .findings
            .iter()
            .any(|found| found.kind == UNEXAMINED)
    );
}

#[test]
fn a_finding_outside_its_text_is_still_told() {
    let found = |range| Found {
        range,
        ..unexamined(0)
    };
    let merged = merged(vec![found(2..90)], &[Leaf::of("short")]);
    assert_eq!(merged[0].range, 2..5);
}

#[test]
fn what_unfolds_without_end_is_not_let_through() {
    // Each level of compression multiplies the text; the budget ends it.
    let mut bytes = vec![b'a'; 60_000_000];
    for _ in 0..1 {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        std::io::Write::write_all(&mut gzip, &bytes).unwrap();
        bytes = gzip.finish().unwrap();
    }
    assert_eq!(one(&STANDARD.encode(bytes)).tier, Tier::Prohibited);
}

proptest! {
    #[test]
    fn a_token_is_found_at_any_place(before in "[a-z .,:\\n]{0,40}", behind in "[ .,:)\"\\n][a-z .,]{0,40}", seed in 0u64..1000) {
        let token = Source::new(seed).github_token();
        let text = format!("{before} {token}{behind}");
        // Behind a word such as `pw` the value goes on to the next blank.
        prop_assert!(found(&[&text]).iter().any(|finding| finding.contains(&token)), "{}", text);
    }

    #[test]
    fn no_text_makes_it_panic(texts in prop::collection::vec("\\PC{0,80}", 0..4)) {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        found(&texts);
    }

    #[test]
    fn findings_of_one_text_do_not_overlap(text in "([A-Za-z0-9_=:/@. \"'\\n-]{0,30}(password|sk-|ghp_|https://|eyJ|10\\.0\\.0\\.)){0,5}") {
        let verdict = one(&text);
        let mut last = 0;
        for finding in verdict.findings.iter().filter(|f| f.kind.family != Family::Structure) {
            prop_assert!(finding.start >= last && finding.end > finding.start && finding.end <= text.len());
            last = finding.end;
        }
    }
}

#[test]
fn a_key_with_written_line_breaks_is_one_finding_from_its_beginning_to_its_end() {
    let lines: Vec<String> = (0..9).map(|n| Source::new(n).key(64)).collect();
    let label = ["PRIVATE", "KEY"].join(" ");
    let key = format!(
        "-----BEGIN {label}-----\\nMIIE{}\\n-----END {label}-----\\n",
        lines.join("\\n")
    );
    let text = format!("{{\"private_key\": \"{key}\", \"more\": \"\\n\"}}");
    let found = found(&[&text]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].starts_with("-----BEGIN") && found[0].contains("-----END"),
        "{found:?}"
    );
}

#[test]
fn a_token_behind_a_word_for_passwords_is_found_with_what_clings_to_it() {
    let token = Source::new(0).github_token();
    let text = format!("pw {token}.a");
    assert_eq!(found(&[&text]), [format!("{token}.a")]);
}
