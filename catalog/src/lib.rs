//! Models, providers and prices as data.
//!
//! The data lies in `data/`, one file per provider and one of aliases, and is part of the binary:
//! nothing is fetched. Each price names the day it holds from and where it was read. Models of
//! the tenant's own machines are not listed here; they are announced by their agents as
//! `local/<name>` and cost nothing ([`Price::local`]).
#![deny(missing_docs)]

mod load;
mod model;
mod price;

use std::sync::OnceLock;

pub use load::CatalogError;
pub use model::{
    Alias, AliasTarget, Capability, Class, Dialect, Model, Origin, Provider, Trust, name_of,
};
pub use price::{Price, Rates, Tier};

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

    /// The dearest model in service at `at_ms` by [`Price::blended`]: what savings are counted
    /// against. Equal prices are told apart by the cache price, then by id, so that the answer
    /// never depends on the order of the data.
    pub fn baseline(&self, at_ms: u64) -> Option<&Model> {
        let priced = self.models.iter().filter_map(|model| {
            let price = model.price_at(at_ms).filter(|_| !model.retired(at_ms))?;
            Some((
                (price.blended(), price.cache_read, model.id.as_str()),
                model,
            ))
        });
        priced
            .max_by(|(a, _), (b, _)| a.cmp(b))
            .map(|(_, model)| model)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    /// 2026-11-22, the day after the prices were read.
    const AT: u64 = 1_795_305_600_000;

    #[test]
    fn the_embedded_catalogue_loads() {
        let loaded = load::embedded().expect("the embedded catalogue is well formed");
        assert_eq!(&loaded, catalog());
        assert!(loaded.models.len() > 50 && loaded.providers.len() > 10);
    }

    #[test]
    fn ids_are_unique() {
        let mut seen = HashSet::new();
        assert!(
            catalog()
                .providers
                .iter()
                .all(|p| seen.insert(p.id.clone()))
        );
        assert!(catalog().models.iter().all(|m| seen.insert(m.id.clone())));
        assert!(
            catalog()
                .aliases
                .iter()
                .all(|a| seen.insert(a.name.clone()))
        );
    }

    #[test]
    fn every_provider_can_be_configured() {
        for provider in &catalog().providers {
            assert!(provider.base_url.starts_with("https://"), "{}", provider.id);
            assert!(!provider.base_url.ends_with('/'), "{}", provider.id);
            assert!(
                provider.base_url_var.ends_with("_BASE_URL"),
                "{}",
                provider.id
            );
            assert!(provider.key_secret.ends_with("_API_KEY"), "{}", provider.id);
            assert!(!provider.dialects.is_empty(), "{}", provider.id);
        }
    }

    #[test]
    fn every_model_is_priced_with_day_and_source() {
        for model in &catalog().models {
            assert!(!model.prices.is_empty(), "{} has no price", model.id);
            assert!(
                model.prices.is_sorted_by(|a, b| a.from_ms < b.from_ms),
                "{}",
                model.id
            );
            for price in &model.prices {
                assert!(!price.source.is_empty(), "{}", price.version);
                assert_eq!(price.version, format!("{}@{}", model.id, price.from));
                assert!(price.input > 0 && price.output > 0, "{}", price.version);
                assert!(price.cache_read <= price.input, "{}", price.version);
                let steps = &price.tiers;
                assert!(
                    steps.is_sorted_by(|a, b| a.above_prompt_tokens < b.above_prompt_tokens),
                    "{}",
                    price.version
                );
                assert!(
                    steps
                        .iter()
                        .all(|tier| tier.above_prompt_tokens < model.context_tokens.into()),
                    "{}",
                    price.version
                );
            }
        }
    }

    #[test]
    fn every_model_is_a_cloud_model_with_room_for_an_answer() {
        for model in &catalog().models {
            assert!(matches!(
                model.class,
                Class::Haiku | Class::Sonnet | Class::Opus
            ));
            assert!(model.context_tokens >= 100_000, "{}", model.id);
            assert!(model.max_output_tokens > 0, "{}", model.id);
            assert!(
                model.max_output_tokens <= model.context_tokens,
                "{}",
                model.id
            );
            assert!(!model.display_name.is_empty() && !model.origin.developer.is_empty());
        }
    }

    #[test]
    fn a_model_developed_in_china_is_untrusted_wherever_it_is_served() {
        for model in &catalog().models {
            let expected = if model.origin.jurisdiction == "CN" {
                Trust::Untrusted
            } else {
                Trust::Trusted
            };
            assert_eq!(model.trust, expected, "{}", model.id);
        }
        assert_eq!(
            catalog().model("together/glm-5.3").map(|m| m.trust),
            Some(Trust::Untrusted)
        );
    }

    #[test]
    fn carriers_of_one_model_agree_about_what_it_is() {
        for model in &catalog().models {
            for other in catalog().carriers(model.name()) {
                assert_eq!((model.class, &model.origin), (other.class, &other.origin));
            }
        }
        assert_eq!(catalog().carriers("gpt-oss-120b").count(), 2);
    }

    #[test]
    fn the_names_clients_send_are_found() {
        let named = |name: &str| catalog().by_upstream_name(name).map(|m| m.id.as_str());
        assert_eq!(named("gpt-4o-mini"), Some("openai/gpt-4o-mini"));
        assert_eq!(named("claude-opus-5-5"), Some("anthropic/claude-opus-5-5"));
        assert_eq!(
            named("anthropic/claude-opus-5.5"),
            Some("openrouter/claude-opus-5-5")
        );
        assert_eq!(named("gpt-oss-120b"), Some("groq/gpt-oss-120b"));
        assert_eq!(named("gpt-9"), None);
    }

    #[test]
    fn an_exact_alias_wins_over_a_pattern_and_a_longer_pattern_over_a_shorter() {
        let target = |name: &str| catalog().alias(name).map(|alias| alias.target.clone());
        let auto = Some(AliasTarget::Policy("moecraft/auto".into()));
        assert_eq!(target("auto"), auto);
        assert_eq!(target("claude-moecraft-auto"), auto);
        assert_eq!(target("claude-3-opus-20240229"), auto);
        assert_eq!(target("gpt-3.5-turbo"), auto);
        assert_eq!(
            target("claude-haiku-4-5-20251001"),
            Some(AliasTarget::Model("anthropic/claude-haiku-4-5".into()))
        );
        assert_eq!(target("llama"), None);

        let alias = |name: &str, target: &str| Alias {
            name: name.into(),
            target: AliasTarget::Model(target.into()),
        };
        let two = Catalog {
            aliases: vec![
                alias("gpt-*", "short"),
                alias("gpt-4*", "long"),
                alias("*", "any"),
            ],
            ..Catalog::default()
        };
        assert_eq!(two.alias("gpt-4o").map(|a| a.name.as_str()), Some("gpt-4*"));
        assert_eq!(two.alias("gpt-5").map(|a| a.name.as_str()), Some("gpt-*"));
        assert_eq!(two.alias("x").map(|a| a.name.as_str()), Some("*"));
    }

    #[test]
    fn every_alias_leads_somewhere_and_hides_no_model() {
        for alias in &catalog().aliases {
            match &alias.target {
                AliasTarget::Model(id) => assert!(catalog().model(id).is_some(), "{id}"),
                AliasTarget::Policy(policy) => assert_eq!(policy, "moecraft/auto"),
            }
            assert!(catalog().model(&alias.name).is_none(), "{}", alias.name);
            assert!(
                catalog().by_upstream_name(&alias.name).is_none(),
                "{}",
                alias.name
            );
        }
    }

    #[test]
    fn the_baseline_is_the_dearest_model_in_service() {
        let dearest = catalog().baseline(AT).expect("there is a dearest model");
        let blended = |m: &Model| m.price_at(AT).map(Price::blended);
        assert!(
            catalog()
                .models
                .iter()
                .all(|m| blended(m) <= blended(dearest))
        );
        assert_eq!(dearest.class, Class::Opus);
        assert!(Catalog::default().baseline(AT).is_none());
    }

    #[test]
    fn a_price_change_takes_effect_on_its_day() {
        let sol = catalog().model("openai/gpt-5.6-sol").expect("listed");
        let change = sol.prices[1].from_ms;
        let input = |at| sol.price_at(at).map(|price| price.input);
        assert_eq!(sol.prices[1].from, "2026-08-21");
        assert_eq!(input(change - 1), Some(5_000_000_000));
        assert_eq!(input(change), Some(4_000_000_000));
        assert_eq!(input(u64::MAX), Some(4_000_000_000));
        assert_eq!(input(0), Some(5_000_000_000), "no request goes unpriced");
    }

    #[test]
    fn published_prices_are_read_to_the_last_digit() {
        let price = |id: &str| {
            let p = catalog()
                .model(id)
                .and_then(|m| m.price_at(AT))
                .expect("listed");
            (p.input, p.cache_read, p.cache_write, p.output)
        };
        assert_eq!(
            price("openai/gpt-4o-mini"),
            (150_000_000, 75_000_000, 150_000_000, 600_000_000)
        );
        assert_eq!(
            price("anthropic/claude-haiku-4-5"),
            (1_000_000_000, 100_000_000, 1_250_000_000, 5_000_000_000)
        );
        assert_eq!(
            price("groq/gpt-oss-20b"),
            (75_000_000, 37_500_000, 75_000_000, 300_000_000)
        );
    }
}
