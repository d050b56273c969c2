//! Scores a stretch of rows.

use arrow_array::{Array, Date32Array, RecordBatch};
use serde::{Deserialize, Serialize};

use crate::{
    bundle::{Bundle, Model},
    error::{Error, Kind, Place, Result},
    expr::Expr,
    features::{Encoded, Ready},
    scoring::{
        explain::{Explainer, Reasons},
        predictor::Predictor,
        state::{State, StateRules, kinds},
    },
    sources::Block,
};

/// Whether a probability is above its cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Band {
    /// Below the cut.
    Low,
    /// At or above the cut.
    High,
}

/// Whether a value is above its cut; a value that is not known is in a band of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueBand {
    /// The value is missing, or the model has no value expression.
    Unknown,
    /// Below the cut.
    Low,
    /// At or above the cut.
    High,
}

/// A stretch of rows with what the bundle says of them. All vectors have one entry a row, but for the
/// reasons where nobody asked for any.
#[derive(Debug)]
pub struct Scored {
    /// The rows.
    pub block: Block,
    /// The state.
    pub state: Vec<State>,
    /// Probability of the outcome that the state has; `None` where no model applies.
    pub probability: Vec<Option<f64>>,
    /// Value a year.
    pub value: Vec<Option<f64>>,
    /// Band of the value.
    pub value_band: Vec<ValueBand>,
    /// Band of the probability.
    pub risk_band: Vec<Option<Band>>,
    /// Reasons, strongest first; none for rows that are not to be explained.
    pub reasons: Vec<Reasons>,
    /// As-of date of each row, days since 1970-01-01, where the bundle has an as-of column.
    pub as_of: Option<Vec<i32>>,
    /// The codes and what was unusual about them.
    pub encoded: Encoded,
}

/// A bundle bound to its columns and made ready to score.
#[derive(Debug)]
pub struct Scorer<'a> {
    bundle: &'a Bundle,
    encoder: Ready<'a>,
    states: StateRules,
    value: Option<Expr>,
    churn: Prepared<'a>,
    reactivation: Option<Prepared<'a>>,
}

/// Which rows are to be explained, by state and bands.
pub type Wanted = fn(State, ValueBand, Option<Band>) -> bool;

#[derive(Debug)]
struct Prepared<'a> {
    model: &'a Model,
    predictor: Predictor<'a>,
    /// Which rows it explains, and for each encoded column whether someone can act on it.
    explainer: Option<(Explainer, Wanted, Vec<bool>)>,
}

impl<'a> Prepared<'a> {
    fn new(model: &'a Model) -> Self {
        Self { model, predictor: Predictor::new(&model.fitted), explainer: None }
    }

    fn explaining(self, wanted: Wanted, actionable: &[bool]) -> Self {
        let explainer = Explainer::new(&self.model.fitted);
        Self { explainer: Some((explainer, wanted, actionable.to_vec())), ..self }
    }
}

impl<'a> Scorer<'a> {
    /// Makes a bundle ready to score, without reasons.
    pub fn new(bundle: &'a Bundle) -> Result<Self> {
        let columns = &bundle.source.columns;
        let value =
            bundle.rules.value.as_ref().map(|v| Expr::parse(v, &kinds(columns))).transpose()?;
        Ok(Self {
            bundle,
            encoder: bundle.encoder.ready(),
            states: StateRules::bind(&bundle.rules, columns)?,
            value,
            churn: Prepared::new(&bundle.churn),
            reactivation: bundle.reactivation.as_ref().map(Prepared::new),
        })
    }

    /// Makes it give the reasons of the rows that are wanted, too; `actionable` says for each encoded column
    /// whether someone can act on it.
    #[must_use]
    pub fn explaining(self, wanted: Wanted, actionable: &[bool]) -> Self {
        Self {
            churn: self.churn.explaining(wanted, actionable),
            reactivation: self.reactivation.map(|prepared| prepared.explaining(wanted, actionable)),
            ..self
        }
    }

    /// Scores a block that was read with the columns of the bundle's source, and perhaps more.
    pub fn score(&self, block: Block) -> Result<Scored> {
        self.score_settled(block, |_| {})
    }

    /// Scores a block; `settle` may change the bands before it is decided who is explained.
    pub fn score_settled(&self, block: Block, settle: impl Fn(&mut Scored)) -> Result<Scored> {
        let (mut scored, logits) = self.without_reasons(block)?;
        scored.reasons = vec![Reasons::default(); logits.len()];
        settle(&mut scored);
        scored.explain(State::Active, &self.churn, &logits);
        if let Some(reactivation) = &self.reactivation {
            scored.explain(State::Dormant, reactivation, &logits);
        }
        Ok(scored)
    }

    /// Scores a block for a reader who asks for no reasons: there is no entry for them.
    pub fn score_only(&self, block: Block) -> Result<Scored> {
        Ok(self.without_reasons(block)?.0)
    }

    /// The scores, and the logit of each row.
    fn without_reasons(&self, block: Block) -> Result<(Scored, Vec<f64>)> {
        let rows = block.rows.num_rows();
        let as_of = as_of_days(&block.rows, self.bundle.source.as_of.as_deref())?;
        let encoded = self.encoder.encode(&block.rows, as_of.as_deref())?;
        let state = self.states.of(&block.rows)?;
        let value = match &self.value {
            Some(value) => value.numbers(&block.rows)?,
            None => vec![None; rows],
        };
        let mut scored = Scored {
            value_band: value.iter().map(|v| self.value_band(*v)).collect(),
            block,
            state,
            probability: vec![None; rows],
            value,
            risk_band: vec![None; rows],
            reasons: Vec::new(),
            as_of,
            encoded,
        };
        let mut logits = vec![0.0; rows];
        scored.apply(State::Active, &self.churn, &mut logits);
        if let Some(reactivation) = &self.reactivation {
            scored.apply(State::Dormant, reactivation, &mut logits);
        }
        Ok((scored, logits))
    }

    /// The bundle.
    pub fn bundle(&self) -> &'a Bundle {
        self.bundle
    }

    fn value_band(&self, value: Option<f64>) -> ValueBand {
        match (value, self.bundle.value_cut) {
            (Some(value), Some(cut)) if value >= cut => ValueBand::High,
            (Some(_), Some(_)) => ValueBand::Low,
            _ => ValueBand::Unknown,
        }
    }
}

impl Scored {
    /// The rows of a state.
    fn of_state(&self, state: State) -> Vec<u32> {
        (0..self.state.len() as u32).filter(|&row| self.state[row as usize] == state).collect()
    }

    /// Scores the rows of a state; their logits are put in their places.
    fn apply(&mut self, state: State, prepared: &Prepared, of_all: &mut [f64]) {
        let rows = self.of_state(state);
        if rows.is_empty() {
            return;
        }
        let mut logits = vec![0.0; self.state.len()];
        prepared.predictor.logits(&self.encoded.codes(), &mut logits);
        for &row in &rows {
            let row = row as usize;
            of_all[row] = logits[row];
            let probability = prepared.model.calibration.probability(logits[row]);
            self.probability[row] = Some(probability);
            let high = probability >= prepared.model.risk_cut;
            self.risk_band[row] = Some(if high { Band::High } else { Band::Low });
        }
    }

    /// Finds the reasons of those rows of a state that are wanted.
    fn explain(&mut self, state: State, prepared: &Prepared, logits: &[f64]) {
        let Some((explainer, wanted, actionable)) = &prepared.explainer else { return };
        let rows = self.of_state(state);
        if rows.is_empty() {
            return;
        }
        let codes: Vec<&[u8]> = self.encoded.columns.iter().map(Vec::as_slice).collect();
        let is_wanted = |&row: &u32| {
            let row = row as usize;
            wanted(state, self.value_band[row], self.risk_band[row])
        };
        let rows: Vec<u32> = rows.into_iter().filter(is_wanted).collect();
        let told = explainer.explain(&codes, &rows, logits, actionable);
        for (&row, reasons) in rows.iter().zip(told) {
            self.reasons[row as usize] = reasons;
        }
    }

    /// What is at stake: value × probability, where both are known.
    pub fn value_at_risk(&self, row: usize) -> Option<f64> {
        Some(self.value[row]? * self.probability[row]?)
    }
}

/// The as-of date of each row, as days since 1970-01-01. A row without one takes day 0.
pub fn as_of_days(rows: &RecordBatch, column: Option<&str>) -> Result<Option<Vec<i32>>> {
    let Some(name) = column else { return Ok(None) };
    let missing = || {
        Error::new(Kind::MissingColumn, format!("the as-of column {name} is not a column of dates"))
            .at(Place::Column(name.to_owned()))
    };
    let dates = rows
        .column_by_name(name)
        .and_then(|column| column.as_any().downcast_ref::<Date32Array>())
        .ok_or_else(missing)?;
    Ok(Some((0..dates.len()).map(|i| if dates.is_null(i) { 0 } else { dates.value(i) }).collect()))
}
