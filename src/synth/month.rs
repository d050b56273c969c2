//! One month of a life: what the customer does, and what the bank sees of it.

use super::{
    calendar::{self, day_in_month},
    draw::Stream,
    life::{Life, Stage},
    person::Payroll,
};

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

/// The last months of a quantity, the latest first.
#[derive(Debug, Clone)]
pub(super) struct Months<const N: usize>(pub [f64; N]);

impl<const N: usize> Months<N> {
    fn push(&mut self, value: f64) {
        self.0.copy_within(..N - 1, 1);
        self.0[0] = value;
    }

    /// The sum of some months, the latest being number 0.
    pub(super) fn sum(&self, from: usize, to: usize) -> f64 {
        self.0.iter().take(to).skip(from).sum()
    }
}

/// Activity by month of the year, from January.
const SEASON: [f64; 12] = [1.08, 0.84, 0.99, 1.0, 1.02, 1.06, 0.97, 0.95, 1.0, 1.03, 1.08, 1.14];

impl Life {
    /// Moves everything on by a month.
    pub(super) fn live(&mut self, month: i32, stream: &mut Stream) {
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

    /// Notes what the bank sees at the month's end.
    pub(super) fn observe(&mut self, month: i32) {
        let as_of = calendar::month_end(month);
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
}

/// The fees of a month, in money.
pub(super) fn fee(aum: f64, count: f64, has_loan: bool) -> f64 {
    1.5 + 0.12 * count + 0.000_15 * aum + if has_loan { 9.0 } else { 0.0 }
}

/// Ages are drawn for this month: January 2025.
const FIRST_MONTH: i32 = 2025 * 12;
