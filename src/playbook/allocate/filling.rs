//! Places that are being filled: greedily by gain after prices, then by exchanges.

use super::{Case, Choice, Prices};
use crate::units::Seed;

/// Squares of candidates times shakes, at most.
const SHAKEN: usize = 600_000;
/// Shakes of the smallest cases.
const MOST_SHAKES: usize = 400;

/// Places that are being filled.
pub(super) struct Filling<'a> {
    case: &'a Case,
    pub(super) taken: Vec<Option<u8>>,
    left: Vec<u32>,
    money: f64,
}

impl<'a> Filling<'a> {
    pub(super) fn new(case: &'a Case) -> Self {
        let money = case.budget.unwrap_or(f64::INFINITY);
        Self { case, taken: vec![None; case.candidates()], left: case.capacity.clone(), money }
    }

    fn fits(&self, choice: &Choice) -> bool {
        let room = |&at: &u32| self.left.get(at as usize).is_none_or(|left| *left > 0);
        choice.cost <= self.money + 1e-9 && choice.uses.iter().all(room)
    }

    fn take(&mut self, candidate: usize, at: u8) {
        let choice = self.case.options(candidate)[usize::from(at)];
        self.taken[candidate] = Some(at);
        self.money -= choice.cost;
        for at in choice.uses {
            if let Some(left) = self.left.get_mut(at as usize) {
                *left -= 1;
            }
        }
    }

    fn release(&mut self, candidate: usize) -> Option<u8> {
        let at = self.taken[candidate].take()?;
        let choice = self.case.options(candidate)[usize::from(at)];
        self.money += choice.cost;
        for at in choice.uses {
            if let Some(left) = self.left.get_mut(at as usize) {
                *left += 1;
            }
        }
        Some(at)
    }

    /// First the floor: of those who count for it the ones who gain most, or lose least.
    pub(super) fn floor(&mut self, prices: &Prices<'_>) {
        if self.case.floor == 0 {
            return;
        }
        let best = |at: usize| {
            let options = self.case.options(at).iter().enumerate();
            options
                .map(|(n, c)| (prices.after(c), n as u8))
                .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)))
        };
        let mut order: Vec<(f64, u32, u8)> = (0..self.case.candidates())
            .filter(|at| self.case.in_floor[*at])
            .filter_map(|at| best(at).map(|(after, n)| (after, at as u32, n)))
            .collect();
        order.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut wanted = self.case.floor;
        for (_, candidate, at) in order {
            if wanted == 0 {
                return;
            }
            if self.fits(&self.case.options(candidate as usize)[usize::from(at)]) {
                self.take(candidate as usize, at);
                wanted -= 1;
            }
        }
    }

    /// Then everyone, by gain after prices; at last what is left over.
    pub(super) fn greedy(&mut self, prices: &Prices<'_>) {
        let best = |candidate: usize| {
            let options = self.case.options(candidate).iter().enumerate();
            let gaining = options.filter(|(_, choice)| choice.gain > 0.0);
            let after = gaining.map(|(at, choice)| (prices.after(choice), at as u8));
            after.max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)))
        };
        let free = (0..self.case.candidates()).filter(|at| self.taken[*at].is_none());
        let first: Vec<(f64, u32, u8)> = free
            .filter_map(|at| best(at).map(|(after, n)| (after, at as u32, n)))
            .filter(|(after, _, _)| *after >= 0.0)
            .collect();
        self.fill(first);
        let mut second = Vec::new();
        for candidate in (0..self.case.candidates()).filter(|at| self.taken[*at].is_none()) {
            for (at, choice) in self.case.options(candidate).iter().enumerate() {
                if choice.gain > 0.0 && self.fits(choice) {
                    second.push((prices.after(choice), candidate as u32, at as u8));
                }
            }
        }
        self.fill(second);
    }

    /// Takes what still fits, the most gaining first.
    fn fill(&mut self, mut order: Vec<(f64, u32, u8)>) {
        order.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        for (_, candidate, at) in order {
            let is_free = self.taken[candidate as usize].is_none();
            if is_free && self.fits(&self.case.options(candidate as usize)[usize::from(at)]) {
                self.take(candidate as usize, at);
            }
        }
    }

    pub(super) fn gain(&self) -> f64 {
        let gain = |(at, taken): (usize, &Option<u8>)| {
            taken.map_or(0.0, |n| self.case.options(at)[usize::from(n)].gain)
        };
        self.taken.iter().enumerate().map(gain).sum()
    }

    /// Exchanges while any brings more: a candidate changes its option, takes the place of another, or
    /// of another who moves to a free option.
    pub(super) fn exchange(&mut self) {
        for _ in 0..20 {
            let mut better = false;
            for candidate in 0..self.case.candidates() {
                better |= self.improve(candidate);
            }
            if !better {
                return;
            }
        }
    }

    /// Takes a half to a fifth of the places back and fills them anew in another order, as often as a small case
    /// is worth; what brings more stays. Chance comes from a hash: the same case ends the same.
    ///
    /// # Source
    /// Schrimpf et al., *Record breaking optimization results using the ruin and recreate principle*,
    /// J. Computational Physics 159 (2000).
    pub(super) fn shake(&mut self, prices: &Prices<'_>) {
        let count = self.case.candidates().max(1);
        let rounds = (SHAKEN / (count * count)).min(MOST_SHAKES) as u64;
        for round in 0..rounds {
            let (before, gain, spare) = (self.taken.clone(), self.gain(), self.spare());
            let draw = |candidate: usize| {
                let key = [round.to_le_bytes(), (candidate as u64).to_le_bytes()].concat();
                Seed(1).hash("allocation", &key)
            };
            let mut order = Vec::new();
            for candidate in 0..self.case.candidates() {
                let drawn = draw(candidate);
                if drawn % (2 + round % 4) == 0 {
                    self.release(candidate);
                }
                if self.taken[candidate].is_none() {
                    let noise = 0.5 + (drawn >> 11) as f64 / (1_u64 << 53) as f64;
                    for (at, choice) in self.case.options(candidate).iter().enumerate() {
                        let counts = self.case.floor > 0 && self.case.in_floor[candidate];
                        if choice.gain > 0.0 || counts {
                            let worth = prices.after(choice) + noise * choice.gain;
                            order.push((worth, candidate as u32, at as u8));
                        }
                    }
                }
            }
            self.fill(order);
            self.drop_losses();
            self.exchange();
            if self.gain() <= gain + 1e-12 || self.spare() < spare.min(0) {
                self.restore(&before);
            }
        }
    }

    /// Lets go of those who lose and are not needed for the floor.
    fn drop_losses(&mut self) {
        for candidate in 0..self.case.candidates() {
            let loses = self.own_gain(candidate) < 0.0;
            if loses && (self.spare() > 0 || !self.case.in_floor[candidate]) {
                self.release(candidate);
            }
        }
    }

    fn restore(&mut self, taken: &[Option<u8>]) {
        for candidate in 0..taken.len() {
            self.release(candidate);
        }
        for (candidate, at) in taken.iter().enumerate() {
            if let Some(at) = at {
                self.take(candidate, *at);
            }
        }
    }

    fn own_gain(&self, candidate: usize) -> f64 {
        self.taken[candidate].map_or(0.0, |n| self.case.options(candidate)[usize::from(n)].gain)
    }

    /// How many of the floor are contacted beyond it.
    fn spare(&self) -> i64 {
        let counted = self.taken.iter().zip(&self.case.in_floor);
        counted.filter(|(taken, counts)| taken.is_some() && **counts).count() as i64
            - i64::from(self.case.floor)
    }

    fn improve(&mut self, candidate: usize) -> bool {
        for at in 0..self.case.options(candidate).len() {
            let option = self.case.options(candidate)[at];
            let more = option.gain - self.own_gain(candidate);
            if more <= 1e-12 {
                continue;
            }
            let old = self.release(candidate);
            if self.fits(&option) {
                self.take(candidate, at as u8);
                return true;
            }
            if self.displace(candidate, at as u8, more) {
                return true;
            }
            if let Some(old) = old {
                self.take(candidate, old);
            }
        }
        false
    }

    /// Puts a candidate in the place of another, who moves to the best option that is then free.
    fn displace(&mut self, candidate: usize, at: u8, more: f64) -> bool {
        let option = self.case.options(candidate)[usize::from(at)];
        let spare = self.spare() + i64::from(self.case.in_floor[candidate]);
        for other in 0..self.case.candidates() {
            if other == candidate || self.taken[other].is_none() {
                continue;
            }
            let theirs = self.own_gain(other);
            let Some(was) = self.release(other) else { continue };
            if self.fits(&option) {
                self.take(candidate, at);
                let next = (0..self.case.options(other).len() as u8)
                    .filter(|n| self.fits(&self.case.options(other)[usize::from(*n)]))
                    .max_by(|a, b| {
                        let gain = |n: &u8| self.case.options(other)[usize::from(*n)].gain;
                        gain(a).total_cmp(&gain(b))
                    })
                    .filter(|n| self.case.options(other)[usize::from(*n)].gain > 0.0);
                let kept = next.map_or(0.0, |n| self.case.options(other)[usize::from(n)].gain);
                let floor_holds = next.is_some()
                    || !self.case.in_floor[other]
                    || spare > 0
                    || self.case.floor == 0;
                if more + kept - theirs > 1e-12 && floor_holds {
                    if let Some(n) = next {
                        self.take(other, n);
                    }
                    return true;
                }
                self.release(candidate);
            }
            self.take(other, was);
        }
        false
    }
}
