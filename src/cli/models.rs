//! `reveille models`.

mod compare;
mod promote;

use clap::Subcommand;
use serde_json::json;

use super::{options::RegistryFlags, ui::Ui};
use crate::{
    bundle::{
        ModelRef,
        registry::{Entry, Event, Verified},
    },
    error::{Error, Kind, Result},
    output::card,
    units::Language,
};

/// List, show, verify, compare and promote saved models.
#[derive(Debug, Subcommand)]
pub(super) enum Models {
    /// List every model and version
    List {
        /// Print as JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        registry: RegistryFlags,
    },
    /// Show the model card
    Show {
        /// NAME, NAME@VERSION or a path; the only model of the registry if not given
        model: Option<String>,
        /// Print every figure as JSON
        #[arg(long)]
        json: bool,
        /// Language of the card: en or zh
        #[arg(long, env = "REVEILLE_LANG", default_value = "en", value_name = "LANG")]
        lang: Language,
        #[command(flatten)]
        registry: RegistryFlags,
    },
    /// Read every model again and compare it with its digest; exit 1 where one is damaged
    Verify {
        /// Print as JSON
        #[arg(long)]
        json: bool,
        /// Ask what an auditor would: is every part of the cards filled in, and the version in use recorded
        #[arg(long)]
        strict: bool,
        #[command(flatten)]
        registry: RegistryFlags,
    },
    Compare(compare::Compare),
    Promote(promote::Promote),
    /// Show what happened to a model: trained, promoted, refused, watched
    History {
        /// NAME; the only model of the registry if not given
        model: Option<String>,
        /// Print as JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        registry: RegistryFlags,
    },
}

impl Models {
    pub(super) fn run(&self, ui: &Ui) -> Result<()> {
        match self {
            Self::List { json, registry } => list(registry, *json, ui),
            Self::Show { model, json, lang, registry } => {
                let loaded = registry.open().load(&registry.reference(model.as_deref())?)?;
                ui.out(&if *json {
                    card::metrics_json(&loaded.bundle)
                } else {
                    card::markdown(&loaded.bundle, *lang)
                })
            }
            Self::Verify { json, strict, registry } => verify(registry, *json, *strict, ui),
            Self::Compare(compare) => compare.run(ui),
            Self::Promote(promote) => promote.run(ui),
            Self::History { model, json, registry } => {
                history(registry, model.as_deref(), *json, ui)
            }
        }
    }
}

fn list(registry: &RegistryFlags, as_json: bool, ui: &Ui) -> Result<()> {
    let listed = registry.open().list()?;
    if as_json {
        let models: Vec<_> = listed
            .iter()
            .map(|m| json!({ "name": m.name, "version": m.version.to_string(), "as_of": m.as_of, "current": m.current, "folder": m.folder }))
            .collect();
        return ui.out(&format!(
            "{:#}\n",
            json!({ "reveille": "models", "version": 1, "models": models })
        ));
    }
    if listed.is_empty() {
        ui.say("there is no model yet; `reveille train` makes one");
    }
    let rows: Vec<Vec<String>> = listed
        .iter()
        .map(|m| {
            let mark = if m.current { "current" } else { "" };
            vec![format!("{}@{}", m.name, m.version), mark.to_owned()]
        })
        .collect();
    ui.out(&super::tables::columns(&rows))
}

fn history(registry: &RegistryFlags, model: Option<&str>, as_json: bool, ui: &Ui) -> Result<()> {
    let (ModelRef::Name(name) | ModelRef::Version(name, _)) = registry.reference(model)? else {
        return Err(Error::new(Kind::Usage, "a path has no history")
            .hint_with("name a model of the registry"));
    };
    let entries = registry.open().history(&name)?;
    if as_json {
        let whole =
            json!({ "reveille": "history", "version": 1, "name": name, "entries": entries });
        return ui.out(&format!("{whole:#}\n"));
    }
    let line = |entry: &Entry| {
        let words = match &entry.event {
            Event::Trained { in_use: true, .. } => "trained, and put in use".to_owned(),
            Event::Trained { .. } => "trained".to_owned(),
            Event::Promoted { because: Some(why), .. } => format!("put in use by force: {why:?}"),
            Event::Promoted { .. } => "put in use".to_owned(),
            Event::Refused { champion, .. } => format!("refused: worse than {champion}"),
            Event::Monitored { ok: true, on, .. } => format!("watched on {on}: all within limits"),
            Event::Monitored { on, .. } => format!("watched on {on}: out of limits"),
            Event::Refreshed { from, .. } => format!("made from {from} by a new intercept"),
        };
        format!("{}  {}  {words}\n", entry.at, entry.event.version())
    };
    ui.out(&entries.iter().map(line).collect::<String>())
}

fn verify(registry: &RegistryFlags, as_json: bool, strict: bool, ui: &Ui) -> Result<()> {
    let mut verified = registry.open().verify()?;
    let unsound = verified.iter().filter(|v| !v.faults.is_empty()).count();
    if strict {
        verified.extend(registry.open().open_questions()?);
    }
    let damaged = verified.iter().filter(|v| !v.faults.is_empty()).count();
    let label = |v: &Verified| match &v.version {
        Some(version) => format!("{}@{version}", v.name),
        None => v.path.display().to_string(),
    };
    if as_json {
        let faults = |v: &Verified| v.faults.iter().map(ToString::to_string).collect::<Vec<_>>();
        let models: Vec<_> =
            verified.iter().map(|v| json!({ "model": label(v), "faults": faults(v) })).collect();
        let whole =
            json!({ "reveille": "verify", "version": 1, "ok": damaged == 0, "models": models });
        ui.out(&format!("{whole:#}\n"))?;
    } else {
        for v in &verified {
            if v.faults.is_empty() {
                ui.out(&format!("{}: whole\n", label(v)))?;
            }
            for fault in &v.faults {
                ui.out(&format!("{}: {fault}\n", label(v)))?;
            }
        }
    }
    if unsound == 0 && damaged > 0 {
        return Err(Error::new(Kind::CheckFailed, format!("{damaged} questions are open"))
            .hint_with("the models are whole; answer what is listed above"));
    }
    if damaged > 0 {
        let what = format!("{damaged} of {} models are damaged", verified.len());
        return Err(Error::new(Kind::CheckFailed, what)
            .hint_with("restore them from a backup or train them again"));
    }
    Ok(())
}
