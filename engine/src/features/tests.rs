use super::*;
use proptest::prelude::*;

fn features(text: &str) -> Features {
    Features::of(&Prompt {
        messages: &[Turn {
            role: Role::User,
            text,
        }],
        ..Prompt::default()
    })
}

fn features_entry(read: &Features, name: &str) -> f32 {
    read.vector[index(name).expect("a known entry")]
}

#[test]
fn the_counts_are_those_of_the_question() {
    let read = features(
        "URGENT: prove this, please!\n- it must use `x`\n2) f(x) = \\frac{1}{2}\nWhy? What?",
    );
    let entry = |name| features_entry(&read, name);
    assert_eq!(entry("hard"), 1_f32.ln_1p());
    assert_eq!(entry("questions"), 2_f32.ln_1p());
    assert_eq!(entry("lookup"), 2_f32.ln_1p());
    assert_eq!(entry("latex"), 1_f32.ln_1p());
}

#[test]
fn only_the_users_last_turn_is_read_but_every_turn_is_measured() {
    let turns = [
        Turn {
            role: Role::System,
            text: "You prove theorems rigorously.",
        },
        Turn {
            role: Role::User,
            text: "Prove the theorem.",
        },
        Turn {
            role: Role::Assistant,
            text: "Proof by induction.",
        },
        Turn {
            role: Role::User,
            text: "Thanks!",
        },
        Turn {
            role: Role::Tool,
            text: "theorem",
        },
    ];
    let read = Features::of(&Prompt {
        messages: &turns,
        ..Prompt::default()
    });
    assert_eq!(features_entry(&read, "hard"), 0.0);
    assert_eq!(features_entry(&read, "lookup"), 1_f32.ln_1p());
    assert_eq!(read.turns, 5);
    assert!(read.prompt_tokens > 3 * read.question_tokens);
}

#[test]
fn of_a_long_question_beginning_and_end_are_read() {
    let filler = "word ".repeat(SCANNED_BYTES);
    let hard = |text: String| (features_entry(&features(&text), "hard").exp_m1().round()) as u32;
    assert_eq!(hard(format!("prove {filler}")), 1);
    assert_eq!(hard(format!("{filler} prove")), 1);
    assert_eq!(hard(format!("{filler} prove {filler}")), 0);
}

#[test]
fn pressure_is_urgency_and_a_short_answer_is_less_work() {
    assert_eq!(features("Please answer.").urgency, 0.0);
    assert!(features("Production outage, this is urgent!").urgency > 0.9);
    let text = "Explain the code and suggest a fix";
    let messages = [Turn {
        role: Role::User,
        text,
    }];
    let brief = Prompt {
        messages: &messages,
        max_output_tokens: Some(10),
        ..Prompt::default()
    };
    assert!(Features::of(&brief).complexity < features(text).complexity);
}

#[test]
fn an_empty_prompt_is_the_simplest() {
    let empty = Features::of(&Prompt::default());
    assert_eq!(
        (empty.complexity, empty.urgency, empty.prompt_tokens),
        (0.0, 0.0, 0)
    );
}

proptest! {
    #[test]
    fn the_figures_are_shares(text in "\\PC{0,400}|[a-z ?!;{}=^$\\\\\n]{0,400}") {
        let messages = [Turn { role: Role::User, text: &text }];
        let read = Features::of(&Prompt { messages: &messages, ..Prompt::default() });
        for figure in [read.complexity, read.confidence, read.urgency] {
            prop_assert!((0.0..=1.0).contains(&figure));
        }
        for (value, feature) in read.vector.iter().zip(&NAMES) {
            prop_assert!((feature.low..=feature.high).contains(value), "{feature:?} {value}");
        }
    }

    #[test]
    fn the_ends_of_a_text_never_overlap(text in "\\PC{0,60}", most in 0..80_usize) {
        let (beginning, end) = ends(&text, most);
        prop_assert!(text.starts_with(beginning) && text.ends_with(end));
        prop_assert!(beginning.len() + end.len() <= most.min(text.len()));
    }
}
