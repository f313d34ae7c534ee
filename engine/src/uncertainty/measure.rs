//! How true stated probabilities are.

use super::Graded;

/// The expected calibration error, 0..=1: how far the mean outcome is from the mean prediction in
/// bins of about equal weight, averaged by weight. 0 of nothing, and what is out of range does not
/// count.
///
/// Equal predictions are never put into different bins; the order of the outcomes has no say.
pub fn ece(graded: &[Graded], bins: usize) -> f64 {
    let mut sorted = valid(graded);
    sorted.sort_by(|a, b| a.predicted.total_cmp(&b.predicted));
    let total: f64 = sorted.iter().map(|point| point.weight).sum();
    let size = total / bins.max(1) as f64;
    let (mut error, mut gap, mut seen, mut bin) = (0.0, 0.0, 0.0, 1.0);
    for ties in sorted.chunk_by(|a, b| a.predicted == b.predicted) {
        for point in ties {
            gap += point.weight * (point.predicted - point.outcome);
            seen += point.weight;
        }
        if seen >= bin * size {
            error += f64::abs(gap);
            gap = 0.0;
            bin = (seen / size).floor() + 1.0;
        }
    }
    if total > 0.0 {
        ((error + f64::abs(gap)) / total).min(1.0)
    } else {
        0.0
    }
}

/// The Brier score, 0..=1: the mean squared difference of prediction and outcome. 0 of nothing,
/// and what is out of range does not count.
pub fn brier(graded: &[Graded]) -> f64 {
    let (mut sum, mut total) = (0.0, 0.0);
    for point in valid(graded) {
        sum += point.weight * (point.predicted - point.outcome).powi(2);
        total += point.weight;
    }
    if total > 0.0 { sum / total } else { 0.0 }
}

fn valid(graded: &[Graded]) -> Vec<Graded> {
    let in_range = graded.iter().filter(|point| point.check().is_ok());
    in_range.copied().collect()
}
