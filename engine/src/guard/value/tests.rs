use proptest::prelude::*;

use super::*;

/// Values by lot, the same for the same seed: nothing that looks like a secret is written down.
pub(in super::super) struct Lot(u64);

impl Lot {
    pub(in super::super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(in super::super) fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }

    pub(in super::super) fn of(&mut self, alphabet: &str, size: usize) -> String {
        let letters: Vec<char> = alphabet.chars().collect();
        (0..size)
            .map(|_| letters[self.below(letters.len())])
            .collect()
    }

    /// A key of letters of both cases and digits.
    pub(in super::super) fn key(&mut self, size: usize) -> String {
        let lower = "abcdefghijklmnopqrstuvwxyz";
        self.of(&format!("{lower}{}0123456789", lower.to_uppercase()), size)
    }

    pub(in super::super) fn hex(&mut self, size: usize) -> String {
        self.of("0123456789abcdef", size)
    }

    fn word(&mut self) -> String {
        let words = [
            "castle", "garden", "marble", "falcon", "walnut", "meadow", "lantern", "copper",
        ];
        words[self.below(words.len())].to_owned()
    }

    /// A password as people choose them: two words, a number and a sign.
    pub(in super::super) fn password(&mut self) -> String {
        let mut first = self.word();
        first.get_mut(..1).map(str::make_ascii_uppercase);
        let number = 10 + self.below(89);
        format!("{first}-{}{number}!", self.word())
    }

    /// Three words and a number.
    pub(in super::super) fn chain(&mut self) -> String {
        let number = 20 + self.below(70);
        format!("{}-{}-{}-{number}", self.word(), self.word(), self.word())
    }
}

fn missed(found: impl Fn(&mut Lot) -> bool) -> usize {
    (0..2000)
        .filter(|seed| !found(&mut Lot::new(*seed)))
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
    let base32 = |lot: &mut Lot| lot.of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 32);
    assert_eq!(missed(|lot| judge(&base32(lot)) == Judged::Random), 0);
    let uuid = |lot: &mut Lot| [8, 4, 4, 4, 12].map(|size| lot.hex(size)).join("-");
    assert_eq!(missed(|lot| judge(&uuid(lot)) == Judged::Random), 0);
    let url_safe = |lot: &mut Lot| {
        let alphabet = format!("{}-_", lot.key(400));
        lot.of(&alphabet, 43)
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
    let year = |lot: &mut Lot| format!("Summer{}", 2010 + lot.below(15));
    assert_eq!(missed(|lot| judge(&year(lot)) == Judged::Password), 0);
}

#[test]
fn signs_by_lot_are_no_placeholder() {
    let signs = "abcdefghijkmnpqrsABCDEFGHJKLMNP23456789!#%&()*+,-./:;<=>?@[]^_{|}~";
    let noise = |lot: &mut Lot| lot.of(signs, 64);
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
    fn any_text_can_be_judged(text in "\\PC{0,400}") {
        let _ = (judge(&text), is_weak_password(&text), is_striking(&text), is_chained(&text), is_expression(&text));
    }

    #[test]
    fn any_signs_can_be_judged(text in "[-a-z0-9${}<>()\\[\\]%#@./:=\"'*|]{0,40}") {
        let _ = (judge(&text), is_weak_password(&text), is_striking(&text), is_chained(&text), is_expression(&text));
    }
}
