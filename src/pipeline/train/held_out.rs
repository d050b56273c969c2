//! The figures of the report of a training run, from rows that the learners had not seen.

use std::collections::BTreeMap;

use super::Trained;
use crate::{
    bundle::{Bundle, Model},
    config::Config,
    dataset::TimeSplit,
    error::Result,
    features::Meaning,
    output::report::evidence::{Evidence, MeasuredOn, ModelEvidence, Split},
    pipeline::{
        evaluate::{is_place, snapshots},
        evidence::{Against, Grouping, Judged, QuadrantSample, QuadrantTally, Standing},
        prepare::Prepared,
        validate::{Candidate, Candidates, Population},
    },
    playbook::Quadrant,
    scoring::{Band, State, ValueBand},
    units::Day,
};

/// Held-out rows of one population with what the learner that was kept says of them. All lists have
/// one entry a row.
#[derive(Debug)]
pub(super) struct HeldOutRows {
    split: Split,
    /// Rows of the matrix.
    index: Vec<u32>,
    outcome: Vec<bool>,
    probability: Vec<f64>,
}

impl HeldOutRows {
    /// The later rows where there are any, else all of them, out of fold.
    pub(super) fn new(
        population: &Population<'_>,
        time: Option<&TimeSplit>,
        folds: u8,
        judged: &Candidates,
        chosen: Candidate,
    ) -> Self {
        let Some(time) = time else {
            return Self {
                split: Split::Folds { folds },
                index: population.index.clone(),
                outcome: population.outcome.clone(),
                probability: judged.held_out(&chosen),
            };
        };
        let test = &time.test;
        Self {
            split: Split::LaterData { test: time.test_as_of },
            index: test.iter().map(|&row| population.index[row as usize]).collect(),
            outcome: test.iter().map(|&row| population.outcome[row as usize]).collect(),
            probability: chosen.later,
        }
    }
}

/// The figures of both models.
pub(super) fn evidence(
    trained: &Trained,
    prepared: &Prepared,
    held: [Option<HeldOutRows>; 2],
    config: &Config,
) -> Result<Evidence> {
    let bundle = &trained.bundle;
    let room = Room { bundle, prepared, config, columns: kept_columns(bundle, prepared) };
    let (mut quadrants, mut sample) = (QuadrantTally::default(), QuadrantSample::default());
    let as_of = &prepared.answers.as_of;
    let latest = held.iter().flatten().flat_map(|held| &held.index);
    let latest = latest.filter_map(|&row| as_of.get(row as usize)).max().copied();
    let is_current = |row: usize| as_of.get(row).copied() == latest;
    let models = [Some(&bundle.churn), bundle.reactivation.as_ref()];
    let states = [State::Active, State::Dormant];
    let mut found: [Option<ModelEvidence>; 2] = [None, None];
    for (at, (held, model)) in held.into_iter().zip(models).enumerate() {
        let (Some(held), Some(model)) = (held, model) else { continue };
        for ((&row, &probability), &outcome) in
            held.index.iter().zip(&held.probability).zip(&held.outcome)
        {
            let row = row as usize;
            let chance = Some((probability, model.risk_cut));
            let standing = room.standing(states[at], row, chance, Some(outcome));
            if is_current(row) {
                quadrants.add(&standing);
            }
            let Standing { state, value_band, risk_band, .. } = standing;
            if let Some(quadrant) = Quadrant::of(state, value_band, risk_band) {
                sample.offer(room.columns.len(), quadrant, |column| room.code(column, row));
            }
        }
        found[at] = room.model(&held, model)?;
    }
    for (row, state) in prepared.answers.state.iter().enumerate() {
        if *state == State::Prospect && is_current(row) {
            let standing = room.standing(State::Prospect, row, None, None);
            quadrants.add(&standing);
            if let Some(quadrant) = Quadrant::of(State::Prospect, standing.value_band, None) {
                sample.offer(room.columns.len(), quadrant, |column| room.code(column, row));
            }
        }
    }
    let [churn, reactivation] = found;
    Ok(Evidence {
        measured_on: MeasuredOn::HeldOut,
        rows: bundle.data.rows,
        rejected: bundle.data.rejected,
        quadrants_as_of: latest.map(Day),
        quadrants: quadrants.facts(),
        rulebook: sample.rules(&bundle.encoder)?,
        snapshots: room.snapshots(),
        profit: config.profit,
        backtest: None,
        drift: Vec::new(),
        dormancy: None,
        churn,
        reactivation,
    })
}

/// Where each encoded column of the bundle stands in the matrix.
fn kept_columns(bundle: &Bundle, prepared: &Prepared) -> Vec<usize> {
    let place: BTreeMap<&str, usize> = prepared
        .encoder
        .columns
        .iter()
        .enumerate()
        .map(|(at, column)| (column.name.as_str(), at))
        .collect();
    bundle.encoder.columns.iter().filter_map(|c| place.get(c.name.as_str()).copied()).collect()
}

struct Room<'a> {
    bundle: &'a Bundle,
    prepared: &'a Prepared,
    config: &'a Config,
    columns: Vec<usize>,
}

impl Room<'_> {
    /// The code of a row in an encoded column of the bundle.
    fn code(&self, column: usize, row: usize) -> u8 {
        let codes = &self.prepared.matrix.columns;
        let place = self.columns.get(column).and_then(|at| codes.get(*at));
        place.and_then(|codes| codes.get(row)).copied().unwrap_or(0)
    }

    fn standing(
        &self,
        state: State,
        row: usize,
        chance: Option<(f64, f64)>,
        outcome: Option<bool>,
    ) -> Standing {
        let value = self.prepared.answers.worth(row);
        let value_band = match (value, self.bundle.value_cut) {
            (Some(value), Some(cut)) if value >= cut => ValueBand::High,
            (Some(_), Some(_)) => ValueBand::Low,
            _ => ValueBand::Unknown,
        };
        let risk_band = chance.map(|(p, cut)| if p >= cut { Band::High } else { Band::Low });
        let probability = chance.map(|(probability, _)| probability);
        Standing { state, value_band, risk_band, value, probability, outcome }
    }

    fn snapshots(&self) -> Vec<crate::output::report::evidence::SnapshotFacts> {
        let answers = &self.prepared.answers;
        let mut by_day: BTreeMap<i32, (u64, u64)> = BTreeMap::new();
        for (row, day) in answers.as_of.iter().enumerate() {
            if answers.state[row] != State::Prospect {
                let (customers, known) = by_day.entry(*day).or_default();
                *customers += 1;
                *known += u64::from(answers.labelled(row));
            }
        }
        snapshots(&by_day, self.config.train.outcome_days)
    }

    fn model(&self, held: &HeldOutRows, model: &Model) -> Result<Option<ModelEvidence>> {
        let mut read = model.fitted.columns();
        read.sort_unstable();
        read.dedup();
        let mut judged = Judged { groupings: self.groupings(held), ..Judged::default() };
        for (&row, &probability) in held.index.iter().zip(&held.probability) {
            let outcome = held.outcome[judged.outcome.len()];
            let code = |column: usize| self.code(column, row as usize);
            let missing = read.iter().filter(|column| code(**column as usize) == 0).count();
            let share = missing * 100 / read.len().max(1);
            let value = self.prepared.answers.worth(row as usize);
            judged.push(outcome, probability, value, share as u8);
            judged.sampler.offer(self.columns.len(), code);
        }
        judged.evidence(&Against {
            model,
            encoder: &self.bundle.encoder,
            profit: &self.config.profit,
            fairness: &self.config.evaluate.fairness,
            split: held.split,
        })
    }

    /// The month, and the columns asked for that are encoded as categories: of others nothing is held.
    fn groupings(&self, held: &HeldOutRows) -> Vec<Grouping> {
        let mut groupings = Vec::new();
        let as_of = &self.prepared.answers.as_of;
        if let Some(column) = self.bundle.source.as_of.as_ref().filter(|_| !as_of.is_empty()) {
            let mut months = Grouping::new(column);
            months.days(held.index.iter().map(|&row| as_of.get(row as usize).copied()));
            groupings.push(months);
        }
        let wanted = &self.config.evaluate;
        for (at, column) in self.prepared.encoder.columns.iter().enumerate() {
            let is_place = is_place(&column.name);
            let is_slice = is_place || wanted.by.contains(&column.name);
            let is_category = matches!(column.bins, crate::features::Bins::Category { .. });
            if !is_category || !(is_slice || wanted.fairness.contains(&column.name)) {
                continue;
            }
            let mut grouping = Grouping::new(&column.name);
            (grouping.is_slice, grouping.is_place) = (is_slice, is_place);
            let codes = &self.prepared.matrix.columns[at];
            grouping.texts(held.index.iter().map(|&row| {
                match column.bins.meaning(codes[row as usize]) {
                    Meaning::Level(level) => Some(level),
                    Meaning::Other => Some("…"),
                    _ => None,
                }
            }));
            groupings.push(grouping);
        }
        groupings
    }
}
