use super::*;
use proptest::prelude::*;

fn user(text: &str) -> Turn<'_> {
    Turn {
        role: Role::User,
        text,
    }
}

fn talk(messages: &[Turn]) -> Features {
    Features::of(&Prompt {
        messages,
        ..Prompt::default()
    })
}

fn features(text: &str) -> Features {
    talk(&[user(text)])
}

fn entry(read: &Features, name: &str) -> f32 {
    read.vector[index(name).unwrap_or_else(|| panic!("no entry {name}"))]
}

/// Asserts that the entries of a question have these values; those on the scale of `ln` are given
/// as the counts that they stand for.
#[track_caller]
fn assert_entries(text: &str, expected: &[(&str, f32)]) {
    let read = features(text);
    for &(name, value) in expected {
        let place = index(name).unwrap_or_else(|| panic!("no entry {name}"));
        let found = match NAMES[place].unit {
            "ln" => read.vector[place].exp_m1(),
            "log10" => 10_f32.powf(read.vector[place]) - 1.0,
            _ => read.vector[place],
        };
        assert!(
            (found - value).abs() < 1e-3 * value.max(1.0),
            "{name}: {found}, not {value}"
        );
    }
}

#[test]
fn names_are_told_apart_and_ranges_are_ranges() {
    assert_eq!(NAMES.len(), COUNT);
    for (place, feature) in NAMES.iter().enumerate() {
        assert_eq!(index(feature.name), Some(place), "{}", feature.name);
        assert!(
            feature.low < feature.high && feature.low == 0.0,
            "{}",
            feature.name
        );
        let units = ["flag", "share", "ln", "log10", "count", "letters"];
        assert!(units.contains(&feature.unit), "{}", feature.name);
    }
    assert_eq!(index("no such entry"), None);
}

#[test]
fn sizes_are_counted_in_words_lines_and_sentences() {
    assert_entries(
        "The cat sat. The extraordinary dog\nslept, too!\n\nWhy?",
        &[
            ("log_chars", 52.0),
            ("log_words", 9.0),
            ("log_lines", 3.0),
            ("log_sentences", 3.0),
            ("longest_sentence", 5.0),
            ("mean_sentence", 3.0),
            ("longest_word", 13.0),
            ("long_words", 1.0 / 9.0),
            ("distinct_words", 8.0 / 9.0),
            ("commas", 1.0 / 9.0),
            ("names", 0.0),
        ],
    );
    assert_entries(
        "We met Ann in Rome.",
        &[("names", 2.0), ("capitals", 3.0 / 14.0)],
    );
}

#[test]
fn numbers_are_read_with_their_signs() {
    assert_entries(
        "In 1984 he paid $1,250.50 for 3/4 of it, 20% more than twelve others.",
        &[
            ("numbers", 5.0),
            ("largest_number", 1984.0),
            ("decimals", 1.0),
            ("percentages", 1.0),
            ("amounts", 1.0),
            ("fractions", 1.0),
            ("number_words", 1.0),
            ("years", 1.0),
            ("number_sentences", 1.0),
        ],
    );
}

#[test]
fn mathematics_is_told_by_its_marks() {
    assert_entries(
        "Let $x^2 = \\frac{1}{2}$ and \u{3b1} \u{2264} y_1 + z",
        &[
            ("latex", 3.0),
            ("powers", 2.0),
            ("operators", 2.0),
            ("math_symbols", 2.0),
            ("brackets", 4.0),
            ("amounts", 0.0),
        ],
    );
    assert!(entry(&features("Find f x y"), "single_letters") > 0.7);
}

#[test]
fn lettered_options_are_no_part_of_the_question() {
    let text = "The capital of France is\nA. Paris\nB. 12\nC) none of the above\n(D) true";
    assert_entries(
        text,
        &[
            ("options", 4.0),
            ("option_longest", 17.0),
            ("option_mean", 7.0),
            ("option_numeric", 0.25),
            ("option_truth", 0.25),
            ("option_names", 0.75),
            ("option_of_above", 1.0),
            ("open_stem", 1.0),
            ("log_words", 5.0),
        ],
    );
    assert_entries(
        "Which?\nA. cat\nB. dog",
        &[("open_stem", 0.0), ("options", 2.0)],
    );
    assert_entries("B. is not the first letter", &[("options", 0.0)]);
}

#[test]
fn a_logic_grid_is_told_by_its_lists_and_clues() {
    assert_entries(
        "Three houses stand in a row.\n - Names: `Ann`, `Bob`, `Eve`\n - Pets: cat, dog, fish\n\n\
         1. Ann is not in the first house.\n2. Bob is next to the cat.\n3. Eve owns the dog.",
        &[
            ("clues", 3.0),
            ("clue_negated", 1.0 / 3.0),
            ("clue_relation", 1.0 / 3.0),
            ("clue_position", 1.0 / 3.0),
            ("bullets", 2.0),
            ("backticked", 3.0),
            ("attribute_lists", 2.0),
            ("grid_cells", 6.0),
            ("grid_clues", 0.5),
            ("grid_space", 35.0),
        ],
    );
}

#[test]
fn schemas_in_the_text_and_tools_offered_are_the_same() {
    let question = "What is the area of a triangle with base 3 and height 4?";
    let parameters =
        r#"{"type":"object","properties":{"base":{"type":"number","description":"The base"},
        "unit":{"type":"string","enum":["m","cm"],"default":"m"},
        "style":{"type":"object","properties":{"color":{"type":"string"}}}},"required":["base"]}"#
            .replace("\n        ", "");
    let line = format!(
        r#"{{"name":"triangle_area","description":"Computes an area","parameters":{parameters}}}"#
    );
    let text = format!("{question}\n{line}");
    let expected = [
        ("schemas", 1.0),
        ("parameters", 4.0),
        ("parameters_mean", 4.0),
        ("required", 0.25),
        ("schema_depth", 2.0),
        ("schema_enums", 1.0),
        ("schema_nested", 1.0),
        ("schema_numbers", 1.0),
        ("schema_defaults", 1.0),
        ("schema_words", 5.0),
        ("schema_best", 1.0),
        ("schema_second", 0.0),
        ("schema_values", 2.0),
        ("log_words", 11.0),
    ];
    assert_entries(&text, &expected);
    let offered = Features::of(&Prompt {
        messages: &[user(question)],
        tools: &[Tool {
            name: "triangle_area",
            description: "Computes an area",
            parameters: &parameters,
        }],
        ..Prompt::default()
    });
    let in_text = features(&text);
    for (name, _) in expected {
        assert_eq!(entry(&offered, name), entry(&in_text, name), "{name}");
    }
    assert_eq!(entry(&offered, "tools"), 1_f32.ln_1p());
}

#[test]
fn broken_schemas_are_read_as_far_as_they_go() {
    for broken in [
        "{\"name\":\"",
        "{\"properties\":{\"a\":{",
        "}}}]]",
        "\"\\",
        "{{{{\"required\":[\"a",
    ] {
        let tool = Tool {
            name: "f",
            description: "",
            parameters: broken,
        };
        let read = Features::of(&Prompt {
            tools: &[tool; 200],
            ..Prompt::default()
        });
        assert_eq!(entry(&read, "schemas"), 128_f32.ln_1p(), "{broken}");
    }
}

#[test]
fn of_many_long_tools_no_more_is_read_than_of_few() {
    let description = "finds ducks and geese ".repeat(50);
    let offered = |count| {
        let tool = Tool {
            name: "",
            description: &description,
            parameters: "",
        };
        Features::of(&Prompt {
            tools: &vec![tool; count],
            ..Prompt::default()
        })
    };
    let (few, many) = (offered(1 + TOOL_BYTES / description.len()), offered(128));
    assert_eq!(entry(&many, "schema_words"), entry(&few, "schema_words"));
    assert!(entry(&many, "schema_words") > entry(&offered(10), "schema_words"));
    assert_eq!(entry(&many, "schemas"), 128_f32.ln_1p(), "all are counted");
    // A name that is cut in the middle of a letter is read up to it.
    let umlauts = "ü".repeat(TOOL_BYTES);
    let tool = Tool {
        name: "f",
        description: &umlauts,
        parameters: "{}",
    };
    Features::of(&Prompt {
        tools: &[tool],
        ..Prompt::default()
    });
}

#[test]
fn program_text_blanks_and_statements_are_told() {
    assert_entries(
        "Fix this:\n```\nlet x = 1;\n```\nThe ____ is \"red\".\nStatement 1 | it is. Statement 2 | not.",
        &[
            ("code_lines", 1.0 / 3.0),
            ("blanks", 1.0),
            ("quotations", 2.0),
            ("statements", 2.0),
        ],
    );
    assert_entries("I, II and III only", &[("statements", 2.0)]);
}

#[test]
fn what_is_asked_is_told_by_the_sentence_that_asks() {
    let asks = |text: &str| -> Vec<&str> {
        let read = features(text);
        let asked = NAMES.iter().zip(read.vector);
        let asked =
            asked.filter(|(feature, value)| feature.name.starts_with("asks_") && *value > 0.0);
        asked.map(|(feature, _)| feature.name).collect()
    };
    assert_eq!(
        asks("Ann, who is ill, came. How many pills does she take?"),
        ["asks_how", "asks_how_many"]
    );
    assert_eq!(asks("Which of these is the largest"), ["asks_which"]);
    assert_eq!(
        asks("Is it where he was?"),
        ["asks_when_where", "asks_whether"]
    );
    assert_eq!(asks("What is it? Why?"), ["asks_what", "asks_why"]);
    assert_eq!(asks("Tell me more."), [""; 0]);
    assert_entries(
        "Here is a text. Which of these is NOT the most likely?",
        &[
            ("asked_words", 8.0),
            ("asked_negation", 1.0),
            ("asked_superlative", 1.0),
            ("asked_last", 1.0),
        ],
    );
}

#[test]
fn words_are_counted_by_their_classes() {
    assert_entries(
        "Prove that the enzyme of the plaintiff is not larger than any molecule, if it exists.",
        &[
            ("wants_proof", 1.0),
            ("biology", 1.0),
            ("law", 1.0),
            ("negations", 1.0),
            ("comparisons", 2.0),
            ("conditionals", 1.0),
            ("hard", 1.0),
            ("everyday", 0.0),
        ],
    );
    let share = |text| entry(&features(text), "function_words");
    assert!(share("the cat is on the mat and it was there") > 0.6);
    assert!(share("die Katze sitzt auf der Matte") < 0.2);
}

#[test]
fn the_seed_counts_what_it_always_did() {
    assert_entries(
        "URGENT: prove this, please!\n- it must use `x`\n2) f(x) = \\frac{1}{2}\nWhy? What?",
        &[
            ("hard", 1.0),
            ("constraints", 1.0),
            ("tasks", 1.0),
            ("lookup", 2.0),
            ("questions", 2.0),
            ("urgency", 0.6),
        ],
    );
}

#[test]
fn only_the_users_last_turn_is_read_but_every_turn_is_measured() {
    let turn = |role, text| Turn { role, text };
    let turns = [
        turn(Role::System, "You prove theorems rigorously."),
        user("Prove the theorem."),
        turn(Role::Assistant, "Proof by induction."),
        user("Thanks!"),
        turn(Role::Tool, "theorem"),
    ];
    let read = talk(&turns);
    assert_eq!(entry(&read, "hard"), 0.0);
    assert_eq!(entry(&read, "lookup"), 1_f32.ln_1p());
    assert_eq!((read.turns, entry(&read, "turns")), (5, 5_f32.ln_1p()));
    assert_eq!(entry(&read, "ends_in_result"), 1.0);
    for name in [
        "log_system_tokens",
        "log_history_tokens",
        "log_result_tokens",
    ] {
        assert!(entry(&read, name) > 0.0, "{name}");
    }
    assert!(read.prompt_tokens > 3 * read.question_tokens);
}

#[test]
fn a_question_put_again_is_a_retry() {
    let answer = Turn {
        role: Role::Assistant,
        text: "42",
    };
    assert_eq!(
        entry(&talk(&[user("Why?"), answer, user("Why?")]), "retry"),
        1.0
    );
    assert_eq!(
        entry(&talk(&[user("Why?"), answer, user("How?")]), "retry"),
        0.0
    );
    assert_eq!(entry(&talk(&[user("Why?")]), "retry"), 0.0);
}

#[test]
fn of_a_long_question_beginning_and_end_are_read() {
    let filler = "word ".repeat(SCANNED_BYTES);
    let hard = |text: String| entry(&features(&text), "hard") > 0.0;
    assert!(hard(format!("prove {filler}")));
    assert!(hard(format!("{filler} prove")));
    assert!(!hard(format!("{filler} prove {filler}")));
}

#[test]
fn pressure_is_urgency_and_a_short_answer_is_less_work() {
    assert_eq!(features("Please answer.").urgency, 0.0);
    assert!(features("Production outage, this is urgent!").urgency > 0.9);
    let text = "Explain the code and suggest a fix";
    let brief = Features::of(&Prompt {
        messages: &[user(text)],
        max_output_tokens: Some(10),
        ..Prompt::default()
    });
    assert!(brief.complexity < features(text).complexity);
    assert_eq!(entry(&brief, "bounded_answer"), 1.0);
}

#[test]
fn an_empty_prompt_is_the_simplest() {
    let empty = Features::default();
    assert_eq!(
        (empty.complexity, empty.urgency, empty.prompt_tokens),
        (0.0, 0.0, 0)
    );
    let others = NAMES
        .iter()
        .zip(empty.vector)
        .filter(|(feature, _)| feature.name != "confidence");
    for (feature, value) in others {
        assert_eq!(value, 0.0, "{}", feature.name);
    }
}

#[test]
fn a_record_names_what_is_not_0_to_three_decimals() {
    let read = features("Prove that 17 is prime.");
    let record = serde_json::to_value(read).unwrap();
    let kept = record["vector"].as_object().unwrap();
    assert!(kept.len() < COUNT);
    for (value, feature) in read.vector.iter().zip(&NAMES) {
        let told = kept
            .get(feature.name)
            .map_or(0.0, |told| told.as_f64().unwrap());
        assert!(
            (told - f64::from(*value)).abs() <= 5.1e-4,
            "{feature:?} {value}"
        );
    }
}

proptest! {
    #[test]
    fn every_entry_is_within_its_range(
        text in "\\PC{0,400}|[a-zA-Z0-9 .,?!;:{}()=^$%/_`\"'|*#\\\\\n-]{0,400}",
        schema in "[{}\\[\\]:,\"\\\\a-z]{0,120}",
    ) {
        let read = Features::of(&Prompt {
            messages: &[user(&text)],
            tools: &[Tool { name: &text, description: &text, parameters: &schema }],
            ..Prompt::default()
        });
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
