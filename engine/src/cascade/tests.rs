use proptest::prelude::*;

use super::*;

fn answer(text: &str, tokens: u32) -> Answer<'_> {
    Answer { text, tokens }
}

/// A verifier of one tree: trusts the first answer where the second is the same.
fn trusting(body: &mut Vec<u8>) -> Verifier<'_> {
    body.extend_from_slice(&0.0_f32.to_le_bytes());
    body.extend_from_slice(&0.001_f32.to_le_bytes());
    body.extend_from_slice(&1_u16.to_le_bytes());
    body.push(1);
    body.extend_from_slice(&(COUNT as u16).to_le_bytes());
    body.extend_from_slice(&fixed(0.5).to_le_bytes());
    body.extend_from_slice(&[-1_i8 as u8, -2_i8 as u8]);
    body.extend_from_slice(&(-2000_i16).to_le_bytes());
    body.extend_from_slice(&3000_i16.to_le_bytes());
    Verifier::read(&mut Reader::of(body)).expect("a tree")
}

#[test]
fn agreement_is_seen_and_weighed() {
    let mut body = Vec::new();
    let verifier = trusting(&mut body);
    let accept = |second| {
        let answers = [answer("42", 100), answer(second, 90)];
        verifier.accept(&[0; crate::predict::WIDTH], "How many?", &answers)
    };
    assert!((accept("42") - logistic(3.0)).abs() < 1e-6);
    assert!((accept("41") - logistic(-2.0)).abs() < 1e-6);
}

#[test]
fn a_tree_over_other_inputs_is_refused() {
    let mut body = Vec::new();
    trusting(&mut body);
    let place = 4 + 4 + 2 + 1;
    body.splice(place..place + 2, (INPUTS as u16).to_le_bytes());
    assert!(Verifier::read(&mut Reader::of(&body)).is_err());
}

#[test]
fn numbers_are_told_from_letters_and_digests() {
    let of = |text| evidence("", &[answer(text, 10), answer("x", 10)]);
    let is_number = |text| of(text)[2] == 1.0;
    for text in ["7", "-12", "1,250", "3.75", "0"] {
        assert!(is_number(text), "{text}");
    }
    for text in [
        "",
        "-",
        "b",
        "12e45678",
        "e49d3fe80c",
        "1/2",
        ".5.",
        "1 2",
        "99999999999999999",
    ] {
        assert!(!is_number(text), "{text}");
    }
    assert_eq!(of("b")[3], 1.0);
    assert_eq!(of("bb")[3], 0.0);
}

#[test]
fn near_numbers_almost_agree() {
    let of = |a, b| {
        let figures = evidence("", &[answer(a, 1), answer(b, 1)]);
        [figures[0], figures[1]]
    };
    assert_eq!(of("1000", "1,000"), [0.0, 1.0]);
    assert_eq!(of("1000", "1005"), [0.0, 1.0]);
    assert_eq!(of("1000", "1100"), [0.0, 0.0]);
    assert_eq!(of("paris", "paris"), [1.0, 1.0]);
}

#[test]
fn one_answer_alone_neither_agrees_nor_disagrees() {
    assert_eq!(evidence("", &[answer("7", 1)])[0], 0.5);
    assert_eq!(evidence("", &[])[0], 0.5);
}

proptest! {
    #[test]
    fn any_answers_give_figures_within_bounds_and_a_probability(
        prompt in "\\PC{0,80}",
        texts in prop::collection::vec(("\\PC{0,20}|-?[0-9,.]{1,14}", any::<u32>()), 0..4),
    ) {
        let answers: Vec<Answer> = texts.iter().map(|(text, tokens)| answer(text, *tokens)).collect();
        for figure in evidence(&prompt, &answers) {
            prop_assert!((-4.0..=4.0).contains(&figure));
        }
        let mut body = Vec::new();
        let p = trusting(&mut body).accept(&[0; crate::predict::WIDTH], &prompt, &answers);
        prop_assert!((0.0..=1.0).contains(&p));
    }
}
