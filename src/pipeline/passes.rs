//! A table that is gone through twice: once to see what is in it, once to encode it.
//!
//! A small table is held in memory between the passes; of a large one nothing is held, and its file is
//! read again. Both ways hand out the same blocks in the same order.

use arrow_array::{BooleanArray, RecordBatch};
use rayon::prelude::*;

use crate::{
    error::{Error, Kind, Result},
    scoring::scorer::as_of_days,
    sources::{self, Block, Column, Hold, Input, ReadParams, Reject, Scan},
    units::Day,
};

/// Cells of a table that is held in memory, at most: some 256 MiB of numbers.
const MOST_CELLS: u64 = 1 << 25;
/// Batches of a held table that are worked on before the results are taken.
const FEW: usize = 64;

/// The last day whose rows are wanted.
#[derive(Debug)]
pub(super) struct Until {
    /// The as-of column.
    pub(super) column: String,
    /// The day.
    pub(super) day: Day,
}

impl Until {
    /// The rows up to the day.
    fn only(until: Option<&Self>, rows: RecordBatch) -> Result<RecordBatch> {
        let Some(Self { column, day }) = until else { return Ok(rows) };
        let as_of = as_of_days(&rows, Some(column))?.unwrap_or_default();
        let wanted: BooleanArray = as_of.iter().map(|as_of| Some(*as_of <= day.0)).collect();
        arrow_select::filter::filter_record_batch(&rows, &wanted)
            .map_err(|e| Error::new(Kind::UnknownFormat, format!("the table cannot be read: {e}")))
    }
}

/// The rows of a table, to be gone through twice.
#[derive(Debug)]
pub(super) struct Passes<'a> {
    input: &'a Input,
    params: &'a ReadParams,
    scan: Scan,
    wanted: Vec<Column>,
    held: Option<Vec<RecordBatch>>,
    until: Option<Until>,
    /// Rows that were set aside.
    pub(super) rejects: Vec<Reject>,
}

impl<'a> Passes<'a> {
    /// The wanted columns of a table that was scanned.
    pub(super) fn new(
        input: &'a Input,
        params: &'a ReadParams,
        scan: Scan,
        wanted: Vec<Column>,
    ) -> Self {
        let is_held = match params.hold {
            Hold::InMemory => true,
            Hold::InFile => false,
            Hold::BySize => scan.rows.saturating_mul(wanted.len() as u64) <= MOST_CELLS,
        };
        let held = is_held.then(Vec::new);
        Self { input, params, scan, wanted, held, until: None, rejects: Vec::new() }
    }

    /// Leaves out the rows after a day.
    pub(super) fn until(self, until: Option<Until>) -> Self {
        Self { until, ..self }
    }

    /// Reads the table: works on the blocks side by side, and takes them with the results in order.
    pub(super) fn first<T: Send>(
        &mut self,
        work: impl Fn(&Block) -> Result<T> + Sync,
        mut take: impl FnMut(&RecordBatch, T) -> Result<()>,
    ) -> Result<()> {
        let Self { held, rejects, until, .. } = self;
        let work = |mut block: Block| {
            block.rows = Until::only(until.as_ref(), block.rows)?;
            Ok((work(&block)?, block))
        };
        let take = |(done, block): (T, Block)| {
            take(&block.rows, done)?;
            rejects.extend(block.rejects);
            if let Some(held) = held {
                held.push(block.rows);
            }
            Ok(())
        };
        sources::open(self.input, self.params, Some(&self.scan), &self.wanted)?
            .in_parallel(work, take)?;
        self.scan.still_holds()
    }

    /// Goes through the table again, and forgets it.
    pub(super) fn second<T: Send>(
        mut self,
        work: impl Fn(&RecordBatch) -> Result<T> + Sync,
        mut take: impl FnMut(T) -> Result<()>,
    ) -> Result<()> {
        let Some(held) = self.held.take() else {
            let until = self.until.take();
            let work = |block: Block| work(&Until::only(until.as_ref(), block.rows)?);
            sources::open(self.input, self.params, Some(&self.scan), &self.wanted)?
                .in_parallel(work, take)?;
            return self.scan.still_holds();
        };
        let mut held = held.into_iter().peekable();
        while held.peek().is_some() {
            let few: Vec<RecordBatch> = held.by_ref().take(FEW).collect();
            let done: Vec<Result<T>> = few.into_par_iter().map(|rows| work(&rows)).collect();
            done.into_iter().try_for_each(|done| take(done?))?;
        }
        Ok(())
    }
}
