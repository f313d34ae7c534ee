//! From the embedded files to a [`Catalog`]: names become enums, decimal dollars nano-dollars.

mod rows;

use thiserror::Error;

use crate::calendar::{Hours, parse_day};
use crate::price::parse_usd;
use crate::{
    Access, Alias, Capability, Catalog, HttpAccess, Model, ModelKind, Price, Provider, Rates, Tier,
    Window,
};
use rows::{File, ModelRow, PriceRow, ProviderRow, RateRow, WindowRow};

/// In order of preference: makers of models before those who host what others made.
const PROVIDERS: [&str; 15] = [
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
    include_str!("../data/cloudflare.json"),
];
/// The shortest prefix that a cache keeps where the data does not say, tokens.
const USUAL_MIN_CACHED: u32 = 1_024;
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
    /// A provider is not reached in exactly one way.
    #[error(
        "the provider {provider} needs either a binding or a base URL, its variable and a key's secret"
    )]
    Access {
        /// The provider's id.
        provider: String,
    },
    /// Two statements about a model cannot both hold.
    #[error("{model}: {what}")]
    Contradiction {
        /// The model's id.
        model: String,
        /// What contradicts what.
        what: &'static str,
    },
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
        let file: File = serde_json::from_str(text)?;
        let provider = provider(file.provider)?;
        for row in file.models {
            catalog.models.push(model(row, &provider.id)?);
        }
        catalog.providers.push(provider);
    }
    Ok(catalog)
}

fn provider(row: ProviderRow) -> Result<Provider, CatalogError> {
    let access = match (row.base_url, row.base_url_var, row.key_secret, row.binding) {
        (Some(base_url), Some(base_url_var), Some(key_secret), None) => Access::Http(HttpAccess {
            base_url,
            base_url_var,
            key_secret,
        }),
        (None, None, None, Some(binding)) => Access::Binding(binding),
        _ => return Err(CatalogError::Access { provider: row.id }),
    };
    Ok(Provider {
        id: row.id,
        name: row.name,
        access,
        dialects: row.dialects,
        batch: row.batch,
    })
}

fn model(row: ModelRow, provider: &str) -> Result<Model, CatalogError> {
    if let Some(what) = contradiction(&row) {
        return Err(CatalogError::Contradiction {
            model: row.id,
            what,
        });
    }
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
        kind: row.kind,
        class: row.class,
        context_tokens: row.context_tokens,
        max_output_tokens: row.max_output_tokens,
        min_cached_tokens: row.min_cached_tokens.unwrap_or(USUAL_MIN_CACHED),
        capabilities: row.capabilities,
        rules: row.rules,
        origin: row.origin,
        weights: row.weights,
        trust: row.trust,
        retires_ms: retires.map(|text| day(&id, &text)).transpose()?,
        prices: prices
            .into_iter()
            .map(|row| price(&id, row))
            .collect::<Result<_, _>>()?,
        id,
    })
}

fn contradiction(row: &ModelRow) -> Option<&'static str> {
    let can = |capability| row.capabilities.contains(&capability);
    let embeds = row.kind == ModelKind::Embedding;
    if embeds && !row.capabilities.is_empty() {
        Some("an embedding model has no capabilities of a chat model")
    } else if embeds && row.max_output_tokens > 0 {
        Some("an embedding model writes no answer")
    } else if row.rules.custom_tools && !can(Capability::Tools) {
        Some("it takes custom tools but no tools")
    } else if row.rules.replays_reasoning && !can(Capability::Reasoning) {
        Some("its reasoning must be replayed but it does not reason")
    } else {
        None
    }
}

fn price(id: &str, row: PriceRow) -> Result<Price, CatalogError> {
    let contradiction = |what| {
        Err(CatalogError::Contradiction {
            model: id.into(),
            what,
        })
    };
    if let Some(percent) = row.batch_percent.filter(|it| !(1..=100).contains(it)) {
        return Err(unreadable(id, "batch_percent", &percent.to_string()));
    }
    let tiers = row.tiers.iter().map(|tier| {
        let rates = rates(id, &tier.rates)?;
        Ok(Tier {
            above_prompt_tokens: tier.above_prompt_tokens,
            rates,
        })
    });
    let tiers: Vec<Tier> = tiers.collect::<Result<_, CatalogError>>()?;
    let windows = row.windows.iter().map(|window| window_of(id, window));
    let windows: Vec<Window> = windows.collect::<Result<_, CatalogError>>()?;
    if !tiers.is_empty() && !windows.is_empty() {
        return contradiction("a price has tiers or windows, not both");
    }
    let overlap = windows.iter().enumerate().any(|(index, window)| {
        let mut earlier = windows.iter().take(index);
        earlier.any(|other| other.hours.overlaps(&window.hours))
    });
    if overlap {
        return contradiction("two windows of a price share a time");
    }
    Ok(Price {
        from_ms: day(id, &row.from)?,
        version: format!("{id}@{}", row.from),
        from: row.from,
        source: row.source,
        base: rates(id, &row.rates)?,
        tiers,
        windows,
        batch_percent: row.batch_percent,
    })
}

fn window_of(id: &str, row: &WindowRow) -> Result<Window, CatalogError> {
    let WindowRow { days, from, to, .. } = row;
    let hours = Hours::parse(days, from, to)
        .ok_or_else(|| unreadable(id, "window", &format!("{days} {from} {to}")))?;
    Ok(Window {
        hours,
        rates: rates(id, &row.rates)?,
    })
}

/// A provider that states no price of its own for cached tokens charges them as input, for cache
/// entries that live longer as for others, and for reasoning as for the answer.
fn rates(id: &str, row: &RateRow) -> Result<Rates, CatalogError> {
    let or = |rate: &Option<String>, usual| rate.as_deref().map_or(Ok(usual), |text| usd(id, text));
    let input = usd(id, &row.input)?;
    let output = usd(id, &row.output)?;
    let cache_write = or(&row.cache_write, input)?;
    Ok(Rates {
        input,
        cache_read: or(&row.cache_read, input)?,
        cache_write,
        cache_write_long: or(&row.cache_write_long, cache_write)?,
        output,
        reasoning: or(&row.reasoning, output)?,
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
mod tests;
