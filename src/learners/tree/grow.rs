//! Growing: smaller child by scan, larger by subtraction.

use rayon::prelude::*;

use super::{
    TreeParams,
    sample::{Sample, WIDTH},
    split::{Cut, Histogram, Search},
    tally::{AT_ONCE, Tally},
};
use crate::{learners::part_in_order, model::tree::Rule};

/// Rows that one task counts; fixed, so the same work is done on any number of threads.
const TASK: usize = AT_ONCE;
/// Nodes with more rows than this have their sides grown side by side.
const WORTH_A_TASK: usize = 1 << 13;

/// The histograms of a node, one a column, where they are known.
type Counts<T> = Option<Vec<Histogram<T>>>;

/// A grown node. Nodes stand in preorder: the left child follows its parent.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Grown {
    /// Rows (or their weight).
    pub(super) rows: f64,
    /// Events (or their weight).
    pub(super) events: f64,
    /// How it is parted.
    pub(super) parting: Option<Parting>,
}

/// How a grown node is parted.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Parting {
    /// Column, numbered as in the sample.
    pub(super) column: usize,
    pub(super) rule: Rule,
    /// Nats.
    pub(super) gain: f64,
    /// Steps from the node to its right child.
    pub(super) right: usize,
}

/// Grows a tree on the rows in `order` (entries of [`Sample::order`], which are put in a new order),
/// down to the limits of depth and leaf size.
///
/// # Cost
/// About half of rows × columns × depth counts, and one search over all codes a node.
pub(super) fn grow<T: Tally>(
    sample: &Sample,
    order: &mut [u32],
    params: &TreeParams,
) -> Vec<Grown> {
    let growth =
        Growth { sample, search: Search::new(sample, params), max_depth: params.max_depth };
    let all = order
        .par_chunks(TASK)
        .map(|entries| entries.iter().fold(T::default(), |sum, &e| sum + sample.weigh(e)))
        .reduce(T::default, |a, b| a + b);
    let mut spare = vec![0; order.len()];
    growth.node::<T>(order, &mut spare, all, None, 0)
}

struct Growth<'a> {
    sample: &'a Sample<'a>,
    search: Search,
    max_depth: usize,
}

impl Growth<'_> {
    fn node<T: Tally>(
        &self,
        order: &mut [u32],
        spare: &mut [u32],
        all: T,
        histograms: Counts<T>,
        depth: usize,
    ) -> Vec<Grown> {
        let mut node =
            Grown { rows: self.search.rows(all), events: self.search.events(all), parting: None };
        if !self.may_part(all, depth) {
            return vec![node];
        }
        let histograms = histograms.unwrap_or_else(|| count(self.sample, order));
        let Some(cut) = self.search.best(&self.sample.kept, &histograms, all) else {
            return vec![node];
        };
        let at = self.part(&cut, order, spare);
        let worth_a_task = at.min(order.len() - at) > WORTH_A_TASK;
        let (left_order, right_order) = order.split_at_mut(at);
        let (left_spare, right_spare) = spare.split_at_mut(at);
        let (left, right) = (cut.left, all - cut.left);
        let counts = self.children(histograms, (left_order, left), (right_order, right), depth + 1);
        let grow_left = || self.node(left_order, left_spare, left, counts.0, depth + 1);
        let grow_right = || self.node(right_order, right_spare, right, counts.1, depth + 1);
        let (left, mut right) = if worth_a_task {
            rayon::join(grow_left, grow_right)
        } else {
            (grow_left(), grow_right())
        };
        node.parting = Some(Parting {
            column: cut.column,
            rule: cut.rule,
            gain: cut.gain,
            right: 1 + left.len(),
        });
        let mut nodes = vec![node];
        nodes.extend(left);
        nodes.append(&mut right);
        nodes
    }

    fn may_part<T: Tally>(&self, all: T, depth: usize) -> bool {
        depth < self.max_depth && self.search.may_part(all)
    }

    /// The children's histograms, for those that may be parted: the smaller is counted, the larger is
    /// what is left of the parent's.
    fn children<T: Tally>(
        &self,
        mut parent: Vec<Histogram<T>>,
        (left_order, left): (&[u32], T),
        (right_order, right): (&[u32], T),
        depth: usize,
    ) -> (Counts<T>, Counts<T>) {
        let left_is_smaller = left_order.len() <= right_order.len();
        let (smaller, larger) =
            if left_is_smaller { (left_order, right) } else { (right_order, left) };
        if !self.may_part(left, depth) && !self.may_part(right, depth) {
            return (None, None);
        }
        let counted = count(self.sample, smaller);
        if self.may_part(larger, depth) {
            for ((parent, smaller), column) in
                parent.iter_mut().zip(&counted).zip(&self.sample.kept)
            {
                for (all, part) in parent.iter_mut().zip(smaller).take(column.codes) {
                    *all = *all - *part;
                }
            }
        }
        if left_is_smaller { (Some(counted), Some(parent)) } else { (Some(parent), Some(counted)) }
    }

    /// Puts the rows that go left before the others, both in the order they were in; how many go left.
    fn part<T: Tally>(&self, cut: &Cut<T>, order: &mut [u32], spare: &mut [u32]) -> usize {
        let lines = &self.sample.blocks[cut.column / WIDTH];
        let slot = cut.column % WIDTH;
        let mut goes_left = [false; 256];
        for code in 0..=u8::MAX {
            goes_left[usize::from(code)] = cut.rule.goes_left(code);
        }
        let code = |entry: u32| lines[(entry >> 1) as usize][slot];
        part_in_order(order, spare, &|entry| goes_left[usize::from(code(entry))])
    }
}

/// The histograms of some rows, one a column.
fn count<T: Tally>(sample: &Sample, order: &[u32]) -> Vec<Histogram<T>> {
    if order.len() <= TASK {
        return count_task(sample, order);
    }
    let add = |mut a: Vec<Histogram<T>>, b: Vec<Histogram<T>>| {
        for (a, b) in a.iter_mut().flatten().zip(b.iter().flatten()) {
            *a += *b;
        }
        a
    };
    order
        .par_chunks(TASK)
        .map(|entries| count_task(sample, entries))
        .reduce_with(add)
        .unwrap_or_default()
}

/// Counts at most [`AT_ONCE`] rows.
fn count_task<T: Tally>(sample: &Sample, order: &[u32]) -> Vec<Histogram<T>> {
    let mut histograms = Vec::with_capacity(sample.kept.len());
    for (columns, lines) in sample.kept.chunks(WIDTH).zip(&sample.blocks) {
        let mut small = [[T::Small::default(); 256]; WIDTH];
        let counted = &mut small[..columns.len()];
        for &entry in order {
            let weight = T::small(sample.units_of(entry), entry & 1 == 1);
            let line = &lines[(entry >> 1) as usize];
            for (histogram, &code) in counted.iter_mut().zip(line) {
                histogram[usize::from(code)] += weight;
            }
        }
        histograms.extend(counted.iter().map(|histogram| histogram.map(T::of_small)));
    }
    histograms
}
