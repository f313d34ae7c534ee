//! Probabilities and log-odds.

/// The probability of log-odds; of no number, one half.
pub fn probability(log_odds: f64) -> f64 {
    if log_odds.is_nan() {
        0.5
    } else {
        1.0 / (1.0 + (-log_odds).exp())
    }
}

/// The log-odds of a probability, within ± `most`; of no number, 0.
pub fn log_odds(probability: f64, most: f64) -> f64 {
    if probability.is_nan() {
        return 0.0;
    }
    let probability = probability.clamp(0.0, 1.0);
    (probability / (1.0 - probability)).ln().clamp(-most, most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_certain_or_no_number_has_log_odds_all_the_same() {
        assert_eq!(log_odds(1.0, 7.0), 7.0);
        assert_eq!(log_odds(-0.5, 7.0), -7.0);
        assert_eq!(log_odds(f64::NAN, 7.0), 0.0);
        assert_eq!(probability(f64::NAN), 0.5);
        assert_eq!(probability(f64::INFINITY), 1.0);
        assert_eq!(probability(f64::NEG_INFINITY), 0.0);
    }

    proptest! {
        #[test]
        fn each_undoes_the_other(odds in -6.0..6.0f64) {
            prop_assert!((log_odds(probability(odds), 7.0) - odds).abs() < 1e-9);
        }
    }
}
