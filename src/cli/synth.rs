//! `reveille synth`.

use std::path::PathBuf;

use clap::Args;

use super::{options::day, ui::Ui};
use crate::{
    error::Result,
    store,
    synth::{
        self, SynthParams,
        raw::{self, Dirt, RawParams},
    },
    units::{Day, Seed},
};

/// Make a synthetic bank: history, current customers, and the truth behind them.
///
/// The same numbers and seed give the same bytes. truth.csv holds each customer's true probability,
/// to measure models against. With --raw the bank's raw files are made instead of a table: customers,
/// balances, transactions and so on, with what was planted in files of their own, truth_*.csv.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  reveille synth --customers 20000 --months 12 --seed 7 --out bank
  reveille synth --raw --out bank")]
pub(super) struct Synth {
    /// Number of customers [default: 1500; with --raw 3000]
    #[arg(long, value_name = "N")]
    customers: Option<u64>,

    /// Number of month-end snapshots in the history [default: 6; with --raw 24]
    #[arg(long, value_name = "M")]
    months: Option<u32>,

    /// Seed of every draw
    #[arg(long, env = "REVEILLE_SEED", value_name = "N", default_value_t = 1)]
    seed: u64,

    /// Date of the current customers
    #[arg(long, value_name = "DATE", default_value = "2026-03-31", value_parser = day)]
    as_of: Day,

    /// Make the files a bank exports instead of a table; transactions begin a year before the first snapshot
    #[arg(long)]
    raw: bool,

    /// Leave out the dirty rows and cells of --raw
    #[arg(long, requires = "raw")]
    clean: bool,

    /// Folder for history.csv, current.csv and truth.csv, or for the raw files
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl Synth {
    pub(super) fn run(&self, ui: &Ui) -> Result<()> {
        store::create_folder(&self.out)?;
        let words = if self.raw { self.raw_files()? } else { self.table()? };
        ui.say(&format!("wrote {words} to {}", self.out.display()));
        Ok(())
    }

    fn table(&self) -> Result<String> {
        let usual = SynthParams::default();
        let params = SynthParams {
            customers: self.customers.unwrap_or(usual.customers),
            months: self.months.unwrap_or(usual.months),
            seed: Seed(self.seed),
            last_as_of: self.as_of,
        };
        let written = synth::write(&params, &self.out)?;
        Ok(format!("{} rows of history and {} current customers", written.history, written.current))
    }

    fn raw_files(&self) -> Result<String> {
        let usual = RawParams::default();
        let params = RawParams {
            customers: self.customers.unwrap_or(usual.customers),
            months: self.months.unwrap_or(usual.months),
            seed: Seed(self.seed),
            last_as_of: self.as_of,
            dirt: if self.clean { Dirt::None } else { Dirt::Some },
        };
        let written = raw::write(&params, &self.out)?;
        Ok(format!(
            "{} customers, {} transactions and {} balances",
            written.customers, written.transactions, written.balances
        ))
    }
}
