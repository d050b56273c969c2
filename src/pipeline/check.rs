//! Checks a table without training on it.

use crate::{
    config::Config,
    dataset::{Finding, Maturity, maturity},
    error::Result,
    pipeline::{
        Watcher,
        prepare::{Prepared, labelled, prepare},
    },
    scoring::State,
    sources::{Column, Input, Reject},
    units::Day,
};

/// What a check found.
#[derive(Debug)]
pub struct Checked {
    /// Rows that could be read.
    pub rows: u64,
    /// Rows that were set aside.
    pub rejects: Vec<Reject>,
    /// The columns and how they were read.
    pub columns: Vec<Column>,
    /// Rows by state: active, dormant, prospect.
    pub states: [u64; 3],
    /// Rows with a known churn outcome, and events among them.
    pub churn: (u64, u64),
    /// Rows with a known reactivation outcome, and events among them.
    pub reactivation: (u64, u64),
    /// For each snapshot the churn outcomes known, when its window ends, and what it is good for.
    pub maturity: Vec<Maturity>,
    /// The findings.
    pub findings: Vec<Finding>,
}

impl Checked {
    /// Whether a column gives the outcome away.
    pub fn leaks(&self) -> bool {
        self.findings.iter().any(|finding| finding.problem.is_leakage())
    }
}

/// Checks a table as `train` would.
pub fn check(input: &Input, config: &Config, watcher: &dyn Watcher) -> Result<Checked> {
    config.check()?;
    let prepared = prepare(input, config, watcher)?;
    let counts = |outcome: &[Option<bool>]| {
        let (rows, events) = labelled(outcome);
        (rows.len() as u64, events.iter().filter(|event| **event).count() as u64)
    };
    Ok(Checked {
        maturity: churn_maturity(&prepared, config),
        rows: prepared.answers.state.len() as u64,
        states: [State::Active, State::Dormant, State::Prospect].map(|state| prepared.count(state)),
        churn: counts(&prepared.answers.churn),
        reactivation: counts(&prepared.answers.reactivation),
        rejects: prepared.rejects,
        columns: prepared.columns,
        findings: prepared.findings,
    })
}

fn churn_maturity(prepared: &Prepared, config: &Config) -> Vec<Maturity> {
    let (rows, events) = labelled(&prepared.answers.churn);
    let as_of = |row: &u32| prepared.answers.as_of.get(*row as usize).copied().map(Day);
    let as_of: Vec<Day> = rows.iter().filter_map(as_of).collect();
    maturity(&as_of, &events, config.train.outcome_days)
}
