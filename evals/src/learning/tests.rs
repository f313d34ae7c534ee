use super::*;

const THOMPSON: Policy = Policy::Learned(Method::Thompson(0.5), 0.2);
const CAUTIOUS: Policy = Policy::Learned(Method::Thompson(0.5), 0.05);

fn mean(policy: Policy, scenario: Scenario, value: fn(&Report) -> f64) -> f64 {
    let runs = 8;
    let values = (1..=runs).map(|seed| value(&play(policy, scenario, seed)));
    values.sum::<f64>() / runs as f64
}

fn scenario(prior: Option<Truth>, changes: bool, requests: usize) -> Scenario {
    Scenario {
        prior,
        changes,
        requests,
    }
}

#[test]
fn where_the_prior_is_wrong_regret_falls_and_the_truth_is_found() {
    // The prior has the cheap models in each other's place.
    let [first, second, third, fourth] = TRUTH;
    let wrong = scenario(Some([second, first, fourth, third]), false, REQUESTS);
    let alone = mean(Policy::Prior, wrong, |r| r.late_regret);
    let learned = mean(THOMPSON, wrong, |r| r.late_regret);
    assert!(learned < alone / 3.0 && learned < 0.03, "{learned} {alone}");
    let whole = mean(THOMPSON, wrong, |r| r.regret);
    assert!(learned < 0.8 * whole, "{learned} {whole}");
}

#[test]
fn where_the_prior_is_right_nothing_gets_worse_by_more_than_a_hundredth() {
    let right = scenario(Some(TRUTH), false, REQUESTS);
    let loss = |value| 1.0 - mean(CAUTIOUS, right, value) / mean(Policy::Prior, right, value);
    let (utility, quality) = (loss(|r| r.quality - LAMBDA * r.cost), loss(|r| r.quality));
    assert!(utility < 0.01 && quality < 0.01, "{utility} {quality}");
}

#[test]
fn a_change_is_noticed_soon_and_learned() {
    let changing = scenario(None, true, REQUESTS);
    let late = mean(THOMPSON, changing, |r| r.late_regret);
    assert!(late < 0.02, "{late}");
    let delay = mean(THOMPSON, changing, |r| {
        r.delay.map_or(6000.0, |delay| delay as f64)
    });
    assert!(delay < 150.0, "{delay}");
    let alarms = mean(THOMPSON, changing, |r| f64::from(r.false_alarms));
    assert!(alarms <= 0.3, "{alarms} in 6,000");
}

#[test]
fn the_same_seed_plays_the_same_run() {
    let short = scenario(None, true, 300);
    let [one, other] = [1, 1].map(|seed| play(THOMPSON, short, seed));
    assert_eq!((one.regret, one.cost), (other.regret, other.cost));
}
