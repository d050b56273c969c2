//! Tables of leaves that are no neighbours, joined where that saves the rows something.

use super::{Bundle, Limit, Plan};

/// Most tables of a tree of which all pairs are looked at.
pub(super) const GATHERED: usize = 48;

impl Plan {
    /// Joins leaves that are no neighbours, too: of two tables that ask much in common the row has less to
    /// look up when they are one. Those that save most come first.
    pub(super) fn gather(&mut self, limit: Limit) {
        let saved = |a: &Bundle, b: &Bundle| {
            let both = a.may_join(b, limit).then(|| a.and(b)).filter(|both| both.fits(limit));
            both.map_or(0.0, |both| a.cost() + b.cost() - both.cost())
        };
        let bundles = &mut self.bundles;
        let mut pairs: Vec<Vec<f64>> = Vec::with_capacity(bundles.len());
        for (at, bundle) in bundles.iter().enumerate() {
            pairs.push(bundles.iter().take(at).map(|other| saved(bundle, other)).collect());
        }
        loop {
            let mut best = (0.0, 0, 0);
            for (a, row) in pairs.iter().enumerate() {
                for (b, &saved) in row.iter().enumerate() {
                    if saved > best.0 {
                        best = (saved, a, b);
                    }
                }
            }
            let (_, a, b) = best;
            if a == b {
                return;
            }
            // The later one goes, and the earlier one becomes both.
            let gone = bundles.remove(a);
            bundles[b] = bundles[b].and(&gone);
            pairs.remove(a);
            for row in pairs.iter_mut().skip(a) {
                row.remove(a);
            }
            for other in 0..bundles.len() {
                let (later, earlier) = (other.max(b), other.min(b));
                if later != earlier {
                    pairs[later][earlier] = saved(&bundles[later], &bundles[earlier]);
                }
            }
        }
    }
}

impl Bundle {
    /// About what it takes to tell a row of it, in cycles: a look into the worth for each shared column
    /// and into the cells for each other one, the way to the pattern, and its part of reading the tables
    /// once for some hundreds of rows.
    fn cost(&self) -> f64 {
        let own = self.own();
        let shared = self.columns.len() - own;
        let cells = self.patterns() * (own + usize::from(shared > 0));
        2.4 * shared as f64 + 1.45 * own as f64 + cells as f64 / 512.0 + 4.0
    }

    /// Whether it may be joined with another: they ask something in common, and there is no saying yet
    /// that the ways to stand with both are too many.
    fn may_join(&self, other: &Self, limit: Limit) -> bool {
        let (mut patterns, mut common) = (self.patterns(), 0);
        for column in &other.columns {
            let count = column.classes.count;
            if let Some(known) = self.find(column.asked) {
                common += 1;
                patterns = patterns / known.classes.count * known.classes.count.max(count);
            } else {
                patterns = patterns.saturating_mul(count);
            }
        }
        common > 0 && patterns <= limit.patterns
    }
}
