use aho_corasick::AhoCorasick;
use proptest::prelude::*;

use super::super::hits::{Basis, Hits};
use super::*;
use crate::guard::samples::Source;

/// What the rules of this module find in a text, words that are only suspicious left out.
fn found(text: &str) -> Vec<String> {
    let search = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(literals())
        .unwrap();
    let mut hits = Hits::default();
    for hit in search.find_overlapping_iter(text) {
        check(text, hit.pattern().as_usize(), hit.range(), &mut hits);
    }
    let hits = hits
        .0
        .into_iter()
        .filter(|hit| hit.basis != Basis::Suspicion);
    hits.map(|hit| text[hit.range].to_owned()).collect()
}

/// Puts values by lot into a text and expects them found, whole.
fn finds(template: &str, value: impl Fn(&mut Source) -> String) {
    for seed in 0..40 {
        let value = value(&mut Source::new(seed));
        let text = template.replace('§', &value);
        assert!(found(&text).contains(&value), "{text}\n{:?}", found(&text));
    }
}

fn passes(text: &str) {
    assert_eq!(found(text), Vec::<String>::new(), "{text}");
}

#[test]
fn passwords_are_found_in_every_notation() {
    for template in [
        "DB_PASSWORD=§\nPORT=1",
        "export DB_PASSWORD='§'",
        "password: §",
        "password: \"§\"",
        "{\"password\": \"§\"}",
        "{\\\"password\\\": \\\"§\\\"}",
        "password := \"§\"",
        "'password' => '§'",
        "password -> §",
        "if password == \"§\" {",
        "let password: &str = \"§\";",
        "password: str = \"§\"",
        "String dbPassword = \"§\";",
        "$env:DB_PASSWORD = \"§\"",
        "define('DB_PASSWORD', '§');",
        "config.set(\"password\", \"§\")",
        "user.setPassword(\"§\")",
        ".withPassword(\"§\")",
        "connect(user=\"a\", password=\"§\")",
        "String::from(password = \"§\")",
        "db_password = String::from(\"§\")",
        "variable \"db_password\" {\n  type = string\n  default = \"§\"\n}",
        "- name: DB_PASSWORD\n  value: \"§\"",
        "docker run -e DB_PASSWORD=§ image",
        "docker build --build-arg DB_PASSWORD=§ .",
        "tool --password § --verbose",
        "tool --password=§",
        "mysql -u a -p§ db",
        "curl -u admin:§ https://a.example.org",
        "sshpass -p '§' ssh a@b",
        "redis-cli -a § ping",
        "PGPASSWORD=§ psql",
        "net use Z: \\\\srv\\share /user:a §",
        "<password>§</password>",
        "<password encrypted=\"false\">§</password>",
        "<add key=\"DbPassword\" value=\"§\" />",
        "<th>Password</th>\n<td>§</td>",
        "user,password\nbob,§\n",
        "| user | password |\n|---|---|\n| bob | § |\n",
        "Password | §",
        "password;§",
        "CREATE USER a IDENTIFIED BY '§';",
        "IDENTIFIED WITH caching_sha2_password BY '§'",
        "ALTER ROLE a WITH PASSWORD '§'",
        "machine h login u password §",
        "h.example.org:5432:db:svc:§",
        "password: |\n  §\n",
        "password:\n  §\n",
        "process.env.DB_PASSWORD || \"§\"",
        "echo '§' | docker login --password-stdin",
        "echo \"a:§\" | chpasswd",
        "client.auth(\"deploy\", \"§\")",
        "[mysql]\nuser=a\npassword=§\n",
        "**Password:** §",
        "**Password**: `§`",
        "Password (staging): §",
    ] {
        finds(template, Source::password);
    }
}

#[test]
fn keys_are_found_under_names_of_every_style() {
    for template in [
        "API_KEY=§",
        "apiKey: \"§\"",
        "api-key: §",
        "x-api-key: §",
        "client_secret = \"§\"",
        "?page=2&api_key=§&x=1",
        "Datadog API key: §",
        "dd_api_key=§",
        "TWILIO_AUTH_TOKEN=§",
        "signingKey=\"§\"",
        "webhook_secret: §",
        "SUPABASE_SERVICE_ROLE_KEY=§",
        "//registry.example.org/:_authToken=§",
        "Authorization: Bearer §",
        "-H \"Authorization: Bearer §\"",
        "headers['Authorization'] = 'token §'",
        "Proxy-Authorization: Token §",
        "X-Auth-Token: §",
        "Cookie: theme=dark; session=§; lang=en",
        "Set-Cookie: PHPSESSID=§; path=/",
        "Can you check if my Datadog API key § looks right?",
        "the token I used was §",
        "<string name=\"api_token\">§</string>",
        "tokens: [\"§\"]",
        "my klucz API to §",
    ] {
        finds(template, |lot| lot.key(36));
        if !template.contains("[\"") {
            finds(template, |lot| lot.hex(32));
        }
    }
}

#[test]
fn passwords_are_found_in_sentences() {
    for template in [
        "the password is §",
        "my pass: § does not work",
        "the password for the test box is §",
        "I changed the password to §, still locked out",
        "login admin / §",
        "creds: admin:§",
        "user bob password §",
        "Passwort: §",
        "Mein Passwort lautet §",
        "la contraseña es §",
        "mon mot de passe est §",
        "« § » comme mot de passe",
        "la password è §",
        "a senha é §",
        "het wachtwoord is §",
        "hasło to §",
        "пароль: §",
        "şifrem §",
        "密码是§",
        "口令：§",
        "パスワードは§です",
        "비밀번호는 § 입니다",
        "use § as the password",
        "§ is my password",
    ] {
        finds(template, Source::password);
    }
    finds("the password is §", Source::chain);
    finds("PIN: §", |lot| format!("40{}", lot.letters("3579", 2)));
}

#[test]
fn lists_of_codes_and_web_keys_are_found_whole() {
    let mut lot = Source::new(7);
    let codes: Vec<String> = (0..6)
        .map(|_| format!("{}-{}", lot.hex(4), lot.letters("0123456789xyz", 4)))
        .collect();
    let text = format!("Backup codes:\n{}\n\nthanks", codes.join("\n"));
    for code in &codes {
        assert!(found(&text).contains(code), "{text}");
    }
    finds(
        "{\"kty\": \"EC\", \"crv\": \"P-256\", \"d\": \"§\"}",
        |lot| lot.key(43),
    );
}

#[test]
fn accounts_in_basic_credentials_are_read() {
    use base64::Engine as _;
    for seed in 0..40 {
        let pair = format!("deploy:{}", Source::new(seed).password());
        let value = base64::engine::general_purpose::STANDARD.encode(pair);
        for text in [
            format!("Authorization: Basic {value}"),
            format!("{{\"auth\": \"{value}\"}}"),
        ] {
            assert!(found(&text).contains(&value), "{text}");
        }
    }
    let sample = base64::engine::general_purpose::STANDARD.encode("user:password");
    passes(&format!("Authorization: Basic {sample}"));
}

#[test]
fn talk_and_programs_pass() {
    for text in [
        "password required",
        "token = tokenizer.next()",
        "secret santa ideas",
        "max_tokens=900",
        "token_type: bearer",
        "password_field = \"pw1\"",
        "secretName: app-secret-v2",
        "password: Passwort",
        "input type=\"password\" minlength=\"16\"",
        "password = os.getenv(\"DB_PASSWORD\")",
        "password: String,\nsecret: Option<String>,",
        "const token = req.headers.authorization",
        "let as_token: Token![as] = input.parse()?;",
        "password=\"password\"",
        "POSTGRES_PASSWORD=postgres",
        "DB_PASSWORD=\nPORT=1",
        "def check(password, token):",
        "def f(user=None, password=None, ssl=True):",
        "public_key = \"ssh\"",
        "token: null",
        "password: ${DB_PASSWORD}",
        "PASSWORD=<your password>",
        "use a password manager, e.g. version 7.2.1",
        "js-tokens@4.0.0:",
        "\"cookie\": \"^0.4.1\"",
        "password must have 8 characters",
        "rotated signing key kid=abc",
        "bad password user=admin attempts=4",
        "Cookie: _ga=GA1.2.345678901.1700000000; theme=dark",
        "Authorization: Bearer <token>",
        "Bearer [REDACTED]",
        "API_KEY=abcd...",
        "mutation { login(email: String!, password: String!): Token! }",
        "import { Token } from './token2.js'",
        "spacebar key: 32",
        "the passing grade is B2",
        "curl -u \"$USER:$PASS\" https://a.example.org",
        "mysql -u root -p",
        "| key | value |\n|---|---|\n| a1 | b2 |",
    ] {
        passes(text);
    }
}

#[test]
fn digests_beside_other_names_pass() {
    for seed in 0..40 {
        let hex = Source::new(seed).hex(40);
        for text in [
            format!("commit {hex} broke the token test"),
            format!("password_hash = sha256:{hex}"),
            format!("token_id: {hex}"),
            format!("public key: {hex}"),
            format!("integrity sha512-{hex}"),
        ] {
            passes(&text);
        }
    }
}

#[test]
fn a_member_parted_from_its_name_is_judged() {
    let value = Source::new(3).password();
    let mut hits = Hits::default();
    named("dbPassword", &value, &mut hits);
    assert_eq!(hits.0.len(), 1);
    assert_eq!(hits.0[0].range, 0..value.len());
    let mut hits = Hits::default();
    named("数据库密码", &value, &mut hits);
    named(
        "Authorization",
        &format!("Bearer {}", Source::new(4).key(40)),
        &mut hits,
    );
    assert_eq!(hits.0.len(), 2);
    let mut hits = Hits::default();
    named("passwordField", &value, &mut hits);
    named("title", &value, &mut hits);
    named("password", "${PASSWORD}", &mut hits);
    assert!(hits.0.is_empty());
}

#[test]
fn bare_words_are_suspicious_only() {
    let mut hits = Hits::default();
    let words = literals();
    let at = words.iter().position(|word| *word == "bearer").unwrap();
    check("bearer", at, 0..6, &mut hits);
    assert!(hits.0.iter().all(|hit| hit.basis == Basis::Suspicion));
    assert_eq!(hits.0.len(), 1);
}

#[test]
fn time_is_linear_whatever_repeats() {
    for piece in [
        "password=",
        "pwd=\"",
        "pwd='pwd=\"pwd=`",
        "cookie: a=b;",
        "|password|x\n",
        "login a / ",
        "\"kty\"\"d",
        "密码",
        "backup codes: ",
        "password\\\\\"",
    ] {
        let mut hits = Hits::default();
        let text = piece.repeat(20_000 / piece.len());
        let search = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .build(literals())
            .unwrap();
        for hit in search.find_overlapping_iter(&text) {
            check(&text, hit.pattern().as_usize(), hit.range(), &mut hits);
        }
        assert!(hits.0.len() <= text.len(), "{piece}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,200}", name in "(password|token|api_key|密码|cookie|login|backup codes|\"kty\"|curl -u|identified by)") {
        let _ = found(&format!("{text}{name}{text}"));
        let _ = found(&format!("{name}{text}"));
    }

    #[test]
    fn no_signs_break_the_reading(text in "(password|token|secret|é|码|[-=:;,|<>(){}\"'`\\\\ \n\t*#]|x1){0,60}") {
        let _ = found(&text);
    }

    #[test]
    fn a_password_is_found_at_any_offset(before in "[ -~\n]{0,300}", after in "[ -~\n]{0,300}", seed in 0u64..1000) {
        let value = Source::new(seed).password();
        let text = format!("{before}\n\nDB_PASSWORD={value}\n{after}");
        prop_assert!(found(&text).contains(&value));
    }
}
