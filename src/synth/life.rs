//! One customer's months: what the bank would see, and the hidden life that makes it.

use super::{
    calendar::day_in_month,
    draw::Stream,
    hazard::{self, Cause},
    month::{Months, Observed, fee},
    person::Person,
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

/// What happened to a customer in a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    Nothing,
    Left,
    Woke,
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
    pub key: u64,
    pub opened: i32,
    pub last_txn: Option<Day>,
    /// Activity against the usual rhythm, 1 = as usual.
    pub energy: f64,
    pub fading: bool,
    pub moving_assets: bool,
    /// Assets against what the person tends to hold.
    pub level: f64,
    /// Month in which the term deposit falls due.
    pub maturity: Option<i32>,
    pub aum: Months<12>,
    pub txns: Months<6>,
    pub complaints: Months<6>,
    pub contacts: Months<6>,
    pub opens: Months<6>,
    pub fees: Months<12>,
    pub demand: f64,
    pub passthrough: f64,
    pub points: f64,
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_seen_does_not_depend_on_what_comes() {
        let mut parted = 0;
        for key in 0..500 {
            let mut one = Life::begin(key, 24_000, 24_300);
            let mut other = one.clone();
            assert_eq!(one.observed, other.observed);
            for month in 24_300..24_330 {
                let before = (one.leaving, one.waking);
                let events = (
                    one.step(month, key.wrapping_add(77)),
                    other.step(month, key.wrapping_add(1234)),
                );
                if events.0 != events.1 {
                    parted += 1;
                    break;
                }
                if one.stage == Stage::Closed || other.stage == Stage::Closed {
                    break;
                }
                assert_eq!(one.observed, other.observed);
                // Two of the three monthly chances were known a month ago.
                assert_eq!(one.leaving[..2], before.0[1..]);
                assert_eq!(one.waking[..2], before.1[1..]);
            }
        }
        assert!(parted > 100, "{parted}");
    }

    #[test]
    fn the_chance_of_three_months() {
        assert!((within_three([0.5, 0.5, 0.5]) - 0.875).abs() < 1e-12);
        assert!(within_three([0.0; 3]).abs() < 1e-12);
    }
}
