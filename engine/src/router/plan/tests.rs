//! What a plan must be, on the embedded catalogue and local models made up here.

use std::sync::LazyLock;

use super::*;
use crate::features::{Features, Prompt, Role, Turn};
use crate::guard::Policy;
use crate::health::Paces;
use crate::router::{Bounds, Lengths};
use moecraft_catalog::{Trust, catalog};
use proptest::prelude::*;

/// 2026-11-22: every listed model is in service.
pub(super) const AT: u64 = 1_795_305_600_000;
static USUAL: LazyLock<Policy> = LazyLock::new(Policy::default);
pub(super) static SETTINGS: Settings = Settings::USUAL;
pub(super) static LEARNT: LazyLock<Learnt> = LazyLock::new(Learnt::default);
static PACES: LazyLock<Paces> = LazyLock::new(Paces::new);
pub(super) const EASY: &str = "What is the capital of France?";
pub(super) const HARD: &str = "Prove the theorem by induction and derive the invariant.";

/// What is expected of calls where nothing is known of answers.
pub(super) fn outlay(features: &Features) -> Outlay<'static> {
    Outlay {
        prompt_tokens: features.prompt_tokens,
        lengths: Lengths::default(),
        paces: &PACES,
        bounds: Bounds::default(),
        at_ms: AT,
    }
}

pub(super) fn local(name: &str, context_tokens: u32, capabilities: &[&str]) -> LocalModel {
    LocalModel {
        name: name.to_owned(),
        context_tokens,
        capabilities: capabilities.iter().map(|&name| name.to_owned()).collect(),
        parallel: 1,
        trust: Trust::Trusted,
    }
}

fn try_plan(
    text: &str,
    target: Target,
    needs: Needs,
    keys: &[&str],
    local: &[LocalModel],
) -> Result<Plan, UnknownModel> {
    let messages = [Turn {
        role: Role::User,
        text,
    }];
    let features = Features::of(&Prompt {
        messages: &messages,
        ..Prompt::default()
    });
    let providers: Vec<String> = keys.iter().map(|&key| key.to_owned()).collect();
    let fleet = Fleet {
        catalog: catalog(),
        providers: &providers,
        local,
    };
    plan(
        &RouteRequest {
            target,
            features: &features,
            assessment: &Assessment::assumed(&features),
            needs,
            outlay: outlay(&features),
            warm: None,
            clearance: Clearance::general(&USUAL),
            settings: &SETTINGS,
            learnt: &LEARNT,
            seed: None,
        },
        &fleet,
    )
}

fn auto(text: &str, keys: &[&str], local: &[LocalModel]) -> Plan {
    try_plan(text, Target::Auto, Needs::default(), keys, local).expect("auto is always known")
}

fn named(id: &str, keys: &[&str], local: &[LocalModel]) -> Plan {
    try_plan(
        EASY,
        Target::Model(id.to_owned()),
        Needs::default(),
        keys,
        local,
    )
    .expect("known")
}

fn ids(plan: &Plan) -> Vec<&str> {
    plan.candidates
        .iter()
        .map(|candidate| candidate.model_id.as_str())
        .collect()
}

fn classes(plan: &Plan) -> Vec<Class> {
    plan.candidates
        .iter()
        .map(|candidate| candidate.class)
        .collect()
}

#[test]
fn auto_begins_with_the_cheapest_of_the_class_and_ends_at_home() {
    use Class::{Haiku, Local, Opus, Sonnet};
    let home = [local("qwen", 32_000, &["tools"])];
    let easy = auto(EASY, &["openai", "anthropic"], &home);
    assert_eq!(classes(&easy), [Haiku, Haiku, Haiku, Sonnet, Opus, Local]);
    let hard = auto(HARD, &["openai", "anthropic"], &home);
    assert_eq!(classes(&hard), [Opus, Opus, Opus, Sonnet, Haiku, Local]);

    for plan in [easy, hard] {
        let price = |id: &str| {
            catalog()
                .model(id)
                .and_then(|m| m.price_at(AT))
                .map(|price| price.rates(0, AT).blended())
                .expect("priced")
        };
        let first = price(&plan.candidates[0].model_id);
        let offers = catalog().chat_models().filter(|m| {
            m.class == plan.class && ["openai", "anthropic"].contains(&m.provider.as_str())
        });
        assert!(offers.map(|m| price(&m.id)).all(|price| price >= first));
    }
}

#[test]
fn the_second_choice_is_at_another_provider() {
    let plan = auto(EASY, &["openai", "anthropic"], &[]);
    assert_ne!(plan.candidates[0].provider, plan.candidates[1].provider);
    let alone = auto(EASY, &["openai"], &[]);
    assert!(alone.candidates.iter().all(|c| c.provider == "openai"));
    assert_eq!(alone.candidates.len(), 5);
}

#[test]
fn prices_are_compared_at_the_length_of_the_prompt() {
    let first = |prompt_tokens| {
        let features = Features {
            prompt_tokens,
            ..Features::default()
        };
        let providers = ["anthropic".to_owned(), "openai".to_owned()];
        let fleet = Fleet {
            catalog: catalog(),
            providers: &providers,
            local: &[],
        };
        let request = RouteRequest {
            target: Target::Auto,
            features: &features,
            assessment: &Assessment::assumed(&features),
            needs: Needs::default(),
            outlay: outlay(&features),
            warm: None,
            clearance: Clearance::general(&USUAL),
            settings: &SETTINGS,
            learnt: &LEARNT,
            seed: None,
        };
        let plan = plan(&request, &fleet).expect("auto is always known");
        plan.candidates[0].model_id.clone()
    };
    assert_eq!(first(100_000), "anthropic/claude-haiku-5-5");
    assert_eq!(first(100_001), "openai/gpt-6-luna");
}

#[test]
fn an_embedding_model_is_never_asked_to_chat() {
    let home = [local("qwen", 32_000, &[])];
    for keys in [&["openai", "cloudflare"][..], &[]] {
        for id in ["openai/text-embedding-3-small", "cloudflare/bge-m3"] {
            let refused = named(id, keys, &home);
            assert_eq!(ids(&refused), [""; 0], "{id}");
            assert_eq!(refused.removed[0].filter, Filter::Kind);
            assert!(
                refused.reason.contains("it is not a chat model"),
                "{}",
                refused.reason
            );
        }
    }
}

#[test]
fn without_a_cloud_provider_everything_goes_to_the_local_models() {
    let home = [local("small", 4_096, &[]), local("large", 32_768, &[])];
    let free = auto(HARD, &[], &home);
    assert_eq!(ids(&free), ["local/large", "local/small"]);
    assert_eq!((free.class, classes(&free)[0]), (Class::Opus, Class::Local));
    assert!(
        free.reason
            .starts_with("no cloud provider is configured: local model")
    );

    let stand_in = named("openai/gpt-4o-mini", &[], &home);
    assert_eq!(ids(&stand_in), ["local/large", "local/small"]);
    assert!(
        stand_in
            .reason
            .starts_with("no cloud provider is configured: local model")
    );
    assert!(
        stand_in.reason.contains("openai/gpt-4o-mini"),
        "{}",
        stand_in.reason
    );
}

#[test]
fn with_nothing_at_all_the_plan_is_empty_and_says_why() {
    let nothing = auto(EASY, &[], &[]);
    assert!(nothing.candidates.is_empty());
    assert_eq!(
        nothing.reason,
        "no cloud provider is configured and no local model is connected"
    );
}

#[test]
fn a_named_model_is_tried_alone_wherever_it_is_carried() {
    let home = [local("qwen", 32_000, &[])];
    let everywhere = named(
        "openai/gpt-4o-mini",
        &["openrouter", "openai", "anthropic"],
        &home,
    );
    assert_eq!(
        ids(&everywhere),
        ["openai/gpt-4o-mini", "openrouter/gpt-4o-mini"]
    );
    assert_eq!(everywhere.class, Class::Haiku);
    assert_eq!(
        everywhere.reason,
        "openai/gpt-4o-mini was asked for by name"
    );

    let elsewhere = named("openai/gpt-4o-mini", &["openrouter"], &home);
    assert_eq!(ids(&elsewhere), ["openrouter/gpt-4o-mini"]);
    assert_eq!(elsewhere.candidates[0].upstream_name, "openai/gpt-4o-mini");

    let nowhere = named("openai/gpt-4o-mini", &["anthropic"], &home);
    assert!(nowhere.candidates.is_empty());
    assert_eq!(nowhere.removed[0].filter, Filter::NoKey);
    assert!(
        nowhere.reason.contains("no key for its provider"),
        "{}",
        nowhere.reason
    );
}

#[test]
fn a_local_model_can_be_named() {
    let home = [local("qwen/7b", 32_000, &[]), local("other", 8_000, &[])];
    let plan = named("local/qwen/7b", &["openai"], &home);
    assert_eq!(
        (ids(&plan), plan.class),
        (vec!["local/qwen/7b"], Class::Local)
    );
    assert_eq!(plan.candidates[0].upstream_name, "qwen/7b");
    assert_eq!(plan.reason, "asked for by name");
}

#[test]
fn an_unknown_model_is_named_in_the_error() {
    let error = |id: &str| {
        let target = Target::Model(id.to_owned());
        try_plan(EASY, target, Needs::default(), &["openai"], &[]).expect_err("unknown")
    };
    assert_eq!(
        error("openai/gpt-9").to_string(),
        "the model \"openai/gpt-9\" does not exist"
    );
    assert_eq!(error("local/none").model, "local/none");
}

#[test]
fn what_a_request_needs_keeps_models_out() {
    let home = [
        local("blind", 8_192, &["tools"]),
        local("seeing", 8_192, &["tools", "vision"]),
    ];
    let with = |capabilities: &[Capability], context_tokens, keys: &[&str]| {
        let needs = Needs {
            capabilities: capabilities.to_vec(),
            context_tokens,
        };
        try_plan(EASY, Target::Auto, needs, keys, &home).expect("auto")
    };
    let seeing = with(&[Capability::Vision], 100, &[]);
    assert_eq!(ids(&seeing), ["local/seeing"]);
    assert!(
        seeing.removed.contains(&Removed {
            model: "local/blind".to_owned(),
            filter: Filter::Capability
        }) || seeing.removed.len() == MAX_REMOVED
    );

    let long = with(&[], 8_193, &[]);
    assert!(long.candidates.is_empty());

    let groq = with(&[Capability::Vision], 100, &["groq"]);
    assert_eq!(ids(&groq), ["groq/qwen3.8-27b", "local/seeing"]);
    let refused = |model: &str| {
        groq.removed
            .iter()
            .find(|r| r.model == model)
            .map(|removed| removed.filter)
    };
    assert_eq!(refused("groq/gpt-oss-120b"), Some(Filter::Capability));

    let huge = with(&[], 500_000, &["groq", "openai"]);
    let roomy = |id: &str| {
        catalog()
            .model(id)
            .is_some_and(|m| m.context_tokens >= 500_000)
    };
    assert!(!huge.candidates.is_empty() && ids(&huge).into_iter().all(roomy));
    assert!(
        huge.removed
            .iter()
            .any(|removed| removed.filter == Filter::Context)
    );
}

#[test]
fn where_no_cloud_model_fits_a_local_one_may() {
    let home = [local("vast", 2_000_000, &[])];
    let needs = Needs {
        capabilities: vec![],
        context_tokens: 1_500_000,
    };
    let plan = try_plan(EASY, Target::Auto, needs, &["openai"], &home).expect("auto");
    assert_eq!(ids(&plan), ["local/vast"]);
    assert!(
        plan.reason
            .starts_with("no cloud model can take this request: local model")
    );
}

#[test]
fn a_retired_model_is_not_called() {
    let sonnet = "anthropic/claude-sonnet-4-5";
    let features = Features::default();
    let at = |at_ms| {
        let target = Target::Model(sonnet.to_owned());
        let providers = ["anthropic".to_owned()];
        let fleet = Fleet {
            catalog: catalog(),
            providers: &providers,
            local: &[],
        };
        let request = RouteRequest {
            target,
            features: &features,
            assessment: &Assessment::assumed(&features),
            needs: Needs::default(),
            outlay: Outlay {
                at_ms,
                ..outlay(&features)
            },
            warm: None,
            clearance: Clearance::general(&USUAL),
            settings: &SETTINGS,
            learnt: &LEARNT,
            seed: None,
        };
        plan(&request, &fleet).expect("known")
    };
    let end = catalog()
        .model(sonnet)
        .and_then(|m| m.retires_ms)
        .expect("announced");
    assert_eq!(ids(&at(end - 1)), [sonnet]);
    assert!(at(end).candidates.is_empty());
    assert_eq!(at(end).removed[0].filter, Filter::Retired);
}

proptest! {
    #[test]
    fn a_plan_is_bounded_callable_and_free_of_repeats(
        keys in proptest::sample::subsequence(
            vec!["anthropic", "openai", "groq", "openrouter", "deepseek", "together", "cloudflare"],
            0..7,
        ),
        need_tools in any::<bool>(),
        homes in 0..9_u32,
        context_tokens in 0..2_000_000_u32,
        hard in any::<bool>(),
    ) {
        let home: Vec<_> = (0..homes).map(|n| local(&n.to_string(), n * 300_000, &[])).collect();
        let capabilities = if need_tools { vec![Capability::Tools] } else { vec![] };
        let needs = Needs { capabilities, context_tokens };
        let text = if hard { HARD } else { EASY };
        let plan = try_plan(text, Target::Auto, needs, &keys, &home).unwrap();
        prop_assert!(plan.candidates.len() <= MAX_CANDIDATES);
        prop_assert!(plan.removed.len() <= MAX_REMOVED);
        prop_assert!(plan.reason.is_ascii());
        let mut seen = std::collections::HashSet::new();
        for candidate in &plan.candidates {
            prop_assert!(seen.insert(&candidate.model_id));
            let model = catalog().model(&candidate.model_id);
            prop_assert!(keys.contains(&candidate.provider.as_str()) || model.is_none());
            prop_assert!(model.is_none_or(|m| m.chats() && m.context_tokens >= context_tokens));
        }
    }
}

#[test]
fn a_preferred_model_comes_first_and_others_stand_behind_it() {
    let local = [local("tiny", 32_000, &[])];
    let target = Target::Preferred("anthropic/claude-sonnet-5-5".to_owned());
    let plan = try_plan(
        EASY,
        target,
        Needs::default(),
        &["anthropic", "openai"],
        &local,
    )
    .unwrap();
    let order: Vec<&str> = plan
        .candidates
        .iter()
        .map(|c| c.model_id.as_str())
        .collect();
    assert_eq!(order[0], "anthropic/claude-sonnet-5-5");
    assert_eq!(plan.candidates[1].class, Class::Sonnet);
    assert_eq!(order.last(), Some(&"local/tiny"));
    let different: std::collections::HashSet<_> = order.iter().collect();
    assert_eq!(different.len(), order.len());
}

#[test]
fn a_session_in_the_middle_of_a_turn_keeps_its_model() {
    let messages = [Turn {
        role: Role::User,
        text: EASY,
    }];
    let features = Features::of(&Prompt {
        messages: &messages,
        ..Prompt::default()
    });
    let providers = ["anthropic".to_owned(), "openai".to_owned()];
    let local = [local("tiny", 32_000, &[])];
    let fleet = Fleet {
        catalog: catalog(),
        providers: &providers,
        local: &local,
    };
    let opus = "anthropic/claude-opus-5-5";
    let assessment = Assessment::assumed(&features);
    let request = |warm| RouteRequest {
        target: Target::Auto,
        features: &features,
        assessment: &assessment,
        needs: Needs::default(),
        outlay: outlay(&features),
        warm,
        clearance: Clearance::general(&USUAL),
        settings: &SETTINGS,
        learnt: &LEARNT,
        seed: None,
    };
    let warm = Warm {
        model: opus,
        tokens: 10,
        in_turn: true,
    };
    let fresh = plan(&request(None), &fleet).unwrap();
    assert_ne!(fresh.candidates[0].model_id, opus);
    let stays = plan(&request(Some(warm)), &fleet).unwrap();
    assert_eq!(stays.candidates[0].model_id, opus);
    assert_eq!(stays.candidates.last().unwrap().model_id, "local/tiny");
    assert!(stays.candidates.len() <= MAX_CANDIDATES);
}

/// What is known beside the prompt.
pub(super) struct Given<'g> {
    pub(super) settings: &'g Settings,
    pub(super) seed: Option<u64>,
    pub(super) paces: &'g Paces,
    pub(super) bounds: Bounds,
    pub(super) warm: Option<Warm<'g>>,
}

/// Nothing but what everybody begins with.
pub(super) fn nothing() -> Given<'static> {
    Given {
        settings: &SETTINGS,
        seed: None,
        paces: &PACES,
        bounds: Bounds::default(),
        warm: None,
    }
}

pub(super) fn planned(text: &str, target: Target, given: Given<'_>) -> Plan {
    let messages = [Turn {
        role: Role::User,
        text,
    }];
    let features = Features::of(&Prompt {
        messages: &messages,
        ..Prompt::default()
    });
    let fleet = Fleet {
        catalog: catalog(),
        providers: &["openai", "anthropic"].map(str::to_owned),
        local: &[local("qwen", 32_000, &[])],
    };
    let request = RouteRequest {
        target,
        features: &features,
        assessment: &Assessment::assumed(&features),
        needs: Needs::default(),
        outlay: Outlay {
            paces: given.paces,
            bounds: given.bounds,
            ..outlay(&features)
        },
        warm: given.warm,
        clearance: Clearance::general(&USUAL),
        settings: given.settings,
        learnt: &LEARNT,
        seed: given.seed,
    };
    plan(&request, &fleet).expect("known")
}

fn set(text: &str, target: Target, settings: &Settings) -> Plan {
    planned(
        text,
        target,
        Given {
            settings,
            ..nothing()
        },
    )
}

#[test]
fn what_the_tenant_leaves_out_is_chosen_by_nobody_but_a_client_that_pins_it() {
    let settings = Settings {
        deny: vec!["openai/*".to_owned(), "local/qwen".to_owned()],
        ..Settings::USUAL
    };
    let left_out = |plan: &Plan| {
        let mut ids = plan.candidates.iter().map(|c| &c.model_id);
        !ids.any(|id| id.starts_with("openai/") || id == "local/qwen")
    };
    let auto = set(EASY, Target::Auto, &settings);
    assert!(left_out(&auto) && !auto.candidates.is_empty());
    let denied = |removed: &Removed| removed.filter == Filter::Denied;
    assert!(auto.removed.iter().any(denied));
    let preferred = Target::Preferred("openai/gpt-4o-mini".to_owned());
    let preferred = set(EASY, preferred, &settings);
    assert!(left_out(&preferred) && !preferred.candidates.is_empty());
    let pinned = Target::Model("openai/gpt-4o-mini".to_owned());
    let pinned = set(EASY, pinned, &settings);
    assert_eq!(ids(&pinned), ["openai/gpt-4o-mini"]);
    let allowed = Settings {
        allow: vec!["anthropic/claude-haiku-5-5".to_owned()],
        ..Settings::USUAL
    };
    let only = set(HARD, Target::Auto, &allowed);
    assert_eq!(ids(&only), ["anthropic/claude-haiku-5-5"]);
}

#[test]
fn the_mode_is_the_tenant_s_unless_the_client_names_one() {
    let performance = Settings {
        mode: Mode::Performance,
        ..Settings::USUAL
    };
    let plan = set(EASY, Target::Auto, &performance);
    assert_eq!(plan.mode, Mode::Performance);
    assert!(plan.reason.ends_with("performance mode"), "{}", plan.reason);
    let plan = set(EASY, Target::Mode(Mode::Efficiency), &performance);
    assert_eq!(plan.mode, Mode::Efficiency);
}
