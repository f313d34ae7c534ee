//! The key that an answer is kept under: everything that can change the answer, within one tenant.

use sha2::{Digest, Sha256};

use crate::guard::Tier;

/// Begins what is hashed: a change of the form must change every key.
const FORM: &[u8] = b"moecraft surrogate 3\0";

/// What an answer depends on, within one tenant.
#[derive(Debug, Clone, Copy)]
pub struct ReplayParts<'a> {
    /// The policy or model the client's name stands for, such as `balanced`.
    pub requested: &'a str,
    /// The class or model that was chosen to answer.
    pub chosen: &'a str,
    /// The tier of the request's data.
    pub tier: Tier,
    /// What the tenant has set for guard and router ([`crate::admission::Snapshot::policy`]).
    pub policy: u64,
    /// The features that the client switches on beside the body (`anthropic-beta`).
    pub betas: &'a str,
    /// The digest of what is asked.
    pub question: &'a [u8; 32],
}

/// The key of a request in the surrogate cache of its tenant: 64 hexadecimal digits.
pub fn replay_key(parts: &ReplayParts<'_>) -> String {
    let mut hash = Sha256::new_with_prefix(FORM);
    for part in [parts.requested, parts.chosen, parts.betas] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.update([parts.tier.number()]);
    hash.update(parts.policy.to_be_bytes());
    hash.update(parts.question);
    let digest = hash.finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    const PARTS: ReplayParts<'static> = ReplayParts {
        requested: "balanced",
        chosen: "haiku",
        tier: Tier::General,
        policy: 0,
        betas: "",
        question: &[7; 32],
    };

    #[test]
    fn every_part_matters() {
        let others = [
            PARTS,
            ReplayParts {
                requested: "efficiency",
                ..PARTS
            },
            ReplayParts {
                chosen: "opus",
                ..PARTS
            },
            ReplayParts {
                requested: "balancedhaiku",
                chosen: "",
                ..PARTS
            },
            ReplayParts {
                tier: Tier::Restricted,
                ..PARTS
            },
            ReplayParts { policy: 1, ..PARTS },
            ReplayParts {
                betas: "context-1m",
                ..PARTS
            },
            ReplayParts {
                question: &[8; 32],
                ..PARTS
            },
        ];
        let keys: HashSet<String> = others.iter().map(replay_key).collect();
        assert_eq!(keys.len(), others.len());
        assert!(keys.iter().all(|key| key.len() == 64));
    }

    #[test]
    fn keys_stay_the_same_from_one_release_to_the_next() {
        assert_eq!(
            replay_key(&PARTS),
            "12a6310187fbfbfad78e852d043d3e9076357f31b20f5cd59d7833abc1d0ff00"
        );
    }
}
