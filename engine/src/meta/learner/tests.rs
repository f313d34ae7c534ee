use super::*;
use crate::meta::{ALLOWANCE, TALK_ALLOWANCE, Voice, WINDOW_MS};
use proptest::prelude::*;

/// An outcome that is 1 with this probability.
fn drawn(probability: f64, generator: &mut Generator) -> Evidence {
    Evidence::new(f64::from(u8::from(generator.unit() < probability)), 1.0)
}

fn prompt(generator: &mut Generator) -> (f64, [f32; 3]) {
    (
        0.5 + 0.4 * generator.unit(),
        std::array::from_fn(|_| generator.normal() as f32),
    )
}

/// What is true where the prior is wrong: the second feature matters, and all is a little worse.
fn truth(prior: f64, features: &[f32; 3]) -> f64 {
    sigmoid(crate::meta::logistic::logit(prior) - 0.5 + f64::from(features[1]))
}

/// The key of the program that speaks for all users of a tenant.
const PROGRAM: u64 = 100;

/// Who says the contrary of what is true.
#[derive(Clone, Copy)]
enum Spam {
    /// A user of the same program, in one conversation.
    User,
    /// Somebody with a key of their own, in conversations made up.
    Key,
}

/// An hour of `honest` outcomes, each of another conversation, and so many tries to say the contrary.
fn hour(
    learner: &mut Learner,
    generator: &mut Generator,
    hour: u64,
    honest: u64,
    (spam, tries): (Spam, u64),
) {
    for index in 0..honest.max(tries) {
        let (prior, features) = prompt(generator);
        let inputs = Inputs::new(prior, &features);
        let right = truth(prior, &features);
        let now = hour * WINDOW_MS + index;
        if index < honest {
            let voice = Voice {
                key: PROGRAM,
                talk: 1_000 + index,
            };
            learner.update(&inputs, drawn(right, generator), voice, now);
        }
        if index < tries {
            let voice = match spam {
                Spam::User => Voice {
                    key: PROGRAM,
                    talk: 7,
                },
                Spam::Key => Voice {
                    key: 7,
                    talk: 1_000_000 + index,
                },
            };
            learner.update(&inputs, drawn(1.0 - right, generator), voice, now);
        }
    }
}

/// No spam at all.
const NONE: (Spam, u64) = (Spam::User, 0);

/// Mean distance of what is said from what is true.
fn distance(learner: &Learner) -> f64 {
    let mut generator = Generator::new(99);
    let count = 500;
    let distances = (0..count).map(|_| {
        let (prior, features) = prompt(&mut generator);
        let stated = learner
            .posterior(&Inputs::new(prior, &features))
            .probability();
        (stated - truth(prior, &features)).abs()
    });
    distances.sum::<f64>() / f64::from(count)
}

#[test]
fn a_new_learner_says_what_the_prior_says() {
    for prior in [0.01, 0.3, 0.99] {
        let belief = Learner::new(3).posterior(&Inputs::new(prior, &[2.0, -1.0, 4.0]));
        assert!((belief.probability() - prior).abs() < 1e-12);
    }
}

#[test]
fn the_posterior_is_that_of_bayes() {
    // One constant, ten outcomes of which eight good: the most probable offset by a fine search.
    let mut learner = Learner::new(0);
    let inputs = Inputs::new(0.5, &[]);
    for index in 0..10 {
        learner.update(
            &inputs,
            Evidence::new(f64::from(u8::from(index % 5 > 0)), 1.0),
            index,
            0,
        );
    }
    let density =
        |offset: f64| 8.0 * sigmoid(offset).ln() + 2.0 * sigmoid(-offset).ln() - offset * offset;
    let exact = (0..4000)
        .map(|step| f64::from(step) / 1000.0)
        .max_by(|a, b| density(*a).total_cmp(&density(*b)))
        .unwrap();
    let belief = learner.posterior(&inputs);
    assert!((belief.logit - exact).abs() < 0.05, "{belief:?} {exact}");
    let p = sigmoid(exact);
    assert!((belief.variance - 1.0 / (2.0 + 10.0 * p * (1.0 - p))).abs() < 0.03);
}

#[test]
fn a_truth_that_differs_from_the_prior_is_found() {
    let (mut learner, mut generator) = (Learner::new(3), Generator::new(5));
    let before = distance(&learner);
    for index in 0..4 {
        hour(&mut learner, &mut generator, index, 280, NONE);
    }
    assert!(
        before > 0.15 && distance(&learner) < 0.05,
        "{before} {}",
        distance(&learner)
    );
}

#[test]
fn spam_is_bounded() {
    let run = |spam| {
        let (mut learner, mut generator) = (Learner::new(3), Generator::new(6));
        for index in 0..4 {
            hour(&mut learner, &mut generator, index, 280, spam);
        }
        learner
    };
    let clean = distance(&run(NONE));
    let user = distance(&run((Spam::User, 20_000)));
    assert!(user < clean + 0.04, "{clean} {user}");
    // A key that is given over to spam has as much to say as a program with all its users. What both say
    // cancels out, and the prior is left, which is no worse than it was.
    let key = run((Spam::Key, 20_000));
    let prior = distance(&Learner::new(3));
    assert!(distance(&key) < prior + 0.05, "{prior} {}", distance(&key));
    // And when it has ended, the truth is found again.
    let (mut mended, mut generator) = (key, Generator::new(7));
    for index in 4..12 {
        hour(&mut mended, &mut generator, index, 280, NONE);
    }
    assert!(distance(&mended) < clean + 0.03, "{}", distance(&mended));
}

#[test]
fn what_is_beyond_an_allowance_leaves_nothing_behind_at_all() {
    let mut learner = Learner::new(3);
    let inputs = Inputs::new(0.8, &[0.0; 3]);
    let mut vote = |talk| {
        let voice = Voice { key: 7, talk };
        let evidence = Evidence::new(0.0, 1.0);
        let weight = learner
            .update(&inputs, evidence, voice, 9 * WINDOW_MS)
            .weight;
        (weight, learner.clone())
    };
    let talk: f64 = (0..20).map(|_| vote(1).0).sum();
    assert_eq!(talk, f64::from(TALK_ALLOWANCE));
    let (_, before) = vote(1);
    assert_eq!(vote(1), (0.0, before));
    let all: f64 = (2..2_000).map(|talk| vote(talk).0).sum();
    assert_eq!(all + talk, f64::from(ALLOWANCE));
    let (_, before) = vote(2_000);
    assert_eq!(vote(2_001), (0.0, before));
}

#[test]
fn flipped_votes_cost_little_and_are_forgotten() {
    let (mut learner, mut generator) = (Learner::new(3), Generator::new(8));
    for index in 0..4 {
        hour(&mut learner, &mut generator, index, 280, NONE);
    }
    let clean = distance(&learner);
    let inputs = Inputs::new(0.8, &[0.5, 0.5, 0.5]);
    for index in 0..10_000_u32 {
        let flip = f64::from(index % 2);
        learner.update(&inputs, Evidence::new(flip, 1.0), 7, 4 * WINDOW_MS);
    }
    assert!(
        distance(&learner) < clean + 0.05,
        "{clean} {}",
        distance(&learner)
    );
    for index in 5..9 {
        hour(&mut learner, &mut generator, index, 280, NONE);
    }
    assert!(distance(&learner) < clean + 0.01);
}

#[test]
fn all_voices_together_move_no_prompt_beyond_the_bound() {
    let mut learner = Learner::new(3);
    let mut generator = Generator::new(1);
    for index in 0..3000 {
        let (_, features) = prompt(&mut generator);
        let before = learner.posterior(&Inputs::new(0.9, &features)).logit;
        learner.update(
            &Inputs::new(0.9, &features),
            Evidence::new(0.0, 1.0),
            index,
            index * WINDOW_MS,
        );
        let belief = learner.posterior(&Inputs::new(0.9, &features));
        assert!(belief.offset.abs() <= MAX_OFFSET);
        assert!(learner.trust() < 0.99 || (belief.logit - before).abs() < 4.0 * MAX_STEP);
        assert!(belief.probability() > 0.14);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn nothing_makes_a_learner_say_what_is_no_number(
        features in 0..40_usize,
        rows in proptest::collection::vec(
            (any::<f64>(), proptest::collection::vec(any::<f32>(), 0..40), any::<f64>(), any::<f64>(), any::<u64>(), any::<u64>()),
            1..60,
        ),
    ) {
        let mut learner = Learner::new(features);
        for (prior, values, outcome, weight, voice, now) in rows {
            let inputs = Inputs::new(prior, &values);
            let update = learner.update(&inputs, Evidence::new(outcome, weight), voice, now);
            prop_assert!((0.0..=1.0).contains(&update.weight));
            let belief = learner.posterior(&inputs);
            prop_assert!((0.0..=1.0).contains(&belief.probability()));
            prop_assert!(belief.variance > 0.0 && belief.variance.is_finite());
            prop_assert!(belief.offset.abs() <= MAX_OFFSET);
            let text = learner.export("any");
            prop_assert_eq!(Learner::import(&text, "any", features), Ok(learner.clone()));
        }
    }
}
