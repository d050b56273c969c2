//! From a feed to the list that leaves: who is contacted, how, and whether at all.
//!
//! The feed is read twice: once for what each candidate may bring, some 60 bytes a candidate, and once
//! for the lines of those who are chosen, which are kept, for the list is sorted by rank.

use std::{
    collections::BTreeMap,
    io::Write,
    path::{Path, PathBuf},
};

use arrow_array::{Array, Date32Array, RecordBatch};
use serde::{Deserialize, Serialize};

mod desk;
mod list;

use crate::{
    error::{Error, Kind, Place, Result},
    pipeline::Watcher,
    playbook::{Book, campaign::CampaignParams, scene::Scene, verdict::Verdict},
    sources::{self, Column, ColumnType, Input, ReadParams},
    store::{self, AtomicFile},
    units::Day,
};

use desk::Desk;

/// A run of `campaign plan`.
#[derive(Debug)]
pub struct Request<'a> {
    /// The feed.
    pub feed: Input,
    /// The playbook that made it.
    pub book: &'a Book,
    /// What there is to give out.
    pub params: &'a CampaignParams,
    /// The last list, of which most customers are to stay.
    pub previous: Option<PathBuf>,
    /// Where the list goes; nowhere if not given.
    pub list: Option<PathBuf>,
    /// Whether the list is written even where the verdict is no.
    pub anyway: Anyway,
}

/// Whether a list leaves that is not worth it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anyway {
    /// It does not.
    No,
    /// It does.
    Yes,
}

/// What was planned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Version of this file.
    pub plan: u32,
    /// Rows of the feed.
    pub customers: u64,
    /// Those who could be contacted: with an action, not suppressed, not left alone.
    pub candidates: u64,
    /// Those left alone.
    pub held: u64,
    /// Those who must not be contacted.
    pub suppressed: u64,
    /// Whether to run it.
    pub verdict: Verdict,
    /// The plan gains at least this share of the best possible one.
    pub share_of_best: f64,
    /// What was used, by resource.
    pub resources: Vec<Resource>,
    /// What one more unit of the budget would bring.
    pub budget_price: f64,
    /// Candidates who are passive or of the base, and contacts with them.
    pub floor: Floor,
    /// Contacts by quadrant.
    pub quadrants: BTreeMap<String, u64>,
    /// How unevenly branches are served: Gini of contacts a customer; by quadrant where the feed has no
    /// branch.
    pub gini: Option<f64>,
    /// Customers of the last list who are on this one too, where there was one.
    pub stayed: Option<u64>,
    /// Customers who are new on the list, where there was one.
    pub newcomers: Option<u64>,
}

/// A resource of the plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resource {
    /// A channel, a branch, a manager, or newcomers.
    pub name: String,
    /// How many contacts it allows; `None` where there is no limit.
    pub capacity: Option<u32>,
    /// How many it has.
    pub used: u32,
    /// What one more would bring.
    pub worth_of_one_more: f64,
}

/// Contacts that are kept for those whom the rich would crowd out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Floor {
    /// Candidates who count.
    pub candidates: u64,
    /// Contacts that were to be kept for them.
    pub wanted: u64,
    /// Contacts with them.
    pub contacts: u64,
}

/// Plans a campaign.
pub fn plan(request: &Request<'_>, watcher: &dyn Watcher) -> Result<Plan> {
    request.params.check()?;
    watcher.stage(&format!("reading {}", request.feed));
    let mut desk = Desk::new(request)?;
    each(&request.feed, |rows| desk.look(rows))?;
    watcher.stage("giving out contacts");
    let (given, wanted) = desk.give();
    let plan = desk.plan(&given, wanted);
    let Some(path) = &request.list else { return Ok(plan) };
    if plan.verdict.run || request.anyway == Anyway::Yes {
        watcher.stage(&format!("writing {}", path.display()));
        let mut list = list::List::new(&given.taken, &desk);
        each(&request.feed, |rows| list.look(rows))?;
        let mut file = AtomicFile::create(path)?;
        file.write_all(&list.finish()).map_err(|e| Error::io(path, "write", e))?;
        file.commit()?;
    }
    let json = serde_json::to_string_pretty(&plan).unwrap_or_default() + "\n";
    store::write(&path.with_file_name("plan.json"), json.as_bytes())?;
    Ok(plan)
}

/// Hands the rows of a feed on, in order.
fn each(feed: &Input, mut look: impl FnMut(&Scene)) -> Result<()> {
    let column = |kind| move |name: &&str| Column { name: (*name).to_owned(), kind };
    let needed: Vec<Column> = ["customer_id", "quadrant", "channel_1", "arm"]
        .iter()
        .map(column(ColumnType::Text))
        .collect();
    let welcome: Vec<Column> = TEXTS
        .iter()
        .map(column(ColumnType::Text))
        .chain(NUMBERS.iter().map(column(ColumnType::Number)))
        .chain(["as_of", "contact_by"].iter().map(column(ColumnType::Date)))
        .collect();
    let params = ReadParams { missing: Vec::new(), ..ReadParams::default() };
    let (blocks, _) = sources::open_with(feed, &params, &needed, &welcome)?;
    for block in blocks {
        look(&Scene::new(block?.rows));
    }
    Ok(())
}

/// Texts of the feed that a plan reads.
const TEXTS: [&str; 16] = [
    "state",
    "value_band",
    "branch",
    "manager_id",
    "segment",
    "segment_label",
    "segments",
    "rule",
    "action",
    "action_label",
    "product",
    "offer",
    "channel_2",
    "script_id",
    "reason_1",
    "reason_2",
];

/// Numbers of the feed that a plan reads.
const NUMBERS: [&str; 6] = [
    "churn_probability",
    "reactivation_probability",
    "value",
    "value_at_risk",
    "offer_cost",
    "suppress_flag",
];

/// The day of a cell.
fn day_at(rows: &RecordBatch, name: &str, row: usize) -> Option<Day> {
    let days: &Date32Array = rows.column_by_name(name)?.as_any().downcast_ref()?;
    days.is_valid(row).then(|| Day(days.value(row)))
}

/// The error that says no.
pub fn refusal(plan: &Plan, list: Option<&Path>) -> Option<Error> {
    if plan.verdict.run {
        return None;
    }
    let what = format!(
        "do not run it: the list is expected to bring {:.0}, between {:.0} and {:.0}, and a profit with a chance of {:.0} %",
        plan.verdict.profit,
        plan.verdict.low,
        plan.verdict.high,
        plan.verdict.chance_of_profit * 100.0
    );
    let error = Error::new(Kind::DoNotRun, what);
    Some(match list {
        Some(path) => error.at(Place::File(path.to_owned())),
        None => error,
    })
}
