//! Learns from raw history after how many quiet days a customer does not come back.

use std::path::PathBuf;

use crate::{
    error::Result,
    history::{self, HistoryParams, Learned},
    pipeline::Watcher,
    sources::ReadParams,
};

/// What is to be learned from.
#[derive(Debug)]
pub struct Request {
    /// The folder of the raw files.
    pub folder: PathBuf,
    /// Which files, and how to learn.
    pub history: HistoryParams,
    /// How files are read.
    pub read: ReadParams,
}

/// Learns the thresholds of dormancy.
///
/// # Errors
/// Those of [`history::load`] and [`history::learn`].
pub fn dormancy(request: &Request, watcher: &dyn Watcher) -> Result<Learned> {
    watcher.stage(&format!("reading {}", request.folder.display()));
    let read = |_, rows| watcher.rows(rows);
    let history = history::load(&request.history, &request.folder, &request.read, &read)?;
    watcher.stage("learning from the spells of quiet");
    history::learn(&history, &request.history.learn)
}
