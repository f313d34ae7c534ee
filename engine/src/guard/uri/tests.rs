use aho_corasick::AhoCorasick;
use proptest::prelude::*;

use super::*;
use crate::guard::samples::Source;

fn found(text: &str) -> Vec<String> {
    let search = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(literals())
        .unwrap();
    let mut hits = Hits::default();
    for hit in search.find_overlapping_iter(text) {
        check(text, hit.pattern().as_usize(), hit.range(), &mut hits);
    }
    hits.0
        .into_iter()
        .map(|hit| text[hit.range].to_owned())
        .collect()
}

fn finds(template: &str, value: impl Fn(&mut Source) -> String) {
    for seed in 0..40 {
        let value = value(&mut Source::new(seed));
        let text = template.replace('§', &value);
        assert!(found(&text).contains(&value), "{text}\n{:?}", found(&text));
    }
}

#[test]
fn passwords_of_addresses_are_found() {
    for template in [
        "postgresql://svc:§@db.acme.io:5432/app",
        "mongodb+srv://svc:§@c0.abc.mongodb.net/x?w=majority",
        "redis://:§@cache:6379/0",
        "amqps://a:§@mq.acme.io/v",
        "\"https://deploy:§@git.acme.io/a.git\"",
        "ftp://a:§@h.acme.io",
        "ldap://cn=a:§@h.acme.io",
        "postgresql+asyncpg://svc:§@h/db",
        "jdbc:oracle:thin:scott/§@h:1521/x",
        "app:§@tcp(db:3306)/app",
        "scott/§@//db.acme.io:1521/ORCL",
        "Server=db;User Id=a;Password=§;Encrypt=true",
        "DSN=x;UID=a;PWD={§};",
        "jdbc:mysql://h/db?user=a&password=§&useSSL=true",
    ] {
        finds(template, Source::password);
        finds(template, |lot| lot.key(20));
    }
    finds("https://§@github.com/a/b.git", |lot| lot.key(40));
    finds("https://x-access-token:§@github.com/a/b.git", |lot| {
        lot.key(40)
    });
    finds("https://h.acme.io/blob?sv=2022&sig=§&se=1", |lot| {
        lot.key(44)
    });
}

#[test]
fn an_encoded_password_is_read() {
    let password = Source::new(5)
        .password()
        .replace('!', "%21")
        .replace('-', "%2D");
    let text = format!("postgres://a:{password}@db.acme.io/x");
    assert_eq!(found(&text), [password]);
}

#[test]
fn examples_pass() {
    for text in [
        "postgres://user:password@localhost/db",
        "postgres://postgres:postgres@db:5432/app",
        "https://example.org/a:b@c",
        "redis://localhost:6379",
        "https://user:pass@example.com/",
        "mysql://root:root@127.0.0.1/x",
        "postgres://${USER}:${PASS}@h/db",
        "amqp://guest:guest@mq",
        "mongodb://<user>:<password>@h",
        "https://git@github.com/a/b.git",
        "scheme://host:8080/path@2x.png",
        "Server=db;Password=${PASSWORD};",
        "https://a.example.org/?sig=abc",
        "see https://medium.com/@someone/story-1234abcd",
    ] {
        assert_eq!(found(text), Vec::<String>::new(), "{text}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,200}", joint in "(://|@tcp\\(|@//|;pwd=|&sig=|jdbc:oracle:thin:)") {
        let _ = found(&format!("{text}{joint}{text}"));
    }

    #[test]
    fn no_signs_break_the_reading(text in "([a:/@?#%{};=é]|://|pwd=|2F){0,60}") {
        let _ = found(&text);
    }
}
