//! Figures by groups of customers, and whether groups are treated alike.

use super::Judged;
use crate::{
    metrics::{self, Ranked, auc, figures::sum, interval},
    output::report::evidence::{FairGroup, Fairness, Group, Slice, Slices},
};

/// Groups of fewer rows are not held against each other.
const LEAST_COMPARED: u64 = 30;

/// Rows of one group, counted.
struct Counted {
    rows: u64,
    events: u64,
    expected: f64,
    selected: u64,
    caught: u64,
}

fn count(judged: &Judged, rows: &[u32], cut: f64) -> Counted {
    let mut counted = Counted {
        rows: rows.len() as u64,
        events: 0,
        expected: sum(rows.iter().map(|&row| judged.probability[row as usize])),
        selected: 0,
        caught: 0,
    };
    for &row in rows {
        let (event, selected) =
            (judged.outcome[row as usize], judged.probability[row as usize] >= cut);
        counted.events += u64::from(event);
        counted.selected += u64::from(selected);
        counted.caught += u64::from(event && selected);
    }
    counted
}

/// The figures of each group of a column.
pub(super) fn of(judged: &Judged, column: &str, groups: &[(Group, Vec<u32>)], cut: f64) -> Slices {
    let told = |(group, rows): &(Group, Vec<u32>)| {
        let counted = count(judged, rows, cut);
        let (outcome, probability): (Vec<bool>, Vec<f64>) = rows
            .iter()
            .map(|&row| (judged.outcome[row as usize], judged.probability[row as usize]))
            .unzip();
        Slice {
            group: group.clone(),
            rows: counted.rows,
            events: counted.events,
            event_rate: interval::share(counted.events, counted.rows),
            mean_probability: counted.expected / counted.rows.max(1) as f64,
            observed_over_expected: interval::observed_over_expected(
                counted.events,
                counted.rows,
                counted.expected,
            ),
            auc: Ranked::new(&outcome, &probability).ok().map(|ranked| auc::delong(&ranked)),
            log_loss: metrics::log_loss(&outcome, &probability).unwrap_or(0.0),
            caught: interval::share(counted.caught, counted.events),
        }
    };
    Slices { column: column.to_owned(), groups: groups.iter().map(told).collect() }
}

/// How each group of a column is treated.
///
/// # Formula
/// Selection rate: the share at or above the cut. Its ratio is against the group where it is largest,
/// among groups of at least 30 rows.
///
/// # Source
/// The ratio: Uniform Guidelines on Employee Selection Procedures, 29 CFR 1607.4 D (1978), the
/// four-fifths rule; equal shares of events caught: Hardt, Price & Srebro, *NeurIPS* (2016);
/// calibration by group: Kleinberg, Mullainathan & Raghavan, *ITCS* (2017).
pub(super) fn fairness(
    judged: &Judged,
    column: &str,
    groups: &[(Group, Vec<u32>)],
    cut: f64,
) -> Fairness {
    let counted: Vec<Counted> = groups.iter().map(|(_, rows)| count(judged, rows, cut)).collect();
    let rate = |of: &Counted| of.selected as f64 / of.rows as f64;
    let largest = counted
        .iter()
        .filter(|of| of.rows >= LEAST_COMPARED)
        .max_by(|a, b| rate(a).total_cmp(&rate(b)))
        .map(|of| (of.selected, of.rows));
    let told = |((group, _), of): (&(Group, Vec<u32>), &Counted)| FairGroup {
        group: group.clone(),
        rows: of.rows,
        selected: interval::share(of.selected, of.rows),
        selection_ratio: largest
            .filter(|_| of.rows >= LEAST_COMPARED)
            .and_then(|largest| interval::ratio((of.selected, of.rows), largest)),
        mean_probability: of.expected / of.rows.max(1) as f64,
        event_rate: interval::share(of.events, of.rows),
        observed_over_expected: interval::observed_over_expected(of.events, of.rows, of.expected),
        caught: interval::share(of.caught, of.events),
    };
    Fairness { column: column.to_owned(), groups: groups.iter().zip(&counted).map(told).collect() }
}
