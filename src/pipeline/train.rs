//! Trains the churn and the reactivation model and puts them into one bundle.

mod digest;
mod held_out;

use std::path::Path;

use crate::{
    bundle::{Bundle, DataFacts, FindingNote, Model, Source},
    config::{Config, RiskCut, ValueCut},
    dataset::{Action, Finding, LaterSplit, Problem, TimeSplit, out_of_time},
    error::{Error, Kind, Result},
    features::{EncodedColumn, Encoder},
    output::report::evidence::Evidence,
    pipeline::{
        Watcher, playbook,
        predict::write_rejects,
        prepare::{Prepared, labelled, prepare},
        roles::rule_columns,
        validate::{Judge, Population, choose, name},
    },
    scoring::State,
    sources::{Column, Input, Reject},
    units::Day,
};

use held_out::HeldOutRows;

/// Fewest events, and fewest non-events, that a model is fitted to.
pub const LEAST_EVENTS: u64 = 20;

/// Whether a finding that gives the outcome away stops the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strictness {
    /// The column is left out, with a warning.
    LeaveOut,
    /// The run stops.
    Strict,
}

/// What a training run made.
#[derive(Debug)]
pub struct Trained {
    /// The models.
    pub bundle: Bundle,
    /// What the checks found.
    pub findings: Vec<Finding>,
    /// Rows that were set aside.
    pub rejects: Vec<Reject>,
}

/// Trains from a table of customers and what became of them. Rows that were set aside are listed in
/// the file `rejects`, if there are any, even where they are so many that the run stops.
pub fn train(
    input: &Input,
    config: &Config,
    strictness: Strictness,
    rejects: Option<&Path>,
    watcher: &dyn Watcher,
) -> Result<Trained> {
    let (trained, _, _) = run(input, config, strictness, rejects, watcher)?;
    Ok(trained)
}

/// Trains as [`train`] does, and gives the figures of the report too.
pub fn train_with_evidence(
    input: &Input,
    config: &Config,
    strictness: Strictness,
    rejects: Option<&Path>,
    watcher: &dyn Watcher,
) -> Result<(Trained, Evidence)> {
    let (trained, prepared, held) = run(input, config, strictness, rejects, watcher)?;
    watcher.stage("measuring");
    let evidence = held_out::evidence(&trained, &prepared, held, config)?;
    Ok((trained, evidence))
}

/// What became of the held-out rows of either population.
type BothHeld = [Option<HeldOutRows>; 2];

fn run(
    input: &Input,
    config: &Config,
    strictness: Strictness,
    rejects: Option<&Path>,
    watcher: &dyn Watcher,
) -> Result<(Trained, Prepared, BothHeld)> {
    config.check()?;
    playbook::configured(config)?;
    let mut prepared = prepare(input, config, watcher)?;
    if strictness == Strictness::Strict {
        refuse_leakage(&prepared.findings)?;
    }
    if let Some(file) = rejects.filter(|_| !prepared.rejects.is_empty()) {
        write_rejects(file, &prepared.rejects)?;
    }
    refuse_rejects(&prepared, config)?;
    let (churn, held_active) = fit(&prepared, State::Active, config, watcher)?;
    let (reactivation, held_dormant) = fit_reactivation(&prepared, config, watcher)?.unzip();
    let bundle = assemble(&prepared, config, churn, reactivation)?;
    let (findings, rejects) =
        (std::mem::take(&mut prepared.findings), std::mem::take(&mut prepared.rejects));
    Ok((Trained { bundle, findings, rejects }, prepared, [Some(held_active), held_dormant]))
}

fn refuse_leakage(findings: &[Finding]) -> Result<()> {
    let leaks: Vec<String> = findings
        .iter()
        .filter(|finding| finding.problem.is_leakage())
        .map(|finding| format!("{} ({})", finding.column, finding.evidence))
        .collect();
    if leaks.is_empty() {
        return Ok(());
    }
    Err(Error::new(Kind::Leakage, format!("the outcome is given away by {}", leaks.join("; "))))
}

fn refuse_rejects(prepared: &Prepared, config: &Config) -> Result<()> {
    let rejected = prepared.rejects.len();
    let all = prepared.answers.state.len() + rejected;
    let allowed = config.read.max_reject_share;
    if rejected as f64 <= allowed * all as f64 {
        return Ok(());
    }
    let first = &prepared.rejects[0];
    let what = format!(
        "{rejected} of {all} rows were set aside, more than the allowed share of {allowed}; the first, at line {}: {}",
        first.line, first.cause
    );
    Err(Error::new(Kind::TooManyRejects, what))
}

fn fit_reactivation(
    prepared: &Prepared,
    config: &Config,
    watcher: &dyn Watcher,
) -> Result<Option<(Model, HeldOutRows)>> {
    let reason = if prepared.roles.rules.reactivation.is_none() {
        "no --reactivation outcome is given"
    } else if prepared.count(State::Dormant) == 0 {
        "no customer is dormant"
    } else {
        match fit(prepared, State::Dormant, config, watcher) {
            Ok(fitted) => return Ok(Some(fitted)),
            Err(error) if matches!(error.kind(), Kind::TooFew | Kind::OneClass) => {
                watcher.note(&format!("no reactivation model: {error}"));
                return Ok(None);
            }
            Err(error) => return Err(error),
        }
    };
    watcher.note(&format!("only the churn model is made: {reason}"));
    Ok(None)
}

/// Validates the learners on one population and keeps one of them.
fn fit(
    prepared: &Prepared,
    state: State,
    config: &Config,
    watcher: &dyn Watcher,
) -> Result<(Model, HeldOutRows)> {
    let population = population(prepared, state);
    require_events(&population, state)?;
    let time = time_split(prepared, &population, config, watcher)?;
    let (wanted, time) = (&config.train, time.as_ref());
    let judge = Judge {
        learners: &config.learners,
        budget: wanted.budget,
        profit: &config.profit,
        folds: wanted.folds,
    };
    let mut judged = judge.candidates(wanted.learner, &population, time, watcher)?;
    let asked = wanted.learner.asked();
    let (at, chosen_because) = choose(&judged, asked, wanted.margin, &population, time)?;
    let validations = judged.all.iter().flat_map(|c| c.validations.clone()).collect();
    let boost_trials = judged.all.iter().flat_map(|c| c.trials.clone()).collect();
    let chosen = judged.all.swap_remove(at);
    judged.all.clear();
    watcher.stage(&format!("{}: fitting {}", population.name, name(chosen.recipe.name())));
    let cut = match state {
        State::Dormant => config.cutoffs.reactivation,
        _ => config.cutoffs.churn,
    };
    let model = Model {
        risk_cut: risk_cut(cut, || judged.held_out(&chosen), &population),
        rows: population.outcome.len() as u64,
        events: population.events(),
        columns: Vec::new(),
        fitted: chosen.recipe.fit(population.rows(), &population.outcome)?,
        calibration: chosen.calibration.calibration.clone(),
        chosen_because,
        validations,
        boost_trials,
    };
    let held = HeldOutRows::new(&population, time, wanted.folds, &judged, chosen);
    Ok((model, held))
}

fn population(prepared: &Prepared, state: State) -> Population<'_> {
    let answers = &prepared.answers;
    let outcome = if state == State::Dormant { &answers.reactivation } else { &answers.churn };
    let (index, outcome) = labelled(outcome);
    Population {
        name: if state == State::Dormant { "reactivation" } else { "churn" },
        matrix: &prepared.matrix,
        answers,
        index,
        outcome,
    }
}

fn require_events(population: &Population<'_>, state: State) -> Result<()> {
    let events = population.events();
    let others = population.outcome.len() as u64 - events;
    let who = state.name();
    if population.outcome.is_empty() {
        return Err(Error::new(Kind::TooFew, format!("no {who} customer has a known outcome")));
    }
    if events == 0 || others == 0 {
        let what = format!("all {} {who} customers have the same outcome", events + others);
        return Err(Error::new(Kind::OneClass, what));
    }
    if events.min(others) < LEAST_EVENTS {
        let what = format!("only {events} events and {others} non-events among {who} customers");
        return Err(Error::new(Kind::TooFew, what));
    }
    Ok(())
}

fn time_split(
    prepared: &Prepared,
    population: &Population<'_>,
    config: &Config,
    watcher: &dyn Watcher,
) -> Result<Option<TimeSplit>> {
    if prepared.answers.as_of.is_empty() {
        return Ok(None);
    }
    let as_of: Vec<Day> =
        population.index.iter().map(|&row| Day(prepared.answers.as_of[row as usize])).collect();
    let (customers, outcome) = (population.customers(), &population.outcome);
    let enough = |rows: &[u32]| {
        let events = rows.iter().filter(|&&row| outcome[row as usize]).count() as u64;
        events >= LEAST_EVENTS && rows.len() as u64 - events >= LEAST_EVENTS
    };
    let reason = match out_of_time(&as_of, &customers, outcome, config.train.outcome_days)? {
        LaterSplit::Split(time) if enough(&time.train) && enough(&time.test) => {
            return Ok(Some(time));
        }
        LaterSplit::Split(_) => "too few events for a test on later data".to_owned(),
        LaterSplit::Not(reason) => reason,
    };
    watcher.note(&format!("{}: validated by folds only, for {reason}", population.name));
    Ok(None)
}

fn risk_cut(cut: RiskCut, held_out: impl FnOnce() -> Vec<f64>, population: &Population<'_>) -> f64 {
    match cut {
        RiskCut::Probability(probability) => probability,
        RiskCut::Quantile(q) => quantile(held_out(), q).unwrap_or(1.0),
        RiskCut::Profit { contact_cost, success_rate } => {
            let worth = |row: &u32| population.answers.worth(*row as usize);
            let known: Vec<f64> = population.index.iter().filter_map(worth).collect();
            let mean = known.iter().sum::<f64>() / known.len().max(1) as f64;
            if mean > 0.0 { (contact_cost / (success_rate * mean)).min(1.0) } else { 1.0 }
        }
    }
}

/// The smallest number that at least a share `q` of all numbers does not exceed.
fn quantile(mut numbers: Vec<f64>, q: f64) -> Option<f64> {
    numbers.sort_unstable_by(f64::total_cmp);
    let rank = (q * numbers.len() as f64).ceil() as usize;
    numbers.get(rank.clamp(1, numbers.len().max(1)) - 1).copied()
}

fn value_cut(prepared: &Prepared, cut: ValueCut) -> Option<f64> {
    prepared.roles.rules.value.as_ref()?;
    match cut {
        ValueCut::Amount(amount) => Some(amount),
        ValueCut::Quantile(q) => {
            let latest = prepared.answers.as_of.iter().max();
            let current = |row: usize| latest.is_none_or(|day| prepared.answers.as_of[row] == *day);
            let rows = (0..prepared.answers.rows()).filter(|&row| current(row));
            quantile(rows.filter_map(|row| prepared.answers.worth(row)).collect(), q)
        }
    }
}

fn assemble(
    prepared: &Prepared,
    config: &Config,
    mut churn: Model,
    mut reactivation: Option<Model>,
) -> Result<Bundle> {
    let mut used = vec![false; prepared.encoder.columns.len()];
    for model in [Some(&churn), reactivation.as_ref()].into_iter().flatten() {
        model.fitted.columns().into_iter().for_each(|column| used[column as usize] = true);
    }
    let mut encoder = prepared.encoder.clone();
    encoder.keep(&used);
    let new_index: Vec<u32> = used
        .iter()
        .scan(0, |next, used| {
            let index = *next;
            *next += u32::from(*used);
            Some(index)
        })
        .collect();
    let names = encoder.names();
    for model in [Some(&mut churn), reactivation.as_mut()].into_iter().flatten() {
        model.fitted.renumber(&new_index);
        let read: std::collections::BTreeSet<u32> = model.fitted.columns().into_iter().collect();
        model.columns = read.iter().filter_map(|at| names.get(*at as usize)).cloned().collect();
    }
    let snapshots = prepared.snapshots();
    let playbook = playbook::configured(config)?;
    Ok(Bundle {
        program: env!("CARGO_PKG_VERSION").to_owned(),
        name: config.train.name.clone(),
        as_of: snapshots.last().copied(),
        seed: config.train.seed,
        source: Source {
            id: prepared.roles.id.clone(),
            as_of: prepared.roles.as_of.clone(),
            columns: needed_columns(prepared, &encoder)?,
            missing: config.read.missing.clone(),
        },
        rules: prepared.roles.rules.clone(),
        peers: playbook::peers(prepared, &encoder.columns, &playbook)?,
        playbook: Some(playbook),
        encoder,
        churn,
        reactivation,
        value_cut: value_cut(prepared, config.cutoffs.value),
        data: DataFacts {
            digest: digest::digest(prepared),
            rows: prepared.answers.state.len() as u64,
            rejected: prepared.rejects.len() as u64,
            active: prepared.count(State::Active),
            dormant: prepared.count(State::Dormant),
            prospect: prepared.count(State::Prospect),
            snapshots,
        },
        // That the file is sorted says nothing of the model, and depends on the order of the rows.
        findings: prepared
            .findings
            .iter()
            .filter(|f| f.problem != Problem::RowOrder)
            .map(note)
            .collect(),
        config: as_value(config)?,
    })
}

/// The configuration as it stays with a model: how it is watched does not shape it.
fn as_value(config: &Config) -> Result<serde_json::Value> {
    let mut value =
        serde_json::to_value(config).map_err(|e| Error::new(Kind::BadConfig, e.to_string()))?;
    if let Some(keys) = value.as_object_mut() {
        keys.remove("monitor");
    }
    Ok(value)
}

/// The columns that scoring reads, in the order of the table.
fn needed_columns(prepared: &Prepared, encoder: &Encoder) -> Result<Vec<Column>> {
    let roles = &prepared.roles;
    let mut names = rule_columns(&prepared.columns, &roles.rules)?;
    names.extend(encoder.columns.iter().flat_map(EncodedColumn::reads).map(str::to_owned));
    names.extend(roles.id.clone());
    names.extend(roles.as_of.clone());
    Ok(prepared.columns.iter().filter(|column| names.contains(&column.name)).cloned().collect())
}

/// A finding as it stays with the model.
pub fn note(finding: &Finding) -> FindingNote {
    FindingNote {
        column: finding.column.clone(),
        problem: finding.problem.name().to_owned(),
        evidence: finding.evidence.clone(),
        excluded: finding.action == Action::Excluded,
    }
}
