//! One customer's months: what the bank would see, and the hidden life that makes it.

use super::{
    draw::Stream,
    hazard::{self, Cause},
    person::{Payroll, Person},
};
use crate::units::Day;

/// Where a customer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Has never transacted.
    Prospect,
    Active,
    /// Left or fell silent in this month, the account still open.
    Gone(i32),
    /// Closed the account.
    Closed,
}

/// What the bank sees on the evening of a month's end.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Observed {
    pub tenure: u32,
    pub age: f64,
    pub aum: f64,
    pub aum_avg_3m: f64,
    pub aum_avg_12m: f64,
    pub aum_change_3m: Option<f64>,
    pub demand_share: Option<f64>,
    pub products: u32,
    pub has_wealth: bool,
    pub has_loan: bool,
    pub days_to_maturity: Option<i32>,
    pub txn_30d: u32,
    pub txn_90d: u32,
    pub txn_prior_90d: u32,
    pub counter_share: Option<f64>,
    pub logins: u32,
    pub quiet_days: Option<i32>,
    pub passthrough: Option<f64>,
    pub complaints: u32,
    pub contacts: u32,
    pub opened_share: Option<f64>,
    pub satisfaction: Option<u32>,
    pub points: u32,
    pub fees_12m: f64,
}

/// What happened to a customer in a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    Nothing,
    Left,
    Woke,
}

/// The last months of a quantity, the latest first.
#[derive(Debug, Clone)]
struct Months<const N: usize>([f64; N]);

impl<const N: usize> Months<N> {
    fn push(&mut self, value: f64) {
        self.0.copy_within(..N - 1, 1);
        self.0[0] = value;
    }

    fn sum(&self, from: usize, to: usize) -> f64 {
        self.0.iter().take(to).skip(from).sum()
    }
}

/// A customer's state, moved on month by month.
#[derive(Debug, Clone)]
pub(super) struct Life {
    pub person: Person,
    pub stage: Stage,
    pub observed: Observed,
    /// Monthly probabilities of leaving for the next three months, the nearest first.
    pub leaving: [f64; 3],
    /// Monthly probabilities of waking for the next three months, the nearest first.
    pub waking: [f64; 3],
    /// The strongest driver at the latest month.
    pub cause: Cause,
    key: u64,
    opened: i32,
    last_txn: Option<Day>,
    /// Activity against the usual rhythm, 1 = as usual.
    energy: f64,
    fading: bool,
    moving_assets: bool,
    /// Assets against what the person tends to hold.
    level: f64,
    /// Month in which the term deposit falls due.
    maturity: Option<i32>,
    aum: Months<12>,
    txns: Months<6>,
    complaints: Months<6>,
    contacts: Months<6>,
    opens: Months<6>,
    fees: Months<12>,
    demand: f64,
    passthrough: f64,
    points: f64,
}

/// Activity by month of the year, from January.
const SEASON: [f64; 12] = [1.08, 0.84, 0.99, 1.0, 1.02, 1.06, 0.97, 0.95, 1.0, 1.03, 1.08, 1.14];

impl Life {
    /// A customer whose account was opened in the month `opened`, first seen in `month`.
    pub(super) fn begin(key: u64, opened: i32, month: i32) -> Self {
        let mut stream = Stream::new(key, 1);
        let person = Person::draw(&mut stream);
        let fresh = opened == month;
        let weights = match month - opened {
            0 => [0.2, 0.8, 0.0],
            1..6 => [0.1, 0.9, 0.0],
            _ => [0.04, 0.77, 0.19],
        };
        let stage = match stream.choice(&weights) {
            0 => Stage::Prospect,
            1 => Stage::Active,
            _ => {
                let since = month - 4 - (40.0 * stream.uniform().powi(2)) as i32;
                Stage::Gone(since.max(opened))
            }
        };
        let tenure = month - opened;
        let mut life = Self::at_rest(key, person, stage, opened);
        life.furnish(&mut stream, tenure);
        life.start_history(&mut stream, month, fresh);
        life
    }

    fn at_rest(key: u64, person: Person, stage: Stage, opened: i32) -> Self {
        Self {
            stage,
            observed: Observed::default(),
            leaving: [hazard::NEWCOMER; 3],
            waking: [hazard::JUST_LEFT; 3],
            cause: Cause::Background,
            key,
            opened,
            last_txn: None,
            energy: 1.0,
            fading: false,
            moving_assets: false,
            level: 1.0,
            maturity: None,
            aum: Months([0.0; 12]),
            txns: Months([0.0; 6]),
            complaints: Months([0.0; 6]),
            contacts: Months([0.0; 6]),
            opens: Months([0.0; 6]),
            fees: Months([0.0; 12]),
            demand: person.demand,
            passthrough: person.passthrough,
            points: 0.0,
            person,
        }
    }

    /// The products at the start.
    fn furnish(&mut self, stream: &mut Stream, tenure: i32) {
        let rich = ((self.person.wealth.ln() - 8.0) / 5.0).clamp(0.0, 1.0);
        let seen = &mut self.observed;
        if self.stage == Stage::Prospect {
            seen.products = u32::from(stream.happens(0.6));
            return;
        }
        seen.has_wealth = stream.happens(0.05 + 0.6 * rich);
        seen.has_loan = stream.happens(0.16);
        let years = f64::from(tenure.min(120)) / 12.0;
        let more = stream.count(0.25 + 0.09 * years + 0.5 * rich);
        seen.products = (1 + u32::from(seen.has_wealth) + u32::from(seen.has_loan) + more).min(8);
        self.points = self.person.rhythm * 30.0 * (1.0 + years) * stream.uniform();
    }

    /// The months before the simulation, so that no mean starts empty.
    fn start_history(&mut self, stream: &mut Stream, month: i32, fresh: bool) {
        let usual = self.person.wealth;
        let aum = match self.stage {
            Stage::Prospect if stream.happens(0.7) => 0.0,
            Stage::Prospect => usual * 0.3 * stream.uniform(),
            Stage::Gone(_) if stream.happens(0.65) => usual * 0.1 * stream.uniform(),
            _ => usual * (0.7 + 0.6 * stream.uniform()),
        };
        self.level = aum / usual;
        self.aum = Months([aum; 12]);
        if self.stage == Stage::Active && !fresh {
            self.txns = Months([self.person.rhythm; 6]);
            self.fees = Months([fee(aum, self.person.rhythm, self.observed.has_loan); 12]);
        }
        if self.stage != Stage::Prospect {
            let since = match self.stage {
                Stage::Gone(since) => since,
                _ => month - 1,
            };
            self.last_txn = Some(day_in_month(since, 15));
            self.maturity = self.person_saves(stream).then(|| month + 1 + stream.count(5.0) as i32);
        }
    }

    fn person_saves(&self, stream: &mut Stream) -> bool {
        stream.happens(0.55 * (1.0 - self.person.demand) + 0.1)
    }

    /// Moves on by one month. What happens is drawn from `fate` alone, and everything else from the
    /// customer's own stream of that month: what the bank sees at a month's end cannot depend on
    /// what the customer does later.
    pub(super) fn step(&mut self, month: i32, fate: u64) -> Event {
        let mut stream = Stream::new(self.key, 1000 + month as u64);
        let event = self.meet_fate(month, fate, &mut stream);
        if self.stage == Stage::Closed {
            return event;
        }
        if self.stage == Stage::Prospect && stream.happens(0.03) {
            self.stage = Stage::Active;
            self.aum.0[0] += 0.3 * self.person.wealth * stream.uniform();
            self.observed.products = self.observed.products.max(1);
        }
        self.live(month, &mut stream);
        self.observe(month);
        self.foresee();
        event
    }

    fn meet_fate(&mut self, month: i32, fate: u64, stream: &mut Stream) -> Event {
        let draw = Stream::new(fate, month as u64).uniform();
        let [leave, _, _] = self.leaving;
        let [wake, _, _] = self.waking;
        match self.stage {
            Stage::Active if draw < leave => {
                self.leave(month, stream);
                Event::Left
            }
            Stage::Gone(since) if month >= since + 4 && draw < wake => {
                self.wake(stream);
                Event::Woke
            }
            _ => Event::Nothing,
        }
    }

    /// Closes the account, takes the assets away, or falls silent with what is there.
    fn leave(&mut self, month: i32, stream: &mut Stream) {
        if stream.happens(0.55) {
            self.stage = Stage::Closed;
            return;
        }
        let last = self.last_txn.unwrap_or(day_in_month(month, 2));
        self.stage = Stage::Gone(month);
        self.last_txn = Some(last.max(day_in_month(month, 2 + stream.count(9.0).min(26))));
        let kept = if stream.happens(0.4) {
            0.6 + 0.4 * stream.uniform()
        } else {
            0.02 + 0.15 * stream.uniform()
        };
        self.level *= kept;
        self.fading = false;
    }

    fn wake(&mut self, stream: &mut Stream) {
        self.stage = Stage::Active;
        self.energy = 0.4 + 0.4 * stream.uniform();
        self.level = (self.level + 0.5 * stream.uniform()).min(1.2);
        self.moving_assets = false;
    }

    fn live(&mut self, month: i32, stream: &mut Stream) {
        let active = self.stage == Stage::Active;
        if active {
            self.mood_of_the_month(stream);
        }
        self.move_assets(month, stream);
        let season = SEASON[month.rem_euclid(12) as usize];
        let mean = if active { self.person.rhythm * self.energy * season } else { 0.0 };
        let mut count = stream.count(mean);
        if active && self.txns.sum(0, 2) < 1.0 {
            count = count.max(1);
        }
        if self.stage == Stage::Gone(month) {
            count = 1;
        } else if count > 0 {
            let span = stream.uniform().powf(1.0 / f64::from(count));
            self.last_txn = Some(day_in_month(month, 2 + (span * 26.99) as u32));
        }
        self.txns.push(f64::from(count));
        self.fees.push(if self.stage == Stage::Prospect {
            0.0
        } else {
            fee(self.aum.0[0], f64::from(count), self.observed.has_loan)
        });
        self.points = (self.points + f64::from(count) * 20.0 * stream.uniform()).min(500_000.0);
        self.points *= if active && stream.happens(0.05) { 0.2 } else { 0.99 };
        self.speak(stream, season);
    }

    /// Whether the customer is turning away, and how strongly it shows.
    fn mood_of_the_month(&mut self, stream: &mut Stream) {
        let trouble = self.person.branch_trouble();
        if self.fading {
            self.energy = (self.energy * 0.76).max(0.1);
            if stream.happens(0.09) {
                self.fading = false;
                self.moving_assets = false;
            }
        } else {
            let annoyed = if self.complaints.sum(0, 3) > 0.0 { 1.5 } else { 0.0 };
            self.fading = stream.happens(0.016 * (1.0 + annoyed + 0.5 * trouble));
            self.moving_assets = self.fading && stream.happens(0.6);
            self.energy += 0.25 * (1.0 - self.energy) + 0.07 * stream.noise();
            self.energy = self.energy.clamp(0.15, 1.7);
        }
        let drift = if self.moving_assets { 0.05 } else { 0.0 };
        let pull = 0.15 * (self.person.passthrough - self.passthrough);
        self.passthrough =
            (self.passthrough + drift + pull + 0.04 * stream.noise()).clamp(0.0, 1.0);
        if stream.happens(if self.fading { 0.04 } else { 0.0 }) {
            self.observed.products = self.observed.products.saturating_sub(1).max(1);
        } else if stream.happens(0.006) {
            self.observed.products = (self.observed.products + 1).min(8);
        }
    }

    fn move_assets(&mut self, month: i32, stream: &mut Stream) {
        if self.stage == Stage::Active {
            self.level += 0.04 * (1.0 - self.level) + 0.05 * stream.noise() * self.level;
            if self.moving_assets {
                self.level *= 0.84;
            }
        }
        if self.maturity.is_some_and(|due| due <= month) {
            if self.stage == Stage::Active && stream.happens(0.12) {
                self.level *= 0.7;
            }
            let term = [3, 6, 12][stream.choice(&[0.3, 0.4, 0.3])];
            self.maturity = stream.happens(0.78).then_some(month + term);
        } else if self.maturity.is_none() && self.stage == Stage::Active && stream.happens(0.03) {
            self.maturity = Some(month + [3, 6, 12][stream.choice(&[0.3, 0.4, 0.3])]);
        }
        let bonus = if month.rem_euclid(12) == 11 { 0.03 } else { 0.0 };
        self.level = self.level.clamp(0.0, 3.0);
        self.demand =
            (self.demand + 0.2 * (self.person.demand - self.demand) + 0.05 * stream.noise())
                .clamp(0.0, 1.0);
        if self.stage == Stage::Prospect {
            let same = self.aum.0[0];
            self.aum.push(same);
        } else {
            self.aum.push(self.person.wealth * self.level * (1.0 + bonus));
        }
    }

    /// What passes between bank and customer: complaints, messages, the app, the survey.
    fn speak(&mut self, stream: &mut Stream, season: f64) {
        let trouble = self.person.branch_trouble();
        let active = self.stage == Stage::Active;
        let annoyance = 0.012 * (1.0 + 3.0 * trouble) * if self.fading { 2.0 } else { 1.0 };
        self.complaints.push(f64::from(stream.count(if active { annoyance } else { 0.0 })));
        let contacts = stream.count(0.45);
        let will = self.person.openness * if active { self.energy.min(1.0) } else { 0.8 };
        let opens = (0..contacts).filter(|_| stream.happens(will)).count();
        self.contacts.push(f64::from(contacts));
        self.opens.push(opens as f64);
        let logins = match self.stage {
            Stage::Active => 14.0 * self.person.digital * self.energy * season,
            Stage::Gone(_) => 0.5 * self.person.digital,
            _ => 0.3 * self.person.digital,
        };
        self.observed.logins = stream.count(logins);
        if self.person.answers_surveys && self.stage != Stage::Prospect {
            let low = 1.1 * self.complaints.sum(0, 6) + 0.8 * trouble;
            let low = low + if self.energy < 0.6 { 0.8 } else { 0.0 };
            let answer = self.person.mood - low + 0.25 * stream.noise();
            self.observed.satisfaction = Some(answer.round().clamp(1.0, 5.0) as u32);
        }
    }

    fn observe(&mut self, month: i32) {
        let as_of = month_end(month);
        let aum = self.aum.0[0];
        let before = self.aum.0[3];
        let used = self.txns.sum(0, 6) > 0.0;
        let sent = self.contacts.sum(0, 6);
        let drift = 0.15 * (1.0 - self.energy);
        let seen = &mut self.observed;
        seen.tenure = (month - self.opened).max(0) as u32;
        seen.age = f64::from(self.person.age_months + (month - FIRST_MONTH).max(0) as u32) / 12.0;
        seen.aum = aum;
        seen.aum_avg_3m = self.aum.sum(0, 3) / 3.0;
        seen.aum_avg_12m = self.aum.sum(0, 12) / 12.0;
        seen.aum_change_3m = (before >= 50.0).then(|| aum / before - 1.0);
        seen.demand_share = (aum >= 0.01).then_some(self.demand);
        seen.days_to_maturity =
            self.maturity.map(|due| day_in_month(due, 15).0 - as_of.0).filter(|days| *days > 0);
        seen.txn_30d = self.txns.sum(0, 1) as u32;
        seen.txn_90d = self.txns.sum(0, 3) as u32;
        seen.txn_prior_90d = self.txns.sum(3, 6) as u32;
        seen.counter_share = used.then(|| (self.person.counter + drift).clamp(0.0, 1.0));
        seen.quiet_days = self.last_txn.map(|day| as_of.0 - day.0);
        seen.passthrough = (self.person.payroll != Payroll::None && self.stage != Stage::Prospect)
            .then_some(self.passthrough);
        seen.complaints = self.complaints.sum(0, 6) as u32;
        seen.contacts = self.contacts.sum(0, 3) as u32;
        seen.opened_share = (sent > 0.0).then(|| self.opens.sum(0, 6) / sent);
        seen.points = self.points as u32;
        seen.fees_12m = self.fees.sum(0, 12);
    }

    /// What is seen now decides the chance of leaving, or of waking, three months from now.
    fn foresee(&mut self) {
        let dormant = self.is_dormant();
        let (leave, wake, cause) = match self.stage {
            Stage::Active => {
                let (risk, cause) = hazard::leaving(&self.person, &self.observed);
                (risk, hazard::JUST_LEFT, cause)
            }
            Stage::Gone(_) if dormant => {
                let (chance, cause) = hazard::waking(&self.person, &self.observed);
                (hazard::JUST_WOKE, chance, cause)
            }
            _ => (hazard::NEWCOMER, hazard::JUST_LEFT, Cause::Background),
        };
        self.leaving = [self.leaving[1], self.leaving[2], leave];
        self.waking = [self.waking[1], self.waking[2], wake];
        self.cause = cause;
    }

    /// Quiet for more than 90 days.
    pub(super) fn is_dormant(&self) -> bool {
        self.observed.quiet_days.is_some_and(|days| days > 90)
    }
}

/// Probability that one of three months brings the event.
pub(super) fn within_three(monthly: [f64; 3]) -> f64 {
    1.0 - monthly.iter().map(|p| 1.0 - p).product::<f64>()
}

fn fee(aum: f64, count: f64, has_loan: bool) -> f64 {
    1.5 + 0.12 * count + 0.000_15 * aum + if has_loan { 9.0 } else { 0.0 }
}

/// Ages are drawn for this month: January 2025.
const FIRST_MONTH: i32 = 2025 * 12;

/// Months since year 0 of a day.
pub(super) fn month_of(day: Day) -> i32 {
    let (year, month, _) = day.ymd();
    year * 12 + month as i32 - 1
}

/// A day of a month counted from year 0.
pub(super) fn day_in_month(month: i32, day: u32) -> Day {
    let first = Day::from_ymd(month.div_euclid(12), month.rem_euclid(12) as u32 + 1, 1);
    Day(first.map_or(0, |first| first.0) + day as i32 - 1)
}

/// The last day of a month counted from year 0.
pub(super) fn month_end(month: i32) -> Day {
    Day(day_in_month(month + 1, 1).0 - 1)
}
