//! `reveille evaluate`.

use clap::Args;
use serde_json::json;

use super::{
    options::{ConfigFlags, ReadFlags, RegistryFlags},
    tables,
    ui::Ui,
};
use crate::{error::Result, pipeline::evaluate::evaluate, sources::Input};

/// Measure a saved model on customers whose outcome is known.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  reveille evaluate last_quarter.csv --model retail")]
pub(super) struct Evaluate {
    /// Table with the model's columns and its outcomes; `-` is standard input
    data: String,

    /// NAME, NAME@VERSION or a path; the only model of the registry if not given
    #[arg(long, short, value_name = "MODEL")]
    model: Option<String>,

    #[command(flatten)]
    read: ReadFlags,

    /// Print every figure as JSON
    #[arg(long, help_heading = "Output")]
    json: bool,

    #[command(flatten)]
    registry: RegistryFlags,
    #[command(flatten)]
    config: ConfigFlags,
}

impl Evaluate {
    pub(super) fn run(&self, ui: &Ui) -> Result<()> {
        let config = self.config.load()?;
        let mut read = config.read;
        self.read.apply(&mut read);
        let reference = self.registry.reference(self.model.as_deref())?;
        let loaded = self.registry.open().load(&reference)?;
        let input = Input::parse(&self.data);
        let evaluated = evaluate(&input, &loaded.bundle, &read, &config.profit, ui)?;
        if self.json {
            let whole = json!({
                "reveille": "evaluate",
                "version": 1,
                "model": format!("{}@{}", loaded.bundle.name, loaded.version),
                "rejected": evaluated.rejected,
                "models": { "churn": evaluated.churn, "reactivation": evaluated.reactivation },
            });
            return ui.out(&format!("{whole:#}\n"));
        }
        let models: Vec<_> =
            [("churn", &evaluated.churn), ("reactivation", &evaluated.reactivation)]
                .into_iter()
                .filter_map(|(name, metrics)| metrics.as_ref().map(|metrics| (name, metrics)))
                .collect();
        if evaluated.rejected > 0 {
            ui.warn(&format!("{} rows were set aside", evaluated.rejected));
        }
        ui.out(&tables::measured(&models))
    }
}
