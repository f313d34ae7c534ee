//! What one tenant adds to the rules: its own words.

use serde::{Deserialize, Serialize};

use super::examine::UNEXAMINED;
use super::finding::{Family, Kind};
use super::hits::Hits;
use super::search::Search;

/// The most terms of each sort.
pub const MAX_TERMS: usize = 500;
/// The longest term, bytes.
pub const MAX_TERM: usize = 200;

pub(super) const CONFIDENTIAL: Kind = Kind::of(
    "tenant_confidential",
    "a term that the tenant keeps confidential",
    Family::Confidential,
);
const DOMAIN: Kind = Kind::of(
    "tenant_domain",
    "a host of the tenant's own",
    Family::Endpoint,
);
/// Masked where tier 1 is masked.
pub(super) const RESTRICTED: Kind = Kind::of(
    "tenant_restricted",
    "a term that the tenant restricts",
    Family::Structure,
);

/// A tenant's own dictionaries. Terms are found as whole words, whatever their case.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lexicon {
    /// Terms that make a text tier 0: code names, customers.
    pub confidential: Vec<String>,
    /// Terms that make a text tier 1: names of own systems and packages. They are masked where
    /// tier 1 is masked.
    pub restricted: Vec<String>,
    /// Domains of internal systems: such a name, and any host below it, is an internal endpoint.
    pub domains: Vec<String>,
}

/// A tenant's terms, ready to be looked for.
#[derive(Debug, Default)]
pub(super) struct Terms {
    sorts: Vec<(Kind, Option<Search>)>,
}

impl Lexicon {
    /// Gets the terms ready.
    pub(super) fn terms(&self) -> Terms {
        let sorts = [
            (&self.confidential, CONFIDENTIAL),
            (&self.domains, DOMAIN),
            (&self.restricted, RESTRICTED),
        ];
        let sorts = sorts.into_iter().filter_map(|(terms, kind)| {
            let terms = terms.iter().map(|term| term.trim());
            let terms: Vec<&str> = terms
                .filter(|term| !term.is_empty())
                .take(MAX_TERMS)
                .collect();
            if terms.is_empty() {
                return None;
            }
            Some((kind, Search::new(&terms, true)))
        });
        Terms {
            sorts: sorts.collect(),
        }
    }
}

impl Terms {
    /// Finds the terms in a text.
    pub(super) fn find(&self, text: &str, hits: &mut Hits) {
        for (kind, search) in &self.sorts {
            let Some(search) = search else {
                // Terms that cannot be looked for must not let anything pass.
                hits.by_context(UNEXAMINED, 0..text.len());
                continue;
            };
            for (_, found) in search.all(text) {
                let before = text.get(..found.start).and_then(|t| t.chars().next_back());
                let behind = text.get(found.end..).and_then(|t| t.chars().next());
                let inside = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
                if !inside(before) && !inside(behind) {
                    hits.by_context(*kind, found);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_found_as_whole_words_in_any_case_and_where_they_overlap() {
        let lexicon = Lexicon {
            confidential: vec![
                " Blue Bird ".to_owned(),
                "bird seed".to_owned(),
                String::new(),
            ],
            restricted: vec!["pay-core".to_owned()],
            domains: vec!["corp.example".to_owned()],
        };
        let found = |text: &str| {
            let mut hits = Hits::default();
            lexicon.terms().find(text, &mut hits);
            let found = hits.0.iter();
            let found = found.map(|hit| (hit.kind.id, text[hit.range.clone()].to_owned()));
            found.collect::<Vec<_>>()
        };
        let told = |id: &'static str, text: &str| (id, text.to_owned());
        assert_eq!(
            found("a BLUE bird seed"),
            [
                told("tenant_confidential", "BLUE bird"),
                told("tenant_confidential", "bird seed"),
            ]
        );
        assert_eq!(
            found("db.Corp.example runs pay-core."),
            [
                told("tenant_domain", "Corp.example"),
                told("tenant_restricted", "pay-core"),
            ]
        );
        for other in [
            "blue birds",
            "_blue bird",
            "äblue bird",
            "pay-core2",
            "blue-bird",
            "",
        ] {
            assert_eq!(found(other), [], "{other}");
        }
        assert!(Lexicon::default().terms().sorts.is_empty());
    }
}
