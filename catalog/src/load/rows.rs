//! What the data files hold, as it is written there.

use serde::Deserialize;

use crate::{
    BatchAccess, Capability, Class, Dialect, ModelKind, Origin, RequestRules, Trust, Weights,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) provider: ProviderRow,
    pub(super) models: Vec<ModelRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProviderRow {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) base_url: Option<String>,
    pub(super) base_url_var: Option<String>,
    pub(super) key_secret: Option<String>,
    pub(super) binding: Option<String>,
    pub(super) dialects: Vec<Dialect>,
    pub(super) batch: Option<BatchAccess>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ModelRow {
    pub(super) id: String,
    pub(super) upstream_name: String,
    pub(super) display_name: String,
    #[serde(default)]
    pub(super) kind: ModelKind,
    pub(super) class: Class,
    pub(super) context_tokens: u32,
    pub(super) max_output_tokens: u32,
    pub(super) min_cached_tokens: Option<u32>,
    pub(super) capabilities: Vec<Capability>,
    #[serde(default)]
    pub(super) rules: RequestRules,
    pub(super) origin: Origin,
    pub(super) weights: Weights,
    pub(super) trust: Trust,
    pub(super) retires: Option<String>,
    pub(super) prices: Vec<PriceRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PriceRow {
    pub(super) from: String,
    pub(super) source: String,
    pub(super) batch_percent: Option<u8>,
    pub(super) rates: RateRow,
    #[serde(default)]
    pub(super) tiers: Vec<TierRow>,
    #[serde(default)]
    pub(super) windows: Vec<WindowRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TierRow {
    pub(super) above_prompt_tokens: u64,
    pub(super) rates: RateRow,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WindowRow {
    pub(super) days: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) rates: RateRow,
}

/// Dollars per million tokens, in decimals.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RateRow {
    pub(super) input: String,
    pub(super) cache_read: Option<String>,
    pub(super) cache_write: Option<String>,
    pub(super) cache_write_long: Option<String>,
    pub(super) output: String,
    pub(super) reasoning: Option<String>,
}
