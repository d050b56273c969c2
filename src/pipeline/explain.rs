//! Why one customer scores as they do, and what would have to change.

mod aims;
mod rules;

use arrow_array::{Array, Date32Array, Float64Array, RecordBatch, StringArray};
use serde::Serialize;

use crate::{
    bundle::{Bundle, Model},
    error::{Error, Kind, Result},
    features::{Bins, EncodedColumn},
    output::{
        report::evidence::Values,
        words::{Cells, Words},
    },
    pipeline::{Watcher, playbook},
    playbook::{Bound, Quadrant},
    scoring::{Scored, Scorer, State, explain::Explainer, predictor::Predictor},
    sources::{Block, Input, ReadParams},
    units::{Day, Language},
};

use aims::{targets, values};
pub use rules::{Rules, Told};

/// Changes told, at most.
const CHANGES: usize = 5;

/// A run of `explain`.
#[derive(Debug)]
pub struct Request<'a> {
    /// The customers.
    pub input: Input,
    /// The model.
    pub bundle: &'a Bundle,
    /// How the table is read.
    pub read: ReadParams,
    /// The customer's id as it stands in the table; the row's number where the table has no ids.
    pub customer: &'a str,
    /// Columns that nobody can change, besides those that are known by their names.
    pub fixed: &'a [String],
    /// The text of another playbook than that of the model.
    pub playbook: Option<&'a str>,
    /// Language of the words.
    pub language: Language,
}

/// Why one customer scores as they do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// The customer.
    pub customer: String,
    /// The as-of date of the row: the latest, where there are several.
    pub as_of: Option<Day>,
    /// The state.
    pub state: State,
    /// Value a year.
    pub value: Option<f64>,
    /// From here on a value is high.
    pub value_cut: Option<f64>,
    /// Where the customer stands.
    pub quadrant: Option<Quadrant>,
    /// Which rules of the playbook apply, and what they ask for.
    pub rules: Rules,
    /// What a model says; none where no model applies to the state.
    pub score: Option<Score>,
}

/// What a model says of a customer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Score {
    /// Probability of the outcome.
    pub probability: f64,
    /// The probability where every contribution is nothing.
    pub base_probability: f64,
    /// From here on a probability is high.
    pub risk_cut: f64,
    /// The learner's logit, before calibration.
    pub logit: f64,
    /// The logit where every contribution is nothing; with all contributions it is the logit.
    pub base_logit: f64,
    /// What each column adds, the strongest first.
    pub contributions: Vec<Contribution>,
    /// What would bring the customer to the other side of the cut: the nearest change of one column, each
    /// with all others as they are.
    pub changes: Vec<Change>,
}

/// What one column adds to the logit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Contribution {
    /// The column.
    pub column: String,
    /// What it says of the customer, in words and against peers.
    pub words: String,
    /// The customer's value.
    pub value: Cell,
    /// What is usual: the median, or the most frequent level.
    pub typical: Option<Cell>,
    /// Logits.
    pub contribution: f64,
    /// The probability once this and all stronger contributions are added.
    pub probability_so_far: f64,
}

/// The value of a cell.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Cell {
    /// There is none.
    Missing,
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
}

/// A change of one column.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// The column.
    pub column: String,
    /// What people call it.
    pub name: String,
    /// The customer's value.
    pub from: Cell,
    /// The values that would do.
    pub to: Values,
    /// The share of training customers that lie between: how far it is.
    pub distance: f64,
    /// The probability then.
    pub probability: f64,
}

/// Explains one customer.
pub fn explain(request: &Request<'_>, watcher: &dyn Watcher) -> Result<Explanation> {
    let Request { input, bundle, read, .. } = request;
    let params = ReadParams { missing: bundle.source.missing.clone(), ..read.clone() };
    let scorer = Scorer::new(bundle)?;
    watcher.stage(&format!("looking through {input}"));
    let mut found: Option<(i32, Explanation)> = None;
    let text = playbook::text(bundle, request.playbook);
    let (bound, blocks) = playbook::open(bundle, text, input, &params)?;
    let words = Words::new(bundle, bound.book(), request.language);
    for block in blocks {
        let block = block?;
        let rows = find(request, &block)?;
        if rows.is_empty() {
            continue;
        }
        let done = scorer.score(block)?;
        for row in rows {
            let day = done.as_of.as_ref().map_or(i32::MIN, |days| days[row]);
            if found.as_ref().is_none_or(|(known, _)| day >= *known) {
                found = Some((day, told(request, &bound, &words, &done, row)?));
            }
        }
    }
    found.map(|(_, explanation)| explanation).ok_or_else(|| {
        Error::new(Kind::Usage, "the table has no such customer")
            .hint_with("ids are compared as they are written, leading zeros included")
    })
}

/// The rows of a block that are the customer's.
fn find(request: &Request<'_>, block: &Block) -> Result<Vec<usize>> {
    let Some(id) = &request.bundle.source.id else {
        let wanted: Option<u64> = request.customer.parse().ok();
        let numbers = block.numbers.iter().enumerate();
        return Ok(numbers.filter(|(_, n)| Some(**n) == wanted).map(|(row, _)| row).collect());
    };
    let ids = block.rows.column_by_name(id);
    let ids = ids.and_then(|column| column.as_any().downcast_ref::<StringArray>());
    let ids = ids.ok_or_else(|| Error::new(Kind::WrongType, "the id column is not text"))?;
    let is_it = |row: &usize| ids.is_valid(*row) && ids.value(*row) == request.customer;
    Ok((0..ids.len()).filter(is_it).collect())
}

fn told(
    request: &Request<'_>,
    bound: &Bound,
    words: &Words,
    done: &Scored,
    row: usize,
) -> Result<Explanation> {
    let bundle = request.bundle;
    let model = match done.state[row] {
        State::Active => Some(&bundle.churn),
        State::Dormant => bundle.reactivation.as_ref(),
        State::Prospect => None,
    };
    let customer = request.customer;
    let (rules, group) = rules::of(bound, bundle, done, row, customer, request.language)?;
    Ok(Explanation {
        customer: request.customer.to_owned(),
        as_of: done.as_of.as_ref().map(|days| Day(days[row])),
        state: done.state[row],
        value: done.value[row],
        value_cut: bundle.value_cut,
        quadrant: Quadrant::of(done.state[row], done.value_band[row], done.risk_band[row]),
        rules,
        score: model.map(|model| One { request, bound, words, group, done, row, model }.score()),
    })
}

/// One row under one model.
struct One<'a> {
    request: &'a Request<'a>,
    bound: &'a Bound,
    words: &'a Words,
    /// The customer's peers.
    group: Option<usize>,
    done: &'a Scored,
    row: usize,
    model: &'a Model,
}

impl One<'_> {
    fn columns(&self) -> &[EncodedColumn] {
        &self.request.bundle.encoder.columns
    }

    fn codes(&self) -> Vec<u8> {
        self.done.encoded.columns.iter().map(|codes| codes[self.row]).collect()
    }

    fn score(&self) -> Score {
        let codes = self.codes();
        let as_columns: Vec<&[u8]> = codes.chunks(1).collect();
        let predictor = Predictor::new(&self.model.fitted);
        let mut logit = [0.0];
        predictor.logits(&as_columns, &mut logit);
        let explainer = Explainer::new(&self.model.fitted);
        let read = explainer.columns();
        let mut shares = vec![0.0; read.len()];
        explainer.contributions(&as_columns, &[0], &mut shares);
        let mut pairs: Vec<(u32, f64)> = read.into_iter().zip(shares).collect();
        pairs.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then(a.0.cmp(&b.0)));
        let rows = &self.done.block.rows;
        let cells = Cells::new(self.request.bundle, rows, self.done.as_of.as_deref());
        let base = explainer.base();
        let mut so_far = base;
        let contributions = pairs
            .into_iter()
            .filter_map(|(column, contribution)| {
                let encoded = self.columns().get(column as usize)?;
                so_far += contribution;
                let mut words = String::new();
                let cell = cells.get(column, self.row);
                self.words.tell(column as usize, &cell, self.group, &mut words);
                Some(Contribution {
                    column: encoded.name.clone(),
                    words,
                    value: self.cell(encoded),
                    typical: typical(encoded),
                    contribution,
                    probability_so_far: self.model.calibration.probability(so_far),
                })
            })
            .collect();
        let probability = self.model.calibration.probability(logit[0]);
        Score {
            probability,
            base_probability: self.model.calibration.probability(base),
            risk_cut: self.model.risk_cut,
            logit: logit[0],
            base_logit: base,
            contributions,
            changes: self.changes(&predictor, &codes, probability),
        }
    }

    /// The customer's value in an encoded column.
    fn cell(&self, column: &EncodedColumn) -> Cell {
        let rows = &self.done.block.rows;
        let number = |cell: Cell| if let Cell::Number(x) = cell { Some(x) } else { None };
        match &column.bins {
            Bins::Change { of, against, .. } => {
                let pair =
                    (number(cell(rows, of, self.row)), number(cell(rows, against, self.row)));
                let (Some(a), Some(b)) = pair else { return Cell::Missing };
                let size = a.abs() / 2.0 + b.abs() / 2.0;
                Cell::Number(if size > 0.0 { (a / 2.0 - b / 2.0) / size } else { 0.0 })
            }
            Bins::DaysBefore { .. } => {
                let as_of = self.done.as_of.as_ref().map(|days| f64::from(days[self.row]));
                match (as_of, number(cell(rows, &column.name, self.row))) {
                    (Some(as_of), Some(day)) => Cell::Number(as_of - day),
                    _ => Cell::Missing,
                }
            }
            _ => cell(rows, &column.name, self.row),
        }
    }

    /// For each column the nearest code that brings the probability to the other side of the cut, the nearest
    /// columns first.
    ///
    /// # Source
    /// Wachter, Mittelstadt & Russell, *Harvard J. Law & Technology* 31 (2018), here by one column at a time
    /// and along the bins of training.
    fn changes(&self, predictor: &Predictor<'_>, codes: &[u8], probability: f64) -> Vec<Change> {
        let cut = self.model.risk_cut;
        let mut columns = self.model.fitted.columns();
        columns.sort_unstable();
        columns.dedup();
        let mut changes: Vec<Change> = columns
            .into_iter()
            .filter_map(|at| {
                let at = at as usize;
                let (column, own) = (self.columns().get(at)?, *codes.get(at)?);
                if self.is_fixed(column) {
                    return None;
                }
                let targets = targets(column, own);
                // One row a target, all at once.
                let table: Vec<Vec<u8>> = (0..codes.len())
                    .map(|other| {
                        if other == at {
                            targets.iter().map(|(code, _)| *code).collect()
                        } else {
                            vec![codes[other]; targets.len()]
                        }
                    })
                    .collect();
                let table: Vec<&[u8]> = table.iter().map(Vec::as_slice).collect();
                let mut logits = vec![0.0; targets.len()];
                predictor.logits(&table, &mut logits);
                let (code, distance, then) = targets
                    .iter()
                    .zip(self.model.calibration.apply(&logits))
                    .map(|((code, distance), then)| (*code, *distance, then))
                    .find(|(_, _, then)| (*then >= cut) != (probability >= cut))?;
                let phrase = self.bound.book().phrases.get(&column.name);
                let name = phrase
                    .map_or(column.name.as_str(), |phrase| phrase.name.pick(self.request.language));
                Some(Change {
                    column: column.name.clone(),
                    name: name.to_owned(),
                    from: self.cell(column),
                    to: values(column, code),
                    distance,
                    probability: then,
                })
            })
            .collect();
        changes.sort_by(|a, b| {
            a.distance.total_cmp(&b.distance).then_with(|| a.column.cmp(&b.column))
        });
        changes.truncate(CHANGES);
        changes
    }

    /// Whether nobody can change what the column tells.
    fn is_fixed(&self, column: &EncodedColumn) -> bool {
        let is_named = |name: &&str| self.request.fixed.iter().any(|fixed| fixed == name);
        column.reads().iter().any(is_named) || !self.bound.book().is_actionable(column)
    }
}

fn typical(column: &EncodedColumn) -> Option<Cell> {
    match &column.bins {
        Bins::Number { median, .. }
        | Bins::DaysBefore { median, .. }
        | Bins::Change { median, .. } => Some(Cell::Number(*median)),
        Bins::Category { levels } => levels.first().map(|level| Cell::Text(level.clone())),
    }
}

/// A cell of the table; a date as days since 1970-01-01.
fn cell(rows: &RecordBatch, name: &str, row: usize) -> Cell {
    let Some(column) = rows.column_by_name(name).filter(|column| column.is_valid(row)) else {
        return Cell::Missing;
    };
    if let Some(numbers) = column.as_any().downcast_ref::<Float64Array>() {
        let x = numbers.value(row);
        return if x.is_finite() { Cell::Number(x) } else { Cell::Missing };
    }
    if let Some(days) = column.as_any().downcast_ref::<Date32Array>() {
        return Cell::Number(f64::from(days.value(row)));
    }
    match column.as_any().downcast_ref::<StringArray>() {
        Some(texts) if !texts.value(row).trim().is_empty() => {
            Cell::Text(texts.value(row).trim().to_owned())
        }
        _ => Cell::Missing,
    }
}
