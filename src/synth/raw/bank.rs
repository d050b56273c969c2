//! The calendar of a raw bank, its employers, and the places of its customers.

use std::ops::Range;

use super::super::draw::Stream;
use super::{
    MAX_CUSTOMERS, MAX_MONTHS, RawParams, WARM_UP,
    calendar::{self, day_in_month, month_end},
    customer::{self, Customer},
    life::{Beginning, Life},
    out_of_range,
    rows::Rows,
};
use crate::{error::Result, units::Day};

/// What all customers share.
#[derive(Debug)]
pub(super) struct Bank {
    pub params: RawParams,
    /// The first month with events.
    pub first: i32,
    /// The month of the first snapshot.
    pub first_snapshot: i32,
    /// The last month.
    pub current: i32,
    /// For each payer the month from which it pays elsewhere.
    pub payers: Vec<Option<i32>>,
    id_width: usize,
}

impl Bank {
    pub(super) fn new(params: &RawParams) -> Result<Self> {
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
        if month_end(current) != params.last_as_of || !(2000..=9000).contains(&year) {
            let what = format!("{} is not a month's end from 2000 to 9000", params.last_as_of);
            return Err(out_of_range("last_as_of", what)
                .hint_with("name the last day of a month, e.g. 2026-03-31"));
        }
        let first_snapshot = current - params.months as i32 + 1;
        let first = first_snapshot - WARM_UP as i32;
        let leaves = |payer: u64| {
            let moves = |month: &i32| {
                let key = params.seed.hash("payer", &payer.to_le_bytes());
                payer > 0 && Stream::new(key, *month as u64).happens(0.003)
            };
            (first..=current).find(moves)
        };
        let payers = (0..=customer::payers(params.customers)).map(leaves).collect();
        let id_width = params.customers.saturating_mul(20).to_string().len().max(8);
        Ok(Self { params: *params, first, first_snapshot, current, payers, id_width })
    }

    /// How many customers make some megabytes of rows.
    pub(super) fn customers_a_piece(&self) -> u64 {
        (9000 / u64::from(self.params.months + WARM_UP)).max(1)
    }

    /// The rows of some customers, one after the other.
    pub(super) fn piece(&self, places: Range<u64>) -> Rows {
        let mut rows = Rows::default();
        for place in places {
            self.place(place, &mut rows);
        }
        rows
    }

    /// One of the bank's places: when a customer closes the account, a new one takes it.
    fn place(&self, place: u64, rows: &mut Rows) {
        let mut generation = 0;
        let mut from = self.first;
        while from <= self.current {
            let number = place + generation * self.params.customers;
            let year = calendar::day_in_month(from, 1).ymd().0;
            let who = Customer::draw(
                self.params.seed,
                number,
                self.id_width,
                self.params.customers,
                year,
            );
            let mut stream = Stream::new(who.key, 3);
            if generation == 0 {
                let fresh = stream.happens(0.12);
                let wait = if fresh { 1 + draw_wait(&mut stream) } else { 0 };
                from += wait;
                if from > self.current {
                    return;
                }
            }
            let beginning =
                Self::beginning(generation == 0 && from == self.first, from, &mut stream);
            let life = Life::begin(self, who, number, beginning);
            from = life.live(rows) + 1 + stream.count(1.0) as i32;
            generation += 1;
        }
    }

    fn beginning(at_the_start: bool, month: i32, stream: &mut Stream) -> Beginning {
        let first = day_in_month(month, 1).0;
        if !at_the_start {
            return Beginning { opened: first + stream.choice(&[1.0; 27]) as i32, asleep: None };
        }
        let age = 20 + (-1900.0 * (1.0 - stream.uniform()).ln()).min(12_000.0) as i32;
        let opened = first - age;
        let last = first - 20 - (700.0 * stream.uniform().powi(2)) as i32;
        let asleep = stream.happens(0.14) && last > opened + 30 && age > 400;
        Beginning { opened, asleep: asleep.then_some(last) }
    }

    /// The day after which nothing is known.
    pub(super) fn last_day(&self) -> i32 {
        self.params.last_as_of.0
    }
}

/// Months until an empty place is taken: 36 in the mean, whatever the length of the history.
fn draw_wait(stream: &mut Stream) -> i32 {
    (-36.0 * (1.0 - stream.uniform()).ln()).min(600.0) as i32
}

/// First and last day of a month.
#[derive(Debug, Clone, Copy)]
pub(super) struct Month {
    pub number: i32,
    pub first: i32,
    pub last: i32,
}

impl Month {
    pub(super) fn new(number: i32) -> Self {
        let Day(first) = day_in_month(number, 1);
        let Day(last) = month_end(number);
        Self { number, first, last }
    }

    pub(super) fn days(self) -> i32 {
        self.last - self.first + 1
    }

    /// A day of the month, from 1.
    pub(super) fn day(self, day: u32) -> i32 {
        (self.first + day as i32 - 1).min(self.last)
    }

    /// 1 = January.
    pub(super) fn of_year(self) -> i32 {
        self.number.rem_euclid(12) + 1
    }
}

/// Whether a day lies in a promotion: from the 11th to the 20th of every second month.
pub(super) fn promotion(day: i32) -> bool {
    let (_, month, day) = Day(day).ymd();
    month % 2 == 0 && (11..=20).contains(&day)
}
