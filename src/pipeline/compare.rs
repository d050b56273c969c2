//! Two models on the same customers: is the second better, worse, or is there no telling?

use std::collections::BTreeSet;

use serde::Serialize;

use crate::{
    bundle::Bundle,
    error::{Error, Kind, Result},
    metrics::{
        Contrast, ProfitParams,
        contrast::{
            auc_contrast, log_loss_contrast, profit_at_depth_contrast, profit_contrast, turnover,
        },
    },
    pipeline::{
        Watcher,
        scores::{Scores, scores},
    },
    scoring::State,
    sources::{self, Input, ReadParams},
    units::Day,
};

/// Chance that a model as good as the other is called worse (or better), over all figures together.
pub const ALPHA: f64 = 0.05;
/// Fewest events, and fewest others, that a comparison rests on.
pub const LEAST: usize = 20;
/// The depths at which the work lists are compared.
pub const LISTS: [f64; 3] = [0.05, 0.1, 0.2];

/// Which rows a comparison rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnRows {
    /// All; that a model has learned from some of them is noted.
    All,
    /// Only those after the last snapshot that either model has learned from.
    LaterOnly,
}

/// What is compared, on what.
#[derive(Debug)]
pub struct Request<'a> {
    /// The first model, e.g. the champion, with its name and version.
    pub a: (&'a str, &'a Bundle),
    /// The second, e.g. the challenger.
    pub b: (&'a str, &'a Bundle),
    /// The customers and what became of them.
    pub input: &'a Input,
    /// How the table is read.
    pub read: &'a ReadParams,
    /// The money behind the profit.
    pub profit: &'a ProfitParams,
    /// The share of customers that a campaign contacts.
    pub depth: f64,
    /// Which rows count.
    pub rows: OnRows,
}

/// Two models compared.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// The first model.
    pub a: String,
    /// The second.
    pub b: String,
    /// Churn of the active, where both models say something of it.
    pub churn: Option<Contrasts>,
    /// Reactivation of the dormant.
    pub reactivation: Option<Contrasts>,
    /// Of both together.
    pub verdict: Verdict,
    /// Rows that were set aside by either.
    pub rejected: u64,
    /// What a reader must know to take the figures at their word.
    pub notes: Vec<String>,
}

/// The figures of two models on the rows that both score.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Contrasts {
    /// Rows with a known outcome that both models score.
    pub rows: u64,
    /// Events among them.
    pub events: u64,
    /// Their snapshots.
    pub snapshots: Vec<Day>,
    /// Area under the ROC curve; more is better.
    pub auc: Contrast,
    /// Mean log loss; less is better.
    pub log_loss: Contrast,
    /// Expected profit per customer where each contacts all who pay for it; more is better.
    pub profit: Contrast,
    /// The share contacted below.
    pub depth: f64,
    /// Expected profit per customer where each contacts that share; more is better.
    pub profit_at_depth: Contrast,
    /// How much of the work list changes, at some depths.
    pub turnover: Vec<Turnover>,
    /// Whether the second is better.
    pub verdict: Verdict,
    /// The figures by which the second is worse beyond chance.
    pub worse_in: Vec<&'static str>,
    /// The figures by which it is better beyond chance.
    pub better_in: Vec<&'static str>,
}

/// How much of a work list changes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Turnover {
    /// Length of the list as a share of the customers.
    pub depth: f64,
    /// Share of it that is replaced.
    pub share: f64,
}

/// Whether the second model is better than the first, beyond chance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// In some figure it is, and in none it is worse.
    Better,
    /// The data do not tell them apart.
    Even,
    /// In some figure it is worse.
    Worse,
}

/// Compares two models on a table whose outcomes are known, by the outcomes of the first.
///
/// # Errors
/// `TooFew` where no population has 20 events and 20 others that both models score.
pub fn compare(request: &Request<'_>, watcher: &dyn Watcher) -> Result<Comparison> {
    let ((name_a, a), (name_b, b)) = (request.a, request.b);
    let (input, read) = (request.input, request.read);
    let missing = ReadParams { missing: a.source.missing.clone(), ..read.clone() };
    let scan = sources::scan(input, &missing)?;
    let of = |bundle| scores(input, read, &scan, bundle, &a.rules, watcher);
    let (of_a, of_b) = (of(a)?, of(b)?);
    let mut notes = differences(a, b);
    let pairs = Pairs::of(&of_a, &of_b, later_than(a, b, request.rows)?);
    notes.extend(pairs.notes(later_than(a, b, OnRows::LaterOnly).ok().flatten()));
    let population = |state| contrasts(&pairs, state, request);
    let (churn, reactivation) = (population(State::Active)?, population(State::Dormant)?);
    let verdicts: Vec<Verdict> =
        [&churn, &reactivation].into_iter().flatten().map(|found| found.verdict).collect();
    let verdict = joint(&verdicts)
        .ok_or_else(|| too_few(request.rows, later_than(a, b, request.rows).ok().flatten()))?;
    Ok(Comparison {
        a: name_a.to_owned(),
        b: name_b.to_owned(),
        churn,
        reactivation,
        verdict,
        rejected: of_a.rejected.max(of_b.rejected),
        notes,
    })
}

fn joint(verdicts: &[Verdict]) -> Option<Verdict> {
    // Worse in one is worse; else better in one is better.
    [Verdict::Worse, Verdict::Better, Verdict::Even].into_iter().find(|v| verdicts.contains(v))
}

fn too_few(rows: OnRows, later: Option<Day>) -> Error {
    let what = format!("fewer than {LEAST} events and {LEAST} others to compare the models on");
    match (rows, later) {
        (OnRows::LaterOnly, Some(day)) => {
            Error::new(Kind::TooFew, format!("{what} after {day}, the last day they learned from"))
                .hint_with(
                    "give later data, or train a challenger that ends earlier: `reveille train --until DATE`",
                )
        }
        _ => Error::new(Kind::TooFew, what)
            .hint_with("the table needs the outcome columns of the history, and more rows"),
    }
}

/// The last day that either model has learned from, where only later rows are wanted.
fn later_than(a: &Bundle, b: &Bundle, rows: OnRows) -> Result<Option<Day>> {
    if rows == OnRows::All {
        return Ok(None);
    }
    match (a.as_of, b.as_of) {
        (Some(of_a), Some(of_b)) => Ok(Some(of_a.max(of_b))),
        _ if a.source.as_of.is_none() => Ok(None),
        _ => Err(Error::new(Kind::MissingColumn, "one of the models has no as-of date")
            .hint_with("train both with --as-of, or compare them with `reveille models compare`")),
    }
}

/// Where the models do not mean the same.
fn differences(a: &Bundle, b: &Bundle) -> Vec<String> {
    let mut notes = Vec::new();
    let rules = [
        ("churn", Some(&a.rules.churn), Some(&b.rules.churn)),
        ("reactivation", a.rules.reactivation.as_ref(), b.rules.reactivation.as_ref()),
    ];
    for (name, of_a, of_b) in rules {
        if of_a != of_b {
            notes.push(format!("the models define {name} differently; the first one's is used"));
        }
    }
    if (&a.rules.dormant, &a.rules.prospect) != (&b.rules.dormant, &b.rules.prospect) {
        notes.push("the models tell states apart differently; only customers of one state in both are compared".to_owned());
    }
    notes
}

/// Rows that both models score, in one state.
#[derive(Debug, Default)]
struct Pairs {
    state: Vec<State>,
    outcome: Vec<bool>,
    customer: Vec<u64>,
    as_of: Vec<i32>,
    a: Vec<f64>,
    b: Vec<f64>,
}

impl Pairs {
    /// Matches the rows by their numbers in the file.
    fn of(a: &Scores, b: &Scores, later: Option<Day>) -> Self {
        let mut pairs = Self::default();
        let mut at = 0;
        for row in 0..a.number.len() {
            while b.number.get(at).is_some_and(|number| *number < a.number[row]) {
                at += 1;
            }
            let is_both = b.number.get(at) == Some(&a.number[row]) && b.state[at] == a.state[row];
            let as_of = a.as_of.get(row).copied();
            if !is_both || later.is_some_and(|day| as_of.is_some_and(|as_of| as_of <= day.0)) {
                continue;
            }
            pairs.state.push(a.state[row]);
            pairs.outcome.push(a.outcome[row]);
            pairs.customer.push(a.customer[row]);
            pairs.as_of.extend(as_of);
            pairs.a.push(a.probability[row]);
            pairs.b.push(b.probability[at]);
        }
        pairs
    }

    /// The rows of one state.
    fn only(&self, state: State) -> Self {
        fn pick<T: Copy>(all: &[T], rows: &[usize]) -> Vec<T> {
            rows.iter().filter_map(|&row| all.get(row).copied()).collect()
        }
        let rows: Vec<usize> = (0..self.state.len()).filter(|&r| self.state[r] == state).collect();
        Self {
            state: pick(&self.state, &rows),
            outcome: pick(&self.outcome, &rows),
            customer: pick(&self.customer, &rows),
            as_of: pick(&self.as_of, &rows),
            a: pick(&self.a, &rows),
            b: pick(&self.b, &rows),
        }
    }

    fn notes(&self, learned: Option<Day>) -> Vec<String> {
        let mut notes = Vec::new();
        match learned {
            Some(day) => {
                let known = self.as_of.iter().filter(|as_of| **as_of <= day.0).count();
                if known > 0 {
                    notes.push(format!("{known} rows are not after {day}, the last day the models learned from: a model that has seen them looks better than it is"));
                }
            }
            None => notes.push("without as-of dates nobody can tell whether a model has learned from these rows: one that has looks better than it is".to_owned()),
        }
        let customers: BTreeSet<u64> = self.customer.iter().copied().collect();
        if customers.len() < self.customer.len() {
            notes.push("customers are there more than once: the intervals take rows for independent and are too narrow".to_owned());
        }
        notes
    }
}

fn contrasts(pairs: &Pairs, state: State, request: &Request<'_>) -> Result<Option<Contrasts>> {
    let Pairs { outcome, customer, as_of, a, b, .. } = &pairs.only(state);
    let events = outcome.iter().filter(|event| **event).count();
    if events < LEAST || outcome.len() - events < LEAST {
        return Ok(None);
    }
    let (depth, profit) = (request.depth, request.profit);
    let auc = auc_contrast(outcome, a, b)?;
    let log_loss = log_loss_contrast(outcome, a, b)?;
    let earned = profit_contrast(outcome, a, b, profit)?;
    let profit_at_depth = profit_at_depth_contrast(outcome, a, b, depth, profit)?;
    // Bonferroni over the figures of both populations.
    let figures = [("AUC", auc, 1.0), ("log loss", log_loss, -1.0), ("profit", earned, 1.0)];
    let by = |sign: f64| -> Vec<&'static str> {
        let beyond = figures.iter().filter(|(_, found, better)| {
            found.p_value <= ALPHA / 6.0 && found.difference.value * better * sign > 0.0
        });
        beyond.map(|(name, _, _)| *name).collect()
    };
    let (better_in, worse_in) = (by(1.0), by(-1.0));
    let verdict = match (better_in.is_empty(), worse_in.is_empty()) {
        (_, false) => Verdict::Worse,
        (false, true) => Verdict::Better,
        (true, true) => Verdict::Even,
    };
    let days: BTreeSet<i32> = as_of.iter().copied().collect();
    Ok(Some(Contrasts {
        rows: outcome.len() as u64,
        events: events as u64,
        snapshots: days.into_iter().map(Day).collect(),
        auc,
        log_loss,
        profit: earned,
        depth,
        profit_at_depth,
        turnover: LISTS
            .map(|depth| Turnover { depth, share: turnover(a, b, customer, depth) })
            .to_vec(),
        verdict,
        worse_in,
        better_in,
    }))
}
