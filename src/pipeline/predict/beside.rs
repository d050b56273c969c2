//! The files that stand beside a feed, and the last feed that it is compared with.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use arrow_array::StringArray;

use crate::{
    error::{Error, Kind, Result},
    output::feed::{beside, schema},
    playbook::{Book, Last, PlayTally, Previous, Quadrant},
    scoring::Band,
    sources::{self, Column, ColumnType, Input, ReadParams},
    store::{self, AtomicFile},
};

/// Files that grow while the feed is written, in the order of its rows.
pub(super) struct Beside {
    feed: PathBuf,
    alerts: AtomicFile,
    holdout: AtomicFile,
}

impl Beside {
    /// Starts the files beside a feed.
    pub(super) fn create(feed: &Path) -> Result<Self> {
        let mut files = Self {
            feed: feed.to_owned(),
            alerts: AtomicFile::create(&feed.with_file_name("alerts.csv"))?,
            holdout: AtomicFile::create(&feed.with_file_name("holdout.csv"))?,
        };
        files.push(beside::ALERTS, beside::HOLDOUT)?;
        Ok(files)
    }

    /// Appends lines.
    pub(super) fn push(&mut self, alerts: &[u8], holdout: &[u8]) -> Result<()> {
        let failed = |e| Error::io(&self.feed, "write beside", e);
        self.alerts.write_all(alerts).map_err(failed)?;
        self.holdout.write_all(holdout).map_err(failed)
    }

    /// The files, to be put in their places, with those that need the whole.
    pub(super) fn finish(self, plays: &PlayTally) -> Result<[AtomicFile; 4]> {
        let beside = |name: &str| self.feed.with_file_name(name);
        Ok([
            self.alerts,
            self.holdout,
            store::begin(&beside("employers.csv"), &beside::employers(&plays.employers))?,
            store::begin(&beside("feed.schema.json"), schema::json().as_bytes())?,
        ])
    }
}

/// Reads the last feed: 16 bytes a customer stay in memory.
pub(super) fn previous(file: &Path, book: &Book) -> Result<Previous> {
    let column = |name: &str| Column { name: name.to_owned(), kind: ColumnType::Text };
    let wanted = ["customer_id", "quadrant", "value_band", "risk_band"].map(column);
    let params = ReadParams { missing: Vec::new(), ..ReadParams::default() };
    let input = Input::Path(file.to_owned());
    let (blocks, _) = sources::open_with(&input, &params, &wanted, &[column("stage")])?;
    let mut previous = Previous::default();
    for block in blocks {
        let rows = block?.rows;
        let texts = |name: &str| -> Option<&StringArray> {
            rows.column_by_name(name)?.as_any().downcast_ref()
        };
        let cell = |name: &str, row: usize| crate::playbook::scene::text_at(texts(name), row);
        let band = |word: Option<&str>| match word {
            Some("high") => Some(Band::High),
            Some("low") => Some(Band::Low),
            _ => None,
        };
        for row in 0..rows.num_rows() {
            let Some(id) = cell("customer_id", row) else { continue };
            let name = cell("quadrant", row);
            let last = Last {
                quadrant: Quadrant::ALL.into_iter().find(|q| Some(q.name()) == name),
                value: band(cell("value_band", row)),
                risk: band(cell("risk_band", row)),
                stage: cell("stage", row).and_then(|stage| Previous::stage(book, stage)),
            };
            previous.add(id, last);
        }
    }
    previous.sort();
    if previous.is_empty() {
        return Err(Error::new(Kind::EmptyTable, "the last feed has no customer"));
    }
    Ok(previous)
}
