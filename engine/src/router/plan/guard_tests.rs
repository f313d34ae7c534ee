//! What the guard keeps out of a plan, on the embedded catalogue.

use super::tests::{HARD, LEARNT, SETTINGS, local, outlay};
use super::*;
use crate::features::{Features, Prompt, Role, Turn};
use crate::guard::{Action, Override, Policy};
use moecraft_catalog::{Trust, catalog};

const KEYS: [&str; 5] = ["anthropic", "openai", "deepseek", "moonshot", "zai"];
const TIERS: [Tier; 3] = [Tier::Prohibited, Tier::Restricted, Tier::General];

fn guarded(target: Target, policy: &Policy, tier: Tier, local: &[LocalModel]) -> Plan {
    let messages = [Turn {
        role: Role::User,
        text: HARD,
    }];
    let features = Features::of(&Prompt {
        messages: &messages,
        ..Prompt::default()
    });
    let request = RouteRequest {
        target,
        features: &features,
        assessment: &Assessment::assumed(&features),
        needs: Needs::default(),
        outlay: outlay(&features),
        warm: None,
        clearance: Clearance {
            tier,
            maskable: true,
            ..Clearance::general(policy)
        },
        settings: &SETTINGS,
        learnt: &LEARNT,
        seed: None,
    };
    let fleet = Fleet {
        catalog: catalog(),
        providers: &KEYS.map(str::to_owned),
        local,
    };
    plan(&request, &fleet).expect("known")
}

fn pinned(id: &str) -> Target {
    Target::Model(id.to_owned())
}

#[test]
fn nothing_sensitive_is_planned_for_an_untrusted_model_whatever_was_asked_for() {
    let local = [local("qwen2.5-coder-7b", 32_000, &[])];
    let targets = || {
        let models = catalog().chat_models().map(|model| &model.id);
        let named = models.flat_map(|id| [pinned(id), Target::Preferred(id.clone())]);
        named.chain([Target::Auto, pinned("local/qwen2.5-coder-7b")])
    };
    for target in targets() {
        for tier in TIERS {
            let plan = guarded(target.clone(), &Policy::default(), tier, &local);
            let untrusted = plan
                .candidates
                .iter()
                .filter(|c| c.trust == Trust::Untrusted);
            let hosted = |c: &Candidate| c.class != Class::Local;
            match tier {
                Tier::Prohibited => assert_eq!(untrusted.count(), 0, "{target:?}"),
                Tier::Restricted => assert!(!untrusted.clone().any(hosted), "{target:?}"),
                Tier::General => assert_eq!(plan.barred, None),
            }
        }
    }
}

#[test]
fn a_plan_says_whom_the_guard_has_kept_out() {
    let kimi = "moonshot/kimi-k3";
    let plan = guarded(pinned(kimi), &Policy::default(), Tier::Prohibited, &[]);
    assert!(plan.candidates.is_empty());
    assert_eq!(plan.barred.as_deref(), Some(kimi));
    assert_eq!(plan.removed[0].filter, Filter::Trust);
    assert!(plan.reason.contains("not trusted"), "{}", plan.reason);
    let preferred = Target::Preferred(kimi.to_owned());
    let plan = guarded(preferred, &Policy::default(), Tier::Prohibited, &[]);
    assert!(!plan.candidates.is_empty(), "others stand in");
    assert_eq!(plan.barred.as_deref(), Some(kimi));
}

#[test]
fn a_policy_may_block_tier_0_everywhere_or_distrust_a_model() {
    let block = Policy {
        prohibited: Action::Block,
        ..Policy::default()
    };
    let plan = guarded(Target::Auto, &block, Tier::Prohibited, &[]);
    assert!(plan.candidates.is_empty());
    assert_eq!(plan.removed[0].filter, Filter::Blocked);
    let gpt = "openai/gpt-4o-mini";
    let distrust = Policy {
        distrusted: vec![gpt.to_owned()],
        ..Policy::default()
    };
    let plan = guarded(pinned(gpt), &distrust, Tier::Restricted, &[]);
    assert_eq!(plan.barred.as_deref(), Some(gpt));
}

#[test]
fn an_override_lets_tier_1_through_and_never_tier_0() {
    let kimi = "moonshot/kimi-k3";
    let policy = Policy {
        overrides: vec![Override {
            model: kimi.to_owned(),
            reason: "contract".to_owned(),
        }],
        ..Policy::default()
    };
    let first = |tier| {
        let plan = guarded(pinned(kimi), &policy, tier, &[]);
        plan.candidates.first().map(|first| first.model_id.clone())
    };
    assert_eq!(first(Tier::Restricted).as_deref(), Some(kimi));
    assert_eq!(first(Tier::Prohibited), None);
}

#[test]
fn a_model_found_by_its_name_alone_is_judged_by_that_name() {
    let policy = Policy::default();
    let of = |name, tier| {
        let candidate = Candidate::by_name("upstream", name, "passed by name");
        let clearance = Clearance {
            tier,
            ..Clearance::general(&policy)
        };
        Plan::only(
            candidate,
            "by name".to_owned(),
            &clearance,
            &outlay(&Features::default()),
        )
    };
    let barred = of("deepseek-next", Tier::Prohibited);
    assert_eq!(barred.barred.as_deref(), Some("upstream/deepseek-next"));
    assert!(barred.candidates.is_empty());
    assert_eq!(of("never-heard-of", Tier::Restricted).candidates, []);
    assert_eq!(of("claude-next", Tier::Prohibited).candidates.len(), 1);
    assert_eq!(of("deepseek-next", Tier::General).candidates.len(), 1);
}
