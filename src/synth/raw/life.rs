//! One customer's life: awake, in a break, back, closed.

use super::super::draw::Stream;
use super::{
    Dirt,
    bank::{Bank, Month},
    book::Book,
    branch::{self, CLOSE_AT_ONCE, CLOSING, KINDS},
    customer::{Customer, Standing},
    days::Window,
    dirt::{self, Kind},
    mood::{Cause, Mood},
    rows::{File, Rows},
    talk::{self, Talk},
    truth::{self, Snapshot},
};

/// A day that never comes.
pub(super) const NEVER: i32 = i32::MAX / 2;
/// How many months ahead the hazard of a break is fixed.
pub(super) const LEAD: usize = 4;

/// How a customer begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct Beginning {
    pub opened: i32,
    /// The last day with a transaction, of one who sleeps when the files begin.
    pub asleep: Option<i32>,
}

/// A silence longer than the rhythm of who is awake.
#[derive(Debug, Clone, Copy)]
pub(super) struct Break {
    /// The last day with a voluntary transaction.
    pub since: i32,
    /// The day of the return.
    pub until: i32,
    /// The day on which a sleeper closes the account, if it comes first.
    pub closes: i32,
    pub sleep: bool,
    /// Took the assets along.
    pub took: bool,
    /// Kind of sleeper, 0..=2; drawn for pauses too.
    pub kind: usize,
    pub cause: Cause,
}

/// Where a customer stands.
#[derive(Debug, Clone, Copy)]
pub(super) enum State {
    /// Has never transacted.
    Prospect,
    Awake,
    Quiet(Break),
    /// Since that day.
    Closed(i32),
}

/// A customer's life on its way through the months.
#[derive(Debug)]
pub(super) struct Life<'a> {
    pub bank: &'a Bank,
    pub who: Customer,
    pub number: u64,
    pub opened: i32,
    pub state: State,
    pub mood: Mood,
    pub book: Book,
    pub talk: Talk,
    /// Monthly probability of a break, from the next month on, and its strongest driver.
    pub hazards: [(f64, Cause); LEAD],
    /// The next planned day with activity.
    pub next: i32,
    /// Breaks that began as a sleep or a closing, and returns: day and kind, for the truth.
    pub past: Vec<(i32, Past)>,
    pub dirt: Option<Kind>,
    fate: u64,
}

/// What the truth remembers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Past {
    Left,
    Returned,
}

impl<'a> Life<'a> {
    pub(super) fn begin(bank: &'a Bank, who: Customer, number: u64, start: Beginning) -> Self {
        let mut stream = Stream::new(who.key, 4);
        let first = Month::new(bank.first).first;
        let state = match start.asleep {
            Some(last) => {
                let kind = stream.choice(&KINDS);
                State::Quiet(Break {
                    since: last,
                    until: first - 1 + who.branch.draw_sleep(kind, &mut stream),
                    closes: first - 1 + branch::draw_days(CLOSING, &mut stream),
                    sleep: true,
                    took: stream.happens(0.6),
                    kind,
                    cause: Cause::Background,
                })
            }
            None if stream.happens(0.05) => State::Prospect,
            None => State::Awake,
        };
        let book = Book::open(&who, start.opened, &state, first, &mut stream);
        let fate = who.key.rotate_left(32) ^ 0x0BAD_5EED;
        let dirt = match bank.params.dirt {
            Dirt::Some => dirt::Kind::of(who.key),
            Dirt::None => None,
        };
        let pay = who.pay.is_some();
        Self {
            bank,
            number,
            opened: start.opened,
            state,
            mood: Mood::new(pay),
            book,
            talk: Talk::default(),
            hazards: [(0.03, Cause::Background); LEAD],
            next: first + stream.choice(&[1.0; 6]) as i32,
            past: Vec::new(),
            dirt,
            fate,
            who,
        }
    }

    /// Lives on to the end, writes all rows, and returns the month of the last.
    pub(super) fn live(mut self, rows: &mut Rows) -> i32 {
        let opening = super::super::calendar::month_of(crate::units::Day(self.opened));
        let mut number = opening.max(self.bank.first);
        let mut snapshots: Vec<Snapshot> = Vec::new();
        while number <= self.bank.current {
            let month = Month::new(number);
            self.step(month, rows);
            if matches!(self.state, State::Closed(_)) {
                break;
            }
            if number >= self.bank.first_snapshot {
                snapshots.push(truth::snapshot(&self, month));
            }
            number += 1;
        }
        truth::write(&self, &snapshots, rows);
        self.book.write_products(&self.who, self.number, rows);
        self.write_customer(rows);
        number
    }

    fn step(&mut self, month: Month, rows: &mut Rows) {
        let mut stream = Stream::new(self.who.key, 1000 + month.number as u64);
        self.mood.payer_leaves(&self.who, self.bank, month.number);
        talk::programme(self, month, rows);
        let windows = self.windows(month);
        self.act(month, &windows, &mut stream, rows);
        if let State::Closed(day) = self.state {
            self.book.close(day);
            return;
        }
        talk::month(self, month, &windows, &mut stream, rows);
        self.month_end(month, &mut stream, rows);
        let awake = matches!(self.state, State::Awake);
        self.mood.month(&self.who, awake, &mut stream);
        let next = if awake { self.mood.hazard(self, month) } else { (0.0, Cause::Background) };
        self.hazards.copy_within(1.., 0);
        self.hazards[LEAD - 1] = next;
    }

    /// The days of the month on which the customer is awake.
    fn windows(&mut self, month: Month) -> Vec<Window> {
        let mut fate = Stream::new(self.fate, month.number as u64);
        let from = month.first.max(self.opened);
        match self.state {
            State::Closed(_) => Vec::new(),
            State::Prospect => {
                let day = month.first + (fate.uniform() * f64::from(month.days())) as i32;
                if day <= self.opened || !fate.happens(0.05) {
                    return Vec::new();
                }
                self.state = State::Awake;
                vec![Window { from: day, to: month.last, opens: true, ends: None }]
            }
            State::Awake if from > month.first => {
                vec![Window { from, to: month.last, opens: true, ends: None }]
            }
            State::Awake => self.awake(month, &mut fate),
            State::Quiet(quiet) => self.quiet(month, &quiet),
        }
    }

    fn awake(&mut self, month: Month, fate: &mut Stream) -> Vec<Window> {
        let (hazard, cause) = self.hazards[0];
        let hazard = hazard * self.talk.effect(month.number);
        let whole = Window { from: month.first, to: month.last, opens: false, ends: None };
        if !fate.happens(hazard.min(0.9)) {
            return vec![whole];
        }
        let day = month.first + (fate.uniform() * f64::from(month.days())) as i32;
        let branch = self.who.branch;
        let sleep = !fate.happens(branch.pause_share);
        let kind = fate.choice(&KINDS);
        if sleep {
            self.past.push((day, Past::Left));
        }
        let closes = sleep && fate.happens(CLOSE_AT_ONCE);
        let took = closes || (sleep && fate.happens(truth::TAKES));
        let ended = Break {
            since: day,
            until: day
                + if sleep { branch.draw_sleep(kind, fate) } else { branch.draw_pause(fate) },
            closes: if sleep { day + branch::draw_days(CLOSING, fate) } else { NEVER },
            sleep,
            took,
            kind,
            cause,
        };
        let mut windows = vec![Window { to: day, ends: Some(ended), ..whole }];
        if closes {
            self.state = State::Closed(day);
        } else {
            windows.extend(self.quiet(month, &ended));
        }
        windows
    }

    /// Goes on sleeping, returns, or closes the account.
    fn quiet(&mut self, month: Month, quiet: &Break) -> Vec<Window> {
        if quiet.until <= quiet.closes && quiet.until <= month.last {
            self.state = State::Awake;
            self.hazards = [(0.0, Cause::Background); LEAD];
            self.mood.back();
            self.past.push((quiet.until, Past::Returned));
            return vec![Window { from: quiet.until, to: month.last, opens: true, ends: None }];
        }
        self.state = if quiet.closes <= month.last {
            self.past.push((quiet.closes, Past::Left));
            State::Closed(quiet.closes)
        } else {
            State::Quiet(*quiet)
        };
        Vec::new()
    }

    fn write_customer(&self, rows: &mut Rows) {
        let who = &self.who;
        let last = self.bank.last_day();
        let (closed, status) = match self.state {
            State::Closed(day) => (Some(day), "closed"),
            State::Quiet(quiet) if quiet.sleep && !quiet.took && who.key.is_multiple_of(40) => {
                (None, "deceased")
            }
            _ if who.standing == Standing::Judicial => (None, "judicial"),
            _ => (None, "open"),
        };
        let mut opened = self.opened;
        if self.dirt == Some(Kind::NegativeTenure) {
            rows.dirt[Kind::NegativeTenure as usize] += 1;
            opened = last + 30;
        }
        let verified = Some(self.opened + who.verified_after).filter(|day| *day <= last);
        let until = who
            .do_not_disturb
            .map(|days| self.opened.max(Month::new(self.bank.first).first) + 3 * days);
        rows.start(File::Customers, &who.id)
            .day(opened)
            .maybe_day(closed)
            .day(who.birth.0)
            .text(who.gender)
            .text("HQ1")
            .text(who.branch.key)
            .text(who.branch.key)
            .joined(["S1", "S2", "S3"][usize::from(who.sub_branch - 1).min(2)])
            .manager(who.branch.key, who.manager)
            .text(who.channel)
            .text(who.product)
            .text(who.occupation)
            .numbered("C", u64::from(who.risk), 1)
            .flags(&who.consent)
            .maybe_day(until)
            .flags(&who.reachable)
            .maybe_day(verified)
            .flag(who.standing == Standing::Employee)
            .text(status);
    }
}
