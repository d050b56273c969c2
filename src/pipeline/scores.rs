//! What a model says of the customers of a table, beside what became of them.

use std::collections::BTreeSet;

use arrow_array::{Array, RecordBatch, StringArray};

use crate::{
    bundle::{Bundle, Rules},
    dataset::order::customer_key,
    error::Result,
    expr::Expr,
    pipeline::Watcher,
    scoring::{Scored, Scorer, State, state::kinds},
    sources::{self, Block, Column, Input, ReadParams, Scan},
};

/// The rows that a model scores and whose outcome is known, in file order; one entry a row each.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Scores {
    /// The number of the row in the file.
    pub number: Vec<u64>,
    /// Active or dormant.
    pub state: Vec<State>,
    /// The probability of the outcome that the state has.
    pub probability: Vec<f64>,
    /// What became of the customer.
    pub outcome: Vec<bool>,
    /// Hash of the customer, of the row number where there is no id.
    pub customer: Vec<u64>,
    /// As-of date, days since 1970-01-01; empty where the model knows of none.
    pub as_of: Vec<i32>,
    /// Rows that were set aside.
    pub rejected: u64,
}

impl Scores {
    fn append(&mut self, mut next: Self) {
        self.number.append(&mut next.number);
        self.state.append(&mut next.state);
        self.probability.append(&mut next.probability);
        self.outcome.append(&mut next.outcome);
        self.customer.append(&mut next.customer);
        self.as_of.append(&mut next.as_of);
        self.rejected += next.rejected;
    }
}

/// Scores a scanned table; `rules` say what became of a customer.
pub fn scores(
    input: &Input,
    read: &ReadParams,
    scan: &Scan,
    bundle: &Bundle,
    rules: &Rules,
    watcher: &dyn Watcher,
) -> Result<Scores> {
    let params = ReadParams { missing: bundle.source.missing.clone(), ..read.clone() };
    let columns = with_outcomes(&bundle.source.columns, &scan.columns, rules)?;
    let scorer = Scorer::new(bundle)?;
    let outcomes = Outcomes::bind(rules, &columns)?;
    watcher.stage(&format!("scoring {input}"));
    let work = |block: Block| {
        let (left, returned) = outcomes.of(&block.rows)?;
        let customers = customers(&block, bundle).unwrap_or_else(|| block.numbers.clone());
        Ok(known(&scorer.score(block)?, &left, &returned, &customers))
    };
    let mut all = Scores::default();
    sources::open(input, &params, Some(scan), &columns)?.in_parallel(work, |next| {
        all.append(next);
        watcher.rows(all.number.len() as u64);
        Ok(())
    })?;
    scan.still_holds()?;
    Ok(all)
}

/// The outcome expressions, bound to a table.
#[derive(Debug)]
pub struct Outcomes {
    churn: Expr,
    reactivation: Option<Expr>,
}

/// An answer a row, unknown where nothing is known.
type Truths = Vec<Option<bool>>;

impl Outcomes {
    /// Binds the outcome expressions of some rules.
    pub fn bind(rules: &Rules, columns: &[Column]) -> Result<Self> {
        let kinds = kinds(columns);
        let reactivation = rules.reactivation.as_ref();
        Ok(Self {
            churn: Expr::parse(&rules.churn, &kinds)?,
            reactivation: reactivation.map(|text| Expr::parse(text, &kinds)).transpose()?,
        })
    }

    /// Who left and who came back, whatever the state.
    pub fn of(&self, rows: &RecordBatch) -> Result<(Truths, Truths)> {
        let returned = match &self.reactivation {
            Some(expr) => expr.truth(rows)?,
            None => vec![None; rows.num_rows()],
        };
        Ok((self.churn.truth(rows)?, returned))
    }
}

fn known(
    scored: &Scored,
    left: &[Option<bool>],
    returned: &[Option<bool>],
    customers: &[u64],
) -> Scores {
    let mut known = Scores { rejected: scored.block.rejects.len() as u64, ..Scores::default() };
    for row in 0..scored.state.len() {
        let outcome = match scored.state[row] {
            State::Active => left[row],
            State::Dormant => returned[row],
            State::Prospect => None,
        };
        let (Some(outcome), Some(probability)) = (outcome, scored.probability[row]) else {
            continue;
        };
        known.number.push(scored.block.numbers[row]);
        known.state.push(scored.state[row]);
        known.probability.push(probability);
        known.outcome.push(outcome);
        known.as_of.extend(scored.as_of.as_ref().map(|days| days[row]));
        known.customer.push(customers[row]);
    }
    known
}

/// The hash of each row's customer, by the id column of a model; none where it has none.
pub fn customers(block: &Block, bundle: &Bundle) -> Option<Vec<u64>> {
    let ids = block.rows.column_by_name(bundle.source.id.as_ref()?)?;
    let ids = ids.as_any().downcast_ref::<StringArray>()?;
    let id = |row| if ids.is_null(row) { "" } else { ids.value(row) };
    Some((0..ids.len()).map(|row| customer_key(bundle.seed, id(row))).collect())
}

/// The columns that scoring reads and those of the outcomes, the latter as the table at hand has them.
pub fn with_outcomes(model: &[Column], table: &[Column], rules: &Rules) -> Result<Vec<Column>> {
    let kinds = kinds(table);
    let mut names: BTreeSet<String> = Expr::parse(&rules.churn, &kinds)?.columns();
    if let Some(reactivation) = &rules.reactivation {
        names.extend(Expr::parse(reactivation, &kinds)?.columns());
    }
    let mut columns = model.to_vec();
    let is_known = |name: &String| model.iter().any(|column| column.name == *name);
    columns.extend(table.iter().filter(|c| names.contains(&c.name) && !is_known(&c.name)).cloned());
    Ok(columns)
}
