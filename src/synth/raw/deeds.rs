//! What a planned event comes to, by what the customer holds at that moment.

use super::super::{calendar, draw::Stream};
use super::{
    book,
    booking::{Booking, Way, by_bank},
    customer::Source,
    days::{Doing, Event},
    life::{Break, Life, State},
    rows::Rows,
};
use crate::units::Day;

impl Life<'_> {
    pub(super) fn book_event(&mut self, event: &Event, stream: &mut Stream, rows: &mut Rows) {
        let demand = self.book.demand;
        match event.doing {
            Doing::Opening => self.opening(event, stream, rows),
            Doing::Usual => self.usual(event, stream, rows),
            Doing::Hunt => self.hunt(event, stream, rows),
            Doing::Pay(cents) => self.paid(event, cents, stream, rows),
            Doing::PassOn(cents) => {
                let booking = self.by_hand("transfer", Way::Out, cents, stream);
                self.put(event, Booking { same_name: true, ..booking }, stream, rows);
            }
            Doing::Outflow => self.outflow(event, 0.1 + 0.25 * stream.uniform(), stream, rows),
            Doing::Matured => self.matured(event, stream, rows),
            Doing::Repay => self.repay(event, stream, rows),
            Doing::Leave(ended) => self.leave(event, &ended, stream, rows),
            Doing::Interest => self.interest(event, stream, rows),
            Doing::Fee => {
                self.put(event, by_bank("fee", "bank", Way::Out, 300.min(demand)), stream, rows);
            }
            Doing::Judicial => {
                self.put(event, by_bank("judicial", "bank", Way::Out, demand / 20), stream, rows);
            }
        }
    }

    /// Money comes with the first transaction, of a newcomer or of who is back.
    fn opening(&mut self, event: &Event, stream: &mut Stream, rows: &mut Rows) {
        let wanted = self.who.demand * self.mood.energy - self.book.demand as f64;
        let cents = (wanted.max(self.who.spend) * (0.3 + 0.6 * stream.uniform())) as i64;
        let same_name = stream.happens(0.4);
        let booking = self.by_hand("transfer", Way::In, cents, stream);
        self.put(event, Booking { same_name, ..booking }, stream, rows);
    }

    /// Small and often, while a promotion runs.
    fn hunt(&mut self, event: &Event, stream: &mut Stream, rows: &mut Rows) {
        let spend = self.who.spend * (0.6 * stream.noise()).exp();
        let booking = if self.book.demand < 2000 {
            self.by_hand("transfer", Way::In, 20_000, stream)
        } else {
            self.by_hand("purchase", Way::Out, spend as i64, stream)
        };
        self.put(event, booking, stream, rows);
    }

    fn paid(&mut self, event: &Event, cents: i64, stream: &mut Stream, rows: &mut Rows) {
        let pension = self.who.pay.is_some_and(|pay| pay.source == Source::Pension);
        let kind = if pension { "pension" } else { "salary" };
        let booking = by_bank(kind, "system", Way::In, cents);
        self.put(event, Booking { payer: true, ..booking }, stream, rows);
        self.pay_row(event.day, cents, rows);
    }

    fn repay(&mut self, event: &Event, stream: &mut Stream, rows: &mut Rows) {
        let cents = (self.book.loan / 30).clamp(5000, 400_000).min(self.book.loan);
        if cents <= self.book.demand {
            self.book.loan -= cents;
            self.put(event, by_bank("repayment", "system", Way::Out, cents), stream, rows);
        }
    }

    fn interest(&mut self, event: &Event, stream: &mut Stream, rows: &mut Rows) {
        let cents = self.book.demand / 4000;
        self.put(event, by_bank("interest", "bank", Way::In, cents), stream, rows);
        if cents > 1000 {
            self.put(event, by_bank("tax", "bank", Way::Out, cents / 5), stream, rows);
        }
    }

    /// A usual transaction: in where there is little, out where there is much.
    fn usual(&mut self, event: &Event, stream: &mut Stream, rows: &mut Rows) {
        let target = self.who.demand * self.mood.energy.min(1.0);
        let demand = self.book.demand as f64;
        let spend = self.who.spend * (0.8 * stream.noise()).exp();
        let chance = if demand < 0.6 * target {
            0.7
        } else if demand < target {
            0.35
        } else {
            0.1
        };
        if demand < 500.0 || stream.happens(chance) {
            let cents = spend.max((target - demand) * (0.2 + 0.6 * stream.uniform()));
            let kind = if stream.happens(0.45) { "deposit" } else { "transfer" };
            let booking = self.by_hand(kind, Way::In, cents as i64, stream);
            let same_name = kind == "transfer" && stream.happens(0.3);
            self.put(event, Booking { same_name, ..booking }, stream, rows);
            return;
        }
        let excess = demand - 1.8 * target;
        if excess > 0.0 && stream.happens(0.25) {
            if stream.happens(0.3) && !self.who.hunts() {
                self.save(event, (excess * 0.8) as i64, stream, rows);
            } else {
                let booking = self.by_hand("wealth_buy", Way::Out, (excess * 0.7) as i64, stream);
                self.book.buy(booking.cents, event.day, stream);
                self.put(event, booking, stream, rows);
            }
            return;
        }
        if self.book.wealth > 0 && demand < target && stream.happens(0.03) {
            let cents = self.book.sell(event.day);
            self.put(event, self.by_hand("wealth_sell", Way::In, cents, stream), stream, rows);
            return;
        }
        let kind = ["purchase", "transfer", "withdrawal"][stream.choice(&[0.66, 0.2, 0.14])];
        let spend = if excess > 0.0 { spend + 0.1 * excess } else { spend };
        let booking = self.by_hand(kind, Way::Out, spend.min(0.8 * demand) as i64, stream);
        let same_name = kind == "transfer" && stream.happens(0.12);
        self.put(event, Booking { same_name, ..booking }, stream, rows);
    }

    fn save(&mut self, event: &Event, cents: i64, stream: &mut Stream, rows: &mut Rows) {
        let booking = self.by_hand("transfer", Way::Out, cents, stream);
        if let Some(cents) = self.book.save(cents, event.day, stream) {
            // `put` takes the money once more.
            self.book.demand += cents;
            self.put(event, Booking { cents, ..booking }, stream, rows);
        } else {
            self.put(event, booking, stream, rows);
        }
    }

    /// A share of the demand account goes to the customer's own account elsewhere.
    fn outflow(&mut self, event: &Event, share: f64, stream: &mut Stream, rows: &mut Rows) {
        let cents = (self.book.demand as f64 * share) as i64;
        let booking = self.by_hand("transfer", Way::Out, cents, stream);
        self.put(event, Booking { same_name: true, ..booking }, stream, rows);
    }

    /// A term deposit falls due: renewed, spent on something else, or taken along.
    fn matured(&mut self, event: &Event, stream: &mut Stream, rows: &mut Rows) {
        let cents = self.book.end_term(event.day);
        if cents == 0 {
            return;
        }
        self.mood.matured = 0;
        self.put(event, self.by_hand("transfer", Way::In, cents, stream), stream, rows);
        // The further other banks pay more, the more of the money goes there.
        let month = calendar::month_of(Day(event.day));
        let better = (book::market_rate(month) - book::TERM_RATE).max(0.0);
        let away = if self.mood.turning { 1.2 } else { 0.1 + better };
        let weights = [0.7, away, 0.12, 0.12];
        let after = Event { second: event.second + 300, ..*event };
        match stream.choice(&weights) {
            0 => self.save(&after, cents, stream, rows),
            1 => {
                let booking = self.by_hand("transfer", Way::Out, cents, stream);
                self.put(&after, Booking { same_name: true, ..booking }, stream, rows);
            }
            2 => {
                let booking = self.by_hand("wealth_buy", Way::Out, cents, stream);
                self.book.buy(booking.cents, event.day, stream);
                self.put(&after, booking, stream, rows);
            }
            _ => {}
        }
    }

    /// The last transaction before a break; who takes the assets along does it now.
    fn leave(&mut self, event: &Event, ended: &Break, stream: &mut Stream, rows: &mut Rows) {
        if !ended.took {
            self.usual(event, stream, rows);
            return;
        }
        if self.book.term.is_some() {
            let cents = self.book.end_term(event.day);
            self.put(event, self.by_hand("transfer", Way::In, cents, stream), stream, rows);
        }
        if self.book.wealth > 0 {
            let cents = self.book.sell(event.day);
            self.put(event, self.by_hand("wealth_sell", Way::In, cents, stream), stream, rows);
        }
        let after = Event { second: event.second + 600, ..*event };
        let closed = matches!(self.state, State::Closed(day) if day == event.day);
        let share = if closed { 1.0 } else { 0.93 + 0.07 * stream.uniform() };
        if self.book.demand < 200 {
            self.usual(&after, stream, rows);
        } else {
            self.outflow(&after, share, stream, rows);
        }
    }
}
