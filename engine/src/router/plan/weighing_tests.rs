//! How the candidates of a plan are weighed: money, time, chance, and what the client allows.

use super::tests::{EASY, Given, HARD, nothing, planned};
use super::*;
use crate::health::Paces;
use crate::router::{Bounds, Estimate, Offer, Proposal};
use moecraft_catalog::catalog;

const MODES: [Mode; 3] = Mode::ALL;

fn routed(text: &str, mode: Mode) -> Plan {
    planned(text, Target::Mode(mode), nothing())
}

/// The candidates as a record of the decision tells of them.
fn offers(plan: &Plan) -> Vec<Offer> {
    let record = serde_json::to_value(&plan.candidates).unwrap();
    serde_json::from_value(record).unwrap()
}

fn bounded(bounds: Bounds) -> Plan {
    planned(
        HARD,
        Target::Auto,
        Given {
            bounds,
            ..nothing()
        },
    )
}

#[test]
fn what_is_expected_of_a_candidate_is_told() {
    let plan = routed(EASY, Mode::Balanced);
    let beliefs = plan.p.expect("a policy");
    for candidate in &plan.candidates {
        let Estimate {
            p,
            cost_nanos,
            answer_tokens,
            latency_ms,
            utility,
        } = candidate.estimate;
        assert_eq!(p.is_some(), candidate.class != Class::Local);
        assert_eq!(cost_nanos == 0, candidate.class == Class::Local);
        assert_eq!((answer_tokens, latency_ms), (400, None));
        let believed = beliefs.of(candidate.class);
        assert!(p.zip(believed).is_none_or(|(p, b)| (p - b).abs() < 1e-6));
        assert!(utility.zip(p).is_none_or(|(utility, p)| utility <= p));
    }
}

#[test]
fn the_utilities_that_are_told_are_those_that_were_chosen_by() {
    for text in [EASY, HARD, "Explain the difference between TCP and UDP."] {
        for mode in MODES {
            let plan = routed(text, mode);
            let first = plan.candidates.first().and_then(|c| c.estimate.utility);
            let best = plan.candidates.iter().filter_map(|c| c.estimate.utility);
            let best = best.fold(f64::MIN, f64::max);
            assert_eq!(first, Some(best), "{text} {mode:?}");
            for candidate in plan.candidates.iter().filter(|c| c.estimate.p.is_some()) {
                let Estimate {
                    p,
                    cost_nanos,
                    utility,
                    ..
                } = candidate.estimate;
                let told = plan.weights.utility(p.unwrap(), cost_nanos, 0.0);
                assert!((utility.unwrap() - told).abs() < 2e-6);
            }
        }
    }
}

#[test]
fn a_proposal_to_go_on_as_before_chooses_what_was_chosen() {
    for text in [EASY, HARD, "Explain the difference between TCP and UDP."] {
        for mode in MODES {
            let plan = routed(text, mode);
            let proposal = Proposal {
                mode,
                ..Proposal::default()
            };
            let record = serde_json::to_value(plan.weights).unwrap();
            let weights: Weights = serde_json::from_value(record).unwrap();
            let offers = offers(&plan);
            let chosen = proposal.choose(&offers, Some(&weights)).unwrap();
            // Of two that cost the same either may be named.
            let first = &plan.candidates[0];
            assert_eq!(chosen.class, first.class, "{text} {mode:?}");
            assert_eq!(chosen.cost_nanos, first.estimate.cost_nanos);
        }
    }
}

#[test]
fn a_model_that_takes_long_is_passed_by_for_one_of_its_class_that_costs_little_more() {
    let usual = routed(HARD, Mode::Performance);
    let [first, second, ..] = usual.candidates.as_slice() else {
        panic!("two of the class")
    };
    assert_eq!(first.class, second.class);
    let paces = Paces::from([
        (first.model_id.clone(), 300_000),
        (second.model_id.clone(), 2_000),
    ]);
    let slow = planned(
        HARD,
        Target::Mode(Mode::Performance),
        Given {
            paces: &paces,
            ..nothing()
        },
    );
    assert_eq!(slow.class, usual.class);
    assert_ne!(slow.candidates[0].model_id, first.model_id);
    let told = |plan: &Plan, id: &str| {
        let mut candidates = plan.candidates.iter();
        candidates
            .find(|c| c.model_id == id)
            .map(|c| c.estimate.latency_ms)
    };
    assert_eq!(told(&slow, &second.model_id), Some(Some(2_000)));
}

#[test]
fn who_would_break_the_client_s_bounds_is_kept_out_and_the_rest_is_chosen_from() {
    let free = bounded(Bounds::default());
    assert_eq!(free.class, Class::Opus);
    let opus = free.candidates[0].estimate.cost_nanos;
    let cheap = bounded(Bounds {
        cost_nanos: Some(opus - 1),
        ..Bounds::default()
    });
    assert_ne!(cheap.class, Class::Opus);
    assert!(
        cheap
            .candidates
            .iter()
            .all(|c| c.estimate.cost_nanos < opus)
    );
    assert!(cheap.kept_out[&Filter::Cost] > 0);
    let none = bounded(Bounds {
        cost_nanos: Some(0),
        ..Bounds::default()
    });
    let left: Vec<Class> = none.candidates.iter().map(|c| c.class).collect();
    assert_eq!(left, [Class::Local], "which costs nothing");

    let first = &free.candidates[0].model_id;
    let paces = Paces::from([(first.clone(), 5_000)]);
    let hurried = |latency_ms| {
        let bounds = Bounds {
            latency_ms: Some(latency_ms),
            ..Bounds::default()
        };
        planned(
            HARD,
            Target::Auto,
            Given {
                paces: &paces,
                bounds,
                ..nothing()
            },
        )
    };
    let slow = hurried(4_999);
    assert!(slow.candidates.iter().all(|c| c.model_id != *first));
    let told = |r: &Removed| r.model == *first && r.filter == Filter::Latency;
    assert!(slow.removed.iter().any(told), "{:?}", slow.removed);
    assert!(!hurried(5_000).kept_out.contains_key(&Filter::Latency));
    let pinned = planned(
        HARD,
        Target::Model(first.clone()),
        Given {
            bounds: Bounds {
                cost_nanos: Some(opus - 1),
                ..Bounds::default()
            },
            ..nothing()
        },
    );
    assert!(
        pinned.candidates.is_empty(),
        "who pins a model may bound it, too"
    );
}

#[test]
fn one_that_is_named_alone_is_bounded_like_all_others() {
    let clearance = crate::guard::Policy::default();
    let clearance = Clearance::general(&clearance);
    let paces = Paces::new();
    let only = |cost_nanos| {
        let outlay = Outlay {
            prompt_tokens: 100,
            lengths: crate::router::Lengths::default(),
            paces: &paces,
            bounds: Bounds {
                cost_nanos,
                ..Bounds::default()
            },
            at_ms: super::tests::AT,
        };
        let model = catalog().model("openai/gpt-4o-mini").unwrap();
        let candidate = Candidate::listed(model, "asked for by name");
        Plan::only(candidate, "asked for".to_owned(), &clearance, &outlay)
    };
    let free = only(None);
    let cost = free.candidates[0].estimate.cost_nanos;
    assert!(cost > 0);
    assert_eq!(only(Some(cost)).candidates, free.candidates);
    let bounded = only(Some(cost - 1));
    assert!(bounded.candidates.is_empty());
    assert_eq!(bounded.removed[0].filter, Filter::Cost);
}

#[test]
fn each_model_at_hand_is_a_candidate_or_counted_once_among_those_kept_out() {
    let warm = Warm {
        model: "anthropic/claude-opus-5-5",
        tokens: 10,
        in_turn: true,
    };
    let preferred = Target::Preferred("openai/gpt-4o-mini".to_owned());
    for (target, warm) in [
        (Target::Auto, None),
        (Target::Auto, Some(warm)),
        (preferred, None),
    ] {
        let plan = planned(EASY, target.clone(), Given { warm, ..nothing() });
        let kept_out: u32 = plan.kept_out.values().sum();
        let carried = |c: &&Candidate| c.class != Class::Local;
        let candidates = plan.candidates.iter().filter(carried).count();
        let all = catalog().chat_models().count();
        assert_eq!(
            kept_out as usize + candidates,
            all,
            "{target:?} {:?}",
            plan.kept_out
        );
        let mut seen = std::collections::HashSet::new();
        assert!(
            plan.removed
                .iter()
                .all(|removed| seen.insert(&removed.model))
        );
        assert!(plan.candidates.iter().all(|c| seen.insert(&c.model_id)));
    }
}

#[test]
fn a_session_s_model_that_cannot_take_the_request_is_told_of_once() {
    let denied = Settings {
        deny: vec!["anthropic/claude-opus-5-5".to_owned()],
        ..Settings::USUAL
    };
    let warm = Warm {
        model: "anthropic/claude-opus-5-5",
        tokens: 10,
        in_turn: true,
    };
    let given = Given {
        settings: &denied,
        warm: Some(warm),
        ..nothing()
    };
    let plan = planned(EASY, Target::Auto, given);
    let told = plan.removed.iter().filter(|r| r.model == warm.model);
    assert_eq!(told.count(), 1);
    assert_eq!(plan.kept_out[&Filter::Denied], 1);
}

#[test]
fn one_that_explores_says_so_and_how_likely_that_was() {
    let settings = Settings {
        explore: 0.1,
        ..Settings::USUAL
    };
    // Between two classes, so that it is open which is better.
    let middling = "Explain the difference between TCP and UDP with an example of each.";
    let usual = routed(middling, Mode::Balanced);
    let runs = 4_000;
    let (mut told, mut seen) = (0.0, 0.0);
    for seed in 0..runs {
        let given = Given {
            settings: &settings,
            seed: Some(seed),
            ..nothing()
        };
        let plan = planned(middling, Target::Auto, given);
        assert_eq!(plan.candidates[0].class, plan.class);
        if plan.class == usual.class {
            assert!(plan.propensity >= 0.9 - 1e-9, "{}", plan.propensity);
            told += 1.0 - plan.propensity;
        } else {
            assert!(plan.propensity > 0.0 && plan.propensity <= 0.1 + 1e-9);
            assert!(plan.reason.starts_with("explores the "), "{}", plan.reason);
            seen += 1.0;
        }
    }
    // What those that did not explore say of how often others do is what others do.
    let expected = told * runs as f64 / (runs as f64 - seen);
    assert!(seen > 100.0, "{seen}");
    assert!(
        (seen - expected).abs() < 5.0 * expected.sqrt(),
        "{seen} {expected}"
    );

    let pinned = Target::Model("openai/gpt-4o-mini".to_owned());
    let seed = Some(3);
    let given = || Given {
        settings: &settings,
        seed,
        ..nothing()
    };
    assert_eq!(planned(middling, pinned, given()).propensity, 1.0);
    assert_eq!(planned(middling, Target::Auto, nothing()).propensity, 1.0);
    let off = Given { seed, ..nothing() };
    assert_eq!(planned(middling, Target::Auto, off).propensity, 1.0);
}
