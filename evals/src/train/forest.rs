//! Gradient boosting over histograms: each tree is fitted to what the trees before it leave over.
//! Leaves are split best first, as LightGBM does (Ke et al. 2017).

use moecraft_engine::predict::{MOST, UNIT};
use moecraft_engine::random::Generator;

use moecraft_engine::logistic::probability;

/// How a forest is grown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Recipe {
    pub(crate) trees: usize,
    pub(crate) leaves: usize,
    /// How much of what a tree found is believed.
    pub(crate) rate: f64,
    /// The fewest rows of a leaf.
    pub(crate) least_rows: u32,
    /// The share of inputs that a tree may split at.
    pub(crate) inputs: f64,
    /// The share of rows that a tree sees.
    pub(crate) rows: f64,
    /// What is added to the curvature of a leaf: small leaves are believed less.
    pub(crate) ridge: f64,
}

/// Bins of an input, of equal width: 1/32 of a standard deviation.
const BINS: usize = 256;

/// Inputs as bins, input by input.
pub(crate) struct Binned {
    bins: Vec<Vec<u8>>,
}

struct Split {
    input: u16,
    /// The last bin that goes below.
    bin: u8,
    branches: [i8; 2],
}

struct Tree {
    splits: Vec<Split>,
    leaves: Vec<f64>,
}

/// log-odds = start + the sum of a leaf of each tree.
pub(crate) struct Forest {
    start: f64,
    trees: Vec<Tree>,
}

impl Binned {
    /// Of the first `inputs` rows of a matrix with a column for each prompt, cut at
    /// [`MOST`] either side.
    pub(crate) fn of(matrix: &nalgebra::DMatrix<f32>, inputs: usize) -> Self {
        let bin = |value: &f32| ((value + MOST) / width()).ceil().clamp(0.0, 255.0) as u8;
        let rows = matrix.row_iter().take(inputs);
        Self {
            bins: rows.map(|row| row.iter().map(bin).collect()).collect(),
        }
    }
}

/// How wide a bin is: all of them together reach from -[`MOST`] to +[`MOST`].
fn width() -> f32 {
    2.0 * MOST / (BINS - 1) as f32
}

/// The greatest input that falls into a bin.
fn edge(bin: u8) -> i16 {
    ((f32::from(bin) * width() - MOST) * UNIT).floor() as i16
}

/// What is known of the rows in a bin or a leaf.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    slope: f64,
    curve: f64,
    rows: u32,
}

impl Sums {
    fn add(&mut self, slope: f64, curve: f64) {
        self.slope += slope;
        self.curve += curve;
        self.rows += 1;
    }

    fn less(self, other: Self) -> Self {
        Self {
            slope: self.slope - other.slope,
            curve: self.curve - other.curve,
            rows: self.rows - other.rows,
        }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            slope: self.slope + other.slope,
            curve: self.curve + other.curve,
            rows: self.rows + other.rows,
        }
    }
}

/// A leaf that may be split yet.
struct Leaf {
    rows: Vec<usize>,
    sums: Sums,
    best: Option<Best>,
    /// Where the branch to it is kept: a split and its side. None at the root.
    parent: Option<(usize, usize)>,
}

#[derive(Debug, Clone, Copy)]
struct Best {
    gain: f64,
    input: usize,
    bin: u8,
}

/// Grows a forest on `(prompt, grade in 0..=1)`.
pub(crate) fn grow(recipe: &Recipe, binned: &Binned, graded: &[(usize, f64)], seed: u64) -> Forest {
    let mut chance = Generator::new(seed);
    let mean = graded.iter().map(|(_, grade)| grade).sum::<f64>() / graded.len().max(1) as f64;
    let mean = mean.clamp(1e-3, 1.0 - 1e-3);
    let start = (mean / (1.0 - mean)).ln();
    let mut scores = vec![start; graded.len()];
    let mut trees = Vec::with_capacity(recipe.trees);
    for _ in 0..recipe.trees {
        let seen: Vec<usize> = (0..graded.len())
            .filter(|_| chance.unit() < recipe.rows)
            .collect();
        let open: Vec<usize> = (0..binned.bins.len())
            .filter(|_| chance.unit() < recipe.inputs)
            .collect();
        let slopes: Vec<(f64, f64)> = scores
            .iter()
            .zip(graded)
            .map(|(score, (_, grade))| {
                let p = probability(*score);
                (p - grade, p * (1.0 - p))
            })
            .collect();
        let tree = Tree::grow(recipe, binned, graded, &slopes, seen, &open);
        for (score, (prompt, _)) in scores.iter_mut().zip(graded) {
            *score += tree.value(binned, *prompt);
        }
        trees.push(tree);
    }
    Forest { start, trees }
}

impl Tree {
    fn grow(
        recipe: &Recipe,
        binned: &Binned,
        graded: &[(usize, f64)],
        slopes: &[(f64, f64)],
        seen: Vec<usize>,
        open: &[usize],
    ) -> Self {
        let leaf = |rows: Vec<usize>, parent| {
            let mut sums = Sums::default();
            for &row in &rows {
                sums.add(slopes[row].0, slopes[row].1);
            }
            let best = best(recipe, binned, graded, slopes, &rows, sums, open);
            Leaf {
                rows,
                sums,
                best,
                parent,
            }
        };
        let mut leaves = vec![leaf(seen, None)];
        let mut splits: Vec<Split> = Vec::new();
        while leaves.len() < recipe.leaves {
            let gain = |leaf: &Leaf| leaf.best.map_or(0.0, |best| best.gain);
            let Some(at) =
                (0..leaves.len()).max_by(|a, b| gain(&leaves[*a]).total_cmp(&gain(&leaves[*b])))
            else {
                break;
            };
            let Some(best) = leaves[at].best else { break };
            let place = splits.len();
            if let Some((split, side)) = leaves[at].parent {
                splits[split].branches[side] = place as i8;
            }
            splits.push(Split {
                input: best.input as u16,
                bin: best.bin,
                branches: [0, 0],
            });
            let rows = std::mem::take(&mut leaves[at].rows);
            let bins = &binned.bins[best.input];
            let (below, above) = rows
                .into_iter()
                .partition(|&row| bins[graded[row].0] <= best.bin);
            leaves[at] = leaf(below, Some((place, 0)));
            leaves.push(leaf(above, Some((place, 1))));
        }
        for (number, leaf) in leaves.iter().enumerate() {
            if let Some((split, side)) = leaf.parent {
                splits[split].branches[side] = -1 - number as i8;
            }
        }
        let value = |leaf: &Leaf| -recipe.rate * leaf.sums.slope / (leaf.sums.curve + recipe.ridge);
        Self {
            splits,
            leaves: leaves.iter().map(value).collect(),
        }
    }

    fn value(&self, binned: &Binned, prompt: usize) -> f64 {
        let mut branch = if self.splits.is_empty() { -1 } else { 0 };
        while let Some(split) = usize::try_from(branch)
            .ok()
            .and_then(|at| self.splits.get(at))
        {
            let above = binned.bins[usize::from(split.input)][prompt] > split.bin;
            branch = split.branches[usize::from(above)];
        }
        self.leaves[(-1 - i32::from(branch)) as usize]
    }
}

/// The split that lowers the loss most, if one does.
fn best(
    recipe: &Recipe,
    binned: &Binned,
    graded: &[(usize, f64)],
    slopes: &[(f64, f64)],
    rows: &[usize],
    all: Sums,
    open: &[usize],
) -> Option<Best> {
    let worth = |sums: Sums| sums.slope * sums.slope / (sums.curve + recipe.ridge);
    let mut found: Option<Best> = None;
    if all.rows < 2 * recipe.least_rows {
        return None;
    }
    for &input in open {
        let mut histogram = [Sums::default(); BINS];
        let bins = &binned.bins[input];
        for &row in rows {
            histogram[usize::from(bins[graded[row].0])].add(slopes[row].0, slopes[row].1);
        }
        let mut below = Sums::default();
        for (bin, sums) in histogram.iter().enumerate() {
            if sums.rows == 0 {
                continue;
            }
            below = below.plus(*sums);
            let above = all.less(below);
            if above.rows < recipe.least_rows {
                break;
            }
            if below.rows < recipe.least_rows {
                continue;
            }
            let gain = worth(below) + worth(above) - worth(all);
            if gain > found.map_or(1e-9, |best| best.gain) {
                found = Some(Best {
                    gain,
                    input,
                    bin: bin as u8,
                });
            }
        }
    }
    found
}

impl Forest {
    /// Writes it: leaves as whole numbers of a common unit.
    pub(crate) fn write(&self, body: &mut Vec<u8>) {
        let leaves = self.trees.iter().flat_map(|tree| &tree.leaves);
        let most = leaves.fold(1e-6_f64, |most, leaf| most.max(leaf.abs()));
        let unit = most / f64::from(i16::MAX);
        body.extend_from_slice(&(self.start as f32).to_le_bytes());
        body.extend_from_slice(&(unit as f32).to_le_bytes());
        body.extend_from_slice(&(self.trees.len() as u16).to_le_bytes());
        for tree in &self.trees {
            body.push(tree.splits.len() as u8);
            for split in &tree.splits {
                body.extend_from_slice(&split.input.to_le_bytes());
                body.extend_from_slice(&edge(split.bin).to_le_bytes());
                body.extend(split.branches.map(|branch| branch as u8));
            }
            for leaf in &tree.leaves {
                body.extend_from_slice(&((leaf / unit).round() as i16).to_le_bytes());
            }
        }
    }
}
