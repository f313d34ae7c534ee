//! What a tenant sets for the router: how dear a good answer may be, and which models it may choose.

use serde::{Deserialize, Deserializer, Serialize};

use crate::prompt::{CacheMarks, Optimise};

/// The most entries of a list of models.
pub const MAX_MODELS: usize = 200;
/// The largest share of requests that may be spent on exploring.
pub const MAX_EXPLORE: f64 = 0.2;
/// The share where the tenant says no more than that they may: enough for the floor of two classes
/// ([`crate::meta::FLOOR`]), and a little for what is open.
const USUAL_EXPLORE: f64 = 0.05;
/// The largest share of wrong answers among those to questions of the same meaning.
pub const MAX_FALSE_HITS: f64 = 0.05;
/// What ends an entry that stands for all models of a provider.
const ALL: &str = "/*";

/// How a tenant weighs cost against the chance of a good answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// The cheapest class that will probably do.
    #[default]
    Balanced,
    /// A class that will do with more certainty, for more money.
    Performance,
    /// Less certainty, for less money.
    Efficiency,
}

impl Mode {
    /// Every mode.
    pub const ALL: [Self; 3] = [Self::Balanced, Self::Performance, Self::Efficiency];

    /// The name in settings and records; behind `moecraft/` it is the name of a policy.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Balanced => "balanced",
            Self::Performance => "performance",
            Self::Efficiency => "efficiency",
        }
    }

    /// The mode that a policy's name stands for, such as `moecraft/efficiency`.
    pub fn of_policy(name: &str) -> Option<Self> {
        let name = name.strip_prefix("moecraft/")?;
        Self::ALL.into_iter().find(|mode| mode.as_str() == name)
    }
}

/// Whether cheap models are asked before a dearer one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cascade {
    /// Never. The usual: two calls before the planned one make an answer late, and what says whether
    /// the cheap one is right was learned from exam questions.
    #[default]
    Off,
    /// Where it pays and the answer can be checked.
    Auto,
}

/// What a tenant has set for the router.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// How cost is weighed where the client asks for `moecraft/auto`.
    pub mode: Mode,
    /// The models that may be chosen: catalogue ids, `local/NAME`, or `PROVIDER/*`. None is all.
    pub allow: Vec<String>,
    /// The models that may not, whatever `allow` says.
    pub deny: Vec<String>,
    /// The largest share of routed requests that go to another class than the best by what is known, so
    /// that the router learns of it, too: 0 to [`MAX_EXPLORE`]. It is spent by how little is known.
    #[serde(deserialize_with = "rate")]
    pub explore: f64,
    /// How far prompts may be made shorter.
    pub optimise: Optimise,
    /// Whether prefixes to be cached are marked where the client marks none.
    pub cache_marks: CacheMarks,
    /// Whether cheap models are asked first.
    pub cascade: Cascade,
    /// Whether an answer that has to be JSON and is not is mended, if need be by asking its model once
    /// more. Usual, because nobody can use it otherwise: whoever asked would ask again.
    pub repair: bool,
    /// The share of wrong ones that is accepted among answers given before to another question of the same
    /// meaning: 0 to [`MAX_FALSE_HITS`]. At 0 only equal questions are served.
    pub false_hits: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self::USUAL
    }
}

impl Settings {
    /// The settings of a tenant that has set nothing.
    pub const USUAL: Self = Self {
        mode: Mode::Balanced,
        allow: Vec::new(),
        deny: Vec::new(),
        explore: 0.0,
        optimise: Optimise::Off,
        cache_marks: CacheMarks::Auto,
        cascade: Cascade::Off,
        repair: true,
        false_hits: 0.005,
    };

    /// Whether the router may choose a model, by its catalogue id or `local/NAME`.
    pub fn permits(&self, model: &str) -> bool {
        let listed = |list: &[String]| list.iter().any(|entry| covers(entry, model));
        !listed(&self.deny) && (self.allow.is_empty() || listed(&self.allow))
    }
}

/// Whether an entry of a list means this model.
fn covers(entry: &str, model: &str) -> bool {
    match entry.strip_suffix(ALL) {
        Some(provider) => model
            .strip_prefix(provider)
            .is_some_and(|rest| rest.starts_with('/')),
        None => entry == model,
    }
}

/// A share, or whether there shall be the usual one.
fn rate<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Explore {
        May(bool),
        Rate(f64),
    }
    Ok(match Explore::deserialize(deserializer)? {
        Explore::May(true) => USUAL_EXPLORE,
        Explore::May(false) => 0.0,
        Explore::Rate(rate) => rate,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(allow: &[&str], deny: &[&str]) -> Settings {
        let list = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        Settings {
            allow: list(allow),
            deny: list(deny),
            ..Settings::USUAL
        }
    }

    #[test]
    fn deny_goes_before_allow_and_an_empty_list_allows_all() {
        assert!(settings(&[], &[]).permits("openai/gpt-4o"));
        assert!(settings(&["openai/*"], &[]).permits("openai/gpt-4o"));
        assert!(!settings(&["openai/*"], &[]).permits("openai-eu/gpt-4o"));
        assert!(!settings(&["openai/*"], &["openai/gpt-4o"]).permits("openai/gpt-4o"));
        assert!(!settings(&["local/*"], &[]).permits("openai/gpt-4o"));
        assert!(settings(&["local/qwen/7b"], &[]).permits("local/qwen/7b"));
        assert!(!settings(&[], &["local/*"]).permits("local/qwen/7b"));
    }

    #[test]
    fn exploring_is_a_share_or_a_wish() {
        let explore = |json: &str| serde_json::from_str::<Settings>(json).map(|s| s.explore);
        assert_eq!(explore("{}").unwrap(), 0.0);
        assert_eq!(explore(r#"{"explore":true}"#).unwrap(), USUAL_EXPLORE);
        assert_eq!(explore(r#"{"explore":false}"#).unwrap(), 0.0);
        assert_eq!(explore(r#"{"explore":0.1}"#).unwrap(), 0.1);
        assert!(explore(r#"{"explore":"often"}"#).is_err());
        assert!(explore(r#"{"explor":true}"#).is_err());
    }

    #[test]
    fn a_policy_s_name_is_its_mode() {
        for mode in Mode::ALL {
            let name = format!("moecraft/{}", mode.as_str());
            assert_eq!(Mode::of_policy(&name), Some(mode));
            let json = serde_json::to_string(&mode).unwrap();
            assert_eq!(json, format!("\"{}\"", mode.as_str()));
        }
        assert_eq!(Mode::of_policy("moecraft/auto"), None);
        assert_eq!(Mode::of_policy("performance"), None);
    }
}
