//! The agent's id: the same at every start, different from other machines'.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use moecraft_wire::tunnel::{MAX_AGENT_ID, is_agent_id};

/// Bytes of a host name that go into an id.
const MAX_HOST: usize = 40;

/// The folder for state that outlives a run: `$XDG_STATE_HOME/moecraft`, by default
/// `~/.local/state/moecraft`. Nothing if the environment names no home.
#[must_use]
pub fn state_dir(xdg_state_home: Option<OsString>, home: Option<OsString>) -> Option<PathBuf> {
    let set = |value: Option<OsString>| value.map(PathBuf::from).filter(|path| path.is_absolute());
    set(xdg_state_home)
        .or_else(|| set(home).map(|home| home.join(".local/state")))
        .map(|base| base.join("moecraft"))
}

/// The stored id, or a new one of the host's name and a random part, which is then stored.
///
/// # Errors
/// The folder or the file cannot be written.
pub fn stable_id(dir: &Path, host: &str) -> io::Result<String> {
    let file = dir.join("agent-id");
    match fs::read_to_string(&file) {
        Ok(text) if is_agent_id(text.trim()) => return Ok(text.trim().to_owned()),
        Ok(_) => {}
        Err(e) if e.kind() == io::ErrorKind::NotFound => {}
        Err(e) => return Err(e),
    }
    let id = format!("{}-{:08x}", host_part(host), fastrand::u32(..));
    fs::create_dir_all(dir)?;
    // Renamed into place: a run that dies here leaves no half id.
    let fresh = dir.join(format!("agent-id.{}", std::process::id()));
    fs::write(&fresh, format!("{id}\n"))?;
    fs::rename(&fresh, &file)?;
    Ok(id)
}

/// What of a host's name may stand in an id.
fn host_part(host: &str) -> String {
    const { assert!(MAX_HOST + 9 <= MAX_AGENT_ID) };
    let part: String = host
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .take(MAX_HOST)
        .collect();
    if part.is_empty() {
        "host".to_owned()
    } else {
        part
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_made_once_and_kept() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("moecraft");
        let id = stable_id(&dir, "My Büro.local").unwrap();
        assert!(id.starts_with("My-B-ro-local-"), "{id}");
        assert!(is_agent_id(&id));
        assert_eq!(stable_id(&dir, "renamed").unwrap(), id);
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 1);
    }

    #[test]
    fn a_damaged_id_is_made_anew() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("agent-id"), "../../etc\0").unwrap();
        let id = stable_id(home.path(), &"h".repeat(300)).unwrap();
        assert!(is_agent_id(&id), "{id}");
        assert_eq!(stable_id(home.path(), "h").unwrap(), id);
    }

    #[test]
    fn state_lives_where_the_environment_says() {
        let dir = |xdg: Option<&str>, home: Option<&str>| {
            state_dir(xdg.map(Into::into), home.map(Into::into))
        };
        assert_eq!(dir(Some("/s"), Some("/h")), Some("/s/moecraft".into()));
        assert_eq!(
            dir(None, Some("/h")),
            Some("/h/.local/state/moecraft".into())
        );
        assert_eq!(
            dir(Some("relative"), Some("/h")),
            Some("/h/.local/state/moecraft".into())
        );
        assert_eq!(dir(None, None), None);
    }
}
