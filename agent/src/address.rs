//! The two kinds of address the agent knows: where it dials in, and where a model server listens.

use std::net::{IpAddr, Ipv4Addr};

use reqwest::Url;

/// The path under which agents dial in.
const AGENT_PATH: &str = "moecraft/agent";

/// An address that cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not a URL.
    #[error("{0:?} is not a URL")]
    NotUrl(String),
    /// The service is reached by `http`, `https`, `ws` or `wss`.
    #[error("the service's URL begins with https:// (or http://, wss://, ws://), not {0}://")]
    Scheme(String),
    /// A model server is reached by plain `http` on the loopback, at its root.
    #[error(
        "a model server's URL is http://127.0.0.1:PORT, on this machine and without a path: {0}"
    )]
    NotLoopback(String),
    /// A URL with a user, a password, a query or a fragment.
    #[error("the URL may hold no user, password, query or fragment")]
    Extras,
}

/// The WebSocket address for an agent of this id, from the service's address as a person gives it.
///
/// # Errors
/// The address is no URL, has another scheme, or holds more than host, port and path.
pub fn upgrade_url(service: &str, agent_id: &str) -> Result<Url, AddressError> {
    let given = parse(service)?;
    let scheme = match given.scheme() {
        "http" | "ws" => "ws",
        "https" | "wss" => "wss",
        other => return Err(AddressError::Scheme(other.to_owned())),
    };
    // Through the text: `Url` does not change between special and other schemes.
    let rest = given
        .as_str()
        .split_once("://")
        .map_or("", |(_, rest)| rest)
        .trim_end_matches('/');
    let mut url = parse(&format!("{scheme}://{rest}/{AGENT_PATH}"))?;
    url.query_pairs_mut().append_pair("agent", agent_id);
    Ok(url)
}

/// Whether the key would cross a network in the clear.
#[must_use]
pub fn is_exposed(upgrade: &Url) -> bool {
    upgrade.scheme() == "ws" && loopback(upgrade).is_none()
}

/// A model server's base address. A host of `localhost` is pinned to 127.0.0.1, so that no resolver is
/// asked.
///
/// # Errors
/// The address is no URL or leads off this machine.
pub fn server_url(text: &str) -> Result<Url, AddressError> {
    let mut url = parse(text)?;
    let not_loopback = || AddressError::NotLoopback(text.to_owned());
    let host = loopback(&url).ok_or_else(not_loopback)?;
    if url.scheme() != "http" || url.path() != "/" {
        return Err(not_loopback());
    }
    url.set_ip_host(host).map_err(|()| not_loopback())?;
    Ok(url)
}

fn parse(text: &str) -> Result<Url, AddressError> {
    let url = Url::parse(text).map_err(|_| AddressError::NotUrl(text.to_owned()))?;
    let plain = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    if plain {
        Ok(url)
    } else {
        Err(AddressError::Extras)
    }
}

fn loopback(url: &Url) -> Option<IpAddr> {
    let host = url.host_str()?;
    if host == "localhost" {
        return Some(Ipv4Addr::LOCALHOST.into());
    }
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.parse::<IpAddr>().ok().filter(IpAddr::is_loopback)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_service_is_dialled_at_its_agent_path() {
        let dialled = |service: &str| upgrade_url(service, "box-1").unwrap().to_string();
        assert_eq!(
            dialled("https://a.example"),
            "wss://a.example/moecraft/agent?agent=box-1"
        );
        assert_eq!(
            dialled("wss://a.example/"),
            "wss://a.example/moecraft/agent?agent=box-1"
        );
        assert_eq!(
            dialled("http://127.0.0.1:8787"),
            "ws://127.0.0.1:8787/moecraft/agent?agent=box-1"
        );
        assert_eq!(
            dialled("ws://a.example/base"),
            "ws://a.example/base/moecraft/agent?agent=box-1"
        );
    }

    #[test]
    fn other_services_are_refused() {
        assert_eq!(
            upgrade_url("ftp://a", "x"),
            Err(AddressError::Scheme("ftp".into()))
        );
        assert_eq!(
            upgrade_url("a.example", "x"),
            Err(AddressError::NotUrl("a.example".into()))
        );
        assert_eq!(upgrade_url("https://u:p@a", "x"), Err(AddressError::Extras));
        assert_eq!(
            upgrade_url("https://a/?k=v", "x"),
            Err(AddressError::Extras)
        );
    }

    #[test]
    fn a_key_in_the_clear_is_noticed() {
        let exposed = |service: &str| is_exposed(&upgrade_url(service, "x").unwrap());
        assert!(exposed("http://a.example"));
        assert!(!exposed("https://a.example"));
        assert!(!exposed("http://localhost:8787"));
        assert!(!exposed("ws://[::1]:8787"));
    }

    #[test]
    fn a_model_server_is_on_this_machine() {
        let base = |text: &str| server_url(text).unwrap().to_string();
        assert_eq!(base("http://localhost:8080"), "http://127.0.0.1:8080/");
        assert_eq!(base("http://127.0.0.2:1/"), "http://127.0.0.2:1/");
        assert_eq!(base("http://[::1]:8080"), "http://[::1]:8080/");
        for away in [
            "http://192.168.1.5:8080",
            "http://localhost.example:80",
            "http://0.0.0.0:80",
            "https://127.0.0.1:8080",
            "http://127.0.0.1:8080/v1",
            "file:///etc/passwd",
        ] {
            assert_eq!(
                server_url(away),
                Err(AddressError::NotLoopback(away.into()))
            );
        }
    }
}
