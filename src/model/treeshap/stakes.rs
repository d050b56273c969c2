//! What a leaf gives to each of its columns, by which of their conditions a row meets.
//!
//! A row stands with a leaf as a set: a bit for each of the leaf's columns, from the lowest, where the
//! row meets the condition.
//!
//! # Formula
//! Of a leaf of logit `v` and columns `C`, a row that meets the conditions of `M` gives column `i`
//! `v (1 − z_i) Z(C ∖ M) J(M ∖ i)` where `i` is in `M`, else `−v Z(C ∖ M) J(M)`, with `Z(S) = ∏ z_j`
//! over `S` and `J(S) = ∫ (1 − t)^(|C| − |S| − 1) ∏ (t + (1 − t) z_j) dt` over `t` from 0 to 1 and
//! `j` in `S`. With the worth `W(S) = v Z(C ∖ S) J(S)` that is `W(M ∖ i)`, times `(1 − z_i) / z_i` or
//! −1. Worths of leaves that ask the same of column `i` may be added up first.

use super::quadrature::gauss_legendre;

/// Least share that is told from nothing: dividing by it must do no harm.
const LEAST_SHARE: f64 = 1e-30;

/// The most columns of a leaf: the rule of the most points is exact for more.
pub(super) const MOST: usize = 13;

/// What the worth is multiplied by for a column of which such a share of the training rows meets the
/// condition: where a row does not meet it, and where it does.
pub(super) fn scale(share: f64) -> [f64; 2] {
    let share = share.max(LEAST_SHARE);
    [-1.0, (1.0 - share) / share]
}

/// The worth by set, of a leaf of which such shares of the training rows meet the conditions; at most
/// [`MOST`] of them. That of the whole set is never asked for.
pub(super) fn worth(logit: f64, shares: &[f64]) -> Vec<f64> {
    let shares: Vec<f64> = shares.iter().map(|share| share.max(LEAST_SHARE)).collect();
    match shares.len() {
        0..=4 => at_points::<2>(logit, &shares),
        5..=8 => at_points::<4>(logit, &shares),
        9..=12 => at_points::<6>(logit, &shares),
        _ => at_points::<8>(logit, &shares),
    }
}

/// The rule of `N` points is exact for `2 N` columns.
fn at_points<const N: usize>(logit: f64, shares: &[f64]) -> Vec<f64> {
    let (points, weights) = gauss_legendre::<N>();
    let mut products = vec![std::array::from_fn(|q| logit * weights[q] / (1.0 - points[q]))];
    for share in shares {
        let met = points.map(|t| t + (1.0 - t) * share);
        let unmet = points.map(|t| (1.0 - t) * share);
        let by = |factors: [f64; N]| {
            move |product: &[f64; N]| -> [f64; N] {
                std::array::from_fn(|q| product[q] * factors[q])
            }
        };
        let above: Vec<[f64; N]> = products.iter().map(by(met)).collect();
        products = products.iter().map(by(unmet)).chain(above).collect();
    }
    products.iter().map(|product| product.iter().sum()).collect()
}
