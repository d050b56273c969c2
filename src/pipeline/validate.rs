//! Honest validation: how each learner does on rows it has not seen.
//!
//! What a learner says of such rows is found once, out of fold and on later data, and serves its own
//! figures, the blend and the choice. Only the learner that is kept is then fitted on every row.

mod choose;
mod population;
mod recipe;

use rayon::prelude::*;

pub use choose::{choose, name};
pub use population::Population;
pub use recipe::Recipe;

use crate::{
    bundle::{Fitted, HeldOut, LearnerName, Trial, Validation},
    config::LearnerChoice,
    dataset::{Folds, TimeSplit},
    error::Result,
    learners::{Budget, LearnerParams, Rows, calibrate},
    metrics::{self, Metrics, ProfitParams},
    model::Calibration,
    pipeline::Watcher,
    scoring::predictor::logits,
};

/// Learners that went through validation.
#[derive(Debug)]
pub struct Candidates {
    /// The simplest first.
    pub all: Vec<Candidate>,
    /// The folds of the population's rows.
    folds: Folds,
}

/// A learner that went through validation.
#[derive(Debug)]
pub struct Candidate {
    /// How it is fitted.
    pub recipe: Recipe,
    /// The calibration, fitted on out-of-fold logits of every row.
    pub calibration: calibrate::Choice,
    /// Out-of-fold logit of each row of the population; see [`Candidates::held_out`].
    logits: Vec<f32>,
    /// Calibrated probabilities of the later rows, where there are any.
    pub later: Vec<f64>,
    /// Its figures.
    pub validations: Vec<Validation>,
    /// The presets that were tried for it.
    pub trials: Vec<Trial>,
}

/// How learners are fitted and judged.
#[derive(Debug, Clone, Copy)]
pub struct Judge<'a> {
    /// The learners' parameters.
    pub learners: &'a LearnerParams,
    /// How many presets of the boosted trees are tried.
    pub budget: Budget,
    /// The money behind the expected maximum profit.
    pub profit: &'a ProfitParams,
    /// Number of folds.
    pub folds: u8,
}

/// The rows to judge on, each with its fold.
struct Bench<'a> {
    all: &'a Population<'a>,
    folds: Folds,
    later: Option<Later<'a>>,
}

/// The earlier rows with their folds, and which rows are later.
struct Later<'a> {
    time: &'a TimeSplit,
    earlier: Population<'a>,
    folds: Folds,
}

/// Logits of rows whose customers the learner has not seen. They are held in seven digits: of many
/// rows and all learners together they take as much memory as the rows.
struct Unseen {
    recipe: Recipe,
    /// Out of fold, of all rows.
    logits: Vec<f32>,
    later: Option<UnseenLater>,
    trials: Vec<Trial>,
}

struct UnseenLater {
    /// Out of fold, of the earlier rows.
    earlier: Vec<f32>,
    /// Of the later rows, by the learner fitted on the earlier ones.
    later: Vec<f32>,
}

impl Candidates {
    /// The calibrated out-of-fold probability of each row of the population by one of the learners.
    pub fn held_out(&self, candidate: &Candidate) -> Vec<f64> {
        candidate.calibration.cross_fitted(&candidate.logits, &self.folds.of_row)
    }
}

impl Judge<'_> {
    /// Validates the learners of a choice, the simplest first, on folds and, where the history has
    /// later data, on that. A learner that cannot be fitted is left out with a note, unless it is the
    /// one that was asked for.
    pub fn candidates(
        &self,
        choice: LearnerChoice,
        population: &Population<'_>,
        time: Option<&TimeSplit>,
        watcher: &dyn Watcher,
    ) -> Result<Candidates> {
        let bench = self.bench(population, time)?;
        let mut unseen = Vec::new();
        let mut failed = None;
        for &learner in choice.parts() {
            watcher.stage(&format!("{}: validating {}", population.name, name(learner)));
            match self.unseen(learner, &bench) {
                Ok(logits) => unseen.push(logits),
                Err(error) if choice.parts().len() > 1 => {
                    let (of, learner) = (population.name, name(learner));
                    watcher.note(&format!("{of}: {learner} cannot be fitted: {error}"));
                    failed = Some(error);
                }
                Err(error) => return Err(error),
            }
        }
        if let Some(error) = failed.filter(|_| unseen.is_empty()) {
            return Err(error);
        }
        if choice.blends() {
            watcher.stage(&format!("{}: blending", population.name));
            match self.blend(&unseen, &bench) {
                // A blend of one is that one.
                Ok(blend) if choice.asked().is_some() || blend.parts() > 1 => unseen.push(blend),
                Ok(_) => {}
                Err(error) if choice.asked().is_some() => return Err(error),
                Err(error) => watcher
                    .note(&format!("{}: there is no blend of them: {error}", population.name)),
            }
        }
        let judged = |logits| self.judged(logits, &bench);
        let all = unseen.into_iter().map(judged).collect::<Result<_>>()?;
        Ok(Candidates { all, folds: bench.folds })
    }

    fn bench<'b>(&self, all: &'b Population<'b>, time: Option<&'b TimeSplit>) -> Result<Bench<'b>> {
        let folds =
            |of: &Population<'_>| Folds::by_customer(&of.customers(), &of.outcome, self.folds);
        let later = |time: &'b TimeSplit| -> Result<Later<'b>> {
            let earlier = all.part(&time.train);
            Ok(Later { time, folds: folds(&earlier)?, earlier })
        };
        Ok(Bench { all, folds: folds(all)?, later: time.map(later).transpose()? })
    }

    fn unseen(&self, learner: LearnerName, bench: &Bench<'_>) -> Result<Unseen> {
        let Some(later) = &bench.later else {
            let OutOfFold { recipe, logits, trials } =
                self.out_of_fold(learner, bench.all, &bench.folds)?;
            return Ok(Unseen { recipe, logits, later: None, trials });
        };
        // What is chosen by search is chosen without the later rows, and so is the same for all rows.
        let OutOfFold { recipe, logits: earlier, trials } =
            self.out_of_fold(learner, &later.earlier, &later.folds)?;
        let fitted = recipe.fit(later.earlier.rows(), &later.earlier.outcome)?;
        let of_later = UnseenLater { earlier, later: score(&fitted, bench.all, &later.time.test) };
        let logits = self.by_folds(&recipe, bench.all, &bench.folds)?;
        Ok(Unseen { recipe, logits, later: Some(of_later), trials })
    }

    /// For each row the logit by models that have not seen its customer.
    fn out_of_fold(
        &self,
        learner: LearnerName,
        population: &Population<'_>,
        folds: &Folds,
    ) -> Result<OutOfFold> {
        if learner == LearnerName::Boost {
            return self.search(population, folds);
        }
        let recipe = Recipe::Learner(learner, Box::new(self.learners.clone()));
        let logits = self.by_folds(&recipe, population, folds)?;
        Ok(OutOfFold { recipe, logits, trials: Vec::new() })
    }

    /// For each row the logit by a recipe fitted on the other folds.
    fn by_folds(
        &self,
        recipe: &Recipe,
        population: &Population<'_>,
        folds: &Folds,
    ) -> Result<Vec<f32>> {
        let parts: Vec<Vec<f32>> = (0..folds.count)
            .into_par_iter()
            .with_min_len(folds_at_once(population.index.len(), self.folds))
            .map(|fold| {
                let (seen, unseen): (Vec<u32>, Vec<u32>) = (0..population.index.len() as u32)
                    .partition(|&i| folds.of_row[i as usize] != fold);
                let outcome = pick(&population.outcome, &seen);
                let index = pick(&population.index, &seen);
                drop(seen);
                let fitted = recipe.fit(Rows { index: &index, ..population.rows() }, &outcome)?;
                Ok(score(&fitted, population, &unseen))
            })
            .collect::<Result<_>>()?;
        let mut parts: Vec<_> = parts.into_iter().map(Vec::into_iter).collect();
        let of_fold = |fold: &u8| parts.get_mut(usize::from(*fold)).and_then(Iterator::next);
        Ok(folds.of_row.iter().filter_map(of_fold).collect())
    }

    fn search(&self, population: &Population<'_>, folds: &Folds) -> Result<OutOfFold> {
        let (rows, outcome, fold) = (population.rows(), &population.outcome, &folds.of_row);
        let found = self.learners.boost.search(self.budget, rows, outcome, fold, folds.count)?;
        let trials = found.tried.into_iter().map(|trial| Trial {
            name: trial.name,
            rounds: trial.rounds as u64,
            log_loss: trial.log_loss,
        });
        Ok(OutOfFold {
            recipe: Recipe::Boost(found.params),
            logits: in_seven_digits(&found.logits),
            trials: trials.collect(),
        })
    }

    /// The blend of what learners say of rows they have not seen. Its own figures come from weights
    /// that were fitted on other folds, or on the earlier rows.
    fn blend(&self, parts: &[Unseen], bench: &Bench<'_>) -> Result<Unseen> {
        let params = &self.learners.blend;
        let logits: Vec<&[f32]> = parts.iter().map(|part| part.logits.as_slice()).collect();
        let stacked = params.stack(&bench.all.outcome, &logits, &bench.folds.of_row)?;
        let later = |later: &Later<'_>| -> Result<UnseenLater> {
            let all = || parts.iter().filter_map(|part| part.later.as_ref());
            let logits: Vec<&[f32]> = all().map(|part| part.earlier.as_slice()).collect();
            let stacked = params.stack(&later.earlier.outcome, &logits, &later.folds.of_row)?;
            let logits: Vec<&[f32]> = all().map(|part| part.later.as_slice()).collect();
            let later = in_seven_digits(&stacked.stack.logits(&logits));
            Ok(UnseenLater { earlier: in_seven_digits(&stacked.cross_fitted), later })
        };
        let later = bench.later.as_ref().map(later).transpose()?;
        let weights = stacked.stack.weights.iter().zip(parts).filter(|(weight, _)| **weight > 0.0);
        let recipe = Recipe::Blend {
            intercept: stacked.stack.intercept,
            parts: weights.map(|(weight, part)| (*weight, part.recipe.clone())).collect(),
        };
        let logits = in_seven_digits(&stacked.cross_fitted);
        Ok(Unseen { recipe, logits, later, trials: Vec::new() })
    }

    /// The figures of a learner, calibrated.
    fn judged(&self, unseen: Unseen, bench: &Bench<'_>) -> Result<Candidate> {
        let Unseen { recipe, logits, later, trials } = unseen;
        let (population, learner) = (bench.all, recipe.name());
        let calibration = calibrate::choose(&population.outcome, &logits, &bench.folds.of_row)?;
        let value = population.values(0..population.index.len() as u32);
        let measure = |probability: &[f64]| {
            metrics::measure(&population.outcome, probability, value.as_deref(), self.profit)
        };
        let mut metrics = measure(&calibration.cross_fitted(&logits, &bench.folds.of_row))?;
        ranked_by(&mut metrics, measure(&Calibration::Identity.apply(&logits))?);
        let split = HeldOut::Folds { folds: self.folds };
        let mut validations = vec![Validation { learner, split, metrics }];
        let later = match (&bench.later, later) {
            (Some(bench), Some(logits)) => {
                self.judged_later(learner, &logits, population, bench, &mut validations)?
            }
            _ => Vec::new(),
        };
        Ok(Candidate { recipe, calibration, logits, later, validations, trials })
    }

    fn judged_later(
        &self,
        learner: LearnerName,
        logits: &UnseenLater,
        population: &Population<'_>,
        bench: &Later<'_>,
        validations: &mut Vec<Validation>,
    ) -> Result<Vec<f64>> {
        let Later { time, earlier, folds } = bench;
        let choice = calibrate::choose(&earlier.outcome, &logits.earlier, &folds.of_row)?;
        let probabilities = choice.calibration.apply(&logits.later);
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

    fn measure(
        &self,
        population: &Population<'_>,
        rows: &[u32],
        probability: &[f64],
    ) -> Result<Metrics> {
        let outcome = pick(&population.outcome, rows);
        let value = population.values(rows.iter().copied());
        metrics::measure(&outcome, probability, value.as_deref(), self.profit)
    }
}

/// Rows from which on one fold is fitted after the other, each on all threads: a fit copies its rows.
const MANY_ROWS: usize = 1 << 21;

/// Folds that one thread is given at once, at least.
fn folds_at_once(rows: usize, folds: u8) -> usize {
    if rows < MANY_ROWS { 1 } else { usize::from(folds) }
}

/// What a learner says out of fold, and how to fit it.
struct OutOfFold {
    recipe: Recipe,
    logits: Vec<f32>,
    trials: Vec<Trial>,
}

impl Unseen {
    /// Number of learners that it takes.
    fn parts(&self) -> usize {
        match &self.recipe {
            Recipe::Learner(..) | Recipe::Boost(_) => 1,
            Recipe::Blend { parts, .. } => parts.len(),
        }
    }
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

/// The entries of some rows.
fn pick<T: Copy>(all: &[T], rows: &[u32]) -> Vec<T> {
    rows.iter().map(|&row| all[row as usize]).collect()
}

/// The logits of some rows of a population.
fn score(fitted: &Fitted, population: &Population<'_>, rows: &[u32]) -> Vec<f32> {
    let mut is_read = vec![false; population.matrix.columns.len()];
    fitted.columns().into_iter().for_each(|column| is_read[column as usize] = true);
    let gather = |(column, is_read): (&Vec<u8>, &bool)| -> Vec<u8> {
        let rows = rows.iter().filter(|_| *is_read);
        rows.map(|&i| column[population.index[i as usize] as usize]).collect()
    };
    let picked: Vec<Vec<u8>> =
        population.matrix.columns.par_iter().zip(&is_read).map(gather).collect();
    let codes: Vec<&[u8]> = picked.iter().map(Vec::as_slice).collect();
    in_seven_digits(&logits(fitted, &codes, rows.len()))
}

fn in_seven_digits(logits: &[f64]) -> Vec<f32> {
    logits.iter().map(|&logit| logit as f32).collect()
}
