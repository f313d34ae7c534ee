//! The tenant's policy, as the Worker decides by it.

use moecraft_catalog::Trust;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::guard::Policy;
use crate::health::{FailureClass, Health, Paces};
use crate::predict::Traffic;
use crate::router::{Learnt, Settings};

/// The tenant's policy as the Worker needs it to decide, cached per isolate by its version.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// A digest of the content: equal versions mean equal policies. 0 is the empty policy.
    pub version: u64,
    /// A digest of what the tenant has set for guard and router: an answer given under other settings is
    /// not served again. 0 where nothing is set.
    #[serde(default)]
    pub policy: u64,
    /// Models that the tenant's connected agents serve at this moment.
    pub local: Vec<LocalModel>,
    /// Places that are not to be called. One that is listed is blocked, whatever the reader's clock
    /// says: the object takes it off the list, and thereby makes a new version.
    #[serde(default)]
    pub health: Vec<BlockedPlace>,
    /// Places whose return nobody has tried yet. One request tries it: it is claimed at admission,
    /// for the first place of its plan. All that fail over meanwhile pass these by, or they would
    /// come down on a place that has hardly risen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub half_open: Vec<HalfOpenPlace>,
    /// How long models have taken to answer of late.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub paces: Paces,
    /// What the tenant has set for the guard.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub guard: Policy,
    /// What the tenant has set for the router.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub routing: Settings,
    /// What the tenant's outcomes have taught the router.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub learnt: Learnt,
    /// What the tenant's prompts of late looked like.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub traffic: Traffic,
}

/// What is the tenant's own in a snapshot.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Own {
    /// What it has set for the guard.
    pub guard: Policy,
    /// What it has set for the router.
    pub routing: Settings,
    /// What its outcomes have taught the router.
    pub learnt: Learnt,
    /// What its prompts of late looked like.
    pub traffic: Traffic,
}

fn is_usual<T: Default + PartialEq>(set: &T) -> bool {
    *set == T::default()
}

/// Equal for equal content, and never 0; 53 bits, so that the number survives any JSON reader.
fn digest(content: &impl Serialize) -> serde_json::Result<u64> {
    let digest = Sha256::digest(serde_json::to_vec(content)?);
    let head = digest.iter().take(8);
    let head = head.fold(0u64, |n, byte| n << 8 | u64::from(*byte));
    Ok((head >> 11).max(1))
}

/// A place that may serve again, which has to be seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HalfOpenPlace {
    /// The provider, as targets name it.
    pub provider: String,
    /// The catalogue id of the model; none is every model of the provider.
    pub model: Option<String>,
}

/// A place that has failed, or whose limit is used up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockedPlace {
    /// The provider, as targets name it.
    pub provider: String,
    /// The catalogue id of the model; none is every model of the provider.
    pub model: Option<String>,
    /// When it will be tried again, Unix ms.
    pub until_ms: u64,
    /// What went wrong.
    pub why: FailureClass,
}

/// One model served by a connected agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalModel {
    /// The name the agent registered; the catalogue id is `local/<name>`.
    pub name: String,
    /// The context that the server really has loaded, in tokens.
    pub context_tokens: u32,
    /// What the server says it can do, such as `chat`, `tools`, `vision`.
    pub capabilities: Vec<String>,
    /// Requests the server works on at once.
    pub parallel: u32,
    /// Whether it is trusted, as its agent says.
    #[serde(default)]
    pub trust: Trust,
}

impl Snapshot {
    /// The snapshot of what the tenant has set, of these local models, and of the places that are blocked
    /// or half-open at `now` (Unix ms). Its version depends on the content alone, so that a restart of the object, or agents that
    /// come back as they were, change nothing.
    ///
    /// # Errors
    /// When the content cannot be written as JSON: without a version no policy may be told.
    pub fn of(
        own: Own,
        local: Vec<LocalModel>,
        health: &Health,
        now: u64,
    ) -> serde_json::Result<Self> {
        let half_open: Vec<HalfOpenPlace> = health
            .half_open(now)
            .map(|(provider, model)| HalfOpenPlace {
                provider: provider.to_owned(),
                model: model.map(str::to_owned),
            })
            .collect();
        let paces = health.paces();
        let health: Vec<BlockedPlace> = health
            .blocked(now)
            .map(|(provider, model, blocked)| BlockedPlace {
                provider: provider.to_owned(),
                model: model.map(str::to_owned),
                until_ms: blocked.until_ms,
                why: blocked.why,
            })
            .collect();
        let policy = match is_usual(&own.guard) && is_usual(&own.routing) {
            true => 0,
            false => digest(&(&own.guard, &own.routing))?,
        };
        let snapshot = Self {
            version: 0,
            policy,
            local,
            health,
            half_open,
            paces,
            guard: own.guard,
            routing: own.routing,
            learnt: own.learnt,
            traffic: own.traffic,
        };
        let version = match snapshot == Self::default() {
            true => 0,
            false => digest(&snapshot)?,
        };
        Ok(Self {
            version,
            ..snapshot
        })
    }

    /// Why a place is not to be called, where that is so; of several reasons the longest.
    pub fn blocked(&self, provider: &str, model: &str) -> Option<&BlockedPlace> {
        let covers = |own: &Option<String>| own.as_deref().is_none_or(|own| own == model);
        self.health
            .iter()
            .filter(|place| place.provider == provider && covers(&place.model))
            .max_by_key(|place| place.until_ms)
    }

    /// Whether a place is half-open: it may then be called only as the first of a plan.
    pub fn is_half_open(&self, provider: &str, model: &str) -> bool {
        self.half_open.iter().any(|place| {
            place.provider == provider && place.model.as_deref().is_none_or(|own| own == model)
        })
    }
}
