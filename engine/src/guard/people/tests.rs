use proptest::prelude::*;

use crate::guard::probe::{assert_found, assert_harmless, found, prohibited};
use crate::guard::samples::Source;

#[test]
fn mail_addresses_are_found_whatever_follows() {
    for address in [
        "ann.lee@gmail.com",
        "a_lee77@web.de",
        "alee+news@corp.co.uk",
        "zoë@müller.de",
        "ANN@PROTON.ME",
        "o'neil@mail.ie",
    ] {
        for text in [
            format!("to {address}."),
            format!("<{address}>"),
            format!("\"{address}\","),
            format!("mailto:{address}?subject=x"),
            format!("x={address}&y"),
            format!("{address}, thanks"),
            format!("https://app.example.com/#/edit?v={address}&lang=de"),
        ] {
            assert_found("email", &text);
        }
        let text = format!("write to {address} now");
        assert!(found(&text).contains(&("email", address)), "{text}");
    }
}

#[test]
fn spelt_out_addresses_are_found() {
    for text in [
        "ann.lee (at) gmail (dot) com",
        "ann [at] gmail [dot] com",
        "ann{at}gmail{dot}com",
        "ann AT gmail DOT com",
        "ann at gmail dot com",
        "ann(at)web.de",
        "ann arroba gmail punto com",
        "ann @ web . de",
        "ulrike @ tessalux . law",
        "ann dot lee at gmail dot com",
    ] {
        assert_found("email", text);
    }
    for text in [
        "stop at any point in time",
        "look at google.com",
        "meet at noon",
        "arrive at station. Then go",
        "@app.route('/x')",
        "A @ B.T",
        "weights @ Layer . inner",
    ] {
        assert_harmless(text);
    }
}

#[test]
fn addresses_of_nobody_are_harmless() {
    for text in [
        "info@example.com",
        "ann@example.org",
        "x@mail.test",
        "root@localhost",
        "git@github.com:org/app.git",
        "npm i @org/ui@2.1.0",
        "logo@2x.png",
        "react@18.2.0",
        "noreply@github.com",
        "https://user@host.io/x",
        "x@self.weight",
        "postgres://app@db.site.com/x",
        "ssh deploy@box.site.com",
        "12345+bob@users.noreply.github.com",
        "svc@proj.iam.gserviceaccount.com",
    ] {
        assert_harmless(text);
    }
}

#[test]
fn dates_of_birth_are_found_in_all_forms() {
    for date in [
        "1985-03-12",
        "12.03.1985",
        "03/12/1985",
        "12 March 1985",
        "March 12, 1985",
        "12. März 1985",
        "12 de marzo de 1985",
        "12-Mar-1985",
        "19850312",
        "1985年3月12日",
    ] {
        for text in [
            format!("DOB: {date}"),
            format!("{{\"dateOfBirth\": \"{date}\"}}"),
            format!("Ann Lee, born {date}"),
            format!("Geburtsdatum {date}"),
            format!("née le {date} : Anne Roux").replace("née", "date de naissance"),
            format!("name,dob\nAnn,{date}"),
            format!("Jonas Keller, geboren am {date}"),
        ] {
            assert_found("date_of_birth", &text);
        }
    }
}

#[test]
fn dates_of_history_are_harmless() {
    for text in [
        "Isaac Newton, born 25 December 1642",
        "Goethe, geboren am 28. August 1749",
        "born in 1985",
        "what does dob mean?",
        "const dob = new Date();",
        "WHERE dob < '1990-01-01'",
        "the release was on 2024-03-12",
        "Ada King (born 10 May 1950) is an English writer",
        "Alan Stone, born 3 June 1931, died 7 June 1994",
    ] {
        assert_harmless(text);
    }
}

#[test]
fn postal_addresses_of_many_countries_are_found() {
    let mut source = Source::new(9);
    let (house, five) = (11 + source.below(80), 20_110 + source.below(70_000));
    for text in [
        format!("{house} Cedar Lane, Austin, TX {five}"),
        format!("{house} NE Birchwood Dr\nColumbus, OH {five}"),
        format!("{house} Albert Street\nLondon SE17 3HJ"),
        format!("{house} Rideau Ave\nOttawa, ON K8L 1A2"),
        format!("Lindenstraße {house}, {five} Leipzig"),
        format!("{house} rue Voltaire, {five} Lyon"),
        format!("{house} ter allée de la Gare, {five} Nantes"),
        format!("Calle Mayor {house}, {five} Madrid"),
        format!("Via Garibaldi {house}, {five} Roma"),
        format!("ul. Polna {house}, 00-{} Warszawa", 100 + house),
        format!("Keizersgracht {house}, 1015 CJ Amsterdam"),
        format!("Rua Augusta {house}, São Paulo, 01305-{}", 100 + house),
        format!("Meir {house} bus 17\n2000 Antwerpen"),
        "〒150-0002 東京都渋谷区渋谷2丁目21番1号".to_owned(),
        format!("my address: {house} Maple Avenue"),
    ] {
        assert_found("postal_address", &text);
    }
}

#[test]
fn streets_without_a_person_are_harmless() {
    for text in [
        "10 Downing Street, London SW1A 2AA",
        "221B Baker Street, London NW1 6XE",
        "1600 Pennsylvania Avenue NW, Washington, DC 20500",
        "the 5 Best Way to learn",
        "3 Easy Steps",
        "we drove down Main Street",
        "step 12 on the Critical Path",
        "I am 5 and live",
        "via env var FORCE_2 12345",
    ] {
        assert_harmless(text);
    }
}

#[test]
fn states_of_health_need_a_patient() {
    assert_found("health", "Patient Maria Jensen, diagnosis: type 2 diabetes");
    assert_harmless("what is the diagnosis of type 2 diabetes?");
    assert_harmless("the compiler prints a diagnostic for each error");
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in any::<String>(), tail in "\\PC{0,120}") {
        prohibited(&format!("{text}@{tail}"));
        prohibited(&format!("{tail} at {text} dot {tail}"));
        prohibited(&format!("born {text} 12 {tail} street {text} rue {tail}〒{text}"));
    }

    #[test]
    fn an_address_is_found_at_any_place(before in "[a-zé \\n]{0,60}", after in "[a-zé \\n.]{0,40}") {
        let text = format!("{before} ann.lee@gmail.com {after}");
        prop_assert!(found(&text).contains(&("email", "ann.lee@gmail.com")), "{}", text);
    }
}
