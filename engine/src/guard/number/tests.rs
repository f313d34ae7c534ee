use proptest::prelude::*;

use crate::guard::probe::{assert_found, assert_harmless, found, prohibited};
use crate::guard::samples::Source;

const ROUNDS: u64 = 40;

/// The digit that makes a number valid by Luhn, computed from its definition.
fn luhn(body: &str) -> String {
    let sum: u32 = body
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let value = u32::from(digit - b'0') * (2 - place as u32 % 2);
            if value > 9 { value - 9 } else { value }
        })
        .sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}

fn card(source: &mut Source) -> String {
    let head = source.pick(&["4539", "5234", "6011", "2345"]);
    luhn(&format!("{head}{}", source.digits(11)))
}

fn grouped(text: &str, sizes: &[usize], mark: &str) -> String {
    let mut rest = text;
    let mut groups = Vec::new();
    for size in sizes {
        let (group, next) = rest.split_at(*size);
        groups.push(group);
        rest = next;
    }
    groups.join(mark)
}

#[test]
fn cards_are_found_grouped_named_or_alone() {
    for seed in 0..ROUNDS {
        let number = card(&mut Source::new(seed));
        for mark in [" ", "-"] {
            assert_found(
                "payment_card",
                &format!("take {} please", grouped(&number, &[4; 4], mark)),
            );
        }
        assert_found("payment_card", &format!("Visa {number}, exp 09/31"));
        assert_found("payment_card", &format!("{{\"pan\": \"{number}\"}}"));
        assert_found("payment_card", &format!("log\n{number}\nend"));
        assert_harmless(&format!("the sum of {number} and 17"));
        assert_harmless(&format!("ref{number}x"));
        let amex = luhn(&format!("37{}", Source::new(seed).digits(12)));
        assert_found("payment_card", &grouped(&amex, &[4, 6, 5], " "));
        // One digit off, and the check fails.
        let last = number.as_bytes()[15];
        let wrong = format!("{}{}", &number[..15], (last - b'0' + 1) % 10);
        assert!(!prohibited(&grouped(&wrong, &[4; 4], " ")).contains(&"payment_card"));
    }
}

#[test]
fn published_test_cards_are_harmless() {
    for number in [
        "4242 4242 4242 4242",
        "4111111111111111",
        "5555-5555-5555-4444",
        "3782 822463 10005",
    ] {
        assert_harmless(&format!("use the card {number} in tests"));
    }
}

fn iban(country: &str, account: &str) -> String {
    let value: String = format!("{account}{country}00")
        .chars()
        .map(|c| c.to_digit(36).unwrap().to_string())
        .collect();
    let rest = value
        .bytes()
        .fold(0, |rest, digit| (rest * 10 + u32::from(digit - b'0')) % 97);
    format!("{country}{:02}{account}", 98 - rest)
}

#[test]
fn ibans_of_all_lengths_are_found() {
    for seed in 0..ROUNDS {
        let mut source = Source::new(seed);
        let bank = source.letters("ABCDEFGH", 4);
        for number in [
            iban("DE", &source.digits(18)),
            iban("NO", &source.digits(11)),
            iban("GB", &format!("{bank}{}", source.digits(14))),
            iban(
                "FR",
                &format!("{}{bank}{}", source.digits(10), source.digits(9)),
            ),
            iban("PL", &source.digits(24)),
        ] {
            let fours: Vec<&str> = number
                .as_bytes()
                .chunks(4)
                .map(|four| std::str::from_utf8(four).unwrap())
                .collect();
            assert_found("iban", &format!("pay to {number}."));
            assert_found("iban", &format!("IBAN: {}", fours.join(" ")));
            assert_harmless(&format!("x{number}"));
            let last = number.as_bytes()[number.len() - 1];
            let wrong = format!("{}{}", &number[..number.len() - 1], (last - b'0' + 1) % 10);
            assert!(!prohibited(&wrong).contains(&"iban"), "{wrong}");
        }
    }
}

#[test]
fn phones_are_found_as_they_are_written() {
    for seed in 0..ROUNDS {
        let mut source = Source::new(seed);
        let (a, b) = (
            source.pick(&["206", "415", "718"]),
            source.pick(&["234", "682", "947"]),
        );
        let (line, tail) = (source.digits(4), source.digits(7));
        for number in [
            format!("({a}) {b}-{line}"),
            format!("{a}-{b}-{line}"),
            format!("{a}.{b}.{line}"),
            format!("+1 {a} {b} {line}"),
            format!("+1{a}{b}{line}"),
            format!("+49 15{} {tail}", source.below(9) + 10),
            format!("0049 151 {tail}"),
            format!("0151 {tail}"),
            format!("(11) 9{}-{line}", source.digits(4)),
        ] {
            assert_found("phone", &format!("Please call {number} today."));
            assert_harmless(
                &format!("build a{number}b done")
                    .replace('+', "-")
                    .replace(['(', ' ', '.', ')'], "a"),
            );
        }
        for label in [
            "phone",
            "mobile:",
            "Handy",
            "téléphone :",
            "my number is",
            "\"phoneNumber\": \"",
            "WhatsApp",
        ] {
            assert_found("phone", &format!("{label} 612{}", source.digits(6)));
        }
    }
}

#[test]
fn numbers_that_only_look_like_phones_are_harmless() {
    for text in [
        "call 911 or 112",
        "dial (555) 123-4567",
        "555-0142 is fictional",
        "version 10.22.333.4444",
        "0.0231049931154",
        "on 01/02/2003 1200",
        "pages 496-506 (1962)",
        "Boston, MA 02110-1301",
        "timestamp 1712345678901",
        "order 005-3283894-6957404",
        "00000000-0000-4000-8000-123456789012",
        "03 17 22 31 40 45",
        "+1 800 234 5678",
        "lat 52.520008 lon 13.404954",
        "<Buffer 01 02 03 04 05>",
    ] {
        assert_harmless(text);
    }
}

/// A country's number with its label, and without it where its form is enough.
struct Case {
    kind: &'static str,
    label: &'static str,
    alone: bool,
    make: fn(&mut Source) -> String,
}

fn weighted(number: &str, weights: &[u32]) -> u32 {
    number
        .bytes()
        .zip(weights)
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum()
}

fn date(source: &mut Source) -> String {
    format!(
        "{:02}{:02}{:02}",
        50 + source.below(49),
        1 + source.below(12),
        1 + source.below(28)
    )
}

const CASES: &[Case] = &[
    Case {
        kind: "us_ssn",
        label: "SSN",
        alone: true,
        make: |s| {
            format!(
                "{}-{:02}-{:04}",
                100 + s.below(500),
                1 + s.below(98),
                1000 + s.below(8999)
            )
        },
    },
    Case {
        kind: "uk_nino",
        label: "National Insurance number",
        alone: true,
        make: |s| {
            format!(
                "{} {:02} {:02} {:02} C",
                s.letters("ABCEHJLMRS", 2).replace("BG", "AB"),
                s.below(99),
                s.below(99),
                s.below(99)
            )
        },
    },
    Case {
        kind: "br_cpf",
        label: "CPF",
        alone: true,
        make: |s| {
            let mut d = s.digits(9);
            for n in [10, 11] {
                let weights: Vec<u32> = (2..=n).rev().collect();
                let rest = weighted(&d, &weights) * 10 % 11 % 10;
                d.push_str(&rest.to_string());
            }
            format!("{}.{}.{}-{}", &d[..3], &d[3..6], &d[6..9], &d[9..])
        },
    },
    Case {
        kind: "es_dni",
        label: "DNI",
        alone: true,
        make: |s| {
            let d = s.digits(8);
            let letter = "TRWAGMYFPDXBNJZSQVHLCKE".as_bytes()[d.parse::<usize>().unwrap() % 23];
            format!("{d}{}", char::from(letter))
        },
    },
    Case {
        kind: "pl_pesel",
        label: "PESEL",
        alone: false,
        make: |s| {
            let d = format!("{}{}", date(s), s.digits(4));
            let sum = weighted(&d, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3]);
            format!("{d}{}", (10 - sum % 10) % 10)
        },
    },
    Case {
        kind: "se_personal",
        label: "personnummer",
        alone: true,
        make: |s| {
            let d = luhn(&format!("{}{}", date(s), s.digits(3)));
            format!("{}-{}", &d[..6], &d[6..])
        },
    },
    Case {
        kind: "ch_ahv",
        label: "AHV-Nummer",
        alone: true,
        make: |s| {
            let d = format!("756{}", s.digits(9));
            let sum = weighted(&d, &[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3]);
            let d = format!("{d}{}", (10 - sum % 10) % 10);
            format!("{}.{}.{}.{}", &d[..3], &d[3..7], &d[7..11], &d[11..])
        },
    },
    Case {
        kind: "fr_nir",
        label: "numéro de sécurité sociale",
        alone: true,
        make: |s| {
            let body = format!(
                "1{:02}{:02}75{:03}{:03}",
                50 + s.below(49),
                1 + s.below(12),
                1 + s.below(900),
                1 + s.below(900)
            );
            let key = 97 - body.parse::<u64>().unwrap() % 97;
            let d = format!("{body}{key:02}");
            grouped(&d, &[1, 2, 2, 2, 3, 3, 2], " ")
        },
    },
    Case {
        kind: "cn_resident",
        label: "身份证",
        alone: true,
        make: |s| {
            let d = format!("11010519{}{}", date(s), s.digits(3));
            let sum = weighted(&d, &[7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]);
            format!("{d}{}", char::from(b"10X98765432"[(sum % 11) as usize]))
        },
    },
    Case {
        kind: "kr_resident",
        label: "주민등록번호",
        alone: true,
        make: |s| format!("{}-2{}", date(s), s.digits(6)),
    },
    Case {
        kind: "sg_nric",
        label: "NRIC",
        alone: true,
        make: |s| {
            let d = s.digits(7);
            let sum = weighted(&d, &[2, 7, 6, 5, 4, 3, 2]);
            format!("S{d}{}", char::from(b"JZIHGFEDCBA"[(sum % 11) as usize]))
        },
    },
    Case {
        kind: "cz_birth",
        label: "rodné číslo",
        alone: true,
        make: |s| {
            let body = format!("{}{}", date(s), s.digits(3))
                .parse::<u64>()
                .unwrap()
                * 10;
            let d = format!("{:010}", body + (11 - body % 11) % 11);
            format!("{}/{}", &d[..6], &d[6..])
        },
    },
    Case {
        kind: "th_citizen",
        label: "Thai ID",
        alone: true,
        make: |s| {
            let d = format!("1{}", s.digits(11));
            let sum = weighted(&d, &[13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]);
            let d = format!("{d}{}", (11 - sum % 11) % 10);
            grouped(&d, &[1, 4, 5, 2, 1], "-")
        },
    },
    Case {
        kind: "cl_rut",
        label: "RUT",
        alone: true,
        make: |s| {
            let d = format!("1{}", s.digits(7));
            let sum = weighted(&d, &[3, 2, 7, 6, 5, 4, 3, 2]);
            let check = b"0K987654321"[(sum % 11) as usize];
            format!("{}.{}.{}-{}", &d[..2], &d[2..5], &d[5..], char::from(check))
        },
    },
    Case {
        kind: "de_tax",
        label: "Steuer-ID",
        alone: false,
        make: |s| format!("3{}", s.digits(10)),
    },
    Case {
        kind: "au_tfn",
        label: "tax file number",
        alone: false,
        make: |s| grouped(&s.digits(9), &[3, 3, 3], " "),
    },
    Case {
        kind: "jp_number",
        label: "マイナンバー",
        alone: false,
        make: |s| grouped(&s.digits(12), &[4, 4, 4], "-"),
    },
    Case {
        kind: "passport",
        label: "passport no.",
        alone: false,
        make: |s| format!("C{}", s.digits(8)),
    },
    Case {
        kind: "driving_licence",
        label: "driver's license",
        alone: false,
        make: |s| format!("D{}", s.digits(7)),
    },
    Case {
        kind: "patient_number",
        label: "MRN",
        alone: false,
        make: |s| s.digits(8),
    },
    Case {
        kind: "insurance_number",
        label: "policy number",
        alone: false,
        make: |s| format!("PX{}", s.digits(7)),
    },
    Case {
        kind: "bank_account",
        label: "account number",
        alone: false,
        make: |s| s.digits(10),
    },
    Case {
        kind: "card_code",
        label: "CVV",
        alone: false,
        make: |s| s.pick(&["273", "418", "906", "582", "7204"]).to_owned(),
    },
];

#[test]
fn numbers_of_all_countries_are_found_beside_their_label() {
    for case in CASES {
        for seed in 0..ROUNDS {
            let value = (case.make)(&mut Source::new(seed));
            let label = case.label;
            for text in [
                format!("{label}: {value}"),
                format!("my {label} is {value}, please check"),
                format!("{{\"{label}\": \"{value}\"}}"),
                format!("<td>{label}</td><td>{value}</td>"),
                format!("{value} is my {label}"),
                format!("'{value}'); // {label}"),
                format!("name;{label};city\nAnn;{value};Bonn"),
            ] {
                let kinds = prohibited(&text);
                assert!(!kinds.is_empty(), "{} in {text}", case.kind);
            }
            assert_found(case.kind, &format!("{label}: {value}"));
            if case.alone {
                assert_found(case.kind, &format!("see {value} there"));
            }
        }
    }
}

#[test]
fn labels_fit_however_their_words_are_joined() {
    for label in [
        "tax_file_number",
        "taxFileNumber",
        "tax-file-number",
        "Tax File Number",
        "TAX_FILE_NUMBER",
    ] {
        assert_found(
            "au_tfn",
            &format!("{label} = \"{}\"", Source::new(3).digits(9)),
        );
    }
    assert_harmless(&format!("syntaxfilenumber {}", Source::new(3).digits(9)));
}

#[test]
fn numbers_for_show_and_talk_of_numbers_are_harmless() {
    for text in [
        "SSN 123-45-6789",
        "ssn: 111-22-3333",
        "078-05-1120 was printed on wallets",
        "***-**-4821",
        "an SSN has 9 digits",
        "CPF 111.111.111-11",
        "passport renewal takes 6 weeks",
        "the passport expires on 2031-05-06",
        "what is a PESEL?",
        "sin(x) * 149896229",
        "RFC 2616 section 4",
        "run 12 tests",
        "employee id column is an integer",
        "DE89 3704 0044 0532 0130 00",
        "CVV is the 3 digits on the back",
        "3.141592653589793",
        "commit 4f2a9c81d0b7",
    ] {
        assert_harmless(text);
    }
}

#[test]
fn what_somebody_is_paid_needs_somebody_and_a_sum() {
    assert_found(
        "salary",
        "Employee 10432, Sofia Lindgren, salary 84,500 USD",
    );
    assert_found("salary", "Gehalt von Jonas Keller: 72.000 EUR");
    assert_harmless("what is the average salary of a nurse? about 60,000 USD");
    assert_harmless("salary negotiation tips for Senior Engineers");
}

#[test]
fn lines_of_travel_documents_are_found() {
    let line = format!("P<DEU{}<<ANNA<MARIA", "MUSTER");
    let line = format!("{line}{}", "<".repeat(44 - line.len()));
    assert_found("travel_document", &format!("scan:\n{line}\n"));
    assert_harmless("std::cout << \"P\" << x << std::endl;");
}

#[test]
fn a_hit_covers_its_value_and_no_more() {
    let number = grouped(&card(&mut Source::new(5)), &[4; 4], " ");
    let text = format!("pay with {number}.");
    assert!(found(&text).contains(&("payment_card", number.as_str())));
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,200}", tail in any::<String>()) {
        prohibited(&format!("{text}{tail}"));
        prohibited(&format!("SSN {tail}+{text} phone {tail}@{text}"));
    }

    #[test]
    fn digits_and_marks_make_nothing_panic(text in "[0-9A-Z +().,;:/|<@\\-é–\\n]{0,160}") {
        prohibited(&format!("IBAN {text} dob {text}"));
    }

    #[test]
    fn a_card_is_found_at_any_place(before in "[a-zé \\n]{0,60}", after in "[a-zé \\n]{0,60}", seed in 0u64..1000) {
        let number = grouped(&card(&mut Source::new(seed)), &[4; 4], " ");
        let text = format!("{before} {number} {after}");
        prop_assert!(prohibited(&text).contains(&"payment_card"), "{}", text);
    }
}

#[test]
fn digits_are_found_eight_at_a_time() {
    for byte in 0..=255 {
        for at in 0..24 {
            let mut bytes = [b'/'; 24];
            bytes[at] = byte;
            let digit = byte.is_ascii_digit();
            assert_eq!(
                super::next_digit(&bytes, 0),
                digit.then_some(at),
                "{byte} {at}"
            );
            assert_eq!(
                super::digits_near(&bytes, 0),
                usize::from(digit),
                "{byte} {at}"
            );
        }
    }
    assert_eq!(super::next_digit(b"1234567:9", 7), Some(8));
    assert_eq!(super::digits_near(b"x123456789", 1), 9);
    assert_eq!(super::digits_near(b"12-a 3\"456", 0), 3);
}
