//! What was found when a model was held against what happened: the figures of the report.

mod drivers;
mod grouping;
mod missed;
mod rulebook;
mod slices;
mod worked;

pub use drivers::Sampler;
pub use grouping::{Grouping, LARGEST_COUNT};
pub use rulebook::QuadrantSample;
pub use worked::{Worked, WorkedFeed};

use crate::{
    bundle::Model,
    error::Result,
    features::Encoder,
    metrics::{Figures, ProfitParams},
    output::report::evidence::{ModelEvidence, QuadrantFacts, Split},
    playbook::Quadrant,
    scoring::{Band, State, ValueBand, tally::ExactSum},
};

/// Rows of one population with a known outcome. All lists have one entry a row.
#[derive(Debug, Default)]
pub struct Judged {
    /// What happened.
    pub outcome: Vec<bool>,
    /// What the model said.
    pub probability: Vec<f64>,
    /// Value a year.
    pub value: Vec<Option<f64>>,
    /// The share of the model's columns that are missing, in hundredths.
    pub missing: Vec<u8>,
    /// What the feed that was worked from said; empty where none is known.
    pub worked: Vec<Worked>,
    /// What customers are grouped by.
    pub groupings: Vec<Grouping>,
    /// Some of the rows with their codes.
    pub sampler: Sampler,
}

/// What a model is measured with.
#[derive(Debug, Clone, Copy)]
pub struct Against<'a> {
    /// The model.
    pub model: &'a Model,
    /// The encoding of its columns.
    pub encoder: &'a Encoder,
    /// The money behind the expected maximum profit.
    pub profit: &'a ProfitParams,
    /// Columns by which fairness is told.
    pub fairness: &'a [String],
    /// Which rows these are.
    pub split: Split,
}

impl Judged {
    /// Adds a row; groupings and the sampler take it by themselves.
    pub fn push(&mut self, outcome: bool, probability: f64, value: Option<f64>, missing: u8) {
        self.outcome.push(outcome);
        self.probability.push(probability);
        self.value.push(value);
        self.missing.push(missing);
    }

    /// The value of each row, where any is known.
    fn values(&self) -> Option<&[Option<f64>]> {
        self.value.iter().any(Option::is_some).then_some(self.value.as_slice())
    }

    /// All figures; `None` where there are no outcomes, or only one kind of them.
    pub fn evidence(&self, against: &Against<'_>) -> Result<Option<ModelEvidence>> {
        let events = self.outcome.iter().filter(|event| **event).count();
        if events == 0 || events == self.outcome.len() {
            return Ok(None);
        }
        let figures = Figures::of(&self.outcome, &self.probability, self.values(), against.profit)?;
        let cut = against.model.risk_cut;
        let is_fairness = |grouping: &&Grouping| against.fairness.contains(&grouping.column);
        let groups: Vec<_> = self.groupings.iter().map(Grouping::groups).collect();
        let all = || self.groupings.iter().zip(&groups);
        Ok(Some(ModelEvidence {
            split: against.split,
            risk_cut: cut,
            figures,
            slices: all()
                .filter(|(grouping, _)| !is_fairness(grouping) || grouping.is_slice)
                .map(|(grouping, groups)| slices::of(self, &grouping.column, groups, cut))
                .collect(),
            fairness: all()
                .filter(|(grouping, _)| is_fairness(grouping))
                .map(|(grouping, groups)| slices::fairness(self, &grouping.column, groups, cut))
                .collect(),
            missed: missed::of(
                self,
                all()
                    .find(|(grouping, _)| grouping.is_place)
                    .map(|(g, groups)| (g, groups.as_slice())),
                cut,
            ),
            drivers: self.sampler.drivers(against.model, against.encoder),
        }))
    }
}

/// Customers and money by quadrant, as they come.
#[derive(Debug, Default, Clone)]
pub struct QuadrantTally([QuadrantCell; Quadrant::ALL.len()]);

#[derive(Debug, Default, Clone, Copy)]
struct QuadrantCell {
    customers: u64,
    value: ExactSum,
    value_at_risk: ExactSum,
    expected: ExactSum,
    known: u64,
    events: u64,
}

/// A customer as a quadrant counts them.
#[derive(Debug, Clone, Copy)]
pub struct Standing {
    /// State.
    pub state: State,
    /// Band of the value.
    pub value_band: ValueBand,
    /// Band of the probability.
    pub risk_band: Option<Band>,
    /// Value a year.
    pub value: Option<f64>,
    /// Probability of the outcome that the state has.
    pub probability: Option<f64>,
    /// What happened, where known.
    pub outcome: Option<bool>,
}

impl QuadrantTally {
    /// Counts a customer.
    pub fn add(&mut self, standing: &Standing) {
        let Standing { state, value_band, risk_band, value, probability, outcome } = *standing;
        let Some(quadrant) = Quadrant::of(state, value_band, risk_band) else { return };
        let Some(cell) = self.0.get_mut(quadrant as usize) else { return };
        cell.customers += 1;
        cell.value.add(value.unwrap_or(0.0));
        cell.expected.add(probability.unwrap_or(0.0));
        if let (Some(value), Some(probability)) = (value, probability) {
            cell.value_at_risk.add(value * probability);
        }
        cell.known += u64::from(outcome.is_some());
        cell.events += u64::from(outcome == Some(true));
    }

    /// The quadrants that hold customers.
    pub fn facts(&self) -> Vec<QuadrantFacts> {
        let told = |(quadrant, cell): (Quadrant, &QuadrantCell)| QuadrantFacts {
            quadrant,
            customers: cell.customers,
            value: cell.value.value(),
            value_at_risk: cell.value_at_risk.value(),
            expected_events: cell.expected.value(),
            known: cell.known,
            events: cell.events,
        };
        let all = Quadrant::ALL.into_iter().zip(&self.0);
        all.filter(|(_, cell)| cell.customers > 0).map(told).collect()
    }
}
