//! `reveille predict`.

use std::path::PathBuf;

use clap::Args;

use super::{
    options::{ConfigFlags, ReadFlags, RegistryFlags},
    tables,
    ui::Ui,
};
use crate::{
    error::Result,
    output::manifest::Manifest,
    pipeline::{
        playbook,
        predict::{FeedTarget, Mark, Request, predict},
    },
    playbook::{ReasonsFor, tally::Move},
    sources::Input,
    units::Language,
};

/// Score today's customers into the feed.
///
/// CURRENT has the columns that the model was trained on; others are ignored. The feed has one row
/// a customer in the order of CURRENT. Rows that cannot be read go to rejects.csv and a manifest
/// with counts, digests and drift stands beside the feed.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  reveille predict current.csv -o feed.csv
  reveille predict current.parquet --model retail@2026-03-31-0123456789ab -o feed.parquet --lang zh
  zcat current.csv.gz | reveille predict - -o - | head")]
pub(super) struct Predict {
    /// Table of the customers to score; `-` is standard input
    current: String,

    /// NAME, NAME@VERSION or a path; the only model of the registry if not given
    #[arg(long, short, value_name = "MODEL")]
    model: Option<String>,

    /// The feed: a .csv or .parquet file, or `-` for CSV on standard output
    #[arg(
        long,
        short,
        alias = "out",
        value_name = "FEED",
        default_value = "feed.csv",
        help_heading = "Output"
    )]
    output: String,

    /// Where rows that were set aside are listed [default: rejects.csv beside the feed]
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    rejects: Option<PathBuf>,

    #[command(flatten)]
    read: ReadFlags,

    /// Whose reasons are told: all, action (those in a quadrant with an action) or none
    #[arg(
        long,
        env = "REVEILLE_REASONS",
        default_value = "action",
        value_name = "WHOSE",
        help_heading = "Output"
    )]
    reasons: ReasonsFor,

    /// Another playbook than that of the model; `reveille init` writes one
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    playbook: Option<PathBuf>,

    /// The last feed: customers change their band only where they clearly have, and the manifest
    /// counts who moved
    #[arg(long, value_name = "FEED", help_heading = "Output")]
    previous: Option<PathBuf>,

    /// Start a CSV feed with a byte order mark, by which some spreadsheets know UTF-8
    #[arg(long, help_heading = "Output")]
    bom: bool,

    /// Print the manifest as JSON
    #[arg(long, help_heading = "Output")]
    json: bool,

    /// Language of the words: en or zh
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

impl Predict {
    pub(super) fn run(&self, ui: &Ui) -> Result<()> {
        let config = self.config.load()?;
        let mut read = config.read.clone();
        self.read.apply(&mut read);
        let reference = self.registry.reference(self.model.as_deref())?;
        let loaded = self.registry.open().load(&reference)?;
        let target = FeedTarget::parse(&self.output);
        let request = Request {
            input: Input::parse(&self.current),
            bundle: &loaded.bundle,
            model: format!("{}@{}", loaded.bundle.name, loaded.version),
            target: target.clone(),
            rejects: self.rejects.clone(),
            read,
            reasons: self.reasons,
            language: self.lang,
            playbook: playbook::named(
                self.playbook.as_deref().or(config.playbook.file.as_deref()),
            )?,
            previous: self.previous.clone(),
            mark: if self.bom { Mark::Bom } else { Mark::Without },
        };
        let done = predict(&request, &mut ui.stdout(), ui)?;
        warn(&done.manifest, ui);
        if self.json && target != FeedTarget::Stdout {
            return ui.out(&done.manifest.json());
        }
        ui.say(tables::quadrants(&done.manifest, self.lang).trim_end());
        if self.previous.is_some() {
            ui.say(&moved(&done.manifest));
        }
        if let Some(rejects) = done.rejects {
            ui.warn(&format!(
                "{} rows were set aside; {} says why",
                done.manifest.rejected,
                rejects.display()
            ));
        }
        ui.say(&format!(
            "{} customers scored by {} into {} in {:.1} s",
            tables::thousands(done.manifest.rows as f64),
            request.model,
            if target == FeedTarget::Stdout { "standard output" } else { &self.output },
            ui.elapsed()
        ));
        Ok(())
    }
}

/// How many customers of the last feed are in another quadrant now.
fn moved(manifest: &Manifest) -> String {
    let moves = &manifest.playbook.moves;
    let count = |which: fn(&Move) -> bool| -> f64 {
        moves.iter().filter(|step| which(step)).map(|step| step.customers as f64).sum()
    };
    format!(
        "{} of {} customers of the last feed changed their quadrant, {} are new; the manifest says from where to where",
        tables::thousands(count(|step| step.from.is_some() && step.from != step.to)),
        tables::thousands(count(|step| step.from.is_some())),
        tables::thousands(count(|step| step.from.is_none())),
    )
}

/// Says what is unusual about the customers.
pub(super) fn warn(manifest: &Manifest, ui: &Ui) {
    for column in manifest.shifted().take(5) {
        ui.warn(&format!(
            "{} has shifted since training (PSI {:.2}); train again before relying on it",
            column.name, column.psi
        ));
    }
    let more = manifest.shifted().count().saturating_sub(5);
    if more > 0 {
        ui.warn(&format!("{more} more columns have shifted; the manifest lists them"));
    }
}
