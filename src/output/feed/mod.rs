//! The feed: one row a customer, in the order of the input.
//!
//! [`COLUMNS`] is the contract. CSV and Parquet hold the same columns.

pub mod columnar;
pub mod csv;
mod text;

pub use columnar::ParquetFeed;
pub use csv::CsvFeed;
pub use text::guarded;
pub(in crate::output) use text::is_plain;

use crate::{
    bundle::Bundle,
    output::words::{CellText, Cells, Words},
    playbook::Quadrant,
    scoring::{Band, Scored, State, ValueBand},
    units::{Day, Language},
};

/// Version of the columns; it grows when a column is added at the end.
pub const VERSION: u32 = 1;

/// How the cells of a feed column read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellKind {
    /// Text.
    Text,
    /// A decimal number that reads back to the same f64.
    Number,
}

/// A column of the feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedColumn {
    /// Name in the header.
    pub name: &'static str,
    /// How its cells read.
    pub kind: CellKind,
    /// What it holds.
    pub about: &'static str,
}

const fn text(name: &'static str, about: &'static str) -> FeedColumn {
    FeedColumn { name, kind: CellKind::Text, about }
}

const fn number(name: &'static str, about: &'static str) -> FeedColumn {
    FeedColumn { name, kind: CellKind::Number, about }
}

/// The columns of the feed, in order. An empty cell means: does not apply, or is not known.
pub const COLUMNS: &[FeedColumn] = &[
    text("customer_id", "the id as given; the row number where the table has no id"),
    text("as_of", "date of the snapshot, YYYY-MM-DD"),
    text("state", "active, dormant or prospect"),
    number("churn_probability", "probability that an active customer leaves in the outcome window"),
    number(
        "reactivation_probability",
        "probability that a dormant customer returns in the outcome window",
    ),
    number("value", "value a year by the value expression"),
    number("value_at_risk", "value × probability: what may be lost, or come back"),
    text("value_band", "high, low or unknown, by the cut fixed at training"),
    text("risk_band", "high or low, by the cut fixed at training"),
    text(
        "quadrant",
        "rescue, cherish, automate, grow, wake-first, call-personally, nudge, let-rest, activate or leave",
    ),
    text("reason_1", "strongest reason in words"),
    text("reason_2", "second reason"),
    text("reason_3", "third reason"),
    text("reason_1_code", "column of the strongest reason and + (raises) or - (lowers)"),
    text("reason_2_code", "the same for the second"),
    text("reason_3_code", "the same for the third"),
    text("quadrant_label", "the quadrant in words"),
    text("model", "name and version of the model"),
];

/// The rows of a scored stretch, cell by cell.
#[derive(Debug)]
pub struct FeedRows<'a> {
    scored: &'a Scored,
    cells: Cells<'a>,
    ids: Option<&'a arrow_array::StringArray>,
    style: &'a FeedStyle,
}

/// What all rows of a feed share.
#[derive(Debug)]
pub struct FeedStyle {
    words: Words,
    language: Language,
    model: String,
    id: Option<String>,
}

impl FeedStyle {
    /// The style of a feed of this model in this language; `model` is `name@version`.
    pub fn new(bundle: &Bundle, model: &str, language: Language) -> Self {
        Self {
            words: Words::new(bundle, language),
            language,
            model: model.to_owned(),
            id: bundle.source.id.clone(),
        }
    }

    /// The rows of a scored stretch in this style.
    pub fn rows<'a>(&'a self, bundle: &Bundle, scored: &'a Scored) -> FeedRows<'a> {
        use arrow_array::Array;
        let ids = self.id.as_ref().and_then(|id| scored.block.rows.column_by_name(id));
        FeedRows {
            cells: Cells::new(bundle, &scored.block.rows, scored.as_of.as_deref()),
            ids: ids.and_then(|column| column.as_any().downcast_ref()),
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
    /// A cell of a number; `None` is empty.
    fn number(&mut self, value: Option<f64>);
    /// The row is complete.
    fn end_row(&mut self);
}

impl FeedRows<'_> {
    /// Sends every row to a sink. Each row has the cells of [`COLUMNS`].
    pub fn send(&self, sink: &mut impl Sink) {
        let mut scratch = String::new();
        let mut last_day = None;
        for row in 0..self.scored.state.len() {
            self.send_identity(row, &mut scratch, &mut last_day, sink);
            self.send_scores(row, sink);
            self.send_reasons(row, &mut scratch, sink);
            sink.end_row();
        }
    }

    fn send_identity(
        &self,
        row: usize,
        scratch: &mut String,
        last_day: &mut Option<(i32, String)>,
        sink: &mut impl Sink,
    ) {
        use arrow_array::Array;
        if let Some(ids) = self.ids {
            sink.foreign(ids.is_valid(row).then(|| ids.value(row)));
        } else {
            scratch.clear();
            crate::output::words::push_number(self.scored.block.numbers[row] as f64, scratch);
            sink.plain(Some(scratch));
        }
        match self.scored.as_of.as_ref().map(|days| days[row]) {
            None => sink.plain(None),
            Some(day) => {
                if last_day.as_ref().is_none_or(|(last, _)| *last != day) {
                    *last_day = Some((day, Day(day).to_string()));
                }
                sink.plain(last_day.as_ref().map(|(_, text)| text.as_str()));
            }
        }
        sink.plain(Some(self.scored.state[row].name()));
    }

    fn send_scores(&self, row: usize, sink: &mut impl Sink) {
        let scored = self.scored;
        let state = scored.state[row];
        let probability = scored.probability[row];
        sink.number(probability.filter(|_| state == State::Active));
        sink.number(probability.filter(|_| state == State::Dormant));
        sink.number(scored.value[row]);
        sink.number(scored.value_at_risk(row));
        sink.plain(Some(match scored.value_band[row] {
            ValueBand::High => "high",
            ValueBand::Low => "low",
            ValueBand::Unknown => "unknown",
        }));
        sink.plain(scored.risk_band[row].map(|band| match band {
            Band::High => "high",
            Band::Low => "low",
        }));
        sink.plain(self.quadrant(row).map(Quadrant::name));
    }

    fn send_reasons(&self, row: usize, scratch: &mut String, sink: &mut impl Sink) {
        let reasons = &self.scored.reasons[row];
        let words = &self.style.words;
        for reason in reasons {
            let Some(reason) = reason else {
                sink.plain(None);
                continue;
            };
            scratch.clear();
            let cell = self.cells.get(reason.column, row);
            words.write(*reason, self.scored.state[row], &cell, scratch);
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
        sink.plain(self.quadrant(row).map(|q| q.label(self.style.language)));
        sink.plain(Some(&self.style.model));
    }

    fn quadrant(&self, row: usize) -> Option<Quadrant> {
        let scored = self.scored;
        Quadrant::of(scored.state[row], scored.value_band[row], scored.risk_band[row])
    }
}
