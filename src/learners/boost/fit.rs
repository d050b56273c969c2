//! Round after round.

use std::borrow::Cow;

use linfa::traits::{Fit, PredictInplace};
use ndarray::Array1;
use rayon::prelude::*;

use super::{
    BoostParams,
    grow::{Grower, Tree},
    histogram::{Entry, entry, row},
    link::Link,
    sample::Draw,
    sieve,
    table::{self, Line, Table},
};
use crate::{
    error::{Error, Kind, Result},
    learners::{Rows, Training, check_shapes, gather, outcomes},
    model::{
        Boosted,
        boosted::{Branch, Branches, STEPS},
    },
};

/// Rows that one thread takes at a time.
const AT_ONCE: usize = 1 << 14;

/// Rows that are watched while trees are added: their loss tells when to stop.
#[derive(Debug, Clone, Copy)]
pub struct Watch<'a> {
    /// Rows of the same matrix.
    pub rows: Rows<'a>,
    /// Their outcomes.
    pub outcome: &'a [bool],
    /// Rounds without a lower loss after which no more trees are added.
    pub patience: usize,
}

impl<'a> Fit<Rows<'a>, Array1<bool>, Error> for BoostParams {
    type Object = Boosted;

    /// Fits the trees.
    ///
    /// # Errors
    /// [`Kind::EmptyTable`] without rows, [`Kind::OneClass`] where all outcomes are the same,
    /// [`Kind::BadParameter`] for a parameter out of range, lengths that differ or a weight that is
    /// not a finite number of at least 0.
    fn fit(&self, training: &Training<'a>) -> Result<Boosted> {
        Ok(self.fit_watching(training, None)?.0)
    }
}

impl BoostParams {
    /// Fits the trees while the loss of other rows is watched; gives the trees of every round and the
    /// mean log loss of the watched rows after each of them (the first is before any).
    ///
    /// # Errors
    /// As `fit`.
    pub fn fit_watching(
        &self,
        training: &Training,
        watch: Option<Watch>,
    ) -> Result<(Boosted, Vec<f64>)> {
        self.check()?;
        check_shapes(training, "boosted trees")?;
        let units = table::units(training)?;
        let (units, scale) = match &units {
            Some((units, scale)) => (Some(units.as_slice()), *scale),
            None => (None, 1.0),
        };
        let events = outcomes(training);
        let base = base(&events, units)?;
        let table = Table::of(&training.records, units);
        let mut run = Run {
            params: self,
            link: Link::new(),
            draw: Draw::new(self, &table, &events),
            grower: Grower::new(self, &table, units, scale),
            table: &table,
            scores: Vec::new(),
            events,
            watched: watch.map(|watch| Watched::new(&table, watch)),
        };
        let mut boosted = Boosted { base, trees: Vec::new() };
        let mut losses = Vec::new();
        for bag in 0..self.bags {
            losses = run.rounds(bag, &mut boosted);
        }
        average(&mut boosted, self.bags);
        Ok((boosted, losses))
    }
}

/// The mean of the ensembles rather than their sum.
fn average(boosted: &mut Boosted, bags: usize) {
    for node in boosted.trees.iter_mut().flat_map(|tree| &mut tree.nodes) {
        if let Branch::Leaf { steps, .. } = node
            && bags > 1
        {
            *steps = (f64::from(*steps) / bags as f64).round() as i32;
        }
    }
}

/// The log-odds of the outcome, in steps.
fn base(events: &[bool], units: Option<&[u32]>) -> Result<i32> {
    let weigh = |wanted: bool| -> u64 {
        let rows = events.iter().enumerate().filter(|(_, event)| **event == wanted);
        rows.map(|(row, _)| units.map_or(1, |units| u64::from(units[row]))).sum()
    };
    let (happened, others) = (weigh(true), weigh(false));
    if happened == 0 || others == 0 {
        return Err(Error::new(Kind::OneClass, "all training rows have the same outcome"));
    }
    let odds = (happened as f64 / others as f64).ln();
    Ok((odds.clamp(-15.0, 15.0) * STEPS).round() as i32)
}

struct Run<'a> {
    params: &'a BoostParams,
    link: Link,
    draw: Draw,
    grower: Grower<'a>,
    table: &'a Table<'a>,
    scores: Vec<i32>,
    events: Cow<'a, [bool]>,
    watched: Option<Watched<'a>>,
}

impl Run<'_> {
    /// Grows the trees of one bag; the losses of the watched rows before and after each.
    fn rounds(&mut self, bag: usize, boosted: &mut Boosted) -> Vec<f64> {
        self.scores.clear();
        self.scores.resize(self.events.len(), boosted.base);
        let mut losses = Vec::new();
        if let Some(watched) = &mut self.watched {
            watched.scores.fill(boosted.base);
            losses.push(watched.loss(&self.link));
        }
        let mut best = (0, f64::INFINITY);
        let rows = self.scores.len();
        let mut entries: Vec<Entry> = vec![0; rows];
        let mut others = vec![0; if self.draw.takes_all_rows() { 0 } else { rows }];
        for round in 0..self.params.rounds {
            let asked = self.draw.columns(bag, round);
            let (seen, unseen) = self.derive(&mut entries, &mut others, bag, round);
            let tree = self.grower.grow(&mut entries[..seen], &asked);
            if let Some(watched) = &mut self.watched {
                watched.add(&tree.branches, self.table);
                let loss = watched.loss(&self.link);
                losses.push(loss);
                if loss < best.1 {
                    best = (round, loss);
                }
                if round - best.0 >= watched.patience {
                    boosted.trees.push(tree.branches);
                    break;
                }
            }
            self.step(&entries, &others[..unseen], &tree);
            boosted.trees.push(tree.branches);
        }
        losses
    }

    /// The entries of the rows that the tree sees, in order, with their derivatives, and the rows that
    /// it does not see. Both lists have room for all rows; how many entries and rows they hold.
    fn derive(
        &self,
        entries: &mut [Entry],
        others: &mut [u32],
        bag: usize,
        round: usize,
    ) -> (usize, usize) {
        if !self.draw.takes_all_rows() {
            let takes = self.draw.rows(bag, round);
            let (mut seen, mut unseen) = (0, 0);
            for (row, (&score, &event)) in self.scores.iter().zip(self.events.iter()).enumerate() {
                // What is not taken is overwritten by the next.
                entries[seen] = entry(row as u32, self.link.derivatives(score, event));
                others[unseen] = row as u32;
                let takes = usize::from(takes(row));
                seen += takes;
                unseen += 1 - takes;
            }
            return (seen, unseen);
        }
        entries
            .par_chunks_mut(AT_ONCE)
            .zip(self.scores.par_chunks(AT_ONCE))
            .zip(self.events.par_chunks(AT_ONCE))
            .enumerate()
            .for_each(|(chunk, ((entries, scores), events))| {
                let rows = (chunk * AT_ONCE) as u32..;
                let rows = rows.zip(scores.iter().zip(events));
                for (slot, (row, (&score, &event))) in entries.iter_mut().zip(rows) {
                    *slot = entry(row, self.link.derivatives(score, event));
                }
            });
        (self.scores.len(), 0)
    }

    /// Adds the tree to the scores: of the rows that it saw by their leaves, of the others by look-up.
    fn step(&mut self, entries: &[Entry], others: &[u32], tree: &Tree) {
        if !others.is_empty() {
            let (table, scores) = (self.table, &mut self.scores);
            sieve::add(&tree.branches, table, &table.blocks, Some(others), scores);
        }
        for &(from, to, steps) in &tree.leaves {
            for &entry in &entries[from..to] {
                self.scores[row(entry)] += steps;
            }
        }
    }
}

/// Watched rows with their scores.
struct Watched<'a> {
    blocks: Vec<Vec<Line>>,
    outcome: &'a [bool],
    scores: Vec<i32>,
    patience: usize,
}

impl<'a> Watched<'a> {
    fn new(table: &Table, watch: Watch<'a>) -> Self {
        Self {
            blocks: table.beside(&watch.rows),
            outcome: watch.outcome,
            scores: vec![0; watch.rows.index.len()],
            patience: watch.patience,
        }
    }

    fn loss(&self, link: &Link) -> f64 {
        let rows = self.scores.iter().zip(self.outcome);
        let sum: i64 = rows.map(|(&score, &event)| link.loss(score, event)).sum();
        sum as f64 / f64::from(1 << 24) / self.scores.len().max(1) as f64
    }

    fn add(&mut self, branches: &Branches, table: &Table) {
        sieve::add(branches, table, &self.blocks, None, &mut self.scores);
    }
}

impl Boosted {
    /// Logits of rows of a matrix.
    pub(super) fn logits_of(&self, rows: &Rows<'_>) -> Vec<f64> {
        let columns = self.columns();
        let gathered: Vec<Vec<u8>> = (0..rows.matrix.columns.len() as u32)
            .into_par_iter()
            .map(|column| match columns.binary_search(&column) {
                Ok(_) => gather(rows, column as usize),
                Err(_) => Vec::new(),
            })
            .collect();
        let codes: Vec<&[u8]> = gathered.iter().map(Vec::as_slice).collect();
        let mut out = vec![0.0; rows.index.len()];
        self.logits(&codes, &mut out);
        out
    }
}

impl PredictInplace<Rows<'_>, Array1<f64>> for Boosted {
    /// Logits of the rows.
    fn predict_inplace(&self, rows: &Rows<'_>, logits: &mut Array1<f64>) {
        for (logit, value) in logits.iter_mut().zip(self.logits_of(rows)) {
            *logit = value;
        }
    }

    fn default_target(&self, rows: &Rows<'_>) -> Array1<f64> {
        Array1::zeros(rows.index.len())
    }
}
