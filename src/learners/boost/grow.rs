//! Growing one tree, the leaf with the largest gain first.

use super::{
    BoostParams, Monotone,
    histogram::{Entry, Histogram, Sums, add_up, row},
    split::{Bounds, Cut, Leaf, Search},
    table::Table,
};
use crate::{
    learners::{Rows, part_in_order},
    model::{
        boosted::{Branch, Branches, STEPS},
        tree::Rule,
    },
};

/// Farthest step of a leaf, in logits.
const FARTHEST_STEP: f64 = 8.0;

/// Most entries that the buffer by way of which they move has room for.
const MOVED: usize = 1 << 20;

/// A tree under construction.
#[derive(Debug)]
enum Grown {
    Fork { cut: Cut, left: usize, right: usize },
    Leaf(Open),
}

/// A leaf that may still be parted.
#[derive(Debug)]
struct Open {
    /// Its entries.
    from: usize,
    to: usize,
    sums: Sums,
    depth: usize,
    bounds: Bounds,
    /// L2 of the split that made it.
    l2: f64,
    rows: f64,
    histogram: Option<Histogram>,
    cut: Option<Cut>,
}

/// A grown tree, and the entries of each leaf with the steps that they take.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) branches: Branches,
    /// Steps of the entries `from..to`.
    pub(super) leaves: Vec<(usize, usize, i32)>,
}

/// What does not change from tree to tree.
#[derive(Debug)]
pub(super) struct Grower<'a> {
    pub(super) params: &'a BoostParams,
    pub(super) table: &'a Table<'a>,
    pub(super) search: Search,
    /// Weights in units, if there are any.
    pub(super) units: Option<&'a [u32]>,
    /// Units in a weight of 1.
    pub(super) scale: f64,
    spare: Vec<Histogram>,
    moved: Vec<Entry>,
}

impl<'a> Grower<'a> {
    pub(super) fn new(
        params: &'a BoostParams,
        table: &'a Table<'a>,
        units: Option<&'a [u32]>,
        scale: f64,
    ) -> Self {
        let search = Search::new(params, table, scale);
        Self { params, table, search, units, scale, spare: Vec::new(), moved: Vec::new() }
    }

    /// Grows a tree on the entries, which are put in a new order. `asked` says which columns may be
    /// asked.
    pub(super) fn grow(&mut self, entries: &mut [Entry], asked: &[bool]) -> Tree {
        let mut root = self.open(entries, 0, entries.len(), Sums::default(), 0, Bounds::NONE);
        let mut histogram = self.histogram();
        add_up(self.table, entries, self.units, &mut histogram);
        root.sums = match self.table.columns.first() {
            Some(column) => {
                histogram[..column.codes].iter().fold(Sums::default(), |sum, &bin| sum + bin)
            }
            None => Sums::default(),
        };
        self.consider(&mut root, histogram, asked);
        let mut nodes = vec![Grown::Leaf(root)];
        let mut leaves = 1;
        while leaves < self.params.max_leaves {
            let Some(at) = best(&nodes) else { break };
            leaves += 1;
            self.part(&mut nodes, at, entries, asked, leaves < self.params.max_leaves);
        }
        self.finish(nodes)
    }

    fn histogram(&mut self) -> Histogram {
        match self.spare.pop() {
            Some(mut histogram) => {
                histogram.fill(Sums::default());
                histogram
            }
            None => vec![Sums::default(); self.table.bins],
        }
    }

    fn open(
        &self,
        entries: &[Entry],
        from: usize,
        to: usize,
        sums: Sums,
        depth: usize,
        bounds: Bounds,
    ) -> Open {
        let rows = match self.units {
            None => (to - from) as f64,
            Some(units) => {
                let all: u64 = entries[from..to].iter().map(|&e| u64::from(units[row(e)])).sum();
                all as f64 / self.scale
            }
        };
        let l2 = self.params.l2;
        Open { from, to, sums, depth, bounds, l2, rows, histogram: None, cut: None }
    }

    fn may_part(&self, leaf: &Open) -> bool {
        leaf.depth < self.params.max_depth
            && leaf.rows >= 2.0 * self.params.min_leaf
            && leaf.sums.second as f64 >= 2.0 * self.params.min_hessian * self.search.unit
    }

    /// Looks for the best cut of a leaf.
    fn consider(&mut self, leaf: &mut Open, histogram: Histogram, asked: &[bool]) {
        let about = Leaf { sums: leaf.sums, rows: leaf.rows, bounds: leaf.bounds };
        if self.may_part(leaf) {
            leaf.cut = self.search.best(self.table, &histogram, asked, about);
        }
        if leaf.cut.is_some() {
            leaf.histogram = Some(histogram);
        } else {
            self.spare.push(histogram);
        }
    }

    /// Parts a leaf by its cut.
    fn part(
        &mut self,
        nodes: &mut Vec<Grown>,
        at: usize,
        entries: &mut [Entry],
        asked: &[bool],
        goes_on: bool,
    ) {
        let Some(Grown::Leaf(leaf)) = nodes.get_mut(at) else { return };
        let (Some(cut), Some(histogram)) = (leaf.cut.take(), leaf.histogram.take()) else { return };
        let (from, to, all, depth, bounds) =
            (leaf.from, leaf.to, leaf.sums, leaf.depth + 1, leaf.bounds);
        let border = from + self.move_left(&cut, &mut entries[from..to]);
        let (low, high) = self.bounds(&cut, all, bounds);
        let mut left = self.open(entries, from, border, cut.left, depth, low);
        let mut right = self.open(entries, border, to, all - cut.left, depth, high);
        (left.l2, right.l2) = (cut.l2, cut.l2);
        if goes_on && (self.may_part(&left) || self.may_part(&right)) {
            self.children(histogram, &mut left, &mut right, entries, asked);
        } else {
            self.spare.push(histogram);
        }
        let (l, r) = (nodes.len(), nodes.len() + 1);
        nodes[at] = Grown::Fork { cut, left: l, right: r };
        nodes.push(Grown::Leaf(left));
        nodes.push(Grown::Leaf(right));
    }

    /// The smaller child is added up, the larger is what is left of the parent.
    fn children(
        &mut self,
        mut parent: Histogram,
        left: &mut Open,
        right: &mut Open,
        entries: &[Entry],
        asked: &[bool],
    ) {
        let left_is_smaller = left.to - left.from <= right.to - right.from;
        let (smaller, larger) = if left_is_smaller { (left, right) } else { (right, left) };
        let mut counted = self.histogram();
        add_up(self.table, &entries[smaller.from..smaller.to], self.units, &mut counted);
        for (all, part) in parent.iter_mut().zip(&counted) {
            *all = *all - *part;
        }
        self.consider(smaller, counted, asked);
        self.consider(larger, parent, asked);
    }

    /// The bounds of both children: a monotone split keeps all below it on its side of the middle.
    fn bounds(&self, cut: &Cut, all: Sums, bounds: Bounds) -> (Bounds, Bounds) {
        let name = &self.table.columns[cut.column].name;
        let Some(&monotone) = self.params.monotone.get(name) else { return (bounds, bounds) };
        let Rule::AtMost { .. } = cut.rule else { return (bounds, bounds) };
        let left = self.search.step(cut.left, cut.l2, bounds);
        let right = self.search.step(all - cut.left, cut.l2, bounds);
        let middle = f64::midpoint(left, right);
        let (below, above) = (Bounds { high: middle, ..bounds }, Bounds { low: middle, ..bounds });
        match monotone {
            Monotone::Rising => (below, above),
            Monotone::Falling => (above, below),
        }
    }

    /// Puts the entries that go left before the others, both in the order they were in; how many go
    /// left.
    fn move_left(&mut self, cut: &Cut, entries: &mut [Entry]) -> usize {
        let Rows { matrix, index } = self.table.source;
        let column = matrix.columns[self.table.columns[cut.column].at as usize].as_slice();
        let mut goes_left = [false; 256];
        for code in 0..=u8::MAX {
            goes_left[usize::from(code)] = cut.rule.goes_left(code);
        }
        if self.moved.len() < entries.len().min(MOVED) {
            self.moved.resize(entries.len().min(MOVED), 0);
        }
        let code = |entry: Entry| column[index[row(entry)] as usize];
        part_in_order(entries, &mut self.moved, &|entry| goes_left[usize::from(code(entry))])
    }

    fn finish(&mut self, nodes: Vec<Grown>) -> Tree {
        let mut tree = Tree { branches: Branches { nodes: Vec::new() }, leaves: Vec::new() };
        let mut nodes: Vec<Option<Grown>> = nodes.into_iter().map(Some).collect();
        // A node is emitted once; the second visit of a fork is the time for its right child.
        let mut stack = vec![(0, None)];
        while let Some((at, fork)) = stack.pop() {
            if let Some(fork) = fork {
                let next = tree.branches.nodes.len() as u32;
                let nodes: &mut Vec<Branch> = &mut tree.branches.nodes;
                let fork: Option<&mut Branch> = nodes.get_mut(fork);
                if let Some(Branch::Fork { right, .. }) = fork {
                    *right = next;
                }
            }
            match nodes.get_mut(at).and_then(Option::take) {
                Some(Grown::Fork { cut, left, right }) => {
                    let here = tree.branches.nodes.len();
                    tree.branches.nodes.push(Branch::Fork {
                        column: self.table.columns[cut.column].at,
                        left_if: cut.rule,
                        right: 0,
                        // Thousandths of a nat tell columns apart, and keep the file short.
                        gain: (cut.gain * 1000.0).round() / 1000.0,
                    });
                    stack.push((right, Some(here)));
                    stack.push((left, None));
                }
                Some(Grown::Leaf(leaf)) => {
                    let steps = self.steps(&leaf);
                    tree.leaves.push((leaf.from, leaf.to, steps));
                    tree.branches.nodes.push(Branch::Leaf { steps, rows: leaf.rows });
                    self.spare.extend(leaf.histogram);
                }
                None => {}
            }
        }
        tree
    }

    fn steps(&self, leaf: &Open) -> i32 {
        let step = self.search.step(leaf.sums, leaf.l2, leaf.bounds);
        let step = (step * self.params.learning_rate).clamp(-FARTHEST_STEP, FARTHEST_STEP);
        (step * STEPS).round() as i32
    }
}

/// The leaf whose cut gains most; the first of those that gain the same.
fn best(nodes: &[Grown]) -> Option<usize> {
    let mut best: Option<(usize, f64)> = None;
    for (at, node) in nodes.iter().enumerate() {
        if let Grown::Leaf(Open { cut: Some(cut), .. }) = node
            && best.is_none_or(|(_, gain)| cut.gain > gain)
        {
            best = Some((at, cut.gain));
        }
    }
    best.map(|(at, _)| at)
}
