//! A request's body under the guard: what it holds, and what of it may go out.

use std::collections::BTreeMap;
use std::ops::Range;

use super::body::{self, Text};
use super::examine::{self, Found, UNEXAMINED};
use super::finding::{Family, Kind, Tier};
use super::leaf::Leaf;
use super::lexicon;
use super::mask::{Masked, Table};
use super::placeholder;
use super::policy::Policy;

/// The most places that are told in one line.
const MAX_TOLD: usize = 5;
/// How often another placeholder is tried where the text holds the first one already.
const MAX_SALTS: u64 = 8;

/// Something that was found, as people are told of it: what and where, never the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// What it is.
    pub kind: Kind,
    /// The JSON path of the text that holds it, such as `messages[2].content`.
    pub place: String,
    /// The line of that text, from 1.
    pub line: usize,
    /// Where it begins in that text, bytes.
    pub start: usize,
    /// How long it is, bytes.
    pub bytes: usize,
}

/// What a request's body holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Screening {
    /// The tier of the whole.
    pub tier: Tier,
    /// What was found, in the body's order, structure last.
    pub findings: Vec<Located>,
}

impl Screening {
    /// Examines every text of a request's JSON body. What cannot be examined (no JSON, too much
    /// text) is tier 0, and a finding says so.
    pub fn of(body: &[u8], policy: &Policy) -> Self {
        let Some(texts) = body::texts(body) else {
            return Self {
                tier: Tier::Prohibited,
                findings: vec![Located {
                    kind: UNEXAMINED,
                    place: "body".to_owned(),
                    line: 1,
                    start: 0,
                    bytes: body.len(),
                }],
            };
        };
        let found = examine::find(&leaves(&texts), &policy.lexicon, policy.strict);
        let tier = found.iter().map(|found| found.kind.family.tier()).min();
        Self {
            tier: tier.unwrap_or_default(),
            findings: found.iter().map(|found| located(found, &texts)).collect(),
        }
    }

    /// How many there are of each kind.
    pub fn counts(&self) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        for finding in &self.findings {
            *counts.entry(finding.kind.id).or_default() += 1;
        }
        counts
    }

    /// What was found and where, in one line for people; at most a few places.
    pub fn summary(&self) -> String {
        let weighty = |found: &&Located| found.kind.family.tier() == self.tier;
        let found: Vec<&Located> = self.findings.iter().filter(weighty).collect();
        let mut told: Vec<String> = found
            .iter()
            .take(MAX_TOLD)
            .map(|found| {
                format!(
                    "{} in {}, line {}",
                    found.kind.title, found.place, found.line
                )
            })
            .collect();
        if found.len() > MAX_TOLD {
            told.push(format!("{} more", found.len() - MAX_TOLD));
        }
        told.join("; ")
    }
}

/// The body with all that is tier 0, and the tenant's restricted terms, replaced by placeholders.
///
/// None where the result is not beyond doubt: where something cannot be masked (a text marked as
/// confidential, an image), or where anything of tier 0 can still be found in it, or read in it in
/// any encoding. `nonce` makes the placeholders unguessable; a conversation keeps its nonce, so that
/// a value keeps its placeholder.
pub fn mask(body: &[u8], policy: &Policy, nonce: u64) -> Option<Masked> {
    let texts = body::texts(body)?;
    let leaves = leaves(&texts);
    let found = examine::find(&leaves, &policy.lexicon, policy.strict);
    let masked: Vec<&Found> = found.iter().filter(|found| is_masked(found.kind)).collect();
    if found.iter().any(|found| cannot_be_masked(found.kind)) {
        return None;
    }
    let mut names: BTreeMap<&str, String> = BTreeMap::new();
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    for found in &masked {
        let text = texts.get(found.leaf)?;
        let value = text.leaf.text.get(found.range.clone())?;
        let name = match names.get(value) {
            Some(name) => name.clone(),
            None => fresh(found.kind, value, nonce, body)?,
        };
        names.insert(value, name.clone());
        edits.push((text.in_body(body, &found.range)?, name));
    }
    let result = splice(body, edits)?;
    let values: Vec<&str> = masked.iter().map(|found| found.value.as_str()).collect();
    is_clean(&result, &values, policy).then(|| Masked {
        body: result,
        table: Table::of(
            names
                .into_iter()
                .map(|(value, name)| (name, value.to_owned())),
        ),
    })
}

fn leaves<'b>(texts: &[Text<'b>]) -> Vec<Leaf<'b>> {
    texts.iter().map(|text| text.leaf.clone()).collect()
}

fn located(found: &Found, texts: &[Text<'_>]) -> Located {
    let text = texts.get(found.leaf);
    let before = text.and_then(|text| text.leaf.text.get(..found.range.start));
    Located {
        kind: found.kind,
        place: text.map_or_else(|| "body".to_owned(), |text| text.path.clone()),
        line: before.map_or(0, |before| before.matches('\n').count()) + 1,
        start: found.range.start,
        bytes: found.range.len(),
    }
}

fn is_masked(kind: Kind) -> bool {
    kind.family.tier() == Tier::Prohibited || kind == lexicon::RESTRICTED
}

/// A marking stands for a whole text, which no placeholder can take the place of.
fn cannot_be_masked(kind: Kind) -> bool {
    kind.family == Family::Confidential && kind != lexicon::CONFIDENTIAL
}

/// A placeholder that the body does not hold yet.
fn fresh(kind: Kind, value: &str, nonce: u64, body: &[u8]) -> Option<String> {
    (0..MAX_SALTS)
        .map(|salt| placeholder::of(kind.id, value, nonce.wrapping_add(salt)))
        .find(|name| memchr::memmem::find(body, name.as_bytes()).is_none())
}

fn splice(body: &[u8], mut edits: Vec<(Range<usize>, String)>) -> Option<Vec<u8>> {
    edits.sort_by_key(|(place, _)| place.start);
    let mut out = Vec::with_capacity(body.len() + edits.len() * placeholder::LONGEST);
    let mut from = 0;
    for (place, name) in edits {
        out.extend_from_slice(body.get(from..place.start)?);
        out.extend_from_slice(name.as_bytes());
        from = place.end;
    }
    out.extend_from_slice(body.get(from..)?);
    Some(out)
}

/// Whether a masked body is still JSON, and nothing can be found or read in it any more.
fn is_clean(body: &[u8], values: &[&str], policy: &Policy) -> bool {
    let Some(texts) = body::texts(body) else {
        return false;
    };
    let leaves = leaves(&texts);
    let found = examine::find(&leaves, &policy.lexicon, policy.strict);
    !found.iter().any(|found| is_masked(found.kind)) && !examine::can_be_read(&leaves, values)
}

#[cfg(test)]
mod tests;
