//! Honest validation: how each learner does on rows it has not seen, and which one is kept.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::{
    bundle::{Fitted, HeldOut, LearnerName, Validation},
    dataset::{BinnedMatrix, Folds, TimeSplit},
    error::Result,
    learners::{LearnerParams, calibrate},
    metrics::{self, Metrics, ProfitParams, paired_log_loss_difference},
    model::Calibration,
    scoring::scorer::logits,
};

/// The rows of one population with a known outcome, in canonical order. All slices but the matrix
/// have one entry a row of the population.
#[derive(Debug)]
pub struct Population<'a> {
    /// What is predicted: churn or reactivation.
    pub name: &'static str,
    /// All encoded rows.
    pub matrix: &'a BinnedMatrix,
    /// Which rows of the matrix.
    pub index: Vec<u32>,
    /// The outcome.
    pub outcome: Vec<bool>,
    /// Value a year; empty where it is not asked for.
    pub value: Vec<Option<f64>>,
    /// Hash of the customer.
    pub customer: Vec<u64>,
}

/// A learner that went through validation and was then fitted on every row.
#[derive(Debug)]
pub struct Candidate {
    /// Which learner.
    pub learner: LearnerName,
    /// Fitted on every row.
    pub fitted: Fitted,
    /// Fitted on out-of-fold logits of every row.
    pub calibration: Calibration,
    /// Calibrated out-of-fold probability of each row of the population.
    pub held_out: Vec<f64>,
    /// Calibrated probabilities of the later rows, where there are any.
    pub later: Vec<f64>,
    /// Its figures.
    pub validations: Vec<Validation>,
}

/// How learners are fitted and judged.
#[derive(Debug, Clone, Copy)]
pub struct Judge<'a> {
    /// The learners' parameters.
    pub learners: &'a LearnerParams,
    /// The money behind the expected maximum profit.
    pub profit: &'a ProfitParams,
    /// Number of folds.
    pub folds: u8,
}

impl Judge<'_> {
    /// Validates a learner on folds and, where the history has later data, on that; then fits it on
    /// every row.
    pub fn candidate(
        &self,
        learner: LearnerName,
        population: &Population<'_>,
        time: Option<&TimeSplit>,
    ) -> Result<Candidate> {
        let OutOfFold { logits, held_out, calibration } = self.out_of_fold(learner, population)?;
        let all: Vec<u32> = (0..population.index.len() as u32).collect();
        let mut validations = vec![Validation {
            learner,
            split: HeldOut::Folds { folds: self.folds },
            metrics: self.measure(population, &all, &held_out)?,
        }];
        let ranked: Vec<f64> =
            logits.iter().map(|l| Calibration::Identity.probability(*l)).collect();
        ranked_by(&mut validations[0].metrics, self.measure(population, &all, &ranked)?);
        let later = match time {
            Some(time) => self.on_later_data(learner, population, time, &mut validations)?,
            None => Vec::new(),
        };
        let fitted = self.learners.fit(
            learner,
            population.matrix,
            &population.index,
            &population.outcome,
        )?;
        Ok(Candidate { learner, fitted, calibration, held_out, later, validations })
    }

    /// For each row the calibrated probability by models that have not seen its customer, and the
    /// calibration fitted on all such logits.
    fn out_of_fold(&self, learner: LearnerName, population: &Population<'_>) -> Result<OutOfFold> {
        let folds = Folds::by_customer(&population.customer, &population.outcome, self.folds)?;
        let parts: Vec<Vec<(u32, f64)>> = (0..self.folds)
            .into_par_iter()
            .with_min_len(folds_at_once(population.index.len(), self.folds))
            .map(|fold| {
                let (seen, unseen): (Vec<u32>, Vec<u32>) = (0..population.index.len() as u32)
                    .partition(|&i| folds.of_row[i as usize] != fold);
                let fitted = self.fit_on(learner, population, &seen)?;
                let scores = score(&fitted, population, &unseen);
                Ok(unseen.into_iter().zip(scores).collect())
            })
            .collect::<Result<_>>()?;
        let mut logits = vec![0.0; population.index.len()];
        for (row, logit) in parts.into_iter().flatten() {
            logits[row as usize] = logit;
        }
        let choice = calibrate::choose(&population.outcome, &logits, &folds.of_row)?;
        Ok(OutOfFold { logits, held_out: choice.cross_fitted, calibration: choice.calibration })
    }

    fn on_later_data(
        &self,
        learner: LearnerName,
        population: &Population<'_>,
        time: &TimeSplit,
        validations: &mut Vec<Validation>,
    ) -> Result<Vec<f64>> {
        let earlier = population.part(&time.train);
        let calibration = self.out_of_fold(learner, &earlier)?.calibration;
        let fitted = self.fit_on(learner, population, &time.train)?;
        let probabilities = calibration.apply(&score(&fitted, population, &time.test));
        let test = time.test_as_of;
        validations.push(Validation {
            learner,
            split: HeldOut::LaterData { test },
            metrics: self.measure(population, &time.test, &probabilities)?,
        });
        let unseen: Vec<f64> = time
            .test
            .iter()
            .zip(&probabilities)
            .filter(|(row, _)| time.unseen.binary_search(row).is_ok())
            .map(|(_, probability)| *probability)
            .collect();
        // Customers never seen before may be too few, or of one outcome: then nothing is said.
        if let Ok(metrics) = self.measure(population, &time.unseen, &unseen) {
            validations.push(Validation { learner, split: HeldOut::LaterUnseen { test }, metrics });
        }
        Ok(probabilities)
    }

    fn fit_on(
        &self,
        learner: LearnerName,
        population: &Population<'_>,
        rows: &[u32],
    ) -> Result<Fitted> {
        let index = pick(&population.index, rows);
        self.learners.fit(learner, population.matrix, &index, &pick(&population.outcome, rows))
    }

    fn measure(
        &self,
        population: &Population<'_>,
        rows: &[u32],
        probability: &[f64],
    ) -> Result<Metrics> {
        let outcome = pick(&population.outcome, rows);
        let value = pick(&population.value, rows);
        let value = value.iter().any(Option::is_some).then_some(value.as_slice());
        metrics::measure(&outcome, probability, value, self.profit)
    }
}

/// Rows from which on one fold is fitted after the other, each on all threads: a fit copies its rows.
const MANY_ROWS: usize = 1 << 21;

/// Folds that one thread is given at once, at least.
fn folds_at_once(rows: usize, folds: u8) -> usize {
    if rows < MANY_ROWS { 1 } else { usize::from(folds) }
}

/// What models say of rows whose customers they have not seen.
struct OutOfFold {
    /// As the learner says it.
    logits: Vec<f64>,
    /// Calibrated, each fold by the others.
    held_out: Vec<f64>,
    /// Fitted on all of the logits.
    calibration: Calibration,
}

/// Takes the figures of ranking over from `ranks`: the calibration of the saved model never changes
/// an order, while the calibrations of the folds, put side by side, do.
fn ranked_by(metrics: &mut Metrics, ranks: Metrics) {
    let calibrated = metrics.clone();
    *metrics = Metrics {
        log_loss: calibrated.log_loss,
        brier: calibrated.brier,
        ece: calibrated.ece,
        calibration_slope: calibrated.calibration_slope,
        calibration_intercept: calibrated.calibration_intercept,
        calibration_curve: calibrated.calibration_curve,
        ..ranks
    };
}

/// Some of the rows; none where there is no entry a row.
fn pick<T: Copy>(all: &[T], rows: &[u32]) -> Vec<T> {
    if all.is_empty() {
        return Vec::new();
    }
    rows.iter().map(|&row| all[row as usize]).collect()
}

/// The logits of some rows of a population.
fn score(fitted: &Fitted, population: &Population<'_>, rows: &[u32]) -> Vec<f64> {
    let picked: Vec<Vec<u8>> = population
        .matrix
        .columns
        .par_iter()
        .map(|column| rows.iter().map(|&i| column[population.index[i as usize] as usize]).collect())
        .collect();
    let codes: Vec<&[u8]> = picked.iter().map(Vec::as_slice).collect();
    logits(fitted, &codes, rows.len())
}

impl Population<'_> {
    /// Some of the rows as a population of their own.
    fn part(&self, rows: &[u32]) -> Self {
        Self {
            name: self.name,
            matrix: self.matrix,
            index: pick(&self.index, rows),
            outcome: pick(&self.outcome, rows),
            value: pick(&self.value, rows),
            customer: pick(&self.customer, rows),
        }
    }

    /// Number of events.
    pub fn events(&self) -> u64 {
        self.outcome.iter().filter(|event| **event).count() as u64
    }
}

/// Takes the simplest candidate whose log loss is within one standard error of the best, the
/// standard error being that of the paired difference; candidates come the simplest first. Later
/// data decide where there are any.
///
/// # Source
/// Breiman, Friedman, Olshen & Stone, *Classification and Regression Trees* (1984), §3.4.3, the
/// one-standard-error rule, here on paired differences.
pub fn choose(
    candidates: Vec<Candidate>,
    population: &Population<'_>,
    time: Option<&TimeSplit>,
) -> Result<(Candidate, String, Vec<Validation>)> {
    let (outcome, where_): (Vec<bool>, &str) = match time {
        Some(time) => (pick(&population.outcome, &time.test), "on later data"),
        None => (population.outcome.clone(), "out of fold"),
    };
    let judged = |candidate: &Candidate| -> Vec<f64> {
        if time.is_some() { candidate.later.clone() } else { candidate.held_out.clone() }
    };
    let losses: Vec<f64> = candidates
        .iter()
        .map(|candidate| metrics::log_loss(&outcome, &judged(candidate)))
        .collect::<Result<_>>()?;
    let best = (0..losses.len()).min_by(|&a, &b| losses[a].total_cmp(&losses[b])).unwrap_or(0);
    let mut chosen = best;
    let mut words = format!(
        "{} has the lowest log loss {where_} ({:.4})",
        name(&candidates[best]),
        losses[best]
    );
    for simpler in 0..best {
        let difference = paired_log_loss_difference(
            &outcome,
            &judged(&candidates[simpler]),
            &judged(&candidates[best]),
        )?;
        let (excess, error) = (difference.mean, difference.standard_error);
        if excess <= error {
            chosen = simpler;
            words = format!(
                "{} is the simplest within one standard error of the best {where_}: its log loss of {:.4} is {excess:.4} above that of {} (standard error {error:.4})",
                name(&candidates[simpler]),
                losses[simpler],
                name(&candidates[best]),
            );
            break;
        }
    }
    if candidates.len() == 1 {
        words = format!("{} was asked for", name(&candidates[0]));
    }
    let validations = candidates.iter().flat_map(|c| c.validations.clone()).collect();
    let mut candidates: BTreeMap<usize, Candidate> = candidates.into_iter().enumerate().collect();
    let chosen = candidates.remove(&chosen);
    let chosen = chosen.ok_or_else(|| {
        crate::error::Error::new(crate::error::Kind::BadParameter, "no learner was asked for")
    })?;
    Ok((chosen, words, validations))
}

fn name(candidate: &Candidate) -> &'static str {
    match candidate.learner {
        LearnerName::Logistic => "the scorecard",
        LearnerName::Tree => "the tree",
        LearnerName::Boost => "the boosted trees",
        LearnerName::Blend => "the blend",
    }
}
