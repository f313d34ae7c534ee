use super::*;
use crate::random::Generator;
use proptest::prelude::*;

/// Two models, a cheap one that is right on easy prompts; whatever is logged takes it with 3/4.
fn history(count: usize, seed: u64, bias: f64) -> (Vec<Logged>, f64) {
    let mut generator = Generator::new(seed);
    let mut truth = 0.0;
    let rows = (0..count)
        .map(|_| {
            let ease = generator.unit();
            let right = [ease, 0.7 + 0.2 * ease];
            let chosen = usize::from(generator.unit() < 0.25);
            truth += right[usize::from(ease < 0.5)] / count as f64;
            let forecast = |model: usize| Forecast {
                probability: (right[model] + bias).clamp(0.0, 1.0),
                cost: [1.0, 10.0][model],
            };
            Logged {
                candidates: vec![forecast(0), forecast(1)],
                chosen,
                propensity: [0.75, 0.25][chosen],
                outcome: f64::from(u8::from(generator.unit() < right[chosen])),
            }
        })
        .collect();
    (rows, truth)
}

/// What a policy would have come to.
fn judged(history: &[Logged], policy: impl Fn(&Logged) -> usize) -> Estimate {
    evaluate(history.iter().map(|logged| (logged, policy(logged))))
}

/// The dear model for what is thought to be hard for the cheap one.
fn careful(logged: &Logged, bias: f64) -> usize {
    usize::from(logged.candidates[0].probability < 0.5 + bias)
}

#[test]
fn the_worth_of_a_policy_that_was_not_in_force_is_found() {
    let mut covered = 0;
    for seed in 0..40 {
        let (rows, truth) = history(2000, seed, 0.0);
        let estimate = judged(&rows, |logged| careful(logged, 0.0));
        for figure in [estimate.ips, estimate.snips, estimate.dr] {
            assert!(
                (figure.mean - truth).abs() < 5.0 * figure.error,
                "{estimate:?}"
            );
        }
        assert!(estimate.dr.error < estimate.ips.error, "{estimate:?}");
        assert_eq!(estimate.verdict, Verdict::Better);
        assert!((estimate.cost - 5.5).abs() < 0.5 && (estimate.logged_cost - 3.25).abs() < 0.5);
        covered += u32::from((estimate.dr.low..estimate.dr.high).contains(&truth));
    }
    assert!(
        (34..=40).contains(&covered),
        "{covered} of 40 intervals hold the truth"
    );
}

#[test]
fn wrong_forecasts_make_it_less_sharp_but_not_wrong() {
    let (rows, truth) = history(20_000, 5, 0.05);
    let estimate = judged(&rows, |logged| careful(logged, 0.05));
    assert!(
        (estimate.dr.mean - truth).abs() < 0.02,
        "{estimate:?} {truth}"
    );
}

#[test]
fn a_policy_that_was_in_force_changes_nothing() {
    let (rows, _) = history(3000, 9, 0.0);
    let always: Vec<Logged> = rows
        .into_iter()
        .map(|row| Logged {
            propensity: 1.0,
            ..row
        })
        .collect();
    let estimate = judged(&always, |logged| logged.chosen);
    assert_eq!(estimate.effective_size, 3000.0);
    assert_eq!(estimate.ips, estimate.logged);
    assert_eq!(estimate.verdict, Verdict::NoDifference);
    let worse = judged(&history(3000, 9, 0.0).0, |_| 0);
    assert_eq!(worse.verdict, Verdict::Worse);
}

#[test]
fn little_data_gives_no_verdict_and_rare_choices_are_clipped() {
    let (mut rows, _) = history(300, 2, 0.0);
    let estimate = judged(&rows, |_| 1);
    assert!(estimate.effective_size < MIN_EFFECTIVE_SIZE);
    assert_eq!(estimate.verdict, Verdict::TooLittleData);
    for row in &mut rows {
        row.propensity = 0.001;
    }
    let estimate = judged(&rows, |_| 1);
    assert_eq!(estimate.clipped, estimate.agreed);
    assert!(estimate.ips.mean <= MAX_WEIGHT);
    let none = judged(&[], |_| 0);
    assert_eq!((none.decisions, none.verdict), (0, Verdict::TooLittleData));
}

#[test]
fn forecasts_alone_give_no_verdict() {
    // Models alike, one of which is thought to be better, and is tried once in 150 times or never.
    for (seed, rate) in (0..20).flat_map(|seed| [(seed, 1.0 / 150.0), (seed, 1e-4)]) {
        let mut generator = Generator::new(seed);
        let rows: Vec<Logged> = (0..2000)
            .map(|_| {
                let chosen = usize::from(generator.unit() < rate);
                let forecast = |probability| Forecast {
                    probability,
                    cost: 1.0,
                };
                Logged {
                    candidates: vec![forecast(0.7), forecast(0.85)],
                    chosen,
                    propensity: [1.0 - rate, rate][chosen],
                    outcome: f64::from(u8::from(generator.unit() < 0.7)),
                }
            })
            .collect();
        let half = rows.iter().enumerate();
        let estimate = evaluate(half.map(|(at, logged)| (logged, at % 2)));
        assert!(estimate.effective_size > MIN_EFFECTIVE_SIZE, "{estimate:?}");
        assert!(estimate.covered < 0.9, "{estimate:?}");
        assert_eq!(estimate.verdict, Verdict::TooLittleData);
    }
}

proptest! {
    #[test]
    fn no_history_gives_what_is_no_number(
        figures in proptest::collection::vec((any::<f64>(), any::<f64>(), any::<f64>(), any::<f64>(), 0..3_usize), 0..30),
        taken in 0..4_usize,
    ) {
        let rows: Vec<Logged> = figures
            .into_iter()
            .map(|(probability, cost, propensity, outcome, chosen)| Logged {
                candidates: vec![Forecast { probability, cost }, Forecast { probability: 0.5, cost: 1.0 }],
                chosen,
                propensity,
                outcome,
            })
            .collect();
        let estimate = judged(&rows, |_| taken);
        for figure in [estimate.logged, estimate.ips, estimate.snips, estimate.dr, estimate.change] {
            prop_assert!([figure.mean, figure.error, figure.low, figure.high].iter().all(|f| !f.is_nan()));
        }
        prop_assert!((0.0..=1.0).contains(&estimate.logged.mean));
    }
}
