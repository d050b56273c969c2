//! `reveille models compare`.

use clap::Args;
use serde_json::json;

use super::super::{
    options::{ConfigFlags, ReadFlags, RegistryFlags},
    tables,
    ui::Ui,
};
use crate::{
    bundle::ModelRef,
    error::{Error, Kind, Place, Result},
    metrics::Contrast,
    pipeline::compare::{Comparison, Contrasts, OnRows, Request, Verdict, compare},
    sources::Input,
};

/// Compare two models on customers whose outcome is known.
///
/// Differences are paired, row by row: AUC by DeLong, log loss, expected profit, each with its 95 %
/// interval. Turnover says how much of the work list changes with the model.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  reveille models compare retail retail@2026-06-30 --on later.csv")]
pub(in super::super) struct Compare {
    /// The first model: NAME, NAME@VERSION or a path
    a: String,

    /// The second, which the differences are of
    b: String,

    /// Print as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    on: OnFlags,

    #[command(flatten)]
    registry: RegistryFlags,
}

/// What two models are compared on.
#[derive(Debug, Args)]
pub(super) struct OnFlags {
    /// Table of customers with their outcomes
    #[arg(long = "on", value_name = "DATA")]
    pub(super) data: Option<String>,

    /// Share of the customers that a campaign contacts
    #[arg(long, value_name = "SHARE", default_value_t = 0.1)]
    depth: f64,

    #[command(flatten)]
    read: ReadFlags,
    #[command(flatten)]
    config: ConfigFlags,
}

impl OnFlags {
    /// Compares two loaded models on these data.
    pub(super) fn compare(
        &self,
        data: &str,
        [a, b]: [&crate::bundle::registry::Loaded; 2],
        rows: OnRows,
        ui: &Ui,
    ) -> Result<Comparison> {
        let config = self.config.load()?;
        config.profit.check()?;
        if !(self.depth > 0.0 && self.depth <= 1.0) {
            return Err(Error::new(Kind::BadParameter, "the share must be above 0 and at most 1")
                .at(Place::Key("depth".to_owned())));
        }
        let mut read = config.read;
        self.read.apply(&mut read);
        let names = [a, b].map(|loaded| format!("{}@{}", loaded.bundle.name, loaded.version));
        let request = Request {
            a: (&names[0], &a.bundle),
            b: (&names[1], &b.bundle),
            input: &Input::parse(data),
            read: &read,
            profit: &config.profit,
            depth: self.depth,
            rows,
        };
        compare(&request, ui)
    }
}

impl Compare {
    pub(super) fn run(&self, ui: &Ui) -> Result<()> {
        let Some(data) = &self.on.data else {
            return Err(Error::new(Kind::Usage, "there is nothing to compare the models on")
                .hint_with("name a table with outcomes: --on later.csv"));
        };
        let registry = self.registry.open();
        let load = |text: &str| registry.load(&ModelRef::parse(text)?);
        let (a, b) = (load(&self.a)?, load(&self.b)?);
        let found = self.on.compare(data, [&a, &b], OnRows::All, ui)?;
        if self.json {
            let whole = json!({ "reveille": "compare", "version": 1, "comparison": found });
            return ui.out(&format!("{whole:#}\n"));
        }
        told(&found, ui)
    }
}

/// The comparison for people.
pub(super) fn told(found: &Comparison, ui: &Ui) -> Result<()> {
    for note in &found.notes {
        ui.warn(note);
    }
    if found.rejected > 0 {
        ui.warn(&format!("{} rows were set aside", found.rejected));
    }
    let mut text = format!("A  {}\nB  {}\n", found.a, found.b);
    for (name, population) in [("churn", &found.churn), ("reactivation", &found.reactivation)] {
        if let Some(contrasts) = population {
            text.push_str(&population_text(name, contrasts));
        }
    }
    ui.out(&text)
}

fn population_text(name: &str, found: &Contrasts) -> String {
    let head = ["", "A", "B", "B less A", "95 %", "p"].map(str::to_owned).to_vec();
    let top = format!("profit, top {} %", found.depth * 100.0);
    let rows = [
        ("AUC", &found.auc),
        ("log loss", &found.log_loss),
        ("profit, at break-even", &found.profit),
        (top.as_str(), &found.profit_at_depth),
    ];
    let mut lines = vec![head];
    lines.extend(rows.map(|(name, contrast)| line(name, contrast)));
    let turnover: Vec<String> = found
        .turnover
        .iter()
        .map(|list| format!("top {} %: {:.1} %", list.depth * 100.0, list.share * 100.0))
        .collect();
    format!(
        "\n{name}: {} events among {} customers\n{}work list replaced: {}\n{}\n",
        tables::thousands(found.events as f64),
        tables::thousands(found.rows as f64),
        tables::columns(&lines),
        turnover.join(", "),
        verdict(found)
    )
}

fn verdict(found: &Contrasts) -> String {
    match found.verdict {
        Verdict::Better => format!("B is better beyond chance in {}", found.better_in.join(", ")),
        Verdict::Worse => format!("B is worse beyond chance in {}", found.worse_in.join(", ")),
        Verdict::Even => "these customers do not tell the two apart".to_owned(),
    }
}

fn line(name: &str, found: &Contrast) -> Vec<String> {
    let figure = |x: f64| format!("{x:.4}");
    let signed = |x: f64| format!("{x:+.4}");
    let p =
        if found.p_value < 1e-4 { "<.0001".to_owned() } else { format!("{:.4}", found.p_value) };
    vec![
        name.to_owned(),
        figure(found.a),
        figure(found.b),
        signed(found.difference.value),
        format!("{} – {}", signed(found.difference.low), signed(found.difference.high)),
        p,
    ]
}
