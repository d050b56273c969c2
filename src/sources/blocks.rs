//! Pieces of a table, read ahead and worked on in parallel, handed out in order.

use std::{collections::VecDeque, mem};

use arrow_array::RecordBatch;
use rayon::prelude::*;

use super::{
    Block,
    columnar::Conversion,
    cut::Stretch,
    input::Input,
    relay::{Strides, relay},
    text::Parser,
};
use crate::error::{Error, Kind, Result};

/// Pieces in flight for each thread.
const AHEAD: usize = 2;
/// Pieces in flight whatever the number of threads, so that memory stays bounded.
const MOST_AHEAD: usize = 16;

/// Some consecutive rows, not yet read.
#[derive(Debug)]
pub(super) enum Piece {
    Text(Stretch),
    Rows(RecordBatch),
}

/// Where pieces come from, in order.
pub(super) trait Feed: Send {
    /// The next piece; `None` at the end.
    fn next(&mut self) -> Result<Option<Piece>>;
}

impl Feed for Box<dyn Feed> {
    fn next(&mut self) -> Result<Option<Piece>> {
        self.as_mut().next()
    }
}

/// Takes pieces from a feed, works on some of them at a time, and keeps their order.
pub(super) struct Conveyor<F> {
    feed: F,
    pending: Vec<Piece>,
    fault: Option<Error>,
    ended: bool,
}

impl<F: Feed> Conveyor<F> {
    pub(super) fn new(feed: F) -> Self {
        Self { feed, pending: Vec::new(), fault: None, ended: false }
    }

    pub(super) fn feed(&self) -> &F {
        &self.feed
    }

    /// Works on the next pieces while those after them are fetched; `None` at the end.
    pub(super) fn step<T: Send>(
        &mut self,
        work: impl Fn(Piece) -> T + Sync + Send,
    ) -> Option<Result<Vec<T>>> {
        if self.pending.is_empty() {
            self.fetch();
        }
        if self.pending.is_empty() {
            return self.fault.take().map(Err);
        }
        let pieces = mem::take(&mut self.pending);
        let work_on = || pieces.into_par_iter().map(work).collect();
        let (done, ()) = rayon::join(work_on, || self.fetch());
        Some(Ok(done))
    }

    fn fetch(&mut self) {
        let ahead = (AHEAD * rayon::current_num_threads()).clamp(AHEAD, MOST_AHEAD);
        while !self.ended && self.pending.len() < ahead {
            match self.feed.next() {
                Ok(Some(piece)) => self.pending.push(piece),
                Ok(None) => self.ended = true,
                Err(error) => {
                    self.fault = Some(error);
                    self.ended = true;
                }
            }
        }
    }
}

/// How a piece becomes a block.
pub(super) enum Reader {
    Text(Parser),
    Columns(Conversion),
}

impl Reader {
    fn read(&self, piece: Piece) -> Result<Fresh> {
        match (self, piece) {
            (Self::Text(parser), Piece::Text(stretch)) => parser.read(stretch),
            (Self::Columns(conversion), Piece::Rows(rows)) => conversion.read(&rows),
            _ => Err(Error::new(Kind::UnknownFormat, "the format changed while it was read")),
        }
    }
}

/// A block that does not know yet how many rows come before it.
#[derive(Debug)]
pub(super) struct Fresh {
    /// The block, its rows numbered from 1.
    pub(super) block: Block,
    /// The number of rows, those set aside included.
    pub(super) count: u64,
}

/// The rows of a table in file order, as an iterator over [`Block`]s.
///
/// A few blocks are read ahead, whatever the size of the file. After an error nothing comes.
pub struct Blocks {
    input: Input,
    conveyor: Conveyor<Box<dyn Feed>>,
    reader: Reader,
    ready: VecDeque<Result<Block>>,
    count: u64,
    ended: bool,
}

impl Blocks {
    pub(super) fn new(input: Input, feed: Box<dyn Feed>, reader: Reader) -> Self {
        let conveyor = Conveyor::new(feed);
        Self { input, conveyor, reader, ready: VecDeque::new(), count: 0, ended: false }
    }

    /// Works on every block on all threads, and takes the results on this thread in file order.
    ///
    /// Reading goes on meanwhile; memory stays bounded by a few blocks and results.
    ///
    /// # Errors
    /// The first in file order of reading, of `work` and of `take`; what lies before it was taken.
    pub fn in_parallel<T: Send>(
        mut self,
        work: impl Fn(Block) -> Result<T> + Sync,
        mut take: impl FnMut(T) -> Result<()>,
    ) -> Result<()> {
        let Self { conveyor, reader, input, .. } = &mut self;
        let reader = &*reader;
        let is_by_rows = matches!(reader, Reader::Columns(_));
        let mut count = 0;
        let strides = Strides {
            read: |piece| reader.read(piece),
            place: |fresh: Result<Fresh>| Ok(placed(fresh?, &mut count, is_by_rows)),
            work: |block: Block| is_worth_it(&block).then(|| work(block)).transpose(),
            take: |done: Option<T>| done.map_or(Ok(()), &mut take),
        };
        relay(&mut conveyor.feed, strides)?;
        if count == 0 { Err(no_rows(input)) } else { Ok(()) }
    }

    /// The next few blocks; `None` at the end.
    fn next_few(&mut self) -> Option<Vec<Result<Block>>> {
        if self.ended {
            return None;
        }
        let reader = &self.reader;
        let is_by_rows = matches!(reader, Reader::Columns(_));
        match self.conveyor.step(|piece| reader.read(piece)) {
            Some(Ok(fresh)) => {
                let mut place = |fresh| placed(fresh, &mut self.count, is_by_rows);
                Some(fresh.into_iter().map(|fresh| fresh.map(&mut place)).collect())
            }
            Some(Err(error)) => {
                self.ended = true;
                Some(vec![Err(error)])
            }
            None => {
                self.ended = true;
                (self.count == 0).then(|| vec![Err(no_rows(&self.input))])
            }
        }
    }
}

/// A block with the numbers of its rows in the file, of which so many came before; where a line is
/// a row, with its lines.
fn placed(fresh: Fresh, before: &mut u64, is_by_rows: bool) -> Block {
    let mut block = fresh.block;
    block.numbers.iter_mut().for_each(|number| *number += *before);
    if is_by_rows {
        block.lines.iter_mut().for_each(|line| *line += *before);
        block.rejects.iter_mut().for_each(|reject| reject.line += *before);
    }
    *before += fresh.count;
    block
}

/// The error for a table without rows.
pub(super) fn no_rows(input: &Input) -> Error {
    Error::new(Kind::EmptyTable, "the table has no rows").at(input.place())
}

fn is_worth_it(block: &Block) -> bool {
    block.rows.num_rows() > 0 || !block.rejects.is_empty()
}

impl Iterator for Blocks {
    type Item = Result<Block>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(block) = self.ready.pop_front() {
                if block.is_err() {
                    self.ended = true;
                    self.ready.clear();
                }
                return Some(block);
            }
            let few = self.next_few()?;
            self.ready
                .extend(few.into_iter().filter(|block| block.as_ref().map_or(true, is_worth_it)));
        }
    }
}
