//! What holds for every rule, on conversations put together at random.

use super::*;
use proptest::prelude::*;

fn lossless() -> Terms {
    Terms {
        optimise: Optimise::Lossless,
        cached: true,
        ..Terms::default()
    }
}

fn result(text: &str) -> Piece<'_> {
    Piece {
        text,
        source: Source::Result,
    }
}

/// What goes out: every piece as it is after the edits.
fn sent(pieces: &[Piece<'_>], terms: &Terms) -> Vec<String> {
    let mut out: Vec<String> = pieces.iter().map(|piece| piece.text.to_owned()).collect();
    for edit in optimise(pieces, terms).edits {
        out[edit.piece] = edit.now;
    }
    out
}

fn only(text: &str, terms: &Terms) -> String {
    sent(&[result(text)], terms).remove(0)
}

/// Twelve lines that look like a file.
fn file(name: &str) -> String {
    let line = |at| format!("{at:>5}\tlet {name}_{at} = call({at}, \"{name}\");\n");
    (1..=12).map(line).collect()
}

#[test]
fn json_loses_the_blanks_between_its_parts_and_nothing_else() {
    let text = "{\n  \"b\" : 1.50,\n  \"a\": [ 1e3, \"x  y\\\" z\", { \"n\" : null, \"deep\": [true, false, -0.0] } ],\n  \"id\": 123456789012345678901\n}\n";
    let now = only(text, &lossless());
    assert_eq!(
        now,
        r#"{"b":1.50,"a":[1e3,"x  y\" z",{"n":null,"deep":[true,false,-0.0]}],"id":123456789012345678901}"#
    );
    let exact = Terms {
        exact: true,
        ..lossless()
    };
    assert_eq!(only(text, &exact), text);
}

#[test]
fn a_line_that_comes_many_times_is_told_once_and_counted() {
    let line = "WARN queue is full, dropping the message\n";
    let text = format!("start\n{}end\n", line.repeat(9));
    let now = only(&text, &lossless());
    assert_eq!(
        now,
        format!("start\n{line}[the line above comes 8 more times]\nend\n")
    );
    let few = format!("start\n{}end\n", line.repeat(3));
    assert_eq!(only(&few, &lossless()), few);
    let code = format!("fn f() {{\n{}}}\n", "    push(0, 0, 0, 0);\n".repeat(9));
    assert_eq!(only(&code, &lossless()), code);
}

#[test]
fn colours_go_and_the_words_stay() {
    let text = "\u{1b}[1m\u{1b}[31merror[E0382]\u{1b}[0m: borrow of moved value\n\u{1b}[38;5;12m -->\u{1b}[0m src/a.rs:1\n";
    let now = only(text, &lossless());
    assert_eq!(
        now,
        "error[E0382]: borrow of moved value\n --> src/a.rs:1\n"
    );
}

#[test]
fn what_was_told_before_is_referred_to_with_its_ends() {
    let file = file("a");
    let again = format!("The file now:\n{file}done\n");
    let pieces = [result(&file), result(&again)];
    let sent = sent(&pieces, &lossless());
    assert_eq!(sent[0], file);
    assert_eq!(
        sent[1],
        "The file now:\n[12 lines as in an earlier result, from `1\tlet a_1 = call(1, \"a\");` to `12\tlet a_12 = call(12, \"a\");`]\ndone\n"
    );
    let saved = optimise(&pieces, &lossless()).saved;
    assert!(saved.keys().eq([&Rule::Repeat]) && saved[&Rule::Repeat] > 100);
    let fleeting = Terms {
        fleeting: true,
        ..lossless()
    };
    assert!(optimise(&pieces, &fleeting).edits.is_empty());
}

#[test]
fn nothing_is_changed_unless_the_tenant_says_so() {
    let (json, file) = (format!("[{}1]", "1,\n    ".repeat(20)), file("a"));
    let pieces = [result(&json), result(&file), result(&file)];
    let off = Terms {
        optimise: Optimise::Off,
        ..lossless()
    };
    assert_eq!(optimise(&pieces, &off), Optimised::default());
}

#[test]
fn stale_results_keep_their_head_and_what_is_near_the_question() {
    let long = |at: usize| {
        let lines =
            (0..40).map(|line| format!("entry {line} of list {at}: nothing of note here\n"));
        format!(
            "{}the Hamburg invoice was paid by card\n",
            lines.collect::<String>()
        )
    };
    let texts: Vec<String> = (0..14).map(long).collect();
    let question = Piece {
        text: "When was the Hamburg invoice paid?",
        source: Source::User,
    };
    let mut pieces = vec![question];
    pieces.extend(texts.iter().map(|text| result(text)));
    let lossy = Terms {
        optimise: Optimise::Lossy,
        fleeting: true,
        ..Terms::default()
    };
    let out = sent(&pieces, &lossy);
    assert!(out[1].starts_with("entry 0 of list 0: nothing of note here\nentry 1 of list 0"));
    assert!(out[1].contains("[38 lines left out]\nthe Hamburg invoice was paid by card\n"));
    assert!(out[1].ends_with("call the tool again if it is needed]"));
    assert_eq!(
        out[1..]
            .iter()
            .zip(&texts)
            .filter(|(now, was)| now != was)
            .count(),
        8
    );
    assert_eq!(out[9], texts[8]);
    // With a cache it does not pay while there is more to be written anew than is freed.
    let cached = Terms {
        cached: true,
        ..lossy
    };
    assert_eq!(sent(&pieces, &cached), out);
    let answer = "The invoice of March was paid in April, as far as can be seen. ".repeat(400);
    pieces.insert(
        2,
        Piece {
            text: &answer,
            source: Source::Other,
        },
    );
    assert!(optimise(&pieces, &cached).edits.is_empty());
    assert_eq!(optimise(&pieces, &lossy).edits.len(), 8);
}

/// Texts as tools tell them: files that come again, JSON, logs, colours, fences.
fn told() -> impl Strategy<Value = String> {
    let lines = prop::collection::vec(
        prop::sample::select(vec![
            "    let x = 1;   ",
            "ERROR failed to connect to 10.0.0.7:5432",
            "",
            "",
            "# Title",
            "```",
            "~~~",
            "12.50, 13, -4e5",
            "said \"never 42\" twice",
            "\u{1b}[32mok\u{1b}[0m 3 passed",
            "[[EMAIL_abcdefgh]] wrote",
            "}",
            "plain words that go on and on",
        ]),
        0..30,
    );
    let repeated = (
        prop::sample::select(vec![
            "WARN slow query took 12 ms",
            "..............................",
            "x",
        ]),
        1usize..12,
    );
    let block = prop::sample::select(vec!["a", "b", "c"]);
    prop_oneof![
        lines.clone().prop_map(|lines| lines.join("\n")),
        repeated.prop_map(|(line, times)| format!("{line}\n").repeat(times)),
        block.clone().prop_map(file),
        (block, lines).prop_map(|(name, lines)| format!("{}{}", file(name), lines.join("\n"))),
        prop::collection::btree_map("[a-z]{1,8}", prop::num::f64::NORMAL, 0..8)
            .prop_map(|map| serde_json::to_string_pretty(&map).unwrap_or_default()),
        "\\PC{0,80}",
    ]
}

fn conversation() -> impl Strategy<Value = Vec<(String, Source)>> {
    let source =
        prop_oneof![8 => Just(Source::Result), 1 => Just(Source::User), 1 => Just(Source::Other)];
    prop::collection::vec((told(), source), 0..40)
}

fn pieces(conversation: &[(String, Source)]) -> Vec<Piece<'_>> {
    conversation
        .iter()
        .map(|(text, source)| Piece {
            text,
            source: *source,
        })
        .collect()
}

/// The words, numbers and quoted texts of a text, without orders to a terminal.
fn said(text: &str) -> Vec<String> {
    let plain = ansi::without_orders(text).unwrap_or_else(|| text.to_owned());
    plain.split_whitespace().map(str::to_owned).collect()
}

/// The lines in code fences.
fn fenced(text: &str) -> Vec<&str> {
    form::lines(text)
        .filter(|(_, fenced)| *fenced)
        .map(|(line, _)| line)
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_longer_conversation_begins_with_the_same_bytes(conversation in conversation(), exact: bool, fleeting: bool) {
        let terms = Terms { exact, fleeting, ..lossless() };
        let all = sent(&pieces(&conversation), &terms);
        for turn in 0..conversation.len() {
            let then = sent(&pieces(&conversation[..turn]), &terms);
            prop_assert_eq!(&all[..turn], &then[..]);
        }
    }

    #[test]
    fn stale_results_are_cut_in_batches_and_nothing_changes_between(conversation in conversation(), cached: bool) {
        let terms = Terms { optimise: Optimise::Lossy, cached, ..lossless() };
        let results = |turn: usize| conversation[..turn].iter().filter(|(_, source)| *source == Source::Result).count();
        for turn in 1..=conversation.len() {
            let (before, now) = (results(turn - 1), results(turn));
            let due = now != before && now > stale::KEPT && (now - stale::KEPT).is_multiple_of(stale::BATCH);
            if !due {
                let then = sent(&pieces(&conversation[..turn - 1]), &terms);
                let later = sent(&pieces(&conversation[..turn]), &terms);
                prop_assert_eq!(&later[..turn - 1], &then[..]);
            }
        }
    }

    #[test]
    fn what_people_and_models_wrote_goes_out_as_it_came(conversation in conversation(), exact: bool) {
        for optimise in [Optimise::Lossless, Optimise::Lossy] {
            let out = sent(&pieces(&conversation), &Terms { optimise, exact, ..lossless() });
            for ((text, source), now) in conversation.iter().zip(out) {
                prop_assert!(*source == Source::Result || *text == now);
            }
        }
    }

    #[test]
    fn every_word_number_and_quoted_text_is_there_or_stands_above(conversation in conversation()) {
        let out = sent(&pieces(&conversation), &lossless());
        let mut above = std::collections::BTreeSet::new();
        for ((text, _), now) in conversation.iter().zip(&out) {
            above.extend(said(now));
            // JSON without blanks is other words; its parts are compared as they are.
            let is_json = |text: &str| serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
            if is_json(text) && is_json(now) {
                let parts = |text: &str| text.chars().filter(|c| !c.is_ascii_whitespace()).collect::<String>();
                prop_assert_eq!(parts(text), parts(now));
                continue;
            }
            for word in said(text) {
                prop_assert!(above.contains(&word), "{:?} of {:?}", word, text);
            }
        }
    }

    #[test]
    fn code_fences_are_not_touched(conversation in conversation(), exact: bool) {
        let out = sent(&pieces(&conversation), &Terms { exact, ..lossless() });
        for ((text, _), now) in conversation.iter().zip(&out) {
            prop_assert_eq!(fenced(text), fenced(now));
        }
    }

    #[test]
    fn the_model_that_edits_files_sees_every_blank_of_what_it_has_not_seen(conversation in conversation()) {
        let terms = Terms { exact: true, ..lossless() };
        let out = sent(&pieces(&conversation), &terms);
        let mut above = std::collections::BTreeSet::new();
        for ((text, _), now) in conversation.iter().zip(&out) {
            above.extend(now.lines().map(str::to_owned));
            let plain = ansi::without_orders(text).unwrap_or_else(|| text.clone());
            for line in plain.lines() {
                let coloured = text.lines().any(|own| own == line);
                prop_assert!(!coloured || above.contains(line) || now.contains(line), "{line:?}");
            }
        }
    }

    #[test]
    fn all_of_it_can_be_undone_and_is_counted(conversation in conversation()) {
        let pieces = pieces(&conversation);
        let done = optimise(&pieces, &Terms { optimise: Optimise::Lossy, ..lossless() });
        let mut before = 0;
        let mut after = 0;
        for edit in &done.edits {
            prop_assert_eq!(edit.was, pieces[edit.piece].text);
            before += tokens::estimate(edit.was);
            after += tokens::estimate(&edit.now);
        }
        prop_assert_eq!(done.saved.values().sum::<u32>(), before - after);
    }

    #[test]
    fn a_placeholder_is_whole_or_not_there(conversation in conversation()) {
        for now in sent(&pieces(&conversation), &lossless()) {
            for (open, _) in now.match_indices("[[EMAIL") {
                prop_assert!(now[open..].starts_with("[[EMAIL_abcdefgh]]"));
            }
        }
    }
}
