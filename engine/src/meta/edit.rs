//! How far two texts lie apart: what a corrected answer says of the one that was given.

/// Length of the pieces that texts are compared by, bytes.
const PIECE: usize = 3;
/// Pieces are counted in so many places, a power of two; those that share one are taken for the same.
const PLACES: usize = 1 << 15;
/// Stands before and after a text, so that a short one has pieces, too.
const EDGE: [u8; PIECE - 1] = [0; PIECE - 1];

/// The share of the pieces of both texts that the other does not have: 0 the same text to 1 nothing in
/// common. It is the q-gram distance (Ukkonen, 1992), which follows the edit distance and takes linear
/// time, over the number of pieces.
pub fn distance(one: &str, other: &str) -> f64 {
    let mut counts = vec![0_i32; PLACES];
    let mut pieces = 0_usize;
    for (text, step) in [(one, 1), (other, -1)] {
        let mut piece = 0_usize;
        let bytes = text.bytes().chain(EDGE);
        for byte in bytes {
            piece = (piece << 8 | usize::from(byte)) & ((1 << (8 * PIECE)) - 1);
            // Fibonacci hashing: the upper bits depend on all of the piece.
            let place = (piece as u32).wrapping_mul(0x9e37_79b9) >> (32 - PLACES.ilog2());
            if let Some(count) = counts.get_mut(place as usize) {
                *count += step;
            }
            pieces += 1;
        }
    }
    let apart: u64 = counts
        .iter()
        .map(|count| u64::from(count.unsigned_abs()))
        .sum();
    apart as f64 / pieces as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_small_edit_is_near_and_another_text_is_far() {
        let answer = "The capital of France is Paris, which lies on the Seine and has two million \
                      inhabitants within its limits.";
        let mended = answer.replace("two million", "2.1 million");
        assert_eq!(distance(answer, answer), 0.0);
        assert!(
            distance(answer, &mended) < 0.1,
            "{}",
            distance(answer, &mended)
        );
        let half = format!(
            "{} {}",
            &answer[..50],
            "It is a port that trades wool and wine."
        );
        assert!((0.3..0.7).contains(&distance(answer, &half)));
        assert!(distance(answer, "Quantum foam bubbles; 12345 67890!") > 0.9);
        assert_eq!(distance("", ""), 0.0);
        assert!(distance("yes", "no") > 0.5 && distance("", "no") > 0.4);
    }

    proptest! {
        #[test]
        fn it_is_a_share_and_the_same_both_ways(one in ".{0,200}", other in ".{0,200}") {
            let apart = distance(&one, &other);
            prop_assert!((0.0..=1.0).contains(&apart));
            prop_assert_eq!(apart, distance(&other, &one));
        }

        #[test]
        fn one_letter_more_takes_no_more_than_its_pieces(text in "[a-z ]{50,400}", at in 0..50usize) {
            let mut more = text.clone();
            more.insert(at, 'q');
            let most = 2 * PIECE as u64;
            let pieces = (text.len() + more.len() + 2 * EDGE.len()) as f64;
            prop_assert!(distance(&text, &more) <= most as f64 / pieces + 1e-12);
        }
    }
}
