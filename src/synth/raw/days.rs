//! The days of a month: what the customer does while awake, and what the bank books anyway.

use super::super::draw::Stream;
use super::{
    bank::{Month, promotion},
    customer::Standing,
    life::{Break, Life, State},
    rows::Rows,
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
pub(super) enum Doing {
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

/// Something to be booked at a time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Event {
    pub day: i32,
    pub second: u32,
    pub doing: Doing,
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
        // Beside what the customer does anyway: a dirty row must not speak against the truth.
        let by_hand = |event: &&Event| matches!(event.doing, Doing::Usual | Doing::Hunt);
        if let Some(event) = events.iter().find(by_hand) {
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
        if self.who.key.is_multiple_of(3) {
            push(month.day(2), Doing::Fee);
        }
        if self.who.standing == Standing::Judicial && stream.happens(0.3) {
            push(month.day(12), Doing::Judicial);
        }
    }
}
