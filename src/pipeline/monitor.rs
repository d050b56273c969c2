//! Watches current customers: do they still look like those the model learned from? In constant memory.

pub mod alarms;
pub mod alerts;
mod outcomes;
mod parted;
pub mod refresh;

use std::{collections::BTreeMap, path::PathBuf};

use serde::Serialize;

use crate::{
    bundle::{Bundle, HeldOut, Model},
    error::{Error, Kind, Result},
    metrics::{
        Metrics, ProfitParams,
        drift::chance,
        expected::{Expected, PriorShift},
        psi,
    },
    pipeline::Watcher,
    scoring::{Scorer, Seen, State, Watch, WatchParams, watch::Group},
    sources::{self, Block, Input, ReadParams},
    units::Day,
};
use alarms::Alarm;
use alerts::Alerts;
use outcomes::Real;
use parted::Ways;

/// What is watched.
#[derive(Debug)]
pub struct Request<'a> {
    /// The model.
    pub bundle: &'a Bundle,
    /// Its name and version.
    pub model: String,
    /// The current customers.
    pub current: &'a Input,
    /// Other customers to compare groups with, e.g. those of last month.
    pub baseline: Option<&'a Input>,
    /// What became of the current customers.
    pub outcomes: Option<&'a Input>,
    /// An earlier feed, to tell whose state has changed since, and where that is to be told.
    pub since: Option<(&'a Input, PathBuf)>,
    /// How tables are read.
    pub read: &'a ReadParams,
    /// The limits.
    pub params: &'a WatchParams,
    /// The money behind the profit.
    pub profit: &'a ProfitParams,
}

/// What came out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Watched {
    /// Name and version of the model.
    pub model: String,
    /// Whether there is no alarm.
    pub ok: bool,
    /// Rows read.
    pub rows: u64,
    /// Rows that a model scores: all that follows is of them.
    pub scored: u64,
    /// Rows set aside.
    pub rejected: u64,
    /// Earliest and latest as-of date.
    pub as_of: Option<(Day, Day)>,
    /// What is out of its limits, the farthest first.
    pub alarms: Vec<Alarm>,
    /// Number of checks that could have raised an alarm.
    pub checks: u64,
    /// The columns, the farthest moved first.
    pub columns: Vec<ColumnSeen>,
    /// The groups, by way of telling customers apart.
    pub by: BTreeMap<String, Vec<GroupSeen>>,
    /// Churn of the active.
    pub churn: Option<Health>,
    /// Reactivation of the dormant.
    pub reactivation: Option<Health>,
    /// Whose state has changed, by kind; where an earlier feed was given.
    pub alerts: Option<BTreeMap<String, u64>>,
    /// What a reader must know.
    pub notes: Vec<String>,
}

/// A column now and at training.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ColumnSeen {
    /// The column.
    pub name: String,
    /// Population stability index against training.
    pub psi: f64,
    /// How often chance alone would make as large a shift.
    pub p_value: f64,
    /// Share of missing cells.
    pub missing: f64,
    /// Share of missing cells at training.
    pub missing_trained: f64,
    /// Share of cells with a category that has no code of its own; of categories only.
    pub unseen: Option<f64>,
    /// That share at training.
    pub unseen_trained: Option<f64>,
    /// Share of cells outside the range of training.
    pub outside: f64,
}

/// A group of customers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroupSeen {
    /// Its name.
    pub name: String,
    /// Scored rows.
    pub rows: u64,
    /// Share of events to expect.
    pub expected_rate: f64,
    /// The columns that differ most: from the same group of the baseline where there is one, else from
    /// training.
    pub columns: Vec<ColumnMoved>,
}

/// A column of a group.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ColumnMoved {
    /// The column.
    pub name: String,
    /// Population stability index.
    pub psi: f64,
    /// How often chance alone would make as large a shift.
    pub p_value: f64,
}

/// How a model does.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Health {
    /// Base rate of the training rows.
    pub trained_rate: f64,
    /// AUC on held-out rows at training.
    pub validated_auc: Option<f64>,
    /// What its own probabilities let expect.
    pub expected: Expected,
    /// The base rate that they point to, were only that changed.
    pub prior_shift: Option<PriorShift>,
    /// What came of it, where outcomes are known.
    pub real: Option<Metrics>,
    /// Observed over expected events, where outcomes are known.
    pub observed_to_expected: Option<f64>,
    /// What to add to every log odds so that the mean is right: from outcomes where there are enough,
    /// else from the probabilities alone.
    pub intercept: Option<Intercept>,
}

/// A new intercept that is offered.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Intercept {
    /// To be added to every log odds.
    pub shift: f64,
    /// Where it comes from.
    pub from: From,
    /// How often chance alone would make it as large.
    pub p_value: f64,
}

/// Where a new intercept comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum From {
    /// The outcomes of the current customers.
    Outcomes,
    /// Their probabilities alone, if only the base rate has changed.
    Probabilities,
}

/// Columns that are told of a group.
const TOLD: usize = 5;

/// Watches current customers.
pub fn monitor(request: &Request<'_>, watcher: &dyn Watcher) -> Result<Watched> {
    request.params.check()?;
    let watch = Watch::new(request.bundle);
    let ways = Ways::find(request.bundle, request.current, request.read, &request.params.by);
    let since = request.since.as_ref();
    let mut alerts = since.map(|(feed, file)| Alerts::read(feed, file)).transpose()?;
    let (bundle, read) = (request.bundle, request.read);
    let mut came = request.outcomes.map(|input| Real::open(input, bundle, read)).transpose()?;
    let mut notes = ways.notes.clone();
    let (seen, rejected) = Run { request, watch: &watch, ways: &ways, watcher }.collect(
        request.current,
        alerts.as_mut(),
        came.as_mut(),
    )?;
    let baseline = match request.baseline {
        Some(input) => {
            Some(Run { request, watch: &watch, ways: &ways, watcher }.collect(input, None, None)?.0)
        }
        None => None,
    };
    if let (Some(real), Some(input)) = (&mut came, request.outcomes) {
        real.match_with(input, request, watcher)?;
        notes.extend(real.notes());
    }
    let told = alerts.map(Alerts::finish).transpose()?;
    let columns = columns(request.bundle, &watch, &seen);
    let by = groups(request.bundle, &watch, &ways, &seen, baseline.as_ref());
    let health = |state, model: Option<&Model>| {
        model.and_then(|model| health(state, model, &seen, came.as_ref(), request)).transpose()
    };
    let mut found = Watched {
        model: request.model.clone(),
        ok: true,
        rows: seen.rows,
        scored: seen.scored,
        rejected,
        as_of: seen.as_of,
        alarms: Vec::new(),
        checks: 0,
        columns,
        by,
        churn: health(State::Active, Some(&bundle.churn))?,
        reactivation: health(State::Dormant, bundle.reactivation.as_ref())?,
        alerts: told,
        notes,
    };
    alarms::raise(&mut found, request, baseline.is_some());
    Ok(found)
}

/// A pass over a table.
struct Run<'a> {
    request: &'a Request<'a>,
    watch: &'a Watch,
    ways: &'a Ways,
    watcher: &'a dyn Watcher,
}

impl Run<'_> {
    fn collect(
        &self,
        input: &Input,
        mut alerts: Option<&mut Alerts>,
        mut real: Option<&mut Real>,
    ) -> Result<(Seen, u64)> {
        let Request { bundle, read, .. } = self.request;
        let scorer = Scorer::new(bundle)?;
        let params = ReadParams { missing: bundle.source.missing.clone(), ..(*read).clone() };
        let wants_alerts = alerts.is_some();
        let is_dated = real.as_ref().map(|real| real.is_dated());
        self.watcher.stage(&format!("watching {input}"));
        let work = |mut block: Block| {
            let rejected = std::mem::take(&mut block.rejects).len() as u64;
            let parted = self.ways.of(&block, bundle)?;
            let stretch = scorer.score_only(block)?;
            let seen = self.watch.of(&stretch, &parted);
            let now = wants_alerts.then(|| alerts::now(&stretch, bundle)).transpose()?;
            let said = is_dated.map(|is_dated| outcomes::said(&stretch, bundle, is_dated));
            Ok((seen, rejected, now, said))
        };
        let (mut seen, mut rejected) = (Seen::default(), 0);
        sources::open(input, &params, None, &self.ways.columns)?.in_parallel(
            work,
            |(next, aside, now, said)| {
                seen.merge(next);
                rejected += aside;
                if let (Some(alerts), Some(now)) = (&mut alerts, now) {
                    alerts.compare(now)?;
                }
                if let (Some(real), Some(said)) = (&mut real, said) {
                    real.append(said);
                }
                self.watcher.rows(seen.rows);
                Ok(())
            },
        )?;
        if seen.scored == 0 {
            return Err(Error::new(
                Kind::TooFew,
                "no customer of the table is one that the model scores",
            )
            .hint_with("see the rules of the model: `reveille models show`"));
        }
        Ok((seen, rejected))
    }
}

fn columns(bundle: &Bundle, watch: &Watch, seen: &Seen) -> Vec<ColumnSeen> {
    let coarse = watch.coarse(&seen.codes);
    let mut columns: Vec<ColumnSeen> = bundle
        .encoder
        .columns
        .iter()
        .enumerate()
        .map(|(at, column)| {
            let (expected, actual) = (&watch.reference()[at], &coarse[at]);
            let share = |counts: &[u64], code: usize| {
                let all: u64 = counts.iter().sum();
                counts.get(code).copied().unwrap_or(0) as f64 / all.max(1) as f64
            };
            let other = column.bins.code_count() - 1;
            let is_category = column.bins.kind() == crate::features::CodeKind::Category;
            ColumnSeen {
                name: column.name.clone(),
                psi: psi(expected, actual),
                p_value: chance(expected, actual),
                missing: share(&seen.codes[at], 0),
                missing_trained: share(&column.counts, 0),
                unseen: is_category.then(|| share(&seen.codes[at], other)),
                unseen_trained: is_category.then(|| share(&column.counts, other)),
                outside: seen.outside.get(at).copied().unwrap_or(0) as f64
                    / seen.rows.max(1) as f64,
            }
        })
        .collect();
    columns.sort_by(|a, b| b.psi.total_cmp(&a.psi).then_with(|| a.name.cmp(&b.name)));
    columns
}

fn groups(
    bundle: &Bundle,
    watch: &Watch,
    ways: &Ways,
    seen: &Seen,
    baseline: Option<&Seen>,
) -> BTreeMap<String, Vec<GroupSeen>> {
    let of_way = |(at, way): (usize, &String)| {
        let told = |(name, group): (&String, &Group)| {
            let before = baseline.and_then(|seen| seen.by.get(at)?.get(name));
            let mut columns: Vec<ColumnMoved> = bundle
                .encoder
                .columns
                .iter()
                .enumerate()
                .map(|(column, encoded)| {
                    let expected = before.map_or(&watch.reference()[column], |b| &b.coarse[column]);
                    let actual = &group.coarse[column];
                    ColumnMoved {
                        name: encoded.name.clone(),
                        psi: psi(expected, actual),
                        p_value: chance(expected, actual),
                    }
                })
                .collect();
            columns.sort_by(|a, b| {
                a.p_value
                    .total_cmp(&b.p_value)
                    .then_with(|| b.psi.total_cmp(&a.psi))
                    .then_with(|| a.name.cmp(&b.name))
            });
            columns.truncate(TOLD);
            GroupSeen {
                name: name.clone(),
                rows: group.rows,
                expected_rate: group.expected_rate(),
                columns,
            }
        };
        let groups = seen.by.get(at).into_iter().flatten().map(told).collect();
        (way.clone(), groups)
    };
    ways.names.iter().enumerate().map(of_way).collect()
}

fn health(
    state: State,
    model: &Model,
    seen: &Seen,
    real: Option<&Real>,
    request: &Request<'_>,
) -> Option<Result<Health>> {
    let probabilities = seen.of(state);
    let expected = probabilities.expected()?;
    let trained_rate = model.events as f64 / model.rows.max(1) as f64;
    let prior_shift = probabilities.prior_shift(trained_rate);
    let measured = match real.map(|real| real.measure(state, request.profit)).transpose() {
        Ok(measured) => measured.flatten(),
        Err(error) => return Some(Err(error)),
    };
    let from_prior = prior_shift.map(|found| Intercept {
        shift: found.shift,
        from: From::Probabilities,
        p_value: found.p_value,
    });
    let intercept = measured.as_ref().map(|measured| measured.intercept).or(from_prior);
    Some(Ok(Health {
        trained_rate,
        validated_auc: validated(model),
        expected,
        prior_shift,
        observed_to_expected: measured.as_ref().map(|measured| measured.ratio),
        real: measured.map(|measured| measured.metrics),
        intercept,
    }))
}

/// The AUC of the learner in use on later data, else out of fold.
fn validated(model: &Model) -> Option<f64> {
    let own = || model.validations.iter().filter(|v| v.learner == model.fitted.name());
    let later = own().find(|v| matches!(v.split, HeldOut::LaterData { .. }));
    later.or_else(|| own().next()).map(|v| v.metrics.auc.value)
}
