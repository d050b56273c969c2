//! `reveille dormancy`.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::{
    evaluate::{beside, write_page},
    features::folder,
    options::{ConfigFlags, ReadFlags},
    tables,
    ui::Ui,
};
use crate::{
    error::Result,
    history::{Group, Learned, Level},
    output::report::dormancy as page,
    pipeline::dormancy::{Request, dormancy},
    units::Language,
};

/// Learn from raw history when a quiet customer counts as dormant.
///
/// For the bank and each branch: how likely a customer who has been quiet for so many days is to return
/// within the horizon, and from which day on that is less likely than the limit. The thresholds can be
/// written as rules for the configuration, for `features` to apply.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  reveille dormancy --history raw
  reveille dormancy --history raw --report dormancy.html
  reveille dormancy --history raw --level branch,sub_branch --limit 0.05 --rules > thresholds.toml")]
pub(super) struct Dormancy {
    /// Folder of the raw files; history.folder of the configuration if not given
    #[arg(long, value_name = "DIR")]
    history: Option<PathBuf>,

    /// Days within which a return counts [default: 90]
    #[arg(long, value_name = "DAYS")]
    horizon: Option<usize>,

    /// A customer is dormant where a return is less likely than this [default: 0.1]
    #[arg(long, value_name = "SHARE")]
    limit: Option<f64>,

    /// Levels for which thresholds are learned: hq, branch, sub_branch [default: branch]
    #[arg(long, value_name = "LEVEL,…", value_delimiter = ',', value_parser = level)]
    level: Vec<Level>,

    /// Customers that a group must have; smaller ones inherit [default: 500]
    #[arg(long, value_name = "N")]
    min_customers: Option<u64>,

    /// Write a page with the curves and thresholds to this HTML file, and its figures beside it as JSON
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    report: Option<PathBuf>,

    /// Language of the page: en or zh
    #[arg(
        long,
        env = "REVEILLE_LANG",
        default_value = "en",
        value_name = "LANG",
        help_heading = "Output"
    )]
    lang: Language,

    /// Print the thresholds as rules for the configuration
    #[arg(long, conflicts_with = "json", help_heading = "Output")]
    rules: bool,

    /// Print thresholds and curves as JSON
    #[arg(long, help_heading = "Output")]
    json: bool,

    #[command(flatten)]
    read: ReadFlags,
    #[command(flatten)]
    config: ConfigFlags,
}

fn level(text: &str) -> std::result::Result<Level, String> {
    match text {
        "hq" => Ok(Level::Hq),
        "branch" => Ok(Level::Branch),
        "sub_branch" => Ok(Level::SubBranch),
        _ => Err("there are hq, branch and sub_branch".to_owned()),
    }
}

fn name(level: Option<Level>) -> &'static str {
    match level {
        None => "bank",
        Some(Level::Hq) => "hq",
        Some(Level::Branch) => "branch",
        Some(Level::SubBranch) => "sub_branch",
    }
}

impl Dormancy {
    pub(super) fn run(&self, ui: &Ui) -> Result<()> {
        let config = self.config.load()?;
        let (mut history, mut read) = (config.history, config.read);
        self.read.apply(&mut read);
        let learn = &mut history.learn;
        learn.horizon_days = self.horizon.unwrap_or(learn.horizon_days);
        learn.limit = self.limit.unwrap_or(learn.limit);
        learn.min_customers = self.min_customers.unwrap_or(learn.min_customers);
        if !self.level.is_empty() {
            learn.levels.clone_from(&self.level);
        }
        if let Some(file) = &self.report {
            beside(file)?;
        }
        let folder = folder(self.history.as_ref(), history.folder.as_ref())?;
        let learned = dormancy(&Request { folder, history, read }, ui)?;
        if let Some(file) = &self.report {
            let (html, json) = (page::html(&learned, self.lang), page::json(&learned));
            write_page(file, "page", &html, &json, ui)?;
        }
        ui.out(&match (self.json, self.rules) {
            (true, _) => page::json(&learned),
            (_, true) => as_rules(&learned),
            _ => as_text(&learned),
        })
    }
}

/// The thresholds as they stand in a configuration.
fn as_rules(learned: &Learned) -> String {
    let mut text = format!(
        "# A return within {} days is less likely than {} for customers quiet for longer.\n",
        learned.horizon_days, learned.limit
    );
    for group in &learned.groups {
        let Some(days) = group.days else { continue };
        let rule = match group.level {
            None => format!("[history.dormancy]\ndays = {days}\n"),
            Some(level) => format!(
                "\n[[history.dormancy.rules]]\nlevel = \"{}\"\nkey = {}\ndays = {days}\n",
                name(Some(level)),
                json!(group.key)
            ),
        };
        text.push_str(&rule);
    }
    text
}

fn as_text(learned: &Learned) -> String {
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    let mut rows = vec![
        ["group", "", "customers", "dormant after", "95 % interval", "quiet today", "back anyway"]
            .map(str::to_owned)
            .to_vec(),
    ];
    for group in &learned.groups {
        let days = |days: Option<i32>| days.map_or_else(|| "?".to_owned(), |days| days.to_string());
        let today = group.moved.iter().find(|moved| Some(moved.days) == group.days);
        rows.push(vec![
            name(group.level).to_owned(),
            group.key.clone(),
            tables::thousands(group.customers as f64),
            group.days.map_or_else(|| "never".to_owned(), |days| format!("{days} days")),
            format!("{} to {}", days(group.days_low), days(group.days_high)),
            today.map_or_else(String::new, |moved| tables::thousands(moved.dormant as f64)),
            today.map_or_else(String::new, |moved| tables::thousands(moved.back_by_themselves)),
        ]);
    }
    let bank = learned.groups.first().map_or_else(String::new, curve);
    let cost = learned.groups.first().map_or_else(String::new, moved);
    format!(
        "A customer is dormant where a return within {} days is less likely than {}.\n\n{}\n{bank}\n{cost}",
        learned.horizon_days,
        percent(learned.limit),
        tables::columns(&rows),
    )
}

/// The curve of a group, drawn.
fn curve(group: &Group) -> String {
    const WIDTH: f64 = 50.0;
    let mut text = "Chance of a return by quiet days, whole bank:\n".to_owned();
    let last = group.days.map_or(i32::MAX, |days| 4 * days);
    let shown: Vec<_> = group.curve.iter().filter(|point| point.days <= last).collect();
    for point in shown.iter().step_by(shown.len().div_ceil(24).max(1)) {
        let bar = "█".repeat((point.chance * WIDTH).round() as usize);
        let share = 100.0 * point.chance;
        text.push_str(format!("  {:>4} {share:>5.1} %  {bar}", point.days).trim_end());
        text.push('\n');
    }
    text
}

/// What another threshold would change.
fn moved(group: &Group) -> String {
    if group.moved.is_empty() {
        return String::new();
    }
    let mut rows = vec![
        ["  threshold", "dormant today", "back by themselves", "reached too late"]
            .map(str::to_owned)
            .to_vec(),
    ];
    for moved in &group.moved {
        rows.push(vec![
            format!("  {} days", moved.days),
            tables::thousands(moved.dormant as f64),
            tables::thousands(moved.back_by_themselves),
            tables::thousands(moved.missed),
        ]);
    }
    format!("If the threshold moved, whole bank:\n{}", tables::columns(&rows))
}
