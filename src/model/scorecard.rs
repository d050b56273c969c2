//! A bank scorecard: a table of points, added up to a logit.

use serde::{Deserialize, Serialize};

use super::Codes;
use crate::error::{Error, Kind, Result};

/// A fitted scorecard. The logit of a row is the intercept plus one `points` entry a column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scorecard {
    /// Logit where every column is neutral.
    pub intercept: f64,
    /// The columns that carry points, by rising index.
    pub columns: Vec<CardColumn>,
}

/// The points of one column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardColumn {
    /// Index of the column among the encoded columns.
    pub column: u32,
    /// Weight of the column's weight of evidence.
    pub coefficient: f64,
    /// Information value of the grouping.
    pub information_value: f64,
    /// The groups, each a set of codes; the first is the neutral one (weight of evidence 0, logit
    /// 0: neither for nor against).
    pub groups: Vec<Group>,
    /// For each code its group. A level never seen in training, and missing where it was too rare
    /// to judge, point to the neutral group; an ordered code never seen to the group round it.
    pub group_of: Vec<u8>,
    /// Mean logit contribution over the training rows; reasons are told against it.
    pub mean: f64,
}

/// Codes that share their points.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Training rows (or their weight).
    pub rows: f64,
    /// Training events (or their weight).
    pub events: f64,
    /// Weight of evidence, ln(odds of the event in the group / odds among all), smoothed.
    pub woe: f64,
    /// Contribution to the logit.
    pub logit: f64,
}

/// How logits become points.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PointsScale {
    /// Points where the odds are `odds`. Default 600.
    pub points: f64,
    /// Odds of staying (non-events to one event) at `points`, > 0. Default 50.
    pub odds: f64,
    /// Points that double those odds. Default 20.
    pub double_odds: f64,
}

impl Default for PointsScale {
    fn default() -> Self {
        Self { points: 600.0, odds: 50.0, double_odds: 20.0 }
    }
}

/// A scorecard as a bank prints it: whole points, more for the less likely event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PointsTable {
    /// Points that every customer starts with.
    pub base: i64,
    /// For each column of the card the points of each of its groups.
    pub columns: Vec<Vec<i64>>,
}

impl Scorecard {
    /// The logits of a stretch of rows, one an entry of `out`.
    ///
    /// # Shape
    /// `codes[c][r]` is the code of column `c` in row `r`; a column that is not there, or is too
    /// short, counts as neutral.
    pub fn logits(&self, codes: &Codes<'_>, out: &mut [f64]) {
        out.fill(self.intercept);
        for column in &self.columns {
            let table = column.table();
            let codes = codes.get(column.column as usize).copied().unwrap_or_default();
            for (logit, &code) in out.iter_mut().zip(codes) {
                *logit += table[code as usize];
            }
        }
    }

    /// What each encoded column adds to one row's logit, against the mean training row.
    ///
    /// # Formula
    /// `out[c] = logit of the row's group − mean`; 0 for a column that is not on the card. So
    /// [`Scorecard::base`] plus the sum of `out` is the row's logit.
    ///
    /// # Shape
    /// `out` has one entry an encoded column; what lies beyond it is left out.
    pub fn contributions(&self, code_of: impl Fn(usize) -> u8, out: &mut [f64]) {
        out.fill(0.0);
        for column in &self.columns {
            let place = column.column as usize;
            if let Some(entry) = out.get_mut(place) {
                *entry = column.logit(code_of(place)) - column.mean;
            }
        }
    }

    /// The logit of the mean training row: the intercept and every column's mean contribution.
    pub fn base(&self) -> f64 {
        self.intercept + self.columns.iter().map(|column| column.mean).sum::<f64>()
    }

    /// The card in whole points.
    ///
    /// # Formula
    /// A logit `l` of the event is `points + double_odds / ln 2 × (−l − ln odds)` points; the neutral
    /// group of every column has 0 points, the base those of the intercept.
    ///
    /// # Source
    /// Siddiqi, N. (2017), Intelligent Credit Scoring, 2nd ed., ch. 10.
    pub fn points(&self, scale: PointsScale) -> PointsTable {
        let factor = scale.double_odds / std::f64::consts::LN_2;
        let whole = |points: f64| points.round() as i64;
        PointsTable {
            base: whole(scale.points - factor * (self.intercept + scale.odds.ln())),
            columns: self
                .columns
                .iter()
                .map(|column| {
                    column.groups.iter().map(|group| whole(-factor * group.logit)).collect()
                })
                .collect(),
        }
    }

    /// Refuses a card that does not fit the encoding or is damaged.
    ///
    /// # Shape
    /// `code_counts`: for each encoded column the number of its codes.
    pub fn check(&self, code_counts: &[u16]) -> Result<()> {
        finite("intercept", self.intercept)?;
        let mut last = None;
        for column in &self.columns {
            if last.is_some_and(|last| last >= column.column) {
                return Err(damaged("its columns are not in order"));
            }
            last = Some(column.column);
            match code_counts.get(column.column as usize) {
                Some(&codes) => column.check(codes)?,
                None => return Err(damaged("it names a column that is not encoded")),
            }
        }
        Ok(())
    }
}

impl CardColumn {
    /// The contribution of a code to the logit; 0 for a code beyond the encoding.
    pub fn logit(&self, code: u8) -> f64 {
        let group = self.group_of.get(usize::from(code)).copied().unwrap_or(0);
        self.groups.get(usize::from(group)).map_or(0.0, |group| group.logit)
    }

    /// The contribution of each code.
    pub fn table(&self) -> [f64; 256] {
        std::array::from_fn(|code| self.logit(code as u8))
    }

    fn check(&self, codes: u16) -> Result<()> {
        finite("coefficient", self.coefficient)?;
        finite("information value", self.information_value)?;
        finite("mean", self.mean)?;
        if self.group_of.len() != usize::from(codes) {
            return Err(damaged("a column does not have one group for each code"));
        }
        if self.group_of.iter().any(|&group| usize::from(group) >= self.groups.len()) {
            return Err(damaged("a code points to a group that is not there"));
        }
        for group in &self.groups {
            for (name, value) in [
                ("rows", group.rows),
                ("events", group.events),
                ("weight of evidence", group.woe),
                ("logit", group.logit),
            ] {
                finite(name, value)?;
            }
            if group.events < 0.0 || group.events > group.rows {
                return Err(damaged("a group has more events than rows"));
            }
        }
        Ok(())
    }
}

fn finite(name: &str, value: f64) -> Result<()> {
    if value.is_finite() { Ok(()) } else { Err(damaged(&format!("its {name} is not a number"))) }
}

fn damaged(what: &str) -> Error {
    Error::new(Kind::BadBundle, format!("the scorecard is damaged: {what}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn card() -> Scorecard {
        let group = |rows: f64, woe: f64, logit: f64| Group { rows, events: 0.0, woe, logit };
        let column = |column, groups: Vec<Group>, group_of: Vec<u8>, mean| CardColumn {
            column,
            coefficient: 1.0,
            information_value: 0.1,
            groups,
            group_of,
            mean,
        };
        let groups = || vec![group(0.0, 0.0, 0.0), group(3.0, 0.5, 0.6), group(1.0, -1.0, -1.1)];
        Scorecard {
            intercept: -2.0,
            columns: vec![
                column(0, groups(), vec![0, 1, 1, 2], 0.175),
                column(2, groups(), vec![0, 2, 1], 0.2),
            ],
        }
    }

    const CODES: [u16; 3] = [4, 2, 3];

    proptest! {
        #[test]
        fn base_and_contributions_add_up_to_the_logit(codes in prop::collection::vec(any::<u8>(), 3)) {
            let (card, mut out, mut logit) = (card(), [0.0; 3], [0.0]);
            let columns: Vec<&[u8]> = codes.chunks(1).collect();
            card.logits(&columns, &mut logit);
            card.contributions(|column| codes[column], &mut out);
            prop_assert!((card.base() + out.iter().sum::<f64>() - logit[0]).abs() < 1e-12);
            prop_assert!(out[1].abs() < f64::EPSILON);
        }
    }

    #[test]
    fn columns_that_are_not_there_are_neutral() {
        let mut logits = [0.0; 2];
        card().logits(&[], &mut logits);
        assert!(logits.iter().all(|logit| (logit + 2.0).abs() < f64::EPSILON));
        card().contributions(|_| 255, &mut []);
    }

    #[test]
    fn twenty_points_double_the_odds() {
        let mut card = card();
        card.intercept = -(50.0_f64.ln());
        card.columns[0].groups[1].logit = -std::f64::consts::LN_2;
        let points = card.points(PointsScale::default());
        assert_eq!((points.base, points.columns[0][0], points.columns[0][1]), (600, 0, 20));
    }

    #[test]
    fn damaged_cards_are_refused() {
        assert!(card().check(&CODES).is_ok());
        let damages: [fn(&mut Scorecard); 8] = [
            |card| card.intercept = f64::NAN,
            |card| card.columns[0].mean = f64::INFINITY,
            |card| card.columns[0].groups[2].logit = f64::NAN,
            |card| card.columns[0].groups[2].events = 9.0,
            |card| card.columns[0].group_of[1] = 3,
            |card| card.columns[0].group_of.push(0),
            |card| card.columns[1].column = 3,
            |card| card.columns[1].column = 0,
        ];
        for (place, damage) in damages.iter().enumerate() {
            let mut card = card();
            damage(&mut card);
            let error = card.check(&CODES).expect_err("damaged");
            assert_eq!(error.kind(), Kind::BadBundle, "damage {place}");
        }
    }
}
