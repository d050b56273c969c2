//! `reveille train`.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::{
    evaluate::write_report,
    options::{ConfigFlags, FitFlags, ReadFlags, RegistryFlags, RoleFlags},
    tables,
    ui::Ui,
};
use crate::{
    bundle::registry,
    config::Config,
    dataset::Problem,
    error::{Error, Kind, Result},
    output::{card, report::Report},
    pipeline::train::{Strictness, Trained, train, train_with_evidence},
    sources::Input,
    units::Language,
};

/// Train a model from customers and what became of them.
///
/// HISTORY is a table with one row a customer and snapshot: CSV (also .gz, .zst), Parquet or Arrow;
/// `-` is standard input. The model is validated on rows it has not seen, calibrated, and saved in
/// the registry.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  reveille train history.csv --churn Exited --value Balance
  reveille train history.csv --as-of as_of --churn churned_90d --reactivation reactivated_90d \\
      --dormant \"days_since_last_txn > 90\" --value \"aum * 0.012 + fees_12m\"")]
pub(super) struct Train {
    /// Table of customers and what became of them
    history: String,

    #[command(flatten)]
    roles: RoleFlags,
    #[command(flatten)]
    fit: FitFlags,

    /// Stop (exit 1) where a column gives the outcome away, rather than leave it out
    #[arg(long, help_heading = "Training")]
    strict: bool,

    /// Train and report, but save nothing
    #[arg(long, help_heading = "Training")]
    dry_run: bool,

    #[command(flatten)]
    read: ReadFlags,

    /// Where rows that were set aside are listed, if there are any
    #[arg(long, value_name = "FILE", default_value = "rejects.csv", help_heading = "Reading")]
    rejects: PathBuf,

    /// Write the report to this HTML file, and its figures beside it as JSON
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    report: Option<PathBuf>,

    /// Print every figure as JSON
    #[arg(long, help_heading = "Output")]
    json: bool,

    /// Language of the model card and the report: en or zh
    #[arg(
        long,
        env = "REVEILLE_LANG",
        default_value = "en",
        value_name = "LANG",
        help_heading = "Output"
    )]
    lang: Language,

    #[command(flatten)]
    registry: RegistryFlags,
    #[command(flatten)]
    config: ConfigFlags,
}

impl Train {
    pub(super) fn run(&self, ui: &Ui) -> Result<()> {
        let mut config = self.config.load()?;
        self.roles.apply(&mut config);
        self.fit.apply(&mut config)?;
        self.read.apply(&mut config.read);
        let strictness = if self.strict { Strictness::Strict } else { Strictness::LeaveOut };
        let input = Input::parse(&self.history);
        let rejects = Some(self.rejects.as_path());
        let (trained, evidence) = if self.report.is_some() {
            let (trained, evidence) =
                train_with_evidence(&input, &config, strictness, rejects, ui)?;
            (trained, Some(evidence))
        } else {
            (train(&input, &config, strictness, rejects, ui)?, None)
        };
        if !trained.rejects.is_empty() {
            let (count, file) = (trained.rejects.len(), self.rejects.display());
            ui.warn(&format!("{count} rows were set aside; {file} says why"));
        }
        let leaks = trained.findings.iter().filter(|finding| finding.problem.is_leakage());
        leaks.for_each(|leak| ui.warn(&format!("{} is left out: {}", leak.column, leak.evidence)));
        for finding in trained.findings.iter().filter(|f| f.problem == Problem::RowOrder) {
            ui.warn(&format!(
                "{} ({}); the order of rows is never learned from",
                finding.problem.words(),
                finding.evidence
            ));
        }
        self.save_and_tell(&trained, &config, ui)?;
        if let (Some(file), Some(evidence)) = (&self.report, &evidence) {
            let bundle = &trained.bundle;
            let model = format!("{}@{}", bundle.name, registry::version(bundle)?);
            let report = Report { bundle, model: &model, evidence, language: self.lang };
            write_report(file, &report, ui)?;
        }
        Ok(())
    }

    fn save_and_tell(&self, trained: &Trained, config: &Config, ui: &Ui) -> Result<()> {
        let bundle = &trained.bundle;
        let metrics = card::metrics_json(bundle);
        let mut saved = None;
        if !self.dry_run {
            let card = card::markdown(bundle, self.lang);
            saved = Some(self.registry.open().save(bundle, &card, &metrics)?);
        }
        if self.json {
            let mut whole: serde_json::Value = serde_json::from_str(&metrics)
                .map_err(|e| Error::new(Kind::Io, format!("cannot write JSON: {e}")))?;
            if let (Some(whole), Some(saved)) = (whole.as_object_mut(), &saved) {
                whole.insert(
                    "saved".to_owned(),
                    json!({
                        "name": config.train.name,
                        "version": saved.version.to_string(),
                        "folder": saved.folder,
                    }),
                );
            }
            return ui.out(&format!("{whole:#}\n"));
        }
        ui.out(&tables::trained(bundle))?;
        match saved {
            Some(saved) => ui.out(&format!(
                "\nsaved {}@{} in {:.1} s; the model card is {}\n",
                bundle.name,
                saved.version,
                ui.elapsed(),
                saved.folder.join("card.md").display()
            )),
            None => ui.out("\nnothing was saved (--dry-run)\n"),
        }
    }
}
