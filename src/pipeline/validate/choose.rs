//! Which learner is kept.

use std::{borrow::Cow, fmt::Write};

use super::{Candidate, Candidates, Population, Recipe, pick};
use crate::{
    bundle::LearnerName,
    dataset::TimeSplit,
    error::{Error, Kind, Result},
    metrics::{self, paired_log_loss_difference},
};

/// Takes the simplest candidate whose log loss is at most `margin` standard errors above the best,
/// the standard error being that of the paired difference; candidates come the simplest first. Later
/// data decide where there are any. A learner that was asked for is taken in any case. Gives the
/// number of the candidate and why it was taken.
///
/// # Source
/// Breiman, Friedman, Olshen & Stone, *Classification and Regression Trees* (1984), §3.4.3, the
/// one-standard-error rule, here on paired differences and with a margin of its own.
pub fn choose(
    judged: &Candidates,
    asked: Option<LearnerName>,
    margin: f64,
    population: &Population<'_>,
    time: Option<&TimeSplit>,
) -> Result<(usize, String)> {
    let candidates = &judged.all;
    let nothing = || Error::new(Kind::BadParameter, "no learner could be fitted");
    if let Some(asked) = asked {
        let is_it = |candidate: &Candidate| candidate.recipe.name() == asked;
        let chosen = candidates.iter().position(is_it).ok_or_else(nothing)?;
        let words = format!("{} by request{}", name(asked), sum(&candidates[chosen].recipe));
        return Ok((chosen, words));
    }
    let (outcome, where_): (Cow<'_, [bool]>, &str) = match time {
        Some(time) => (pick(&population.outcome, &time.test).into(), "on later data"),
        None => (population.outcome.as_slice().into(), "out of fold"),
    };
    let said = |at: usize| -> Cow<'_, [f64]> {
        match time {
            Some(_) => candidates[at].later.as_slice().into(),
            None => judged.held_out(&candidates[at]).into(),
        }
    };
    let losses: Vec<f64> = (0..candidates.len())
        .map(|at| metrics::log_loss(&outcome, &said(at)))
        .collect::<Result<_>>()?;
    let best = (0..losses.len()).min_by(|&a, &b| losses[a].total_cmp(&losses[b]));
    let best = best.ok_or_else(nothing)?;
    let told = |at: usize| format!("{} {:.4}", name(candidates[at].recipe.name()), losses[at]);
    let of_best = said(best);
    for simpler in 0..best {
        let difference = paired_log_loss_difference(&outcome, &said(simpler), &of_best)?;
        let (excess, error) = (difference.mean, difference.standard_error);
        if excess <= margin * error {
            let words = format!(
                "no simpler learner than {} comes within {margin} standard errors of the best {where_}: its log loss of {:.4} is {excess:.4} above that of {} (standard error {error:.4}){}",
                name(candidates[simpler].recipe.name()),
                losses[simpler],
                name(candidates[best].recipe.name()),
                sum(&candidates[simpler].recipe),
            );
            return Ok((simpler, words));
        }
    }
    let others: Vec<String> = (0..losses.len()).filter(|at| *at != best).map(told).collect();
    let mut words = format!(
        "the lowest log loss {where_} is that of {} ({:.4}",
        name(candidates[best].recipe.name()),
        losses[best]
    );
    if !others.is_empty() {
        let _ = write!(words, "; {}", others.join(", "));
    }
    words.push(')');
    words.push_str(&sum(&candidates[best].recipe));
    Ok((best, words))
}

/// What a blend adds up, in words; nothing for others.
fn sum(recipe: &Recipe) -> String {
    let Recipe::Blend { parts, .. } = recipe else { return String::new() };
    let parts: Vec<String> =
        parts.iter().map(|(weight, part)| format!("{weight:.2} × {}", name(part.name()))).collect();
    format!("; it adds up {}", parts.join(" + "))
}

/// A learner in words.
pub fn name(learner: LearnerName) -> &'static str {
    match learner {
        LearnerName::Logistic => "the scorecard",
        LearnerName::Tree => "the tree",
        LearnerName::Boost => "the boosted trees",
        LearnerName::Blend => "the blend",
    }
}
