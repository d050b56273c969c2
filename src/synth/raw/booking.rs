//! Transactions: made, booked, written, and now and then dirty.

use super::super::draw::Stream;
use super::{
    bank::{Month, promotion},
    customer::Source,
    days::Event,
    dirt::Kind,
    life::Life,
    rows::{File, Rows, load_day},
};

/// Into the demand account, or out of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    In,
    Out,
}

/// A transaction, ready to be written.
pub(super) struct Booking {
    pub kind: &'static str,
    pub channel: &'static str,
    pub way: Way,
    pub cents: i64,
    pub initiator: &'static str,
    pub same_name: bool,
    pub payer: bool,
    pub promo: bool,
}
impl Life<'_> {
    /// What the customer does, by the channel of habit.
    pub(super) fn by_hand(
        &self,
        kind: &'static str,
        way: Way,
        cents: i64,
        stream: &mut Stream,
    ) -> Booking {
        let digital = stream.happens(self.who.digital);
        let channel = match (digital, kind) {
            (_, "deposit" | "withdrawal") if stream.happens(0.6) => "atm",
            (true, "deposit" | "withdrawal") => "counter",
            (true, _) => ["app", "web"][stream.choice(&[0.88, 0.12])],
            (false, _) => ["counter", "phone"][stream.choice(&[0.93, 0.07])],
        };
        Booking {
            kind,
            channel,
            way,
            cents,
            initiator: "customer",
            same_name: false,
            payer: false,
            promo: false,
        }
    }

    /// Books and writes a transaction. One of the customer is at least a cent; what the bank would
    /// book of nothing is left out.
    pub(super) fn put(
        &mut self,
        event: &Event,
        booking: Booking,
        stream: &mut Stream,
        rows: &mut Rows,
    ) {
        let mut booking = booking;
        let by_customer = booking.initiator == "customer";
        if !by_customer && booking.cents < 1 {
            return;
        }
        if by_customer && booking.way == Way::Out && self.book.demand < booking.cents.max(1) {
            booking.cents = self.book.demand;
        }
        if booking.cents < 1 {
            // An empty account can only be filled.
            booking = Booking { way: Way::In, kind: "deposit", same_name: false, ..booking };
            booking.cents = 100 + (stream.uniform() * 9900.0) as i64;
        }
        self.book.demand += if booking.way == Way::In { booking.cents } else { -booking.cents };
        let chance = if self.who.hunts() { 1.0 } else { 0.25 };
        booking.promo = by_customer && promotion(event.day) && stream.happens(chance);
        if by_customer {
            let at = (event.day, event.second);
            self.talk.earn(&self.who, at, booking.kind, stream, rows);
        }
        let load = load_day(event.day, 0.03, stream);
        self.transaction(&self.who.id, event, &booking, ["CNY", ""], load, rows);
    }

    /// Writes a transaction; `changed` is its currency, and what stands in place of the amount.
    fn transaction(
        &self,
        id: &[u8],
        event: &Event,
        booking: &Booking,
        changed: [&str; 2],
        load: i32,
        rows: &mut Rows,
    ) {
        let row = rows
            .start(File::Transactions, id)
            .time(event.day, event.second)
            .day(load)
            .text(booking.kind)
            .text(booking.channel)
            .text(if booking.way == Way::In { "in" } else { "out" });
        let row =
            if changed[1].is_empty() { row.money(booking.cents) } else { row.text(changed[1]) };
        let row = row.text(changed[0]).text(booking.initiator).flag(booking.same_name);
        let row = match self.who.pay.filter(|_| booking.payer) {
            Some(pay) => row.payer(&pay),
            None => row.text(""),
        };
        row.flag(booking.promo);
    }

    pub(super) fn pay_row(&self, day: i32, cents: i64, rows: &mut Rows) {
        let Some(pay) = self.who.pay else { return };
        let pension = pay.source == Source::Pension;
        let key = self.bank.params.seed.hash("payer", &pay.payer.to_le_bytes());
        let employees = (20.0 * (5.0 * Stream::new(key, 5).uniform()).exp()) as i64;
        let row = rows
            .start(File::Payroll, &self.who.id)
            .payer(&pay)
            .text(if pension { "pension" } else { "enterprise" })
            .day(day)
            .money(cents);
        let end = Month::new(self.bank.first).first + 400 + (key % 1500) as i32;
        row.maybe((!pension).then_some(employees)).maybe_day((!pension).then_some(end));
    }

    /// Adds the customer's dirty transaction, near the end of the history.
    pub(super) fn soil(&mut self, month: Month, event: &Event, rows: &mut Rows) {
        if month.number < self.bank.current - 11 {
            return;
        }
        let Some(kind) = self.dirt else { return };
        let booking = Booking { channel: "web", ..by_bank("purchase", "customer", Way::Out, 6600) };
        let day = event.day;
        let id = self.who.id.as_slice();
        match kind {
            Kind::FutureTransaction => {
                let far = Event { day: self.bank.last_day() + 400, ..*event };
                self.transaction(id, &far, &booking, ["CNY", ""], far.day, rows);
            }
            Kind::SecondCurrency => self.transaction(id, event, &booking, ["USD", ""], day, rows),
            Kind::UnparseableAmount => {
                self.transaction(id, event, &booking, ["CNY", "6 6O.00"], day, rows);
            }
            Kind::MissingId => self.transaction(b"", event, &booking, ["CNY", ""], day, rows),
            Kind::UnparseableDate => {
                rows.start(File::Transactions, id)
                    .text("2026-02-31 10:00:00")
                    .day(day)
                    .text("purchase,web,out,66.00,CNY,customer,0,,0");
            }
            Kind::DuplicateMonth | Kind::UnknownCustomer | Kind::NegativeTenure => return,
        }
        rows.dirt[kind as usize] += 1;
        self.dirt = None;
    }
}

/// What the bank books by itself.
pub(super) fn by_bank(
    kind: &'static str,
    initiator: &'static str,
    way: Way,
    cents: i64,
) -> Booking {
    Booking {
        kind,
        channel: "auto",
        way,
        cents,
        initiator,
        same_name: false,
        payer: false,
        promo: false,
    }
}
