use proptest::prelude::*;

use super::*;
use crate::guard::samples::Source;

fn missed(found: impl Fn(&mut Source) -> bool) -> usize {
    (0..2000)
        .filter(|seed| !found(&mut Source::new(*seed)))
        .count()
}

#[test]
fn keys_of_every_alphabet_are_random() {
    for size in [24, 32, 40, 64] {
        // One in ten thousand happens to look like words.
        assert!(
            missed(|lot| judge(&lot.key(size)) == Judged::Random) < 3,
            "{size}"
        );
        assert_eq!(
            missed(|lot| judge(&lot.hex(size)) == Judged::Random),
            0,
            "{size}"
        );
    }
    // One in a hundred keys of sixteen happens to look like words.
    assert!(missed(|lot| judge(&lot.key(16)) == Judged::Random) < 20);
    let base32 = |lot: &mut Source| lot.letters("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 32);
    assert_eq!(missed(|lot| judge(&base32(lot)) == Judged::Random), 0);
    let uuid = |lot: &mut Source| [8, 4, 4, 4, 12].map(|size| lot.hex(size)).join("-");
    assert_eq!(missed(|lot| judge(&uuid(lot)) == Judged::Random), 0);
    let url_safe = |lot: &mut Source| {
        let alphabet = format!("{}-_", lot.key(400));
        lot.letters(&alphabet, 43)
    };
    assert!(missed(|lot| judge(&url_safe(lot)) == Judged::Random) < 3);
}

#[test]
fn chosen_passwords_are_told_from_words() {
    // Some of the words look drawn by lot.
    let told = |value: &str| matches!(judge(value), Judged::Password | Judged::Random);
    assert_eq!(missed(|lot| told(&lot.password())), 0);
    assert_eq!(missed(|lot| is_weak_password(&lot.chain())), 0);
    assert_eq!(missed(|lot| is_chained(&lot.chain())), 0);
    let year = |lot: &mut Source| format!("Summer{}", 2010 + lot.below(15));
    assert_eq!(missed(|lot| judge(&year(lot)) == Judged::Password), 0);
}

#[test]
fn signs_by_lot_are_no_placeholder() {
    let signs = "abcdefghijkmnpqrsABCDEFGHJKLMNP23456789!#%&()*+,-./:;<=>?@[]^_{|}~";
    let noise = |lot: &mut Source| lot.letters(signs, 64);
    assert!(missed(|lot| judge(&noise(lot)) == Judged::Random) < 40);
}

#[test]
fn placeholders_stand_for_nothing() {
    let values = [
        "",
        "<token>",
        "<your key>",
        "${TOKEN}",
        "$TOKEN",
        "%TOKEN%",
        "{{ token }}",
        "{token}",
        "#{token}",
        "__TOKEN__",
        "@@TOKEN@@",
        "[TOKEN]",
        "xxxx",
        "xxxx-xxxx",
        "XXXXXXXXXXXX",
        "********",
        "••••••••",
        "...",
        "sk-...",
        "abcd...wxyz",
        "changeme",
        "CHANGE_ME",
        "your_api_key",
        "your-secret-here",
        "YOUR_KEY_HERE",
        "REPLACE_ME",
        "TODO",
        "redacted",
        "[REDACTED]",
        "dummy",
        "example-token",
        "my-secret-token",
        "test123",
        "password123",
        "123456",
        "abcdef123456",
        "0123456789abcdef",
        "deadbeefdeadbeef",
        "$(cat file)",
        "%s",
        ":password",
        "op://vault/item/field",
        "arn:aws:secretsmanager:eu:1:secret:x",
        "vault:secret/data/app#key",
        "process.env.TOKEN",
        "os.getenv(\"TOKEN\")",
        "config['token']",
        "getpass()",
        "secrets.token_hex(16)",
        "https://example.org/path",
        "self.password",
        "pk_live_abc",
    ];
    for value in values {
        assert_eq!(judge(value), Judged::Placeholder, "{value}");
    }
}

#[test]
fn words_names_and_numbers_are_ordinary() {
    let values = [
        "password",
        "Passwort",
        "Option<String>",
        "&'static str",
        "string|null",
        "user.password",
        "Foo::bar",
        "my_app_token_2",
        "us-east-1",
        "v1.2.3",
        "^4.0.0",
        "1.0.0-beta.2",
        "2024-01-01T10:00:00Z",
        "4096",
        "30s",
        "sha256:abc",
        "HS256",
        "AES-256-GCM",
        "utf-8",
        "me@mail.example.org",
        "/etc/app/config.yaml",
        "src/auth/token.rs",
        "uploads/2022/a.jpg",
        "required",
        "Please enter your password",
        "#c0ffee",
        "--color-primary-873",
        "/^[A-Za-z0-9]+$/",
        "String!",
    ];
    for value in values {
        assert!(
            matches!(judge(value), Judged::Ordinary | Judged::Placeholder),
            "{value}"
        );
        assert!(!is_striking(value), "{value}");
    }
}

#[test]
fn expressions_are_told_from_values() {
    for value in [
        "Token![as](span)",
        "hmac::Key::new",
        "rsa.generate(public=65537",
        "&config.token2",
        "ssl=True",
        "user_id=77",
        "f(12)",
        "a](#b",
    ] {
        assert!(is_expression(value), "{value}");
    }
    assert_eq!(missed(|lot| !is_expression(&lot.password())), 0);
    assert_eq!(missed(|lot| !is_expression(&lot.key(32))), 0);
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,400}") {
        let _ = (judge(&text), is_weak_password(&text), is_striking(&text), is_chained(&text), is_expression(&text));
    }

    #[test]
    fn any_signs_can_be_judged(text in "[-a-z0-9${}<>()\\[\\]%#@./:=\"'*|]{0,40}") {
        let _ = (judge(&text), is_weak_password(&text), is_striking(&text), is_chained(&text), is_expression(&text));
    }
}
