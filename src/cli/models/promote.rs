//! `reveille models promote`.

use clap::Args;
use serde_json::json;

use super::{
    super::{clock, options::RegistryFlags, ui::Ui},
    compare::{OnFlags, told},
};
use crate::{
    bundle::{
        ModelRef,
        registry::{Event, Loaded, Registry, Version},
    },
    error::{Error, Kind, Result},
    pipeline::compare::{Comparison, OnRows, Verdict},
};

/// Put a version in use, unless it is worse than the one in use.
///
/// Champion and challenger are compared on the same customers, later than both have learned from. A
/// challenger that is worse beyond chance in AUC, log loss or profit is refused (exit 1). What is
/// decided is written into the history of the model.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  reveille models promote retail@2026-06-30 --on later.csv
  reveille models promote retail@2026-03-31 --force --because \"the new feed of cards is broken\"")]
pub(in super::super) struct Promote {
    /// The challenger: NAME@VERSION
    challenger: String,

    /// Put it in use whatever the verdict; needs --because
    #[arg(long, requires = "because")]
    force: bool,

    /// Why it is put in use against the verdict, or without one
    #[arg(long, value_name = "TEXT", requires = "force")]
    because: Option<String>,

    /// Say what would be decided, and change nothing
    #[arg(long)]
    dry_run: bool,

    /// Print as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    on: OnFlags,
    #[command(flatten)]
    registry: RegistryFlags,
}

/// Longest reason, in characters.
const LONGEST: usize = 1000;

impl Promote {
    pub(super) fn run(&self, ui: &Ui) -> Result<()> {
        let registry = self.registry.open();
        let challenger = self.challenger(&registry)?;
        let name = &challenger.bundle.name;
        let champion = registry.in_use(name)?;
        if champion.as_ref() == Some(&challenger.version) && !self.force {
            return self.told(&challenger, None, None, ui);
        }
        if self
            .because
            .as_ref()
            .is_some_and(|why| why.trim().is_empty() || why.chars().count() > LONGEST)
        {
            return Err(Error::new(
                Kind::BadParameter,
                "the reason is empty, or longer than 1000 characters",
            ));
        }
        let found = match (&champion, &self.on.data) {
            (Some(version), Some(data)) if *version != challenger.version => {
                let reference = ModelRef::Version(name.clone(), version.to_string());
                let champion = registry.load(&reference)?;
                Some(self.on.compare(data, [&champion, &challenger], OnRows::LaterOnly, ui)?)
            }
            (Some(_), None) if !self.force => {
                return Err(Error::new(
                    Kind::Usage,
                    "there is nothing to compare it with the version in use on",
                )
                .hint_with(
                    "name later data with outcomes: --on later.csv; or --force --because \"…\"",
                ));
            }
            _ => None,
        };
        let is_worse = found.as_ref().is_some_and(|found| found.verdict == Verdict::Worse);
        if is_worse && !self.force {
            return self.refuse(&registry, &challenger, champion, found, ui);
        }
        if !self.dry_run {
            let event = Event::Promoted {
                version: challenger.version.to_string(),
                replaced: champion.as_ref().map(ToString::to_string),
                on: self.on.data.clone().filter(|_| found.is_some()),
                comparison: found.as_ref().map(as_json).transpose()?,
                because: self.because.clone(),
            };
            registry.record(name, clock::now(), event)?;
            registry.put_in_use(name, &challenger.version)?;
        }
        self.told(&challenger, champion, found.as_ref(), ui)
    }

    fn challenger(&self, registry: &Registry) -> Result<Loaded> {
        let reference = ModelRef::parse(&self.challenger)?;
        if let ModelRef::Version(..) = reference {
            return registry.load(&reference);
        }
        Err(Error::new(Kind::Usage, format!("{reference} does not say which version"))
            .hint_with("write NAME@VERSION; `reveille models list` shows them"))
    }

    fn refuse(
        &self,
        registry: &Registry,
        challenger: &Loaded,
        champion: Option<Version>,
        found: Option<Comparison>,
        ui: &Ui,
    ) -> Result<()> {
        let (Some(champion), Some(found)) = (champion, found) else { return Ok(()) };
        let name = &challenger.bundle.name;
        if !self.dry_run {
            let event = Event::Refused {
                version: challenger.version.to_string(),
                champion: champion.to_string(),
                on: self.on.data.clone().unwrap_or_default(),
                comparison: as_json(&found)?,
            };
            registry.record(name, clock::now(), event)?;
        }
        let worse: Vec<String> = [("churn", &found.churn), ("reactivation", &found.reactivation)]
            .into_iter()
            .filter_map(|(of, found)| {
                let worse = &found.as_ref()?.worse_in;
                (!worse.is_empty()).then(|| format!("{} ({of})", worse.join(", ")))
            })
            .collect();
        self.told(challenger, None, Some(&found), ui)?;
        let what = format!(
            "{name}@{} is worse than {name}@{champion} beyond chance in {}",
            challenger.version,
            worse.join(", ")
        );
        Err(Error::new(Kind::WorseModel, what))
    }

    fn told(
        &self,
        challenger: &Loaded,
        replaced: Option<Version>,
        found: Option<&Comparison>,
        ui: &Ui,
    ) -> Result<()> {
        let is_refused = !self.force && found.is_some_and(|f| f.verdict == Verdict::Worse);
        if self.json {
            let whole = json!({
                "reveille": "promote",
                "version": 1,
                "model": format!("{}@{}", challenger.bundle.name, challenger.version),
                "promoted": !is_refused && !self.dry_run,
                "replaced": replaced.map(|version| version.to_string()),
                "because": self.because,
                "comparison": found,
            });
            return ui.out(&format!("{whole:#}\n"));
        }
        if let Some(found) = found {
            told(found, ui)?;
        }
        if is_refused {
            return Ok(());
        }
        let does = if self.dry_run { "would be" } else { "is" };
        let name = &challenger.bundle.name;
        ui.out(&format!("{name}@{} {does} in use\n", challenger.version))
    }
}

fn as_json(found: &Comparison) -> Result<serde_json::Value> {
    serde_json::to_value(found).map_err(|e| Error::new(Kind::Io, format!("cannot write JSON: {e}")))
}
