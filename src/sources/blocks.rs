//! Pieces of a table, read ahead and worked on in parallel, handed out in order.

use std::{collections::VecDeque, mem};

use arrow_array::RecordBatch;
use rayon::prelude::*;

use super::{Block, columnar::Conversion, cut::Stretch, input::Input, text::Parser};
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

    /// Does something with every block, on all threads, and hands out the results in file order.
    ///
    /// Reading goes on meanwhile; memory stays bounded by a few blocks and results.
    pub fn in_parallel<T, F>(self, work: F) -> InParallel<T, F>
    where
        T: Send,
        F: Fn(Block) -> Result<T> + Sync + Send,
    {
        InParallel { blocks: self, pending: None, ready: VecDeque::new(), work }
    }

    /// The next few blocks; `None` at the end.
    fn next_few(&mut self) -> Option<Vec<Result<Block>>> {
        if self.ended {
            return None;
        }
        let reader = &self.reader;
        match self.conveyor.step(|piece| reader.read(piece)) {
            Some(Ok(fresh)) => {
                Some(fresh.into_iter().map(|fresh| fresh.map(|fresh| self.place(fresh))).collect())
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

    fn place(&mut self, fresh: Fresh) -> Block {
        let mut block = fresh.block;
        let before = self.count;
        block.numbers.iter_mut().for_each(|number| *number += before);
        if let Reader::Columns(_) = self.reader {
            block.lines.iter_mut().for_each(|line| *line += before);
            block.rejects.iter_mut().for_each(|reject| reject.line += before);
        }
        self.count += fresh.count;
        block
    }
}

/// The error for a table without rows.
pub(super) fn no_rows(input: &Input) -> Error {
    Error::new(Kind::EmptyTable, "the table has no rows").at(input.place())
}

fn is_worth_it(block: &Result<Block>) -> bool {
    block.as_ref().map_or(true, |b| b.rows.num_rows() > 0 || !b.rejects.is_empty())
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
            self.ready.extend(few.into_iter().filter(is_worth_it));
        }
    }
}

/// The results of some work on every block, in file order; see [`Blocks::in_parallel`].
pub struct InParallel<T, F> {
    blocks: Blocks,
    pending: Option<Vec<Result<Block>>>,
    ready: VecDeque<Result<T>>,
    work: F,
}

impl<T, F> Iterator for InParallel<T, F>
where
    T: Send,
    F: Fn(Block) -> Result<T> + Sync + Send,
{
    type Item = Result<T>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(done) = self.ready.pop_front() {
                if done.is_err() {
                    self.blocks.ended = true;
                    self.pending = None;
                    self.ready.clear();
                }
                return Some(done);
            }
            let few = match self.pending.take() {
                Some(few) => few,
                None => self.blocks.next_few()?,
            };
            let (work, blocks) = (&self.work, &mut self.blocks);
            let work_on = || -> Vec<Result<T>> {
                let worth = few.into_par_iter().filter(is_worth_it);
                worth.map(|block| block.and_then(work)).collect()
            };
            let (done, next) = rayon::join(work_on, || blocks.next_few());
            self.pending = next;
            self.ready.extend(done);
        }
    }
}
