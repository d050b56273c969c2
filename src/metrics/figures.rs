//! Every figure of one table with its interval, and the curves behind it.

use serde::Serialize;

use super::{
    AtDepth, Estimate, Metrics, ProfitParams, Ranked, interval, measure,
    ranking::{at_depth, value_capture},
};
use crate::error::Result;

/// Points of the curve by depth.
const POINTS: u32 = 50;

/// All that is measured on one table of outcomes and probabilities.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    /// The metrics.
    #[serde(flatten)]
    pub metrics: Metrics,
    /// Base rate, with Wilson's interval.
    pub event_rate: Estimate,
    /// Mean logarithmic loss.
    pub log_loss_interval: Estimate,
    /// Mean squared error.
    pub brier_interval: Estimate,
    /// Events that came over events that were expected; none where none were expected.
    pub observed_over_expected: Option<Estimate>,
    /// Events that were expected.
    pub expected_events: f64,
    /// Capture at each of the depths of the metrics.
    pub captures: Vec<Estimate>,
    /// Lift at the same depths.
    pub lifts: Vec<Estimate>,
    /// The observed rate of each group of the calibration curve.
    pub calibration: Vec<CalibrationGroup>,
    /// Lift, capture, value and profit from 2 % to 100 % of the table, by 2 %.
    pub curve: Vec<AtDepth>,
    /// The sum of the events' values; none without values.
    pub value_of_events: Option<f64>,
    /// The depth of the curve at which the expected profit is greatest.
    pub best_depth: f64,
}

/// A group of rows of neighbouring probabilities.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CalibrationGroup {
    /// Rows.
    pub rows: u64,
    /// Mean probability.
    pub predicted: f64,
    /// Share of events.
    pub observed: Estimate,
}

impl Figures {
    /// Measures a table.
    ///
    /// # Shape, Units, Errors
    /// As [`measure`].
    pub fn of(
        outcome: &[bool],
        probability: &[f64],
        value: Option<&[Option<f64>]>,
        params: &ProfitParams,
    ) -> Result<Self> {
        let metrics = measure(outcome, probability, value, params)?;
        let ranked = Ranked::new(outcome, probability)?;
        let captures: Vec<Estimate> =
            metrics.depths.iter().map(|at| interval::capture(&ranked, at.depth)).collect();
        let lift = |(capture, at): (&Estimate, &AtDepth)| {
            let depth = at.rows as f64 / ranked.rows() as f64;
            let [value, low, high] = [capture.value, capture.low, capture.high].map(|c| c / depth);
            Estimate { value, low, high }
        };
        let group = |point: &super::CalibrationPoint| CalibrationGroup {
            rows: point.rows,
            predicted: point.mean_predicted,
            observed: interval::share(
                (point.observed * point.rows as f64).round() as u64,
                point.rows,
            ),
        };
        let expected = ranked.levels().iter().map(|l| l.score * l.rows() as f64).sum();
        let curve = curve(&ranked, outcome, probability, value, params)?;
        let best = curve.iter().fold((0.0, 0.0), |best, at| {
            if at.profit > best.1 { (at.depth, at.profit) } else { best }
        });
        Ok(Self {
            event_rate: interval::share(ranked.events(), ranked.rows()),
            log_loss_interval: interval::log_loss(&ranked),
            brier_interval: interval::brier(&ranked),
            observed_over_expected: interval::observed_over_expected(
                ranked.events(),
                ranked.rows(),
                expected,
            ),
            expected_events: expected,
            lifts: captures.iter().zip(&metrics.depths).map(lift).collect(),
            captures,
            calibration: metrics.calibration_curve.iter().map(group).collect(),
            curve,
            value_of_events: value.map(|value| {
                let events = outcome.iter().zip(value).filter(|(event, _)| **event);
                sum(events.filter_map(|(_, value)| *value))
            }),
            best_depth: best.0,
            metrics,
        })
    }
}

fn curve(
    ranked: &Ranked,
    outcome: &[bool],
    probability: &[f64],
    value: Option<&[Option<f64>]>,
    params: &ProfitParams,
) -> Result<Vec<AtDepth>> {
    let depths: Vec<f64> = (1..=POINTS).map(|k| f64::from(k) / f64::from(POINTS)).collect();
    let mut curve: Vec<AtDepth> =
        depths.iter().map(|&depth| at_depth(ranked, depth, params)).collect();
    if let Some(value) = value {
        let shares = value_capture(ranked, outcome, probability, value, &depths)?;
        curve.iter_mut().zip(shares).for_each(|(at, share)| at.value_capture = share);
    }
    Ok(curve)
}

/// A sum that is alike in any order of its terms: by rising size.
pub fn sum(terms: impl Iterator<Item = f64>) -> f64 {
    let mut terms: Vec<f64> = terms.collect();
    terms.sort_unstable_by(f64::total_cmp);
    terms.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_ends_with_everyone_and_agrees_with_the_metrics() {
        let probability: Vec<f64> = (0..200).map(|k| f64::from(k) / 200.0).collect();
        let outcome: Vec<bool> = (0..200).map(|k| k % 3 == 0 || k > 170).collect();
        let value: Vec<Option<f64>> = (0..200).map(|k| Some(f64::from(k % 7))).collect();
        let params = ProfitParams::default();
        let figures = Figures::of(&outcome, &probability, Some(&value), &params).unwrap();
        let last = figures.curve.last().unwrap();
        assert!((last.capture - 1.0).abs() < 1e-12 && (last.lift - 1.0).abs() < 1e-12);
        assert!((last.value_capture.unwrap() - 1.0).abs() < 1e-12);
        let tenth = figures.curve[4];
        let same = figures.metrics.depths[2];
        assert!((tenth.depth - same.depth).abs() < 1e-12);
        assert!((tenth.lift - same.lift).abs() < 1e-12);
        assert!((tenth.profit - same.profit).abs() < 1e-12);
        let lift = figures.lifts[2];
        assert!((lift.value - same.lift).abs() < 1e-12);
        assert!(lift.low < lift.value && lift.value < lift.high);
        assert!(figures.curve.iter().all(|at| at.profit
            <= figures.curve[(figures.best_depth * 50.0).round() as usize - 1].profit));
    }
}
