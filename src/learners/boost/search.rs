//! A small search: which preset, and how many trees, by the loss of rows out of fold.

use linfa::traits::Fit;
use ndarray::Array1;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    BoostParams, Tuning, Watch,
    params::MAX_TREES,
    presets::{for_many_rows, presets},
};
use crate::{
    error::{Error, Kind, Result},
    learners::{Rows, Training},
    model::{
        Boosted,
        boosted::{Branch, STEPS},
    },
};

/// Rows from which on one fold is fitted after the other.
const MANY_ROWS: usize = 1 << 21;

/// Rows up to which steps are shorter: more trees are cheap there. On more rows they would take the place of
/// bags, since all trees together are limited, and gain nothing.
const FEW_ROWS: usize = 20_000;

/// Trees of all ensembles together beyond which no bag is added: each costs time whenever a customer is
/// scored or a score explained.
const MOST_TREES: usize = 1500;

/// How much time may go into finding good settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Budget {
    /// One preset, one ensemble.
    Fast,
    /// Eight presets; up to four of the best together.
    #[default]
    Default,
    /// Twelve presets on more rows, more ensembles averaged.
    Thorough,
}

/// What was tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    /// Name of the preset.
    pub name: String,
    /// Trees with the lowest loss.
    pub rounds: usize,
    /// Mean log loss out of fold with so many trees.
    pub log_loss: f64,
}

/// Ensembles that are fitted side by side and averaged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// How each is fitted; at least one.
    pub parts: Vec<BoostParams>,
}

/// What the search found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// What to fit on all rows.
    pub params: Plan,
    /// Logits out of fold, one a row.
    pub logits: Vec<f64>,
    /// Every preset that was tried.
    pub tried: Vec<Trial>,
}

/// Rows with outcomes and folds, in canonical order.
#[derive(Debug, Clone, Copy)]
struct Folded<'a> {
    rows: Rows<'a>,
    outcome: &'a [bool],
    fold: &'a [u8],
    folds: u8,
}

/// How far a budget goes for so many rows.
#[derive(Debug)]
struct Effort {
    presets: usize,
    /// Rows that the presets are compared on; the first of the canonical order.
    compare_rows: usize,
    /// Most presets that are averaged.
    most_parts: usize,
    /// Ensembles in the end, all parts and bags together.
    ensembles: usize,
    /// Most trees of one ensemble.
    rounds: usize,
    /// What the steps of the presets are multiplied by.
    shorter: f64,
}

impl Effort {
    fn of(budget: Budget, rows: usize) -> Self {
        let (presets, compare_rows, ensembles, tree_rows) = match budget {
            Budget::Fast => (1, 20_000, 1, 50_000_000),
            Budget::Default => (8, 60_000, 8, 100_000_000),
            Budget::Thorough => (12, 200_000, 10, 600_000_000),
        };
        let many = rows > compare_rows;
        let compare_rows = if many { compare_rows / 3 } else { compare_rows };
        Self {
            presets,
            compare_rows,
            most_parts: if many { 1 } else { 4.min(ensembles) },
            ensembles: if many { 1 } else { ensembles },
            rounds: (tree_rows / rows.max(1)).clamp(100, 1500),
            shorter: if rows <= FEW_ROWS { 0.7 } else { 1.0 },
        }
    }
}

impl BoostParams {
    /// Chooses settings and the number of trees by the loss of rows out of fold.
    ///
    /// Presets lay their settings over these parameters; monotone columns and the seed stay. On many
    /// rows the presets are compared on the first of them and the best is fitted on all. `rows` are in
    /// canonical order, with one outcome and one fold a row.
    ///
    /// # Errors
    /// As `fit`; [`Kind::BadParameter`] where lengths differ.
    pub fn search(
        &self,
        budget: Budget,
        rows: Rows<'_>,
        outcome: &[bool],
        fold: &[u8],
        folds: u8,
    ) -> Result<Found> {
        if rows.index.len() != outcome.len() || rows.index.len() != fold.len() {
            return Err(Error::new(
                Kind::BadParameter,
                "a search needs one outcome and fold a row",
            ));
        }
        let all = Folded { rows, outcome, fold, folds };
        if self.tuning == Tuning::AsGiven {
            return all.as_given(self);
        }
        let effort = Effort::of(budget, outcome.len());
        let few = all.first(effort.compare_rows);
        let mut tried = Vec::new();
        let mut results = Vec::new();
        for (name, preset) in presets(self, effort.presets, effort.rounds, effort.shorter) {
            let result = few.cross_validate(&preset)?;
            tried.push(Trial {
                name: name.to_owned(),
                rounds: result.params.rounds,
                log_loss: result.loss,
            });
            results.push(result);
        }
        results.sort_by(|a, b| a.loss.total_cmp(&b.loss));
        let (mut parts, mut logits) = together(&results, few.outcome, effort.most_parts);
        if few.outcome.len() < outcome.len() {
            let best = for_many_rows(&parts[0], effort.rounds);
            let result = all.cross_validate(&best)?;
            (parts, logits) = (vec![result.params], result.logits);
        } else if effort.ensembles > parts.len() {
            let trees: usize = parts.iter().map(|part| part.rounds).sum();
            let bags = effort.ensembles.div_ceil(parts.len()).min(MOST_TREES / trees.max(1)).max(1);
            for part in &mut parts {
                part.bags = bags;
            }
            logits = all.refit(&parts)?;
        }
        while parts.len() > 1 && parts.iter().map(|part| part.rounds).sum::<usize>() > MAX_TREES / 2
        {
            parts.pop();
            logits = all.refit(&parts)?;
        }
        // All rows are more than those of a fold's other folds, and bear a few more trees.
        for part in &mut parts {
            let more = 1.0 + 0.5 / f64::from(folds);
            part.rounds = ((part.rounds as f64 * more).round() as usize).clamp(1, MAX_TREES);
        }
        Ok(Found { params: Plan { parts }, logits, tried })
    }
}

/// What cross-validation says of some parameters.
struct Judged {
    /// With the best number of rounds.
    params: BoostParams,
    /// Out of fold.
    logits: Vec<f64>,
    loss: f64,
}

impl Folded<'_> {
    fn first(&self, rows: usize) -> Self {
        let most = rows.min(self.outcome.len());
        Self {
            rows: Rows { matrix: self.rows.matrix, index: &self.rows.index[..most] },
            outcome: &self.outcome[..most],
            fold: &self.fold[..most],
            folds: self.folds,
        }
    }

    /// Folds that one thread is given at once, at least: of many rows one fold is fitted after the
    /// other, each on all threads, since a fit copies its rows.
    fn folds_at_once(&self) -> usize {
        if self.outcome.len() < MANY_ROWS { 1 } else { usize::from(self.folds) }
    }

    /// The places of the rows in a fold, or of those outside.
    fn places(&self, fold: u8, inside: bool) -> impl Iterator<Item = usize> + '_ {
        let all = self.fold.iter().enumerate();
        all.filter(move |&(_, of_row)| (*of_row == fold) == inside).map(|(at, _)| at)
    }

    /// The rows of the matrix in a fold, or those outside.
    fn index(&self, fold: u8, inside: bool) -> Vec<u32> {
        self.places(fold, inside).map(|at| self.rows.index[at]).collect()
    }

    /// Their outcomes.
    fn outcomes(&self, fold: u8, inside: bool) -> Vec<bool> {
        self.places(fold, inside).map(|at| self.outcome[at]).collect()
    }

    /// What parameters that are not to be changed say out of fold.
    fn as_given(&self, params: &BoostParams) -> Result<Found> {
        let parts = vec![params.clone()];
        let logits = self.refit(&parts)?;
        let log_loss = log_loss(self.outcome, &logits);
        let tried = vec![Trial { name: "as given".to_owned(), rounds: params.rounds, log_loss }];
        Ok(Found { params: Plan { parts }, logits, tried })
    }

    /// Fits each fold's other rows while the fold is watched.
    fn cross_validate(&self, params: &BoostParams) -> Result<Judged> {
        let patience = ((3.0 / params.learning_rate) as usize).max(20);
        let fits: Vec<(Boosted, Vec<f64>)> = (0..self.folds)
            .into_par_iter()
            .with_min_len(self.folds_at_once())
            .map(|fold| {
                let matrix = self.rows.matrix;
                let (seen, held) = (self.index(fold, false), self.index(fold, true));
                let training = training(Rows { matrix, index: &seen }, self.outcomes(fold, false));
                let (rows, outcome) = (Rows { matrix, index: &held }, self.outcomes(fold, true));
                let watch = Watch { rows, outcome: &outcome, patience };
                params.fit_watching(&training, Some(watch))
            })
            .collect::<Result<_>>()?;
        let weights: Vec<f64> =
            (0..self.folds).map(|fold| self.places(fold, true).count() as f64).collect();
        let rounds = best_round(&fits, &weights);
        let logits = self.out_of_fold(fits.into_iter().map(|(boosted, _)| boosted), rounds);
        let loss = log_loss(self.outcome, &logits);
        Ok(Judged { params: BoostParams { rounds, ..params.clone() }, logits, loss })
    }

    /// Fits all parts for every fold, with as many trees as they say.
    fn refit(&self, parts: &[BoostParams]) -> Result<Vec<f64>> {
        let plan = Plan { parts: parts.to_vec() };
        let fits: Vec<Boosted> = (0..self.folds)
            .into_par_iter()
            .with_min_len(self.folds_at_once())
            .map(|fold| {
                let rows = Rows { matrix: self.rows.matrix, index: &self.index(fold, false) };
                plan.fit(&training(rows, self.outcomes(fold, false)))
            })
            .collect::<Result<_>>()?;
        Ok(self.out_of_fold(fits.into_iter(), usize::MAX))
    }

    /// Each row's logit by the ensemble that has not seen its fold, with at most so many trees.
    fn out_of_fold(&self, fits: impl Iterator<Item = Boosted>, trees: usize) -> Vec<f64> {
        let mut logits = vec![0.0; self.outcome.len()];
        for (fold, mut boosted) in (0..self.folds).zip(fits) {
            boosted.trees.truncate(trees);
            let rows = Rows { matrix: self.rows.matrix, index: &self.index(fold, true) };
            for (at, logit) in self.places(fold, true).zip(boosted.logits_of(&rows)) {
                logits[at] = logit;
            }
        }
        logits
    }
}

fn training(rows: Rows<'_>, outcome: Vec<bool>) -> Training<'_> {
    Training::new(rows, Array1::from_vec(outcome))
}

/// The number of trees with the lowest mean loss over the folds, at least 1. A fold that stopped
/// early keeps its last loss.
fn best_round(fits: &[(Boosted, Vec<f64>)], weights: &[f64]) -> usize {
    let longest = fits.iter().map(|(_, losses)| losses.len()).max().unwrap_or(0);
    let at = |losses: &[f64], round: usize| {
        losses.get(round).or(losses.last()).copied().unwrap_or(f64::INFINITY)
    };
    let mean = |round: usize| -> f64 {
        fits.iter().zip(weights).map(|((_, losses), weight)| weight * at(losses, round)).sum()
    };
    (1..longest)
        .map(|round| (round, mean(round)))
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .map_or(1, |(round, _)| round)
}

/// The best one, two … of the results with equal weights, as many as lower the loss.
fn together(results: &[Judged], outcome: &[bool], most: usize) -> (Vec<BoostParams>, Vec<f64>) {
    let mut best: Option<(f64, usize, Vec<f64>)> = None;
    let mut sum = vec![0.0; outcome.len()];
    for (count, result) in results.iter().take(most.max(1)).enumerate() {
        for (sum, logit) in sum.iter_mut().zip(&result.logits) {
            *sum += logit;
        }
        let mean: Vec<f64> = sum.iter().map(|sum| sum / (count + 1) as f64).collect();
        let loss = log_loss(outcome, &mean);
        if best.as_ref().is_none_or(|(least, _, _)| loss < *least) {
            best = Some((loss, count + 1, mean));
        }
    }
    let (_, count, logits) = best.unwrap_or_default();
    (results.iter().take(count).map(|result| result.params.clone()).collect(), logits)
}

/// Mean log loss of logits, in nats.
fn log_loss(outcome: &[bool], logits: &[f64]) -> f64 {
    let loss = |(&event, &logit): (&bool, &f64)| {
        let away = if event { -logit } else { logit };
        away.max(0.0) + (-away.abs()).exp().ln_1p()
    };
    outcome.iter().zip(logits).map(loss).sum::<f64>() / outcome.len().max(1) as f64
}

impl Plan {
    /// Fits every part on rows with one outcome each; see `fit`.
    pub fn fit_rows(&self, rows: Rows<'_>, outcome: &[bool]) -> Result<Boosted> {
        self.fit(&training(rows, outcome.to_vec()))
    }
}

impl<'a> Fit<Rows<'a>, Array1<bool>, Error> for Plan {
    type Object = Boosted;

    /// Fits every part and averages them.
    ///
    /// # Errors
    /// As [`BoostParams`]' `fit`; [`Kind::BadParameter`] without parts.
    fn fit(&self, training: &Training<'a>) -> Result<Boosted> {
        let parts: Vec<Boosted> =
            self.parts.par_iter().map(|part| part.fit(training)).collect::<Result<_>>()?;
        average(parts).ok_or_else(|| Error::new(Kind::BadParameter, "a plan without parts"))
    }
}

/// The mean of ensembles as one.
fn average(mut parts: Vec<Boosted>) -> Option<Boosted> {
    if parts.len() < 2 {
        return parts.pop();
    }
    let count = parts.len() as f64;
    let base = parts.iter().map(|part| f64::from(part.base)).sum::<f64>() / count;
    let mut trees: Vec<_> = parts.into_iter().flat_map(|part| part.trees).collect();
    for node in trees.iter_mut().flat_map(|tree| &mut tree.nodes) {
        if let Branch::Leaf { steps, .. } = node {
            *steps = (f64::from(*steps) / count).round() as i32;
        }
    }
    Some(Boosted { base: base.clamp(-16.0 * STEPS, 16.0 * STEPS).round() as i32, trees })
}
