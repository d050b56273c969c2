//! From groups to features, from coefficients to points.

use rayon::prelude::*;

use super::{
    LogisticParams,
    design::Feature,
    grouping::{self, Grouping},
    sample::{Sample, Tally},
};
use crate::model::{
    Scorecard,
    scorecard::{CardColumn, Group},
};

/// The columns that carry evidence, each with its groups.
pub(super) fn groupings(
    sample: &Sample<'_>,
    total: Tally,
    params: &LogisticParams,
) -> Vec<(usize, Grouping)> {
    (0..sample.columns.len())
        .into_par_iter()
        .filter_map(|column| Some((column, grouping::group(sample, column, total, params)?)))
        .collect()
}

/// Where a solver starts: the log-odds of all, and no column.
pub(super) fn start(total: Tally, features: usize) -> Vec<f64> {
    let mut parameters = vec![0.0; features + 1];
    parameters[0] = (total.events / (total.rows - total.events)).ln();
    parameters
}

/// Mean and spread of a column's weight of evidence over the training rows.
fn moments(grouping: &Grouping) -> (f64, f64) {
    let rows: f64 = grouping.counted.iter().map(|tally| tally.rows).sum();
    let mean = |value: &dyn Fn(f64) -> f64| {
        grouping.counted.iter().zip(&grouping.woe).map(|(t, &woe)| t.rows * value(woe)).sum::<f64>()
            / rows
    };
    let centre = mean(&|woe| woe);
    (centre, mean(&|woe| (woe - centre).powi(2)).sqrt())
}

/// Most features: the curvature of more costs seconds.
const FEATURES_AT_MOST: usize = 1500;

/// For each column its weight of evidence, standardised, and what each group may deviate from it;
/// if that makes too many features, the columns of most information value deviate.
pub(super) fn features(
    groupings: &[(usize, Grouping)],
    l2: f64,
    params: &LogisticParams,
) -> Vec<Feature> {
    let mut by_value: Vec<(f64, usize)> = groupings
        .iter()
        .enumerate()
        .map(|(place, (_, grouping))| (grouping.information_value(), place))
        .collect();
    by_value.sort_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(&right.1)));
    let mut room = FEATURES_AT_MOST.saturating_sub(groupings.len());
    let mut deviates = vec![false; groupings.len()];
    for (_, place) in by_value {
        let groups = groupings[place].1.woe.len() - 1;
        if params.deviation > 0.0 && l2 > 0.0 && groups > 2 && groups <= room {
            deviates[place] = true;
            room -= groups;
        }
    }
    let mut features = Vec::new();
    for (place, (_, grouping)) in groupings.iter().enumerate() {
        let (centre, spread) = moments(grouping);
        let mut values = [0.0; 16];
        for (value, woe) in values.iter_mut().zip(&grouping.woe) {
            *value = (woe - centre) / spread;
        }
        features.push(Feature { column: place, values });
        let groups = if deviates[place] { grouping.woe.len().min(16) } else { 0 };
        for group in 1..groups {
            let mut values = [0.0; 16];
            values[group] = params.deviation;
            features.push(Feature { column: place, values });
        }
    }
    features
}

/// The points table.
pub(super) fn scorecard(
    code_counts: &[u16],
    groupings: &[(usize, Grouping)],
    features: &[Feature],
    parameters: &[f64],
) -> Scorecard {
    let mut intercept = parameters.first().copied().unwrap_or(0.0);
    let mut columns = Vec::new();
    for (place, (column, grouping)) in groupings.iter().enumerate() {
        let codes = code_counts.get(*column).map_or(256, |&codes| usize::from(codes));
        let mut own =
            features.iter().zip(parameters.iter().skip(1)).filter(|(f, _)| f.column == place);
        let (centre, spread) = moments(grouping);
        let coefficient = own.next().map_or(0.0, |(_, parameter)| parameter / spread);
        intercept -= coefficient * centre;
        let mut logits: Vec<f64> = grouping.woe.iter().map(|woe| coefficient * woe).collect();
        for (feature, parameter) in own {
            for (logit, value) in logits.iter_mut().zip(feature.values) {
                *logit += parameter * value;
            }
        }
        let rows: f64 = grouping.counted.iter().map(|tally| tally.rows).sum();
        let mean =
            grouping.counted.iter().zip(&logits).map(|(t, logit)| t.rows * logit).sum::<f64>()
                / rows;
        columns.push(CardColumn {
            column: *column as u32,
            coefficient,
            information_value: grouping.information_value(),
            groups: grouping
                .counted
                .iter()
                .zip(&grouping.woe)
                .zip(&logits)
                .map(|((tally, &woe), &logit)| Group {
                    rows: tally.rows,
                    events: tally.events,
                    woe,
                    logit,
                })
                .collect(),
            group_of: grouping.group_of.iter().take(codes).copied().collect(),
            mean,
        });
    }
    Scorecard { intercept, columns }
}
