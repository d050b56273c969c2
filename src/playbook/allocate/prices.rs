//! What a unit of each resource costs.

mod sharpen;

use std::ops::Range;

use rayon::prelude::*;

use super::{Case, Choice, Given, MOST_OPTIONS, NOTHING};

/// Rounds over all prices.
const ROUNDS: usize = 30;

/// The same where they begin close to the end.
const LAST_ROUNDS: usize = 4;

/// Candidates that one thread looks at.
const STRETCH: usize = 16_384;

/// Candidates from which prices are first found on a part of them.
const MANY: usize = 100_000;

/// Candidates of that part.
const PART: usize = 16_384;

/// Units that a resource must have in that part on average, or all of its kind are priced as one.
const FEW_UNITS: usize = 8;

/// Budget prices that are tried in one pass.
const TRIED: usize = 8;

/// What each unit costs.
#[derive(Clone)]
pub(super) struct Prices<'a> {
    case: &'a Case,
    pub(super) of: Vec<f64>,
    pub(super) budget: f64,
    /// What a contact that counts for the floor is worth beyond its gain.
    pub(super) premium: f64,
    /// The groups of resources that no option uses two of: they are priced together.
    groups: Vec<Vec<bool>>,
    /// The most that an option brings for its cost.
    dearest: f64,
    /// What outweighs every gain and loss.
    outweighs: f64,
}

/// What is used where everyone takes what gains most after prices.
struct Demand {
    of: Vec<f64>,
    spent: f64,
    counted: f64,
    /// The sum of the gains after prices.
    kept: f64,
}

impl<'a> Prices<'a> {
    pub(super) fn new(case: &'a Case) -> Self {
        let resources = case.capacity.len();
        let look = |choices: &[Choice]| {
            let mut groups = vec![vec![false; resources]; 4];
            let (mut dearest, mut most) = (0.0_f64, 0.0_f64);
            for choice in choices {
                for (slot, &resource) in choice.uses.iter().enumerate() {
                    if let Some(is_used) = groups[slot].get_mut(resource as usize) {
                        *is_used = true;
                    }
                }
                if choice.cost > 0.0 {
                    dearest = dearest.max(choice.gain / choice.cost);
                }
                most = most.max(choice.gain.abs());
            }
            (groups, dearest, most)
        };
        let parts: Vec<_> = case.choices.par_chunks(STRETCH).map(look).collect();
        let mut groups = vec![vec![false; resources]; 4];
        let (mut dearest, mut most) = (0.0_f64, 0.0_f64);
        for part in parts {
            for (group, used) in groups.iter_mut().zip(part.0) {
                group.iter_mut().zip(used).for_each(|(known, is_used)| *known |= is_used);
            }
            (dearest, most) = (dearest.max(part.1), most.max(part.2));
        }
        groups.retain(|group| group.contains(&true));
        let of = vec![0.0; resources];
        Self { case, of, budget: 0.0, premium: 0.0, groups, dearest, outweighs: 2.0 * most }
    }

    /// What an option of a candidate brings after prices, the premium included.
    pub(super) fn worth(&self, candidate: usize, choice: &Choice) -> f64 {
        self.after(choice) + if self.case.in_floor[candidate] { self.premium } else { 0.0 }
    }

    /// How much the best that a candidate may take, nothing included, is better than the next.
    pub(super) fn clearness(&self, candidate: usize) -> f64 {
        let (mut first, mut second) = (0.0, f64::NEG_INFINITY);
        for worth in self.case.options(candidate).iter().map(|c| self.worth(candidate, c)) {
            if worth > first {
                (first, second) = (worth, first);
            } else if worth > second {
                second = worth;
            }
        }
        first - second
    }

    /// The gain of an option after prices, without the premium.
    pub(super) fn after(&self, choice: &Choice) -> f64 {
        let uses: f64 =
            choice.uses.iter().map(|&at| self.of.get(at as usize).copied().unwrap_or(0.0)).sum();
        choice.gain - uses - self.budget * choice.cost
    }

    /// Finds prices: of many candidates first on every so many of them, which comes close.
    pub(super) fn settle(&mut self, before: Option<&Given>) {
        if let Some(given) = before {
            self.of.clone_from(&given.prices);
            self.budget = given.budget_price;
        }
        if self.case.candidates() < MANY {
            self.rounds(ROUNDS);
            return;
        }
        self.settle_on_part();
        self.rounds(LAST_ROUNDS);
    }

    /// Prices a part of the candidates with its share of everything.
    fn settle_on_part(&mut self) {
        let stride = self.case.candidates() / PART;
        let mut pooled = (0..self.of.len() as u32).collect::<Vec<u32>>();
        for group in &self.groups {
            let members = || (0..self.of.len()).filter(|at| group[*at]);
            let units: usize = members().map(|at| self.case.capacity[at] as usize).sum();
            let count = members().count();
            if let Some(first) = members().next().filter(|_| units < count * FEW_UNITS * stride) {
                members().for_each(|at| pooled[at] = first as u32);
            }
        }
        let part = self.case.part(stride, &pooled);
        let mut prices = Prices::new(&part);
        prices.of.clone_from(&self.of);
        prices.budget = self.budget;
        prices.rounds(ROUNDS);
        for (price, at) in self.of.iter_mut().zip(&pooled) {
            *price = prices.of[*at as usize];
        }
        self.budget = prices.budget;
    }

    fn rounds(&mut self, most: usize) {
        for round in 0..most {
            let before = (self.of.clone(), self.budget, self.premium);
            self.settle_premium();
            for group in 0..self.groups.len() {
                self.settle_group(group);
            }
            self.settle_budget();
            let stays = |now: f64, before: f64| (now - before).abs() <= 1e-9 * (1.0 + before.abs());
            if self.of.iter().zip(&before.0).all(|(a, b)| stays(*a, *b))
                && stays(self.budget, before.1)
                && stays(self.premium, before.2)
            {
                return;
            }
            if round > 0 && most > LAST_ROUNDS {
                self.leap(&before);
            }
        }
    }

    /// Goes on in the direction of a round while the bound falls: one price at a time is slow where
    /// several must move together.
    fn leap(&mut self, before: &(Vec<f64>, f64, f64)) {
        let kept = self.case.floor;
        let start = self.clone();
        let mut least = self.bound(kept);
        let mut factor = 1.0;
        while factor < 100.0 {
            let on = |now: f64, before: f64| (now + factor * (now - before)).max(0.0);
            let mut next = self.clone();
            next.of = start.of.iter().zip(&before.0).map(|(now, then)| on(*now, *then)).collect();
            next.budget = on(start.budget, before.1);
            next.premium = on(start.premium, before.2);
            let bound = next.bound(kept);
            if bound >= least {
                break;
            }
            (*self, least) = (next, bound);
            factor *= 2.0;
        }
    }

    /// Looks at the candidates in fixed stretches, so that a sum is the same on any number of threads.
    fn stretches<T: Send>(&self, of: impl Fn(Range<usize>) -> T + Sync) -> Vec<T> {
        let count = self.case.candidates();
        let firsts: Vec<usize> = (0..count).step_by(STRETCH).collect();
        firsts.into_par_iter().map(|first| of(first..(first + STRETCH).min(count))).collect()
    }

    /// Sets the premium to what brings just so many of the floor.
    fn settle_premium(&mut self) {
        if self.case.floor == 0 {
            return;
        }
        let lacking = |candidates: Range<usize>| -> Vec<f64> {
            candidates
                .filter(|at| self.case.in_floor[*at])
                .filter_map(|at| {
                    let after = self.case.options(at).iter().map(|choice| self.after(choice));
                    after.reduce(f64::max).map(|most| -most)
                })
                .collect()
        };
        let mut lacking = self.stretches(lacking).concat();
        let wanted = (self.case.floor as usize).min(lacking.len());
        self.premium = match wanted {
            0 => 0.0,
            n => (*lacking.select_nth_unstable_by(n - 1, f64::total_cmp).1)
                .clamp(0.0, self.outweighs),
        };
    }

    /// Sets the prices of resources of which no option uses two, each to what clears it while all
    /// other prices stay.
    fn settle_group(&mut self, group: usize) {
        let bids = self.stretches(|candidates| {
            let mut bids = Vec::new();
            for candidate in candidates {
                self.bids(group, candidate, &mut bids);
            }
            bids
        });
        let mut firsts = vec![0_usize; self.of.len() + 1];
        for (at, _) in bids.iter().flatten() {
            firsts[*at as usize + 1] += 1;
        }
        for at in 1..firsts.len() {
            firsts[at] += firsts[at - 1];
        }
        let mut next = firsts.clone();
        let mut sorted = vec![0.0; firsts[self.of.len()]];
        for (at, bid) in bids.iter().flatten() {
            sorted[next[*at as usize]] = *bid;
            next[*at as usize] += 1;
        }
        for at in 0..self.of.len() {
            if self.groups[group][at] {
                let capacity = self.case.capacity[at] as usize;
                self.of[at] = clearing(&mut sorted[firsts[at]..firsts[at + 1]], capacity);
            }
        }
    }

    /// What a candidate would pay at most for each resource of a group.
    fn bids(&self, group: usize, candidate: usize, bids: &mut Vec<(u32, f64)>) {
        let wanted = &self.groups[group];
        let is_in = |at: u32| wanted.get(at as usize).copied().unwrap_or(false);
        let mut best = [(NOTHING, 0.0_f64); MOST_OPTIONS];
        let (mut without, mut found) = (0.0_f64, 0);
        for choice in self.case.options(candidate) {
            let after = self.worth(candidate, choice);
            let Some(at) = choice.uses.iter().copied().find(|&at| is_in(at)) else {
                without = without.max(after);
                continue;
            };
            let free = after + self.of[at as usize];
            if let Some(slot) = best[..found].iter_mut().find(|(known, _)| *known == at) {
                slot.1 = slot.1.max(free);
            } else {
                best[found] = (at, free);
                found += 1;
            }
        }
        for (at, free) in &best[..found] {
            let other = best[..found]
                .iter()
                .filter(|(known, _)| known != at)
                .map(|(known, free)| free - self.of[*known as usize])
                .fold(without, f64::max);
            if free - other > 0.0 {
                bids.push((*at, free - other));
            }
        }
    }

    /// Sets the price of the budget, narrowing it down with some prices at a time.
    fn settle_budget(&mut self) {
        let Some(budget) = self.case.budget else { return };
        let before = std::mem::take(&mut self.budget);
        let dearest = self.dearest;
        let (mut low, mut high) = (0.0, dearest);
        let mut tried: [f64; TRIED] = if before > 0.0 {
            [0.25, 0.7, 0.95, 0.995, 1.005, 1.05, 1.5, 4.0].map(|factor| before * factor)
        } else {
            let mut tried = [0.0; TRIED];
            (1..TRIED).for_each(|n| tried[n] = dearest / 4.0_f64.powi((TRIED - n) as i32));
            tried
        };
        let enough = if self.case.candidates() < MANY { 1e-6 } else { 1e-3 };
        loop {
            let spent = self.spent(&tried);
            for (price, spent) in tried.iter().zip(spent) {
                if spent > budget {
                    low = f64::max(low, *price);
                } else {
                    high = f64::min(high, *price);
                }
            }
            if high - low <= enough * high {
                break;
            }
            let step = (high - low) / (TRIED + 1) as f64;
            // The lower end itself was not tried where it is still nothing.
            (0..TRIED).for_each(|n| tried[n] = low + step * (n + usize::from(low > 0.0)) as f64);
        }
        self.budget = high;
    }

    /// What is spent at each of some prices of the budget.
    fn spent(&self, tried: &[f64; TRIED]) -> [f64; TRIED] {
        let spent = |candidates: Range<usize>| {
            let mut spent = [0.0; TRIED];
            for candidate in candidates {
                let mut best = [(0.0, 0.0); TRIED];
                for choice in self.case.options(candidate) {
                    let free = self.worth(candidate, choice);
                    for (best, price) in best.iter_mut().zip(tried) {
                        let after = free - price * choice.cost;
                        if after > best.0 {
                            *best = (after, choice.cost);
                        }
                    }
                }
                spent.iter_mut().zip(best).for_each(|(spent, (_, cost))| *spent += cost);
            }
            spent
        };
        let mut all = [0.0; TRIED];
        for part in self.stretches(spent) {
            all.iter_mut().zip(part).for_each(|(all, part)| *all += part);
        }
        all
    }

    /// The option of a candidate that gains most after prices, if any gains.
    fn best(&self, candidate: usize) -> Option<(f64, &Choice)> {
        let options = self.case.options(candidate).iter();
        let after = options.map(|choice| (self.worth(candidate, choice), choice));
        after.filter(|(after, _)| *after > 0.0).reduce(|a, b| if b.0 > a.0 { b } else { a })
    }

    /// An upper bound of every way of giving out that contacts so many of the floor, by weak duality.
    pub(super) fn bound(&self, kept: u32) -> f64 {
        let gains = |candidates: Range<usize>| -> f64 {
            candidates.filter_map(|at| self.best(at)).map(|(after, _)| after).sum()
        };
        self.stretches(gains).into_iter().sum::<f64>() + self.of_limits(kept)
    }

    /// What all the limits are worth.
    fn of_limits(&self, kept: u32) -> f64 {
        let places: f64 =
            self.of.iter().zip(&self.case.capacity).map(|(price, n)| price * f64::from(*n)).sum();
        let money = self.budget * self.case.budget.unwrap_or(0.0);
        places + money - self.premium * f64::from(kept)
    }

    fn demand(&self) -> Demand {
        let mut demand =
            Demand { of: vec![0.0; self.of.len()], spent: 0.0, counted: 0.0, kept: 0.0 };
        for candidate in 0..self.case.candidates() {
            let Some((after, choice)) = self.best(candidate) else { continue };
            demand.kept += after;
            demand.spent += choice.cost;
            demand.counted += f64::from(u8::from(self.case.in_floor[candidate]));
            for at in choice.uses {
                if let Some(used) = demand.of.get_mut(at as usize) {
                    *used += 1.0;
                }
            }
        }
        demand
    }
}

/// The price at which so many bids are left: the next bid below them, or nothing where all fit.
fn clearing(bids: &mut [f64], capacity: usize) -> f64 {
    if bids.len() <= capacity {
        return 0.0;
    }
    *bids.select_nth_unstable_by(capacity, |a, b| b.total_cmp(a)).1
}
