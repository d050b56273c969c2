//! Builds the feature table from raw history: every snapshot by one code path.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use arrow_array::RecordBatch;
use serde::Serialize;

use crate::{
    error::{Error, Kind, Place, Result},
    history::{
        self, AsOfs, History, HistoryParams, Oddities, Quality, Rejected, SnapshotFacts, Snapshots,
    },
    output::table::{CsvTable, ParquetTable},
    pipeline::{Watcher, predict::FeedTarget},
    sources::ReadParams,
    store::{self, AtomicFile, Hashing},
};

/// Version of the facts beside a feature table.
const VERSION: u32 = 1;

/// What is to be built.
#[derive(Debug)]
pub struct Request {
    /// The folder of the raw files.
    pub folder: PathBuf,
    /// Which files, and how.
    pub history: HistoryParams,
    /// How files are read.
    pub read: ReadParams,
    /// The as-of dates.
    pub as_ofs: AsOfs,
    /// Where the table goes.
    pub target: FeedTarget,
    /// Whether a snapshot without a known outcome is an error.
    pub labelled: bool,
}

/// What was built: the facts that stand beside the table.
#[derive(Debug, Serialize)]
pub struct Built {
    /// Version of these facts.
    pub features: u32,
    /// Version of the program.
    pub program: String,
    /// Digest of the table; absent where it went to standard output.
    pub blake3: Option<String>,
    /// Rows of the table.
    pub rows: u64,
    /// Columns of the table.
    pub columns: Vec<String>,
    /// What each snapshot holds: the label-maturity calendar.
    pub snapshots: Vec<SnapshotFacts>,
    /// What was found in the raw files.
    pub quality: Quality,
    /// What was found odd about single customers.
    pub oddities: Oddities,
    /// Families of features that the files have nothing for.
    pub absent_families: Vec<&'static str>,
    /// Whether a row that was loaded late can be told: only where the files say when rows were loaded.
    pub late_rows_guarded: bool,
}

/// Builds the feature table. `stdout` takes it where it goes to standard output.
///
/// # Errors
/// Those of [`history::load`]; `ImmatureOutcome` where outcomes are demanded of a snapshot that has none
/// yet; `TooManyRejects` where more rows were set aside than are allowed: the table is complete then.
pub fn features(
    request: &Request,
    stdout: &mut (dyn Write + Send),
    watcher: &dyn Watcher,
) -> Result<Built> {
    watcher.stage(&format!("reading {}", request.folder.display()));
    let read = |_, rows| watcher.rows(rows);
    let mut history = history::load(&request.history, &request.folder, &request.read, &read)?;
    let rejected = std::mem::take(&mut history.rejected);
    let snapshots = history.snapshots(&request.as_ofs)?;
    if request.labelled {
        demand_outcomes(&snapshots)?;
    }
    watcher.stage(&format!("building {} snapshots", snapshots.as_ofs().len()));
    let (made, digest) = write(&snapshots, &request.target, stdout, watcher)?;
    let schema = snapshots.schema();
    let built = Built {
        features: VERSION,
        program: format!("reveille {}", env!("CARGO_PKG_VERSION")),
        blake3: digest,
        rows: made.snapshots.iter().map(|facts| facts.customers).sum(),
        columns: schema.fields().iter().map(|field| field.name().clone()).collect(),
        late_rows_guarded: guarded(&history),
        snapshots: made.snapshots,
        quality: history.quality.clone(),
        oddities: made.oddities,
        absent_families: snapshots.absent_families(),
    };
    if let Some(table) = request.target.file() {
        beside(table, &built, &rejected)?;
    }
    check_rejects(&built, request)?;
    Ok(built)
}

impl Built {
    /// The facts as JSON.
    pub fn json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

fn guarded(history: &History) -> bool {
    let dated = history.quality.tables.iter().filter(|t| t.table != history::RawTable::Customers);
    dated.clone().count() > 0 && dated.clone().all(|table| table.has_load_date)
}

fn demand_outcomes(snapshots: &Snapshots<'_>) -> Result<()> {
    let Some(young) = snapshots.calendar().into_iter().find(|maturity| !maturity.mature) else {
        return Ok(());
    };
    let what = format!(
        "the outcome of {} is known on {} at the earliest, and the data end before",
        young.as_of, young.window_end
    );
    Err(Error::new(Kind::ImmatureOutcome, what))
}

type Made = (history::Made, Option<String>);

fn write(
    snapshots: &Snapshots<'_>,
    target: &FeedTarget,
    stdout: &mut (dyn Write + Send),
    watcher: &dyn Watcher,
) -> Result<Made> {
    match target {
        FeedTarget::Stdout => Ok((csv(snapshots, stdout, watcher)?, None)),
        FeedTarget::Csv(path) => {
            let mut file = Hashing::new(AtomicFile::create(path)?);
            let made = csv(snapshots, &mut file, watcher)?;
            let (file, digest) = file.finish();
            file.commit()?;
            Ok((made, Some(digest)))
        }
        FeedTarget::Parquet(path) => {
            let file = Hashing::new(AtomicFile::create(path)?);
            let mut table = ParquetTable::new(file, snapshots.schema())?;
            let made = each(snapshots, watcher, Ok, |batch| table.write(&batch))?;
            let (file, digest) = table.finish()?.finish();
            file.commit()?;
            Ok((made, Some(digest)))
        }
    }
}

fn csv(
    snapshots: &Snapshots<'_>,
    out: &mut (impl Write + Send + ?Sized),
    watcher: &dyn Watcher,
) -> Result<history::Made> {
    let failed = |e: std::io::Error| Error::io("the feature table", "write", e);
    out.write_all(&CsvTable::header(snapshots.schema())).map_err(failed)?;
    let lines = |batch: RecordBatch| CsvTable::lines(&batch);
    let made = each(snapshots, watcher, lines, |lines| out.write_all(&lines).map_err(failed))?;
    out.flush().map_err(failed)?;
    Ok(made)
}

/// Batches that may wait for the writer.
const WAITING: usize = 4;

/// Builds the rows while another thread writes those before them.
fn each<T: Send>(
    snapshots: &Snapshots<'_>,
    watcher: &dyn Watcher,
    work: impl Fn(RecordBatch) -> Result<T> + Sync,
    mut write: impl FnMut(T) -> Result<()> + Send,
) -> Result<history::Made> {
    std::thread::scope(|scope| {
        let (sender, receiver) = std::sync::mpsc::sync_channel::<T>(WAITING);
        let writer = scope.spawn(move || receiver.into_iter().try_for_each(&mut write));
        let (mut rows, mut written) = (0, true);
        let made = snapshots.each(&work, &mut |count, part| {
            rows += count;
            watcher.rows(rows);
            written = sender.send(part).is_ok();
            if written { Ok(()) } else { Err(Error::new(Kind::Io, "the table ended")) }
        });
        drop(sender);
        match writer.join() {
            Ok(Ok(())) => made,
            // Why the writer stopped matters more than that it stopped.
            Ok(Err(error)) => Err(error),
            Err(_) => Err(Error::new(Kind::Io, "the writer of the feature table stopped")),
        }
    })
}

/// Writes the facts and the list of rows that were set aside beside the table.
fn beside(table: &Path, built: &Built, rejected: &[Rejected]) -> Result<()> {
    let stem = table.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    store::write(&table.with_file_name(format!("{stem}.json")), built.json().as_bytes())?;
    let path = table.with_file_name(format!("{stem}.rejects.csv"));
    let failed = |e: csv::Error| {
        Error::new(Kind::Io, format!("cannot write: {e}")).at(Place::File(path.clone()))
    };
    let mut writer = csv::Writer::from_writer(AtomicFile::create(&path)?);
    writer.write_record(["file", "line", "column", "cause"]).map_err(failed)?;
    for row in rejected {
        let file = row.file.file_name().unwrap_or_default().to_string_lossy();
        let (line, column) = (row.line.to_string(), row.column.as_deref().unwrap_or_default());
        writer.write_record([&file, line.as_str(), column, row.cause.as_str()]).map_err(failed)?;
    }
    let file = writer.into_inner().map_err(|e| Error::io(&path, "write", e.into_error()))?;
    file.commit()
}

/// Rows of customers that are not there are counted apart: a bank may well export customers of one branch
/// with the transactions of all.
fn check_rejects(built: &Built, request: &Request) -> Result<()> {
    for table in &built.quality.tables {
        let bad = table.rejected - table.unknown_customer;
        let all = table.rows + table.rejected;
        if all > 0 && bad as f64 > request.read.max_reject_share * all as f64 {
            let what = format!(
                "{bad} of {all} rows of {} were set aside, more than the allowed share of {}",
                table.table.name(),
                request.read.max_reject_share
            );
            return Err(Error::new(Kind::TooManyRejects, what));
        }
    }
    Ok(())
}
