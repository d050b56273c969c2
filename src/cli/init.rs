//! `reveille init`.

use std::path::PathBuf;

use clap::Args;

use super::ui::Ui;
use crate::{
    config::Config,
    error::{Error, Kind, Place, Result},
    store,
};

/// Write a configuration file with every default.
#[derive(Debug, Args)]
pub(super) struct Init {
    /// Where it is written
    #[arg(default_value = "reveille.toml")]
    file: PathBuf,

    /// Replace a file that is there
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

impl Init {
    pub(super) fn run(&self, ui: &Ui) -> Result<()> {
        let text = format!("{HEAD}{}", Config::default().to_toml());
        if self.dry_run {
            return ui.out(&text);
        }
        if store::exists(&self.file) && !self.force {
            return Err(Error::new(Kind::Usage, "there is a file already")
                .at(Place::File(self.file.clone()))
                .hint_with("--force replaces it"));
        }
        store::write(&self.file, text.as_bytes())?;
        ui.say(&format!("wrote {}", self.file.display()));
        Ok(())
    }
}
