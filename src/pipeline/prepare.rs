//! From a table to what learners read: roles, answers, codes, checks — in canonical order.

use std::collections::BTreeSet;

use arrow_array::RecordBatch;

use crate::{
    config::Config,
    dataset::{
        BinnedMatrix, Finding, Folds, PeerSample, canonical_order_by, finding, leakage, quality,
    },
    error::{Error, Kind, Place, Result},
    features::{Encoded, EncodedColumn, Encoder, EncoderBuilder, Observed, Profile},
    pipeline::{
        Watcher,
        outcome::{Answers, Questions},
        passes::{Passes, Until},
        playbook,
        roles::Roles,
    },
    scoring::{State, scorer::as_of_days},
    sources::{self, Column, Input, Reject},
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
    /// Some rows with their numbers, from which is learned what is usual.
    pub sample: PeerSample,
}

/// Reads and prepares a table.
pub fn prepare(input: &Input, config: &Config, watcher: &dyn Watcher) -> Result<Prepared> {
    watcher.stage(&format!("reading {input}"));
    let scan = sources::scan(input, &config.read)?;
    scan.notes.iter().for_each(|note| watcher.note(note));
    let roles = Roles::assign(&scan.columns, config)?;
    roles.notes.iter().for_each(|note| watcher.note(note));
    let columns = roles.wanted(&scan.columns)?;
    let rows = scan.rows as usize;
    let until = until(&roles, config)?;
    let mut passes = Passes::new(input, &config.read, scan, columns.clone()).until(until);
    let questions = Questions::bind(&roles, &columns, config.train.seed)?;
    let mut answers = Answers::with_room(&questions, rows);
    let mut sample = playbook::sample(&roles.plans);
    let mut seen = Seen { answers: &mut answers, sample: &mut sample };
    let (encoder, profiles) = fit_encoder(&mut passes, &questions, &mut seen, config, watcher)?;
    watcher.stage("encoding");
    let rejects = std::mem::take(&mut passes.rejects);
    let matrix = encode(passes, &encoder, &roles, answers.rows(), watcher)?;
    let findings = roles.findings.clone();
    let mut prepared =
        Prepared { columns, roles, encoder, matrix, answers, findings, rejects, sample };
    watcher.stage("checking");
    prepared.check(&profiles, config)?;
    Ok(prepared)
}

/// Where the rows to learn from end.
fn until(roles: &Roles, config: &Config) -> Result<Option<Until>> {
    let Some(day) = config.train.until else { return Ok(None) };
    let column = roles.as_of.clone().ok_or_else(|| {
        Error::new(Kind::Usage, "without as-of dates no row is after another")
            .at(Place::Key("train.until".to_owned()))
            .hint_with("name the column of the as-of date with --as-of")
    })?;
    Ok(Some(Until { column, day }))
}

/// What the first pass fills.
struct Seen<'a> {
    answers: &'a mut Answers,
    sample: &'a mut PeerSample,
}

/// The first pass: what became of each customer, and how the columns are encoded.
fn fit_encoder(
    passes: &mut Passes<'_>,
    questions: &Questions<'_>,
    seen: &mut Seen<'_>,
    config: &Config,
    watcher: &dyn Watcher,
) -> Result<(Encoder, Vec<Profile>)> {
    let mut builder = EncoderBuilder::new(questions.plans(), &config.encode)?;
    let look = |rows: &RecordBatch, here: Answers| -> Result<()> {
        let all = 0..here.rows();
        let keys: Vec<u64> = all.clone().map(|row| here.key(row)).collect();
        let keep: Vec<bool> = all.map(|row| here.labelled(row)).collect();
        let as_of = here.as_of.get(..keys.len());
        builder.observe(rows, &Observed { keys: &keys, as_of, keep: &keep })?;
        seen.sample.observe(rows, &keys);
        seen.answers.append(here);
        watcher.rows(seen.answers.rows() as u64);
        Ok(())
    };
    passes.first(|block| questions.answer(block), look)?;
    builder.finish()
}

/// The second pass: the codes.
fn encode(
    passes: Passes<'_>,
    encoder: &Encoder,
    roles: &Roles,
    rows: usize,
    watcher: &dyn Watcher,
) -> Result<BinnedMatrix> {
    let ready = encoder.ready();
    let mut matrix = BinnedMatrix::of(encoder, rows);
    let code = |rows: &RecordBatch| {
        let as_of = as_of_days(rows, roles.as_of.as_deref())?;
        ready.encode(rows, as_of.as_deref())
    };
    let push = |codes: Encoded| {
        matrix.push(&codes)?;
        watcher.rows(matrix.rows as u64);
        Ok(())
    };
    passes.second(code, push)?;
    if matrix.rows == rows {
        return Ok(matrix);
    }
    let what = format!("{rows} rows were read at first, and {} now", matrix.rows);
    Err(Error::new(Kind::Io, what).hint_with("wait until the file is complete, and run again"))
}

impl Prepared {
    /// Checks the columns, leaves out those that must not be learned from, and brings the rows into
    /// canonical order.
    fn check(&mut self, profiles: &[Profile], config: &Config) -> Result<()> {
        self.findings.extend(quality::inspect(profiles));
        let populations = [State::Active, State::Dormant];
        // While the rows are in the order of the file.
        let sorted_by = populations.map(|state| self.row_order(state, config));
        self.reorder();
        for (state, sorted_by) in populations.into_iter().zip(sorted_by) {
            let leaks = self.leaks(state, config)?;
            self.findings.extend(leaks.into_iter().chain(sorted_by).map(|mut finding| {
                if state == State::Dormant {
                    finding.evidence.push_str(" (reactivation)");
                }
                finding
            }));
        }
        let wanted = self.wanted();
        self.matrix.keep(&wanted);
        self.encoder.keep(&wanted);
        if self.matrix.columns.is_empty() {
            return Err(Error::new(Kind::EmptyTable, "the checks leave no column to learn from")
                .hint_with("`reveille check` lists what they found"));
        }
        let rows: Vec<u32> = (0..self.answers.rows() as u32)
            .filter(|&row| self.answers.labelled(row as usize))
            .collect();
        self.encoder.count(&self.matrix.codes(), &rows);
        Ok(())
    }

    /// For each encoded column whether it stays. A change goes with either of its columns.
    fn wanted(&self) -> Vec<bool> {
        let stays = |names: &[String]| finding::wanted(names, &self.findings).iter().all(|s| *s);
        let names = |column: &EncodedColumn| -> Vec<String> {
            column.reads().into_iter().chain([column.name.as_str()]).map(str::to_owned).collect()
        };
        self.encoder.columns.iter().map(|column| stays(&names(column))).collect()
    }

    fn reorder(&mut self) {
        let key = |row: u32| self.answers.key(row as usize);
        let order = canonical_order_by(key, &self.matrix, &self.outcome_codes());
        self.matrix.reorder(&order);
        self.answers.reorder(&order);
    }

    /// A number for each row that tells its outcomes apart.
    fn outcome_codes(&self) -> Vec<u8> {
        let code = |known: Option<bool>| known.map_or(0, |event| 1 + u8::from(event));
        let answers = &self.answers;
        let of = |row: usize| code(answers.churn[row]) + 3 * code(answers.returned(row));
        (0..answers.rows()).map(of).collect()
    }

    fn known(&self, state: State) -> &[Option<bool>] {
        match state {
            State::Dormant => &self.answers.reactivation,
            _ => &self.answers.churn,
        }
    }

    /// Whether the outcomes of a population are too few, or of one kind, to be given away.
    fn says_nothing(&self, state: State) -> bool {
        let known = self.known(state).iter().copied().flatten();
        let (rows, events) =
            known.fold((0, 0), |(n, sum), event| (n + 1, sum + usize::from(event)));
        events == 0 || events == rows || rows < 100
    }

    /// Whether the file is sorted by the outcome of a population; the rows are as in the file.
    fn row_order(&self, state: State, config: &Config) -> Option<Finding> {
        if self.says_nothing(state) {
            return None;
        }
        quality::row_order(self.known(state).iter().copied().flatten(), config.checks.max_auc)
    }

    /// The columns that give the outcome of a population away.
    fn leaks(&self, state: State, config: &Config) -> Result<Vec<Finding>> {
        if self.says_nothing(state) {
            return Ok(Vec::new());
        }
        let known = self.known(state);
        let rows: Vec<u32> =
            (0_u32..).zip(known).filter(|(_, event)| event.is_some()).map(|(row, _)| row).collect();
        let all: Vec<bool> = known.iter().map(|event| *event == Some(true)).collect();
        let folds = Folds::by_customer(&self.answers.customer, &all, 5)?;
        Ok(leakage::inspect(&self.matrix, &all, &rows, &folds, &config.checks))
    }

    /// The snapshots in ascending order.
    pub fn snapshots(&self) -> Vec<Day> {
        let days: BTreeSet<i32> = self
            .answers
            .as_of
            .chunk_by(|a, b| a == b)
            .filter_map(|run| run.first().copied())
            .collect();
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
