//! From a table to what learners read: roles, answers, codes, checks — in canonical order.

use rayon::prelude::*;

use crate::{
    config::Config,
    dataset::{
        Action, BinnedMatrix, Finding, Folds, canonical_order, leakage,
        quality::{self, FileOrder},
    },
    error::{Error, Kind, Result},
    features::{Encoder, EncoderBuilder, Observed, Profile},
    pipeline::{
        Watcher,
        outcome::{Answers, Questions},
        roles::Roles,
    },
    scoring::State,
    sources::{self, Column, ColumnType, Input, Reject, Table},
    units::Day,
};

/// The training rows, encoded and in canonical order, whatever the order of the file.
#[derive(Debug)]
pub struct Prepared {
    /// The columns of the table.
    pub columns: Vec<Column>,
    /// The parts they play.
    pub roles: Roles,
    /// The frozen encoding.
    pub encoder: Encoder,
    /// The codes.
    pub matrix: BinnedMatrix,
    /// State, outcomes, value and keys of each row.
    pub answers: Answers,
    /// What the checks found.
    pub findings: Vec<Finding>,
    /// Rows that were set aside.
    pub rejects: Vec<Reject>,
}

/// Reads and prepares a table.
pub fn prepare(input: &Input, config: &Config, watcher: &dyn Watcher) -> Result<Prepared> {
    watcher.stage(&format!("reading {input}"));
    let table = read(input, config)?;
    table.notes.iter().for_each(|note| watcher.note(note));
    let roles = Roles::assign(&table.columns, config)?;
    roles.notes.iter().for_each(|note| watcher.note(note));
    watcher.stage("encoding");
    let answers = answer(&table, &roles, config)?;
    let (encoder, profiles) = fit_encoder(&table, &roles, &answers, config)?;
    let mut prepared = Prepared {
        matrix: encode(&table, &encoder, &answers)?,
        columns: table.columns.clone(),
        rejects: table.rejects().cloned().collect(),
        findings: roles.findings.clone(),
        roles,
        encoder,
        answers,
    };
    drop(table);
    watcher.stage("checking");
    prepared.check(&profiles, config)?;
    Ok(prepared)
}

/// Reads the table, the id column as text whatever it looks like.
fn read(input: &Input, config: &Config) -> Result<Table> {
    let input = input.held()?;
    let scan = sources::scan(&input, &config.read)?;
    let roles = Roles::assign(&scan.columns, config)?;
    let mut params = config.read.clone();
    if let Some(id) = roles.id {
        params.types.insert(id, ColumnType::Text);
    }
    sources::read(&input, &params)
}

fn answer(table: &Table, roles: &Roles, config: &Config) -> Result<Answers> {
    let questions = Questions::bind(roles, &table.columns, config.train.seed)?;
    let parts: Vec<Answers> = table
        .blocks
        .par_iter()
        .map(|block| questions.answer(&block.rows))
        .collect::<Result<_>>()?;
    let mut answers = Answers::default();
    parts.into_iter().for_each(|part| answers.append(part));
    Ok(answers)
}

fn fit_encoder(
    table: &Table,
    roles: &Roles,
    answers: &Answers,
    config: &Config,
) -> Result<(Encoder, Vec<Profile>)> {
    let mut builder = EncoderBuilder::new(&roles.plans, &config.encode, table.rows())?;
    let keep: Vec<bool> = (0..answers.state.len()).map(|row| answers.labelled(row)).collect();
    let mut first = 0;
    for block in &table.blocks {
        let rows = first..first + block.rows.num_rows();
        first = rows.end;
        let as_of = answers.as_of.get(rows.clone());
        let about = Observed { keys: &answers.key[rows.clone()], as_of, keep: &keep[rows] };
        builder.observe(&block.rows, &about)?;
    }
    builder.finish()
}

fn encode(table: &Table, encoder: &Encoder, answers: &Answers) -> Result<BinnedMatrix> {
    let starts: Vec<usize> = table
        .blocks
        .iter()
        .scan(0, |next, block| {
            let start = *next;
            *next += block.rows.num_rows();
            Some(start)
        })
        .collect();
    let ready = encoder.ready();
    let parts: Vec<_> = table
        .blocks
        .par_iter()
        .zip(&starts)
        .map(|(block, &start)| {
            ready.encode(&block.rows, answers.as_of.get(start..start + block.rows.num_rows()))
        })
        .collect::<Result<_>>()?;
    let mut matrix = BinnedMatrix::of(encoder, answers.state.len());
    parts.iter().try_for_each(|part| matrix.push(part))?;
    Ok(matrix)
}

impl Prepared {
    /// Checks the columns, leaves out those that must not be learned from, and brings the rows into
    /// canonical order.
    fn check(&mut self, profiles: &[Profile], config: &Config) -> Result<()> {
        self.findings.extend(quality::inspect(profiles, config.table.as_of.is_some()));
        let order = canonical_order(&self.answers.key, &self.matrix, |row| self.content(row));
        let file_order = FileOrder::of(&order);
        self.matrix.reorder(&order);
        self.answers = self.answers.reordered(&order);
        for (state, outcome) in [(State::Active, &self.answers.churn), (State::Dormant, &self.answers.reactivation)] {
            let (rows, events) = labelled(outcome);
            if events.iter().all(|event| *event) || !events.iter().any(|event| *event) {
                continue;
            }
            let customers: Vec<u64> = rows.iter().map(|&row| self.answers.customer[row as usize]).collect();
            let folds = Folds::by_customer(&customers, 5);
            let found = leakage::inspect(&self.matrix, &rows, &events, &folds, &config.checks)?;
            let found = found.into_iter().chain(leakage::file_order(&file_order, &rows, &events, &config.checks));
            for mut finding in found {
                if state == State::Dormant {
                    finding.evidence.push_str(" (reactivation)");
                }
                self.findings.push(finding);
            }
        }
        self.leave_out();
        if self.matrix.columns.is_empty() {
            return Err(Error::new(Kind::EmptyTable, "the checks leave no column to learn from")
                .hint_with("`reveille check` lists what they found"));
        }
        let rows: Vec<u32> =
            (0..self.answers.state.len() as u32).filter(|&row| self.answers.labelled(row as usize)).collect();
        self.encoder.count(&self.matrix.codes(), &rows);
        Ok(())
    }

    /// What tells rows with equal keys apart.
    fn content(&self, row: usize) -> u64 {
        let outcome = |known: Option<bool>| known.map_or(0, |event| 1 + u64::from(event));
        let value = self.answers.value[row].map_or(0, f64::to_bits);
        value.wrapping_mul(9) ^ outcome(self.answers.churn[row]) ^ (outcome(self.answers.reactivation[row]) << 2)
    }

    fn leave_out(&mut self) {
        let wanted: Vec<bool> = self
            .matrix
            .names
            .iter()
            .map(|name| {
                !self.findings.iter().any(|f| f.column == *name && f.action == Action::Excluded)
            })
            .collect();
        self.matrix.keep(&wanted);
        self.encoder.keep(&wanted);
    }

    /// The snapshots in ascending order.
    pub fn snapshots(&self) -> Vec<Day> {
        let mut days = self.answers.as_of.clone();
        days.sort_unstable();
        days.dedup();
        days.into_iter().map(Day).collect()
    }

    /// How many rows are in a state.
    pub fn count(&self, state: State) -> u64 {
        self.answers.state.iter().filter(|s| **s == state).count() as u64
    }
}

/// The rows with a known outcome, and the outcome.
pub fn labelled(outcome: &[Option<bool>]) -> (Vec<u32>, Vec<bool>) {
    outcome.iter().enumerate().filter_map(|(row, event)| event.map(|event| (row as u32, event))).unzip()
}
