//! How a saved model does on a table whose outcomes are known.

use serde::Serialize;

use crate::{
    bundle::Bundle,
    error::{Error, Kind, Result},
    expr::Expr,
    metrics::{self, Metrics, ProfitParams},
    pipeline::Watcher,
    scoring::{Scorer, State, state::kinds},
    sources::{self, Column, Input, ReadParams},
};

/// The figures of both models on a table.
#[derive(Debug, Serialize)]
pub struct Evaluated {
    /// Churn of the active.
    pub churn: Option<Metrics>,
    /// Reactivation of the dormant.
    pub reactivation: Option<Metrics>,
    /// Rows that were set aside.
    pub rejected: u64,
}

#[derive(Debug, Default)]
struct Collected {
    outcome: Vec<bool>,
    probability: Vec<f64>,
    value: Vec<Option<f64>>,
}

/// Scores a labelled table and compares with what happened.
pub fn evaluate(
    input: &Input,
    bundle: &Bundle,
    read: &ReadParams,
    profit: &ProfitParams,
    watcher: &dyn Watcher,
) -> Result<Evaluated> {
    let params = ReadParams { missing: bundle.source.missing.clone(), ..read.clone() };
    let scan = sources::scan(input, &params)?;
    let columns = with_outcomes(&bundle.source.columns, &scan.columns, bundle)?;
    let scorer = Scorer::new(bundle)?;
    let kinds = kinds(&columns);
    let churn = Expr::parse(&bundle.rules.churn, &kinds)?;
    let reactivation =
        bundle.rules.reactivation.as_ref().map(|text| Expr::parse(text, &kinds)).transpose()?;
    watcher.stage(&format!("scoring {input}"));
    let (mut active, mut dormant) = (Collected::default(), Collected::default());
    let mut rejected = 0;
    let mut rows = 0;
    for block in sources::open(input, &params, Some(&scan), &columns)? {
        let block = block?;
        rejected += block.rejects.len() as u64;
        rows += block.rows.num_rows() as u64;
        let left = churn.truth(&block.rows)?;
        let returned = reactivation.as_ref().map(|expr| expr.truth(&block.rows)).transpose()?;
        let done = scorer.score(block)?;
        for row in 0..done.state.len() {
            let (collected, outcome) = match done.state[row] {
                State::Active => (&mut active, left[row]),
                State::Dormant => (&mut dormant, returned.as_ref().and_then(|r| r[row])),
                State::Prospect => continue,
            };
            if let (Some(outcome), Some(probability)) = (outcome, done.probability[row]) {
                collected.outcome.push(outcome);
                collected.probability.push(probability);
                collected.value.push(done.value[row]);
            }
        }
        watcher.rows(rows);
    }
    let evaluated = Evaluated {
        churn: active.measure(profit)?,
        reactivation: dormant.measure(profit)?,
        rejected,
    };
    if evaluated.churn.is_none() && evaluated.reactivation.is_none() {
        return Err(Error::new(Kind::TooFew, "no row has an outcome to compare with")
            .hint_with("the table needs the outcome columns of the history"));
    }
    Ok(evaluated)
}

impl Collected {
    /// The figures; `None` where there are no outcomes, or only one kind of them.
    fn measure(&self, profit: &ProfitParams) -> Result<Option<Metrics>> {
        let events = self.outcome.iter().filter(|event| **event).count();
        if events == 0 || events == self.outcome.len() {
            return Ok(None);
        }
        let value = self.value.iter().any(Option::is_some).then_some(self.value.as_slice());
        metrics::measure(&self.outcome, &self.probability, value, profit).map(Some)
    }
}

/// The columns of the model and those of its outcomes, the latter as the table at hand has them.
fn with_outcomes(model: &[Column], table: &[Column], bundle: &Bundle) -> Result<Vec<Column>> {
    let kinds = kinds(table);
    let mut names = Expr::parse(&bundle.rules.churn, &kinds)?.columns();
    if let Some(reactivation) = &bundle.rules.reactivation {
        names.extend(Expr::parse(reactivation, &kinds)?.columns());
    }
    let mut columns = model.to_vec();
    for column in table {
        if names.contains(&column.name) && !columns.iter().any(|known| known.name == column.name) {
            columns.push(column.clone());
        }
    }
    Ok(columns)
}
