use super::*;
use crate::embedding::Table;
use crate::features::{Features, Prompt, Role, Turn};
use crate::predict::{GENERAL, Predictor, Traffic};
use crate::router::{Care, Choice, Figures, Prior, Worth, choose};

/// How the shipped model and policy choose for one prompt, as the first of its traffic.
fn decide(text: &str) -> (Choice, f64) {
    let policy = PoolPolicy::shipped();
    let messages = [Turn {
        role: Role::User,
        text,
    }];
    let features = Features::of(&Prompt {
        messages: &messages,
        ..Prompt::default()
    });
    let predictor = Predictor::shipped();
    let inputs = predictor.inputs(&features, Table::shipped().embed(text).as_ref());
    let foreign = Traffic::default().foreign(policy.familiar.foreignness(&inputs));
    let prior = Prior::of(&features);
    let figures: Vec<Figures> = predictor
        .outlooks(&inputs)
        .iter()
        .zip(&policy.standings)
        .map(|(outlook, standing)| Figures {
            p: outlook.p,
            prior: prior.p(standing.tier),
            cost_usd: standing.cost_usd,
            latency_ms: 0.0,
        })
        .collect();
    let worth = Worth {
        value: 1.0,
        lambda: policy.lambda,
        second: 0.0,
        floor: 0.0,
    };
    let care = Care {
        foreign,
        trial: 0.0,
        draw: 0.5,
    };
    (
        choose(&figures, &worth, &care).expect("three tiers"),
        foreign,
    )
}

fn expect(tier: Tier, prompts: &[&str]) {
    for prompt in prompts {
        let (choice, foreign) = decide(prompt);
        let chosen = PoolPolicy::shipped().standings[choice.index].tier;
        assert_eq!(chosen, tier, "{prompt}: foreign {foreign:.2}, {choice:?}");
    }
}

#[test]
fn small_talk_and_look_ups_go_to_the_cheapest() {
    expect(
        Tier::Cheap,
        &[
            "hi",
            "Hello, how are you today?",
            "Thanks, that was great!",
            "What is the capital of France?",
            "Translate 'good morning' to Spanish.",
            "Say OK.",
        ],
    );
}

#[test]
fn ordinary_work_goes_to_the_middle() {
    expect(
        Tier::Mid,
        &[
            "Explain the difference between TCP and UDP with an example of each.",
            "Draft an email to a customer that explains why the delivery is late, then suggest a plan.",
            "Compare React and Vue for a small team and explain which you would choose.",
        ],
    );
}

#[test]
fn proofs_and_designs_go_to_the_dearest() {
    expect(
        Tier::Expensive,
        &[
            "Prove that every finite integral domain is a field, then derive from the proof why the \
             theorem fails for infinite rings, with a counterexample.",
            "Design the architecture of a distributed rate limiter over five regions that stays \
             linearizable under network partitions. Compare consensus protocols, analyse the \
             trade-offs, and justify each step.",
        ],
    );
}

#[test]
fn the_shipped_policy_can_be_read_and_fits_the_shipped_model() {
    let policy = PoolPolicy::shipped();
    let tiers: Vec<Tier> = policy
        .standings
        .iter()
        .map(|standing| standing.tier)
        .collect();
    assert_eq!(tiers, Tier::ALL);
    assert!(policy.lambda > 0.0);
    for standing in &policy.standings {
        assert!(standing.prior <= standing.base);
    }
}

#[test]
fn a_damaged_file_is_refused() {
    let file = include_bytes!("../../../models/general-policy.bin");
    assert!(PoolPolicy::read(file, GENERAL).is_ok());
    assert_eq!(PoolPolicy::read(file, "another").err(), Some(Damage::Pool));
    let mut damaged = file.to_vec();
    if let Some(byte) = damaged.get_mut(500) {
        *byte ^= 1;
    }
    assert_eq!(
        PoolPolicy::read(&damaged, GENERAL).err(),
        Some(Damage::Checksum)
    );
    assert!(PoolPolicy::read(&file[..100], GENERAL).is_err());
    assert!(PoolPolicy::read(&[], GENERAL).is_err());
}
