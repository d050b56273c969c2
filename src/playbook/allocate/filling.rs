//! Places that are being filled: greedily by gain after prices, then by exchanges.

use rayon::prelude::*;

use super::{Case, Choice, Prices};

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

    /// Takes what was taken before, where it still fits and loses nothing that the floor does not ask for.
    pub(super) fn keep(&mut self, last: &[Option<u8>]) {
        for (candidate, at) in last.iter().enumerate().take(self.case.candidates()) {
            let Some(at) = *at else { continue };
            let choice = self.case.options(candidate).get(usize::from(at));
            let is_wanted = |choice: &&Choice| choice.gain > 0.0 || self.case.in_floor[candidate];
            if choice.filter(is_wanted).is_some_and(|choice| self.fits(choice)) {
                self.take(candidate, at);
            }
        }
    }

    /// First the floor: of those who count for it the ones who gain most, or lose least.
    pub(super) fn floor(&mut self, prices: &Prices<'_>) {
        let mut wanted = self.case.floor as usize;
        if wanted == 0 {
            return;
        }
        let who: Vec<usize> =
            (0..self.case.candidates()).filter(|at| self.case.in_floor[*at]).collect();
        let best = who.iter().filter_map(|at| {
            let options = self.case.options(*at).iter().enumerate();
            let after = options.map(|(n, choice)| (prices.after(choice), *at as u32, n as u8));
            after.max_by(|a, b| a.0.total_cmp(&b.0).then(b.2.cmp(&a.2)))
        });
        wanted -= self.fill(best.collect(), wanted);
        if wanted > 0 {
            let rest = who.iter().filter(|at| self.taken[**at].is_none());
            let all = rest.flat_map(|at| {
                let options = self.case.options(*at).iter().enumerate();
                options.map(|(n, choice)| (prices.after(choice), *at as u32, n as u8))
            });
            self.fill(all.collect(), wanted);
        }
    }

    /// Then everyone, by gain after prices; at last what is left over.
    pub(super) fn greedy(&mut self, prices: &Prices<'_>) {
        let gaining = |candidate: usize| {
            let options = self.case.options(candidate).iter().enumerate();
            let after = options.filter(|(_, choice)| choice.gain > 0.0);
            after.map(move |(n, choice)| (prices.after(choice), candidate as u32, n as u8))
        };
        let first: Vec<(f64, u32, u8)> = (0..self.case.candidates())
            .into_par_iter()
            .filter(|at| self.taken[*at].is_none())
            .flat_map_iter(gaining)
            .filter(|(after, _, _)| *after >= 0.0)
            .collect();
        self.fill(first, usize::MAX);
        let second: Vec<(f64, u32, u8)> = (0..self.case.candidates())
            .into_par_iter()
            .filter(|at| self.taken[*at].is_none())
            .flat_map_iter(|candidate| {
                let options = self.case.options(candidate).iter().enumerate();
                let open = options.filter(|(_, choice)| choice.gain > 0.0 && self.fits(choice));
                open.map(move |(n, choice)| (prices.after(choice), candidate as u32, n as u8))
            })
            .collect();
        self.fill(second, usize::MAX);
    }

    /// Takes what still fits, the most gaining first, and says how many it took.
    fn fill(&mut self, mut order: Vec<(f64, u32, u8)>, most: usize) -> usize {
        order.par_sort_unstable_by(|a, b| {
            b.0.total_cmp(&a.0).then_with(|| (a.1, a.2).cmp(&(b.1, b.2)))
        });
        let mut took = 0;
        for (_, candidate, at) in order {
            if took == most {
                break;
            }
            let is_free = self.taken[candidate as usize].is_none();
            if is_free && self.fits(&self.case.options(candidate as usize)[usize::from(at)]) {
                self.take(candidate as usize, at);
                took += 1;
            }
        }
        took
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

    /// Takes another answer where it is better once its exchanges are made.
    pub(super) fn try_instead(&mut self, taken: &[Option<u8>]) {
        let mut other = Self::new(self.case);
        for (candidate, at) in taken.iter().enumerate() {
            if let Some(at) = at {
                other.take(candidate, *at);
            }
        }
        other.exchange();
        let short = |filling: &Self| filling.spare().min(0);
        if (short(&other), other.gain()) > (short(self), self.gain()) {
            *self = other;
        }
    }

    fn own_gain(&self, candidate: usize) -> f64 {
        self.taken[candidate].map_or(0.0, |n| self.case.options(candidate)[usize::from(n)].gain)
    }

    /// How many who count for the floor are contacted.
    pub(super) fn counted(&self) -> u32 {
        let counted = self.taken.iter().zip(&self.case.in_floor);
        counted.filter(|(taken, counts)| taken.is_some() && **counts).count() as u32
    }

    /// How many of the floor are contacted beyond it.
    fn spare(&self) -> i64 {
        i64::from(self.counted()) - i64::from(self.case.floor)
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
