//! The part of a feed row that the playbook writes.

use arrow_array::{Array, ArrayRef, Date32Array, Float64Array, StringArray};

use super::{FeedStyle, Piece, Sink};
use crate::{
    playbook::{
        Arm, Bound, Next, Played, Quadrant, Rule, ready,
        scene::{later, number_at, text_at},
    },
    scoring::Scored,
    units::{Day, Language},
};

/// Figures that the feed shows, in the order of its columns.
const FIGURES: [&str; 8] = [
    "aum",
    "passivity",
    "criticality",
    "satisfaction",
    "share_of_wallet",
    "discount_dependence",
    "loyalty",
    "headroom",
];

/// Columns that the feed hands through, in the order of its columns.
const GIVEN: [&str; 4] = ["org_hq", "branch", "sub_branch", "manager_id"];

/// What all rows share.
#[derive(Debug)]
pub(super) struct PlayStyle {
    causes: Vec<usize>,
    sleepers: Vec<usize>,
    actions: Vec<(String, String)>,
    run_id: String,
}

impl PlayStyle {
    pub(super) fn new(bound: &Bound, language: Language, run_id: &str) -> Self {
        let of_group = |group: &str| {
            let is = |rank: &usize| bound.rule(*rank).is_some_and(|rule| rule.group == group);
            (0..bound.ranks()).filter(is).collect::<Vec<_>>()
        };
        let book = bound.book();
        let words = |code: &String| (code.clone(), book.action_words(code, language));
        Self {
            causes: of_group("cause"),
            sleepers: of_group("sleeper"),
            actions: book.actions.iter().map(|action| words(&action.code)).collect(),
            run_id: run_id.to_owned(),
        }
    }
}

/// The columns of a stretch that the playbook's part of a row reads.
#[derive(Debug)]
pub(super) struct PlayRows<'a> {
    bound: &'a Bound,
    played: &'a Played,
    nexts: &'a [Next<'a>],
    previous: Option<&'a [Option<Quadrant>]>,
    given: [Given<'a>; 4],
    figures: [Option<&'a Float64Array>; 8],
    stage: Option<&'a StringArray>,
    payroll_class: Option<&'a StringArray>,
    turning_point: Option<&'a StringArray>,
    replay: Option<&'a StringArray>,
    days_to_maturity: Option<&'a Float64Array>,
    /// Whether nothing is there of what stands before the segments, and of what follows them.
    is_bare: [bool; 2],
}

/// A column, unless all its cells are missing.
fn present<T: Array>(column: Option<&T>) -> Option<&T> {
    column.filter(|column| column.null_count() < column.len())
}

/// A column that is handed through, whatever its type.
#[derive(Debug, Clone, Copy)]
enum Given<'a> {
    Absent,
    Text(&'a StringArray),
    Number(&'a Float64Array),
    Date(&'a Date32Array),
}

impl<'a> Given<'a> {
    fn of(array: Option<&'a ArrayRef>) -> Self {
        let Some(array) = array.map(Array::as_any) else { return Self::Absent };
        let texts = array.downcast_ref().map(Self::Text);
        let numbers = || array.downcast_ref().map(Self::Number);
        let dates = || array.downcast_ref().map(Self::Date);
        texts.or_else(numbers).or_else(dates).unwrap_or(Self::Absent)
    }

    fn send(self, row: usize, scratch: &mut String, sink: &mut impl Sink) {
        scratch.clear();
        match self {
            Self::Text(texts) if texts.is_valid(row) => {
                return sink.foreign(Some(texts.value(row)));
            }
            Self::Number(numbers) if numbers.is_valid(row) => {
                crate::output::words::push_number(numbers.value(row), scratch);
            }
            Self::Date(dates) if dates.is_valid(row) => {
                scratch.push_str(&Day(dates.value(row)).to_string());
            }
            _ => return sink.plain(None),
        }
        sink.plain(Some(scratch));
    }
}

impl<'a> PlayRows<'a> {
    pub(super) fn new(
        bound: &'a Bound,
        played: &'a Played,
        nexts: &'a [Next<'a>],
        previous: Option<&'a [Option<Quadrant>]>,
    ) -> Self {
        let scene = &played.scene;
        let text = |name| present(scene.texts(name));
        let mut rows = Self {
            bound,
            played,
            nexts,
            previous,
            given: GIVEN.map(|name| Given::of(scene.rows().column_by_name(name))),
            figures: FIGURES.map(|name| present(scene.numbers(name))),
            stage: text("stage"),
            payroll_class: text("payroll_class"),
            turning_point: text("turning_point"),
            replay: text("replay_behaviour"),
            days_to_maturity: present(scene.numbers("days_to_maturity")),
            is_bare: [false; 2],
        };
        let no_given = rows.given.iter().all(|given| matches!(given, Given::Absent));
        let no_class = rows.payroll_class.is_none() && rows.turning_point.is_none();
        let no_figure = rows.figures.iter().all(Option::is_none);
        rows.is_bare = [
            no_given && rows.stage.is_none(),
            no_class && no_figure && rows.days_to_maturity.is_none(),
        ];
        rows
    }

    /// Sends the cells of a row from the label of the quadrant on.
    pub(super) fn send(
        &self,
        row: usize,
        style: &FeedStyle,
        scored: &Scored,
        scratch: &mut String,
        sink: &mut impl Sink,
    ) {
        let [is_bare_before, is_bare_after] = self.is_bare;
        let (state, value) = (scored.state[row], scored.value_band[row]);
        let way = ready::way(state, value, scored.risk_band[row]);
        sink.alike(Piece::Label, way.into(), |sink| {
            let quadrant = self.played.quadrants[row];
            sink.plain(quadrant.map(|quadrant| quadrant.label(style.language)));
            sink.plain(Some(&style.model));
            sink.plain(Some(&style.plays.run_id));
            if is_bare_before {
                self.send_given(row, scratch, sink);
            }
        });
        if !is_bare_before {
            self.send_given(row, scratch, sink);
        }
        sink.alike(Piece::Segments, self.played.masks[row], |sink| {
            self.send_segments(row, style, scratch, sink);
            if is_bare_after {
                self.send_figures(row, scored, sink);
            }
        });
        if !is_bare_after {
            self.send_figures(row, scored, sink);
        }
        self.send_next(row, style, sink);
    }

    fn send_given(&self, row: usize, scratch: &mut String, sink: &mut impl Sink) {
        for given in self.given {
            given.send(row, scratch, sink);
        }
        sink.foreign(text_at(self.stage, row));
    }

    fn send_figures(&self, row: usize, scored: &Scored, sink: &mut impl Sink) {
        sink.foreign(text_at(self.payroll_class, row));
        sink.foreign(text_at(self.turning_point, row));
        for figure in self.figures {
            sink.number(number_at(figure, row));
        }
        let as_of = scored.as_of.as_ref().map(|days| days[row]);
        let days = number_at(self.days_to_maturity, row).filter(|days| *days >= 0.0);
        sink.date(as_of.zip(days).and_then(|(day, days)| later(day, days)));
    }

    fn send_segments(
        &self,
        row: usize,
        style: &FeedStyle,
        scratch: &mut String,
        sink: &mut impl Sink,
    ) {
        let segment = self.nexts[row].segment;
        sink.plain(segment.map(|rule| rule.code.as_str()));
        sink.foreign(segment.map(|rule| rule.words(style.language)));
        join(self.bound.matched(self.played, row), scratch);
        sink.plain(Some(scratch));
        let mask = self.played.masks[row];
        join(self.held(mask, &style.plays.causes), scratch);
        sink.plain(Some(scratch));
        sink.plain(self.held(mask, &style.plays.sleepers).next().map(|rule| rule.code.as_str()));
    }

    /// Of some rules those that hold.
    fn held<'b>(&'b self, mask: u128, ranks: &'b [usize]) -> impl Iterator<Item = &'b Rule> {
        ranks.iter().filter(move |rank| mask >> **rank & 1 == 1).filter_map(|r| self.bound.rule(*r))
    }

    fn send_next(&self, row: usize, style: &FeedStyle, sink: &mut impl Sink) {
        let next = &self.nexts[row];
        let kind = u128::from(next.kind.number());
        let day = next.contact_by.map_or(0, |day| 1 << 32 | u128::from(day.0 as u32));
        sink.alike(Piece::Deed, kind << 33 | day, |sink| self.send_deed(next, style, sink));
        sink.foreign(text_at(self.replay, row));
        sink.number(next.gain);
        let previous = self.previous.and_then(|quadrants| quadrants[row]);
        let from = previous.map_or(0, |quadrant| quadrant as u128 + 1);
        let arm = next.arm.map_or(0, |arm| arm as u128 + 1);
        sink.alike(Piece::Last, kind << 16 | from << 8 | arm, |sink| {
            sink.number(None);
            sink.plain(next.arm.map(Arm::name));
            sink.number(Some(f64::from(u8::from(next.suppressed.is_some()))));
            sink.plain(next.suppressed);
            sink.plain(previous.map(Quadrant::name));
        });
    }

    fn send_deed(&self, next: &Next<'_>, style: &FeedStyle, sink: &mut impl Sink) {
        let book = self.bound.book();
        let action = next.rule.and_then(|rule| rule.action.as_deref());
        sink.plain(next.rule.map(|rule| rule.code.as_str()));
        sink.plain(action);
        let words = style.plays.actions.iter().find(|(code, _)| Some(code.as_str()) == action);
        sink.foreign(words.map(|(_, words)| words.as_str()));
        let product = next.product.and_then(|at| book.products.get(at));
        sink.plain(product.map(|product| product.code.as_str()));
        sink.foreign(product.map(|p| style.language.pick(p.en.as_str(), p.zh.as_str())));
        sink.plain(next.offer.map(|(code, _)| code));
        sink.number(next.offer.map(|(_, cost)| cost));
        for channel in next.channels {
            sink.plain(channel.map(|channel| channel.code.as_str()));
        }
        sink.date(next.contact_by);
        let acts = next.rule.filter(|_| next.suppressed.is_none());
        sink.number(acts.and_then(|rule| rule.cadence_days).map(f64::from));
        sink.foreign(acts.and_then(|rule| rule.script.as_deref()));
    }
}

fn join<'a>(rules: impl Iterator<Item = &'a Rule>, scratch: &mut String) {
    scratch.clear();
    for rule in rules {
        if !scratch.is_empty() {
            scratch.push('|');
        }
        scratch.push_str(&rule.code);
    }
}
