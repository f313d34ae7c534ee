//! What a provider's response headers say about its limits.
//!
//! Lenient: a header that is not understood is passed over, and any window name will do.

use serde::{Deserialize, Serialize};

use super::failure::Scope;
use super::times::{bounded, http_date_ms, moment_ms, number, period_ms};

/// The most windows kept of one response.
const MAX_WINDOWS: usize = 16;
/// The longest window name or status kept, bytes.
const MAX_TEXT: usize = 40;

/// A window of tokens with less than this left is as good as used up, per cent of its limit: the
/// next request of a usual size would be refused, and when the window is reset has been told.
const TOO_FEW_TOKENS_PERCENT: u64 = 2;

/// The family of a subscription's windows at Anthropic, and the window that sums them up.
const UNIFIED: &str = "unified";
/// The family of a subscription's windows at OpenAI.
const CODEX: &str = "codex";
const REJECTED: &str = "rejected";

/// One limit: so much may be used until it is reset.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// The provider's own name for what is limited: `requests`, `tokens`, `input-tokens`, …, for
    /// subscriptions `unified`, `unified-5h`, `unified-7d`, … and `codex-primary`, ….
    pub name: String,
    /// What the provider says of it, such as `allowed` or `rejected`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// How much there is in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// How much is left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remaining: Option<u64>,
    /// How much is used, whole per cent of the limit, at most 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_percent: Option<u8>,
    /// When it is reset, Unix ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reset_ms: Option<u64>,
}

impl Window {
    /// Whether the provider says that it refuses.
    pub fn is_rejected(&self) -> bool {
        self.status.as_deref() == Some(REJECTED)
    }

    /// Whether the next request would not be served. A unified window that is used up may still be
    /// served, at extra cost, so there the status alone counts.
    pub fn is_exhausted(&self) -> bool {
        self.is_rejected()
            || !self.is_unified()
                && (self.remaining == Some(0)
                    || self.used_percent >= Some(100)
                    || self.has_too_few_tokens())
    }

    fn has_too_few_tokens(&self) -> bool {
        let (Some(limit), Some(remaining)) = (self.limit, self.remaining) else {
            return false;
        };
        let least = limit / 100 * TOO_FEW_TOKENS_PERCENT;
        self.name.contains("token") && remaining < least
    }

    /// What it limits: subscriptions the whole account, but for windows such as `7d_opus`, which
    /// are about one model; all others the model that was called.
    pub fn scope(&self) -> Scope {
        match self.is_unified() && !self.name.contains('_') || self.name.starts_with(CODEX) {
            true => Scope::Provider,
            false => Scope::Model,
        }
    }

    fn is_unified(&self) -> bool {
        self.name.starts_with(UNIFIED)
    }
}

/// What the headers of one response say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    /// How long to wait before the next try, ms.
    pub retry_after_ms: Option<u64>,
    /// Whether another try can succeed at all, where the provider says so.
    pub should_retry: Option<bool>,
    /// Every limit it told of.
    pub windows: Vec<Window>,
}

impl Limits {
    /// Reads response headers, given as lower-case name and value, at `now` (Unix ms). Nothing here
    /// can fail.
    pub fn parse<'a>(headers: impl IntoIterator<Item = (&'a str, &'a str)>, now: u64) -> Self {
        let mut limits = Self::default();
        let (mut exact_ms, mut claim) = (None, None);
        for (name, value) in headers {
            let value = value.trim();
            if let Some(rest) = name.strip_prefix("anthropic-ratelimit-") {
                if rest == "unified-representative-claim" {
                    claim = Some(value);
                } else if let Some((window, field)) = rest.rsplit_once('-') {
                    limits.note(window, field, value, now);
                }
            } else if let Some(rest) = name.strip_prefix("x-ratelimit-") {
                let (field, window) = rest.split_once('-').unwrap_or((rest, "requests"));
                limits.note(window, field, value, now);
            } else if let Some(rest) = name.strip_prefix("x-codex-") {
                for field in ["used-percent", "reset-at", "reset-after-seconds"] {
                    if let Some(window) = rest.strip_suffix(field) {
                        let window = format!("{CODEX}-{}", window.trim_end_matches('-'));
                        limits.note(&window, field, value, now);
                    }
                }
            } else if name == "retry-after-ms" {
                exact_ms = number(value).map(bounded);
            } else if name == "retry-after" {
                let until = || Some(http_date_ms(value)?.saturating_sub(now));
                limits.retry_after_ms = period_ms(value).or_else(until);
            } else if name == "x-should-retry" {
                limits.should_retry = value.parse().ok();
            }
        }
        limits.retry_after_ms = exact_ms.or(limits.retry_after_ms);
        if let Some(claim) = claim {
            limits.lay_to(claim);
        }
        limits
    }

    /// The windows under which the next request would not be served. Where an account's sum and
    /// its parts are told, only those that rule.
    pub fn exhausted(&self) -> Vec<Window> {
        let ruling = self.ruling();
        let plain = self.windows.iter().filter(|window| !window.is_unified());
        plain
            .filter(|window| window.is_exhausted())
            .chain(ruling)
            .cloned()
            .collect()
    }

    /// The unified windows that refuse. While the sum is not refused, neither is the account, for
    /// it may be allowed to use more than a part has. A part that covers everything goes before
    /// one that covers one model, and any part before the sum, which only repeats it.
    pub(super) fn ruling(&self) -> Vec<&Window> {
        let unified = || self.windows.iter().filter(|window| window.is_unified());
        let sum = unified().find(|window| window.name == UNIFIED);
        if sum.is_some_and(|sum| sum.status.is_some() && !sum.is_rejected()) {
            return Vec::new();
        }
        let refused = |scope| {
            unified().filter(move |window| {
                window.name != UNIFIED && window.is_rejected() && window.scope() == scope
            })
        };
        let account: Vec<_> = refused(Scope::Provider).collect();
        let model: Vec<_> = refused(Scope::Model).collect();
        match (account.is_empty(), model.is_empty()) {
            (false, _) => account,
            (true, false) => model,
            (true, true) => sum.filter(|sum| sum.is_rejected()).into_iter().collect(),
        }
    }

    /// Names the part that the sum's refusal is about, where that part is not told itself.
    fn lay_to(&mut self, claim: &str) {
        let part = claim
            .replacen("five_hour", "5h", 1)
            .replacen("seven_day", "7d", 1);
        let sum = self.windows.iter().find(|window| window.name == UNIFIED);
        if let Some(sum) = sum.filter(|sum| sum.is_rejected()).cloned()
            && let Some(window) = self.window(&format!("{UNIFIED}-{part}"))
        {
            window.status = window.status.take().or(sum.status);
            window.reset_ms = window.reset_ms.or(sum.reset_ms);
        }
    }

    fn note(&mut self, window: &str, field: &str, value: &str, now: u64) {
        // What may be used beyond the limits is no limit: it is refused to most, whose windows are
        // open all the same.
        if window.starts_with("unified-overage") || window.starts_with("unified-fallback") {
            return;
        }
        let set: fn(&mut Window, &str, u64) = match field {
            "status" => |window, value, _| {
                window.status = (value.len() <= MAX_TEXT).then(|| value.to_ascii_lowercase());
            },
            "limit" => |window, value, _| window.limit = count(value),
            "remaining" => |window, value, _| window.remaining = count(value),
            "utilization" => |window, value, _| {
                window.used_percent = percent(number(value).map(|part| part * 100.0));
            },
            "used-percent" => |window, value, _| window.used_percent = percent(number(value)),
            "reset" | "reset-at" | "reset-after-seconds" => |window, value, now| {
                window.reset_ms = moment_ms(value, now).or(window.reset_ms);
            },
            _ => return,
        };
        if let Some(window) = self.window(window) {
            set(window, value, now);
        }
    }

    /// The window of this name, begun if it is new; none beyond the bounds.
    fn window(&mut self, name: &str) -> Option<&mut Window> {
        let at = self.windows.iter().position(|window| window.name == name);
        if at.is_none() {
            if self.windows.len() == MAX_WINDOWS || name.len() > MAX_TEXT {
                return None;
            }
            self.windows.push(Window {
                name: name.to_owned(),
                ..Window::default()
            });
        }
        match at {
            Some(at) => self.windows.get_mut(at),
            None => self.windows.last_mut(),
        }
    }
}

/// A count; beyond what a JSON number holds exactly, the bound.
fn count(text: &str) -> Option<u64> {
    number(text).map(|count| (count as u64).min(1 << 53))
}

fn percent(percent: Option<f64>) -> Option<u8> {
    percent.map(|percent| percent.min(100.0) as u8)
}

#[cfg(test)]
mod tests;
