//! From a table to what learners read: roles, answers, codes, checks — in canonical order.

use rayon::prelude::*;

use crate::{
    config::Config,
    dataset::{BinnedMatrix, Finding, Folds, canonical_order, finding, leakage, quality},
    error::{Error, Kind, Result},
    features::{Encoder, EncoderBuilder, Observed, Profile},
    pipeline::{
        Watcher,
        outcome::{Answers, Questions},
        roles::Roles,
    },
    scoring::State,
    sources::{self, Column, Input, Reject, Scan, Table},
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
    let scan = sources::scan(input, &config.read)?;
    scan.notes.iter().for_each(|note| watcher.note(note));
    let roles = Roles::assign(&scan.columns, config)?;
    roles.notes.iter().for_each(|note| watcher.note(note));
    let table = read(input, &scan, &roles, config)?;
    watcher.stage("encoding");
    let answers = answer(&table, &roles, config)?;
    let (encoder, profiles) = fit_encoder(&table, &roles, &answers, config)?;
    let mut prepared = Prepared {
        matrix: encode(&table, &encoder, &answers)?,
        rejects: table.rejects().cloned().collect(),
        columns: table.columns.clone(),
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

/// Reads the columns that play a part; the others are not even looked at.
fn read(input: &Input, scan: &Scan, roles: &Roles, config: &Config) -> Result<Table> {
    let wanted = roles.wanted(&scan.columns)?;
    let blocks = sources::open(input, &config.read, Some(scan), &wanted)?;
    Ok(Table { blocks: blocks.collect::<Result<_>>()?, columns: wanted, notes: Vec::new() })
}

fn answer(table: &Table, roles: &Roles, config: &Config) -> Result<Answers> {
    let questions = Questions::bind(roles, &table.columns, config.train.seed)?;
    let parts: Vec<Answers> =
        table.blocks.par_iter().map(|block| questions.answer(block)).collect::<Result<_>>()?;
    let mut answers = Answers::default();
    for part in parts {
        answers.append(part);
    }
    Ok(answers)
}

fn fit_encoder(
    table: &Table,
    roles: &Roles,
    answers: &Answers,
    config: &Config,
) -> Result<(Encoder, Vec<Profile>)> {
    let mut builder = EncoderBuilder::new(&roles.plans, &config.encode)?;
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
        self.findings.extend(quality::inspect(profiles));
        let order = canonical_order(&self.answers.key, &self.matrix, &self.outcome_codes());
        self.matrix.reorder(&order);
        self.answers = self.answers.reordered(&order);
        for state in [State::Active, State::Dormant] {
            let found = self.leaks(state, config)?;
            self.findings.extend(found);
        }
        let wanted = finding::wanted(&self.matrix.names, &self.findings);
        self.matrix.keep(&wanted);
        self.encoder.keep(&wanted);
        if self.matrix.columns.is_empty() {
            return Err(Error::new(Kind::EmptyTable, "the checks leave no column to learn from")
                .hint_with("`reveille check` lists what they found"));
        }
        let rows: Vec<u32> = (0..self.answers.state.len() as u32)
            .filter(|&row| self.answers.labelled(row as usize))
            .collect();
        self.encoder.count(&self.matrix.codes(), &rows);
        Ok(())
    }

    /// A number for each row that tells its outcomes apart.
    fn outcome_codes(&self) -> Vec<u8> {
        let code = |known: Option<bool>| known.map_or(0, |event| 1 + u8::from(event));
        let outcomes = self.answers.churn.iter().zip(&self.answers.reactivation);
        outcomes.map(|(churn, reactivation)| code(*churn) + 3 * code(*reactivation)).collect()
    }

    /// The columns that give the outcome of a population away, and whether the file is sorted by it.
    fn leaks(&self, state: State, config: &Config) -> Result<Vec<Finding>> {
        let answers = &self.answers;
        let known = match state {
            State::Dormant => &answers.reactivation,
            _ => &answers.churn,
        };
        let (rows, events) = labelled(known);
        let of = |all: &[u64]| -> Vec<u64> { rows.iter().map(|&row| all[row as usize]).collect() };
        if events.iter().all(|event| *event) || !events.contains(&true) || rows.len() < 100 {
            return Ok(Vec::new());
        }
        let all: Vec<bool> = known.iter().map(|event| *event == Some(true)).collect();
        let folds = Folds::by_customer(&answers.customer, &all, 5)?;
        let mut found = leakage::inspect(&self.matrix, &all, &rows, &folds, &config.checks);
        found.extend(quality::row_order(&events, &of(&answers.number), config.checks.max_auc));
        if state == State::Dormant {
            for finding in &mut found {
                finding.evidence.push_str(" (reactivation)");
            }
        }
        Ok(found)
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
    outcome
        .iter()
        .enumerate()
        .filter_map(|(row, event)| event.map(|event| (row as u32, event)))
        .unzip()
}
