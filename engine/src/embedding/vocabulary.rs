//! The word pieces, sorted, and the longest that a word begins with.

/// Word pieces of ASCII in two sorted parts: those that begin a word, and those that continue one.
#[derive(Debug, Default)]
pub(super) struct Vocabulary {
    text: &'static [u8],
    /// Where each piece begins, and after the last one the end.
    starts: Vec<u32>,
    /// How many pieces begin a word; the others follow.
    beginnings: usize,
}

/// What marks a piece that continues a word.
const CONTINUES: &[u8] = b"##";

impl Vocabulary {
    /// Reads pieces, one a line; those that continue a word are marked by `##` and stand last.
    pub(super) fn read(text: &'static [u8]) -> Self {
        let mut starts = vec![0];
        starts.extend(memchr::memchr_iter(b'\n', text).map(|end| end as u32 + 1));
        let mut vocabulary = Self {
            text,
            starts,
            beginnings: 0,
        };
        // `#` alone begins a word; `##` and a letter continue one.
        let continues = |row: &usize| {
            vocabulary
                .line(*row)
                .is_some_and(|line| line.starts_with(CONTINUES))
        };
        vocabulary.beginnings = partition_point(0, vocabulary.len(), |row| !continues(&row));
        vocabulary
    }

    /// How many pieces there are.
    pub(super) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// The piece of a row as it stands in the list.
    pub(super) fn line(&self, row: usize) -> Option<&'static [u8]> {
        let start = *self.starts.get(row)? as usize;
        let end = (*self.starts.get(row + 1)? as usize).checked_sub(1)?;
        self.text.get(start..end)
    }

    /// Cuts a word into the longest pieces from the left and calls `take` with the row of each;
    /// nothing where a rest is left that no piece begins.
    pub(super) fn cut(&self, word: &[u8], rows: &mut Vec<u32>) {
        let before = rows.len();
        let mut rest = word;
        while !rest.is_empty() {
            let piece = self.longest(rest, rows.len() > before);
            let Some((row, after)) =
                piece.and_then(|(row, length)| Some((row, rest.get(length..)?)))
            else {
                rows.truncate(before);
                return;
            };
            rows.push(row);
            rest = after;
        }
    }

    /// The row and the length of the longest piece that `word` begins with.
    fn longest(&self, word: &[u8], continues: bool) -> Option<(u32, usize)> {
        let (first, last, mark) = if continues {
            (self.beginnings, self.len(), CONTINUES.len())
        } else {
            (0, self.beginnings, 0)
        };
        let piece = |row: usize| {
            self.line(row)
                .and_then(|line| line.get(mark..))
                .unwrap_or_default()
        };
        let mut prefix = word;
        let mut end = last;
        loop {
            // The longest is the last piece that does not sort after the prefix, or else begins with
            // what the two have in common.
            end = partition_point(first, end, |row| piece(row) <= prefix);
            let row = end.checked_sub(1).filter(|row| *row >= first)?;
            let found = piece(row);
            let common = found.iter().zip(prefix).take_while(|(a, b)| a == b).count();
            if common == found.len() && common > 0 {
                return Some((u32::try_from(row).ok()?, common));
            }
            prefix = prefix.get(..common).filter(|prefix| !prefix.is_empty())?;
        }
    }
}

/// The first number from `low` to `high` for which `is` does not hold, where it holds for all
/// before it.
fn partition_point(mut low: usize, mut high: usize, is: impl Fn(usize) -> bool) -> usize {
    while low < high {
        let middle = low + (high - low) / 2;
        if is(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}
