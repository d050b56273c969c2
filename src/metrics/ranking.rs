//! What the ranking is worth: KS, average precision, lift and capture at a depth.

use serde::{Deserialize, Serialize};

use super::{
    profit::ProfitParams,
    ranked::{Cut, Level, Ranked, check_lengths},
};
use crate::error::{Error, Kind, Result};

/// What contacting the top of the ranking catches.
///
/// Where the cut goes through rows of one score, each of them is in with the same chance, and the
/// figures are expectations.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AtDepth {
    /// The share of the table contacted, from the highest score down.
    pub depth: f64,
    /// Rows contacted: that share, rounded up.
    pub rows: u64,
    /// Events among the rows contacted.
    pub precision: f64,
    /// Precision over base rate.
    pub lift: f64,
    /// Share of all events that is among the rows contacted.
    pub capture: f64,
    /// Share of all the events' value that is among the rows contacted; none where values are
    /// unknown or sum to 0.
    pub value_capture: Option<f64>,
    /// Expected profit per customer in the table, see [`ProfitParams::profit`].
    pub profit: f64,
}

/// The largest distance between the score distributions of events and others.
///
/// # Formula
/// `max |F₁(s) − F₀(s)|` over the distinct scores `s`.
///
/// # Source
/// Kolmogorov (1933), Smirnov (1939).
pub fn ks(ranked: &Ranked) -> f64 {
    let (m, n) = (i128::from(ranked.events()), i128::from(ranked.others()));
    let (mut events, mut others, mut widest) = (0_i128, 0_i128, 0);
    for level in ranked.levels() {
        events += i128::from(level.events);
        others += i128::from(level.others);
        widest = widest.max((events * n - others * m).abs());
    }
    widest as f64 / (m * n) as f64
}

/// Area under the precision–recall curve as average precision.
///
/// # Formula
/// `Σ (Rₖ − Rₖ₋₁) Pₖ` over the distinct scores from the highest down; no interpolation.
///
/// # Source
/// Zhu, *Recall, Precision and Average Precision*, University of Waterloo (2004);
/// scikit-learn's `average_precision_score`.
pub fn average_precision(ranked: &Ranked) -> f64 {
    let (mut events, mut rows, mut sum) = (0_u64, 0_u64, 0.0);
    for level in ranked.levels().iter().rev() {
        events += u64::from(level.events);
        rows += level.rows();
        sum += f64::from(level.events) * (events as f64 / rows as f64);
    }
    sum / ranked.events() as f64
}

/// What contacting the top share `depth` catches; `value_capture` is left open.
///
/// # Source
/// Lift: Berry & Linoff, *Data Mining Techniques* (1997); ties by expectation: McSherry & Najork,
/// *ECIR* (2008).
pub fn at_depth(ranked: &Ranked, depth: f64, params: &ProfitParams) -> AtDepth {
    let cut = ranked.top(depth);
    let precision = cut.events / cut.rows as f64;
    let rows = ranked.rows() as f64;
    let others = cut.rows as f64 - cut.events;
    AtDepth {
        depth,
        rows: cut.rows,
        precision,
        lift: precision / ranked.base_rate(),
        capture: cut.events / ranked.events() as f64,
        value_capture: None,
        profit: params.profit(cut.events / rows, others / rows),
    }
}

/// For each depth, the share of the events' value that the top of the ranking holds.
///
/// # Formula
/// Value of the events above the cut plus the cut's share of those on it, over the value of all
/// events. Values are summed in units of 2⁻⁶⁰ of the largest, hence alike in any order.
///
/// # Shape
/// `outcome` and `score` are the rows that `ranked` was made from, `value` theirs in the same order;
/// a missing value and one below 0 count as 0.
///
/// # Errors
/// `BadParameter` where lengths differ or a value is not finite.
pub fn value_capture(
    ranked: &Ranked,
    outcome: &[bool],
    score: &[f64],
    value: &[Option<f64>],
    depths: &[f64],
) -> Result<Vec<Option<f64>>> {
    check_lengths(outcome.len(), score.len())?;
    check_lengths(outcome.len(), value.len())?;
    if value.iter().flatten().any(|value| !value.is_finite()) {
        return Err(Error::new(Kind::BadParameter, "a value is not a finite number"));
    }
    let cuts: Vec<Cut> = depths.iter().map(|&depth| ranked.top(depth)).collect();
    let largest = value.iter().flatten().copied().fold(0.0, f64::max);
    if largest <= 0.0 {
        return Ok(vec![None; cuts.len()]);
    }
    let mut total = 0_i128;
    let mut held = vec![(0_i128, 0_i128); cuts.len()];
    let events = outcome.iter().zip(score).zip(value).filter(|((event, _), _)| **event);
    for ((_, &score), value) in events {
        let unit = (1_u64 << 60) as f64;
        let units = (value.unwrap_or(0.0).max(0.0) / largest * unit) as i128;
        total += units;
        for (cut, (above, tied)) in cuts.iter().zip(&mut held) {
            if score > cut.score {
                *above += units;
            } else if score >= cut.score {
                *tied += units;
            }
        }
    }
    let share = |(cut, (above, tied)): (&Cut, (i128, i128))| {
        (total > 0).then(|| ((above as f64 + cut.share * tied as f64) / total as f64).min(1.0))
    };
    Ok(cuts.iter().zip(held).map(share).collect())
}

/// Whether the score tells the outcomes apart without fail, one way or the other.
pub(super) fn separates(levels: &[Level]) -> bool {
    let has_event = |level: &Level| level.events > 0;
    let has_other = |level: &Level| level.others > 0;
    levels.iter().rposition(has_other) <= levels.iter().position(has_event)
        || levels.iter().rposition(has_event) <= levels.iter().position(has_other)
}
