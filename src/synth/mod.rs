//! A synthetic bank: customers with a hidden life, what their bank sees of it at every month's end,
//! what becomes of them, and, kept apart, how likely that truly was.
//!
//! Three files: `history.csv` (every snapshot whose 90 days are over, with the outcomes),
//! `current.csv` (the latest snapshot, without them) and `truth.csv` (the true probabilities and
//! the planted cause, for both). What a customer does in a month is drawn with a probability fixed
//! three months before, from what the bank saw then; so the probability of leaving within the next
//! three months is known exactly at every snapshot, and nothing in a row depends on what comes
//! after it. A customer who has left and is not yet quiet for 90 days is in no file: there is
//! nothing left to predict until then.

use std::{io::Write as _, path::Path};

use rayon::prelude::*;

use crate::{
    error::{Error, Kind, Place, Result},
    store::{self, AtomicFile},
    units::{Day, Seed},
};

pub(crate) mod calendar;
pub mod columns;
mod draw;
mod hazard;
mod life;
mod month;
mod person;
pub mod raw;
mod row;
mod table;

/// Outcome of the churn model, over `history.csv`.
pub const CHURN: &str = "churned_90d";
/// Outcome of the reactivation model, over `history.csv`.
pub const REACTIVATION: &str = "reactivated_90d";
/// Which customers are dormant.
pub const DORMANT: &str = "days_since_last_txn > 90";
/// Which customers have never transacted.
pub const PROSPECT: &str = "days_since_last_txn IS NULL";
/// The value of a customer, in money a year.
pub const VALUE: &str = "aum * 0.012 + fees_12m";

/// The most customers in one bank.
pub const MAX_CUSTOMERS: u64 = 1_000_000_000;
/// The most snapshots in one history: fifty years.
pub const MAX_MONTHS: u32 = 600;
/// Months lived before the first snapshot, so that no mean starts empty.
const WARM_UP: i32 = 15;
/// Pieces that are made side by side and then written in order.
const PIECES: usize = 16;

/// What bank to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SynthParams {
    /// How many customers the bank has at any time, 1..=[`MAX_CUSTOMERS`]. A snapshot holds some
    /// 96 % of them: those who have just left are in none.
    pub customers: u64,
    /// How many month-end snapshots `history.csv` has, 1..=[`MAX_MONTHS`].
    pub months: u32,
    /// The seed that everything is drawn from.
    pub seed: Seed,
    /// The month's end of `current.csv`.
    pub last_as_of: Day,
}

impl Default for SynthParams {
    /// The bank of the folder `data/`.
    fn default() -> Self {
        Self {
            customers: 1500,
            months: 6,
            seed: Seed(1),
            last_as_of: Day::from_ymd(2026, 3, 31).unwrap_or(Day(20_543)),
        }
    }
}

/// The three files and the rows in each, header lines not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Written {
    /// Rows of `history.csv`.
    pub history: u64,
    /// Rows of `current.csv`.
    pub current: u64,
    /// Rows of `truth.csv`: one for each row of the other two.
    pub truth: u64,
}

/// The name of the file with outcomes.
pub const HISTORY_FILE: &str = "history.csv";
/// The name of the file to be scored.
pub const CURRENT_FILE: &str = "current.csv";
/// The name of the file with the true probabilities.
pub const TRUTH_FILE: &str = "truth.csv";

/// Makes a bank and writes its three files into a folder, which is made if need be.
///
/// The bytes depend on the parameters only, not on the number of threads. Memory does not grow with
/// the number of customers.
///
/// # Errors
/// [`Kind::BadParameter`] for a number out of its range or a `last_as_of` that is no month's end;
/// the kinds of [`store`] where a file cannot be written.
pub fn write(params: &SynthParams, folder: &Path) -> Result<Written> {
    let plan = table::Plan::new(params)?;
    store::create_folder(folder)?;
    let mut history = Output::create(folder, HISTORY_FILE)?;
    let mut current = Output::create(folder, CURRENT_FILE)?;
    let mut truth = Output::create(folder, TRUTH_FILE)?;
    history.write(&table::header(&[columns::COLUMNS, columns::OUTCOMES]))?;
    current.write(&table::header(&[columns::COLUMNS]))?;
    truth.write(&table::header(&[columns::TRUTH]))?;
    let size = plan.customers_a_piece();
    let mut written = Written::default();
    let mut next = 0;
    while next < params.customers {
        let starts: Vec<u64> = (0..PIECES as u64)
            .map(|piece| next + piece * size)
            .take_while(|start| *start < params.customers)
            .collect();
        let pieces: Vec<table::Piece> = starts
            .par_iter()
            .map(|&start| plan.piece(start..(start + size).min(params.customers)))
            .collect();
        for piece in &pieces {
            history.write(&piece.history)?;
            current.write(&piece.current)?;
            truth.write(&piece.truth)?;
            written.history += piece.rows.history;
            written.current += piece.rows.current;
            written.truth += piece.rows.truth;
        }
        next += PIECES as u64 * size;
    }
    history.file.commit()?;
    current.file.commit()?;
    truth.file.commit()?;
    Ok(written)
}

/// A file on its way to its place.
struct Output {
    file: AtomicFile,
    path: std::path::PathBuf,
}

impl Output {
    fn create(folder: &Path, name: &str) -> Result<Self> {
        let path = store::child(folder, name)?;
        Ok(Self { file: AtomicFile::create(&path)?, path })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(|e| Error::io(&self.path, "write", e))
    }
}

fn out_of_range(key: &str, what: String) -> Error {
    Error::new(Kind::BadParameter, what).at(Place::Key(format!("synth.{key}")))
}
