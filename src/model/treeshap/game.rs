//! One tree at the points of the rule: products down, sums up.

use super::{Twig, paths::parts, quadrature::gauss_legendre};
use crate::model::tree::bits;

/// A tree that asks something. Place 0 is the root, fork `j` has its children at `1 + 2 j` and
/// `2 + 2 j`, and a fork stands after the one above it.
#[derive(Debug, Clone)]
pub(super) struct Game<const N: usize> {
    weights: [f64; N],
    forks: Vec<Fork<N>>,
}

#[derive(Debug, Clone)]
struct Fork<const N: usize> {
    /// The codes that go left.
    left: [u64; 4],
    /// Place of its column among those asked.
    slot: u32,
    /// Its own place.
    place: u32,
    /// Where the row's standing with the column was last settled on the path; 0 where it was not.
    before: u32,
    /// The row goes left, right, or had already failed the column's conditions above.
    cases: [Case<N>; 3],
}

/// What happens at the two children, point by point.
#[derive(Debug, Clone)]
struct Case<const N: usize> {
    /// What the product is multiplied by; in a leaf, also the leaf's logit.
    factors: [[f64; N]; 2],
    /// What a sum counts for the column, against what it counted above.
    shares: [[f64; N]; 2],
}

/// The row meets all that the path asked of a column.
const MET: u8 = 1;

impl<const N: usize> Game<N> {
    /// `rows` holds the training rows of each twig; `columns` those asked, ascending.
    pub(super) fn new(twigs: &[Twig<'_>], rows: &[f64], columns: &[u32]) -> Self {
        let (points, weights) = gauss_legendre::<N>();
        let mut forks: Vec<Fork<N>> = Vec::new();
        let mut waiting = vec![(0, 0, Vec::new())];
        while let Some((at, place, path)) = waiting.pop() {
            let Some(Twig::Fork { column, left_if, children }) = twigs.get(at) else { continue };
            let slot = columns.binary_search(column).unwrap_or(0) as u32;
            let first = 1 + 2 * forks.len() as u32;
            let path: Vec<Standing> = path;
            let known = path.iter().find(|known| known.slot == slot);
            let (share, before) = known.map_or((1.0, 0), |known| (known.share, known.place));
            let parts = parts(rows, *children);
            let scales = children.map(|child| match twigs.get(child) {
                Some(Twig::Leaf { logit, .. }) => *logit,
                _ => 1.0,
            });
            let case = |met: [Option<bool>; 2]| Case::new(&points, share, parts, met, scales);
            let cases = [
                case([Some(true), Some(false)]),
                case([Some(false), Some(true)]),
                case([None, None]),
            ];
            forks.push(Fork { left: bits(left_if), slot, place, before, cases });
            for side in [1, 0] {
                let place = first + side as u32;
                let here = Standing { slot, share: share * parts[side], place };
                let others = path.iter().copied().filter(|known| known.slot != slot);
                waiting.push((children[side], place, others.chain([here]).collect()));
            }
        }
        Self { weights, forks }
    }

    /// Adds what each column adds to the logit of each row.
    ///
    /// # Shape
    /// `codes` and `out` have `width` entries a row.
    pub(super) fn add(&self, codes: &[u8], width: usize, out: &mut [f64]) {
        let mut at = vec![self.weights; 1 + 2 * self.forks.len()];
        let mut met = vec![MET; 1 + 2 * self.forks.len()];
        let mut taken = vec![0_u8; self.forks.len()];
        for (codes, out) in codes.chunks_exact(width).zip(out.chunks_exact_mut(width)) {
            at[0] = self.weights;
            self.down(codes, &mut at, &mut met, &mut taken);
            self.up(&mut at, &taken, out);
        }
    }

    #[inline]
    fn down(&self, codes: &[u8], at: &mut [[f64; N]], met: &mut [u8], taken: &mut [u8]) {
        for (number, (fork, taken)) in self.forks.iter().zip(taken).enumerate() {
            let code = codes[fork.slot as usize];
            let left = (fork.left[usize::from(code >> 6)] >> (code & 63) & 1) as u8;
            let case = if met[fork.before as usize] == MET { 1 - left } else { 2 };
            *taken = case;
            let first = 1 + 2 * number;
            met[first] = u8::from(case == 0);
            met[first + 1] = u8::from(case == 1);
            let (above, below) = at.split_at_mut(first);
            let product = above[fork.place as usize];
            let factors = &fork.cases[usize::from(case)].factors;
            for (child, factors) in below.iter_mut().zip(factors) {
                *child = std::array::from_fn(|q| product[q] * factors[q]);
            }
        }
    }

    #[inline]
    fn up(&self, at: &mut [[f64; N]], taken: &[u8], out: &mut [f64]) {
        for (number, (fork, case)) in self.forks.iter().zip(taken).enumerate().rev() {
            let (above, below) = at.split_at_mut(1 + 2 * number);
            let [left, right] = [below[0], below[1]];
            let [of_left, of_right] = &fork.cases[usize::from(*case)].shares;
            above[fork.place as usize] = std::array::from_fn(|q| left[q] + right[q]);
            let parts: [f64; N] =
                std::array::from_fn(|q| left[q] * of_left[q] + right[q] * of_right[q]);
            // Two sums side by side: the points are even in number.
            let pairs = parts.chunks_exact(2);
            let [even, odd] =
                pairs.fold([0.0; 2], |sums, pair| [sums[0] + pair[0], sums[1] + pair[1]]);
            out[fork.slot as usize] += even + odd;
        }
    }
}

/// How a path stands with a column.
#[derive(Debug, Clone, Copy)]
struct Standing {
    slot: u32,
    /// Share of the training rows that meet all that was asked of it.
    share: f64,
    /// The child that was last asked for.
    place: u32,
}

impl<const N: usize> Case<N> {
    /// `share` is the column's above, `parts` those of the two children; `met` says whether the row
    /// meets what leads to them, `None` where it had failed above.
    fn new(
        points: &[f64; N],
        share: f64,
        parts: [f64; 2],
        met: [Option<bool>; 2],
        scales: [f64; 2],
    ) -> Self {
        // The column's factor where its conditions are met; what a sum counts for the column is
        // (o − z) over its factor.
        let factor = |t: f64, share: f64| t + (1.0 - t) * share;
        let counts = |t: f64, share: f64| (1.0 - share) / factor(t, share);
        let mut case = Self { factors: [[0.0; N]; 2], shares: [[0.0; N]; 2] };
        for side in 0..2 {
            let below = share * parts[side];
            for (q, &t) in points.iter().enumerate() {
                let (by, counted) = match met[side] {
                    None => (parts[side], 0.0),
                    Some(true) => {
                        (factor(t, below) / factor(t, share), counts(t, below) - counts(t, share))
                    }
                    Some(false) => {
                        let by = (1.0 - t) * below / factor(t, share);
                        (by, -1.0 / (1.0 - t) - counts(t, share))
                    }
                };
                case.factors[side][q] = by * scales[side];
                case.shares[side][q] = counted;
            }
        }
        case
    }
}
