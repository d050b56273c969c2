//! The feed: one row a customer, in the order of the input.
//!
//! [`COLUMNS`] is the contract. CSV and Parquet hold the same columns.

pub mod beside;
pub mod columnar;
pub mod columns;
pub mod csv;
pub mod line;
mod plays;
pub mod schema;
mod text;

pub use columnar::ParquetFeed;
pub use columns::{COLUMNS, CellKind, FeedColumn, VERSION};
pub use csv::CsvFeed;
pub use text::guarded;
pub(in crate::output) use text::{is_plain, needs_quotes, push_number, push_text};

use arrow_array::{Array, StringArray};

use plays::{PlayRows, PlayStyle};

use crate::{
    bundle::Bundle,
    output::words::{CellText, Cells, Words},
    playbook::{
        Bound, Next, Played, Quadrant, ready,
        scene::{self, PeerGroups},
    },
    scoring::{Scored, State},
    units::{Day, Language},
};

/// The rows of a scored stretch, cell by cell.
#[derive(Debug)]
pub struct FeedRows<'a> {
    scored: &'a Scored,
    cells: Cells<'a>,
    ids: Option<&'a StringArray>,
    /// Whether no id holds anything that CSV would have to quote.
    ids_need_no_quotes: bool,
    plays: PlayRows<'a>,
    peers: Option<PeerGroups<'a>>,
    style: &'a FeedStyle,
}

/// What all rows of a feed share.
#[derive(Debug)]
pub struct FeedStyle {
    words: Words,
    language: Language,
    model: String,
    id: Option<String>,
    plays: PlayStyle,
}

/// A scored stretch with what the playbook says of it.
#[derive(Debug, Clone, Copy)]
pub struct Turn<'a> {
    /// The scores.
    pub scored: &'a Scored,
    /// The playbook.
    pub bound: &'a Bound,
    /// What it says of the rows.
    pub played: &'a Played,
    /// What is to be done about each.
    pub nexts: &'a [Next<'a>],
    /// The quadrants of the last feed, where there is one.
    pub previous: Option<&'a [Option<Quadrant>]>,
}

impl FeedStyle {
    /// The style of a feed of this model and playbook in this language; `model` is `name@version`, and
    /// `run_id` names the run.
    pub fn new(
        bundle: &Bundle,
        bound: &Bound,
        model: &str,
        run_id: &str,
        language: Language,
    ) -> Self {
        Self {
            plays: PlayStyle::new(bound, language, run_id),
            words: Words::new(bundle, bound.book(), language),
            language,
            model: model.to_owned(),
            id: bundle.source.id.clone(),
        }
    }

    /// The rows of a scored stretch in this style.
    pub fn rows<'a>(&'a self, bundle: &'a Bundle, turn: Turn<'a>) -> FeedRows<'a> {
        let Turn { scored, bound, played, nexts, previous } = turn;
        let ids = self.id.as_ref().and_then(|id| scored.block.rows.column_by_name(id));
        let ids: Option<&StringArray> = ids.and_then(|column| column.as_any().downcast_ref());
        FeedRows {
            cells: Cells::new(bundle, &scored.block.rows, scored.as_of.as_deref()),
            ids,
            ids_need_no_quotes: ids.is_some_and(|ids| !text::needs_quotes(ids.value_data())),
            plays: PlayRows::new(bound, played, nexts, previous),
            peers: bundle.peers.as_ref().map(|peers| PeerGroups::new(&played.scene, peers)),
            scored,
            style: self,
        }
    }
}

/// Receives the cells of the feed, column by column within a row.
pub trait Sink {
    /// A cell of text that came from outside; `None` is empty.
    fn foreign(&mut self, text: Option<&str>);
    /// A cell of text of our own making, without quotes or delimiters; `None` is empty.
    fn plain(&mut self, text: Option<&str>);
    /// A cell of a date; `None` is empty.
    fn date(&mut self, day: Option<Day>);
    /// A cell of a number; `None` is empty.
    fn number(&mut self, value: Option<f64>);
    /// Cells that are the same in all rows of a key.
    fn alike(&mut self, piece: Piece, key: u128, cells: impl FnOnce(&mut Self));
    /// The row is complete.
    fn end_row(&mut self);
}

/// Cells next to each other that few keys decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// As-of date and state.
    State,
    /// Bands and quadrant.
    Bands,
    /// From the label of the quadrant on.
    Label,
    /// The segments, and what follows them.
    Segments,
    /// What the rule that acts asks for.
    Deed,
    /// The last ones.
    Last,
}

impl FeedRows<'_> {
    /// Sends every row to a sink. Each row has the cells of [`COLUMNS`].
    pub fn send(&self, sink: &mut impl Sink) {
        let mut scratch = String::new();
        for row in 0..self.scored.state.len() {
            self.send_identity(row, &mut scratch, sink);
            self.send_scores(row, sink);
            self.send_reasons(row, &mut scratch, sink);
            self.plays.send(row, self.style, self.scored, &mut scratch, sink);
            sink.end_row();
        }
    }

    fn send_identity(&self, row: usize, scratch: &mut String, sink: &mut impl Sink) {
        if let Some(ids) = self.ids {
            let id = ids.is_valid(row).then(|| ids.value(row));
            if self.ids_need_no_quotes && !id.is_some_and(text::starts_formula) {
                sink.plain(id);
            } else {
                sink.foreign(id);
            }
        } else {
            scratch.clear();
            crate::output::words::push_number(self.scored.block.numbers[row] as f64, scratch);
            sink.plain(Some(scratch));
        }
        let state = self.scored.state[row];
        let day = self.scored.as_of.as_ref().map(|days| days[row]);
        let key = u128::from(day.unwrap_or_default() as u32) << 8 | u128::from(state as u8);
        sink.alike(Piece::State, key, |sink| {
            sink.date(day.map(Day));
            sink.plain(Some(state.name()));
        });
    }

    fn send_scores(&self, row: usize, sink: &mut impl Sink) {
        let scored = self.scored;
        let state = scored.state[row];
        let probability = scored.probability[row];
        sink.number(probability.filter(|_| state == State::Active));
        sink.number(probability.filter(|_| state == State::Dormant));
        sink.number(scored.value[row]);
        sink.number(scored.value_at_risk(row));
        let (value, risk) = (scored.value_band[row], scored.risk_band[row]);
        sink.alike(Piece::Bands, ready::way(state, value, risk).into(), |sink| {
            sink.plain(Some(scene::value_band(value)));
            sink.plain(risk.map(scene::risk_band));
            sink.plain(Quadrant::of(state, value, risk).map(Quadrant::name));
        });
    }

    fn send_reasons(&self, row: usize, scratch: &mut String, sink: &mut impl Sink) {
        let reasons = &self.scored.reasons[row];
        let words = &self.style.words;
        let is_told = reasons.iter().any(Option::is_some);
        let group = self.peers.as_ref().filter(|_| is_told).map(|peers| peers.of(row));
        for reason in reasons {
            let Some(reason) = reason else {
                sink.plain(None);
                continue;
            };
            scratch.clear();
            let cell = self.cells.get(reason.column, row);
            words.write(*reason, self.scored.state[row], &cell, group, scratch);
            let is_plain = match cell {
                CellText::Text(text) => !text::needs_quotes(text.as_bytes()),
                _ => true,
            };
            if is_plain && words.are_plain(*reason) {
                sink.plain(Some(scratch));
            } else {
                sink.foreign(Some(scratch));
            }
        }
        for reason in reasons {
            match reason {
                Some(reason) if words.code_is_plain(*reason) => {
                    sink.plain(Some(words.code(*reason)));
                }
                Some(reason) => sink.foreign(Some(words.code(*reason))),
                None => sink.plain(None),
            }
        }
    }
}
