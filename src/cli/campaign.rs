//! `reveille campaign`.

use std::{fmt::Write, path::PathBuf};

use clap::{Args, Subcommand};

use super::{options::ConfigFlags, tables, ui::Ui};
use crate::{
    error::Result,
    pipeline::{
        campaign::{Anyway, Plan as Planned, Request, plan, refusal},
        playbook,
    },
    playbook::Book,
    sources::Input,
};

/// Plan a campaign from a feed: who is contacted, how, and whether it is worth it.
#[derive(Debug, Subcommand)]
pub(super) enum Campaign {
    Plan(Plan),
}

/// Give out the contacts there are room for, and say whether to run the campaign.
///
/// Each customer of the feed with an action is weighed: value at risk times what the channel keeps,
/// less its cost. Channels, branches, managers and the budget limit the list; a share of it is kept
/// for passive customers and those of low value. Customers who are suppressed or left alone are never
/// on it. Exit status 1 means: do not run it; then no list is written.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  reveille campaign plan feed.csv -o list.csv --capacity phone=500 --capacity sms=20000
  reveille campaign plan feed.csv -o list.csv --per-manager 20 --budget 10000
  reveille campaign plan feed.csv --previous last-list.csv --max-turnover 0.3 --json")]
pub(super) struct Plan {
    /// The feed that `reveille predict` wrote
    feed: String,

    /// The list, by rank; plan.json stands beside it. Nothing is written if not given
    #[arg(long, short, alias = "out", value_name = "LIST")]
    output: Option<PathBuf>,

    /// Contacts that a channel can make, e.g. phone=500; others have no limit
    #[arg(long, value_name = "CHANNEL=N", value_parser = capacity)]
    capacity: Vec<(String, u32)>,

    /// Personal contacts that each branch can make
    #[arg(long, value_name = "N")]
    per_branch: Option<u32>,

    /// Personal contacts that each manager can make
    #[arg(long, value_name = "N")]
    per_manager: Option<u32>,

    /// Money for contacts and offers
    #[arg(long, value_name = "MONEY")]
    budget: Option<f64>,

    /// Share of the contacts that is kept for passive customers and those of low value [default: 0.2]
    #[arg(long, value_name = "SHARE")]
    floor: Option<f64>,

    /// The last list, of which most customers are to stay
    #[arg(long, value_name = "LIST")]
    previous: Option<PathBuf>,

    /// Newcomers at most, as a share of the last list [default: 0.5]
    #[arg(long, value_name = "SHARE")]
    max_turnover: Option<f64>,

    /// The playbook that made the feed; that of the configuration, or else the shipped one, if not given
    #[arg(long, value_name = "FILE")]
    playbook: Option<PathBuf>,

    /// Write the list even where it is not worth it
    #[arg(long)]
    anyway: bool,

    /// Print the plan as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    config: ConfigFlags,
}

fn capacity(text: &str) -> std::result::Result<(String, u32), String> {
    let (channel, count) = text.split_once('=').ok_or("write CHANNEL=N, e.g. phone=500")?;
    let count = count.parse().map_err(|_| format!("{count:?} is not a number of contacts"))?;
    Ok((channel.to_owned(), count))
}

impl Campaign {
    pub(super) fn run(&self, ui: &Ui) -> Result<()> {
        match self {
            Self::Plan(plan) => plan.run(ui),
        }
    }
}

impl Plan {
    fn run(&self, ui: &Ui) -> Result<()> {
        let config = self.config.load()?;
        let book = match self.playbook.as_deref().or(config.playbook.file.as_deref()) {
            Some(file) => playbook::parse(&playbook::read(file)?, Some(file))?,
            None => Book::shipped()?,
        };
        let mut params = config.campaign.clone();
        params.capacity.extend(self.capacity.iter().cloned());
        params.per_branch = self.per_branch.or(params.per_branch);
        params.per_manager = self.per_manager.or(params.per_manager);
        params.budget = self.budget.or(params.budget);
        params.floor = self.floor.unwrap_or(params.floor);
        params.max_turnover = self.max_turnover.unwrap_or(params.max_turnover);
        let request = Request {
            feed: Input::parse(&self.feed),
            book: &book,
            params: &params,
            previous: self.previous.clone(),
            list: self.output.clone(),
            anyway: if self.anyway { Anyway::Yes } else { Anyway::No },
        };
        let planned = plan(&request, ui)?;
        if self.json {
            let json = serde_json::to_string_pretty(&planned).unwrap_or_default();
            ui.out(&format!("{json}\n"))?;
        } else {
            ui.out(&story(&planned))?;
        }
        match refusal(&planned, self.output.as_deref()) {
            Some(no) if !self.anyway => Err(no),
            _ => Ok(()),
        }
    }
}

fn story(plan: &Planned) -> String {
    let mut lines = vec![customers(plan)];
    lines.extend(worth(plan));
    if let (Some(stayed), Some(new)) = (plan.stayed, plan.newcomers) {
        lines.push(format!("{stayed} stayed from the last list, {new} are new"));
    }
    lines.push(limits(plan));
    let gini = plan.gini.map(|gini| format!("Gini of contacts over branches {gini:.2}; "));
    lines.push(format!(
        "{}{} of {} contacts with passive customers and those of low value",
        gini.unwrap_or_default(),
        plan.floor.contacts,
        plan.verdict.contacts
    ));
    lines.push(if plan.verdict.run { "run it" } else { "do not run it" }.to_owned());
    lines.join("\n") + "\n"
}

fn customers(plan: &Planned) -> String {
    let count = |n: u64| tables::thousands(n as f64);
    format!(
        "{} customers: {} candidates, {} left alone to measure, {} suppressed",
        count(plan.customers),
        count(plan.candidates),
        count(plan.held),
        count(plan.suppressed),
    )
}

/// What the list is worth, how sure that is, and how it could be shown.
fn worth(plan: &Planned) -> Vec<String> {
    let money = tables::thousands;
    let verdict = &plan.verdict;
    let mut lines = vec![
        format!(
            "{} contacts cost {} and keep {}: a profit of {} (90 %: {} to {}), above 0 with a chance of {:.0} %",
            money(verdict.contacts as f64),
            money(verdict.cost),
            money(verdict.kept),
            money(verdict.profit),
            money(verdict.low),
            money(verdict.high),
            verdict.chance_of_profit * 100.0,
        ),
        format!("at least {:.2} % of the best plan there is", plan.share_of_best * 100.0),
    ];
    if let Some(share) = verdict.break_even {
        lines.push(format!("it pays for itself at {:.0} % of the assumed success", share * 100.0));
    }
    let effect = format!("the effect, {:.2} points,", verdict.effect * 100.0);
    lines.push(match verdict.holdout_needed {
        Some(needed) => format!(
            "{effect} can be shown with {} customers left alone; there are {}",
            money(needed as f64),
            money(plan.held as f64)
        ),
        None => format!("{effect} is too small to be shown on so few customers"),
    });
    lines
}

/// The limits, those first where one more would bring most.
fn limits(plan: &Planned) -> String {
    const SHOWN: usize = 12;
    let row = |cells: [&str; 4]| cells.map(str::to_owned).to_vec();
    let mut rows = vec![row(["limit", "contacts", "of", "one more would bring"])];
    let mut limited: Vec<_> = plan.resources.iter().collect();
    limited.sort_by(|a, b| b.worth_of_one_more.total_cmp(&a.worth_of_one_more));
    for resource in limited.iter().take(SHOWN) {
        let of = match resource.capacity {
            None => "no limit".to_owned(),
            Some(capacity) => tables::thousands(f64::from(capacity)),
        };
        let contacts = tables::thousands(f64::from(resource.used));
        let worth = format!("{:.2}", resource.worth_of_one_more);
        rows.push(vec![resource.name.clone(), contacts, of, worth]);
    }
    let mut text = tables::columns(&rows).trim_end().to_owned();
    let more = limited.len().saturating_sub(SHOWN);
    if more > 0 {
        let _ = write!(text, "\nand {more} more, in plan.json");
    }
    text
}
