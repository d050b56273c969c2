//! `reveille demo`.

use std::{fmt::Write, path::PathBuf};

use clap::Args;

use super::{predict, tables, ui::Ui};
use crate::{
    bundle::{HeldOut, Model, Validation},
    error::Result,
    pipeline::demo::{Shown, demo},
    synth::SynthParams,
    units::{Language, Seed},
};

/// Make a synthetic bank, train on it, score it, and say what to look at.
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Folder for everything the demo makes
    #[arg(long, value_name = "DIR", default_value = "reveille-demo")]
    out: PathBuf,

    /// Number of customers of the bank
    #[arg(long, value_name = "N", default_value_t = 6000)]
    customers: u64,

    /// Number of month-end snapshots in its history
    #[arg(long, value_name = "M", default_value_t = 9)]
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
        let bank = SynthParams {
            customers: self.customers,
            months: self.months,
            seed: Seed(self.seed),
            ..SynthParams::default()
        };
        let shown = demo(&bank, &self.out, self.lang, ui)?;
        predict::warn(&shown.manifest, ui);
        ui.out(&story(&shown, self.lang, ui.elapsed()))
    }
}

fn story(shown: &Shown, language: Language, seconds: f64) -> String {
    let bundle = &shown.trained.bundle;
    let mut text = format!("{}\n", tables::quadrants(&shown.manifest, language));
    text.push_str(&tables::trained(bundle));
    for (name, model) in
        [("churn", Some(&bundle.churn)), ("reactivation", bundle.reactivation.as_ref())]
    {
        if let Some(words) = model.and_then(|model| best_and_worst(name, model)) {
            text.push_str(&words);
        }
    }
    let _ = write!(
        text,
        "\nin {seconds:.1} s; look next at\n  {}  today's customers, one row each\n  {}  the model card\n  {}  what was scored, and how far it has shifted\n  {}  the bank, with the truth in truth.csv\n",
        shown.feed.display(),
        shown.saved.folder.join("card.md").display(),
        shown.feed.with_file_name("manifest.json").display(),
        shown.bank.display(),
    );
    text
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
