//! What scoring relies on, checked once when a bundle is written or read: afterwards every index is
//! in bounds, every sum stays finite, and every name is there.

mod boosted;
mod fitted;

use std::{collections::BTreeSet, fmt::Display};

use self::fitted::{calibration, scorecard, tree};
use super::{
    Blend, Bundle, DataFacts, FindingNote, Fitted, HeldOut, LearnerName, Model, Part, Rules, Source,
};
use crate::{
    error::{Error, Kind, Result},
    features::{Bins, Encoder},
    metrics::{AtDepth, CalibrationPoint, Estimate, Metrics},
    model::{PeerColumn, Peers},
    sources::ColumnType,
    units::Day,
};

/// The most columns.
const MAX_COLUMNS: usize = 10_000;
/// The most entries of any other list that has no limit of its own.
const MAX_LIST: usize = 100_000;
/// The longest name, expression or remark, in bytes.
const MAX_TEXT: usize = 1 << 16;
/// The longest playbook, in bytes.
const MAX_PLAYBOOK: usize = 1 << 20;
/// The most cuts of a kind that make peers.
const MAX_CUTS: usize = 20;
/// Counts are exact in an `f64` up to here, and so are their sums.
const MAX_COUNT: u64 = 1 << 53;

/// Refuses a bundle that scoring could not rely on, with [`Kind::BadBundle`] and the part at fault.
pub fn bundle(bundle: &Bundle) -> Result<()> {
    let Bundle { program, source, rules, encoder, churn, reactivation, data, .. } = bundle;
    text("program", program)?;
    if let Some(day) = bundle.as_of {
        real_day("as_of", day)?;
    }
    self::source(source)?;
    self::rules(rules)?;
    let code_counts = fitted::encoder(encoder)?;
    types_agree(source, encoder)?;
    model("churn", churn, encoder, &code_counts)?;
    if let Some(reactivation) = reactivation {
        model("reactivation", reactivation, encoder, &code_counts)?;
        ensure("rules", rules.reactivation.is_some(), "the outcome of a model is missing")?;
    }
    if let Some(cut) = bundle.value_cut {
        ensure("value_cut", cut.is_finite(), "not a number")?;
        ensure("value_cut", rules.value.is_some(), "a cut without a value expression")?;
    }
    if let Some(playbook) = &bundle.playbook {
        ensure("playbook", !playbook.trim().is_empty(), "an empty text")?;
        ensure("playbook", playbook.len() <= MAX_PLAYBOOK, "a text that is too long")?;
    }
    bundle.peers.as_ref().map_or(Ok(()), peers)?;
    self::data(data)?;
    findings(&bundle.findings)
}

fn source(source: &Source) -> Result<()> {
    for column in source.id.iter().chain(&source.as_of) {
        name("source", column)?;
    }
    all_different("source.columns", source.columns.iter().map(|c| c.name.as_str()), MAX_COLUMNS)?;
    for missing in &source.missing {
        text("source.missing", missing)?;
    }
    short("source.missing", source.missing.len(), MAX_LIST)
}

fn rules(rules: &Rules) -> Result<()> {
    let Rules { churn, reactivation, dormant, prospect, value } = rules;
    for rule in [Some(churn), reactivation.as_ref(), dormant.as_ref(), prospect.as_ref()] {
        rule.map_or(Ok(()), |rule| name("rules", rule))?;
    }
    value.as_ref().map_or(Ok(()), |value| name("rules", value))
}

/// Scoring reads the table by `source` and encodes it by `encoder`: they must mean the same columns.
fn types_agree(source: &Source, encoder: &Encoder) -> Result<()> {
    let types: std::collections::BTreeMap<_, _> =
        source.columns.iter().map(|column| (column.name.as_str(), column.kind)).collect();
    for (number, column) in encoder.columns.iter().enumerate() {
        let at = format_args!("encoder.columns[{number}]").to_string();
        for name in column.reads() {
            let Some(kind) = types.get(name) else {
                return Err(fault(at, "not among source.columns"));
            };
            let agree = match column.bins {
                Bins::Number { .. } | Bins::Change { .. } => *kind == ColumnType::Number,
                Bins::DaysBefore { .. } => *kind == ColumnType::Date,
                Bins::Category { .. } => true,
            };
            ensure(&at, agree, "its type is not that of source.columns")?;
        }
    }
    Ok(())
}

fn model(which: &str, model: &Model, encoder: &Encoder, code_counts: &[u16]) -> Result<()> {
    let shown = all_different(
        format_args!("{which}.columns"),
        model.columns.iter().map(String::as_str),
        MAX_COLUMNS,
    )?;
    let known: BTreeSet<_> = encoder.columns.iter().map(|c| c.name.as_str()).collect();
    ensure(
        format_args!("{which}.columns"),
        shown.is_subset(&known),
        "a column that is not encoded",
    )?;
    let fitted = format!("{which}.fitted");
    learner(&fitted, &model.fitted, code_counts)?;
    let was_shown = |column: &u32| {
        encoder.columns.get(*column as usize).is_some_and(|c| shown.contains(c.name.as_str()))
    };
    ensure(
        &fitted,
        model.fitted.columns().iter().all(was_shown),
        "a column that it was not shown",
    )?;
    calibration(&format!("{which}.calibration"), &model.calibration)?;
    ensure(format_args!("{which}.risk_cut"), (0.0..=1.0).contains(&model.risk_cut), "not in 0..1")?;
    counts(format_args!("{which}.rows"), &[model.events, model.rows])?;
    text(format_args!("{which}.chosen_because"), &model.chosen_because)?;
    short(format_args!("{which}.validations"), model.validations.len(), 1000)?;
    for (number, validation) in model.validations.iter().enumerate() {
        let at = format!("{which}.validations[{number}]");
        match validation.split {
            HeldOut::Folds { folds } => ensure(&at, folds >= 2, "fewer than two folds")?,
            HeldOut::LaterData { test } | HeldOut::LaterUnseen { test } => real_day(&at, test)?,
        }
        metrics(&at, &validation.metrics)?;
    }
    short(format_args!("{which}.boost_trials"), model.boost_trials.len(), 1000)?;
    for (number, trial) in model.boost_trials.iter().enumerate() {
        let at = format!("{which}.boost_trials[{number}]");
        text(&at, &trial.name)?;
        counts(&at, &[trial.rounds])?;
        finite(&at, &[trial.log_loss])?;
    }
    Ok(())
}

fn learner(at: &str, fitted: &Fitted, code_counts: &[u16]) -> Result<()> {
    match fitted {
        Fitted::Logistic(card) => scorecard(at, card, code_counts),
        Fitted::Tree(found) => tree(at, found, code_counts),
        Fitted::Boost(found) => boosted::ensemble(at, found, code_counts),
        Fitted::Blend(found) => blend(at, found, code_counts),
    }
}

fn blend(at: &str, blend: &Blend, code_counts: &[u16]) -> Result<()> {
    fitted::logits(at, &[blend.intercept])?;
    ensure(at, !blend.parts.is_empty(), "a blend without parts")?;
    let mut seen = BTreeSet::new();
    for (number, Part { weight, fitted }) in blend.parts.iter().enumerate() {
        let at = format!("{at}.parts[{number}]");
        ensure(&at, fitted.name() != LearnerName::Blend, "a blend within a blend")?;
        ensure(&at, seen.insert(fitted.name()), "the same learner twice")?;
        fitted::logits(&at, &[*weight])?;
        ensure(&at, *weight > 0.0, "a weight that is not positive")?;
        learner(&format!("{at}.fitted"), fitted, code_counts)?;
    }
    Ok(())
}

fn metrics(at: &str, metrics: &Metrics) -> Result<()> {
    let Metrics { rows, events, base_rate, pr_auc, ks, gini, log_loss, brier, ece, .. } = metrics;
    let Metrics { auc: Estimate { value, low, high }, empc, empc_depth, .. } = metrics;
    let Metrics { calibration_slope, calibration_intercept, .. } = metrics;
    finite(at, &[*base_rate, *value, *low, *high, *pr_auc, *ks, *gini, *log_loss, *brier, *ece])?;
    finite(at, &[*calibration_slope, *calibration_intercept, *empc, *empc_depth])?;
    counts(at, &[*events, *rows])?;
    short(at, metrics.depths.len().max(metrics.calibration_curve.len()), 1000)?;
    for AtDepth { depth, rows, precision, lift, capture, value_capture, profit } in &metrics.depths
    {
        finite(at, &[*depth, *precision, *lift, *capture, *profit, value_capture.unwrap_or(0.0)])?;
        counts(at, &[*rows])?;
    }
    for CalibrationPoint { rows, mean_predicted, observed } in &metrics.calibration_curve {
        finite(at, &[*mean_predicted, *observed])?;
        counts(at, &[*rows])?;
    }
    Ok(())
}

fn peers(peers: &Peers) -> Result<()> {
    let Peers { age, ages, assets, bands, columns } = peers;
    name("peers", age)?;
    name("peers", assets)?;
    for cuts in [ages, bands] {
        short("peers", cuts.len(), MAX_CUTS)?;
        finite("peers", cuts)?;
        ensure("peers", cuts.is_sorted_by(|a, b| a < b), "cuts that do not rise")?;
    }
    all_different("peers.columns", columns.iter().map(|c| c.name.as_str()), MAX_COLUMNS)?;
    for PeerColumn { median, upper, .. } in columns {
        let fits = median.len() == peers.groups() && upper.len() == peers.groups();
        ensure("peers.columns", fits, "not one number a group")?;
        let known: Vec<f64> = median.iter().chain(upper).copied().flatten().collect();
        finite("peers.columns", &known)?;
    }
    Ok(())
}

fn data(data: &DataFacts) -> Result<()> {
    let DataFacts { digest, rows, rejected, active, dormant, prospect, snapshots } = data;
    name("data.digest", digest)?;
    for count in [rows, rejected, active, dormant, prospect] {
        counts("data", &[*count])?;
    }
    short("data.snapshots", snapshots.len(), MAX_LIST)?;
    snapshots.iter().try_for_each(|day| real_day("data.snapshots", *day))?;
    ensure("data.snapshots", snapshots.is_sorted_by(|a, b| a < b), "they do not rise")
}

fn findings(findings: &[FindingNote]) -> Result<()> {
    short("findings", findings.len(), MAX_LIST)?;
    for FindingNote { column, problem, evidence, .. } in findings {
        text("findings", column)?;
        name("findings", problem)?;
        text("findings", evidence)?;
    }
    Ok(())
}

fn fault(at: impl Display, what: &str) -> Error {
    Error::new(Kind::BadBundle, format!("the bundle's {at}: {what}"))
}

fn ensure(at: impl Display, holds: bool, what: &str) -> Result<()> {
    if holds { Ok(()) } else { Err(fault(at, what)) }
}

fn finite(at: impl Display, numbers: &[f64]) -> Result<()> {
    ensure(at, numbers.iter().all(|number| number.is_finite()), "a number that is not finite")
}

/// Counts of which each is part of the next.
fn counts(at: impl Display, counts: &[u64]) -> Result<()> {
    let in_order = counts.is_sorted() && counts.iter().all(|count| *count <= MAX_COUNT);
    ensure(at, in_order, "counts that do not fit together")
}

fn short(at: impl Display, length: usize, most: usize) -> Result<()> {
    ensure(at, length <= most, "too many entries")
}

fn text(at: impl Display, text: &str) -> Result<()> {
    ensure(at, text.len() <= MAX_TEXT, "a text that is too long")
}

fn name(at: impl Display, name: &str) -> Result<()> {
    ensure(&at, !name.trim().is_empty(), "an empty text")?;
    text(at, name)
}

fn all_different<'a>(
    at: impl Display,
    names: impl Iterator<Item = &'a str>,
    most: usize,
) -> Result<BTreeSet<&'a str>> {
    let mut seen = BTreeSet::new();
    for each in names {
        name(&at, each)?;
        ensure(&at, seen.insert(each), "the same name twice")?;
        short(&at, seen.len(), most)?;
    }
    Ok(seen)
}

fn real_day(at: impl Display, day: Day) -> Result<()> {
    let (year, month, day_of_month) = day.ymd();
    ensure(at, Day::from_ymd(year, month, day_of_month) == Some(day), "no such date")
}
