//! The rows that learners are judged on.

use super::pick;
use crate::{dataset::BinnedMatrix, learners::Rows, pipeline::outcome::Answers};

/// The rows of one population with a known outcome, in canonical order.
#[derive(Debug)]
pub struct Population<'a> {
    /// What is predicted: churn or reactivation.
    pub name: &'static str,
    /// All encoded rows.
    pub matrix: &'a BinnedMatrix,
    /// What is known of each row of the matrix besides.
    pub answers: &'a Answers,
    /// Which rows of the matrix.
    pub index: Vec<u32>,
    /// The outcome, one a row of the population.
    pub outcome: Vec<bool>,
}

impl Population<'_> {
    /// Some of the rows as a population of their own.
    pub(super) fn part(&self, rows: &[u32]) -> Self {
        let (index, outcome) = (pick(&self.index, rows), pick(&self.outcome, rows));
        Self { index, outcome, ..*self }
    }

    /// The rows as learners take them.
    pub fn rows(&self) -> Rows<'_> {
        Rows { matrix: self.matrix, index: &self.index }
    }

    /// Number of events.
    pub fn events(&self) -> u64 {
        self.outcome.iter().filter(|event| **event).count() as u64
    }

    /// Hash of the customer of each row.
    pub fn customers(&self) -> Vec<u64> {
        pick(&self.answers.customer, &self.index)
    }

    /// Value a year of some rows of the population; `None` where no value of them is known.
    pub(super) fn values(&self, rows: impl Iterator<Item = u32>) -> Option<Vec<Option<f64>>> {
        if !self.answers.has_values() {
            return None;
        }
        let worth = |row: u32| self.answers.worth(self.index[row as usize] as usize);
        let values: Vec<Option<f64>> = rows.map(worth).collect();
        values.iter().any(Option::is_some).then_some(values)
    }
}
