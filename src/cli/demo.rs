//! `reveille demo`.

use std::{fmt::Write, path::PathBuf};

use clap::Args;

use super::{predict, tables, ui::Ui};
use crate::{
    bundle::{HeldOut, Model, Validation},
    error::Result,
    history::{RawTable, SnapshotFacts},
    pipeline::{
        demo::{DemoParams, Shown, demo},
        features::Built,
    },
    units::{Language, Seed},
};

/// Make a synthetic bank, train on it, score it, and say what to look at.
///
/// From the bank's raw files (customers, balances, transactions and so on) the feature table of the past
/// months is built, with what became of each customer; both models are trained on it; and the customers
/// of today are scored into a feed.
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Folder for everything the demo makes
    #[arg(long, value_name = "DIR", default_value = "reveille-demo")]
    out: PathBuf,

    /// Number of customers of the bank
    #[arg(long, value_name = "N", default_value_t = 5000)]
    customers: u64,

    /// Number of month-end snapshots to learn from
    #[arg(long, value_name = "M", default_value_t = 6)]
    months: u32,

    /// Seed of the bank and of every random choice
    #[arg(long, env = "REVEILLE_SEED", value_name = "N", default_value_t = 1)]
    seed: u64,

    /// Language of the words: en or zh
    #[arg(long, env = "REVEILLE_LANG", default_value = "en", value_name = "LANG")]
    lang: Language,
}

impl Demo {
    pub(super) fn run(&self, ui: &Ui) -> Result<()> {
        let bank =
            DemoParams { customers: self.customers, months: self.months, seed: Seed(self.seed) };
        let shown = demo(&bank, &self.out, self.lang, ui)?;
        predict::warn(&shown.manifest, ui);
        ui.out(&story(&shown, self.lang, ui.elapsed()))
    }
}

fn story(shown: &Shown, language: Language, seconds: f64) -> String {
    let bundle = &shown.trained.bundle;
    let mut text = format!(
        "{}\n{}\n",
        learned_from(&shown.built),
        tables::quadrants(&shown.manifest, language)
    );
    text.push_str(&tables::trained(bundle));
    for (name, model) in
        [("churn", Some(&bundle.churn)), ("reactivation", bundle.reactivation.as_ref())]
    {
        if let Some(words) = model.and_then(|model| best_and_worst(name, model)) {
            text.push_str(&words);
        }
    }
    let beside = |name: &str| shown.feed.with_file_name(name).display().to_string();
    let feed = shown.feed.display();
    let card = shown.saved.folder.join("card.md");
    let (models, history) = (beside("models"), shown.history.display());
    let (bank, manifest, report) =
        (shown.bank.display(), beside("manifest.json"), beside("report.html"));
    let _ = write!(
        text,
        "\nin {seconds:.1} s; look next at\n  {feed}  today's customers, one row each: who they are, what to do, why\n  {}  the model card\n  {manifest}  what was scored, and how far it has shifted\n  {bank}  the bank's raw files; what is true of it is in truth_*.csv\nor run\n  reveille evaluate {history} --models {models} --backtest 1 --report {report}\n  reveille dormancy --history {bank}\n  reveille campaign plan {feed}\n",
        card.display(),
    );
    text
}

/// What became of the raw files.
fn learned_from(built: &Built) -> String {
    let number = |count: u64| tables::thousands(count as f64);
    let rows =
        |of: RawTable| built.quality.tables.iter().find(|t| t.table == of).map_or(0, |t| t.rows);
    let as_of = |facts: Option<&SnapshotFacts>| {
        facts.map_or_else(String::new, |facts| facts.maturity.as_of.to_string())
    };
    format!(
        "{} customers with {} transactions became {} rows of {} columns: {} month-ends from {} to {}, with what became of each customer within 90 days\n",
        number(built.quality.customers),
        number(rows(RawTable::Transactions)),
        number(built.rows),
        built.columns.len(),
        built.snapshots.len(),
        as_of(built.snapshots.first()),
        as_of(built.snapshots.last()),
    )
}

/// What the kept model does best and worst: on later data where there are any, else out of fold.
fn best_and_worst(name: &str, model: &Model) -> Option<String> {
    let kept = model.fitted.name();
    let judged =
        |v: &&Validation| v.learner == kept && !matches!(v.split, HeldOut::LaterUnseen { .. });
    let metrics = &model.validations.iter().rfind(judged)?.metrics;
    let top = metrics.depths.iter().find(|d| (d.depth - 0.1).abs() < 1e-9)?;
    let worst = metrics.calibration_curve.iter().max_by(|a, b| {
        let gap = |p: &crate::metrics::CalibrationPoint| (p.mean_predicted - p.observed).abs();
        gap(a).total_cmp(&gap(b))
    })?;
    Some(format!(
        "\n{name} at its best: the riskiest tenth holds {:.0} % of all events, {:.1} times its share\n{name} at its worst: where it says {:.0} %, {:.0} % came true ({} customers)\n",
        top.capture * 100.0,
        top.lift,
        worst.mean_predicted * 100.0,
        worst.observed * 100.0,
        worst.rows,
    ))
}
