use super::*;
use crate::meta::logistic;
use proptest::prelude::*;

fn candidate(probability: f64, variance: f64, price: f64) -> Candidate {
    Candidate {
        belief: Belief {
            logit: logistic::logit(probability),
            offset: 0.0,
            variance,
        },
        price,
    }
}

fn choose(method: Method, quality: f64, candidates: &[Candidate], seed: u64) -> Choice {
    let rules = Exploration {
        method,
        quality,
        reach: 0.2,
    };
    rules.choose(candidates, &mut Generator::new(seed)).unwrap()
}

const METHODS: [Method; 3] = [Method::Greedy, Method::Epsilon(0.1), Method::Thompson(0.5)];

#[test]
fn choices_come_as_often_as_their_propensity_says() {
    let candidates = [
        candidate(0.8, 0.3, 0.1),
        candidate(0.7, 0.3, 0.02),
        candidate(0.85, 1.0, 0.2),
    ];
    for method in METHODS {
        let (mut stated, mut seen) = ([0.0; 3], [0.0; 3]);
        for seed in 0..20_000 {
            let choice = choose(method, 0.5, &candidates, seed);
            seen[choice.chosen] += 1.0;
            for (sum, p) in stated.iter_mut().zip(&choice.propensities) {
                *sum += p;
            }
            assert!((choice.propensities.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            assert!(choice.propensity() > 0.0);
        }
        for (stated, seen) in stated.iter().zip(seen) {
            assert!((stated - seen).abs() < 400.0, "{method:?} {stated} {seen}");
        }
    }
}

#[test]
fn epsilon_is_exact_and_the_floor_holds() {
    let candidates = [
        candidate(0.8, 0.3, 0.1),
        candidate(0.75, 0.0, 0.1),
        candidate(0.7, 0.0, 0.1),
    ];
    let third = 0.1 / 3.0;
    let expected = [1.0 - 2.0 * third, third, third];
    let choice = choose(Method::Epsilon(0.1), 0.0, &candidates, 1);
    for (p, expected) in choice.propensities.iter().zip(expected) {
        assert!((p - expected).abs() < 1e-12);
    }
    let certain = [candidate(0.8, 0.0, 0.0), candidate(0.7, 0.0, 0.0)];
    for method in [Method::Epsilon(0.0), Method::Thompson(1.0)] {
        let choice = choose(method, 0.0, &certain, 1);
        assert_eq!((choice.best, choice.propensities[1]), (0, FLOOR));
    }
}

#[test]
fn what_is_spent_on_others_than_the_best_is_bounded_and_comes_as_often_as_it_says() {
    let candidates = [
        candidate(0.7, 1.0, 0.0),
        candidate(0.75, 1.0, 0.0),
        candidate(0.6, 1.0, 0.0),
    ];
    let rules = Exploration {
        method: Method::Thompson(1.0),
        quality: 0.0,
        reach: 0.2,
    };
    let (mut stated, mut seen) = ([0.0; 3], [0.0; 3]);
    for seed in 0..20_000 {
        let mut generator = Generator::new(seed);
        let free = rules.shares(&candidates, &mut generator).unwrap();
        assert_eq!(free.clone().within(1.0), free);
        let capped = free.clone().within(0.1);
        assert_eq!(capped.best, 1);
        assert!((capped.propensities.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        assert!((capped.propensities[1] - 0.9).abs() < 1e-9);
        let odds = |shares: &Shares| shares.propensities[0] / shares.propensities[2];
        assert!((odds(&free) / odds(&capped) - 1.0).abs() < 1e-9);
        let choice = capped.draw(&mut generator);
        seen[choice.chosen] += 1.0;
        for (sum, p) in stated.iter_mut().zip(&choice.propensities) {
            *sum += p;
        }
    }
    for (stated, seen) in stated.iter().zip(seen) {
        assert!((stated - seen).abs() < 200.0, "{stated} {seen}");
    }
    let none = rules
        .shares(&candidates, &mut Generator::new(1))
        .unwrap()
        .within(0.0);
    assert_eq!(none.propensities, [0.0, 1.0, 0.0]);
}

#[test]
fn what_is_poor_or_far_behind_is_never_tried() {
    let candidates = [
        candidate(0.59, 9.0, 0.0),
        candidate(0.9, 0.1, 0.1),
        candidate(0.8, 9.0, 0.3),
    ];
    for method in METHODS {
        for seed in 0..500 {
            let choice = choose(method, 0.6, &candidates, seed);
            assert_eq!(choice.propensities, [0.0, 1.0, 0.0]);
            // Where none is good enough, the one of most quality is taken.
            assert_eq!(choose(method, 0.95, &candidates, seed).chosen, 1);
        }
    }
    let rules = Exploration {
        method: Method::Greedy,
        quality: 0.0,
        reach: 0.0,
    };
    assert_eq!(rules.choose(&[], &mut Generator::new(1)), None);
}

proptest! {
    #[test]
    fn figures_of_any_kind_give_probabilities(
        figures in proptest::collection::vec((any::<f64>(), any::<f64>(), any::<f64>()), 1..8),
        quality in any::<f64>(), reach in any::<f64>(), rate in any::<f64>(), seed in any::<u64>(),
    ) {
        let candidates: Vec<Candidate> = figures
            .into_iter()
            .map(|(logit, variance, price)| Candidate {
                belief: Belief { logit, offset: 0.0, variance },
                price,
            })
            .collect();
        for method in [Method::Greedy, Method::Epsilon(rate), Method::Thompson(rate)] {
            let rules = Exploration { method, quality, reach };
            let choice = rules.choose(&candidates, &mut Generator::new(seed)).unwrap();
            prop_assert!(choice.chosen < candidates.len());
            prop_assert!(choice.propensity() > 0.0);
            prop_assert!((choice.propensities.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn the_order_of_candidates_does_not_matter(
        figures in proptest::collection::vec((0.05..0.95_f64, 0.0..0.3_f64), 2..7),
        turn in 0..7_usize, seed in any::<u64>(),
    ) {
        let candidates: Vec<Candidate> =
            figures.iter().map(|(p, price)| candidate(*p, 0.2, *price)).collect();
        let mut turned = candidates.clone();
        let turn = turn % turned.len();
        turned.rotate_left(turn);
        let back = |index: usize| (index + turn) % candidates.len();
        for (method, slack) in [(Method::Greedy, 1e-9), (Method::Epsilon(0.2), 1e-9), (Method::Thompson(1.0), 0.45)] {
            let (one, other) = (choose(method, 0.3, &candidates, seed), choose(method, 0.3, &turned, seed));
            prop_assert_eq!(one.best, back(other.best));
            for (index, p) in other.propensities.iter().enumerate() {
                prop_assert!((p - one.propensities[back(index)]).abs() < slack);
            }
        }
    }
}
