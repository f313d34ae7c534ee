use proptest::prelude::*;

use super::artifact::Reader;
use super::forest::Forest;
use super::*;
use crate::embedding::{DIMENSIONS, Table};
use crate::features::{Prompt, Role, Turn};

/// Bytes before the body.
const HEADER: usize = 16;

fn features(text: &str) -> Features {
    let messages = [Turn {
        role: Role::User,
        text,
    }];
    Features::of(&Prompt {
        messages: &messages,
        ..Prompt::default()
    })
}

fn predicted(text: &str) -> Vec<Outlook> {
    let embedding = Table::shipped().embed(text);
    Predictor::shipped().predict(&features(text), embedding.as_ref())
}

#[test]
fn an_edition_is_that_of_the_bodies_of_its_files() {
    let body = |file: &[u8]| artifact::stated_checksum(&sealed(&file[HEADER..]));
    let sums = [GENERAL_FILE, policy::GENERAL_FILE].map(|file| body(file).unwrap());
    assert_eq!(
        edition(),
        format!("general {:08x} {:08x}", sums[0], sums[1])
    );
    assert_ne!(sums[0], sums[1]);
    assert_eq!(artifact::stated_checksum(&GENERAL_FILE[..11]), None);
}

#[test]
fn the_shipped_model_knows_three_classes() -> Result<(), Damage> {
    Predictor::read(GENERAL_FILE, GENERAL)?;
    let tiers: Vec<Tier> = predicted("What is the capital of France?")
        .iter()
        .map(|o| o.tier)
        .collect();
    assert_eq!(tiers, Tier::ALL);
    Ok(())
}

#[test]
fn a_dearer_class_does_better_and_a_puzzle_is_hard() {
    let p = |text: &str| {
        predicted(text)
            .iter()
            .map(|outlook| outlook.p)
            .collect::<Vec<_>>()
    };
    let sum = p("Tom has 3 apples and buys 4 more. How many apples does Tom have?");
    let puzzle = p(
        "There are 5 houses, numbered 1 to 5 from left to right. Each house is occupied by a different \
         person. Each house has a unique attribute for each of the following characteristics:\n \
         - Each person has a unique name: `Bob`, `Eric`, `Arnold`, `Peter`, `Alice`\n \
         - Each person has a unique pet: `cat`, `dog`, `fish`, `bird`, `horse`\n \
         - Each person has a favorite color: `red`, `blue`, `green`, `white`, `yellow`\n\n## Clues:\n\
         1. Bob is somewhere to the left of the dog owner.\n2. Alice is not in the third house.\n\
         3. The person who loves red is directly left of Eric.\n4. The bird keeper loves white.\n",
    );
    assert!(sum[0] < sum[2], "{sum:?}");
    assert!(sum[0] > puzzle[0] + 0.2, "{sum:?} {puzzle:?}");
}

#[test]
fn a_pool_that_is_not_in_the_file_is_told() {
    assert_eq!(
        Predictor::read(GENERAL_FILE, "other").err(),
        Some(Damage::Pool)
    );
}

#[test]
fn damage_is_found() {
    let read = |file: &[u8]| Predictor::read(file, GENERAL).err();
    assert_eq!(read(&[]), Some(Damage::Shape));
    assert_eq!(
        read(&GENERAL_FILE[..GENERAL_FILE.len() - 1]),
        Some(Damage::Shape)
    );
    for at in (HEADER..GENERAL_FILE.len()).step_by(1_013) {
        let mut file = GENERAL_FILE.to_vec();
        file[at] ^= 1;
        assert_eq!(read(&file), Some(Damage::Checksum), "byte {at}");
    }
    let mut file = GENERAL_FILE.to_vec();
    file[4] = 9;
    assert_eq!(read(&file), Some(Damage::Version(9)));
}

#[test]
fn a_tree_leads_to_the_leaf_of_its_splits() -> Result<(), Damage> {
    let mut body = Vec::new();
    body.extend(0.5_f32.to_le_bytes());
    body.extend(0.25_f32.to_le_bytes());
    body.extend(1_u16.to_le_bytes());
    body.push(2);
    for (input, threshold, below, above) in [(0_u16, 10_i16, -1_i8, 1_i8), (3, -5, -2, -3)] {
        body.extend(input.to_le_bytes());
        body.extend(threshold.to_le_bytes());
        body.extend([below as u8, above as u8]);
    }
    for leaf in [4_i16, -8, 2] {
        body.extend(leaf.to_le_bytes());
    }
    let file = sealed(&body);
    let forest = Forest::read(&mut Reader::open(&file)?, WIDTH)?;
    let score = |first: i16, fourth: i16| {
        let mut row = [0; WIDTH];
        (row[0], row[3]) = (first, fourth);
        forest.score(&row)
    };
    assert_eq!(
        [score(10, 0), score(11, -5), score(11, -4)],
        [1.5, -1.5, 1.0]
    );

    // A branch that leads back would never end.
    let back = HEADER + 4 + 4 + 2 + 1 + 6 + 4;
    let mut looped = body;
    looped[back - HEADER] = 0;
    assert!(Forest::read(&mut Reader::open(&sealed(&looped))?, WIDTH).is_err());
    Ok(())
}

#[test]
fn an_equation_reads_as_one() {
    let equation = Equation {
        constant: 0.5,
        terms: vec![
            Term {
                first: 3,
                second: NONE,
                weight: -0.25,
            },
            Term {
                first: 3,
                second: 4,
                weight: 0.125,
            },
        ],
    };
    assert_eq!(
        equation.to_string(),
        "0.500 - 0.250 log_chars + 0.125 log_chars * log_words"
    );
    let mut row = [0; WIDTH];
    (row[3], row[4]) = (UNIT as i16, 2 * UNIT as i16);
    assert!((equation.score(&row) - 0.5).abs() < 1e-6);
}

proptest! {
    #[test]
    fn every_input_gives_probabilities(
        vector in prop::collection::vec(any::<f32>(), crate::features::COUNT),
        entries in prop::option::of(prop::collection::vec(any::<f32>(), DIMENSIONS)),
    ) {
        let mut features = Features::default();
        features.vector.copy_from_slice(&vector);
        let embedding = entries.map(|entries| {
            let mut embedding = [0.0; DIMENSIONS];
            embedding.copy_from_slice(&entries);
            embedding
        });
        let outlooks = Predictor::shipped().predict(&features, embedding.as_ref());
        prop_assert_eq!(outlooks.len(), 3);
        for outlook in outlooks {
            prop_assert!(outlook.p > 0.0 && outlook.p < 1.0);
            prop_assert!(outlook.tokens_out.is_none_or(|tokens| tokens.is_finite() && tokens > 0.0));
            if let Some(belief) = outlook.belief {
                prop_assert!((0.0..=1.0).contains(&belief.mean) && belief.epistemic >= 0.0);
            }
        }
    }

    #[test]
    fn text_of_any_kind_gives_probabilities(text in "\\PC{0,400}") {
        for outlook in predicted(&text) {
            prop_assert!(outlook.p > 0.0 && outlook.p < 1.0);
        }
    }

    /// A file with a right checksum and a wrong body is refused or understood, never a panic.
    #[test]
    fn a_forged_body_does_no_harm(at in HEADER..GENERAL_FILE.len(), byte in any::<u8>()) {
        let mut body = GENERAL_FILE[HEADER..].to_vec();
        body[at - HEADER] = byte;
        let file = sealed(&body);
        if let Ok(predictor) = Predictor::read(&file, GENERAL) {
            for outlook in predictor.predict(&features("2 + 2?"), None) {
                prop_assert!(outlook.p > 0.0 && outlook.p < 1.0);
            }
        }
    }
}
