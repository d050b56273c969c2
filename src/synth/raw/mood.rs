//! What drives a customer away: the hidden mood, and the hazard of a break that follows from it.

use super::super::draw::Stream;
use super::{
    bank::{Bank, Month},
    customer::{Customer, Source},
    life::Life,
};

/// The strongest planted driver of a break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    Background,
    TurningAway,
    PoorService,
    Maturity,
    PassThrough,
    PayStopped,
    Promotion,
    ShallowRelation,
}

impl Cause {
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Background => "",
            Self::TurningAway => "competitor",
            Self::PoorService => "poor_service",
            Self::Maturity => "maturity",
            Self::PassThrough => "pass_through",
            Self::PayStopped => "pay_stopped",
            Self::Promotion => "promotion_over",
            Self::ShallowRelation => "shallow_relation",
        }
    }
}

/// The hidden mood.
#[derive(Debug, Clone)]
pub(super) struct Mood {
    /// Turning to another bank.
    pub turning: bool,
    /// Activity against the usual rhythm, 1 = as usual.
    pub energy: f64,
    /// Months since the last complaint.
    pub complained: u32,
    /// Months since a term deposit fell due.
    pub matured: u32,
    /// Whether pay comes in.
    pub paid: bool,
    /// Months since the pay stopped.
    pub stopped: u32,
    /// The share of the pay that passes through, above what is usual.
    pub leak: f64,
}

/// Longer ago than anything counts.
const LONG_AGO: u32 = 1000;
/// Monthly probability of a break when nothing drives it.
const BASE: f64 = 0.055;

impl Mood {
    pub(super) fn new(paid: bool) -> Self {
        Self {
            turning: false,
            energy: 1.0,
            complained: LONG_AGO,
            matured: LONG_AGO,
            paid,
            stopped: LONG_AGO,
            leak: 0.0,
        }
    }

    /// Returned from a break.
    pub(super) fn back(&mut self) {
        let paid = self.paid;
        *self = Self::new(paid);
        self.energy = 0.7;
    }

    /// The pay stops in the month in which the employer goes to another bank.
    pub(super) fn payer_leaves(&mut self, who: &Customer, bank: &Bank, month: i32) {
        let Some(pay) = &who.pay else { return };
        let left = bank.payers.get(pay.payer as usize).copied().flatten();
        if self.paid && left.is_some_and(|left| left <= month) {
            self.paid = false;
            self.stopped = 0;
        }
    }

    /// Moves on by a month.
    pub(super) fn month(&mut self, who: &Customer, awake: bool, stream: &mut Stream) {
        for since in [&mut self.complained, &mut self.matured, &mut self.stopped] {
            *since = (*since + 1).min(LONG_AGO);
        }
        if !awake {
            return;
        }
        let upset = if self.complained <= 3 { 3.0 } else { 1.0 };
        if self.turning {
            self.energy = (self.energy * 0.82).max(0.3);
            self.leak = (self.leak + 0.08).min(0.3);
            self.turning = !stream.happens(0.09);
        } else {
            self.energy += 0.3 * (1.0 - self.energy) + 0.05 * stream.noise();
            self.energy = self.energy.clamp(0.3, 1.5);
            self.leak *= 0.8;
            self.turning = stream.happens(0.014 * upset * (1.0 + 0.5 * who.branch.trouble));
        }
    }

    /// The monthly probability of a break that follows from all this, and the strongest driver.
    ///
    /// # Formula
    /// The base times the factor of each driver that holds, times those of what holds the customer
    /// here; at most .45.
    pub(super) fn hazard(&self, life: &Life<'_>, month: Month) -> (f64, Cause) {
        let who = &life.who;
        let share = who.pay.map_or(0.0, |pay| pay.share);
        let drivers = [
            (Cause::TurningAway, self.turning, 9.0),
            (Cause::PoorService, self.complained <= 4, 4.0),
            (Cause::Maturity, self.matured <= 2, 2.2),
            (Cause::PassThrough, self.paid && share + self.leak > 0.7, 2.0),
            (Cause::PayStopped, self.stopped <= 6, 5.0),
            (Cause::Promotion, who.hunts(), 1.7),
            (Cause::ShallowRelation, month.last - life.opened < 270, 1.8),
        ];
        let mut hazard = BASE * (1.0 + 0.25 * who.branch.trouble);
        let mut strongest = (Cause::Background, 1.3);
        for (cause, holds, factor) in drivers {
            if holds {
                hazard *= factor;
                if factor > strongest.1 {
                    strongest = (cause, factor);
                }
            }
        }
        let held = match who.pay.map(|pay| pay.source).filter(|_| self.paid) {
            Some(Source::Pension) => 0.3,
            Some(Source::Enterprise) => 0.5,
            None => 1.0,
        };
        let old = if month.last - life.opened > 2000 { 0.6 } else { 1.0 };
        let borrows = if life.book.loan > 0 { 0.7 } else { 1.0 };
        ((hazard * held * borrows * old).min(0.45), strongest.0)
    }
}
