//! `reveille evaluate`.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::{
    options::{ConfigFlags, ReadFlags, RegistryFlags},
    tables,
    ui::Ui,
};
use crate::{
    error::{Error, Kind, Place, Result},
    history::Learned,
    output::report::{Report, dormancy, evidence::Evidence},
    pipeline::{
        backtest::{self, backtest},
        evaluate::{Request, evaluate},
    },
    sources::Input,
    store,
    units::Language,
};

/// Measure a saved model on customers whose outcome is known.
///
/// Every figure comes with its 95 % interval, for all customers and by snapshot month, branch and any
/// column named with --by. The report says whether the model is good, whom to contact and what that
/// brings, with what it missed and whether groups are treated alike.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  reveille evaluate last_quarter.csv --model retail
  reveille evaluate last_quarter.csv --by region --report report.html
  reveille evaluate last_quarter.csv --feed last_feed.csv --report report.html
  reveille evaluate history.csv --backtest 3 --report report.html
  reveille evaluate last_quarter.csv --set 'evaluate.fairness=[\"gender\"]' --report report.html --lang zh")]
pub(super) struct Evaluate {
    /// Table with the model's columns and its outcomes; `-` is standard input
    data: String,

    /// NAME, NAME@VERSION or a path; the only model of the registry if not given
    #[arg(long, short, value_name = "MODEL")]
    model: Option<String>,

    /// Columns whose groups of customers are told apart, besides month and branch
    #[arg(long, value_name = "COL,…", value_delimiter = ',')]
    by: Vec<String>,

    /// Test month by month: for each of the last N snapshots a model like this one is trained on what
    /// was known on that day, and measured on that snapshot; DATA is then the history, as for `train`
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=120))]
    backtest: Option<u32>,

    #[command(flatten)]
    read: ReadFlags,

    /// Write the report to this HTML file, and its figures beside it as JSON
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    report: Option<PathBuf>,

    /// The feed that was worked from: leavers whom it lacked or who were not to be contacted count as missed
    #[arg(long, value_name = "FEED")]
    feed: Option<PathBuf>,

    /// Show in the report, too, when a quiet customer does not come back: the figures that
    /// `reveille dormancy --json` printed
    #[arg(long, value_name = "FILE", requires = "report", help_heading = "Output")]
    dormancy: Option<PathBuf>,

    /// Print every figure as JSON
    #[arg(long, help_heading = "Output")]
    json: bool,

    /// Language of the report: en or zh
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

impl Evaluate {
    pub(super) fn run(&self, ui: &Ui) -> Result<()> {
        let mut config = self.config.load()?;
        self.read.apply(&mut config.read);
        config.evaluate.by.extend(self.by.iter().cloned());
        if let Some(file) = &self.report {
            beside(file)?;
        }
        let reference = self.registry.reference(self.model.as_deref())?;
        let loaded = self.registry.open().load(&reference)?;
        let request = Request {
            input: Input::parse(&self.data),
            bundle: &loaded.bundle,
            read: config.read.clone(),
            profit: &config.profit,
            params: &config.evaluate,
            feed: self.feed.as_deref(),
        };
        let evidence = self.measured(&request, ui)?;
        let model = format!("{}@{}", loaded.bundle.name, loaded.version);
        let report = Report {
            bundle: &loaded.bundle,
            model: &model,
            evidence: &evidence,
            language: self.lang,
        };
        if let Some(file) = &self.report {
            write_report(file, &report, ui)?;
        }
        if evidence.may_flatter(loaded.bundle.as_of) {
            ui.warn("no row is later than what the model learned from: the figures may flatter it");
        }
        if evidence.rejected > 0 {
            ui.warn(&format!("{} rows were set aside", evidence.rejected));
        }
        let models = [("churn", &evidence.churn), ("reactivation", &evidence.reactivation)];
        if self.json {
            let figures = |at: usize| models[at].1.as_ref().map(|found| &found.figures);
            let whole = json!({
                "reveille": "evaluate",
                "version": 1,
                "model": model,
                "rejected": evidence.rejected,
                "models": { "churn": figures(0), "reactivation": figures(1) },
                "evidence": evidence,
            });
            return ui.out(&format!("{whole:#}\n"));
        }
        let metrics: Vec<_> = models
            .into_iter()
            .filter_map(|(name, found)| Some((name, &found.as_ref()?.figures.metrics)))
            .collect();
        ui.out(&tables::measured(&metrics))?;
        for (name, found) in models {
            let Some(found) = found else { continue };
            ui.out(&tables::slices(name, &found.slices, self.lang))?;
        }
        if let Some(found) = &evidence.backtest {
            ui.out(&tables::backtest(found))?;
        }
        Ok(())
    }
}

impl Evaluate {
    fn measured(&self, request: &Request<'_>, ui: &Ui) -> Result<Evidence> {
        let dormancy = self.dormancy.as_deref().map(learned).transpose()?;
        if self.backtest.is_some() {
            backtest::require(&request.input, request.bundle)?;
        }
        let mut evidence = evaluate(request, ui)?;
        evidence.dormancy = dormancy;
        if let Some(months) = self.backtest {
            evidence.backtest = Some(backtest(request, months, &evidence.snapshots, ui)?);
        }
        Ok(evidence)
    }
}

/// The figures of `reveille dormancy` in a file.
fn learned(file: &Path) -> Result<Learned> {
    const MOST: u64 = 256 << 20;
    let text = store::read_text(file, MOST)?;
    dormancy::parse(&text).map_err(|error| error.at(Place::File(file.to_owned())))
}

/// Where the figures of a report lie: its name with `.json`.
pub(super) fn beside(report: &Path) -> Result<PathBuf> {
    let figures = report.with_extension("json");
    if figures == report || report.file_name().is_none() {
        return Err(Error::new(Kind::Usage, "the report needs a name that ends in .html")
            .at(Place::File(report.to_owned()))
            .hint_with("e.g. --report report.html; its figures go to report.json"));
    }
    Ok(figures)
}

/// Writes a report, and its figures beside it.
pub(super) fn write_report(file: &Path, report: &Report<'_>, ui: &Ui) -> Result<()> {
    write_page(file, "report", &report.html(), &report.json(), ui)
}

/// Writes a page, called so, and its figures beside it.
pub(super) fn write_page(file: &Path, what: &str, html: &str, json: &str, ui: &Ui) -> Result<()> {
    let figures = beside(file)?;
    store::write(&figures, json.as_bytes())?;
    store::write(file, html.as_bytes())?;
    ui.say(&format!("the {what} is {}, its figures {}", file.display(), figures.display()));
    Ok(())
}
