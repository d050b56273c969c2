//! The days of a month: what the customer does while awake, and what the bank books anyway.

use super::super::draw::Stream;
use super::{
    bank::{Month, promotion},
    customer::Source,
    dirt::Kind,
    life::{Break, Life, State},
    rows::{File, Rows, load_day},
};

/// Days on which the customer is awake.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub from: i32,
    pub to: i32,
    /// Whether the customer opens the account or returns on the first day.
    pub opens: bool,
    /// The break that begins on the last day.
    pub ends: Option<Break>,
}

/// Something to be booked; the amount follows from what is held then.
#[derive(Debug, Clone, Copy)]
enum Doing {
    Opening,
    Usual,
    Hunt,
    Pay(i64),
    PassOn(i64),
    Outflow,
    Matured,
    Repay,
    Leave(Break),
    Interest,
    Fee,
    Judicial,
}

#[derive(Debug, Clone, Copy)]
struct Event {
    day: i32,
    second: u32,
    doing: Doing,
}

/// A transaction, ready to be written.
struct Booking {
    kind: &'static str,
    channel: &'static str,
    inward: bool,
    cents: i64,
    initiator: &'static str,
    same_name: bool,
    payer: bool,
    promo: bool,
}

impl Life<'_> {
    /// Does what is to be done in the month, and writes it.
    pub(super) fn act(
        &mut self,
        month: Month,
        windows: &[Window],
        stream: &mut Stream,
        rows: &mut Rows,
    ) {
        let mut events = Vec::new();
        for window in windows {
            self.plan_rhythm(window, stream, &mut events);
            self.plan_dates(month, window, stream, &mut events);
        }
        self.plan_bank(month, stream, &mut events);
        events.sort_by_key(|event| (event.day, event.second));
        for event in &events {
            self.book_event(event, stream, rows);
        }
        if let Some(event) = events.first() {
            self.soil(month, event, rows);
        }
    }

    /// The days of activity: gaps of the customer's rhythm, at most the longest of the branch.
    fn plan_rhythm(&mut self, window: &Window, stream: &mut Stream, events: &mut Vec<Event>) {
        let mut day = if window.opens { window.from } else { self.next.max(window.from) };
        let mut first = window.opens;
        while day < window.to || (day == window.to && window.ends.is_none()) {
            let hunting = self.who.hunts() && promotion(day);
            let doing = match (first, hunting) {
                (true, _) => Doing::Opening,
                (_, true) => Doing::Hunt,
                _ => Doing::Usual,
            };
            let times = 1 + stream.count(if hunting { 1.2 } else { 0.3 });
            for time in 0..times {
                let doing = if time > 0 && first { Doing::Usual } else { doing };
                let second = 8 * 3600 + time * 1200 + (stream.uniform() * 30_000.0) as u32;
                let second = if time == 0 && first { 8 * 3600 } else { second };
                events.push(Event { day, second, doing });
            }
            first = false;
            day += self.gap(day, stream);
        }
        self.next = day;
        if let Some(ended) = window.ends {
            events.push(Event { day: window.to, second: 79_000, doing: Doing::Leave(ended) });
        }
    }

    /// Days until the next day of activity.
    fn gap(&self, day: i32, stream: &mut Stream) -> i32 {
        let longest = self.who.branch.longest_gap;
        if self.who.hunts() {
            if promotion(day + 1) {
                return 1;
            }
            let gap = longest - stream.choice(&[1.0; 4]) as i32;
            // A promotion that begins meanwhile is not missed.
            return (1..gap).find(|gap| promotion(day + gap)).unwrap_or(gap);
        }
        let mean = self.who.gap / self.mood.energy / self.stage_tempo(day);
        ((-mean * (1.0 - stream.uniform()).ln()).ceil() as i32).clamp(1, longest)
    }

    /// Activity by stage of the life: slow at first, quickest while growing.
    fn stage_tempo(&self, day: i32) -> f64 {
        match day - self.opened {
            ..90 => 0.75,
            90..540 => 1.2,
            _ => 1.0,
        }
    }

    /// What comes on dates of its own, while the customer is awake.
    fn plan_dates(
        &mut self,
        month: Month,
        window: &Window,
        stream: &mut Stream,
        events: &mut Vec<Event>,
    ) {
        let awake = |day: i32| day >= window.from && day <= window.to;
        let mut push = |day: i32, second: u32, doing| events.push(Event { day, second, doing });
        if let Some(pay) = self.who.pay.filter(|_| self.mood.paid) {
            let day = month.day(pay.day);
            if awake(day) {
                push(day, 6 * 3600, Doing::Pay(pay.cents));
                let share = (pay.share + self.mood.leak).clamp(0.0, 0.98);
                let cents = (pay.cents as f64 * share).round() as i64;
                let parts = if share > 0.3 { 1 + stream.choice(&[0.5, 0.5]) as i64 } else { 1 };
                for part in 0..parts {
                    let cents =
                        if part == 0 { cents - cents / parts * (parts - 1) } else { cents / parts };
                    let later = (day + stream.choice(&[0.4, 0.3, 0.2, 0.1]) as i32).min(window.to);
                    push(later, 25_000 + part as u32 * 600, Doing::PassOn(cents));
                }
            }
        }
        if self.mood.turning && !self.who.hunts() {
            let day = month.day(6 + stream.choice(&[1.0; 20]) as u32);
            if awake(day) && stream.happens(0.7) {
                push(day, 50_000, Doing::Outflow);
            }
        }
        if let Some(term) = self.book.term.filter(|term| awake(term.due)) {
            push(term.due, 36_000, Doing::Matured);
        }
        let repayment = month.day(20);
        if self.book.loan > 0 && awake(repayment) {
            push(repayment, 5 * 3600, Doing::Repay);
        }
    }

    /// What the bank books whether the customer is awake or not.
    fn plan_bank(&self, month: Month, stream: &mut Stream, events: &mut Vec<Event>) {
        let mut push = |day: i32, doing| {
            let closed = matches!(self.state, State::Closed(at) if at <= day);
            if !closed && day > self.opened {
                events.push(Event { day, second: 3600, doing });
            }
        };
        if month.of_year() % 3 == 0 {
            push(month.day(21), Doing::Interest);
        }
        if self.who.key % 3 == 0 {
            push(month.day(2), Doing::Fee);
        }
        if self.who.judicial && stream.happens(0.3) {
            push(month.day(12), Doing::Judicial);
        }
    }

    fn book_event(&mut self, event: &Event, stream: &mut Stream, rows: &mut Rows) {
        let demand = self.book.demand;
        match event.doing {
            Doing::Opening => {
                let short =
                    (self.who.demand * self.mood.energy - demand as f64).max(self.who.spend);
                let cents = (short * (0.3 + 0.6 * stream.uniform())) as i64;
                let same_name = stream.happens(0.4);
                self.put(
                    event,
                    Booking { same_name, ..self.by_hand("transfer", true, cents, stream) },
                    stream,
                    rows,
                );
            }
            Doing::Usual => self.usual(event, stream, rows),
            Doing::Hunt => {
                let inward = demand < 2000;
                let cents =
                    if inward { 20_000.0 } else { self.who.spend * (0.6 * stream.noise()).exp() };
                let kind = if inward { "transfer" } else { "purchase" };
                self.put(event, self.by_hand(kind, inward, cents as i64, stream), stream, rows);
            }
            Doing::Pay(cents) => {
                let pension = self.who.pay.is_some_and(|pay| pay.source == Source::Pension);
                let kind = if pension { "pension" } else { "salary" };
                self.put(
                    event,
                    Booking { payer: true, ..by_bank(kind, "system", true, cents) },
                    stream,
                    rows,
                );
                self.pay_row(event.day, cents, rows);
            }
            Doing::PassOn(cents) => {
                let booking = self.by_hand("transfer", false, cents, stream);
                self.put(event, Booking { same_name: true, ..booking }, stream, rows);
            }
            Doing::Outflow => self.outflow(event, 0.1 + 0.25 * stream.uniform(), stream, rows),
            Doing::Matured => self.matured(event, stream, rows),
            Doing::Repay => {
                let cents = (self.book.loan / 30).clamp(5000, 400_000).min(self.book.loan);
                if cents <= demand {
                    self.book.loan -= cents;
                    self.put(event, by_bank("repayment", "system", false, cents), stream, rows);
                }
            }
            Doing::Leave(ended) => self.leave(event, &ended, stream, rows),
            Doing::Interest => {
                let cents = demand / 4000;
                self.put(event, by_bank("interest", "bank", true, cents), stream, rows);
                if cents > 1000 {
                    self.put(event, by_bank("tax", "bank", false, cents / 5), stream, rows);
                }
            }
            Doing::Fee => {
                self.put(event, by_bank("fee", "bank", false, 300.min(demand)), stream, rows)
            }
            Doing::Judicial => {
                self.put(event, by_bank("judicial", "bank", false, demand / 20), stream, rows);
            }
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
            let booking = self.by_hand(kind, true, cents as i64, stream);
            let same_name = kind == "transfer" && stream.happens(0.3);
            self.put(event, Booking { same_name, ..booking }, stream, rows);
            return;
        }
        let excess = demand - 1.8 * target;
        if excess > 0.0 && stream.happens(0.25) {
            if stream.happens(0.3) && !self.who.hunts() {
                self.save(event, (excess * 0.8) as i64, stream, rows);
            } else {
                let booking = self.by_hand("wealth_buy", false, (excess * 0.7) as i64, stream);
                self.book.buy(booking.cents, event.day, stream);
                self.put(event, booking, stream, rows);
            }
            return;
        }
        if self.book.wealth > 0 && demand < target && stream.happens(0.03) {
            let cents = self.book.sell(event.day);
            self.put(event, self.by_hand("wealth_sell", true, cents, stream), stream, rows);
            return;
        }
        let kind = ["purchase", "transfer", "withdrawal"][stream.choice(&[0.66, 0.2, 0.14])];
        let spend = if excess > 0.0 { spend + 0.1 * excess } else { spend };
        let booking = self.by_hand(kind, false, spend.min(0.8 * demand) as i64, stream);
        let same_name = kind == "transfer" && stream.happens(0.12);
        self.put(event, Booking { same_name, ..booking }, stream, rows);
    }

    fn save(&mut self, event: &Event, cents: i64, stream: &mut Stream, rows: &mut Rows) {
        let booking = self.by_hand("transfer", false, cents, stream);
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
        let booking = self.by_hand("transfer", false, cents, stream);
        self.put(event, Booking { same_name: true, ..booking }, stream, rows);
    }

    /// A term deposit falls due: renewed, spent on something else, or taken along.
    fn matured(&mut self, event: &Event, stream: &mut Stream, rows: &mut Rows) {
        self.mood.matured = 0;
        let cents = self.book.end_term(event.day);
        self.put(event, self.by_hand("transfer", true, cents, stream), stream, rows);
        let weights = if self.mood.turning { [0.2, 0.5, 0.1, 0.2] } else { [0.6, 0.1, 0.15, 0.15] };
        let after = Event { second: event.second + 300, ..*event };
        match stream.choice(&weights) {
            0 => self.save(&after, cents, stream, rows),
            1 => {
                let booking = self.by_hand("transfer", false, cents, stream);
                self.put(&after, Booking { same_name: true, ..booking }, stream, rows);
            }
            2 => {
                let booking = self.by_hand("wealth_buy", false, cents, stream);
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
            self.put(event, self.by_hand("transfer", true, cents, stream), stream, rows);
        }
        if self.book.wealth > 0 {
            let cents = self.book.sell(event.day);
            self.put(event, self.by_hand("wealth_sell", true, cents, stream), stream, rows);
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

    /// What the customer does, by the channel of habit.
    fn by_hand(
        &self,
        kind: &'static str,
        inward: bool,
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
            inward,
            cents,
            initiator: "customer",
            same_name: false,
            payer: false,
            promo: false,
        }
    }

    /// Books and writes a transaction. One of the customer is at least a cent; what the bank would
    /// book of nothing is left out.
    fn put(&mut self, event: &Event, booking: Booking, stream: &mut Stream, rows: &mut Rows) {
        let mut booking = booking;
        let by_customer = booking.initiator == "customer";
        if !by_customer && booking.cents < 1 {
            return;
        }
        if by_customer && !booking.inward && self.book.demand < booking.cents.max(1) {
            booking.cents = self.book.demand;
        }
        if booking.cents < 1 {
            // An empty account can only be filled.
            booking = Booking { inward: true, kind: "deposit", same_name: false, ..booking };
            booking.cents = 100 + (stream.uniform() * 9900.0) as i64;
        }
        self.book.demand += if booking.inward { booking.cents } else { -booking.cents };
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
            .text(if booking.inward { "in" } else { "out" });
        let row =
            if changed[1].is_empty() { row.money(booking.cents) } else { row.text(changed[1]) };
        let row = row.text(changed[0]).text(booking.initiator).flag(booking.same_name);
        let row = match self.who.pay.filter(|_| booking.payer) {
            Some(pay) => row.payer(&pay),
            None => row.text(""),
        };
        row.flag(booking.promo);
    }

    fn pay_row(&self, day: i32, cents: i64, rows: &mut Rows) {
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
    fn soil(&mut self, month: Month, event: &Event, rows: &mut Rows) {
        if month.number < self.bank.current - 11 {
            return;
        }
        let Some(kind) = self.dirt else { return };
        let booking = Booking { channel: "web", ..by_bank("purchase", "customer", false, 6600) };
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
fn by_bank(kind: &'static str, initiator: &'static str, inward: bool, cents: i64) -> Booking {
    Booking {
        kind,
        channel: "auto",
        inward,
        cents,
        initiator,
        same_name: false,
        payer: false,
        promo: false,
    }
}
