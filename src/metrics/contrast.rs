//! Two models on the same rows, figure by figure: which is better, and is it more than chance?

use serde::{Deserialize, Serialize};

use super::{
    Estimate, ProfitParams, auc, auc_difference,
    paired::{self, Difference, paired_log_loss_difference},
    ranked::{Ranked, check_lengths},
    tails,
};
use crate::error::Result;

/// One figure of two models, `b` against `a`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contrast {
    /// The figure of the first model.
    pub a: f64,
    /// The figure of the second.
    pub b: f64,
    /// The second less the first, with its 95 % interval.
    pub difference: Estimate,
    /// How often chance alone would make a difference as large, to either side.
    pub p_value: f64,
}

impl Contrast {
    /// From the mean of `b` less `a` and its standard error.
    fn new(a: f64, b: f64, difference: Difference) -> Self {
        let Difference { mean, standard_error } = difference;
        let half = tails::Z * standard_error;
        let p_value = match standard_error {
            se if se > 0.0 => tails::two_sided(mean / se),
            _ if mean == 0.0 => 1.0,
            _ => 0.0,
        };
        let difference = Estimate { value: mean, low: mean - half, high: mean + half };
        Self { a, b, difference, p_value }
    }
}

/// The areas under the two ROC curves.
///
/// # Errors
/// As [`Ranked::new`], for either score.
///
/// # Source
/// DeLong, DeLong & Clarke-Pearson, *Biometrics* 44 (1988), by [`auc_difference`].
pub fn auc_contrast(outcome: &[bool], a: &[f64], b: &[f64]) -> Result<Contrast> {
    let difference = auc_difference(outcome, b, a)?;
    Ok(Contrast::new(auc(outcome, a)?, auc(outcome, b)?, difference))
}

/// The mean log losses; less is better.
///
/// # Errors
/// As [`paired_log_loss_difference`].
pub fn log_loss_contrast(outcome: &[bool], a: &[f64], b: &[f64]) -> Result<Contrast> {
    let difference = paired_log_loss_difference(outcome, b, a)?;
    Ok(Contrast::new(paired::log_loss(outcome, a)?, paired::log_loss(outcome, b)?, difference))
}

/// Expected profit per customer in the table where each model contacts all whose probability pays
/// for the contact.
///
/// # Formula
/// A contact pays from `p* = (d + f) / (γ(clv − d) + d)` on, where γ is the mean acceptance rate: there
/// [`ProfitParams::profit`] of one customer is 0. The cut is fixed, so a row adds its own profit or
/// nothing, and the difference is a mean over rows with its usual standard error.
///
/// # Errors
/// `EmptyTable`, `BadParameter` where lengths differ.
///
/// # Source
/// Break-even: Elkan, *IJCAI* (2001), eq. 2; profit: Neslin et al., *J. Marketing Research* 43 (2006).
pub fn profit_contrast(
    outcome: &[bool],
    a: &[f64],
    b: &[f64],
    params: &ProfitParams,
) -> Result<Contrast> {
    check_lengths(outcome.len(), a.len())?;
    check_lengths(outcome.len(), b.len())?;
    let cut = break_even(params);
    let weights = |p: &[f64]| p.iter().map(|&p| f64::from(u8::from(p >= cut))).collect();
    let still = |_: &[f64]| 0.0;
    Ok(contrast(outcome, &[weights(a), weights(b)], params, [still(a), still(b)]))
}

/// The probability from which on a contact pays for itself.
pub fn break_even(params: &ProfitParams) -> f64 {
    let event = params.profit(1.0, 0.0);
    let other = params.profit(0.0, 1.0);
    if event > 0.0 { -other / (event - other) } else { f64::INFINITY }
}

/// Expected profit per customer in the table where each model contacts as large a share: the top
/// `depth` by its score, tied rows by their share.
///
/// # Formula
/// The cut is a quantile of the scores at hand, and moves with them: by the delta method a contacted
/// row adds its profit less the profit at the cut, which is the mean over the `2√n` rows nearest to it
/// in rank (and those tied with them).
///
/// # Errors
/// As [`Ranked::new`], for either score.
///
/// # Source
/// van der Vaart, *Asymptotic Statistics* (1998) §20.1 and §21.1 (influence function of a quantile);
/// profit as in [`profit_contrast`].
pub fn profit_at_depth_contrast(
    outcome: &[bool],
    a: &[f64],
    b: &[f64],
    depth: f64,
    params: &ProfitParams,
) -> Result<Contrast> {
    let side = |score: &[f64]| -> Result<(Vec<f64>, f64)> {
        let ranked = Ranked::new(outcome, score)?;
        let cut = ranked.top(depth);
        let weight = |&score: &f64| match score {
            s if s > cut.score => 1.0,
            s if s < cut.score => 0.0,
            _ => cut.share,
        };
        Ok((score.iter().map(weight).collect(), at_the_cut(&ranked, cut.rows, params)))
    };
    let ((of_a, at_a), (of_b, at_b)) = (side(a)?, side(b)?);
    Ok(contrast(outcome, &[of_a, of_b], params, [at_a, at_b]))
}

/// The mean profit of a row near the cut that takes the top `rows`.
fn at_the_cut(ranked: &Ranked, rows: u64, params: &ProfitParams) -> f64 {
    let half = (ranked.rows() as f64).sqrt() as u64 + 1;
    let (from, to) = (rows.saturating_sub(half), rows + half);
    let (mut above, mut events, mut others) = (0, 0.0, 0.0);
    for level in ranked.levels().iter().rev() {
        if above < to && above + level.rows() > from {
            events += f64::from(level.events);
            others += f64::from(level.others);
        }
        above += level.rows();
    }
    params.profit(events, others) / (events + others)
}

/// The contrast of two weightings of the rows' profits; `at` is what a row at each cut earns.
fn contrast(
    outcome: &[bool],
    weights: &[Vec<f64>; 2],
    params: &ProfitParams,
    at: [f64; 2],
) -> Contrast {
    let (event, other) = (params.profit(1.0, 0.0), params.profit(0.0, 1.0));
    let rows = outcome.len() as f64;
    let [a, b] = weights;
    let earned = || outcome.iter().map(|&is_event| if is_event { event } else { other });
    let mean = |weights: &[f64]| {
        sum(earned().zip(weights).map(|(profit, weight)| profit * weight).collect()) / rows
    };
    let of_row =
        |((profit, a), b): ((f64, &f64), &f64)| b * (profit - at[1]) - a * (profit - at[0]);
    let moved: Vec<f64> = earned().zip(a).zip(b).map(of_row).collect();
    let centre = sum(moved.clone()) / rows;
    let spread = sum(moved.iter().map(|x| (x - centre) * (x - centre)).collect());
    let standard_error = (spread / (rows - 1.0).max(1.0) / rows).sqrt();
    let (of_a, of_b) = (mean(a), mean(b));
    Contrast::new(of_a, of_b, Difference { mean: of_b - of_a, standard_error })
}

/// A sum that is alike in any order of its terms.
fn sum(mut terms: Vec<f64>) -> f64 {
    terms.sort_unstable_by(f64::total_cmp);
    terms.into_iter().sum()
}

/// The share of a list that another list of the same length does not hold: how much of the work list
/// changes with the model. The lists are the top `depth` of each score; tied rows are taken by rising
/// `key`, which should be a hash of the customer.
///
/// # Shape
/// One entry a row each; the list is rounded up to whole rows.
pub fn turnover(a: &[f64], b: &[f64], key: &[u64], depth: f64) -> f64 {
    let rows = a.len().min(b.len()).min(key.len());
    let wanted = ((depth * rows as f64 * (1.0 - 1e-12)).ceil() as usize).clamp(1, rows.max(1));
    let list = |score: &[f64]| {
        let mut order: Vec<u32> = (0..rows as u32).collect();
        let by = |row: u32| (score[row as usize], key[row as usize]);
        order.sort_unstable_by(|&x, &y| {
            let (one, other) = (by(x), by(y));
            other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)).then(x.cmp(&y))
        });
        order.truncate(wanted);
        order.sort_unstable();
        order
    };
    let (of_a, of_b) = (list(a), list(b));
    let stays = of_a.iter().filter(|row| of_b.binary_search(row).is_ok()).count();
    1.0 - stays as f64 / of_a.len().max(1) as f64
}

#[cfg(test)]
mod tests;
