//! Answers a batch.

use moecraft_engine::predict::Traffic;
use serde_json::{Map, Value, json};

use super::Request;
use super::pool::{Expected, Pool, View};

/// What is thought of each prompt, and which tier it goes to. The whole batch is traffic that comes
/// together, so that the order of its lines does not matter.
pub(super) fn answers(pool: &Pool<'_>, requests: &[Request]) -> Vec<Value> {
    let views: Vec<View> = requests
        .iter()
        .map(|request| pool.view(&request.prompt))
        .collect();
    let mut foreignness: Vec<f32> = views.iter().map(|view| view.foreignness).collect();
    // Sums of floating numbers depend on the order.
    foreignness.sort_by(f32::total_cmp);
    let traffic = Traffic::of(&foreignness);
    let answer = |(request, view): (&Request, &View)| {
        let foreign = traffic.foreign(view.foreignness);
        let chosen = pool.choose(view, &pool.careful(view, foreign), foreign);
        shown(pool, &request.id, &pool.expected(view, foreign), chosen)
    };
    requests.iter().zip(&views).map(answer).collect()
}

/// A line of output.
pub(super) fn shown(
    pool: &Pool<'_>,
    id: &Value,
    expected: &Expected,
    chosen: Option<usize>,
) -> Value {
    let by_tier = |numbers: &[f64]| -> Map<String, Value> {
        let named = pool.tiers().zip(numbers);
        named
            .map(|(tier, number)| (tier.name().to_owned(), (*number).into()))
            .collect()
    };
    let tier = chosen.and_then(|place| pool.tiers().nth(place));
    json!({
        "id": id,
        "scores": by_tier(&expected.p),
        "costs": by_tier(&expected.costs),
        "tier": tier.map(|tier| tier.name()),
    })
}
