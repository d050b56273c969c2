//! `reveille train`.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::{
    clock,
    evaluate::write_report,
    options::{ConfigFlags, FitFlags, ReadFlags, RegistryFlags, RoleFlags},
    tables,
    ui::Ui,
};
use crate::{
    bundle::{
        ModelRef,
        registry::{self, Event},
    },
    config::Config,
    dataset::Problem,
    error::{Error, Kind, Result},
    output::{card, report::Report},
    pipeline::{
        reproduce::{Differs, reproduce},
        train::{Strictness, Trained, train, train_with_evidence},
    },
    sources::Input,
    units::Language,
};

/// Train a model from customers and what became of them.
///
/// HISTORY is a table with one row a customer and snapshot: CSV (also .gz, .zst), Parquet or Arrow;
/// `-` is standard input. The model is validated on rows it has not seen, calibrated, and saved in
/// the registry.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[command(after_help = "Examples:
  reveille train history.csv --churn Exited --value Balance
  reveille train history.csv --reproduce retail@2026-03-31-0123456789ab
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

    /// Put the new version in use at once, whatever is in use; without it the first version of a name
    /// is put in use, and a later one waits for `reveille models promote`
    #[arg(long, help_heading = "Training")]
    promote: bool,

    /// Make this version again from HISTORY with the configuration it holds, and say whether the bytes
    /// are the same (exit 1 where not); nothing is saved
    #[arg(long, value_name = "MODEL", help_heading = "Training")]
    reproduce: Option<String>,

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
        if let Some(model) = &self.reproduce {
            return self.again(model, &config, ui);
        }
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

    fn again(&self, model: &str, config: &Config, ui: &Ui) -> Result<()> {
        let loaded = self.registry.open().load(&ModelRef::parse(model)?)?;
        let present = self.config.is_given().then_some(config);
        let input = Input::parse(&self.history);
        let found = reproduce(&input, &loaded.bundle, present, ui)?;
        let name = format!("{}@{}", loaded.bundle.name, loaded.version);
        if self.json {
            let whole = json!({ "reveille": "reproduce", "version": 1, "model": name, "reproduced": found });
            ui.out(&format!("{whole:#}\n"))?;
        } else if found.same {
            ui.out(&format!("{name} made again: the same {} bytes\n", found.bytes))?;
        } else {
            let line = |d: &Differs| vec![d.what.to_owned(), d.was.clone(), d.now.clone()];
            let head = ["differs", "was", "is now"].map(str::to_owned).to_vec();
            let lines: Vec<_> =
                std::iter::once(head).chain(found.differs.iter().map(line)).collect();
            ui.out(&tables::columns(&lines))?;
        }
        if found.same {
            return Ok(());
        }
        let causes: Vec<&str> = found.differs.iter().map(|differs| differs.what).collect();
        Err(Error::new(
            Kind::NotReproduced,
            format!("{name} cannot be made again: {} differ", causes.join(", ")),
        ))
    }

    fn save_and_tell(&self, trained: &Trained, config: &Config, ui: &Ui) -> Result<()> {
        let bundle = &trained.bundle;
        let metrics = card::metrics_json(bundle);
        let mut saved = None;
        if !self.dry_run {
            let card = card::markdown(bundle, self.lang);
            let registry = self.registry.open();
            let added = registry.add(bundle, &card, &metrics)?;
            let champion = registry.in_use(&bundle.name)?;
            let in_use = self.promote || champion.is_none();
            let version = added.version.to_string();
            let data = bundle.data.digest.clone();
            let event = Event::Trained { version, in_use, data };
            registry.record(&bundle.name, clock::now(), event)?;
            if in_use {
                registry.put_in_use(&bundle.name, &added.version)?;
            }
            let waits_for = champion.filter(|champion| !in_use && *champion != added.version);
            saved = Some((added, waits_for));
        }
        if self.json {
            let mut whole: serde_json::Value = serde_json::from_str(&metrics)
                .map_err(|e| Error::new(Kind::Io, format!("cannot write JSON: {e}")))?;
            if let (Some(whole), Some((saved, waits_for))) = (whole.as_object_mut(), &saved) {
                whole.insert(
                    "saved".to_owned(),
                    json!({
                        "name": config.train.name,
                        "version": saved.version.to_string(),
                        "folder": saved.folder,
                        "in_use": waits_for.is_none(),
                    }),
                );
            }
            return ui.out(&format!("{whole:#}\n"));
        }
        ui.out(&tables::trained(bundle))?;
        match saved {
            Some((saved, waits_for)) => {
                ui.out(&format!(
                    "\nsaved {}@{} in {:.1} s; the model card is {}\n",
                    bundle.name,
                    saved.version,
                    ui.elapsed(),
                    saved.folder.join("card.md").display()
                ))?;
                if let Some(champion) = waits_for {
                    let name = &bundle.name;
                    ui.say(&format!(
                        "{name}@{champion} stays in use; compare the two with `reveille models promote {name}@{} --on LATER`, or train with --promote",
                        saved.version
                    ));
                }
                Ok(())
            }
            None => ui.out("\nnothing was saved (--dry-run)\n"),
        }
    }
}
