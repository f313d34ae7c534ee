use proptest::prelude::*;

use super::*;
use crate::predict::inputs::UNIT;

/// One axis, which is the first input; one kind at 0, groups at -1 and 1; one topic, the first
/// entry of the embedding.
fn file() -> Vec<u8> {
    let mut body = Vec::new();
    let number = |body: &mut Vec<u8>, number: f32| body.extend_from_slice(&number.to_le_bytes());
    let count = |body: &mut Vec<u8>, count: u16| body.extend_from_slice(&count.to_le_bytes());
    let matrix = |body: &mut Vec<u8>, columns: usize| {
        number(body, 1.0);
        number(body, 0.0);
        body.push(1);
        body.resize(body.len() + columns - 1, 0);
    };
    count(&mut body, 1);
    matrix(&mut body, WIDTH);
    number(&mut body, 4.0);
    count(&mut body, 1);
    number(&mut body, 0.0);
    count(&mut body, 2);
    number(&mut body, -1.0);
    number(&mut body, 1.0);
    count(&mut body, 1);
    matrix(&mut body, DIMENSIONS);
    for figure in [0.5, 0.0, 0.0, 2.0, 1.0, 1.0] {
        number(&mut body, figure);
    }
    for _ in 0..MEASURES {
        let curve = Curve::through(vec![0.0, 1.0, 3.0], vec![0.0, 1.0, 2.0]).expect("a curve");
        curve.write(&mut body);
    }
    for weight in [1.0, 0.5, 0.0] {
        number(&mut body, weight);
    }
    number(&mut body, -1.0);
    body
}

fn inputs(first: f32, topic: f32) -> Row {
    let mut row = [0; WIDTH];
    row[0] = (first * UNIT) as i16;
    row[COUNT] = (topic * UNIT) as i16;
    row
}

#[test]
fn distances_are_measured_in_three_ways() {
    let body = file();
    let familiar = Familiar::read(&mut Reader::of(&body)).expect("a file");
    // 2 from the only kind, of which a quarter is usual; 1 from the nearest group.
    let measures = |first, topic| familiar.distance(&inputs(first, topic)).measures;
    assert_eq!(measures(2.0, 0.5), [3.0, 1.0, -0.5]);
    assert_eq!(measures(0.0, -0.5), [0.0, 1.0, -0.0]);
}

#[test]
fn far_is_what_is_not_usual_of_the_nearest_kind() {
    let body = file();
    let familiar = Familiar::read(&mut Reader::of(&body)).expect("a file");
    // 3 from the kind, of which 0.5 is usual, give or take 0.5: 5 deviations, beyond the last knot.
    let far = familiar.foreignness(&inputs(2.0, 0.0));
    assert!((far - (3.0 + 0.5 - 1.0)).abs() < 1e-6, "{far}");
    let usual = familiar.foreignness(&inputs(0.0, 0.0));
    assert!((usual - (-1.0 + 0.5 - 1.0)).abs() < 1e-6, "{usual}");
}

#[test]
fn as_far_as_a_prompt_is_foreign_what_is_assumed_speaks() {
    assert_eq!(drawn(0.2, 0.8, 0.0), 0.2);
    assert!((drawn(0.2, 0.8, 0.25) - 0.5).abs() < 1e-12);
    assert_eq!(drawn(0.2, 0.8, 0.5), 0.8);
    assert_eq!(drawn(0.2, 0.8, 1.0), 0.8);
}

#[test]
fn a_file_cut_short_is_no_file() {
    let body = file();
    for length in 0..body.len() {
        assert!(
            Familiar::read(&mut Reader::of(&body[..length])).is_err(),
            "{length}"
        );
    }
}

#[test]
fn a_curve_grows_through_its_points() {
    let curve = Curve::through(vec![0.0, 1.0, 3.0], vec![0.0, 1.0, 2.0]).expect("a curve");
    for (at, score) in [
        (-9.0, -5.0),
        (0.0, 0.0),
        (0.5, 0.5),
        (2.0, 1.5),
        (5.0, 3.0),
        (99.0, 5.0),
    ] {
        assert!((curve.of(at) - score).abs() < 1e-6, "{at}");
    }
    assert!(Curve::through(vec![1.0, 0.0], vec![0.0, 1.0]).is_err());
    assert!(Curve::through(vec![0.0], vec![0.0]).is_err());
    assert!(Curve::through(vec![0.0, 1.0], vec![0.0]).is_err());
}

#[test]
fn foreign_traffic_makes_a_prompt_of_middling_distance_foreign() {
    let after = |mean: f32| {
        let mut traffic = Traffic::default();
        for _ in 0..100 {
            traffic.observe(mean);
        }
        traffic.foreign(0.0)
    };
    assert_eq!(Traffic::default().foreign(0.0), 0.5);
    assert!(after(-0.8) < 0.25);
    assert!(after(-0.3) > 0.75);
}

#[test]
fn traffic_at_once_is_as_traffic_one_by_one() {
    let mut one_by_one = Traffic::default();
    for _ in 0..1000 {
        one_by_one.observe(0.5);
    }
    let at_once = Traffic::of(&[0.5; 1000]);
    assert!((one_by_one.foreign(0.3) - at_once.foreign(0.3)).abs() < 1e-6);
    assert_eq!(Traffic::of(&[]), Traffic::default());
}

proptest! {
    #[test]
    fn any_prompt_has_a_finite_foreignness(
        first in any::<i16>(),
        rest in any::<i16>(),
        seen in prop::collection::vec(-20.0_f32..20.0, 0..50),
    ) {
        let body = file();
        let familiar = Familiar::read(&mut Reader::of(&body)).expect("a file");
        let mut row = [rest; WIDTH];
        row[0] = first;
        let foreignness = familiar.foreignness(&row);
        prop_assert!(foreignness.is_finite());
        let foreign = Traffic::of(&seen).foreign(foreignness);
        prop_assert!((0.0..=1.0).contains(&foreign));
    }
}
