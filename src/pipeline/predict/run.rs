//! Scores and plays blocks side by side, and hands them on in order.

use std::io::Write;

use arrow_array::StringArray;

use super::beside::Beside;
use crate::{
    error::{Error, Kind, Result},
    output::feed::{CsvFeed, FeedRows, FeedStyle, ParquetFeed, Turn, beside, columnar},
    pipeline::Watcher,
    playbook::{Bound, Last, Next, PlayTally, Played, Previous, Quadrant, previous},
    scoring::{Scored, Scorer, State, Tally},
    sources::{self, Block, Reject},
    spare::Spare,
    units::Language,
};

/// Scored stretches that may wait for the writer.
const WAITING: usize = 8;

/// What a run counted.
#[derive(Debug, Default)]
pub(super) struct Totals {
    pub(super) tally: Tally,
    pub(super) plays: PlayTally,
    pub(super) rejects: Vec<Reject>,
}

/// A run with all that it needs.
pub(super) struct Run<'a> {
    pub(super) scorer: &'a Scorer<'a>,
    pub(super) bound: &'a Bound,
    pub(super) style: &'a FeedStyle,
    pub(super) previous: Option<&'a Previous>,
    pub(super) language: Language,
    pub(super) watcher: &'a dyn Watcher,
}

/// A stretch, ready to be written.
struct Part<T> {
    feed: T,
    tally: Tally,
    plays: PlayTally,
    alerts: Vec<u8>,
    holdout: Vec<u8>,
}

impl Run<'_> {
    pub(super) fn csv(
        &self,
        blocks: sources::Blocks,
        beside: Option<&mut Beside>,
        bom: bool,
        out: &mut (impl Write + Send + ?Sized),
    ) -> Result<Totals> {
        let failed = |e: std::io::Error| Error::io("the feed", "write", e);
        if bom {
            out.write_all(CsvFeed::BOM).map_err(failed)?;
        }
        out.write_all(&CsvFeed::header()).map_err(failed)?;
        let spare = Spare::<Vec<u8>>::default();
        let lines = |rows: &FeedRows<'_>| {
            let mut lines = spare.take();
            lines.clear();
            CsvFeed::write(rows, &mut lines);
            Ok(lines)
        };
        let part = |block| self.part(block, lines);
        let totals =
            self.run(blocks, beside, part, |lines| out.write_all(&lines).map_err(failed))?;
        out.flush().map_err(failed)?;
        Ok(totals)
    }

    pub(super) fn parquet<W: Write + Send>(
        &self,
        blocks: sources::Blocks,
        beside: Option<&mut Beside>,
        out: W,
    ) -> Result<(Totals, W)> {
        let mut feed = ParquetFeed::new(out)?;
        let part = |block| self.part(block, columnar::batch);
        let totals = self.run(blocks, beside, part, |batch| feed.write(&batch))?;
        Ok((totals, feed.finish()?))
    }

    /// Scores and plays a block.
    fn part<T>(&self, block: Block, write: impl Fn(&FeedRows<'_>) -> Result<T>) -> Result<Part<T>> {
        let bundle = self.scorer.bundle();
        let ids = ids(&block, bundle.source.id.as_deref());
        let last: Option<Vec<Option<Last>>> = self
            .previous
            .map(|previous| ids.iter().map(|id| previous.of(id.unwrap_or_default())).collect());
        let scored = self.scorer.score_settled(block, |scored| {
            if let Some(last) = &last {
                settle(scored, last, bundle);
            }
        })?;
        let stages: Option<Vec<Option<u8>>> =
            last.as_ref().map(|last| last.iter().map(|last| last.and_then(|l| l.stage)).collect());
        let quadrants: Option<Vec<Option<Quadrant>>> =
            last.as_ref().map(|last| last.iter().map(|l| l.and_then(|l| l.quadrant)).collect());
        let played = self.bound.play(&scored, bundle.peers.as_ref(), stages.as_deref())?;
        let nexts = self.nexts(&played, &scored, &ids);
        let previous = quadrants.as_deref();
        let turn =
            Turn { scored: &scored, bound: self.bound, played: &played, nexts: &nexts, previous };
        let (mut alerts, mut holdout) = (Vec::new(), Vec::new());
        beside::alerts(turn, &ids, self.language, &mut alerts);
        beside::holdout(turn, &ids, &mut holdout);
        Ok(Part {
            feed: write(&self.style.rows(bundle, turn))?,
            tally: Tally::of(&scored),
            plays: PlayTally::of(self.bound, &played, &nexts, &scored, previous),
            alerts,
            holdout,
        })
    }

    fn nexts<'b>(&'b self, played: &Played, scored: &Scored, ids: &StringArray) -> Vec<Next<'b>> {
        let one = |(row, id): (usize, Option<&str>)| {
            self.bound.next(played, scored, row, id.unwrap_or_default())
        };
        ids.iter().enumerate().map(one).collect()
    }

    /// Works on blocks side by side, and passes the results on in order to a thread that writes them
    /// while the next blocks are read and scored.
    fn run<T: Send>(
        &self,
        blocks: sources::Blocks,
        mut beside: Option<&mut Beside>,
        part: impl Fn(Block) -> Result<Part<T>> + Sync,
        mut write: impl FnMut(T) -> Result<()> + Send,
    ) -> Result<Totals> {
        let work = |mut block: Block| {
            let rejects = std::mem::take(&mut block.rejects);
            Ok((part(block)?, rejects))
        };
        std::thread::scope(|scope| {
            let (sender, receiver) = std::sync::mpsc::sync_channel::<T>(WAITING);
            let writer = scope.spawn(move || receiver.into_iter().try_for_each(&mut write));
            let mut totals = Totals::default();
            // Why the writer stopped is known once it is asked.
            let mut is_written = true;
            let scored = blocks.in_parallel(work, |(part, mut rejects): (Part<T>, Vec<Reject>)| {
                totals.rejects.append(&mut rejects);
                totals.tally.merge(&part.tally);
                totals.plays.merge(&part.plays);
                self.watcher.rows(totals.tally.rows);
                if let Some(beside) = &mut beside {
                    beside.push(&part.alerts, &part.holdout)?;
                }
                is_written = sender.send(part.feed).is_ok();
                if is_written { Ok(()) } else { Err(Error::new(Kind::Io, "the feed ended")) }
            });
            drop(sender);
            match writer.join() {
                Ok(Ok(())) => scored.map(|()| totals),
                Ok(written) => {
                    if is_written { scored.and(written) } else { written }.map(|()| totals)
                }
                Err(_) => Err(Error::new(Kind::Io, "the writer of the feed stopped")),
            }
        })
    }
}

/// The ids as given; row numbers where the table has none.
fn ids(block: &Block, id: Option<&str>) -> StringArray {
    let column = id.and_then(|id| block.rows.column_by_name(id));
    let texts = column.and_then(|column| column.as_any().downcast_ref::<StringArray>());
    let numbered = || block.numbers.iter().map(|number| Some(number.to_string())).collect();
    texts.cloned().unwrap_or_else(numbered)
}

fn settle(scored: &mut Scored, last: &[Option<Last>], bundle: &crate::bundle::Bundle) {
    let cut = |state: State| match state {
        State::Active => Some(bundle.churn.risk_cut),
        State::Dormant => bundle.reactivation.as_ref().map(|model| model.risk_cut),
        State::Prospect => None,
    };
    previous::settle(scored, last, bundle.value_cut, cut);
}
