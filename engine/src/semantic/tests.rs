use proptest::prelude::*;

use super::*;
use crate::embedding::Embedding;

fn fits(one: &str, other: &str) -> f64 {
    let verifier = Verifier::shipped().expect("the shipped verifier");
    verifier.fits(&Reading::of(one), &Reading::of(other))
}

#[test]
fn what_only_dresses_a_question_is_harmless() {
    let question = "How do I renew my library card?";
    let dressed = [
        "how do i renew my library card",
        "Hi! How do I renew my library card? Thanks a lot!",
        "Quick question: how can I renew my library card",
        "Could you please tell me: how do I renew my library card?",
        "How do I rennew my library card?",
    ];
    for other in dressed {
        let p = fits(question, other);
        assert!(p > 0.9, "{other}: {p}");
    }
}

#[test]
fn one_word_may_make_another_question() {
    let traps = [
        (
            "How do I enable two-factor login?",
            "How do I disable two-factor login?",
        ),
        ("Convert 12 pints to litres", "Convert 12 litres to pints"),
        (
            "Can I cook rice with salt?",
            "Can I cook rice without salt?",
        ),
        ("What changed in Java 17?", "What changed in Java 21?"),
        (
            "Where is `open_port` called?",
            "Where is `close_port` called?",
        ),
        ("Trains from Leeds to York", "Trains from York to Leeds"),
        ("Who founded Lego?", "When was Lego founded?"),
        ("Sort the rows by date", "Sort the columns by date"),
        ("Translate this into Danish", "Translate this into Dutch"),
        (
            "Is the shop open on Monday?",
            "Is the shop open on Tuesday?",
        ),
        (
            "How long should I boil 3 eggs?",
            "How long should I boil 6 eggs?",
        ),
    ];
    for (one, other) in traps {
        let p = fits(one, other);
        assert!(p < 0.5, "{one} / {other}: {p}");
    }
}

#[test]
fn rewording_is_seen_through() {
    let pairs = [
        (
            "How do I delete a remote branch?",
            "What is the way to remove a remote branch?",
        ),
        ("What is the capital of Chile?", "capital of Chile"),
        (
            "How much does a kayak cost?",
            "What is the price of a kayak?",
        ),
        (
            "How do I turn the heater off?",
            "How can I turn off the heater?",
        ),
    ];
    for (one, other) in pairs {
        let p = fits(one, other);
        assert!(p > 0.7, "{one} / {other}: {p}");
    }
}

#[test]
fn nothing_is_known_of_unknown_words() {
    assert!(fits("質問があります", "別の質問です") < 0.01);
    assert!(fits("", "") < 0.01);
    assert_eq!(Reading::of("質問").embedding(), None);
    let long = "why ".repeat(3_000);
    assert!(fits(&long, &format!("{long} not")) < 0.01);
}

#[test]
fn a_vector_survives_its_storage() {
    let embedding = Reading::of("Why is the sky blue?")
        .embedding()
        .copied()
        .expect("known words");
    let code = Code::of(&embedding);
    assert_eq!(Code::from_bytes(&code.bytes()), Some(code));
    assert_eq!(Code::from_bytes(&[0; 256]), None);
    assert_eq!(Code::from_bytes(&[1; 255]), None);
}

/// A vector of pseudo-random numbers.
fn vector(seed: u64) -> Embedding {
    let mut chance = crate::random::Generator::new(seed);
    let numbers: Embedding = std::array::from_fn(|_| chance.normal() as f32);
    let length = numbers
        .iter()
        .map(|number| number * number)
        .sum::<f32>()
        .sqrt();
    numbers.map(|number| number / length)
}

#[test]
fn the_nearest_is_found_among_many_and_only_in_its_scope() {
    let mut index = Index::new(5_000);
    for id in 0..5_000 {
        assert!(index.insert(id, id % 2, Code::of(&vector(id))));
    }
    assert!(!index.insert(9_999, 0, Code::of(&vector(9_999))));
    let near = |index: &Index, id: u64| index.nearest(id % 2, &Code::of(&vector(id)), 4);
    for id in [0, 17, 4_999] {
        let found = near(&index, id);
        assert_eq!(found.len(), 4);
        assert_eq!(found.first().map(|near| near.id), Some(id));
        assert!(found.iter().all(|near| near.id % 2 == id % 2));
        assert!(found.is_sorted_by(|a, b| a.cosine >= b.cosine));
    }
    assert!(index.remove(17) && !index.remove(17));
    assert!(near(&index, 17).iter().all(|near| near.id != 17));
    assert!(near(&index, 4_999).iter().any(|near| near.id == 4_999));
    assert_eq!(index.len(), 4_999);
    assert!(
        Index::new(0)
            .nearest(0, &Code::of(&vector(1)), 4)
            .is_empty()
    );
}

#[test]
fn an_answer_about_something_else_is_kept_back() {
    let fits = |question: &str, cached: &str, answer: &str| {
        answer_fits(&Reading::of(question), &Reading::of(cached), answer)
    };
    let answer = "The capital of Chile is Santiago.";
    assert!(fits(
        "capital of Chile",
        "What is the capital of Chile?",
        answer
    ));
    assert!(!fits(
        "capital of Peru",
        "What is the capital of Chile?",
        answer
    ));
    assert!(!fits("What is 3 x 12?", "What is 3 x 14?", "42"));
    assert!(fits(
        "what's max_size",
        "What is `max_size`?",
        "`max_size` is a limit."
    ));
}

#[test]
fn what_depends_on_time_person_or_chance_has_no_neighbours() {
    let of = |text: &str| exclusion(Setting::default(), &Reading::of(text));
    assert_eq!(of("How do I bake bread?"), None);
    assert_eq!(of("Will it rain tomorrow?"), Some(Exclusion::Time));
    assert_eq!(
        of("What is the latest version of Go?"),
        Some(Exclusion::Time)
    );
    assert_eq!(
        of("Hi, what's my account balance?"),
        Some(Exclusion::Person)
    );
    assert_eq!(of("Tell me a joke please"), Some(Exclusion::Variety));
    assert_eq!(of("何ですか"), Some(Exclusion::Unknown));
    assert_eq!(of(&"why ".repeat(100)), Some(Exclusion::Length));
    let setting = Setting {
        tool_use: true,
        ..Setting::default()
    };
    assert_eq!(
        exclusion(setting, &Reading::of("How do I bake bread?")),
        Some(Exclusion::ToolUse)
    );
}

#[test]
fn trust_is_lost_faster_than_it_is_won() {
    let mut trust = Trust::default();
    assert!((trust.weigh(0.98) - 0.98).abs() < 1e-9);
    for _ in 0..20 {
        trust.audited(true);
    }
    assert!(trust.weigh(0.9) > 0.96);
    trust.complained();
    assert!(trust.is_lost());
    let stored: (f64, f64) = trust.into();
    assert_eq!(Trust::try_from(stored), Ok(trust));
    assert_eq!(Trust::try_from((-1.0, 0.0)), Err(TrustError));
    assert_eq!(Trust::try_from((f64::NAN, 0.0)), Err(TrustError));
}

#[test]
fn the_bar_comes_to_what_the_tenant_accepts() {
    // Of hits served at bar b, a share of (1 - b) is wrong: the verifier is as good as it says.
    for accepted in [0.005, 0.02, 0.1] {
        let mut chance = crate::random::Generator::new(3);
        let mut bar = Bar::new(accepted);
        let (mut wrong, mut audits) = (0.0, 0.0);
        for _ in 0..40_000 {
            let is_wrong = chance.unit() < 1.0 - bar.probability();
            bar.audited(!is_wrong, accepted);
            wrong += f64::from(u8::from(is_wrong));
            audits += 1.0;
        }
        let share: f64 = wrong / audits;
        assert!(
            (share - accepted).abs() < 0.2 * accepted,
            "{accepted}: {share}"
        );
    }
    assert!(Bar::try_from(f64::NAN).is_err());
}

proptest! {
    #[test]
    fn any_two_texts_have_one_probability_either_way(
        one in "\\PC{0,80}|[a-zA-Z0-9 '`_.,?$%+#-]{0,80}",
        other in "\\PC{0,80}|[a-zA-Z0-9 '`_.,?$%+#-]{0,80}",
    ) {
        let (a, b) = (Reading::of(&one), Reading::of(&other));
        for figure in figures(&a, &b) {
            prop_assert!((0.0..=1.0).contains(&figure));
        }
        let p = fits(&one, &other);
        prop_assert!((0.0..=1.0).contains(&p));
        prop_assert!((p - fits(&other, &one)).abs() < 1e-9);
        answer_fits(&a, &b, &one);
        exclusion(Setting::default(), &a);
    }

    #[test]
    fn a_question_fits_itself(text in "[A-Z]?[a-z]{1,8}( [a-z0-9]{1,8}){0,8}[?!.]?") {
        prop_assert!(fits(&text, &text) > 0.999);
        prop_assert!(fits(&text, &text.to_uppercase()) > 0.999);
    }

    #[test]
    fn an_index_holds_what_was_put_in_and_not_taken_out(
        steps in prop::collection::vec((0..20_u64, any::<bool>()), 0..60),
    ) {
        let mut index = Index::new(15);
        let mut held = std::collections::BTreeSet::new();
        for (id, adds) in steps {
            if adds {
                let fits = held.contains(&id) || held.len() < 15;
                prop_assert_eq!(index.insert(id, 0, Code::of(&vector(id))), fits);
                if fits {
                    held.insert(id);
                }
            } else {
                prop_assert_eq!(index.remove(id), held.remove(&id));
            }
        }
        prop_assert_eq!(index.len(), held.len());
        for id in 0..20 {
            let near = index.nearest(0, &Code::of(&vector(id)), 1);
            let found = near.first().is_some_and(|near| near.id == id && near.cosine > 0.99);
            prop_assert_eq!(found, held.contains(&id));
        }
    }
}
