//! What the embedded catalogue must hold.

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
        assert!(!provider.dialects.is_empty(), "{}", provider.id);
        let Some(http) = provider.http() else {
            continue;
        };
        assert!(http.base_url.starts_with("https://"), "{}", provider.id);
        assert!(!http.base_url.ends_with('/'), "{}", provider.id);
        assert!(http.base_url_var.ends_with("_BASE_URL"), "{}", provider.id);
        assert!(http.key_secret.ends_with("_API_KEY"), "{}", provider.id);
    }
    let bound: Vec<_> = catalog()
        .providers
        .iter()
        .filter_map(|provider| Some((provider.id.as_str(), provider.binding()?)))
        .collect();
    assert_eq!(bound, [("cloudflare", "AI")]);
}

#[test]
fn every_provider_speaks_what_its_models_are_for() {
    for model in &catalog().models {
        let provider = catalog().provider(&model.provider).expect("listed");
        let speaks = |dialects: &[Dialect]| dialects.iter().any(|it| provider.speaks(*it));
        match model.kind {
            ModelKind::Chat => assert!(
                speaks(&[Dialect::OpenaiChat, Dialect::AnthropicMessages]),
                "{}",
                model.id
            ),
            ModelKind::Embedding => assert!(speaks(&[Dialect::OpenaiEmbeddings]), "{}", model.id),
        }
    }
}

/// Every set of rates in a price, with the base.
fn all_rates(price: &Price) -> impl Iterator<Item = Rates> {
    let tiers = price.tiers.iter().map(|tier| tier.rates);
    let windows = price.windows.iter().map(|window| window.rates);
    std::iter::once(price.base).chain(tiers).chain(windows)
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
            for rates in all_rates(price) {
                assert!(rates.input > 0, "{}", price.version);
                assert_eq!(rates.output > 0, model.chats(), "{}", price.version);
                assert!(rates.cache_read <= rates.input, "{}", price.version);
                assert!(rates.input <= rates.cache_write, "{}", price.version);
                assert!(
                    rates.cache_write <= rates.cache_write_long,
                    "{}",
                    price.version
                );
            }
        }
    }
}

#[test]
fn a_longer_prompt_never_has_lower_rates() {
    for price in catalog().models.iter().flat_map(|model| &model.prices) {
        let limits = price.tiers.iter().map(|tier| tier.above_prompt_tokens);
        assert!(limits.is_sorted_by(|a, b| a < b), "{}", price.version);
        let inputs = std::iter::once(price.base).chain(price.tiers.iter().map(|tier| tier.rates));
        assert!(
            inputs.is_sorted_by_key(|rates| (rates.input, rates.output)),
            "{}",
            price.version
        );
    }
}

#[test]
fn every_model_is_a_cloud_model_with_room_for_an_answer() {
    for model in &catalog().models {
        assert!(matches!(
            model.class,
            Class::Haiku | Class::Sonnet | Class::Opus
        ));
        let least = if model.chats() { 32_768 } else { 8_191 };
        assert!(model.context_tokens >= least, "{}", model.id);
        assert_eq!(model.max_output_tokens > 0, model.chats(), "{}", model.id);
        assert!(
            model.max_output_tokens <= model.context_tokens,
            "{}",
            model.id
        );
        for price in &model.prices {
            let in_reach = |tier: &Tier| tier.above_prompt_tokens < model.context_tokens.into();
            assert!(price.tiers.iter().all(in_reach), "{}", price.version);
        }
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
            assert_eq!(
                (model.class, model.kind, &model.origin),
                (other.class, other.kind, &other.origin)
            );
        }
    }
    assert_eq!(catalog().carriers("gpt-oss-120b").count(), 3);
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
fn the_baseline_is_the_dearest_chat_model_in_service() {
    let dearest = catalog().baseline(AT).expect("there is a dearest model");
    let blended = |m: &Model| m.price_at(AT).map(|price| price.rates(0, AT).blended());
    assert!(
        catalog()
            .models
            .iter()
            .all(|m| blended(m) <= blended(dearest))
    );
    assert_eq!(dearest.class, Class::Opus);
    assert!(Catalog::default().baseline(AT).is_none());

    let embeddings = catalog().models.iter().filter(|model| !model.chats());
    let only_embeddings = Catalog {
        models: embeddings.cloned().collect(),
        ..Catalog::default()
    };
    assert!(!only_embeddings.models.is_empty());
    assert!(only_embeddings.baseline(AT).is_none());
}

#[test]
fn a_price_change_takes_effect_on_its_day() {
    let sol = catalog().model("openai/gpt-5.6-sol").expect("listed");
    let change = sol.prices[1].from_ms;
    let input = |at| sol.price_at(at).map(|price| price.base.input);
    assert_eq!(sol.prices[1].from, "2026-08-21");
    assert_eq!(input(change - 1), Some(5_000_000_000));
    assert_eq!(input(change), Some(4_000_000_000));
    assert_eq!(input(u64::MAX), Some(4_000_000_000));
    assert_eq!(input(0), Some(5_000_000_000), "no request goes unpriced");
}

/// Input, cache read, write, long write and output, micro-dollars per million tokens.
fn rates(id: &str, prompt_tokens: u64, at_ms: u64) -> [u64; 5] {
    let model = catalog().model(id).expect("listed");
    let rates = model
        .price_at(at_ms)
        .expect("priced")
        .rates(prompt_tokens, at_ms);
    [
        rates.input,
        rates.cache_read,
        rates.cache_write,
        rates.cache_write_long,
        rates.output,
    ]
    .map(|nanos| {
        assert!(nanos.is_multiple_of(1_000));
        nanos / 1_000
    })
}

#[test]
fn published_prices_are_read_to_the_last_digit() {
    let short = |id| rates(id, 0, AT);
    assert_eq!(
        short("openai/gpt-4o-mini"),
        [150_000, 75_000, 150_000, 150_000, 600_000]
    );
    assert_eq!(
        short("anthropic/claude-haiku-4-5"),
        [1_000_000, 100_000, 1_250_000, 2_000_000, 5_000_000]
    );
    assert_eq!(
        short("moonshot/kimi-k3"),
        [3_000_000, 300_000, 3_000_000, 6_000_000, 15_000_000]
    );
    assert_eq!(
        short("groq/gpt-oss-20b"),
        [75_000, 37_500, 75_000, 75_000, 300_000]
    );
    assert_eq!(
        short("cloudflare/bge-m3"),
        [12_000, 12_000, 12_000, 12_000, 0]
    );
}

#[test]
fn a_prompt_past_its_vendor_s_limit_pays_the_long_rates() {
    let haiku = |prompt| rates("anthropic/claude-haiku-5-5", prompt, AT);
    assert_eq!(haiku(100_000), [100_000, 10_000, 125_000, 200_000, 500_000]);
    assert_eq!(
        haiku(100_001),
        [500_000, 50_000, 625_000, 1_000_000, 2_500_000]
    );
    let sol = |prompt| rates("openai/gpt-6.1-sol", prompt, AT);
    assert_eq!(
        sol(272_000),
        [2_000_000, 100_000, 2_500_000, 5_000_000, 10_000_000]
    );
    assert_eq!(
        sol(272_001),
        [4_000_000, 200_000, 5_000_000, 10_000_000, 15_000_000]
    );
}

#[test]
fn deepseek_is_twice_as_dear_in_its_peak_hours() {
    const HOUR: u64 = 3_600_000;
    let midnight = AT + 24 * HOUR;
    let input = |at_ms| rates("deepseek/deepseek-v4-pro", 500_000, at_ms)[0];
    let dear = |day: u64| {
        let hours = (0..24).filter(|hour| input(midnight + (day * 24 + hour) * HOUR) == 1_320_000);
        hours.collect::<Vec<u64>>()
    };
    for weekday in 0..5 {
        assert_eq!(dear(weekday), [1, 2, 3, 6, 7, 8, 9], "day {weekday}");
    }
    for weekend in 5..7 {
        assert_eq!(dear(weekend), [0; 0]);
    }
    assert_eq!(input(midnight + HOUR - 1), 660_000);
    assert_eq!(input(midnight + 4 * HOUR - 1), 1_320_000);
}

#[test]
fn anthropic_and_openai_halve_the_price_of_a_batch_and_nobody_else_does() {
    for model in &catalog().models {
        // Codex is called by `/responses` alone, which batches do not take.
        let halved = ["anthropic", "openai"].contains(&model.provider.as_str())
            && model.name() != "gpt-5.3-codex";
        for price in &model.prices {
            let percent = halved.then_some(50);
            assert_eq!(price.batch_percent, percent, "{}", price.version);
        }
    }
    for provider in &catalog().providers {
        let sells = ["anthropic", "openai"].contains(&provider.id.as_str());
        assert_eq!(provider.batch.is_some(), sells, "{}", provider.id);
    }
}

#[test]
fn the_rules_are_those_the_vendors_enforce() {
    let rules = |id: &str| catalog().model(id).expect("listed").rules;
    let usual = RequestRules::default();
    assert_eq!(rules("anthropic/claude-haiku-4-5"), usual);
    assert_eq!(rules("mistral/mistral-large-2512"), usual);
    assert_eq!(
        rules("anthropic/claude-haiku-5-5"),
        RequestRules {
            sampling: false,
            prefill: false,
            ..usual
        }
    );
    for id in [
        "anthropic/claude-sonnet-5-5",
        "anthropic/claude-opus-5-5",
        "openrouter/claude-opus-5-5",
    ] {
        assert_eq!(
            rules(id),
            RequestRules {
                sampling: false,
                forced_tools: false,
                prefill: false,
                ..usual
            }
        );
    }
    for model in &catalog().models {
        let openai = model.provider == "openai" && model.can(&[Capability::Reasoning]);
        assert_eq!(model.rules.custom_tools, openai, "{}", model.id);
        assert_eq!(model.rules.max_completion_tokens, openai, "{}", model.id);
        assert!(!openai || !model.rules.sampling, "{}", model.id);
        let replays = ["DeepSeek", "Moonshot AI"].contains(&model.origin.developer.as_str());
        assert_eq!(model.rules.replays_reasoning, replays, "{}", model.id);
    }
}

#[test]
fn embedding_models_are_kept_apart() {
    let chat: Vec<_> = catalog().chat_models().map(|m| m.id.as_str()).collect();
    let rest: Vec<_> = catalog()
        .models
        .iter()
        .map(|m| m.id.as_str())
        .filter(|id| !chat.contains(id))
        .collect();
    assert_eq!(
        rest,
        [
            "openai/text-embedding-3-small",
            "openai/text-embedding-3-large",
            "cloudflare/bge-m3"
        ]
    );
}
