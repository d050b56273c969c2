//! Columns that tell what could not be known when the prediction is due.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    finding::{Action, Finding, Problem},
    matrix::{BinnedMatrix, CodeKind},
    split::Folds,
};
use crate::error::{Error, Kind, Place, Result};

/// From which point on a column counts as leakage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LeakageParams {
    /// AUC of a column alone, out of fold, from which on it gives the outcome away: 0.5..=1.
    pub max_auc: f64,
    /// Share of rows that a column may tell wrongly and still be a copy, of the rarer outcome's rows: 0..=1.
    pub copy_error: f64,
    /// Event rate from which on a region is pure: 0.5..=1.
    pub pure_rate: f64,
    /// Share of all events from which on a pure region is leakage: 0..=1.
    pub pure_share: f64,
    /// Share of all non-events that a region without events must hold to be leakage: 0..=1.
    pub pure_other_share: f64,
    /// Rows that a pure region has at least.
    pub pure_rows: u64,
    /// Base rate from which on pure regions are not looked for: they are nothing unusual then.
    pub pure_base_rate: f64,
}

impl Default for LeakageParams {
    fn default() -> Self {
        Self {
            max_auc: 0.98,
            copy_error: 0.01,
            pure_rate: 0.99,
            pure_share: 0.3,
            pure_other_share: 0.95,
            pure_rows: 50,
            pure_base_rate: 0.5,
        }
    }
}

impl LeakageParams {
    /// Whether every parameter is in its range.
    ///
    /// # Errors
    /// `BadParameter`, naming the key.
    pub fn check(&self) -> Result<()> {
        let shares = [
            ("max_auc", self.max_auc, 0.5),
            ("copy_error", self.copy_error, 0.0),
            ("pure_rate", self.pure_rate, 0.5),
            ("pure_share", self.pure_share, 0.0),
            ("pure_other_share", self.pure_other_share, 0.0),
            ("pure_base_rate", self.pure_base_rate, 0.0),
        ];
        for (key, value, least) in shares {
            if !(least..=1.0).contains(&value) {
                let what = format!("{value} is outside {least}..=1");
                let place = Place::Key(format!("checks.{key}"));
                return Err(Error::new(Kind::BadParameter, what).at(place));
            }
        }
        Ok(())
    }
}

/// Rows and events of a code.
#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    rows: u64,
    events: u64,
}

impl Cell {
    fn add(&mut self, other: Self) {
        self.rows += other.rows;
        self.events += other.events;
    }

    fn less(self, other: Self) -> Self {
        Self { rows: self.rows - other.rows, events: self.events - other.events }
    }

    fn others(self) -> u64 {
        self.rows - self.events
    }
}

/// The rows and events of each code of a column, in each fold and together.
struct Table {
    folds: Vec<[Cell; 256]>,
    codes: [Cell; 256],
    all: Cell,
}

/// The columns that give the outcome away, at most one finding a column, in the order of the columns.
///
/// `outcome` has one entry a matrix row (`true` is the event), `rows` are the training rows. The
/// AUC is out of fold: each fold is told by event rates of the others, so that a column with many
/// codes has no advantage. A row whose index is out of range is passed over.
pub fn inspect(
    matrix: &BinnedMatrix,
    outcome: &[bool],
    rows: &[u32],
    folds: &Folds,
    params: &LeakageParams,
) -> Vec<Finding> {
    let columns = matrix.names.par_iter().zip(&matrix.kinds).zip(&matrix.columns);
    let found = columns.map(|((name, kind), codes)| {
        let table = Table::of(codes, outcome, rows, folds);
        table.judge(*kind, params).map(|(problem, evidence, auc)| Finding {
            column: name.clone(),
            problem,
            evidence,
            auc: Some(auc),
            action: Action::Excluded,
        })
    });
    found.collect::<Vec<_>>().into_iter().flatten().collect()
}

/// The AUC of each column alone, out of fold; 0.5 where it cannot be said.
pub fn single_aucs(
    matrix: &BinnedMatrix,
    outcome: &[bool],
    rows: &[u32],
    folds: &Folds,
) -> Vec<f64> {
    let of = |codes: &Vec<u8>| Table::of(codes, outcome, rows, folds).auc();
    matrix.columns.par_iter().map(of).collect()
}

impl Table {
    fn of(codes: &[u8], outcome: &[bool], rows: &[u32], folds: &Folds) -> Self {
        let mut table = Self {
            folds: vec![[Cell::default(); 256]; usize::from(folds.count)],
            codes: [Cell::default(); 256],
            all: Cell::default(),
        };
        for row in rows {
            let row = *row as usize;
            let (Some(code), Some(is_event), Some(fold)) =
                (codes.get(row), outcome.get(row), folds.of_row.get(row))
            else {
                continue;
            };
            if let Some(fold) = table.folds.get_mut(usize::from(*fold)) {
                fold[usize::from(*code)].add(Cell { rows: 1, events: u64::from(*is_event) });
            }
        }
        for fold in &table.folds {
            for (code, cell) in table.codes.iter_mut().zip(fold) {
                code.add(*cell);
                table.all.add(*cell);
            }
        }
        table
    }

    fn judge(&self, kind: CodeKind, params: &LeakageParams) -> Option<(Problem, String, f64)> {
        let rarer = self.all.events.min(self.all.others());
        if rarer == 0 {
            return None;
        }
        let auc = self.auc();
        let wrong = self.wrong();
        let enough = rarer >= 10;
        if enough && wrong as f64 <= params.copy_error * rarer as f64 {
            let evidence =
                format!("it tells {wrong} of {} rows wrongly, AUC {auc:.4}", self.all.rows);
            return Some((Problem::CopyOfOutcome, evidence, auc));
        }
        if enough && auc >= params.max_auc {
            return Some((Problem::GivesOutcomeAway, format!("alone it has AUC {auc:.4}"), auc));
        }
        self.pure_region(kind, params).map(|evidence| (Problem::PureRegion, evidence, auc))
    }

    /// Rates of the codes in all folds but one, drawn towards their base rate by 10 rows.
    fn rates_without(&self, fold: &[Cell; 256]) -> [f64; 256] {
        let held_out = fold.iter().fold(Cell::default(), |mut sum, cell| {
            sum.add(*cell);
            sum
        });
        let rest = self.all.less(held_out);
        let base = rest.events as f64 / rest.rows.max(1) as f64;
        let mut rates = [0.0; 256];
        for ((rate, code), here) in rates.iter_mut().zip(&self.codes).zip(fold) {
            let cell = code.less(*here);
            *rate = (cell.events as f64 + 10.0 * base) / (cell.rows as f64 + 10.0);
        }
        rates
    }

    /// AUC within each fold, of the rates of the others; weighted by the pairs of the fold.
    fn auc(&self) -> f64 {
        let (mut won, mut pairs) = (0.0, 0.0);
        for fold in &self.folds {
            let rates = self.rates_without(fold);
            let mut ranked: Vec<(f64, Cell)> = rates
                .iter()
                .copied()
                .zip(fold.iter().copied())
                .filter(|(_, c)| c.rows > 0)
                .collect();
            ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
            let mut below = 0;
            for tied in ranked.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
                let mut here = Cell::default();
                for (_, cell) in tied {
                    here.add(*cell);
                }
                won += here.events as f64 * (below as f64 + here.others() as f64 / 2.0);
                below += here.others();
            }
            let events: u64 = fold.iter().map(|cell| cell.events).sum();
            pairs += events as f64 * below as f64;
        }
        if pairs > 0.0 { won / pairs } else { 0.5 }
    }

    /// Rows told wrongly, out of fold, when a code is told by its majority elsewhere.
    fn wrong(&self) -> u64 {
        let wrong_in = |fold: &[Cell; 256]| -> u64 {
            let rates = self.rates_without(fold);
            let cells = fold.iter().zip(&rates);
            cells.map(|(cell, rate)| if *rate > 0.5 { cell.others() } else { cell.events }).sum()
        };
        self.folds.iter().map(wrong_in).sum()
    }

    fn pure_region(&self, kind: CodeKind, params: &LeakageParams) -> Option<String> {
        let base = self.all.events as f64 / self.all.rows as f64;
        if base >= params.pure_base_rate {
            return None;
        }
        let leaks = |region: &Cell| {
            let rate = (region.events as f64 + base) / (region.rows as f64 + 1.0);
            region.rows >= params.pure_rows
                && rate >= params.pure_rate
                && region.events as f64 >= params.pure_share * self.all.events as f64
        };
        let clears = |region: &Cell| {
            let events_left_in = region.events as f64 / self.all.events as f64;
            self.all.events >= 10
                && region.rows >= params.pure_rows
                && events_left_in <= 1.0 - params.pure_rate
                && region.others() as f64 >= params.pure_other_share * self.all.others() as f64
        };
        let regions = self.regions(kind, params);
        if let Some(region) = regions.iter().find(|region| leaks(region)) {
            return Some(format!(
                "a region of {} rows holds {} of {} events and {} others",
                region.rows,
                region.events,
                self.all.events,
                region.others()
            ));
        }
        let region = regions.iter().find(|region| clears(region))?;
        Some(format!(
            "a region of {} rows holds {} of {} non-events and {} events",
            region.rows,
            region.others(),
            self.all.others(),
            region.events
        ))
    }

    /// The regions looked at: the codes that hold nearly events only (or nearly none) elsewhere,
    /// counted out of fold; missing and the rest; and for ordered codes each range open at one end.
    fn regions(&self, kind: CodeKind, params: &LeakageParams) -> Vec<Cell> {
        let nearly_all = params.pure_rate - 0.01;
        let mut regions = vec![
            self.told_elsewhere(|cell| cell.events as f64 >= nearly_all * cell.rows as f64),
            self.told_elsewhere(|cell| cell.others() as f64 >= nearly_all * cell.rows as f64),
        ];
        let missing = self.codes[0];
        regions.extend([missing, self.all.less(missing)]);
        if kind == CodeKind::Ordered {
            let mut below = Cell::default();
            for cell in &self.codes[1..] {
                below.add(*cell);
                regions.extend([below, self.all.less(missing).less(below)]);
            }
        }
        regions
    }

    /// The cells whose code is so in the other folds, on 20 rows or more there.
    fn told_elsewhere(&self, is_so: impl Fn(&Cell) -> bool) -> Cell {
        let mut region = Cell::default();
        for fold in &self.folds {
            for (code, here) in self.codes.iter().zip(fold) {
                let elsewhere = code.less(*here);
                if elsewhere.rows >= 20 && is_so(&elsewhere) {
                    region.add(*here);
                }
            }
        }
        region
    }
}
