use proptest::prelude::*;

use crate::guard::samples::Source;

use super::super::hits::{Basis, Hit, Hits};
use super::super::literals;
use super::super::token::Disguise;

const BASE64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const HEX: &str = "0123456789abcdef";

fn lines(body: &str, width: usize, join: &str) -> String {
    let chunks = body.as_bytes().chunks(width);
    let lines: Vec<_> = chunks.map(|line| String::from_utf8_lossy(line)).collect();
    lines.join(join)
}

/// A key in PEM whose lines are joined so.
fn pem(label: &str, size: usize, width: usize, join: &str, source: &mut Source) -> String {
    let body = source.letters(BASE64, size);
    let dashes = "-".repeat(5);
    let body = lines(&body, width, join);
    format!("{dashes}BEGIN {label}{dashes}{join}{body}{join}{dashes}END {label}{dashes}")
}

fn hits(text: &str) -> Vec<Hit> {
    let mut hits = Hits::default();
    literals::find(text, &mut hits);
    hits.0.retain(|hit| hit.basis != Basis::Suspicion);
    hits.0
}

fn hit(text: &str, id: &str) -> Option<std::ops::Range<usize>> {
    let mut hits = hits(text).into_iter();
    hits.find(|hit| hit.kind.id == id).map(|hit| hit.range)
}

#[test]
fn private_keys_of_every_label_are_found_whole() {
    let mut source = Source::new(1);
    for label in [
        "PRIVATE KEY",
        "RSA PRIVATE KEY",
        "EC PRIVATE KEY",
        "DSA PRIVATE KEY",
        "OPENSSH PRIVATE KEY",
        "ENCRYPTED PRIVATE KEY",
        "ANY PRIVATE KEY",
    ] {
        for (size, width) in [(64, 64), (164, 64), (392, 70), (1590, 64), (1624, 76)] {
            for join in [
                "\n",
                "\r\n",
                "\\n",
                "\\\\n",
                "\n    ",
                " ",
                "\n> ",
                "\\\n",
                "\" +\n  \"",
                "\\r\\n",
            ] {
                let key = pem(label, size, width, join, &mut source);
                let text = format!("before\n{key}\nafter words");
                let range = hit(&text, "private_key");
                assert_eq!(range, Some(7..7 + key.len()), "{label} {size} {join:?}");
            }
        }
    }
}

#[test]
fn keys_with_header_lines_and_without_an_end_are_found() {
    let mut source = Source::new(2);
    let key = pem("RSA PRIVATE KEY", 1590, 64, "\n", &mut source);
    let (head, body) = key.split_once('\n').unwrap();
    let headed =
        format!("{head}\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0011AAFF\n\n{body}");
    assert_eq!(hit(&headed, "private_key"), Some(0..headed.len()));
    let cut = &key[..key.len() / 2];
    assert_eq!(hit(cut, "private_key").unwrap().start, 0);
    let tail = &key[key.len() / 2..];
    assert_eq!(hit(tail, "private_key").unwrap().end, tail.len());
    let pgp = format!(
        "{0}BEGIN PGP {1} KEY BLOCK{0}\nVersion: 2\nComment: a b c\n\n{2}\n=aB3d\n{0}END PGP {1} KEY BLOCK{0}",
        "-----",
        "PRIVATE",
        lines(&source.letters(BASE64, 900), 64, "\n"),
    );
    assert_eq!(hit(&pgp, "pgp_private_key"), Some(0..pgp.len()));
    let ssh2 = pem("SSH2 ENCRYPTED PRIVATE KEY", 400, 70, "\n", &mut source);
    let ssh2 = ssh2
        .replace("-----BEGIN", "---- BEGIN")
        .replace("-----END", "---- END")
        .replace("KEY-----", "KEY ----");
    assert!(hit(&ssh2, "private_key").is_some(), "{ssh2}");
}

#[test]
fn json_escapes_slashes_and_an_openssh_body_needs_no_header() {
    let mut source = Source::new(3);
    let key = pem("PRIVATE KEY", 1590, 64, "\\n", &mut source).replace('/', "\\/");
    let text = format!("{{\"private_key\": \"{key}\\n\"}}");
    let range = hit(&text, "private_key").unwrap();
    assert_eq!(range.start, 17);
    assert!(range.end >= 17 + key.len() - 30, "{range:?} {}", key.len());
    let body = ["b3BlbnNz", "aC1rZXktdj", "EAAAA"].concat() + &source.letters(BASE64, 300);
    assert_eq!(
        hit(&lines(&body, 70, "\n"), "private_key").unwrap().start,
        0
    );
}

#[test]
fn a_disguised_key_is_found() {
    let mut source = Source::new(4);
    let key = pem("EC PRIVATE KEY", 164, 64, "\n", &mut source);
    for worn in [Disguise::Reversed, Disguise::Rot13] {
        let text = format!("what is\n{}\nthen", worn.apply(&key));
        let range = hit(&text, "private_key").unwrap();
        assert_eq!(range, 8..8 + key.len(), "{worn:?}");
    }
}

#[test]
fn keys_that_are_not_there_and_public_ones_are_harmless() {
    let mut source = Source::new(5);
    let head = "-----BEGIN PRIVATE KEY-----";
    let mut texts = vec![
        format!(
            "a file that begins with {head} holds a key, and should be kept out of the repository altogether"
        ),
        format!("{head}\n...\n-----END PRIVATE KEY-----"),
        format!("{head}\n<base64>\n-----END PRIVATE KEY-----"),
        format!("{head}\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC...\n-----END PRIVATE KEY-----"),
        format!("{head}\n{}\n-----END PRIVATE KEY-----", "x".repeat(128)),
        format!(
            "{head}\nyour private key goes here and here and here and here and here and here\n"
        ),
        format!("if text.starts_with(\"{head}\") {{ return Err(Error::Private); }}"),
    ];
    for label in [
        "CERTIFICATE",
        "PUBLIC KEY",
        "RSA PUBLIC KEY",
        "CERTIFICATE REQUEST",
        "PGP PUBLIC KEY BLOCK",
        "DH PARAMETERS",
    ] {
        texts.push(pem(label, 800, 64, "\n", &mut source));
    }
    for text in texts {
        assert_eq!(hits(&text), vec![], "{text}");
    }
    let mut suspected = Hits::default();
    literals::find(head, &mut suspected);
    assert!(suspected.0.iter().any(|hit| hit.basis == Basis::Suspicion));
}

#[test]
fn putty_keys_are_found() {
    let mut source = Source::new(6);
    for break_ in ["\n", "\r\n", "\\n"] {
        let body = lines(&source.letters(BASE64, 600), 64, break_);
        let mac = source.letters(HEX, 64);
        let text = [
            "PuTTY-User-Key-File-3: ssh-rsa",
            "Private-Lines: 10",
            &body,
            "Private-MAC: ",
        ]
        .join(break_)
            + &mac;
        let range = hit(&text, "putty_private_key").unwrap();
        assert!(text[range.clone()].contains(&body), "{text}");
        assert!(!text[range].contains("MAC"));
    }
    assert_eq!(hits("Private-Lines: 14 says how many lines follow"), vec![]);
}

#[test]
fn private_web_keys_are_found_and_public_ones_pass() {
    let mut source = Source::new(7);
    let alphabet = &BASE64[..62];
    let (x, d) = (source.letters(alphabet, 43), source.letters(alphabet, 43));
    for quote in ["\"", "\\\"", "'"] {
        let public =
            format!("{{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"{x}\"}}").replace('"', quote);
        assert_eq!(hits(&public), vec![], "{public}");
        let private =
            format!("{{\"d\": \"{d}\", \"kty\":\"EC\",\"x\":\"{x}\"}}").replace('"', quote);
        let range = hit(&private, "jwk_private_key").unwrap();
        assert_eq!(&private[range], d);
        let oct = format!("{{\"kty\":\"oct\",\"k\":\"{d}\"}}").replace('"', quote);
        assert_eq!(&oct[hit(&oct, "jwk_private_key").unwrap()], d);
    }
}

const WORDS: &str = "ocean garlic tunnel wagon plastic velvet orbit camera sudden tiger maple radar \
    pencil velocity kite lemon banner olive frozen mirror copper stable vivid anchor";

#[test]
fn seed_phrases_are_found_by_their_label() {
    let words: Vec<_> = WORDS
        .replace("velocity", "velcro")
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    for count in [12, 15, 18, 21, 24] {
        for join in [" ", "\n", ", "] {
            let phrase = words[..count].join(join);
            for text in [
                format!("my seed phrase: {phrase}"),
                format!("Mnemonic = \"{phrase}\""),
                format!("The recovery phrase of the wallet is:\n{phrase}\nkeep it"),
                format!("Meine Wiederherstellungsphrase lautet {phrase}."),
                format!("ma phrase de récupération est « {phrase} »"),
                format!("mi frase semilla es {phrase}"),
                format!("a minha frase de recuperação (seed): {phrase}"),
                format!("la mia frase di recupero: {phrase}"),
                format!("{phrase} is my seed phrase"),
            ] {
                let range = hit(&text, "seed_phrase");
                assert!(
                    range.is_some_and(|range| text[range].contains(&phrase)),
                    "{text}"
                );
            }
        }
    }
    let numbered: Vec<_> = words[..12]
        .iter()
        .enumerate()
        .map(|(n, word)| format!("{}. {word}", n + 1))
        .collect();
    assert!(
        hit(
            &format!("seed words\n{}", numbered.join("\n")),
            "seed_phrase"
        )
        .is_some()
    );
}

#[test]
fn talk_of_seed_phrases_is_harmless() {
    for text in [
        "A seed phrase is a list of words which store all the information needed to recover a wallet.",
        "Explain how a mnemonic turns into a binary seed, and why twelve words are enough for most people.",
        "seed the random number generator with the current time before each test run so results differ",
        "use this test mnemonic: abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about",
        "the phrase \"lorem ipsum\" stands where later a real text shall stand",
        "my wallet has leather outside, a zip, two pockets, and room for cards",
    ] {
        assert_eq!(hits(text), vec![], "{text}");
    }
}

#[test]
fn hexadecimal_wallet_keys_need_a_word() {
    let mut source = Source::new(8);
    let key = format!("0x{}", source.letters(HEX, 64));
    for text in [
        format!("PRIVATE_KEY={key}"),
        format!("the signer's private key is {key}."),
        format!("const deployerKey = \"{key}\""),
    ] {
        assert_eq!(&text[hit(&text, "wallet_private_key").unwrap()], key);
    }
    for text in [
        format!("tx hash {key} failed"),
        format!("block {key}"),
        format!("private chain, transaction hash {key}"),
        format!("privateKey = 0x{}", "0".repeat(64)),
        format!("private_key = {key}abcd"),
    ] {
        assert_eq!(hit(&text, "wallet_private_key"), None, "{text}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(
        pieces in prop::collection::vec(prop_oneof![
            "\\PC{0,30}",
            Just("-----BEGIN PRIVATE KEY-----".to_owned()),
            Just("-----END PRIVATE KEY-----\n".to_owned()),
            Just("-----ORTVA EFN CEVINGR XRL-----".to_owned()),
            Just("-----YEK ETAVIRP NIGEB-----".to_owned()),
            Just("\"kty\":\"d\":\"".to_owned()),
            Just("Private-Lines: 2\n".to_owned()),
            Just("seed phrase mnemonic ".to_owned()),
            Just("récupération ".to_owned()),
            Just(" 0xabcdef private".to_owned()),
            "[A-Za-z0-9+/]{0,90}",
            "(\\\\n|\n|\\\\/| |\")",
            "([a-z]{3,8} ){0,14}",
        ], 0..14),
    ) {
        let text = pieces.concat();
        for hit in hits(&text) {
            prop_assert!(text.get(hit.range).is_some());
        }
    }
}
