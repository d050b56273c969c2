//! `reveille init`.

use std::path::PathBuf;

use clap::Args;

use super::ui::Ui;
use crate::{
    config::Config,
    error::{Error, Kind, Place, Result},
    playbook::book::SHIPPED,
    store,
};

/// Write a configuration file with every default, and the playbook beside it.
#[derive(Debug, Args)]
pub(super) struct Init {
    /// Where it is written
    #[arg(default_value = "reveille.toml")]
    file: PathBuf,

    /// Replace files that are there
    #[arg(long)]
    force: bool,

    /// Print the file instead of writing it
    #[arg(long)]
    dry_run: bool,
}

const HEAD: &str = "\
# Configuration of reveille. Every key stands at its default; delete what you do not change.
# A flag overrules the environment, and the environment overrules this file.

";

/// The name of the playbook beside the configuration.
const PLAYBOOK: &str = "playbook.toml";

impl Init {
    pub(super) fn run(&self, ui: &Ui) -> Result<()> {
        let mut config = Config::default();
        config.playbook.file = Some(PLAYBOOK.into());
        let text = format!("{HEAD}{}", config.to_toml());
        if self.dry_run {
            return ui.out(&text);
        }
        let playbook = self.file.with_file_name(PLAYBOOK);
        for file in [&self.file, &playbook] {
            if store::exists(file) && !self.force {
                return Err(Error::new(Kind::Usage, "there is a file already")
                    .at(Place::File(file.clone()))
                    .hint_with("--force replaces it"));
            }
        }
        store::write(&playbook, SHIPPED.as_bytes())?;
        store::write(&self.file, text.as_bytes())?;
        ui.say(&format!("wrote {} and {}", self.file.display(), playbook.display()));
        Ok(())
    }
}
