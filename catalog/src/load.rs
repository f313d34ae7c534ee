//! From the embedded files to a [`Catalog`]: names become enums, decimal dollars nano-dollars.

use serde::Deserialize;
use thiserror::Error;

use crate::price::{parse_day, parse_usd};
use crate::{
    Alias, Capability, Catalog, Class, Model, Origin, Price, Provider, Rates, Tier, Trust,
};

/// In order of preference: makers of models before those who host what others made.
const PROVIDERS: [&str; 14] = [
    include_str!("../data/anthropic.json"),
    include_str!("../data/openai.json"),
    include_str!("../data/google.json"),
    include_str!("../data/mistral.json"),
    include_str!("../data/xai.json"),
    include_str!("../data/deepseek.json"),
    include_str!("../data/moonshot.json"),
    include_str!("../data/dashscope.json"),
    include_str!("../data/zai.json"),
    include_str!("../data/minimax.json"),
    include_str!("../data/groq.json"),
    include_str!("../data/together.json"),
    include_str!("../data/fireworks.json"),
    include_str!("../data/openrouter.json"),
];
const ALIASES: &str = include_str!("../data/aliases.json");

/// Why catalogue data was refused.
#[derive(Debug, Error)]
pub enum CatalogError {
    /// Not JSON, or not of the expected shape.
    #[error("catalogue data: {0}")]
    Shape(#[from] serde_json::Error),
    /// A value cannot be read.
    #[error("{model}: {what} {value:?} cannot be read")]
    Value {
        /// The model's id.
        model: String,
        /// What the value is.
        what: &'static str,
        /// The value as written.
        value: String,
    },
    /// A model's id does not begin with its provider's.
    #[error("{model} does not belong to the provider {provider}")]
    Provider {
        /// The model's id.
        model: String,
        /// The provider whose file it is in.
        provider: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    provider: Provider,
    models: Vec<ModelRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelRow {
    id: String,
    upstream_name: String,
    display_name: String,
    class: Class,
    context_tokens: u32,
    max_output_tokens: u32,
    capabilities: Vec<Capability>,
    origin: Origin,
    trust: Trust,
    retires: Option<String>,
    prices: Vec<PriceRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PriceRow {
    from: String,
    source: String,
    rates: RateRow,
    #[serde(default)]
    tiers: Vec<TierRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TierRow {
    above_prompt_tokens: u64,
    rates: RateRow,
}

/// Dollars per million tokens, in decimals.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RateRow {
    input: String,
    cache_read: Option<String>,
    cache_write: Option<String>,
    output: String,
}

/// Reads the data that was compiled in.
pub(crate) fn embedded() -> Result<Catalog, CatalogError> {
    read(&PROVIDERS, ALIASES)
}

/// Reads one text per provider, and the aliases.
fn read(providers: &[&str], aliases: &str) -> Result<Catalog, CatalogError> {
    let mut catalog = Catalog {
        aliases: serde_json::from_str::<Vec<Alias>>(aliases)?,
        ..Catalog::default()
    };
    for text in providers {
        let File { provider, models } = serde_json::from_str(text)?;
        for row in models {
            catalog.models.push(model(row, &provider.id)?);
        }
        catalog.providers.push(provider);
    }
    Ok(catalog)
}

fn model(row: ModelRow, provider: &str) -> Result<Model, CatalogError> {
    let ModelRow {
        id,
        prices,
        retires,
        ..
    } = row;
    if id
        .split_once('/')
        .is_none_or(|(owner, _)| owner != provider)
    {
        return Err(CatalogError::Provider {
            model: id,
            provider: provider.into(),
        });
    }
    Ok(Model {
        provider: provider.into(),
        upstream_name: row.upstream_name,
        display_name: row.display_name,
        class: row.class,
        context_tokens: row.context_tokens,
        max_output_tokens: row.max_output_tokens,
        capabilities: row.capabilities,
        origin: row.origin,
        trust: row.trust,
        retires_ms: retires.map(|text| day(&id, &text)).transpose()?,
        prices: prices
            .into_iter()
            .map(|row| price(&id, row))
            .collect::<Result<_, _>>()?,
        id,
    })
}

fn price(id: &str, row: PriceRow) -> Result<Price, CatalogError> {
    let Rates {
        input,
        cache_read,
        cache_write,
        output,
    } = rates(id, &row.rates)?;
    let tiers = row.tiers.iter().map(|tier| {
        let rates = rates(id, &tier.rates)?;
        Ok(Tier {
            above_prompt_tokens: tier.above_prompt_tokens,
            rates,
        })
    });
    Ok(Price {
        from_ms: day(id, &row.from)?,
        version: format!("{id}@{}", row.from),
        from: row.from,
        source: row.source,
        input,
        cache_read,
        cache_write,
        output,
        tiers: tiers.collect::<Result<_, CatalogError>>()?,
    })
}

/// A provider that states no price of its own for cached tokens charges them as input.
fn rates(id: &str, row: &RateRow) -> Result<Rates, CatalogError> {
    let input = usd(id, &row.input)?;
    let or_input = |rate: &Option<String>| rate.as_deref().map_or(Ok(input), |text| usd(id, text));
    Ok(Rates {
        input,
        cache_read: or_input(&row.cache_read)?,
        cache_write: or_input(&row.cache_write)?,
        output: usd(id, &row.output)?,
    })
}

fn usd(id: &str, text: &str) -> Result<u64, CatalogError> {
    parse_usd(text).ok_or_else(|| unreadable(id, "price", text))
}

fn day(id: &str, text: &str) -> Result<u64, CatalogError> {
    parse_day(text).ok_or_else(|| unreadable(id, "day", text))
}

fn unreadable(model: &str, what: &'static str, value: &str) -> CatalogError {
    CatalogError::Value {
        model: model.into(),
        what,
        value: value.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROVIDER: &str = r#"{"id":"p","name":"P","base_url":"https://p.example/v1",
        "base_url_var":"P_BASE_URL","key_secret":"P_API_KEY","dialects":["openai_chat"]}"#;

    /// One provider with one model, whose id and price row are given.
    fn load(id: &str, price: &str) -> Result<Catalog, CatalogError> {
        let file = format!(
            r#"{{"provider":{PROVIDER},"models":[{{"id":"{id}","upstream_name":"m",
            "display_name":"M","class":"haiku","context_tokens":1,"max_output_tokens":1,
            "capabilities":[],"origin":{{"developer":"D","jurisdiction":"US"}},
            "trust":"trusted","prices":[{price}]}}]}}"#
        );
        read(&[&file], "[]")
    }

    #[test]
    fn cached_tokens_cost_as_input_where_no_price_is_stated() {
        let row = r#"{"from":"2026-01-02","source":"s","rates":{"input":"2","output":"8"}}"#;
        let catalog = load("p/m", row).expect("well formed");
        let price = &catalog.models[0].prices[0];
        assert_eq!(
            (price.cache_read, price.cache_write),
            (2_000_000_000, 2_000_000_000)
        );
        assert_eq!(
            (price.version.as_str(), price.from_ms),
            ("p/m@2026-01-02", 1_767_312_000_000)
        );
    }

    #[test]
    fn broken_data_is_named() {
        let row = |from: &str, input: &str| {
            format!(
                r#"{{"from":"{from}","source":"s","rates":{{"input":"{input}","output":"8"}}}}"#
            )
        };
        let error = |id: &str, price: &str| load(id, price).expect_err("refused").to_string();
        assert_eq!(
            error("p/m", &row("2026-01-02", "1e3")),
            "p/m: price \"1e3\" cannot be read"
        );
        assert_eq!(
            error("p/m", &row("2026-1-2", "1")),
            "p/m: day \"2026-1-2\" cannot be read"
        );
        assert_eq!(
            error("q/m", &row("2026-01-02", "1")),
            "q/m does not belong to the provider p"
        );
        assert!(error("p/m", "{}").starts_with("catalogue data: missing field"));
    }
}
