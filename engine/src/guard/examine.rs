//! All readings of a request's texts, under all rules.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use super::decode::{self, Budget};
use super::finding::{Family, Finding, Kind, Tier, Verdict};
use super::hits::{Basis, Hits};
use super::leaf::Leaf;
use super::lexicon::{Lexicon, RESTRICTED, Terms};
use super::mask::Table;
use super::search::Search;
use super::shape::Mix;
use super::view::{Builder, Owner, Scope, View, resolve};
use super::{
    assignment, defang, fold, fragments, join, keyblock, literals, number, placeholder, spaced,
    structure, unescape,
};

/// The most text of one request that is examined, bytes. More is tier 0.
pub const MAX_TEXT: usize = 4 << 20;
/// How many readings deep something may be hidden.
const MAX_DEPTH: u8 = 3;
/// What all readings of one request may take in memory, bytes: a part of what an isolate has
/// (128 MB), and on a 64-bit machine, where a place is twice as large, twice that.
const MEMORY: usize = (4 << 20) * size_of::<usize>();
/// What readings may add, in parts of the request's own text, and at least, bytes.
const GROWTH: usize = 16;
const LEAST_BUDGET: usize = 1 << 20;
/// The most places that are kept of one request. Further structure changes nothing; more of
/// anything else is tier 0.
const MAX_FOUND: usize = 8_192;
/// How much of one text and of the next is read across their border, bytes.
const BORDER: usize = 160;
/// How far into the next text its name may still be at the end of the one before, bytes.
const VALUE_REACH: usize = 24;
/// Values that are looked for again: their least and greatest length, bytes, and the most of them.
const MIN_VALUE: usize = 6;
const MAX_VALUE: usize = 512;
const MAX_VALUES: usize = 256;

/// Names of the dialects themselves, which every request is full of and which mean nothing.
const PROTOCOL_NAMES: [&str; 12] = [
    "role",
    "content",
    "text",
    "type",
    "model",
    "id",
    "name",
    "description",
    "title",
    "url",
    "format",
    "tool_use_id",
];

/// What could not be examined is kept from all that is not trusted.
pub const UNEXAMINED: Kind = Kind::of(
    "unexamined",
    "text that could not be examined",
    Family::Confidential,
);

/// Something found, with its text: what masking needs, and nobody else may have.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) kind: Kind,
    pub(super) leaf: usize,
    pub(super) range: Range<usize>,
    /// What the rule has seen: the value without its disguise.
    pub(super) value: String,
}

/// Says what and where, and nothing of the value.
impl fmt::Debug for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kind, leaf, range, ..
        } = self;
        write!(f, "{} in {leaf} at {range:?}", kind.id)
    }
}

impl Found {
    /// What cannot be examined, or is not there to be: the whole of a text.
    pub(super) fn whole(kind: Kind, leaf: usize) -> Self {
        Self {
            kind,
            leaf,
            range: 0..0,
            value: String::new(),
        }
    }

    /// The order in which findings are told: by text and place, structure last,
    /// and what concerns a whole text first, lest it be made one with what stands at its beginning.
    pub(super) fn order(&self) -> (bool, usize, bool, usize, Reverse<usize>) {
        let Range { start, end } = self.range;
        let placed = !self.range.is_empty();
        (self.is_structure(), self.leaf, placed, start, Reverse(end))
    }

    fn is_structure(&self) -> bool {
        self.kind.family == Family::Structure && self.kind != RESTRICTED
    }
}

/// Whether a text holds a token, by its form.
pub(super) fn has_token(text: &str) -> bool {
    let mut hits = Hits::default();
    literals::find_forms(text, &mut hits);
    hits.0.iter().any(|hit| hit.basis == Basis::Form)
}

/// Examines the texts of one request.
///
/// `strict` is the security-strict mode: a suspicious word is enough. Findings of one text do not
/// overlap; where several rules found the same place, the weightiest is told. Text beyond
/// [`MAX_TEXT`], or encoded so deep or so much that it could not be read to its end, makes a
/// finding of its own.
pub fn examine(leaves: &[Leaf<'_>], lexicon: &Lexicon, strict: bool) -> Verdict {
    let found = find(leaves, lexicon, strict, &Table::default());
    let tier = found.iter().map(|found| found.kind.family.tier()).min();
    Verdict {
        tier: tier.unwrap_or(Tier::General),
        findings: found
            .into_iter()
            .map(|found| Finding {
                kind: found.kind,
                leaf: found.leaf,
                start: found.range.start,
                end: found.range.end,
            })
            .collect(),
    }
}

/// As [`examine`], with the values. What stands in an `issued` placeholder is masked already.
pub(super) fn find(
    leaves: &[Leaf<'_>],
    lexicon: &Lexicon,
    strict: bool,
    issued: &Table,
) -> Vec<Found> {
    let size: usize = leaves.iter().map(|leaf| leaf.text.len()).sum();
    if size > MAX_TEXT {
        return vec![unexamined(0)];
    }
    let mut reading = Reading::of(leaves, lexicon.terms(), strict, issued);
    reading.apply_rules(0);
    reading.apply_names(leaves);
    reading.assemble_pieces();
    reading.read_on();
    reading.read_borders(leaves);
    reading.repeat_values();
    merged(reading.found, leaves)
}

/// Whether any of these values can still be read in the texts, in whatever encoding.
pub(super) fn can_be_read(leaves: &[Leaf<'_>], values: &[&str]) -> bool {
    let telling: Vec<&str> = values
        .iter()
        .copied()
        .filter(|value| is_telling(value))
        .collect();
    if telling.is_empty() {
        return false;
    }
    let issued = Table::default();
    let mut reading = Reading::of(leaves, Terms::default(), false, &issued);
    reading.read_on();
    Search::new(&telling, false).is_none_or(|search| {
        let mut views = reading.views.iter();
        views.any(|view| search.each(&view.text).next().is_some())
    })
}

fn unexamined(leaf: usize) -> Found {
    Found::whole(UNEXAMINED, leaf)
}

struct Reading<'t> {
    issued: &'t Table,
    views: Vec<View<'t>>,
    found: Vec<Found>,
    budget: Budget,
    terms: Terms,
    strict: bool,
}

impl<'t> Reading<'t> {
    fn of(leaves: &'t [Leaf<'_>], terms: Terms, strict: bool, issued: &'t Table) -> Self {
        let size: usize = leaves.iter().map(|leaf| leaf.text.len()).sum();
        let mut reading = Self {
            issued,
            views: Vec::with_capacity(leaves.len()),
            found: Vec::new(),
            budget: Budget::of((size * GROWTH).clamp(LEAST_BUDGET, MEMORY)),
            terms,
            strict,
        };
        for (index, leaf) in leaves.iter().enumerate() {
            let mut view = fold::fold(&leaf.text, index);
            if view.cut || !reading.budget.take(view.size()) {
                // It stays in its place, so that a text has the index of its view.
                view = View::of_leaf("", index);
                reading.found.push(unexamined(index));
            }
            reading.views.push(view);
        }
        reading
    }

    /// Keeps a view, or says that its text could not be examined.
    fn keep(&mut self, view: View<'static>) -> bool {
        let fits = !view.cut && self.budget.take(view.size());
        if fits {
            self.views.push(view);
        } else {
            let owner = view.pieces.first().map(|piece| piece.owner);
            self.cannot_read(owner);
        }
        fits
    }

    fn cannot_read(&mut self, owner: Option<Owner>) {
        let leaf = match owner {
            Some(Owner::Leaf(leaf)) => leaf,
            Some(Owner::View(view)) => {
                let places = resolve(&self.views, view, &(0..1));
                places.first().map_or(0, |(leaf, _)| *leaf)
            }
            None => 0,
        };
        self.found.push(unexamined(leaf));
    }

    /// Applies the rules to every view from `from` on.
    fn apply_rules(&mut self, from: usize) {
        for index in from..self.views.len() {
            let Some(view) = self.views.get(index) else {
                return;
            };
            let mut hits = Hits::default();
            if view.scope == Scope::Text {
                literals::find(&view.text, &mut hits);
                number::scan(&view.text, &mut hits);
                keyblock::scan(&view.text, &mut hits);
                self.terms.find(&view.text, &mut hits);
            } else {
                literals::find_forms(&view.text, &mut hits);
            }
            if view.depth == 0 {
                structure::scan(&view.text, &mut hits);
            }
            self.take(index, hits);
        }
    }

    /// Keeps those hits that mean something in their view.
    fn take(&mut self, index: usize, hits: Hits) {
        for hit in hits.0 {
            let Some(view) = self.views.get(index) else {
                return;
            };
            let means = match (view.scope, hit.basis) {
                (_, Basis::Suspicion) => self.strict && view.depth == 0,
                (Scope::Text, _) => true,
                (Scope::Pieces, basis) => basis == Basis::Form,
                // Names of people and decorators meet across lines of code: `a@\nb.c`.
                (Scope::Border, basis) => {
                    basis == Basis::Form
                        && hit.kind.family != Family::Personal
                        && view.pieces_in(&hit.range) > 1
                }
            };
            if means && !self.is_masked(view, &hit.range) {
                self.record(index, hit.kind, hit.range);
            }
        }
    }

    /// Whether this stands in a placeholder of our own.
    fn is_masked(&self, view: &View<'_>, range: &Range<usize>) -> bool {
        !self.issued.is_empty()
            && placeholder::holds(&view.text, range, |name| self.issued.has(name))
    }

    /// Keeps a place, with its value where that may be masked.
    fn record(&mut self, view: usize, kind: Kind, range: Range<usize>) {
        let structure = kind.family == Family::Structure && kind != RESTRICTED;
        if self.found.len() >= MAX_FOUND {
            // Once is enough.
            if !structure && self.found.len() == MAX_FOUND {
                self.found.push(unexamined(0));
            }
            return;
        }
        let value = self
            .views
            .get(view)
            .and_then(|view| view.text.get(range.clone()))
            .filter(|value| !structure && self.budget.take(value.len()))
            .unwrap_or_default()
            .to_owned();
        if self.budget.was_short() {
            return self.cannot_read(Some(Owner::View(view)));
        }
        let mut places = resolve(&self.views, view, &range);
        if places.is_empty() {
            self.found.push(unexamined(0));
        }
        // What a reading has put between two pieces stands nowhere in the request.
        if places.iter().any(|(_, place)| !place.is_empty()) {
            places.retain(|(_, place)| !place.is_empty());
        }
        for (leaf, range) in places {
            self.found.push(Found {
                kind,
                leaf,
                range,
                value: value.clone(),
            });
        }
    }

    /// Values whose name the body's own structure tells.
    fn apply_names(&mut self, leaves: &[Leaf<'_>]) {
        for (index, leaf) in leaves.iter().enumerate() {
            if let Some(name) = &leaf.name
                && !PROTOCOL_NAMES.contains(&name.as_ref())
                && let Some(view) = self.views.get(index)
            {
                let mut hits = Hits::default();
                assignment::named(name, &view.text, &mut hits);
                self.take(index, hits);
            }
        }
    }

    /// Puts values together that stand in pieces.
    fn assemble_pieces(&mut self) {
        let covered = Covered::by(&self.found);
        let known = |view: usize, range: &Range<usize>| {
            let meets = |(leaf, place): &(usize, Range<usize>)| covered.meets(*leaf, place);
            !covered.is_empty() && resolve(&self.views, view, range).iter().any(meets)
        };
        let assembled = fragments::assemble(&self.views, known);
        for (view, range, kind) in assembled.values {
            if self.keep(view) {
                self.record(self.views.len() - 1, kind, range);
            }
        }
        for view in assembled.encoded {
            self.keep(view);
        }
    }

    /// Reads what is hidden in the views, and in what comes out of them.
    fn read_on(&mut self) {
        let mut next = 0;
        let mut behind = self.views.len();
        while next < behind {
            for index in next..behind {
                let Some(view) = self.views.get(index) else {
                    break;
                };
                let (mut decoded, mut further) = (Vec::new(), Vec::new());
                if view.depth < MAX_DEPTH {
                    decode::decode(view, index, &self.budget, &mut decoded);
                }
                if view.depth < MAX_DEPTH && view.scope == Scope::Text {
                    further.extend(unescape::unescape(view, index));
                    further.extend(defang::refang(view, index));
                    further.extend(spaced::unspace(view, index));
                    further.extend(join::join(view, index));
                }
                let deeper = view.depth == MAX_DEPTH && self.goes_deeper(index);
                if self.budget.was_short() || deeper {
                    self.cannot_read(Some(Owner::View(index)));
                }
                self.views.extend(decoded);
                for view in further {
                    self.keep(view);
                }
            }
            self.apply_rules(behind);
            next = behind;
            behind = self.views.len();
        }
    }

    /// Whether something is still hidden in what was read last.
    fn goes_deeper(&self, index: usize) -> bool {
        let Some(view) = self.views.get(index) else {
            return false;
        };
        let mut hidden = Vec::new();
        decode::decode(view, index, &self.budget, &mut hidden);
        !hidden.is_empty()
            || view.scope == Scope::Text
                && unescape::unescape(view, index).is_some_and(|plain| plain.hides_letters())
    }

    /// Reads the end of each text of the conversation with the beginning of the next: a name in one
    /// and its value in the other, or a value cut in two.
    fn read_borders(&mut self, leaves: &[Leaf<'_>]) {
        let mut last: Option<usize> = None;
        for (right, leaf) in leaves.iter().enumerate() {
            if leaf.message.is_none() || leaf.text.is_empty() {
                continue;
            }
            let Some(left) = last.replace(right) else {
                continue;
            };
            for between in ["", "\n"] {
                let (Some(before), Some(behind)) = (self.views.get(left), self.views.get(right))
                else {
                    return;
                };
                let end = before.text.len();
                let from = before.text.ceil_char_boundary(end.saturating_sub(BORDER));
                let to = behind.text.ceil_char_boundary(BORDER);
                let mut border = Builder::new(Owner::View(left));
                border.keep(&before.text, from..end);
                border.put(between, end..end);
                border.turn_to(Owner::View(right));
                let middle = border.len();
                border.keep(&behind.text, 0..to);
                let view = border.view(Scope::Text, MAX_DEPTH);
                let mut hits = Hits::default();
                literals::find(&view.text, &mut hits);
                hits.0.retain(|hit| match hit.basis {
                    Basis::Form => hit.range.start < middle && hit.range.end > middle,
                    Basis::Context => (middle..middle + VALUE_REACH).contains(&hit.range.start),
                    Basis::Suspicion => false,
                });
                if !hits.0.is_empty() {
                    self.views.push(view);
                    self.take(self.views.len() - 1, hits);
                }
            }
        }
    }

    /// What was found once is looked for everywhere: a password stands beside its name in one
    /// place, and bare or encoded in the next.
    fn repeat_values(&mut self) {
        let known: BTreeMap<&str, Kind> = self
            .found
            .iter()
            .filter(|found| is_telling(&found.value) && found.kind.family != Family::Structure)
            .map(|found| (found.value.as_str(), found.kind))
            .take(MAX_VALUES)
            .collect();
        let known: Vec<(String, Kind)> = known
            .into_iter()
            .map(|(value, kind)| (value.to_owned(), kind))
            .collect();
        if known.is_empty() {
            return;
        }
        let values: Vec<&str> = known.iter().map(|(value, _)| value.as_str()).collect();
        let Some(search) = Search::new(&values, false) else {
            return;
        };
        for index in 0..self.views.len() {
            let Some(view) = self.views.get(index) else {
                return;
            };
            let places: Vec<_> = search
                .each(&view.text)
                .filter(|(_, place)| !self.is_masked(view, place))
                .collect();
            for (value, range) in places {
                if let Some((_, kind)) = known.get(value) {
                    self.record(index, *kind, range);
                }
            }
        }
    }
}

/// The places that something other than structure was found at: sorted, none overlapping another.
struct Covered(Vec<(usize, Range<usize>)>);

impl Covered {
    fn by(found: &[Found]) -> Self {
        let found = found.iter();
        let weighty = found.filter(|found| found.kind.family != Family::Structure);
        let mut places: Vec<_> = weighty.map(|f| (f.leaf, f.range.clone())).collect();
        places.sort_by_key(|(leaf, place)| (*leaf, place.start));
        places.dedup_by(|next, last| {
            let one = next.0 == last.0 && next.1.start < last.1.end;
            if one {
                last.1.end = last.1.end.max(next.1.end);
            }
            one
        });
        Self(places)
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn meets(&self, leaf: usize, place: &Range<usize>) -> bool {
        let first = self
            .0
            .partition_point(|(own, covered)| (*own, covered.end) <= (leaf, place.start));
        let next = self.0.get(first);
        next.is_some_and(|(own, covered)| *own == leaf && covered.start < place.end)
    }
}

/// Whether a value is one that does not also stand in the text by chance.
fn is_telling(value: &str) -> bool {
    let mix = Mix::of(value);
    (MIN_VALUE..=MAX_VALUE).contains(&value.len())
        && (mix.digit > 0 || mix.upper > 1 || value.len() >= 2 * MIN_VALUE)
}

/// Sorts what was found, and makes one of what overlaps; structure stays by itself, since it
/// covers all that stands in it.
fn merged(mut found: Vec<Found>, leaves: &[Leaf<'_>]) -> Vec<Found> {
    for found in &mut found {
        let size = leaves.get(found.leaf).map_or(0, |leaf| leaf.text.len());
        found.range.end = found.range.end.min(size);
        found.range.start = found.range.start.min(found.range.end);
    }
    found.sort_by_key(Found::order);
    found.dedup_by(|next, last| {
        next.range.is_empty()
            && last.range.is_empty()
            && (next.leaf, next.kind) == (last.leaf, last.kind)
    });
    let mut merged: Vec<Found> = Vec::new();
    for found in found {
        match merged.last_mut() {
            Some(last)
                if last.leaf == found.leaf
                    && last.is_structure() == found.is_structure()
                    && !last.range.is_empty()
                    && found.range.start < last.range.end =>
            {
                last.range.end = last.range.end.max(found.range.end);
                if (found.kind.family, found.kind.id) < (last.kind.family, last.kind.id) {
                    last.kind = found.kind;
                }
                if found.value.len() > last.value.len() {
                    last.value = found.value;
                }
            }
            _ => merged.push(found),
        }
    }
    merged
}

#[cfg(test)]
mod tests;
