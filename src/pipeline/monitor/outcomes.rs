//! What became of the customers that were watched.

use crate::{
    bundle::Bundle,
    dataset::order::snapshot_key,
    error::{Error, Kind, Result},
    metrics::{
        self, Metrics, ProfitParams,
        line::{Point, fit_intercept},
        tails,
    },
    pipeline::{
        Watcher,
        compare::LEAST,
        scores::{Outcomes, customers, with_outcomes},
    },
    scoring::{Scored, State, scorer::as_of_days},
    sources::{self, Block, Column, ColumnType, Input, ReadParams, Scan},
};

use super::{From, Intercept, Request};

/// What the model said of a customer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Said {
    key: u64,
    state: State,
    probability: f64,
}

/// What the model said, and what became of it.
#[derive(Debug)]
pub(super) struct Real {
    scan: Scan,
    as_of: Option<String>,
    said: Vec<Said>,
    matched: Vec<(State, f64, bool)>,
    found: u64,
}

/// How a model really did.
#[derive(Debug)]
pub(super) struct Measured {
    pub(super) metrics: Metrics,
    /// Observed over expected events.
    pub(super) ratio: f64,
    pub(super) intercept: Intercept,
}

impl Real {
    /// Looks at the table of outcomes: its columns, and whether it has the as-of date.
    pub(super) fn open(input: &Input, bundle: &Bundle, read: &ReadParams) -> Result<Self> {
        if bundle.source.id.is_none() {
            return Err(Error::new(Kind::Usage, "the model knows no id to match outcomes by")
                .hint_with("train with --id"));
        }
        let params = ReadParams { missing: bundle.source.missing.clone(), ..read.clone() };
        let scan = sources::scan(input, &params)?;
        let is_there = |name: &String| scan.columns.iter().any(|column| column.name == *name);
        let as_of = bundle.source.as_of.clone().filter(is_there);
        Ok(Self { scan, as_of, said: Vec::new(), matched: Vec::new(), found: 0 })
    }

    /// Whether customers are matched by as-of date too.
    pub(super) fn is_dated(&self) -> bool {
        self.as_of.is_some()
    }

    pub(super) fn append(&mut self, mut said: Vec<Said>) {
        self.said.append(&mut said);
    }

    /// Reads what became of the customers.
    pub(super) fn match_with(
        &mut self,
        input: &Input,
        request: &Request<'_>,
        watcher: &dyn Watcher,
    ) -> Result<()> {
        self.said.sort_unstable_by_key(|said| said.key);
        let bundle = request.bundle;
        let id = bundle.source.id.clone().unwrap_or_default();
        let mut columns = vec![Column { name: id, kind: ColumnType::Text }];
        columns.extend(self.as_of.clone().map(|name| Column { name, kind: ColumnType::Date }));
        let columns = with_outcomes(&columns, &self.scan.columns, &bundle.rules)?;
        let outcomes = Outcomes::bind(&bundle.rules, &columns)?;
        let params = ReadParams { missing: bundle.source.missing.clone(), ..request.read.clone() };
        watcher.stage(&format!("reading outcomes from {input}"));
        let (said, as_of) = (&self.said, self.as_of.as_deref());
        let work = |block: Block| {
            let (left, returned) = outcomes.of(&block.rows)?;
            let days = as_of_days(&block.rows, as_of)?;
            let keys = customers(&block, bundle).unwrap_or_default();
            let mut matched = Vec::new();
            for (row, key) in keys.into_iter().enumerate() {
                let key = snapshot_key(key, days.as_ref().map(|days| days[row]));
                let Ok(at) = said.binary_search_by_key(&key, |said| said.key) else { continue };
                let outcome =
                    if said[at].state == State::Dormant { returned[row] } else { left[row] };
                matched.extend(outcome.map(|event| (said[at].state, said[at].probability, event)));
            }
            Ok((block.rows.num_rows() as u64, matched))
        };
        let (mut rows, mut all) = (0, Vec::new());
        sources::open(input, &params, Some(&self.scan), &columns)?.in_parallel(
            work,
            |(read, mut next)| {
                rows += read;
                all.append(&mut next);
                watcher.rows(rows);
                Ok(())
            },
        )?;
        (self.matched, self.found) = (all, rows);
        Ok(())
    }

    pub(super) fn notes(&self) -> Vec<String> {
        let (matched, said) = (self.matched.len(), self.said.len());
        vec![format!(
            "{matched} of {said} scored customers have a known outcome, among {} rows of outcomes",
            self.found
        )]
    }

    /// How the model did on a population; `None` where outcomes are too few.
    pub(super) fn measure(&self, state: State, profit: &ProfitParams) -> Result<Option<Measured>> {
        let own = || self.matched.iter().filter(|(of, _, _)| *of == state);
        let (probability, outcome): (Vec<f64>, Vec<bool>) = own().map(|(_, p, y)| (*p, *y)).unzip();
        let events = outcome.iter().filter(|event| **event).count();
        if events < LEAST || outcome.len() - events < LEAST {
            return Ok(None);
        }
        let metrics = metrics::measure(&outcome, &probability, None, profit)?;
        let mut sorted: Vec<(f64, bool)> = own().map(|(_, p, y)| (*p, *y)).collect();
        sorted.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let point = |(p, event): &(f64, bool)| Point {
            logit: p.ln() - (-p).ln_1p(),
            events: f64::from(u8::from(*event)),
            others: f64::from(u8::from(!event)),
        };
        let points: Vec<Point> = sorted.iter().map(point).collect();
        let expected: f64 = sorted.iter().map(|(p, _)| p).sum();
        let variance: f64 = sorted.iter().map(|(p, _)| p * (1.0 - p)).sum();
        let z = (events as f64 - expected) / variance.sqrt();
        Ok(Some(Measured {
            metrics,
            ratio: events as f64 / expected,
            intercept: Intercept {
                shift: fit_intercept(&points),
                from: From::Outcomes,
                p_value: tails::two_sided(z),
            },
        }))
    }
}

/// What the model says of the rows of a block.
pub(super) fn said(scored: &Scored, bundle: &Bundle, is_dated: bool) -> Vec<Said> {
    let Some(keys) = customers(&scored.block, bundle) else { return Vec::new() };
    let days = scored.as_of.as_ref().filter(|_| is_dated);
    let row = |(row, key): (usize, u64)| {
        Some(Said {
            key: snapshot_key(key, days.map(|days| days[row])),
            state: scored.state[row],
            probability: scored.probability[row]?,
        })
    };
    keys.into_iter().enumerate().filter_map(row).collect()
}
