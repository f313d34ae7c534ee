//! The word pieces, sorted, and the longest that a word begins with. The index is made when the
//! engine is compiled, so that the first use costs no more than any other.

/// Word pieces of ASCII, one a line: first those that begin a word, then those that continue one,
/// each sorted by their bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Vocabulary {
    text: &'static [u8],
    /// Where every [`BLOCK`]th line begins.
    heads: &'static [u32],
    /// How many pieces there are.
    pub(super) rows: usize,
    /// How many of them begin a word.
    beginnings: usize,
}

/// What marks a piece that continues a word.
const CONTINUES: &[u8] = b"##";
/// Lines from one entry of the index to the next.
const BLOCK: usize = 16;
/// Entries of the index of the vocabulary that comes with the engine.
const HEADS: usize = 1727;

static SHIPPED: &[u8] = include_bytes!("../../models/embedding/vocabulary.txt");
static SHIPPED_INDEX: Index<HEADS> = Index::of(SHIPPED);

/// What is found by going through the lines once.
struct Index<const N: usize> {
    heads: [u32; N],
    rows: usize,
    beginnings: usize,
}

impl<const N: usize> Index<N> {
    /// Does not compile where the text has more than `N` blocks.
    const fn of(text: &[u8]) -> Self {
        let mut index = Self {
            heads: [u32::MAX; N],
            rows: 0,
            beginnings: 0,
        };
        let mut at = 0;
        let mut line_start = true;
        while at < text.len() {
            if line_start {
                if index.rows.is_multiple_of(BLOCK) {
                    index.heads[index.rows / BLOCK] = at as u32;
                }
                // `#` alone is a mark that begins a word.
                if text[at] != b'#' || text[at + 1] != b'#' {
                    index.beginnings += 1;
                }
                index.rows += 1;
            }
            line_start = text[at] == b'\n';
            at += 1;
        }
        index
    }
}

impl Vocabulary {
    /// The vocabulary that comes with the engine.
    pub(super) const fn shipped() -> Self {
        Self {
            text: SHIPPED,
            heads: &SHIPPED_INDEX.heads,
            rows: SHIPPED_INDEX.rows,
            beginnings: SHIPPED_INDEX.beginnings,
        }
    }

    /// The piece of a row as it stands in the list.
    pub(super) fn piece(&self, row: usize) -> Option<&'static [u8]> {
        self.block(row / BLOCK).nth(row % BLOCK)
    }

    /// The pieces of a block.
    fn block(&self, block: usize) -> impl Iterator<Item = &'static [u8]> {
        let start = self
            .heads
            .get(block)
            .map_or(usize::MAX, |head| *head as usize);
        let lines = self.text.get(start..).unwrap_or_default();
        let lines = lines.split(|byte| *byte == b'\n').take(BLOCK);
        lines.filter(|line| !line.is_empty())
    }

    /// Cuts a word into pieces, from the left the longest that there are, and adds their rows; no
    /// row where a rest is left that no piece begins.
    pub(super) fn cut(&self, word: &[u8], rows: &mut Vec<usize>) {
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
    fn longest(&self, word: &[u8], continues: bool) -> Option<(usize, usize)> {
        let mut prefix = word;
        while !prefix.is_empty() {
            // The longest is the last piece that does not sort after the word, or else begins with
            // what the two have in common.
            let (row, piece) = self.last_until(prefix, continues)?;
            let common = piece.iter().zip(prefix).take_while(|(a, b)| a == b).count();
            if common == piece.len() {
                return Some((row, common));
            }
            prefix = prefix.get(..common)?;
        }
        None
    }

    /// The last piece that does not sort after `word`, without its mark, and its row.
    fn last_until(&self, word: &[u8], continues: bool) -> Option<(usize, &'static [u8])> {
        let until = |row: usize, line: &'static [u8]| {
            let piece = if row < self.beginnings {
                Some(line)
            } else {
                line.strip_prefix(CONTINUES)
            };
            let piece = piece.unwrap_or_default();
            let not_after = match (row >= self.beginnings, continues) {
                (false, true) => true,
                (true, false) => false,
                _ => piece <= word,
            };
            not_after.then_some((row, piece))
        };
        let head = |block: usize| self.block(block).next().unwrap_or_default();
        let (mut low, mut high) = (0, self.heads.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if until(middle * BLOCK, head(middle)).is_some() {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let block = low.checked_sub(1)?;
        let lines = (block * BLOCK..).zip(self.block(block));
        let last = lines.map_while(|(row, line)| until(row, line)).last();
        last.filter(|(row, _)| (*row >= self.beginnings) == continues)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_piece_is_the_longest_beginning_of_itself() {
        let vocabulary = Vocabulary::shipped();
        assert_eq!(vocabulary.rows, 27_623);
        assert_eq!(vocabulary.heads.len(), vocabulary.rows.div_ceil(BLOCK));
        for row in 0..vocabulary.rows {
            let line = vocabulary.piece(row).expect("a piece a row");
            let continues = row >= vocabulary.beginnings;
            let piece = if continues {
                line.strip_prefix(CONTINUES).expect("a mark")
            } else {
                line
            };
            assert_eq!(
                vocabulary.longest(piece, continues),
                Some((row, piece.len()))
            );
        }
        assert_eq!(vocabulary.piece(vocabulary.rows), None);
    }

    #[test]
    fn what_is_no_piece_is_cut_or_left_out() {
        let vocabulary = Vocabulary::shipped();
        let cut = |word: &str| {
            let mut rows = Vec::new();
            vocabulary.cut(word.as_bytes(), &mut rows);
            rows.iter()
                .map(|row| vocabulary.piece(*row))
                .collect::<Vec<_>>()
        };
        assert_eq!(cut("embeddings").len(), 4);
        assert_eq!(cut("\u{7f}"), []);
        assert_eq!(cut("a\u{7f}"), []);
        assert_eq!(cut(""), []);
    }
}
