//! Which snapshots there are, and the rows of a run of customers.

use std::ops::Range;

use super::{
    MAX_CUSTOMERS, MAX_MONTHS, SynthParams, WARM_UP, Written, calendar, columns,
    draw::Stream,
    hazard::Cause,
    life::{self, Event, Life, Stage},
    month::Observed,
    out_of_range,
    person::Person,
    row,
};
use crate::error::Result;

/// The calendar of a bank.
#[derive(Debug)]
pub(super) struct Plan {
    params: SynthParams,
    /// The month of the last snapshot whose 90 days are over.
    last_history: i32,
    /// The month of the current snapshot.
    current: i32,
    /// The dates of the snapshots as text, from the first.
    dates: Vec<Vec<u8>>,
    id_width: usize,
}

/// The rows of a run of customers.
#[derive(Debug, Default)]
pub(super) struct Piece {
    pub history: Vec<u8>,
    pub current: Vec<u8>,
    pub truth: Vec<u8>,
    pub rows: Written,
}

/// A customer on the evening of a snapshot.
struct Snapshot {
    month: i32,
    state: &'static str,
    seen: Observed,
    churn: Option<f64>,
    reactivation: Option<f64>,
    cause: Cause,
}

impl Plan {
    pub(super) fn new(params: &SynthParams) -> Result<Self> {
        if params.customers == 0 || params.customers > MAX_CUSTOMERS {
            let what = format!("{} is not a number from 1 to {MAX_CUSTOMERS}", params.customers);
            return Err(out_of_range("customers", what));
        }
        if params.months == 0 || params.months > MAX_MONTHS {
            let what = format!("{} is not a number from 1 to {MAX_MONTHS}", params.months);
            return Err(out_of_range("months", what));
        }
        let current = calendar::month_of(params.last_as_of);
        let (year, _, _) = params.last_as_of.ymd();
        if calendar::month_end(current) != params.last_as_of || !(1970..=9000).contains(&year) {
            let what = format!("{} is not a month's end from 1970 to 9000", params.last_as_of);
            return Err(out_of_range("last_as_of", what)
                .hint_with("name the last day of a month, e.g. 2026-03-31"));
        }
        let mut last_history = current - 3;
        while calendar::month_end(last_history).0 + 90 > params.last_as_of.0 {
            last_history -= 1;
        }
        let first = last_history - params.months as i32 + 1;
        let dates = (first..=current).map(|month| row::date(calendar::month_end(month))).collect();
        let ids = params.customers.saturating_mul(20);
        let id_width = ids.to_string().len().max(8);
        Ok(Self { params: *params, last_history, current, dates, id_width })
    }

    fn first(&self) -> i32 {
        self.last_history - self.params.months as i32 + 1
    }

    /// How many customers make some 6,000 rows.
    pub(super) fn customers_a_piece(&self) -> u64 {
        (6144 / (u64::from(self.params.months) + 1)).max(1)
    }

    /// The rows of some customers, one after the other, each from the first snapshot to the last.
    pub(super) fn piece(&self, customers: Range<u64>) -> Piece {
        let mut piece = Piece::default();
        for place in customers {
            self.place(place, &mut piece);
        }
        piece
    }

    /// One of the bank's places: when a customer closes the account, a new one takes it.
    fn place(&self, place: u64, piece: &mut Piece) {
        let mut from = self.first() - WARM_UP;
        let mut generation = 0;
        while from <= self.current {
            let number = place + generation * self.params.customers;
            let key = self.params.seed.hash("synthetic customer", &number.to_le_bytes());
            let opened = if generation == 0 { from - age_of_account(key) } else { from };
            let life = Life::begin(key, opened, from);
            let fate = key.rotate_left(32) ^ 0x5EED_FA7E;
            from = self.live(life, number + 1, from, fate, piece);
            generation += 1;
        }
    }

    /// Lives a customer's months, writes the rows, and returns the month after the last.
    fn live(&self, mut life: Life, id: u64, from: i32, fate: u64, piece: &mut Piece) -> i32 {
        let mut events = Vec::new();
        let mut snapshots: Vec<Snapshot> = Vec::new();
        let mut month = from;
        while month <= self.current && life.stage != Stage::Closed {
            let event = life.step(month, fate);
            if event != Event::Nothing {
                events.push((month, event));
            }
            let kept = month == self.current || (self.first()..=self.last_history).contains(&month);
            if kept {
                snapshots.extend(snapshot(&life, month));
            }
            month += 1;
        }
        let mut id_text = Vec::new();
        row::padded(&mut id_text, id, self.id_width);
        for taken in &snapshots {
            self.write(taken, &id_text, &life.person, &events, piece);
        }
        month
    }

    fn write(
        &self,
        taken: &Snapshot,
        id: &[u8],
        person: &Person,
        events: &[(i32, Event)],
        piece: &mut Piece,
    ) {
        let nothing: &[u8] = &[];
        let date = self.dates.get((taken.month - self.first()) as usize);
        let as_of = date.map_or(nothing, Vec::as_slice);
        if taken.month == self.current {
            row::features(&mut piece.current, id, as_of, person, &taken.seen);
            piece.current.push(b'\n');
            piece.rows.current += 1;
        } else {
            let came = |wanted: Event| {
                let window = taken.month + 1..=taken.month + 3;
                i64::from(events.iter().any(|(m, e)| *e == wanted && window.contains(m)))
            };
            row::features(&mut piece.history, id, as_of, person, &taken.seen);
            row::integer(&mut piece.history, taken.churn.map(|_| came(Event::Left)));
            row::integer(&mut piece.history, taken.reactivation.map(|_| came(Event::Woke)));
            piece.history.push(b'\n');
            piece.rows.history += 1;
        }
        piece.truth.extend_from_slice(id);
        row::text(&mut piece.truth, as_of);
        row::text(&mut piece.truth, taken.state.as_bytes());
        row::fixed(&mut piece.truth, taken.churn, 6);
        row::fixed(&mut piece.truth, taken.reactivation, 6);
        let cause = if taken.state == "prospect" { "" } else { taken.cause.text() };
        row::text(&mut piece.truth, cause.as_bytes());
        piece.truth.push(b'\n');
        piece.rows.truth += 1;
    }
}

/// What stands in the files of this customer in this month; nothing of one who has just left.
fn snapshot(life: &Life, month: i32) -> Option<Snapshot> {
    let (state, churn, reactivation) = match life.stage {
        Stage::Prospect => ("prospect", None, None),
        Stage::Active => ("active", Some(life::within_three(life.leaving)), None),
        Stage::Gone(_) if life.is_dormant() => {
            ("dormant", None, Some(life::within_three(life.waking)))
        }
        Stage::Gone(_) | Stage::Closed => return None,
    };
    let seen = life.observed.clone();
    Some(Snapshot { month, state, seen, churn, reactivation, cause: life.cause })
}

/// Months since the opening of an account that was there at the start: 1 to 400, 70 in the mean.
fn age_of_account(key: u64) -> i32 {
    let mut stream = Stream::new(key, 0);
    1 + (-70.0 * (1.0 - stream.uniform()).ln()).min(399.0) as i32
}

/// A header line.
pub(super) fn header(tables: &[&[columns::Column]]) -> Vec<u8> {
    let names: Vec<&str> = tables.iter().copied().flatten().map(|column| column.name).collect();
    (names.join(",") + "\n").into_bytes()
}
