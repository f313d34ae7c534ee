//! Models, providers and prices as data.
//!
//! The data lies in `data/`, one file per provider and one of aliases, and is part of the binary:
//! nothing is fetched. Each price names the day it holds from and where it was read. Models of
//! the tenant's own machines are not listed here; they are announced by their agents as
//! `local/<name>` and cost nothing ([`Price::local`]).
#![deny(missing_docs)]

mod calendar;
mod family;
mod load;
mod model;
mod price;
mod provider;

use std::sync::OnceLock;

pub use calendar::Hours;
pub use family::{Family, family_of, trust_of_name};
pub use load::CatalogError;
pub use model::{
    Alias, AliasTarget, Capability, Class, Model, ModelKind, Origin, RequestRules, Trust, Weights,
    name_of,
};
pub use price::{Price, Rates, Tier, Window, parse_usd};
pub use provider::{Access, BatchAccess, BatchApi, Dialect, HttpAccess, Provider};

/// Everything known about models that can be called over the network.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Catalog {
    /// Who serves models, in order of preference where a model's name alone does not decide.
    pub providers: Vec<Provider>,
    /// Every model of every provider, grouped by provider in the order of `providers`.
    pub models: Vec<Model>,
    /// Other names that clients may send.
    pub aliases: Vec<Alias>,
}

/// The embedded catalogue, read once.
///
/// Should the embedded data be broken, which a test rules out, this is an empty catalogue: then
/// no cloud model is known, and local models go on working.
pub fn catalog() -> &'static Catalog {
    static CATALOG: OnceLock<Catalog> = OnceLock::new();
    CATALOG.get_or_init(|| load::embedded().unwrap_or_default())
}

impl Catalog {
    /// The model with this catalogue id, such as `openai/gpt-4o-mini`.
    pub fn model(&self, id: &str) -> Option<&Model> {
        self.models.iter().find(|model| model.id == id)
    }

    /// The model that clients of its vendor know as `name`, such as `gpt-4o-mini`.
    ///
    /// Where several providers carry it, the first in the order of `providers` stands for all.
    pub fn by_upstream_name(&self, name: &str) -> Option<&Model> {
        let written = self.models.iter().find(|m| m.upstream_name == name);
        written.or_else(|| self.models.iter().find(|m| m.name() == name))
    }

    /// Every provider's offer of the model that is called `name` after the provider's part.
    pub fn carriers<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Model> {
        self.models.iter().filter(move |model| model.name() == name)
    }

    /// What an alias stands for: the exact name first, else the longest matching `prefix*`.
    pub fn alias(&self, name: &str) -> Option<&Alias> {
        let exact = self.aliases.iter().find(|alias| alias.name == name);
        exact.or_else(|| {
            let matching = self.aliases.iter().filter(|alias| {
                alias
                    .name
                    .strip_suffix('*')
                    .is_some_and(|prefix| name.starts_with(prefix))
            });
            matching.max_by_key(|alias| alias.name.len())
        })
    }

    /// The provider with this id, such as `openai`.
    pub fn provider(&self, id: &str) -> Option<&Provider> {
        self.providers.iter().find(|provider| provider.id == id)
    }

    /// The models that answer conversations.
    pub fn chat_models(&self) -> impl Iterator<Item = &Model> {
        self.models.iter().filter(|model| model.chats())
    }

    /// The dearest chat model in service at `at_ms` by [`Rates::blended`]: what savings are
    /// counted against. Equal prices are told apart by the cache price, then by id, so that the
    /// answer never depends on the order of the data.
    pub fn baseline(&self, at_ms: u64) -> Option<&Model> {
        let priced = self.chat_models().filter_map(|model| {
            let price = model.price_at(at_ms).filter(|_| !model.retired(at_ms))?;
            let rates = price.rates(0, at_ms);
            Some((
                (rates.blended(), rates.cache_read, model.id.as_str()),
                model,
            ))
        });
        priced
            .max_by(|(a, _), (b, _)| a.cmp(b))
            .map(|(_, model)| model)
    }
}

#[cfg(test)]
mod tests;
