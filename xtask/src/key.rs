//! A tenant's key, minted on the operator's machine with the Worker's own secret.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, anyhow};
use moecraft_engine::key::{self, Scope};

const SECRET: &str = "MOECRAFT_KEY_SECRET";

/// Prints a new key for `tenant`, and nothing else, on standard output.
pub(crate) fn print(root: &Path, tenant: &str, owner: bool) -> Result<()> {
    let secret = secret(root)?;
    let mut key_id = [0; 8];
    getrandom::fill(&mut key_id).map_err(|error| anyhow!("no randomness: {error}"))?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
    let scope = if owner { Scope::Owner } else { Scope::Member };
    let key = key::mint(
        secret.as_bytes(),
        tenant,
        scope,
        u64::try_from(now)?,
        key_id,
    )?;
    writeln!(std::io::stdout(), "{key}")?;
    Ok(())
}

/// The secret from the environment, or from the file wrangler reads in development.
fn secret(root: &Path) -> Result<String> {
    if let Ok(secret) = std::env::var(SECRET) {
        return Ok(secret);
    }
    let text = fs::read_to_string(root.join(".dev.vars")).unwrap_or_default();
    value(&text, SECRET)
        .with_context(|| format!("{SECRET} is neither in the environment nor in .dev.vars"))
}

/// The value of `name` in a file of `NAME=value` lines; quotes around it are not part of it.
fn value(text: &str, name: &str) -> Option<String> {
    let mut pairs = text.lines().filter_map(|line| line.split_once('='));
    let (_, value) = pairs.find(|(key, _)| key.trim() == name)?;
    let value = value.trim();
    let bare = value
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(value);
    (!bare.is_empty()).then(|| bare.to_owned())
}

#[cfg(test)]
mod tests {
    use super::value;

    #[test]
    fn a_value_is_found_with_or_without_quotes() {
        let text = "# secrets\nA=1=2\nB = \"two words\"\nEMPTY=\n";
        assert_eq!(value(text, "A").as_deref(), Some("1=2"));
        assert_eq!(value(text, "B").as_deref(), Some("two words"));
        assert_eq!(value(text, "EMPTY"), None);
        assert_eq!(value(text, "C"), None);
    }
}
