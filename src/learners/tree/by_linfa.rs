//! The structure from `linfa-trees`, behind guard rails; everything else is ours.
//!
//! linfa-trees 0.8.1 counts values closer than 1e-5 as equal, skips splits between tied values, prunes
//! siblings of the same majority, breaks ties of the majority by the order of a hash map and scans every
//! row in every node. So it sees: ranks of codes (never NaN), a thousand apart, with the rows of a tie
//! spread around their rank; a sample of the rows; and a weight for events that balances the classes and
//! cannot tie. Its thresholds are snapped to the borders between codes, the counts are of all rows, and
//! only our own tree predicts.

use linfa::{ParamGuard, dataset::DatasetBase, traits::Fit};
use linfa_trees::{DecisionTree, TreeNode};
use ndarray::{Array1, Array2, ShapeBuilder};

use super::{
    TreeParams, content,
    grow::{Grown, Parting},
    prune,
    sample::{Column, Sample},
    select::{self, Chosen},
    tally::Tally,
};
use crate::{
    dataset::CodeKind,
    error::Result,
    learners::apart::{place, ranks_below},
    model::{Tree, tree::Rule},
};

/// Smallest decrease of impurity that linfa splits for; it refuses less than the f64 epsilon.
const LEAST_DECREASE: f64 = 1e-7;
/// Rows' worth of the base rate that a level's rate is mixed with before levels are ranked.
const LEVEL_SMOOTHING: f64 = 10.0;
/// Weights that are tried before the sample is halved.
const TRIES: u32 = 20_000;

/// Fits a tree whose structure is linfa's.
pub(super) fn fit(params: &TreeParams, sample: &Sample) -> Result<Tree> {
    let mut grown = structure(params, sample)?;
    if sample.is_weighted() {
        count::<u128>(sample, &mut grown, params.min_leaf);
    } else {
        count::<u64>(sample, &mut grown, params.min_leaf);
    }
    let chosen = Chosen {
        penalty: params.penalty.unwrap_or(0.0),
        smoothing: params.smoothing.unwrap_or(select::DEFAULT_SMOOTHING),
    };
    Ok(prune::finish(&grown, chosen, params.max_leaves, &sample.columns()))
}

/// linfa's tree as ours, without counts.
fn structure(params: &TreeParams, sample: &Sample) -> Result<Vec<Grown>> {
    let mut limit = params.linfa_rows_at_most as f64;
    let (drawn, events, weight) = loop {
        let drawn = draw(sample, limit);
        let events = drawn.iter().filter(|&&row| sample.events[row as usize]).count();
        if events == 0 || events == drawn.len() || sample.kept.is_empty() {
            return Ok(vec![leaf()]);
        }
        if let Some(weight) = balance(events, drawn.len() - events) {
            break (drawn, events, weight);
        }
        limit = (drawn.len() / 2) as f64;
    };
    let sequences: Vec<Vec<u8>> =
        (0..sample.kept.len()).map(|column| sequence(sample, column, &drawn, events)).collect();
    let outcomes: Array1<bool> = drawn.iter().map(|&row| sample.events[row as usize]).collect();
    let weights = outcomes.mapv(|event| if event { weight } else { 1.0 });
    let ranks = ranks(sample, &drawn, &sequences);
    let fitted = DecisionTree::params()
        .max_depth(Some(params.max_depth.min(params.linfa_max_depth)))
        .min_weight_split((2.0 * params.min_leaf) as f32)
        .min_weight_leaf(params.min_leaf as f32 * weight.min(1.0))
        .min_impurity_decrease(LEAST_DECREASE)
        .check()?
        .fit(&DatasetBase::new(ranks, outcomes).with_weights(weights))?;
    let mut nodes = Vec::new();
    let copy = Copying { sample, sequences: &sequences };
    copy.node(fitted.root_node(), &drawn, &mut nodes);
    Ok(nodes)
}

fn leaf() -> Grown {
    Grown { rows: 0.0, events: 0.0, parting: None }
}

/// About `limit` rows, or all; a weight is a number of rows. Ordered by what the rows hold, since linfa's tree
/// depends on the order of its rows.
fn draw(sample: &Sample, limit: f64) -> Vec<u32> {
    let units = |row: usize| sample.units.as_ref().map_or(1.0, |units| units[row] as f64);
    let weight = |row: usize| units(row) / sample.scale;
    // Summed as integers, so the order of the rows is indifferent.
    let total = match &sample.units {
        Some(units) => units.iter().map(|&u| u128::from(u)).sum::<u128>() as f64 / sample.scale,
        None => sample.len() as f64,
    };
    let share = (limit / total).min(1.0);
    let mut rows: Vec<(u64, u64, u32)> =
        (0..sample.len()).map(|row| (sample.hashes[row], units(row) as u64, row as u32)).collect();
    rows.sort_unstable();
    let (mut drawn, mut before, mut nth) = (Vec::new(), None, 0);
    for (hash, _, row) in rows {
        nth = if before == Some(hash) { nth + 1 } else { 0 };
        before = Some(hash);
        let chance = content::mix(hash ^ content::mix(nth)) as f64 / 2.0_f64.powi(64);
        let copies = (weight(row as usize) * share + chance.min(1.0 - f64::EPSILON)) as usize;
        drawn.extend(std::iter::repeat_n(row, copies));
    }
    drawn
}

/// A weight for events that balances the classes and with which no number of events weighs the same as
/// any number of other rows, in the `f32` sums that linfa keeps. `None` where none was found.
pub(super) fn balance(events: usize, others: usize) -> Option<f32> {
    let balanced = (others as f64 / events as f64) as f32;
    (0..TRIES).map(|t| f32::from_bits(balanced.to_bits() + 37 * t)).find(|&weight| {
        let sums = (0..events).scan(0.0_f32, |sum, _| {
            *sum += weight;
            Some(*sum)
        });
        sums.take_while(|&sum| sum <= others as f32).all(|sum| sum.fract() > 0.0)
    })
}

/// The codes of a column that were drawn, by rank: ordered codes as they are, with missing values
/// lowest; levels by smoothed event rate.
fn sequence(sample: &Sample, column: usize, drawn: &[u32], events: usize) -> Vec<u8> {
    let mut counts = [(0.0, 0.0); 256];
    for &row in drawn {
        let count = &mut counts[usize::from(sample.code(row, column))];
        count.0 += 1.0;
        count.1 += f64::from(u8::from(sample.events[row as usize]));
    }
    let mut codes: Vec<u8> = (0..=u8::MAX).filter(|&c| counts[usize::from(c)].0 > 0.0).collect();
    if sample.kept[column].kind == CodeKind::Category {
        let base = events as f64 / drawn.len() as f64;
        let rate = |code: u8| {
            let (rows, events) = counts[usize::from(code)];
            (events + LEVEL_SMOOTHING * base) / (rows + LEVEL_SMOOTHING)
        };
        codes.sort_by(|&a, &b| rate(a).total_cmp(&rate(b)).then(a.cmp(&b)));
    }
    codes
}

/// For each drawn row and column a number of its own; see [`place`].
fn ranks(sample: &Sample, drawn: &[u32], sequences: &[Vec<u8>]) -> Array2<f64> {
    let mut ranks = Array2::zeros((drawn.len(), sequences.len()).f());
    for (column, sequence) in sequences.iter().enumerate() {
        let mut rank_of = [0; 256];
        sequence.iter().enumerate().for_each(|(rank, &code)| rank_of[usize::from(code)] = rank);
        let class = |row: u32| u8::from(sample.events[row as usize]);
        let rows = drawn.iter().map(|&row| (sample.code(row, column), class(row)));
        place(rows, |code| rank_of[usize::from(code)], |at, x| ranks[(at, column)] = x);
    }
    ranks
}

struct Copying<'a> {
    sample: &'a Sample<'a>,
    sequences: &'a [Vec<u8>],
}

impl Copying<'_> {
    /// Appends linfa's node and what is below it, in preorder. A split that, snapped to a border, parts
    /// none of the drawn rows is left out.
    fn node(&self, node: &TreeNode<f64, bool>, drawn: &[u32], nodes: &mut Vec<Grown>) {
        let children = node.children();
        let [Some(left), Some(right)] = children.as_slice() else {
            nodes.push(leaf());
            return;
        };
        let (column, threshold, _) = node.split();
        let sequence = &self.sequences[column];
        let (low, high) = sequence.split_at(ranks_below(threshold).min(sequence.len()));
        let code = |row: &u32| self.sample.code(*row, column);
        let (drawn_left, drawn_right): (Vec<u32>, Vec<u32>) =
            drawn.iter().partition(|row| low.contains(&code(row)));
        if drawn_left.is_empty() || drawn_right.is_empty() {
            let (child, drawn) =
                if drawn_left.is_empty() { (right, drawn_right) } else { (left, drawn_left) };
            return self.node(child, &drawn, nodes);
        }
        let left_is_larger = drawn_left.len() > drawn_right.len();
        let (rule, first, second) = match self.sample.kept[column].kind {
            CodeKind::Ordered => (
                border(&self.sample.kept[column], low, high, left_is_larger),
                (left, drawn_left),
                (right, drawn_right),
            ),
            CodeKind::Category if left_is_larger => {
                (one_of(high), (right, drawn_right), (left, drawn_left))
            }
            CodeKind::Category => (one_of(low), (left, drawn_left), (right, drawn_right)),
        };
        let at = nodes.len();
        nodes.push(leaf());
        self.node(first.0, &first.1, nodes);
        let right = nodes.len() - at;
        self.node(second.0, &second.1, nodes);
        nodes[at].parting = Some(Parting { column, rule, gain: 0.0, right });
    }
}

/// The border in the middle between the codes on both sides. Missing values that were not drawn go with
/// the larger side.
fn border(column: &Column, low: &[u8], high: &[u8], left_is_larger: bool) -> Rule {
    let below = low.last().copied().unwrap_or(0);
    let code = match (below, high.first()) {
        (1.., Some(&above)) => column.border(below, above),
        _ => below,
    };
    Rule::AtMost { code, missing: low.first() == Some(&0) || left_is_larger }
}

fn one_of(codes: &[u8]) -> Rule {
    let mut codes = codes.to_vec();
    codes.sort_unstable();
    Rule::OneOf { codes }
}

/// Counts all rows in every node, and what each split gains; a split that leaves a side with fewer than
/// `min_leaf` rows is undone.
fn count<T: Tally>(sample: &Sample, grown: &mut [Grown], min_leaf: f64) {
    let tallies: Vec<T> = select::drop_in(sample, grown, &sample.order(|_| true));
    let likelihood = |node: &Grown| {
        let part = |x: f64| if x > 0.0 { x * (x / node.rows).ln() } else { 0.0 };
        part(node.events) + part(node.rows - node.events)
    };
    for (node, tally) in grown.iter_mut().zip(&tallies) {
        node.rows = tally.rows() as f64 / sample.scale;
        node.events = tally.events() as f64 / sample.scale;
    }
    for at in 0..grown.len() {
        let Some(right) = grown[at].parting.as_ref().map(|parting| at + parting.right) else {
            continue;
        };
        let (left, right) = (&grown[at + 1], &grown[right]);
        let enough = left.rows >= min_leaf && right.rows >= min_leaf;
        let gain = likelihood(left) + likelihood(right) - likelihood(&grown[at]);
        grown[at].parting = grown[at].parting.take().filter(|_| enough);
        if let Some(parting) = &mut grown[at].parting {
            parting.gain = gain;
        }
    }
}
