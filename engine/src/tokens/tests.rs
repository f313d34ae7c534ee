//! The counter on texts whose true number of tokens is known.

use super::*;
use proptest::prelude::*;

/// Texts with their true number of tokens in the 200k vocabulary.
const COUNTED: [(&str, u32); 7] = [
    (
        "The committee met on Tuesday to discuss whether the bridge should be repaired before \
         winter, and agreed to ask two engineers for their opinion.",
        26,
    ),
    (
        "fn total(items: &[Item]) -> u64 {\n    items.iter().map(|item| item.price * \
         item.count).sum()\n}\n",
        28,
    ),
    (
        r#"{"id": 42, "name": "Ada", "tags": ["math", "engine"], "active": true, "score": 0.75}"#,
        34,
    ),
    (
        r"Let $f(x) = \frac{x^2 - 1}{x + 3}$. Find all real $x$ such that $f(x) \le 2$.",
        38,
    ),
    (
        "Die Geschwindigkeitsbegrenzung auf der Autobahn wurde für den größten Teil der \
         Strecke aufgehoben.",
        21,
    ),
    (
        "请解释一下量子纠缠的基本原理，并举一个日常生活中的例子来说明。",
        24,
    ),
    (
        "Объясните, пожалуйста, основные принципы квантовой запутанности.",
        18,
    ),
];

#[test]
fn the_estimate_is_near_the_true_count() {
    for (text, tokens) in COUNTED {
        let ratio = f64::from(estimate(text)) / f64::from(tokens);
        assert!(
            (0.8..=1.25).contains(&ratio),
            "{ratio:.2} of {tokens}: {text}"
        );
    }
}

#[test]
fn little_text_has_few_tokens() {
    assert_eq!(estimate(""), 0);
    assert_eq!(estimate("hi"), 1);
    assert_eq!(estimate("hello world"), 2);
    assert!((1..=2).contains(&estimate("\n\n\n")));
    assert!((3..=4).contains(&estimate("1234567")));
    assert!((2..=4).contains(&estimate("getUserName")));
}

#[test]
fn a_model_is_counted_in_the_vocabulary_of_its_maker() {
    for (model, vocabulary) in [
        ("openai/gpt-5.5", Vocabulary::O200k),
        ("anthropic/claude-sonnet-5-5", Vocabulary::Claude),
        ("local/qwen2.5-coder:7b", Vocabulary::Qwen),
        ("deepseek/deepseek-v4-pro", Vocabulary::Deepseek),
        ("never-heard-of", Vocabulary::O200k),
    ] {
        assert_eq!(Vocabulary::of_model(model), vocabulary, "{model}");
    }
    let numbers = Classes::of("3141592653589793 2718281828459045");
    // Some vocabularies have no more than single digits.
    assert!(numbers.tokens(Vocabulary::Qwen) > 2 * numbers.tokens(Vocabulary::O200k));
}

proptest! {
    #[test]
    fn any_text_has_at_most_three_tokens_a_byte_and_at_least_one_in_a_few(text in "\\PC{0,300}") {
        for vocabulary in Vocabulary::ALL {
            let tokens = Classes::of(&text).tokens(vocabulary);
            prop_assert!(u64::from(tokens) <= 3 * text.len() as u64);
            let visible = text.chars().any(|c| c.is_alphanumeric());
            prop_assert!(!visible || tokens >= 1);
        }
    }

    #[test]
    fn no_bytes_make_it_panic_and_classes_add_up(a in any::<String>(), b in any::<String>()) {
        let mut sum = Classes::of(&a);
        sum += Classes::of(&b);
        let parts = sum.tokens(Vocabulary::O200k);
        prop_assert!(parts <= estimate(&a) + estimate(&b));
        prop_assert!(parts + 1 >= estimate(&a) + estimate(&b));
    }
}
