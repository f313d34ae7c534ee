use proptest::prelude::*;

use crate::guard::probe::{assert_found, assert_harmless, prohibited};

const BODY: &str =
    "The margin of the new line is set at twelve percent, and two sites will close in spring.";

#[test]
fn markings_are_found_in_many_languages_and_places() {
    for marking in [
        "CONFIDENTIAL",
        "COMPANY CONFIDENTIAL - DO NOT SHARE",
        "Strictly confidential",
        "Privileged & Confidential",
        "ATTORNEY-CLIENT PRIVILEGED",
        "INTERNAL USE ONLY",
        "TLP:RED",
        "Acme Confidential",
        "Streng vertraulich",
        "Nur für den internen Gebrauch",
        "NUR FÜR DEN DIENSTGEBRAUCH",
        "Strictement confidentiel",
        "À usage interne uniquement",
        "Estrictamente confidencial",
        "Solo para uso interno",
        "Riservato - uso interno",
        "Estritamente confidencial",
        "Strikt vertrouwelijk",
        "Do not distribute outside the company. Confidential.",
    ] {
        for text in [
            format!("{marking}\n\n{BODY}"),
            format!("Summarise:\n\n{marking}\n{BODY}"),
            format!("Subject: Prices [{marking}]\n\n{BODY}"),
            format!("<header>{marking}</header>\n<p>{BODY}</p>"),
            format!("// {marking}\n// {BODY}\nlet x = 1;"),
            format!("{BODY}\n\n{marking}"),
        ] {
            assert_found("confidential_marking", &text);
        }
    }
    assert_found(
        "confidential_marking",
        &format!("This document is confidential and may not be passed on. {BODY}"),
    );
    assert_found(
        "confidential_marking",
        "// Acmetron Corp. Proprietary and confidential. Do not disclose.\nexport const weight = 0.8;",
    );
}

#[test]
fn talk_of_confidentiality_is_harmless() {
    for text in [
        "What does confidential mean?",
        "Write an NDA with a confidentiality clause for two small companies.",
        "Explain the difference between confidential and restricted data in a policy.",
        "What does the marking \"CONFIDENTIAL\" on a document mean for its readers?",
        "How do I add a header that says Internal use only to my slides?",
        "Is attorney-client privilege lost when an email is forwarded to a friend of mine?",
        "Confidential computing on modern processors is a field of research with many papers.",
        "Please keep it confidential, but tell me how trade secrets are protected by law.",
        "Explain TLP:RED, TLP:AMBER, TLP:GREEN and TLP:CLEAR to a new analyst in the team.",
        "/// For internal use only.\nfn helper() { run(1, 2, 3); }",
        "OAuth has confidential clients and public clients, which one fits a mobile app best?",
        "All rights reserved. Redistribution and use in source and binary forms are permitted.",
        "The proprietary software model earns money from licences and from support.",
    ] {
        assert_harmless(text);
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in any::<String>(), tail in "\\PC{0,80}") {
        prohibited(&format!("{text}confidential{tail}\n{text} do not share {tail}"));
        prohibited(&format!("{tail}\n{text}[NUR FÜR DEN internen {tail}]"));
    }

    #[test]
    fn a_marking_is_found_below_any_text(before in "[a-z ,\\n]{0,80}") {
        let text = format!("{before}\nSTRICTLY CONFIDENTIAL\n{BODY}");
        prop_assert!(prohibited(&text).contains(&"confidential_marking"), "{}", text);
    }
}
