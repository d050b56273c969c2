//! Whose state has changed since an earlier feed: fallen asleep, woken up, now at risk, new, gone.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use arrow_array::{Array, Float64Array, RecordBatch, StringArray};

use crate::{
    bundle::Bundle,
    dataset::order::customer_key,
    error::{Error, Kind, Place, Result},
    output::feed::guarded,
    playbook::Quadrant,
    scoring::{Band, Scored, State},
    sources::{self, Block, Column, ColumnType, Input, ReadParams},
    store::AtomicFile,
    units::{Day, Seed},
};

/// What a feed says of a customer.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Status {
    state: State,
    risk: Option<Band>,
    quadrant: Option<Quadrant>,
    probability: f64,
}

/// A customer now.
#[derive(Debug)]
pub(super) struct Now {
    id: String,
    as_of: Option<i32>,
    status: Status,
}

/// The earlier feed, 48 bytes a customer, and the alerts so far.
#[derive(Debug)]
pub(super) struct Alerts {
    before: Vec<(u64, Status)>,
    is_seen: Vec<bool>,
    writer: csv::Writer<AtomicFile>,
    file: PathBuf,
    feed: Input,
    counts: BTreeMap<String, u64>,
}

const HEAD: [&str; 9] = [
    "customer_id",
    "as_of",
    "alert",
    "state_before",
    "state_now",
    "quadrant_before",
    "quadrant_now",
    "probability_before",
    "probability_now",
];

impl Alerts {
    /// Reads the earlier feed, and begins the file of alerts.
    pub(super) fn read(feed: &Input, file: &Path) -> Result<Self> {
        let mut before = Vec::new();
        pass(
            feed,
            |rows| {
                let rows = FeedRows::of(rows)?;
                let row = |row| Ok((customer_key(Seed(0), rows.ids.value(row)), rows.status(row)?));
                (0..rows.ids.len()).map(row).collect::<Result<Vec<_>>>()
            },
            |mut next| before.append(&mut next),
        )?;
        before.sort_by_key(|(key, _)| *key);
        let is_seen = vec![false; before.len()];
        let mut writer = csv::Writer::from_writer(AtomicFile::create(file)?);
        writer.write_record(HEAD).map_err(|e| failed(file, &e))?;
        let (file, feed, counts) = (file.to_owned(), feed.clone(), BTreeMap::new());
        Ok(Self { before, is_seen, writer, file, feed, counts })
    }

    /// Compares customers with the earlier feed.
    pub(super) fn compare(&mut self, now: Vec<Now>) -> Result<()> {
        for now in now {
            let key = customer_key(Seed(0), &now.id);
            let before = self.before.binary_search_by_key(&key, |(key, _)| *key).ok();
            if let Some(at) = before {
                self.is_seen[at] = true;
            }
            let before = before.map(|at| self.before[at].1);
            if let Some(alert) = alert(before, now.status) {
                self.tell(&now.id, now.as_of, alert, before, Some(now.status))?;
            }
        }
        Ok(())
    }

    fn tell(
        &mut self,
        id: &str,
        as_of: Option<i32>,
        alert: &str,
        before: Option<Status>,
        now: Option<Status>,
    ) -> Result<()> {
        let probability = |status: Option<Status>| {
            status
                .filter(|s| s.probability.is_finite())
                .map_or_else(String::new, |s| s.probability.to_string())
        };
        let state = |status: Option<Status>| status.map_or("", |s| s.state.name());
        let quadrant =
            |status: Option<Status>| status.and_then(|s| s.quadrant).map_or("", Quadrant::name);
        let day = as_of.map_or_else(String::new, |day| Day(day).to_string());
        let record: [&str; 9] = [
            &guarded(id),
            &day,
            alert,
            state(before),
            state(now),
            quadrant(before),
            quadrant(now),
            &probability(before),
            &probability(now),
        ];
        self.writer.write_record(record).map_err(|e| failed(&self.file, &e))?;
        *self.counts.entry(alert.to_owned()).or_default() += 1;
        Ok(())
    }

    /// Adds the customers who are gone, and puts the file in its place; gives the counts by kind.
    pub(super) fn finish(mut self) -> Result<BTreeMap<String, u64>> {
        let (before, is_seen) =
            (std::mem::take(&mut self.before), std::mem::take(&mut self.is_seen));
        let mut gone = Vec::new();
        pass(
            &self.feed.clone(),
            |rows| {
                let rows = FeedRows::of(rows)?;
                let mut gone = Vec::new();
                for row in 0..rows.ids.len() {
                    let id = rows.ids.value(row);
                    let at =
                        before.binary_search_by_key(&customer_key(Seed(0), id), |(key, _)| *key);
                    if at.is_ok_and(|at| !is_seen[at]) {
                        gone.push((id.to_owned(), rows.status(row)?));
                    }
                }
                Ok(gone)
            },
            |mut next| gone.append(&mut next),
        )?;
        for (id, status) in gone {
            self.tell(&id, None, "gone", Some(status), None)?;
        }
        let Self { writer, file, counts, .. } = self;
        let written = writer.into_inner().map_err(|e| Error::io(&file, "write", e.into_error()))?;
        written.commit()?;
        Ok(counts)
    }
}

fn alert(before: Option<Status>, now: Status) -> Option<&'static str> {
    let Some(before) = before else { return Some("new") };
    match (before.state, now.state) {
        (State::Active, State::Dormant) => Some("fell_asleep"),
        (State::Dormant, State::Active) => Some("woke"),
        (State::Prospect, State::Active | State::Dormant) => Some("first_transaction"),
        (old, new) if old != new => Some("state_changed"),
        (State::Active, _) => match (before.risk, now.risk) {
            (Some(Band::Low), Some(Band::High)) => Some("now_at_risk"),
            (Some(Band::High), Some(Band::Low)) => Some("no_longer_at_risk"),
            _ => None,
        },
        (State::Dormant, _) => match (before.risk, now.risk) {
            (Some(Band::Low), Some(Band::High)) => Some("now_likely_to_return"),
            _ => None,
        },
        _ => None,
    }
}

/// The customers of a scored stretch.
pub(super) fn now(scored: &Scored, bundle: &Bundle) -> Result<Vec<Now>> {
    let column = bundle.source.id.as_ref().and_then(|id| scored.block.rows.column_by_name(id));
    let ids =
        column.and_then(|ids| ids.as_any().downcast_ref::<StringArray>()).ok_or_else(|| {
            Error::new(
                Kind::Usage,
                "the model knows no id to find customers of the earlier feed by",
            )
            .hint_with("train with --id")
        })?;
    let row = |row: usize| Now {
        id: if ids.is_null(row) { String::new() } else { ids.value(row).to_owned() },
        as_of: scored.as_of.as_ref().map(|days| days[row]),
        status: Status {
            state: scored.state[row],
            risk: scored.risk_band[row],
            quadrant: Quadrant::of(
                scored.state[row],
                scored.value_band[row],
                scored.risk_band[row],
            ),
            probability: scored.probability[row].unwrap_or(f64::NAN),
        },
    };
    Ok((0..scored.state.len()).map(row).collect())
}

/// Goes over an earlier feed in its order.
fn pass<T: Send>(
    feed: &Input,
    work: impl Fn(&RecordBatch) -> Result<T> + Sync,
    mut take: impl FnMut(T),
) -> Result<()> {
    let wanted = |(name, kind): (&str, ColumnType)| Column { name: name.to_owned(), kind };
    let columns: Vec<Column> = [
        ("customer_id", ColumnType::Text),
        ("state", ColumnType::Text),
        ("risk_band", ColumnType::Text),
        ("quadrant", ColumnType::Text),
        ("churn_probability", ColumnType::Number),
        ("reactivation_probability", ColumnType::Number),
    ]
    .map(wanted)
    .to_vec();
    // An id may read NA in a feed, and is no missing value there.
    let params = ReadParams { missing: Vec::new(), ..ReadParams::default() };
    sources::open(feed, &params, None, &columns)
        .map_err(|error| match error.kind() {
            Kind::MissingColumn => {
                error.hint_with("--since takes a feed that `reveille predict` wrote")
            }
            _ => error,
        })?
        .in_parallel(
            |block: Block| work(&block.rows),
            |done| {
                take(done);
                Ok(())
            },
        )
}

/// Rows of a feed.
struct FeedRows<'a> {
    ids: &'a StringArray,
    state: &'a StringArray,
    risk: &'a StringArray,
    quadrant: &'a StringArray,
    churn: &'a Float64Array,
    reactivation: &'a Float64Array,
}

impl<'a> FeedRows<'a> {
    fn of(rows: &'a RecordBatch) -> Result<Self> {
        let missing = || Error::new(Kind::MissingColumn, "this is no feed");
        let text = |name: &str| {
            let column = rows.column_by_name(name).ok_or_else(missing)?;
            column.as_any().downcast_ref::<StringArray>().ok_or_else(missing)
        };
        let number = |name: &str| {
            let column = rows.column_by_name(name).ok_or_else(missing)?;
            column.as_any().downcast_ref::<Float64Array>().ok_or_else(missing)
        };
        Ok(Self {
            ids: text("customer_id")?,
            state: text("state")?,
            risk: text("risk_band")?,
            quadrant: text("quadrant")?,
            churn: number("churn_probability")?,
            reactivation: number("reactivation_probability")?,
        })
    }

    fn status(&self, row: usize) -> Result<Status> {
        let state = match self.state.value(row) {
            "active" => State::Active,
            "dormant" => State::Dormant,
            "prospect" => State::Prospect,
            _ => {
                return Err(Error::new(
                    Kind::WrongType,
                    "a state is none of active, dormant and prospect",
                )
                .at(Place::Column("state".to_owned()))
                .hint_with("--since takes a feed that `reveille predict` wrote"));
            }
        };
        let risk = match self.risk.value(row) {
            "high" => Some(Band::High),
            "low" => Some(Band::Low),
            _ => None,
        };
        let named = |quadrant: &Quadrant| quadrant.name() == self.quadrant.value(row);
        let quadrant = Quadrant::ALL.into_iter().find(named);
        let probabilities = if state == State::Dormant { self.reactivation } else { self.churn };
        let is_there = !probabilities.is_null(row);
        let probability = if is_there { probabilities.value(row) } else { f64::NAN };
        Ok(Status { state, risk, quadrant, probability })
    }
}

fn failed(file: &Path, error: &csv::Error) -> Error {
    Error::new(Kind::Io, format!("cannot write: {error}")).at(Place::File(file.to_owned()))
}
