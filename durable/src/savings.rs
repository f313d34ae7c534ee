//! What the savings are made of, and on what assumptions.

use moecraft_catalog::{Model, catalog};
use serde_json::{Map, Value, json};
use worker::Result;

use crate::live::usd;
use crate::sql::Sql;
use crate::totals::{self, Sum};

/// Who decides which answer a request gets.
const CAUSES: [&str; 4] = ["routing", "cascade", "surrogates", "named"];
/// What saves beside that: its requests are counted there, too.
const SAVERS: [&str; 2] = ["batches", "prompt_optimisation"];

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
            "with the same tokens, as counted by whoever answered, and those that were left out of a prompt, as counted here: another model may say more or less",
            "at its list price, without discounts and batches; what a prompt cache has held is at the cache's price on both sides",
            "an earlier answer that was served again would have been paid for again",
            "so the savings are a bound from above, not what you would have chosen instead",
        ],
    })
}

/// Who has saved how much. The shares and the remainder, which was saved before shares were counted,
/// sum up to the savings of `all`.
pub(crate) fn contributions(sql: &Sql, all: &Sum) -> Result<Value> {
    let causes = totals::by_name(sql, "cause", 8)?;
    let savers = totals::by_name(sql, "saver", 8)?;
    Ok(shares(&causes, &savers, all))
}

type Sums = [(String, Sum)];

fn shares(causes: &Sums, savers: &Sums, all: &Sum) -> Value {
    let told = |sums: &Sums, name: &str| {
        let found = sums.iter().find(|(known, _)| known == name);
        let sum = found.map_or_else(Sum::default, |(_, sum)| sum.clone());
        let share = json!({"requests": sum.requests, "savings": usd(sum.savings())});
        (name.to_owned(), share)
    };
    let causes_told = CAUSES.iter().map(|name| told(causes, name));
    let savers_told = SAVERS.iter().map(|name| told(savers, name));
    let mut shares: Map<String, Value> = causes_told.chain(savers_told).collect();
    let saved: i64 = causes
        .iter()
        .chain(savers)
        .map(|(_, sum)| sum.savings())
        .sum();
    let counted = causes.iter().map(|(_, sum)| sum.requests).sum::<i64>();
    shares.insert(
        "unattributed".to_owned(),
        json!({"requests": all.requests - counted, "savings": usd(all.savings() - saved)}),
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
        let savers = [("batches".to_owned(), sum(2, 250_000_000))];
        let shares = shares(&causes, &savers, &sum(6, 3_250_000_000));
        let savings = |name: &str| shares[name]["savings"].to_string();
        assert_eq!(savings("routing"), "1.5");
        assert_eq!(savings("surrogates"), "0.5");
        assert_eq!(savings("named"), "0");
        assert_eq!(savings("cascade"), "0");
        assert_eq!(savings("batches"), "0.25");
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
