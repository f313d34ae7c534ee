//! A request's body under the guard: what it holds, and what of it may go out.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use super::body::{self, Text, Written};
use super::cursor::Cursor;
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
    /// The same with their values, which masking needs and nobody else may have.
    found: Vec<Found>,
}

impl Screening {
    /// Examines every text of a request's JSON body. What cannot be examined (no JSON, too much
    /// text) is tier 0, and a finding says so.
    pub fn of(body: &[u8], policy: &Policy) -> Self {
        Self::beside(body, policy, &Table::default())
    }

    /// As [`Screening::of`], for a body that was written from a masked one: what stands in a
    /// placeholder of this table is masked already.
    pub fn beside(body: &[u8], policy: &Policy, issued: &Table) -> Self {
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
                found: Vec::new(),
            };
        };
        let found = found_in(&texts, policy, issued);
        let tier = found.iter().map(|found| found.kind.family.tier()).min();
        Self {
            tier: tier.unwrap_or_default(),
            findings: located(&found, &texts),
            found,
        }
    }

    /// The body that was screened, with all that is tier 0, and the tenant's restricted terms,
    /// replaced by placeholders.
    ///
    /// None where the result is not beyond doubt: where something cannot be masked (a text marked as
    /// confidential, an image), or where anything of tier 0 can still be found in it, or read in it
    /// in any encoding. `nonce` makes the placeholders unguessable; a conversation keeps its nonce,
    /// so that a value keeps its placeholder.
    pub fn mask(&self, body: &[u8], policy: &Policy, nonce: u64) -> Option<Masked> {
        let texts = body::texts(body)?;
        if self
            .findings
            .iter()
            .any(|found| cannot_be_masked(found.kind))
        {
            return None;
        }
        let masked = self.found.iter().filter(|found| is_masked(found.kind));
        let masked: Vec<&Found> = masked.collect();
        let taken: HashSet<&str> = match masked.is_empty() {
            true => HashSet::new(),
            false => texts
                .iter()
                .flat_map(|text| placeholder::bracketed(&text.leaf.text))
                .collect(),
        };
        let mut names: BTreeMap<String, String> = BTreeMap::new();
        let mut edits: Vec<(Range<usize>, String)> = Vec::new();
        for found in &masked {
            let text = texts.get(found.leaf)?;
            let value = text.value(&found.range)?;
            let name = match names.get(value.as_ref()) {
                Some(name) => name.clone(),
                None => fresh(found.kind, &value, nonce, &taken)?,
            };
            edits.push((text.in_body(body, &found.range)?, name.clone()));
            names.insert(value.into_owned(), name);
        }
        let result = splice(body, edits)?;
        let values: Vec<&str> = masked.iter().map(|found| found.value.as_str()).collect();
        let table = Table::of(names.into_iter().map(|(value, name)| (name, value)));
        is_clean(&result, &values, policy, &table).then_some(Masked {
            body: result,
            table,
        })
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

/// What the texts of a body hold. The texts are lent, so that none is there twice.
fn found_in(texts: &[Text<'_>], policy: &Policy, issued: &Table) -> Vec<Found> {
    let mut found = examine::find(&leaves(texts), &policy.lexicon, policy.strict, issued);
    let unread = texts.iter().enumerate().filter_map(|(index, text)| {
        let picture = policy.strict && text.written == Written::Media;
        let kind = text.unread.or(picture.then_some(UNEXAMINED))?;
        Some(Found::whole(kind, index))
    });
    found.extend(unread);
    found.sort_by_key(Found::order);
    found
}

fn leaves<'t>(texts: &'t [Text<'_>]) -> Vec<Leaf<'t>> {
    let leaves = texts.iter().map(|text| Leaf {
        text: Cow::Borrowed(text.leaf.text.as_ref()),
        name: text.leaf.name.as_deref().map(Cow::Borrowed),
        message: text.leaf.message,
    });
    leaves.collect()
}

/// The places for people. Findings come in the order of their texts, so each text is counted through
/// once, and once more for its structure.
fn located(found: &[Found], texts: &[Text<'_>]) -> Vec<Located> {
    let mut at: Option<(usize, usize, Cursor<'_>)> = None;
    let located = found.iter().map(|found| {
        let text = texts.get(found.leaf);
        let (leaf, start) = (found.leaf, found.range.start);
        let passed = at.take_if(|(of, last, _)| *of == leaf && *last <= start);
        let cursor = || Cursor::new(text.map_or("", |text| text.leaf.text.as_ref()));
        let mut cursor = passed.map_or_else(cursor, |(_, _, cursor)| cursor);
        cursor.advance(start);
        let line = cursor.line;
        at = Some((leaf, start, cursor));
        Located {
            kind: found.kind,
            place: text.map_or_else(|| "body".to_owned(), |text| text.path.clone()),
            line,
            start,
            bytes: found.range.len(),
        }
    });
    located.collect()
}

fn is_masked(kind: Kind) -> bool {
    kind.family.tier() == Tier::Prohibited || kind == lexicon::RESTRICTED
}

/// A marking stands for a whole text, which no placeholder can take the place of.
fn cannot_be_masked(kind: Kind) -> bool {
    kind.family == Family::Confidential && kind != lexicon::CONFIDENTIAL
}

/// A placeholder that the body does not hold yet.
fn fresh(kind: Kind, value: &str, nonce: u64, taken: &HashSet<&str>) -> Option<String> {
    (0..MAX_SALTS)
        .map(|salt| placeholder::of(kind.id, value, nonce.wrapping_add(salt)))
        .find(|name| !taken.contains(name.as_str()))
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
fn is_clean(body: &[u8], values: &[&str], policy: &Policy, issued: &Table) -> bool {
    let Some(texts) = body::texts(body) else {
        return false;
    };
    let found = found_in(&texts, policy, issued);
    !found.iter().any(|found| is_masked(found.kind))
        && !examine::can_be_read(&leaves(&texts), values)
}

#[cfg(test)]
mod tests;
