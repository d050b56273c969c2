//! Who is contacted, and how, where there is not room for everyone.
//!
//! Each candidate takes at most one of a few options; each option brings a gain and uses resources:
//! one place in its channel, one of its branch, one of its manager, some budget. The gains of what is
//! taken are to be as large as they can.
//!
//! # Formula
//! Lagrangian relaxation: each resource has a price, each candidate takes the option that gains most
//! after prices. A price is set where the demand just fits, one resource after the other (dual
//! coordinate descent): that is the (capacity + 1)-th highest bid. The floor has a price too, a premium on
//! those who count for it. A greedy pass by gain after prices then fills the places. A small case is
//! searched as well: with sharper prices (subgradients), candidate by candidate, and of the partial
//! answers those with the highest bounds go on; of a very small one all answers that the bound leaves open
//! are looked at. The sum of prices × capacities and of the gains after
//! prices bounds the optimum from above, so the distance from it is known.
//!
//! # Source
//! Geoffrion, *Lagrangean relaxation for integer programming* (1974); Bertsekas, *Linear Network
//! Optimization* (1991), for prices as bids; Polyak, *Introduction to Optimization* (1987), for the steps of
//! the subgradients; Ow and Morton, *Filtered beam search in scheduling* (1988).

mod beam;
mod exact;
mod filling;
mod prices;
#[cfg(test)]
mod tests;

use beam::{Held, Order, Search};
use exact::Exact;
use filling::Filling;
use prices::Prices;

use crate::units::Seed;

/// The most options of a candidate.
pub const MOST_OPTIONS: usize = 8;

/// A way to contact a candidate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Choice {
    /// What it brings.
    pub gain: f64,
    /// What it takes of the budget.
    pub cost: f64,
    /// The resources of which it takes one unit each; [`NOTHING`] where it takes none.
    pub uses: [u32; 4],
}

/// No resource.
pub const NOTHING: u32 = u32::MAX;

/// What is to be given out.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Case {
    /// The first option of each candidate, and the end of the last.
    pub starts: Vec<u32>,
    /// The options of all candidates.
    pub choices: Vec<Choice>,
    /// Units of each resource.
    pub capacity: Vec<u32>,
    /// The budget.
    pub budget: Option<f64>,
    /// For each candidate whether it counts for the floor.
    pub in_floor: Vec<bool>,
    /// How many of those must be contacted at least, if so many can be.
    pub floor: u32,
}

/// What was given out.
#[derive(Debug, Clone, PartialEq)]
pub struct Given {
    /// For each candidate its option, counted from its first.
    pub taken: Vec<Option<u8>>,
    /// The gain of all.
    pub gain: f64,
    /// No way of giving out gains more.
    pub bound: f64,
    /// What one more unit of each resource would bring.
    pub prices: Vec<f64>,
    /// What one more unit of the budget would bring.
    pub budget_price: f64,
}

/// Candidates up to which answers are searched for.
const FEW: usize = 1_000;

/// Candidates up to which all answers are searched.
const VERY_FEW: usize = 128;

/// Searches near the best answer, of which each holds every other candidate where it is.
const NEAR: u64 = 8;

/// How near the bound an answer is good enough, as a share of it.
const CLOSE: f64 = 0.002;

/// An answer that is short of another by no more than this share of it is as good.
const AS_GOOD: f64 = 0.01;

impl Case {
    /// The number of candidates.
    pub fn candidates(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// The options of a candidate.
    pub fn options(&self, candidate: usize) -> &[Choice] {
        let (start, end) = (self.starts[candidate] as usize, self.starts[candidate + 1] as usize);
        self.choices.get(start..end).unwrap_or_default()
    }

    /// Adds a candidate.
    pub fn push(&mut self, options: &[Choice], in_floor: bool) {
        if self.starts.is_empty() {
            self.starts.push(0);
        }
        self.choices.extend(options.iter().take(MOST_OPTIONS));
        self.starts.push(self.choices.len() as u32);
        self.in_floor.push(in_floor);
    }

    /// Every so many candidates, with their share of what there is; resources are renamed.
    fn part(&self, stride: usize, names: &[u32]) -> Self {
        let mut part = Self { capacity: vec![0; self.capacity.len()], ..Self::default() };
        let mut whole = vec![0_u64; self.capacity.len()];
        for (capacity, name) in self.capacity.iter().zip(names) {
            whole[*name as usize] += u64::from(*capacity);
        }
        for (capacity, whole) in part.capacity.iter_mut().zip(whole) {
            *capacity = whole.div_ceil(stride as u64).min(u64::from(u32::MAX)) as u32;
        }
        part.budget = self.budget.map(|budget| budget / stride as f64);
        part.floor = self.floor / stride as u32;
        let mut options = Vec::new();
        for candidate in (0..self.candidates()).step_by(stride) {
            options.clear();
            options.extend_from_slice(self.options(candidate));
            for at in options.iter_mut().flat_map(|option| &mut option.uses) {
                *at = names.get(*at as usize).copied().unwrap_or(NOTHING);
            }
            part.push(&options, self.in_floor[candidate]);
        }
        part
    }

    /// Gives out.
    pub fn give(&self) -> Given {
        self.give_after(None)
    }

    /// Gives out, where something like it was given out before: its prices are where the search for
    /// prices begins.
    pub fn give_after(&self, before: Option<&Given>) -> Given {
        let mut prices = Prices::new(self);
        prices.settle(before);
        let mut filling = Filling::new(self);
        filling.floor(&prices);
        filling.greedy(&prices);
        let kept = self.floor.min(filling.counted());
        let mut bound = prices.bound(kept);
        if self.candidates() <= FEW {
            filling.exchange();
            let sharp = prices.sharpened(filling.gain(), kept);
            bound = bound.min(sharp.bound(kept));
            self.search(&sharp, &mut filling, bound);
        }
        let gain = filling.gain();
        Given {
            taken: filling.taken,
            gain,
            bound: bound.max(gain),
            prices: prices.of,
            budget_price: prices.budget,
        }
    }

    /// The last answer in the place of a new one, as far as it still holds and filled up, where the new one
    /// does not gain clearly more: nobody is moved for what the search cannot tell from chance.
    pub fn or_last(&self, given: Given, last: &[Option<u8>]) -> Given {
        let mut prices = Prices::new(self);
        (prices.of, prices.budget) = (given.prices.clone(), given.budget_price);
        let mut filling = Filling::new(self);
        filling.keep(last);
        filling.greedy(&prices);
        let enough = |wanted: f64| wanted * (1.0 - AS_GOOD);
        let counted = f64::from(filling.counted()) >= enough(f64::from(self.floor)).floor();
        let gain = filling.gain();
        if !counted || gain < enough(given.gain) {
            return given;
        }
        Given { taken: filling.taken, gain, bound: given.bound.max(gain), ..given }
    }

    /// Searches for more: among all answers, then near the best one.
    fn search(&self, prices: &Prices<'_>, filling: &mut Filling<'_>, bound: f64) {
        let try_one = |filling: &mut Filling<'_>, order, held| {
            if let Some(found) = (Search { case: self, prices, order, held }).run() {
                filling.try_instead(&found);
            }
        };
        let orders = [Order::Clearest, Order::Floor];
        let orders = if self.floor == 0 { &orders[..1] } else { &orders };
        for order in orders {
            try_one(filling, *order, vec![Held::Free; self.candidates()]);
        }
        if self.candidates() <= VERY_FEW {
            // One that misses the floor is no answer to beat.
            let is_kept = filling.counted() >= self.floor;
            let known = if is_kept { filling.gain() } else { f64::NEG_INFINITY };
            let found = Exact::new(prices, self, known, CLOSE).run();
            if let Some(better) = &found.better {
                filling.try_instead(better);
            }
            if found.is_best && filling.counted() >= self.floor {
                return;
            }
        }
        for round in 0..NEAR {
            if bound - filling.gain() <= CLOSE * bound.abs() {
                return;
            }
            let held = |(at, taken): (usize, &Option<u8>)| {
                let key = [round.to_le_bytes(), (at as u64).to_le_bytes()].concat();
                let keeps = Seed(1).hash("allocation", &key).is_multiple_of(2);
                if keeps { Held::Keeps(*taken) } else { Held::Free }
            };
            let held = filling.taken.iter().enumerate().map(held).collect();
            try_one(filling, orders[round as usize % orders.len()], held);
        }
    }
}
