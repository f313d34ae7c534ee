//! When an earlier answer may serve a request, and its own answer be kept.

/// What a `cache-control` header of a request asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CacheControl {
    /// No earlier answer, and the new one is not kept.
    pub no_store: bool,
    /// A new answer, which may be kept.
    pub no_cache: bool,
    /// No answer older than this, ms.
    pub max_age_ms: Option<u64>,
}

impl CacheControl {
    /// Reads the header; directives that mean nothing here are passed over.
    pub fn parse(header: &str) -> Self {
        let mut wish = Self::default();
        for directive in header.split(',').map(str::trim) {
            let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
            if name.eq_ignore_ascii_case("no-store") {
                wish.no_store = true;
            } else if name.eq_ignore_ascii_case("no-cache") {
                wish.no_cache = true;
            } else if name.eq_ignore_ascii_case("max-age")
                && let Ok(seconds) = value.trim().trim_matches('"').parse::<u64>()
            {
                wish.max_age_ms = Some(seconds.saturating_mul(1000));
            }
        }
        wish
    }
}

/// What the rule about replay looks at in a request.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ReplayTraits {
    /// The client named a policy and left the choice of model open.
    pub policy: bool,
    /// `temperature`, where given.
    pub temperature: Option<f64>,
    /// A `seed` was given.
    pub seed: bool,
    /// Nothing is drawn: embeddings are computed.
    pub computed: bool,
    /// Tools are offered, or results of tools are in the history.
    pub tool_use: bool,
    /// The client wants nothing kept.
    pub no_store: bool,
}

/// Whether an earlier answer may be served for such a request, and its answer be kept.
///
/// Never for the turns of tool use, or when the client says no. A policy's answer may be, unless the
/// client asked for variety. A model that was named must answer itself, unless the client asked for
/// the same answer every time.
pub fn replayable(traits: &ReplayTraits) -> bool {
    let forbidden = traits.no_store || traits.tool_use;
    let deterministic = traits.seed || traits.computed || traits.temperature == Some(0.0);
    let varied = !deterministic && traits.temperature.is_some_and(|degrees| degrees != 0.0);
    !forbidden
        && match traits.policy {
            true => !varied,
            false => deterministic,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: ReplayTraits = ReplayTraits {
        policy: true,
        temperature: None,
        seed: false,
        computed: false,
        tool_use: false,
        no_store: false,
    };
    const NAMED: ReplayTraits = ReplayTraits {
        policy: false,
        ..POLICY
    };

    fn at(temperature: f64, of: ReplayTraits) -> ReplayTraits {
        ReplayTraits {
            temperature: Some(temperature),
            ..of
        }
    }

    #[test]
    fn a_policys_answer_is_replayed_unless_variety_was_asked_for() {
        assert!(replayable(&POLICY));
        assert!(replayable(&at(0.0, POLICY)));
        assert!(!replayable(&at(0.7, POLICY)));
        assert!(!replayable(&at(f64::NAN, POLICY)));
        let seeded = ReplayTraits {
            seed: true,
            ..POLICY
        };
        assert!(replayable(&at(0.7, seeded)));
    }

    #[test]
    fn a_named_models_answer_is_replayed_only_if_it_was_to_be_the_same() {
        assert!(!replayable(&NAMED));
        assert!(!replayable(&at(1.0, NAMED)));
        assert!(replayable(&at(0.0, NAMED)));
        assert!(replayable(&ReplayTraits {
            seed: true,
            ..NAMED
        }));
        assert!(replayable(&ReplayTraits {
            computed: true,
            ..NAMED
        }));
    }

    #[test]
    fn tool_use_and_the_clients_header_switch_replay_off() {
        for of in [POLICY, NAMED] {
            let sure = ReplayTraits { seed: true, ..of };
            assert!(replayable(&sure));
            assert!(!replayable(&ReplayTraits {
                tool_use: true,
                ..sure
            }));
            assert!(!replayable(&ReplayTraits {
                no_store: true,
                ..sure
            }));
        }
    }

    #[test]
    fn the_header_is_read_as_it_is_written_anywhere() {
        let of = CacheControl::parse;
        assert_eq!(of(""), CacheControl::default());
        assert_eq!(
            of("private, x-no-store, max-stale=5"),
            CacheControl::default()
        );
        assert!(of("max-age=0 , No-Store").no_store);
        assert!(of("private,No-Cache").no_cache);
        assert_eq!(of("Max-Age=60").max_age_ms, Some(60_000));
        assert_eq!(of("max-age=\"60\"").max_age_ms, Some(60_000));
        assert_eq!(of("max-age=soon, max-age").max_age_ms, None);
        assert_eq!(
            of("max-age=18446744073709551615").max_age_ms,
            Some(u64::MAX)
        );
    }
}
