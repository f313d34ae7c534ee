//! What the savings are made of, and on what assumptions.

use moecraft_catalog::{Model, catalog};
use serde_json::{Map, Value, json};
use worker::Result;

use crate::live::usd;
use crate::sql::Sql;
use crate::totals::{self, Sum};

/// What else may save and does not exist yet: shown, so that nobody takes its share for another's.
const NOT_YET: [&str; 2] = ["batches", "prompt_optimisation"];

/// The model that savings are counted against at `now` (Unix ms).
pub(crate) fn baseline(now: u64) -> Option<&'static Model> {
    catalog().baseline(now)
}

/// What would have been without the gateway, as far as that can be said.
pub(crate) fn counterfactual(now: u64) -> Value {
    let model = baseline(now);
    let price = model.and_then(|model| model.price_at(now));
    let rates = price.map(|price| price.rates(0, now));
    json!({
        "model": model.map(|model| &model.id),
        "class": model.map(|model| model.class),
        "price_version": price.map(|price| &price.version),
        "input_per_million": rates.map(|rates| usd(rates.input.cast_signed())),
        "output_per_million": rates.map(|rates| usd(rates.output.cast_signed())),
        "assumptions": [
            "every answer would have come from the dearest chat model in service when it was asked for; the model named here is today's",
            "with the same tokens, as counted by whoever answered: another model may say more or less",
            "at its list price, without discounts and batches; what a prompt cache has held is at the cache's price on both sides",
            "an earlier answer that was served again would have been paid for again",
            "so the savings are a bound from above, not what you would have chosen instead",
        ],
    })
}

/// Who has saved how much. The shares and the remainder, which was saved before shares were counted,
/// sum up to the savings of `all`.
pub(crate) fn contributions(sql: &Sql, all: &Sum) -> Result<Value> {
    Ok(shares(&totals::by_name(sql, "cause", 8)?, all))
}

fn shares(causes: &[(String, Sum)], all: &Sum) -> Value {
    let of = |name: &str| {
        let found = causes.iter().find(|(cause, _)| cause == name);
        found.map_or_else(Sum::default, |(_, sum)| sum.clone())
    };
    let known: i64 = causes.iter().map(|(_, sum)| sum.savings()).sum();
    let counted = ["routing", "cascade", "surrogates", "named"].map(|name| {
        let sum = of(name);
        let share = json!({"requests": sum.requests, "savings": usd(sum.savings())});
        (name.to_owned(), share)
    });
    let nothing = json!({"requests": 0, "savings": usd(0)});
    let not_yet = NOT_YET.map(|name| (name.to_owned(), nothing.clone()));
    let mut shares: Map<String, Value> = counted.into_iter().chain(not_yet).collect();
    let before = causes.iter().map(|(_, sum)| sum.requests).sum::<i64>();
    shares.insert(
        "unattributed".to_owned(),
        json!({"requests": all.requests - before, "savings": usd(all.savings() - known)}),
    );
    Value::Object(shares)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_sum_up_to_the_savings() {
        let sum = |requests, baseline| Sum {
            requests,
            baseline,
            ..Sum::default()
        };
        let causes = [
            ("routing".to_owned(), sum(3, 1_500_000_000)),
            ("surrogates".to_owned(), sum(1, 500_000_000)),
        ];
        let shares = shares(&causes, &sum(6, 3_000_000_000));
        let savings = |name: &str| shares[name]["savings"].to_string();
        assert_eq!(savings("routing"), "1.5");
        assert_eq!(savings("surrogates"), "0.5");
        assert_eq!(savings("named"), "0");
        assert_eq!(savings("cascade"), "0");
        assert_eq!(savings("unattributed"), "1");
        assert_eq!(shares["unattributed"]["requests"], 2);
    }

    #[test]
    fn the_baseline_is_named_with_its_price() {
        let told = counterfactual(1_795_305_600_000);
        assert!(told["model"].is_string(), "{told}");
        assert!(told["output_per_million"].is_number(), "{told}");
    }
}
