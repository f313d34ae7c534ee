use proptest::prelude::*;

use super::*;

fn found(question: &str, text: &str) -> Vec<Defect> {
    let asked = Asked {
        question,
        ..Asked::default()
    };
    defects(&asked, &said(text))
}

fn said(text: &str) -> Answer<'_> {
    Answer {
        text,
        calls: &[],
        end: End::Own,
    }
}

/// What is good, whatever it looks like.
#[track_caller]
fn good(question: &str, text: &str) {
    let found = found(question, text);
    assert!(found.is_empty(), "{question}\n---\n{text}\n---\n{found:?}");
}

#[test]
fn short_answers_are_answers() {
    for text in [
        "4", "B", "Yes.", "the", "Paris", "x = 3, y", "…", "👍", "No", "42 km",
    ] {
        good("What is it?", text);
    }
}

#[test]
fn code_tables_lists_and_headings_are_no_torn_prose() {
    good(
        "Write a function that adds two numbers.",
        "Here it is. It is short. Use it as you like. It takes two numbers and adds them, of any \
         size, and gives back the sum of the two:\n\n```python\ndef add(a, b):\n    return a + b\n```",
    );
    good(
        "Show fences in Markdown.",
        "Write it so:\n\n````md\n```js\nlet a;\n```\n````\n\nThat is all there is to it.",
    );
    good("Use inline code", "Call ```add(1, 2)``` and you are done.");
    good(
        "Compare the two.",
        "The two differ in speed. The table shows it. Read it from the left to the right, one row \
         at a time, and mind the last of the columns.\n\n| a | b |\n|---|---|\n| 1 | the |\n| 2 | and |",
    );
    good(
        "What shall I pack?",
        "Take these. They are needed. Do not take more than you can carry on a long day in the \
         hills with nobody to help:\n- a tent\n- a lamp\n- things to read, and",
    );
    let rows: String = (0..80).map(|n| format!("{n},0,0,0,0,0\n")).collect();
    good("Give me a matrix of zeros as CSV.", &rows);
    good("A line, please.", &"-".repeat(500));
    good("Zeros.", &format!("[{}]", vec!["0"; 300].join(", ")));
}

#[test]
fn poems_and_songs_may_have_a_refrain() {
    let refrain = "Row on, row on, across the silver water,\nthe night is long, the morning is not far,\n\
                   row on, row on, my brother and my daughter,\nand keep your eyes upon the northern star.\n";
    let verses = [
        "We left the harbour early in the season,\nwith bread and salt and lanterns in the bow,\n\
         and nobody had given us a reason,\nand nobody has given us one now.\n",
        "The islands fell behind us one by one there,\nlike beads that slip unnoticed from a string,\n\
         and what we thought had ended had begun there,\nand what was silent then began to sing.\n",
        "My hands are hard, the oars are worn and narrow,\nthe tide has taken more than it has brought,\n\
         and yet we fly as straight as any arrow\ntowards the shore of which we have not thought.\n",
    ];
    let song: String = verses
        .iter()
        .map(|verse| format!("{verse}\n{refrain}\n"))
        .collect();
    good("Write a song with a refrain.", &song);
    good(
        "A haiku.",
        "old pond in the rain\na frog considers, then leaps\nthe sound of water,",
    );
    good(
        "Make the crowd laugh.",
        "And they all went: ha ha ha ha ha ha ha ha ha ha ha!",
    );
}

#[test]
fn characters_in_a_story_may_refuse() {
    good(
        "Write a story about a locksmith.",
        "The old man shook his head. \"I can't help you,\" he said. \"I cannot provide what you ask.\"",
    );
    good("Sing!", "I can't help falling in love with you.");
    good("Give me a line of a song.", "I can't get no satisfaction.");
    good(
        "May I go?",
        "Unfortunately the office is closed today; it opens again on Monday at nine.",
    );
    let rest = "First measure the length of each side, then add up what you have found so far. \
                Then weigh what is left on the scales, note it down and begin again with a new sheet. \
                Whoever does this every morning knows by the end of a week how much it comes to, give \
                or take a few, and need not ask anybody else. Some prefer to count the boxes in place \
                of the pieces, which is faster and nearly as good; others multiply the daily figure, and write it on the board by the door for the others to see. \
                In the end all of them come out within a tenth of one another, and that will do here.";
    good(
        "How many?",
        &format!("I'm sorry, but I can't provide the exact figure. {rest}"),
    );
}

#[test]
fn answers_in_other_languages_are_answers_to_questions_in_them() {
    let german = "Die Hauptstadt von Frankreich ist Paris, und sie ist auch die größte Stadt des \
                  Landes. Sie liegt an der Seine und ist nicht weit von Versailles entfernt.";
    good(
        "Was ist die Hauptstadt von Frankreich und wie groß ist sie?",
        german,
    );
    good(
        "Translate to German: The capital of France is Paris, and it is large.",
        german,
    );
    good(
        "Was heißt das auf Englisch: Die Stadt ist nicht groß.",
        "The town is not large, and it is where we have been all of this time with you.",
    );
    good(
        "Answer in German, please. What is the capital of France?",
        german,
    );
    good(
        &format!("Summarise this: {german}"),
        "Paris is the capital of France and the largest of the cities there; it is on the Seine, and it was not built in a day.",
    );
    good(
        "東京の人口はどのくらいですか。教えてください。",
        "東京の人口は約千四百万人です。日本で最も人口の多い都市であり、世界でも有数の大都市として知られています。",
    );
    good(
        "Как называется столица Франции и сколько там жителей?",
        "Столица Франции называется Париж. В нём живёт около двух миллионов человек, а в его окрестностях ещё десять.",
    );
    good(
        "Show me the alphabet used in Greece, from the first letter to the last one.",
        "Α α, Β β, Γ γ, Δ δ",
    );
    good(
        "What does 'Здравствуйте, как дела у вас сегодня' mean?",
        "Оно значит приветствие, которое говорят утром друзьям и знакомым на улице или дома.",
    );
}

#[test]
fn a_system_s_instruction_may_want_another_language() {
    let text = "Die Hauptstadt von Frankreich ist Paris, und sie ist auch die größte Stadt des \
                Landes. Sie liegt an der Seine und ist nicht weit von Versailles entfernt.";
    let question = "What is the capital of France and how large is it? Give me the facts.";
    let of = |context: &[&str]| {
        let asked = Asked {
            question,
            context,
            ..Asked::default()
        };
        defects(&asked, &said(text))
    };
    assert_eq!(of(&[]), [Defect::Language]);
    assert_eq!(of(&["You are brief."]), [Defect::Language]);
    assert_eq!(of(&["Always answer in German."]), []);
    assert_eq!(
        of(&["Du bist ein Helfer und sprichst mit den Leuten, die nicht weiter wissen."]),
        []
    );
}

#[test]
fn another_language_than_the_question_s_is_seen() {
    let of = |question, text| found(question, text) == [Defect::Language];
    assert!(of(
        "What is the tallest mountain of the Alps, and who climbed it first?",
        "阿尔卑斯山最高的山峰是勃朗峰，海拔四千八百零五米，位于法国和意大利的边境，一七八六年首次有人登顶。"
    ));
    assert!(of(
        "Warum ist der Himmel blau und nicht grün? Bitte erkläre es mir.",
        "The sky is blue because the air scatters the short waves of the light more than the long \
         ones, and this is what you see from where you are."
    ));
    assert!(of(
        "Как работает холодильник и почему он шумит по ночам?",
        "A refrigerator pumps heat from the inside to the outside, and its compressor makes noise."
    ));
}

#[test]
fn what_says_nothing_is_empty() {
    assert_eq!(found("Why?", " \n "), [Defect::Empty]);
    let paused = Answer {
        end: End::Pause,
        ..said("")
    };
    assert_eq!(defects(&Asked::default(), &paused), []);
}

#[test]
fn what_was_cut_is_seen() {
    let cut = Answer {
        end: End::Length,
        ..said("It is because")
    };
    assert_eq!(defects(&Asked::default(), &cut), [Defect::Length]);
    assert_eq!(
        found("Code?", "Here:\n```rust\nfn main() {"),
        [Defect::Fence]
    );
    assert_eq!(
        found("Code?", "Here:\n````\n```\nfn main() {\n```"),
        [Defect::Fence]
    );
    let torn = "The war began in the spring. It was long. Both sides had hoped for a short one, but \
                the winter came early, the roads were closed, and the army of the";
    assert_eq!(found("Tell me of the war.", torn), [Defect::Sentence]);
    assert_eq!(
        found("As JSON: who are they?", r#"{"names": ["a", "b"#),
        [Defect::BrokenJson(Part::Text)]
    );
    good("As JSON: who are they?", r#"{"names": ["a", "b"]}"#);
    good(
        "Cite your sources for JSON.",
        "[1] is the standard, [2] what came before it.",
    );
    // Where the client wants it to end there, it may end there.
    let at_sequence = Answer {
        end: End::Sequence,
        ..said(torn)
    };
    assert_eq!(defects(&Asked::default(), &at_sequence), []);
}

#[test]
fn refusals_are_seen_in_several_languages() {
    for text in [
        "I'm sorry, but I can't help with that.",
        "I’m sorry, but I can’t assist with that request.",
        "Sorry, I cannot provide instructions for this.",
        "I cannot create that kind of content.",
        "As an AI language model, I cannot do this.",
        "Es tut mir leid, aber ich kann dir dabei nicht helfen.",
        "Désolé, mais je ne peux pas vous aider avec cette demande.",
        "Lo siento, pero no puedo ayudar con eso.",
        "Mi dispiace, ma non posso aiutarti con questa richiesta.",
        "Desculpe, mas não posso ajudar com isso.",
        "Извините, но я не могу помочь с этим.",
        "抱歉，我不能协助完成这个请求。",
        "申し訳ありませんが、そのご要望にはお応えできません。",
        "죄송하지만 그 요청은 도와드릴 수 없습니다.",
    ] {
        assert_eq!(found("…", text), [Defect::Refusal], "{text}");
    }
    let marked = Answer {
        end: End::Declined,
        ..said("")
    };
    assert_eq!(defects(&Asked::default(), &marked), [Defect::Refusal]);
}

#[test]
fn loops_are_seen_unless_they_were_asked_for() {
    let line = "The answer is that the answer depends on the question.\n";
    let circle = format!("Let us see.\n{}", line.repeat(12));
    assert_eq!(found("Why?", &circle), [Defect::Repetition]);
    good("Repeat this line for me.", &circle);
    good("Write it 12 times.", &circle);
    // Cut within a round, and with few letters in each.
    assert_eq!(
        found("Why?", &"so it goes ".repeat(40)),
        [Defect::Repetition]
    );
    let almost: String = (0..60)
        .map(|n| {
            format!("{n}. It is important to note that the results may vary with the settings.\n")
        })
        .collect();
    assert_eq!(found("Why?", &almost), [Defect::Repetition]);
}

fn asked_for(schema: &str) -> Asked<'_> {
    Asked {
        form: Form::Schema(schema),
        ..Asked::default()
    }
}

const PERSON: &str = r##"{"type":"object","properties":{"name":{"type":"string","minLength":1},
    "age":{"type":"integer","minimum":0,"maximum":150},"role":{"enum":["a","b"]},
    "tags":{"type":"array","items":{"type":"string"},"maxItems":2},
    "boss":{"anyOf":[{"$ref":"#"},{"type":"null"}]}},
    "required":["name"],"additionalProperties":false}"##;

#[test]
fn json_is_held_against_its_schema() {
    let of = |text: &str| defects(&asked_for(PERSON), &said(text));
    for text in [
        r#"{"name":"Ada"}"#,
        r#"{"name":"Ada","age":36.0,"role":"b","tags":["x","y"],"boss":null}"#,
        r#"{"name":"Ada","boss":{"name":"Bob","boss":{"name":"Cy"}}}"#,
        " \n{\"name\": \"Ada\"}\n",
    ] {
        assert_eq!(of(text), [], "{text}");
    }
    for (text, path, keyword) in [
        ("[]", "", "type"),
        ("{}", "", "required"),
        (r#"{"name":""}"#, "/name", "minLength"),
        (r#"{"name":"A","age":"old"}"#, "/age", "type"),
        (r#"{"name":"A","age":1.5}"#, "/age", "type"),
        (r#"{"name":"A","age":200}"#, "/age", "maximum"),
        (r#"{"name":"A","role":"c"}"#, "/role", "enum"),
        (r#"{"name":"A","tags":["x",1]}"#, "/tags/1", "type"),
        (r#"{"name":"A","tags":["x","y","z"]}"#, "/tags", "maxItems"),
        (
            r#"{"name":"A","pay/ment":1}"#,
            "/pay~1ment",
            "additionalProperties",
        ),
        (r#"{"name":"A","boss":{"name":1}}"#, "/boss", "anyOf"),
    ] {
        let path = path.to_owned();
        let mismatch = Mismatch { path, keyword };
        assert_eq!(of(text), [Defect::Mismatch(Part::Text, mismatch)], "{text}");
    }
    for text in [
        "no",
        "{",
        r#"{"name":"Ada",}"#,
        "```json\n{\"name\":\"Ada\"}\n```",
    ] {
        assert_eq!(of(text), [Defect::BrokenJson(Part::Text)], "{text}");
    }
}

#[test]
fn a_schema_that_says_nothing_known_is_met() {
    for schema in [
        "true",
        "{}",
        "[]",
        "not JSON",
        r#"{"not":{}}"#,
        r#"{"$ref":"https://a/b"}"#,
        r#"{"type":7}"#,
    ] {
        assert_eq!(defects(&asked_for(schema), &said("[1]")), [], "{schema}");
    }
    assert_eq!(defects(&asked_for("false"), &said("1")).len(), 1);
}

#[test]
fn a_schema_that_goes_in_circles_ends() {
    let schema = r##"{"anyOf":[{"$ref":"#"},{"$ref":"#"},{"allOf":[{"$ref":"#"}]}]}"##;
    assert_eq!(defects(&asked_for(schema), &said("[[[[1]]]]")), []);
}

#[test]
fn json_without_a_schema_has_to_be_an_object() {
    let asked = Asked {
        form: Form::Json,
        ..Asked::default()
    };
    let of = |text| defects(&asked, &said(text));
    assert_eq!(of(r#"{"a":[1,2]}"#), []);
    assert_eq!(of("[1]").len(), 1);
    assert_eq!(of("Sure! {}"), [Defect::BrokenJson(Part::Text)]);
    let declined = of("I'm sorry, but I can't help with that.");
    assert_eq!(declined, [Defect::Refusal, Defect::BrokenJson(Part::Text)]);
    let deep = format!("{}{}", "[".repeat(300), "]".repeat(300));
    assert_eq!(of(&format!("{{\"a\":{deep}}}")), []);
}

#[test]
fn calls_are_held_against_what_was_offered() {
    let tools = [
        Tool {
            name: "find",
            schema: Some(r#"{"type":"object","required":["q"]}"#),
        },
        Tool {
            name: "patch",
            schema: None,
        },
    ];
    let of = |duty, calls: &[(&str, &str, bool)]| {
        let calls: Vec<_> = calls
            .iter()
            .map(|(name, arguments, custom)| Call {
                name,
                arguments,
                custom: *custom,
            })
            .collect();
        let asked = Asked {
            tools: &tools,
            duty,
            ..Asked::default()
        };
        let text = if calls.is_empty() { "No." } else { "" };
        let answer = Answer {
            calls: &calls,
            ..said(text)
        };
        defects(&asked, &answer)
    };
    let find = ("find", r#"{"q":"x"}"#, false);
    assert_eq!(of(Duty::None, &[]), []);
    assert_eq!(of(Duty::None, &[find]), []);
    assert_eq!(of(Duty::Any, &[find, ("patch", "*** Begin", true)]), []);
    assert_eq!(of(Duty::Any, &[]), [Defect::NoCall]);
    assert_eq!(of(Duty::Named("patch"), &[find]), [Defect::NoCall]);
    assert_eq!(
        of(Duty::None, &[("lose", "{}", false)]),
        [Defect::UnknownCall]
    );
    let mismatch = Mismatch {
        path: String::new(),
        keyword: "required",
    };
    assert_eq!(
        of(Duty::None, &[find, ("find", "{}", false)]),
        [Defect::Mismatch(Part::Call(1), mismatch)]
    );
    assert_eq!(
        of(Duty::None, &[("find", "{\"q\":", false)]),
        [Defect::BrokenJson(Part::Call(0))]
    );
}

#[test]
fn what_is_beyond_doubt_is_mended() {
    let of = |text| repaired(Form::Json, text, true);
    for (text, mended) in [
        ("```json\n{\"a\": 1}\n```", "{\"a\": 1}"),
        (
            "Here it is:\n```\n{\"a\": 1}\n```\nThat is all.",
            "{\"a\": 1}",
        ),
        ("{\"a\": [1, 2, ], }", "{\"a\": [1, 2]}"),
        (
            "{\"a\": [1, {\"b\": \"],\"}",
            "{\"a\": [1, {\"b\": \"],\"}]}",
        ),
        ("{\"a\": 1,\n", "{\"a\": 1}"),
        ("```json\n{\"a\": [1,]", "{\"a\": [1]}"),
    ] {
        assert_eq!(of(text).as_deref(), Some(mended), "{text}");
    }
    for text in [
        "{\"a\": \"open",
        "{\"a\":",
        "{\"a\": tru",
        "{\"a\": 1]",
        "[1, 2, ]",
        "no JSON at all",
        "```\n{}\n```\nor\n```\n{}\n```",
        "{'a': 1}",
    ] {
        assert_eq!(of(text), None, "{text}");
    }
}

#[test]
fn nothing_is_added_to_what_was_cut_nor_made_up_for_a_schema() {
    assert_eq!(repaired(Form::Json, "{\"a\": [1", false), None);
    assert!(repaired(Form::Json, "{\"a\": [1,]}", false).is_some());
    assert_eq!(repaired(Form::Schema(PERSON), "{\"age\": 1,}", true), None);
    assert!(repaired(Form::Schema(PERSON), "{\"name\": \"A\",}", true).is_some());
    assert_eq!(repaired(Form::Free, "{}", true), None);
}

#[test]
fn a_model_is_told_only_of_its_text() {
    assert!(Defect::BrokenJson(Part::Text).complaint().is_some());
    let mismatch = Mismatch {
        path: "/a".into(),
        keyword: "type",
    };
    let complaint = Defect::Mismatch(Part::Text, mismatch).complaint();
    assert_eq!(
        complaint.as_deref(),
        Some("at /a it does not meet the schema's `type`")
    );
    assert_eq!(Defect::BrokenJson(Part::Call(0)).complaint(), None);
    assert_eq!(Defect::Refusal.complaint(), None);
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,300}",
        "[a-c ,.\n`|{}\\[\\]\":0-9\\\\-]{0,300}",
        prop::collection::vec(
            prop_oneof![
                Just("```"),
                Just("\n"),
                Just("the "),
                Just("der "),
                Just("{\"a\":"),
                Just("}"),
                Just("],"),
                Just("I'm sorry, but "),
                Just("I cannot provide "),
                Just("日本"),
                Just("のは"),
                Just("- "),
                Just("| a | b |"),
                Just("Привет "),
                Just("json "),
                Just("…"),
                Just("\u{FEFF}"),
                Just("1. "),
            ],
            0..80
        )
        .prop_map(|parts| parts.concat()),
    ]
}

fn ends() -> impl Strategy<Value = End> {
    prop::sample::select(vec![
        End::Own,
        End::Sequence,
        End::Length,
        End::Declined,
        End::Pause,
    ])
}

proptest! {
    #[test]
    fn any_answer_to_anything_is_judged_and_twice_the_same(
        question in texts(), text in texts(), schema in texts(), context in texts(),
        arguments in texts(), end in ends(), custom in any::<bool>(),
    ) {
        let tools = [Tool { name: "t", schema: Some(&schema) }];
        let calls = [Call { name: "t", arguments: &arguments, custom }];
        for form in [Form::Free, Form::Json, Form::Schema(&schema), Form::Schema(PERSON)] {
            for duty in [Duty::None, Duty::Any, Duty::Named(&context)] {
                for calls in [&[][..], &calls] {
                    let asked = Asked { question: &question, context: &[&context], form, tools: &tools, duty };
                    let answer = Answer { text: &text, calls, end };
                    let first = defects(&asked, &answer);
                    prop_assert_eq!(&first, &defects(&asked, &answer));
                }
            }
        }
    }

    #[test]
    fn what_is_mended_has_its_form_and_needs_no_mending(text in texts(), whole in any::<bool>()) {
        for form in [Form::Json, Form::Schema(PERSON)] {
            if let Some(mended) = repaired(form, &text, whole) {
                let asked = Asked { form, ..Asked::default() };
                prop_assert_eq!(defects(&asked, &said(&mended)), []);
                prop_assert_eq!(repaired(form, &mended, whole), Some(mended.clone()));
            }
        }
    }

    #[test]
    fn json_that_lost_its_last_brackets_gets_the_same_back(
        values in prop::collection::vec(any::<i32>(), 1..5), depth in 1_usize..6,
    ) {
        let mut value = serde_json::json!(values);
        for _ in 1..depth {
            value = serde_json::json!([value]);
        }
        let whole = serde_json::json!({"a": value}).to_string();
        let cut = whole.trim_end_matches(['}', ']']);
        prop_assert_eq!(repaired(Form::Json, cut, true), Some(whole.clone()));
    }
}

/// Were any check quadratic, this would not end.
#[test]
fn long_answers_are_judged() {
    let size = 4 << 20;
    for text in [
        "ab".repeat(size / 2),
        "`".repeat(size),
        "```\n".repeat(size / 4),
        "der the ".repeat(size / 8),
        format!("{{\"a\":{}", "[".repeat(size)),
    ] {
        found("As JSON, please: why?", &text);
        repaired(Form::Json, &text, true);
    }
}
