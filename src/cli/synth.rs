//! `reveille synth`.

use std::path::PathBuf;

use clap::Args;

use super::{options::day, ui::Ui};
use crate::{
    error::Result,
    store,
    synth::{self, SynthParams},
    units::{Day, Seed},
};

/// Make a synthetic bank: history, current customers, and the truth behind them.
///
/// The same numbers and seed give the same bytes. truth.csv holds each customer's true probability,
/// to measure models against.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  reveille synth --customers 20000 --months 12 --seed 7 --out bank")]
pub(super) struct Synth {
    /// Number of customers
    #[arg(long, value_name = "N", default_value_t = SynthParams::default().customers)]
    customers: u64,

    /// Number of month-end snapshots in the history
    #[arg(long, value_name = "M", default_value_t = SynthParams::default().months)]
    months: u32,

    /// Seed of every draw
    #[arg(long, env = "REVEILLE_SEED", value_name = "N", default_value_t = 1)]
    seed: u64,

    /// Date of the current customers
    #[arg(long, value_name = "DATE", default_value = "2026-03-31", value_parser = day)]
    as_of: Day,

    /// Folder for history.csv, current.csv and truth.csv
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl Synth {
    pub(super) fn run(&self, ui: &Ui) -> Result<()> {
        store::create_folder(&self.out)?;
        let params = SynthParams {
            customers: self.customers,
            months: self.months,
            seed: Seed(self.seed),
            last_as_of: self.as_of,
        };
        let written = synth::write(&params, &self.out)?;
        ui.say(&format!(
            "wrote {} rows of history and {} current customers to {}",
            written.history,
            written.current,
            self.out.display()
        ));
        Ok(())
    }
}
