//! Cholesky's factor of a symmetric matrix, block by block, and the solutions it gives.
//!
//! # Source
//! Golub & Van Loan (2013), *Matrix Computations*, algorithm 4.2.10 (block outer product form).

use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, Slice, linalg::general_mat_mul};

/// Columns of a block: those of a panel that fit in the first cache.
const BLOCK: usize = 64;
/// Columns from which what a panel gives is taken at a time: wide, since the panel is packed anew for
/// each.
const STRIPE: usize = 256;
/// A pivot of so small a share of its own entry is rounding.
const LEAST_PIVOT: f64 = 1e-13;

/// The lower triangle `L` with `L Lᵀ = matrix`; what is above its diagonal means nothing.
#[derive(Debug)]
pub(super) struct Factor(Array2<f64>);

impl Factor {
    /// The factor of `matrix + jitter × (its diagonal + 1)`, if that is positive definite. Only the
    /// lower triangle of the matrix is read.
    pub(super) fn new(matrix: ArrayView2<'_, f64>, jitter: f64) -> Option<Self> {
        let size = matrix.nrows();
        let entries = matrix.diag().to_owned();
        let mut lower = matrix.to_owned();
        lower.diag_mut().iter_mut().for_each(|entry| *entry += jitter * (*entry + 1.0));
        for from in (0..size).step_by(BLOCK) {
            let until = (from + BLOCK).min(size);
            let (above, below) = lower.view_mut().split_at(Axis(0), until);
            let block = factor_block(
                above.slice_axis_move(Axis(0), Slice::from(from..until)),
                from,
                &entries.as_slice()?[from..until],
            )?;
            let (left, mut rest) = below.split_at(Axis(1), until);
            let mut panel = left.slice_axis_move(Axis(1), Slice::from(from..until));
            solve_panel(&mut panel, &block)?;
            for start in (0..size - until).step_by(STRIPE) {
                let columns = Slice::from(start..(start + STRIPE).min(size - until));
                let (_, mut below) = rest.view_mut().split_at(Axis(0), start);
                let (_, given) = panel.view().split_at(Axis(0), start);
                let across = panel.slice_axis(Axis(0), columns);
                let mut target = below.slice_axis_mut(Axis(1), columns);
                general_mat_mul(-1.0, &given, &across.t(), 1.0, &mut target);
            }
        }
        Some(Self(lower))
    }

    /// That of a multiple of the unit matrix: `root² × 1`.
    pub(super) fn unit(size: usize, root: f64) -> Self {
        Self(Array2::from_diag_elem(size, root))
    }

    /// The `x` with `L Lᵀ x = b`.
    pub(super) fn solve(&self, b: &[f64]) -> Vec<f64> {
        let mut x = b.to_vec();
        let rows = || self.0.rows().into_iter().enumerate();
        for (row, line) in rows() {
            let inner: f64 = line.iter().zip(&x[..row]).map(|(entry, x)| entry * x).sum();
            x[row] = (x[row] - inner) / line[row];
        }
        for (row, line) in rows().rev() {
            x[row] /= line[row];
            let given = x[row];
            for (x, entry) in x[..row].iter_mut().zip(line) {
                *x -= entry * given;
            }
        }
        x
    }
}

/// Puts the factor of the block on the diagonal in its place, and gives it. `lines` are the rows of
/// the block, which begins at column `from`; `entries` are its diagonal's before anything was taken
/// off.
fn factor_block(
    mut lines: ArrayViewMut2<'_, f64>,
    from: usize,
    entries: &[f64],
) -> Option<Array2<f64>> {
    let size = lines.nrows();
    let mut block = Array2::zeros((size, size));
    for row in 0..size {
        for column in 0..=row {
            let taken = {
                let (one, other) = (block.row(row), block.row(column));
                dot(&one.to_slice()?[..column], &other.to_slice()?[..column])
            };
            let rest: f64 = lines[[row, from + column]] - taken;
            let entry = if column < row {
                rest / block[[column, column]]
            } else if rest <= LEAST_PIVOT * entries[row] || !rest.is_finite() {
                return None;
            } else {
                rest.sqrt()
            };
            block[[row, column]] = entry;
            lines[[row, from + column]] = entry;
        }
    }
    Some(block)
}

/// Turns each row `r` of the panel into the `x` with `x Lᵀ = r`.
fn solve_panel(panel: &mut ArrayViewMut2<'_, f64>, block: &Array2<f64>) -> Option<()> {
    for mut row in panel.rows_mut() {
        let row = row.as_slice_mut()?;
        for (column, line) in block.rows().into_iter().enumerate() {
            let line = line.to_slice()?;
            row[column] = (row[column] - dot(&row[..column], &line[..column])) / line[column];
        }
    }
    Some(())
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    let mut lanes = [0.0; 8];
    let (lefts, left) = left.as_chunks::<8>();
    let (rights, right) = right.as_chunks::<8>();
    for (l, r) in lefts.iter().zip(rights) {
        for lane in 0..8 {
            lanes[lane] += l[lane] * r[lane];
        }
    }
    let rest: f64 = left.iter().zip(right).map(|(l, r)| l * r).sum();
    lanes.iter().sum::<f64>() + rest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A matrix `A Aᵀ + 1` of so many rows, from a seed.
    fn positive(size: usize, seed: u64) -> Array2<f64> {
        let mut state = seed;
        let random = Array2::from_shape_simple_fn((size, size), || {
            state = super::super::choose::mix(state);
            (state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
        });
        random.dot(&random.t()) + Array2::<f64>::eye(size)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn what_it_solves_solves(size in 1..200_usize, seed in any::<u64>()) {
            let matrix = positive(size, seed);
            let wanted: Vec<f64> = (0..size).map(|row| (row as f64).sin()).collect();
            let b = matrix.dot(&ndarray::aview1(&wanted)).to_vec();
            let found = Factor::new(matrix.view(), 0.0).unwrap().solve(&b);
            for (found, wanted) in found.iter().zip(&wanted) {
                prop_assert!((found - wanted).abs() < 1e-8, "{found} {wanted}");
            }
        }

        #[test]
        fn a_matrix_that_is_not_definite_has_no_factor(size in 2..150_usize, seed in any::<u64>()) {
            let mut matrix = positive(size, seed);
            // The last row is the first: one direction has no curvature.
            let first = matrix.row(0).to_owned();
            matrix.row_mut(size - 1).assign(&first);
            matrix.column_mut(size - 1).assign(&first);
            matrix[[size - 1, size - 1]] = matrix[[0, 0]];
            prop_assert!(Factor::new(matrix.view(), 0.0).is_none());
            prop_assert!(Factor::new(matrix.view(), 1e-6).is_some());
        }
    }

    #[test]
    fn a_hole_is_refused() {
        let mut matrix = positive(70, 7);
        matrix[[69, 69]] = f64::NAN;
        assert!(Factor::new(matrix.view(), 1.0).is_none());
    }

    #[test]
    fn the_unit_matrix_scales() {
        assert_eq!(Factor::unit(2, 2.0).solve(&[4.0, 8.0]), [1.0, 2.0]);
    }
}
