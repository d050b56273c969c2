//! How a saved model does on a table whose outcomes are known.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use arrow_array::{Array, StringArray};

use crate::{
    bundle::{Bundle, Model},
    config::EvaluateParams,
    error::{Error, Kind, Place, Result},
    metrics::ProfitParams,
    nearest::nearest,
    output::{
        manifest::column_facts,
        report::evidence::{Evidence, MeasuredOn, SnapshotFacts, Split},
    },
    pipeline::{
        Watcher,
        evidence::{
            Against, Grouping, Judged, QuadrantSample, QuadrantTally, Standing, Worked, WorkedFeed,
        },
        scores::{Outcomes, with_outcomes},
    },
    playbook::Quadrant,
    scoring::{Scored, Scorer, State, tally::Tally},
    sources::{self, Column, Input, ReadParams},
    units::Day,
};

/// A run of `evaluate`.
#[derive(Debug)]
pub struct Request<'a> {
    /// The table.
    pub input: Input,
    /// The model.
    pub bundle: &'a Bundle,
    /// How the table is read.
    pub read: ReadParams,
    /// The money behind expected profits.
    pub profit: &'a ProfitParams,
    /// What customers are grouped by.
    pub params: &'a EvaluateParams,
    /// The feed that was worked from.
    pub feed: Option<&'a Path>,
}

/// Scores a labelled table and compares with what happened.
pub fn evaluate(request: &Request<'_>, watcher: &dyn Watcher) -> Result<Evidence> {
    let Request { input, bundle, read, .. } = request;
    let params = ReadParams { missing: bundle.source.missing.clone(), ..read.clone() };
    let scan = sources::scan(input, &params)?;
    let groupings = groupings(&scan.columns, request)?;
    let columns = wanted(&scan.columns, bundle, &groupings)?;
    let scorer = Scorer::new(bundle)?;
    let feed = request.feed.map(|file| feed(file, bundle)).transpose()?;
    let mut run = Run {
        bundle,
        feed,
        outcomes: Outcomes::bind(&bundle.rules, &columns)?,
        active: Population::new(&groupings, Some(&bundle.churn)),
        dormant: Population::new(&groupings, bundle.reactivation.as_ref()),
        quadrants: BTreeMap::new(),
        snapshots: BTreeMap::new(),
        tally: Tally::default(),
        sample: QuadrantSample::default(),
    };
    watcher.stage(&format!("scoring {input}"));
    let (mut rejected, mut rows) = (0, 0);
    for block in sources::open(input, &params, Some(&scan), &columns)? {
        let block = block?;
        rejected += block.rejects.len() as u64;
        rows += block.rows.num_rows() as u64;
        run.take(&scorer.score(block)?)?;
        watcher.rows(rows);
    }
    watcher.stage("measuring");
    let evidence = run.finish(request, rows, rejected)?;
    if evidence.churn.is_none() && evidence.reactivation.is_none() {
        return Err(Error::new(Kind::TooFew, "no row has an outcome to compare with")
            .hint_with("the table needs the outcome columns of the history"));
    }
    Ok(evidence)
}

/// The feed that was worked from.
fn feed(file: &Path, bundle: &Bundle) -> Result<WorkedFeed> {
    if bundle.source.id.is_none() {
        let what = "without an id column no customer is known again from the feed";
        return Err(Error::new(Kind::Usage, what).hint_with("train with --id"));
    }
    WorkedFeed::read(file)
}

/// One population while rows come.
struct Population<'a> {
    judged: Judged,
    /// The encoded columns of its model.
    read: Vec<u32>,
    model: Option<&'a Model>,
}

impl<'a> Population<'a> {
    fn new(groupings: &[Grouping], model: Option<&'a Model>) -> Self {
        let mut read = model.map_or_else(Vec::new, |model| model.fitted.columns());
        read.sort_unstable();
        read.dedup();
        let judged = Judged { groupings: groupings.to_vec(), ..Judged::default() };
        Self { judged, read, model }
    }

    fn take(&mut self, done: &Scored, rows: &[(u32, bool)], as_of: Option<&str>) -> Result<()> {
        let codes = &done.encoded.columns;
        for &(row, outcome) in rows {
            let row = row as usize;
            let Some(probability) = done.probability[row] else { continue };
            let missing = self.read.iter().filter(|c| codes[**c as usize][row] == 0).count();
            let share = missing * 100 / self.read.len().max(1);
            self.judged.push(outcome, probability, done.value[row], share as u8);
            self.judged.sampler.offer(codes.len(), |column| codes[column][row]);
        }
        let chosen: Vec<u32> = rows.iter().map(|(row, _)| *row).collect();
        for grouping in &mut self.judged.groupings {
            match &done.as_of {
                Some(days) if as_of == Some(grouping.column.as_str()) => {
                    grouping.days(chosen.iter().map(|row| Some(days[*row as usize])));
                }
                _ => grouping.add(&done.block.rows, &chosen)?,
            }
        }
        Ok(())
    }
}

struct Run<'a> {
    bundle: &'a Bundle,
    feed: Option<WorkedFeed>,
    outcomes: Outcomes,
    active: Population<'a>,
    dormant: Population<'a>,
    /// By as-of date: a map is of the customers of one day.
    quadrants: BTreeMap<Option<i32>, QuadrantTally>,
    /// Customers, and those with a known outcome, by as-of date.
    snapshots: BTreeMap<i32, (u64, u64)>,
    tally: Tally,
    sample: QuadrantSample,
}

impl Run<'_> {
    fn take(&mut self, done: &Scored) -> Result<()> {
        let (left, returned) = self.outcomes.of(&done.block.rows)?;
        self.tally.merge(&Tally::of(done));
        let codes = &done.encoded.columns;
        let (mut active, mut dormant) = (Vec::new(), Vec::new());
        for row in 0..done.state.len() {
            let outcome = match done.state[row] {
                State::Active => left[row],
                State::Dormant => returned[row],
                State::Prospect => None,
            };
            let day = done.as_of.as_ref().map(|days| days[row]);
            self.quadrants.entry(day).or_default().add(&Standing {
                state: done.state[row],
                value_band: done.value_band[row],
                risk_band: done.risk_band[row],
                value: done.value[row],
                probability: done.probability[row],
                outcome,
            });
            let bands = (done.value_band[row], done.risk_band[row]);
            if let Some(quadrant) = Quadrant::of(done.state[row], bands.0, bands.1) {
                self.sample.offer(codes.len(), quadrant, |column| codes[column][row]);
            }
            if done.state[row] == State::Prospect {
                continue;
            }
            if let Some(days) = &done.as_of {
                let (customers, known) = self.snapshots.entry(days[row]).or_default();
                *customers += 1;
                *known += u64::from(outcome.is_some());
            }
            let Some(outcome) = outcome.filter(|_| done.probability[row].is_some()) else {
                continue;
            };
            let rows = if done.state[row] == State::Active { &mut active } else { &mut dormant };
            rows.push((row as u32, outcome));
        }
        let as_of = self.bundle.source.as_of.as_deref();
        self.active.judged.worked.extend(self.worked(done, &active));
        self.dormant.judged.worked.extend(self.worked(done, &dormant));
        self.active.take(done, &active, as_of)?;
        self.dormant.take(done, &dormant, as_of)
    }

    /// What the feed said of some rows; nothing where there is none.
    fn worked(&self, done: &Scored, rows: &[(u32, bool)]) -> Vec<Worked> {
        let Some(feed) = &self.feed else { return Vec::new() };
        let ids = self.bundle.source.id.as_ref().and_then(|id| {
            done.block.rows.column_by_name(id)?.as_any().downcast_ref::<StringArray>()
        });
        let of = |row: usize| match ids {
            Some(ids) if ids.is_valid(row) => feed.of(ids.value(row)),
            _ => Worked::Unmatched,
        };
        rows.iter().map(|(row, _)| of(*row as usize)).collect()
    }

    fn finish(&self, request: &Request<'_>, rows: u64, rejected: u64) -> Result<Evidence> {
        let evidence = |population: &Population<'_>| {
            let Some(model) = population.model else { return Ok(None) };
            population.judged.evidence(&Against {
                model,
                encoder: &self.bundle.encoder,
                profit: request.profit,
                fairness: &request.params.fairness,
                split: Split::Table,
            })
        };
        let window = outcome_days(self.bundle);
        let latest = self.quadrants.last_key_value();
        Ok(Evidence {
            measured_on: MeasuredOn::Table,
            rows,
            rejected,
            quadrants_as_of: latest.and_then(|(day, _)| day.map(Day)),
            quadrants: latest.map(|(_, tally)| tally.facts()).unwrap_or_default(),
            rulebook: self.sample.rules(&self.bundle.encoder)?,
            snapshots: snapshots(&self.snapshots, window),
            profit: *request.profit,
            backtest: None,
            drift: column_facts(self.bundle, &self.tally),
            dormancy: None,
            churn: evidence(&self.active)?,
            reactivation: evidence(&self.dormant)?,
        })
    }
}

/// The length of the outcome window in days, as the model was trained.
pub(super) fn outcome_days(bundle: &Bundle) -> i32 {
    let days = bundle.config.pointer("/train/outcome_days").and_then(serde_json::Value::as_i64);
    days.and_then(|days| i32::try_from(days).ok()).unwrap_or(90)
}

/// The snapshots as facts.
pub(super) fn snapshots(of: &BTreeMap<i32, (u64, u64)>, window: i32) -> Vec<SnapshotFacts> {
    let told = |(day, (customers, known)): (&i32, &(u64, u64))| SnapshotFacts {
        as_of: Day(*day),
        customers: *customers,
        known: *known,
        window_end: Day(day.saturating_add(window)),
    };
    of.iter().map(told).collect()
}

/// Names of the column that says where a customer is kept, without blanks, underscores and hyphens.
const PLACES: [&str; 7] = ["branch", "branchid", "branchcode", "subbranch", "支行", "网点", "机构"];

/// Whether a column says where a customer is kept.
pub(super) fn is_place(column: &str) -> bool {
    let plain: String =
        column.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    PLACES.contains(&plain.as_str())
}

/// What customers are grouped by: the month, the branch, and what was asked for.
fn groupings(columns: &[Column], request: &Request<'_>) -> Result<Vec<Grouping>> {
    let EvaluateParams { by, fairness } = request.params;
    let asked: BTreeSet<&String> = by.iter().chain(fairness).collect();
    for name in asked {
        if !columns.iter().any(|column| column.name == *name) {
            let near = nearest(name, columns.iter().map(|column| column.name.as_str()));
            let hint = near.map_or_else(
                || "--by and evaluate.fairness name columns of the table".to_owned(),
                |near| format!("did you mean {near}?"),
            );
            return Err(Error::new(Kind::MissingColumn, "there is no such column to group by")
                .at(Place::Column(name.clone()))
                .hint_with(hint));
        }
    }
    let as_of = request.bundle.source.as_of.iter();
    let place = columns.iter().map(|column| &column.name).find(|name| is_place(name));
    let mut names: Vec<&String> = as_of.clone().chain(place).chain(by).chain(fairness).collect();
    let mut seen = BTreeSet::new();
    names.retain(|name| seen.insert(*name));
    let place = place.or_else(|| by.first());
    let grouping = |name: &String| {
        let mut grouping = Grouping::new(name);
        grouping.is_slice = as_of.clone().chain(place).chain(by).any(|known| known == name);
        grouping.is_place = Some(name) == place;
        grouping
    };
    Ok(names.into_iter().map(grouping).collect())
}

/// The columns of the model, those of its outcomes, as the table at hand has them, and those that customers
/// are grouped by.
fn wanted(table: &[Column], bundle: &Bundle, groupings: &[Grouping]) -> Result<Vec<Column>> {
    let mut columns = with_outcomes(&bundle.source.columns, table, &bundle.rules)?;
    for column in table {
        let is_asked = groupings.iter().any(|grouping| grouping.column == column.name);
        if is_asked && !columns.iter().any(|known| known.name == column.name) {
            columns.push(column.clone());
        }
    }
    Ok(columns)
}
