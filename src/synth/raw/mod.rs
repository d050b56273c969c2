//! The raw history of a synthetic bank: the files a bank exports, and apart from them the truth.
//!
//! Every customer lives day by day: awake, with a rhythm; in a break, which is a pause or a sleep; back, or
//! gone. What is drawn for a month depends on the customer's number, the month and what was before,
//! never on what comes after. The hazards of a month are fixed four months before, so the probability
//! of leaving within 90 days is known exactly; `branch` says why the return probability is too.

use std::{fmt::Write as _, path::Path};

use rayon::prelude::*;

use super::{MAX_CUSTOMERS, MAX_MONTHS, Output, PIECES, calendar, columns::Column, out_of_range};
use crate::{
    error::Result,
    store,
    units::{Day, Seed},
};

mod bank;
mod book;
mod booking;
mod branch;
pub mod columns;
mod customer;
mod days;
mod deeds;
mod dirt;
mod life;
mod mood;
mod rows;
mod talk;
mod truth;

use bank::Bank;
use rows::{File, Rows};

/// Months of events before the first snapshot.
pub const WARM_UP: u32 = 12;

/// Whether dirty rows and cells are among the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dirt {
    /// Some, as in every bank; their number is in `truth_dirt.csv`.
    Some,
    /// None.
    None,
}

/// What bank to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawParams {
    /// How many customers the bank has at any time, 1..=[`MAX_CUSTOMERS`].
    pub customers: u64,
    /// How many month-end snapshots the truth has, 1..=[`MAX_MONTHS`]; the last is `last_as_of`. Events
    /// begin [`WARM_UP`] months earlier.
    pub months: u32,
    /// The seed that everything is drawn from.
    pub seed: Seed,
    /// The last day, a month's end.
    pub last_as_of: Day,
    /// Whether there is dirt.
    pub dirt: Dirt,
}

impl Default for RawParams {
    fn default() -> Self {
        let table = super::SynthParams::default();
        Self {
            customers: 3000,
            months: 24,
            seed: table.seed,
            last_as_of: table.last_as_of,
            dirt: Dirt::Some,
        }
    }
}

/// How much was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RawWritten {
    /// Rows of `customers.csv`.
    pub customers: u64,
    /// Rows of `transactions.csv`.
    pub transactions: u64,
    /// Rows of `balances.csv`.
    pub balances: u64,
}

/// The names of all files of a raw bank, with their columns.
pub fn files() -> Vec<(&'static str, &'static [Column])> {
    let mut files: Vec<_> = File::ALL.iter().map(|file| (file.name(), file.columns())).collect();
    files.extend(SMALL.iter().map(|(name, columns)| (*name, *columns)));
    files
}

const SMALL: [(&str, &[Column]); 5] = [
    ("org_thresholds.csv", columns::ORG_THRESHOLDS),
    ("truth_groups.csv", columns::TRUTH_GROUPS),
    ("truth_effects.csv", columns::TRUTH_EFFECTS),
    ("truth_payers.csv", columns::TRUTH_PAYERS),
    ("truth_dirt.csv", columns::TRUTH_DIRT),
];

/// Makes a bank and writes its raw files and its truth into a folder, which is made if need be.
///
/// The bytes depend on the parameters only, not on the number of threads. Memory does not grow with
/// the number of customers.
///
/// # Errors
/// [`crate::error::Kind::BadParameter`] for a number out of its range or a `last_as_of` that is no
/// month's end; the kinds of [`store`] where a file cannot be written.
pub fn write(params: &RawParams, folder: &Path) -> Result<RawWritten> {
    let bank = Bank::new(params)?;
    store::create_folder(folder)?;
    let mut outputs = Vec::new();
    for file in File::ALL {
        let mut output = Output::create(folder, file.name())?;
        output.write(&header(file.columns()))?;
        outputs.push(output);
    }
    let (mut counts, mut dirt) = ([0; File::ALL.len()], [0; dirt::Kind::ALL.len()]);
    let size = bank.customers_a_piece();
    let mut next = 0;
    while next < params.customers {
        let starts: Vec<u64> = (0..PIECES as u64)
            .map(|piece| next + piece * size)
            .take_while(|start| *start < params.customers)
            .collect();
        let pieces: Vec<Rows> = starts
            .par_iter()
            .map(|&start| bank.piece(start..(start + size).min(params.customers)))
            .collect();
        for piece in &pieces {
            for ((output, bytes), _) in outputs.iter_mut().zip(&piece.bytes).zip(File::ALL) {
                output.write(bytes)?;
            }
            add(&mut counts, &piece.counts);
            add(&mut dirt, &piece.dirt);
        }
        next += PIECES as u64 * size;
    }
    for (name, text) in truth::small_files(&bank, &dirt) {
        let mut output = Output::create(folder, name)?;
        output.write(text.as_bytes())?;
        outputs.push(output);
    }
    for output in outputs {
        output.file.commit()?;
    }
    let count = |file: File| counts[file as usize];
    Ok(RawWritten {
        customers: count(File::Customers),
        transactions: count(File::Transactions),
        balances: count(File::Balances),
    })
}

fn add(sums: &mut [u64], more: &[u64]) {
    for (sum, count) in sums.iter_mut().zip(more) {
        *sum += count;
    }
}

fn header(columns: &[Column]) -> Vec<u8> {
    let mut text = String::new();
    for (place, column) in columns.iter().enumerate() {
        let comma = if place == 0 { "" } else { "," };
        let _ = write!(text, "{comma}{}", column.name);
    }
    text.push('\n');
    text.into_bytes()
}
