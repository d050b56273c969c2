//! The events that the model did not see coming, by money.

use std::collections::BTreeMap;

use super::{Grouping, Judged, Worked};
use crate::{
    metrics::figures::sum,
    output::report::evidence::{Cause, Group, Missed, MissedCause, MissedPlace},
};

/// A group and its rows.
type Members = (Group, Vec<u32>);

/// Rows that lack this share of the model's columns, in hundredths, are poor in data.
const POOR: u8 = 50;
/// Places told.
const PLACES: usize = 10;

/// The events below the cut, and those that no contact could reach.
pub(super) fn of(judged: &Judged, places: Option<(&Grouping, &[Members])>, cut: f64) -> Missed {
    let events: Vec<u32> =
        (0_u32..).zip(&judged.outcome).filter(|(_, event)| **event).map(|(row, _)| row).collect();
    let is_missed = |row: &&u32| {
        let row = **row as usize;
        judged.probability[row] < cut || judged.worked(row) != Worked::Listed
    };
    let missed: Vec<u32> = events.iter().filter(is_missed).copied().collect();
    let mut causes: BTreeMap<Cause, Vec<u32>> = BTreeMap::new();
    for &row in &missed {
        causes.entry(cause(judged, row as usize, cut)).or_default().push(row);
    }
    let mut causes: Vec<MissedCause> = causes
        .into_iter()
        .map(|(cause, rows)| MissedCause {
            cause,
            events: rows.len() as u64,
            value: judged.worth(&rows),
        })
        .collect();
    let weight = |value: Option<f64>, events: u64| value.unwrap_or(events as f64);
    causes.sort_by(|a, b| weight(b.value, b.events).total_cmp(&weight(a.value, a.events)));
    let mut told: Vec<MissedPlace> = places
        .iter()
        .flat_map(|(_, groups)| groups.iter())
        .map(|(group, rows)| {
            let events: Vec<u32> =
                rows.iter().copied().filter(|&row| judged.outcome[row as usize]).collect();
            let missed: Vec<u32> = events.iter().filter(is_missed).copied().collect();
            MissedPlace {
                group: group.clone(),
                events: events.len() as u64,
                missed: missed.len() as u64,
                missed_value: judged.worth(&missed),
            }
        })
        .filter(|place| place.missed > 0)
        .collect();
    told.sort_by(|a, b| {
        weight(b.missed_value, b.missed).total_cmp(&weight(a.missed_value, a.missed))
    });
    told.truncate(PLACES);
    Missed {
        events: events.len() as u64,
        value: judged.worth(&events),
        missed: missed.len() as u64,
        missed_value: judged.worth(&missed),
        causes,
        by_feed: !judged.worked.is_empty(),
        places: told,
        place_column: places.map(|(grouping, _)| grouping.column.clone()),
    }
}

fn cause(judged: &Judged, row: usize, cut: f64) -> Cause {
    match judged.worked(row) {
        Worked::Unmatched => return Cause::Unmatched,
        Worked::Suppressed => return Cause::Suppressed,
        Worked::Listed => {}
    }
    if judged.missing[row] >= POOR {
        Cause::LittleData
    } else if judged.probability[row] >= cut / 2.0 {
        Cause::NearMiss
    } else {
        Cause::LowScore
    }
}

impl Judged {
    fn worked(&self, row: usize) -> Worked {
        self.worked.get(row).copied().unwrap_or_default()
    }

    /// The value of some rows; none where no row of the table has one.
    fn worth(&self, rows: &[u32]) -> Option<f64> {
        self.values()?;
        Some(sum(rows.iter().filter_map(|&row| self.value[row as usize])))
    }
}
