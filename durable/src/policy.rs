//! What the tenant has set for the data-flow guard.

use moecraft_engine::guard::Policy;
use serde::Deserialize;
use serde_json::{Value, json};
use worker::Result;

use crate::sql::{Sql, int, text};

#[derive(Deserialize)]
struct Stored {
    policy: String,
}

/// The policy that was set last; the usual one where none was.
///
/// # Errors
/// When what is stored cannot be read: the guard must not fall back to less than was asked of it.
pub(crate) fn load(sql: &Sql) -> Result<Policy> {
    let stored: Option<Stored> = sql.row("SELECT policy FROM guard_policy", vec![])?;
    match stored {
        Some(stored) => Ok(serde_json::from_str(&stored.policy)?),
        None => Ok(Policy::default()),
    }
}

/// Sets the policy. The database notes in the audit which key did, in the same statement.
pub(crate) fn store(sql: &Sql, policy: &Policy, key_id: &str, at: u64) -> Result<()> {
    sql.run(
        "INSERT OR REPLACE INTO guard_policy (id, policy, at, key_id, outline)
         VALUES (0, ?, ?, ?, ?)",
        vec![
            text(&serde_json::to_string(policy)?),
            int(at),
            text(key_id),
            text(&outline(policy).to_string()),
        ],
    )?;
    Ok(())
}

/// A policy as the audit keeps it: the tenant's own words are confidential, so only their number.
pub fn outline(policy: &Policy) -> Value {
    json!({
        "strict": policy.strict,
        "prohibited": policy.prohibited,
        "distrusted": policy.distrusted,
        "overrides": policy.overrides,
        "lexicon": {
            "confidential": policy.lexicon.confidential.len(),
            "restricted": policy.lexicon.restricted.len(),
            "domains": policy.lexicon.domains.len(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use moecraft_engine::guard::Lexicon;

    #[test]
    fn the_audit_is_not_told_the_tenant_s_own_words() {
        let policy = Policy {
            lexicon: Lexicon {
                confidential: vec!["bluebird".to_owned()],
                ..Lexicon::default()
            },
            ..Policy::default()
        };
        let outline = outline(&policy).to_string();
        assert!(!outline.contains("bluebird"), "{outline}");
        assert!(outline.contains("\"confidential\":1"), "{outline}");
    }
}
