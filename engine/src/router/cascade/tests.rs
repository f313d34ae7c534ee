use moecraft_catalog::{Class, catalog};

use crate::features::{Features, Prompt, Role, Tool, Turn};
use crate::guard::{Policy, Tier};
use crate::health::Paces;
use crate::router::settings::Cascade as Wish;
use crate::router::{
    Assessment, Bounds, Clearance, Fleet, Learnt, Lengths, Mode, Needs, Outlay, Plan, RouteRequest,
    Settings, Target, plan,
};

const AT: u64 = 1_795_305_600_000;
const KEYS: [&str; 4] = ["openai", "anthropic", "google", "mistral"];
/// A sum in words, of the kind that the verifier was learned from.
const SUM: &str = "A train travels 120 miles in 3 hours and then 80 miles in 2 hours. What is its \
                   average speed for the whole trip, in miles per hour?";

struct Case<'a> {
    turns: &'a [Turn<'a>],
    tools: &'a [Tool<'a>],
    target: Target,
    wish: Wish,
    keys: &'a [&'a str],
    tier: Tier,
    seed: Option<u64>,
    bounds: Bounds,
}

impl Default for Case<'_> {
    fn default() -> Self {
        Self {
            turns: &[Turn {
                role: Role::User,
                text: SUM,
            }],
            tools: &[],
            target: Target::Mode(Mode::Balanced),
            wish: Wish::Auto,
            keys: &KEYS,
            tier: Tier::General,
            seed: None,
            bounds: Bounds::default(),
        }
    }
}

impl Case<'_> {
    fn plan(&self) -> Plan {
        let prompt = Prompt {
            messages: self.turns,
            tools: self.tools,
            ..Prompt::default()
        };
        let features = Features::of(&prompt);
        let providers: Vec<String> = self.keys.iter().map(|&key| key.to_owned()).collect();
        let (guard, learnt) = (Policy::default(), Learnt::default());
        let clearance = Clearance::general(&guard);
        let settings = Settings {
            cascade: self.wish,
            explore: 0.1,
            ..Settings::USUAL
        };
        let request = RouteRequest {
            target: self.target.clone(),
            features: &features,
            assessment: &Assessment::of(&prompt, &features),
            needs: Needs::default(),
            outlay: Outlay {
                prompt_tokens: features.prompt_tokens,
                lengths: Lengths::default(),
                paces: &Paces::default(),
                bounds: self.bounds,
                at_ms: AT,
            },
            warm: None,
            clearance: Clearance {
                tier: self.tier,
                ..clearance
            },
            settings: &settings,
            learnt: &learnt,
            seed: self.seed,
        };
        let fleet = Fleet {
            catalog: catalog(),
            providers: &providers,
            local: &[],
        };
        plan(&request, &fleet).expect("a policy is always known")
    }

    fn cascades(&self) -> bool {
        self.plan().cascade.is_some()
    }
}

fn user(text: &str) -> [Turn<'_>; 1] {
    [Turn {
        role: Role::User,
        text,
    }]
}

#[test]
fn two_cheap_models_of_different_makers_come_before_a_dear_one() {
    let plan = Case::default().plan();
    assert_ne!(plan.class, Class::Haiku, "{}", plan.reason);
    let cascade = plan.cascade.expect("it pays");
    let [first, second] = &cascade.probes;
    assert_eq!([first.class, second.class], [Class::Haiku; 2]);
    assert_ne!(first.provider, second.provider);
    assert!(cascade.stakes.pays());
}

#[test]
fn only_where_the_tenant_wants_it_and_the_choice_is_the_router_s() {
    assert!(Case::default().cascades());
    let never = Case {
        wish: Wish::Off,
        ..Case::default()
    };
    assert!(!never.cascades());
    let mut models = catalog().chat_models();
    let opus = models.find(|model| model.class == Class::Opus && model.provider == "anthropic");
    let id = &opus.expect("one").id;
    for target in [Target::Model(id.clone()), Target::Preferred(id.clone())] {
        let named = Case {
            target,
            ..Case::default()
        };
        assert!(!named.cascades());
    }
}

#[test]
fn not_where_the_cheap_class_is_the_choice_or_was_drawn() {
    let easy = Case {
        turns: &user("What is the capital of France?"),
        ..Case::default()
    };
    let plan = easy.plan();
    assert_eq!((plan.class, plan.cascade), (Class::Haiku, None));
    for seed in 0..50 {
        let plan = Case {
            seed: Some(seed),
            ..Case::default()
        }
        .plan();
        let explores = plan.reason.starts_with("explores");
        assert!(
            !explores || plan.cascade.is_none(),
            "an exploration is of one model"
        );
    }
}

#[test]
fn not_beyond_what_the_client_allows() {
    let within = |cost_nanos, latency_ms| {
        Case {
            bounds: Bounds {
                cost_nanos,
                latency_ms,
            },
            ..Case::default()
        }
        .cascades()
    };
    assert!(within(Some(u64::MAX), None));
    assert!(!within(Some(1), None));
    assert!(!within(None, Some(u32::MAX)));
}

#[test]
fn not_where_nobody_of_another_maker_is_at_hand() {
    for keys in [&["openai"][..], &["anthropic"], &[]] {
        let case = Case {
            keys,
            ..Case::default()
        };
        assert!(!case.cascades(), "{keys:?}");
    }
}

#[test]
fn not_for_what_the_verifier_never_saw() {
    for text in [
        "Write a story about 3 trains and 2 stations.",
        "Gutschrift Nr. 4711 vom 3. Mai über 12,50: bitte umgehend an Frau Özdemir weiterleiten!",
        "Explain the difference between TCP and UDP with an example of each.",
        "Design the architecture of a distributed rate limiter over five regions.",
    ] {
        let case = Case {
            turns: &user(text),
            ..Case::default()
        };
        assert!(!case.cascades(), "{text}");
    }
    let said = |role, text| Turn { role, text };
    let talk = [
        said(Role::User, "Hi."),
        said(Role::Assistant, "Hello!"),
        said(Role::User, SUM),
    ];
    let late = Case {
        turns: &talk,
        ..Case::default()
    };
    assert!(!late.cascades());
}

#[test]
fn nobody_is_asked_first_who_may_not_be_given_the_request_as_it_is() {
    for tier in [Tier::Restricted, Tier::Prohibited] {
        let plan = Case {
            tier,
            ..Case::default()
        }
        .plan();
        for probe in plan.cascade.iter().flat_map(|cascade| &cascade.probes) {
            assert_eq!(probe.trust, moecraft_catalog::Trust::Trusted, "{tier:?}");
        }
    }
}

#[test]
fn not_where_it_would_save_too_little() {
    let thrifty = Case {
        target: Target::Mode(Mode::Efficiency),
        ..Case::default()
    };
    let plan = thrifty.plan();
    assert_eq!((plan.class, plan.cascade), (Class::Sonnet, None));
}
