//! `reveille monitor`.

use std::{fmt::Write as _, path::PathBuf};

use clap::Args;
use serde_json::json;

use super::{
    clock,
    options::{ConfigFlags, ReadFlags, RegistryFlags},
    tables,
    ui::Ui,
};
use crate::{
    bundle::{
        ModelRef,
        registry::{Event, Loaded},
    },
    config::Config,
    error::{Error, Kind, Result},
    output::card,
    pipeline::monitor::{Health, Request, Watched, alarms::Alarm, monitor, refresh::refresh},
    sources::{Input, ReadParams},
    units::Language,
};

/// Watch current customers: have they changed, does the model still hold?
///
/// Compares the columns with those of training (PSI, missing, unseen, out of range), tells what the
/// model's own probabilities let expect and, with --outcomes, what came of it. An alarm (exit 1) is
/// raised where a limit of [monitor] in the configuration is passed beyond chance.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  reveille monitor current.csv
  reveille monitor current.csv --since last-feed.csv --alerts changes.csv --json
  reveille monitor march.csv --outcomes june.csv --refresh")]
pub(super) struct Monitor {
    /// Table of the current customers; `-` is standard input
    #[arg(required_unless_present = "table")]
    current: Option<String>,

    /// The same table, by a flag
    #[arg(long = "current", id = "table", value_name = "TABLE", conflicts_with = "current")]
    table: Option<String>,

    /// NAME, NAME@VERSION or a path; the only model of the registry if not given
    #[arg(long, short, value_name = "MODEL")]
    model: Option<String>,

    /// Table of what became of them: the id, the as-of date and the outcome columns of the history
    #[arg(long, value_name = "FILE")]
    outcomes: Option<String>,

    /// An earlier feed of `reveille predict`: customers whose state has changed since are listed
    #[arg(long, value_name = "FEED")]
    since: Option<String>,

    /// Where they are listed
    #[arg(long, value_name = "FILE", default_value = "changes.csv")]
    alerts: PathBuf,

    /// An earlier table of customers to hold branches and other groups against
    #[arg(long, value_name = "FILE")]
    baseline: Option<String>,

    /// Columns to tell customers apart by, besides the month [default: branch, where there is one]
    #[arg(long, value_name = "COL,…", value_delimiter = ',')]
    by: Vec<String>,

    /// Save a new version with the intercepts that are offered; it waits for `reveille models promote`
    #[arg(long)]
    refresh: bool,

    /// Write nothing: no line in the history of the model, no new version
    #[arg(long, conflicts_with_all = ["refresh", "since"])]
    dry_run: bool,

    /// Print as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    read: ReadFlags,
    #[command(flatten)]
    registry: RegistryFlags,
    #[command(flatten)]
    config: ConfigFlags,
}

impl Monitor {
    fn table(&self) -> &str {
        self.current.as_ref().or(self.table.as_ref()).map_or("-", String::as_str)
    }

    pub(super) fn run(&self, ui: &Ui) -> Result<()> {
        let mut config = self.config.load()?;
        self.read.apply(&mut config.read);
        if !self.by.is_empty() {
            config.monitor.by.clone_from(&self.by);
        }
        let reference = self.registry.reference(self.model.as_deref())?;
        let loaded = self.registry.open().load(&reference)?;
        let read = config.read.clone();
        let watched = self.watch(&loaded, &config, &read, ui)?;
        let is_kept = !matches!(reference, ModelRef::Path(_)) && !self.dry_run;
        if is_kept {
            let event = Event::Monitored {
                version: loaded.version.to_string(),
                on: self.table().to_owned(),
                ok: watched.ok,
                summary: summary(&watched),
            };
            self.registry.open().record(&loaded.bundle.name, clock::now(), event)?;
        }
        let refreshed = self.refreshed(&loaded, &watched, &config)?;
        if self.json {
            let whole = json!({
                "reveille": "monitor", "version": 1, "watched": watched, "refreshed": refreshed,
            });
            ui.out(&format!("{whole:#}\n"))?;
        } else {
            self.told(&watched, refreshed.as_deref(), ui)?;
        }
        match watched.alarms.first() {
            None => Ok(()),
            Some(first) => {
                let count = watched.alarms.len();
                let what = format!("{count} alarms, first of all: {}", words(first));
                Err(Error::new(Kind::Alarm, what))
            }
        }
    }

    fn watch(
        &self,
        loaded: &Loaded,
        config: &Config,
        read: &ReadParams,
        ui: &Ui,
    ) -> Result<Watched> {
        let input = |text: &Option<String>| text.as_deref().map(Input::parse);
        let (outcomes, baseline) = (input(&self.outcomes), input(&self.baseline));
        let since = input(&self.since);
        let request = Request {
            bundle: &loaded.bundle,
            model: format!("{}@{}", loaded.bundle.name, loaded.version),
            current: &Input::parse(self.table()),
            baseline: baseline.as_ref(),
            outcomes: outcomes.as_ref(),
            since: since.as_ref().map(|feed| (feed, self.alerts.clone())),
            read,
            params: &config.monitor,
            profit: &config.profit,
        };
        monitor(&request, ui)
    }

    /// The new version, where one was asked for and is offered.
    fn refreshed(
        &self,
        loaded: &Loaded,
        watched: &Watched,
        config: &Config,
    ) -> Result<Option<String>> {
        if !self.refresh {
            return Ok(None);
        }
        let from = loaded.version.to_string();
        let Some(new) = refresh(&loaded.bundle, &from, watched, config.monitor.alpha)? else {
            return Ok(None);
        };
        let registry = self.registry.open();
        let (card, metrics) = (card::markdown(&new, Language::En), card::metrics_json(&new));
        let version = registry.add(&new, &card, &metrics)?.version.to_string();
        let event = Event::Refreshed { version: version.clone(), from, summary: summary(watched) };
        registry.record(&new.name, clock::now(), event)?;
        Ok(Some(format!("{}@{version}", new.name)))
    }

    fn told(&self, watched: &Watched, refreshed: Option<&str>, ui: &Ui) -> Result<()> {
        watched.notes.iter().for_each(|note| ui.say(&format!("note: {note}")));
        if watched.rejected > 0 {
            ui.warn(&format!("{} rows were set aside", watched.rejected));
        }
        ui.out(&text(watched))?;
        if let Some(counts) = &watched.alerts {
            let each: Vec<String> = counts.iter().map(|(kind, n)| format!("{kind} {n}")).collect();
            let all = if each.is_empty() { "nobody".to_owned() } else { each.join(", ") };
            ui.out(&format!(
                "\nchanged since the earlier feed: {all}; {}\n",
                self.alerts.display()
            ))?;
        }
        match refreshed {
            Some(name) => ui.out(&format!(
                "\nsaved {name} with the new intercepts; `reveille models promote {name}` puts it in use\n"
            )),
            None if self.refresh => ui.out("\nno new intercept is called for: nothing was saved\n"),
            None => Ok(()),
        }
    }
}

/// The figures in short, for the history.
fn summary(watched: &Watched) -> serde_json::Value {
    let health = |health: &Option<Health>| {
        health.as_ref().map(|h| {
            json!({
                "expected_rate": h.expected.base_rate,
                "expected_auc": h.expected.auc,
                "auc": h.real.as_ref().map(|real| real.auc.value),
                "observed_to_expected": h.observed_to_expected,
            })
        })
    };
    let farthest = watched.columns.first().map(|c| json!({ "name": c.name, "psi": c.psi }));
    json!({
        "rows": watched.rows,
        "as_of": watched.as_of,
        "alarms": watched.alarms.iter().take(10).map(words).collect::<Vec<_>>(),
        "alarm_count": watched.alarms.len(),
        "farthest": farthest,
        "churn": health(&watched.churn),
        "reactivation": health(&watched.reactivation),
    })
}

/// An alarm in words.
fn words(alarm: &Alarm) -> String {
    let (figure, limit) = (alarm.figure, alarm.limit);
    let share = |x: f64| format!("{:+.1} %", x * 100.0);
    let of = &alarm.of;
    let group = alarm.group.as_ref().map_or_else(String::new, |group| format!(" in {group}"));
    match alarm.what {
        "shift" => format!("{of} has shifted{group} (PSI {figure:.2}, limit {limit})"),
        "missing" => format!(
            "{of} is missing {} of cells against training (limit {})",
            share(figure),
            share(limit)
        ),
        "unseen" => {
            format!("{of} has {} unknown categories (limit {})", share(figure), share(limit))
        }
        "outside" => format!(
            "{of} lies outside the range of training in {} of rows (limit {})",
            share(figure),
            share(limit)
        ),
        "expected_auc" => {
            format!("{of}: the AUC to expect is {figure:.3} below validation (limit {limit})")
        }
        "auc" => format!("{of}: the AUC is {figure:.3} below validation (limit {limit})"),
        "base_rate" => format!(
            "{of}: the base rate to expect is {} against training (limit {})",
            share(figure),
            share(limit)
        ),
        _ => format!(
            "{of}: {} events against those expected (limit {})",
            share(figure),
            share(limit)
        ),
    }
}

/// Columns that are listed.
const LISTED: usize = 10;

fn text(watched: &Watched) -> String {
    let mut text = format!(
        "{}: {} customers, {} of them scored\n",
        watched.model,
        tables::thousands(watched.rows as f64),
        tables::thousands(watched.scored as f64)
    );
    for (name, health) in [("churn", &watched.churn), ("reactivation", &watched.reactivation)] {
        if let Some(health) = health {
            text.push_str(&health_text(name, health));
        }
    }
    let percent = |x: f64| format!("{:.1} %", x * 100.0);
    let mut rows = vec![
        ["column", "PSI", "by chance", "missing", "at training", "unseen", "out of range"]
            .map(str::to_owned)
            .to_vec(),
    ];
    for column in watched.columns.iter().take(LISTED) {
        let chance = if column.p_value < 1e-4 {
            "<.0001".to_owned()
        } else {
            format!("{:.4}", column.p_value)
        };
        rows.push(vec![
            column.name.clone(),
            format!("{:.3}", column.psi),
            chance,
            percent(column.missing),
            percent(column.missing_trained),
            column.unseen.map_or_else(String::new, percent),
            percent(column.outside),
        ]);
    }
    let _ = write!(
        text,
        "\nthe columns that have moved most, of {}:\n{}",
        watched.columns.len(),
        tables::columns(&rows)
    );
    if watched.alarms.is_empty() {
        let _ = writeln!(text, "\nno alarm in {} checks", watched.checks);
    } else {
        text.push_str("\nalarms:\n");
        for alarm in &watched.alarms {
            let _ = writeln!(text, "  {}", words(alarm));
        }
    }
    text
}

fn health_text(name: &str, health: &Health) -> String {
    let percent = |x: f64| format!("{:.1} %", x * 100.0);
    let mut text = format!(
        "{name}: {} of {} to expect ({} at training); AUC {:.3} to expect",
        percent(health.expected.base_rate),
        tables::thousands(health.expected.rows as f64),
        percent(health.trained_rate),
        health.expected.auc
    );
    if let Some(validated) = health.validated_auc {
        let _ = write!(text, " ({validated:.3} at validation)");
    }
    text.push('\n');
    if let Some(real) = &health.real {
        let _ = writeln!(
            text,
            "  it came to {} of {}; AUC {:.3} ({:.3}–{:.3}), log loss {:.4}, slope {:.2}",
            percent(real.base_rate),
            tables::thousands(real.rows as f64),
            real.auc.value,
            real.auc.low,
            real.auc.high,
            real.log_loss,
            real.calibration_slope
        );
    }
    if let Some(intercept) = health.intercept.filter(|i| i.p_value <= 0.05) {
        let _ = writeln!(
            text,
            "  a new intercept is offered: {:+.3} log odds; --refresh saves it",
            intercept.shift
        );
    }
    text
}
