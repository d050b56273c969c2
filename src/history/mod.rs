//! Raw history to a feature table that is correct in time: customers, balances, transactions and what
//! else a bank can export, to one row a customer and as-of date, with what became of the customer.
//!
//! # Time
//! A snapshot shows what was known on its as-of date: rows dated on or before it and, where the file
//! says when a row was loaded, loaded on or before it ([`AsOfDay`] moves the line to the evening before).
//! Outcomes come from the window after it, and only where that window lies wholly in the past of the
//! data: an immature outcome is left empty, never guessed.
//!
//! # Scale
//! Every file is read once. Its rows become records of some tens of bytes, put aside by customer, in
//! memory or, beyond [`HistoryParams::memory_mb`], in a nameless file; then the customers are gone
//! through in the order of the customer file, each with all records. Neither the order of the rows, nor
//! the number of threads, nor where the records wait changes any figure.

mod calendar;
mod codes;
mod curve;
mod desk;
mod dictionary;
mod dormancy;
mod families;
mod ids;
mod learn;
mod load;
mod make;
mod outcome;
mod params;
mod past;
mod people;
mod person;
mod quality;
mod reader;
mod records;
mod schema;
mod shelf;
mod snapshot;
mod table;
mod view;

#[cfg(test)]
mod tests;

pub use calendar::{AsOfs, Every, Maturity};
pub use dormancy::{Dimension, Level, Rule, Standing};
pub use families::{Spec, Unit, catalogue};
pub use learn::{Group, LearnParams, Learned, Moved, Point, learn};
pub use load::{History, load};
pub use params::{
    AsOfDay, ChurnSign, DormancyParams, HistoryParams, LegalRule, OutcomeParams, TableSource,
};
pub use quality::{Quality, Rejected, TableFacts};
pub use schema::RawTable;
pub use snapshot::{Made, Oddities, SnapshotFacts, Snapshots};
