//! Who is contacted, and how, where there is not room for everyone.
//!
//! Each candidate takes at most one of a few options; each option brings a gain and uses resources:
//! one place in its channel, one of its branch, one of its manager, some budget. The gains of what is
//! taken are to be as large as they can.
//!
//! # Formula
//! Lagrangian relaxation: each resource has a price, each candidate takes the option that gains most
//! after prices. A price is set where the demand just fits, one resource after the other (dual
//! coordinate descent): that is the (capacity + 1)-th highest bid. A greedy pass by gain after prices
//! then fills the places, and small cases are improved by exchanges and shakes. The sum of prices × capacities and
//! of the gains after prices bounds the optimum from above, so the distance from it is known.
//!
//! # Source
//! Geoffrion, *Lagrangean relaxation for integer programming* (1974); Bertsekas, *Linear Network
//! Optimization* (1991), for prices as bids.

mod filling;
#[cfg(test)]
mod tests;

use rayon::prelude::*;

use filling::Filling;

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

/// Rounds over all prices.
const ROUNDS: usize = 12;

/// Candidates that one thread looks at.
const STRETCH: usize = 16_384;

/// Candidates up to which exchanges are tried.
const FEW: usize = 2_000;

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

    /// Gives out.
    pub fn give(&self) -> Given {
        let mut prices = Prices::new(self);
        prices.settle();
        let mut filling = Filling::new(self);
        filling.floor(&prices);
        filling.greedy(&prices);
        if self.candidates() <= FEW {
            filling.exchange();
            filling.shake(&prices);
        }
        let bound = prices.bound();
        let gain = filling.gain();
        Given {
            taken: filling.taken,
            gain,
            bound: bound.max(gain),
            prices: prices.of,
            budget_price: prices.budget,
        }
    }
}

/// What each unit costs.
struct Prices<'a> {
    case: &'a Case,
    of: Vec<f64>,
    budget: f64,
    /// The groups of resources that no option uses two of: they are priced together.
    groups: Vec<Vec<bool>>,
}

impl<'a> Prices<'a> {
    fn new(case: &'a Case) -> Self {
        let mut groups = vec![vec![false; case.capacity.len()]; 4];
        for choice in &case.choices {
            for (slot, &resource) in choice.uses.iter().enumerate() {
                if let Some(is_used) = groups[slot].get_mut(resource as usize) {
                    *is_used = true;
                }
            }
        }
        groups.retain(|group| group.contains(&true));
        Self { case, of: vec![0.0; case.capacity.len()], budget: 0.0, groups }
    }

    /// The gain of an option after prices.
    fn after(&self, choice: &Choice) -> f64 {
        let uses: f64 =
            choice.uses.iter().map(|&at| self.of.get(at as usize).copied().unwrap_or(0.0)).sum();
        choice.gain - uses - self.budget * choice.cost
    }

    fn settle(&mut self) {
        for _ in 0..ROUNDS {
            let before = (self.of.clone(), self.budget);
            for group in 0..self.groups.len() {
                self.settle_group(group);
            }
            self.settle_budget();
            let moved =
                self.of.iter().zip(&before.0).any(|(a, b)| (a - b).abs() > 1e-9 * (1.0 + b.abs()));
            if !moved && (self.budget - before.1).abs() <= 1e-9 * (1.0 + before.1.abs()) {
                break;
            }
        }
    }

    /// Sets the prices of resources of which no option uses two, each to what clears it while all
    /// other prices stay.
    fn settle_group(&mut self, group: usize) {
        let wanted = &self.groups[group];
        let is_in = |at: u32| wanted.get(at as usize).copied().unwrap_or(false);
        let mut bids: Vec<Vec<f64>> = vec![Vec::new(); self.of.len()];
        let mut best = [(NOTHING, 0.0_f64); MOST_OPTIONS];
        for candidate in 0..self.case.candidates() {
            let mut without = 0.0_f64;
            let mut found = 0;
            for choice in self.case.options(candidate) {
                let own = choice.uses.iter().copied().find(|&at| is_in(at));
                match own {
                    None => without = without.max(self.after(choice)),
                    Some(at) => {
                        let free = self.after(choice) + self.of[at as usize];
                        if let Some(slot) = best[..found].iter_mut().find(|(known, _)| *known == at)
                        {
                            slot.1 = slot.1.max(free);
                        } else {
                            best[found] = (at, free);
                            found += 1;
                        }
                    }
                }
            }
            for (at, free) in &best[..found] {
                let other = best[..found]
                    .iter()
                    .filter(|(known, _)| known != at)
                    .map(|(known, free)| free - self.of[*known as usize])
                    .fold(without, f64::max);
                if free - other > 0.0 {
                    bids[*at as usize].push(free - other);
                }
            }
        }
        for (at, mut bids) in bids.into_iter().enumerate() {
            if self.groups[group][at] {
                self.of[at] = clearing(&mut bids, self.case.capacity[at] as usize);
            }
        }
    }

    /// Sets the price of the budget by halving.
    fn settle_budget(&mut self) {
        let Some(budget) = self.case.budget else { return };
        let mut high = 0.0_f64;
        for choice in &self.case.choices {
            if choice.cost > 0.0 {
                high = high.max(choice.gain / choice.cost);
            }
        }
        let before = self.budget;
        self.budget = 0.0;
        if self.spent() <= budget {
            return;
        }
        let mut low = 0.0;
        // From the last price on, outwards and then in.
        if before > 0.0 {
            self.budget = before;
            let mut factor = 1.5;
            if self.spent() > budget {
                low = before;
                while self.budget < high && self.spent() > budget {
                    low = self.budget;
                    self.budget *= factor;
                    factor *= factor;
                }
                high = high.min(self.budget);
            } else {
                high = before;
                low = before / 4.0;
                self.budget = low;
                if self.spent() <= budget {
                    (low, high) = (0.0, low);
                }
            }
        }
        while high - low > 1e-6 * high {
            self.budget = f64::midpoint(low, high);
            if self.spent() > budget { low = self.budget } else { high = self.budget }
        }
        self.budget = high;
    }

    /// What is spent where everyone takes what gains most after prices.
    fn spent(&self) -> f64 {
        self.sum(|_, choice| choice.cost)
    }

    /// A sum over what everyone would take at these prices: over fixed stretches, so that it is the same
    /// on any number of threads.
    fn sum(&self, of: impl Fn(&Self, &Choice) -> f64 + Sync) -> f64 {
        let stretch = |first: usize| -> f64 {
            let last = (first + STRETCH).min(self.case.candidates());
            (first..last).filter_map(|at| self.best(at)).map(|(_, choice)| of(self, choice)).sum()
        };
        let firsts: Vec<usize> = (0..self.case.candidates()).step_by(STRETCH).collect();
        let parts: Vec<f64> = firsts.into_par_iter().map(stretch).collect();
        parts.into_iter().sum()
    }

    /// The option that gains most after prices, if any gains.
    fn best(&self, candidate: usize) -> Option<(u8, &Choice)> {
        let mut best: Option<(u8, &Choice)> = None;
        let mut most = 0.0;
        for (at, choice) in self.case.options(candidate).iter().enumerate() {
            let after = self.after(choice);
            if after > most {
                (best, most) = (Some((at as u8, choice)), after);
            }
        }
        best
    }

    /// An upper bound of every way of giving out, by weak duality.
    fn bound(&self) -> f64 {
        let kept = self.sum(Self::after);
        let places: f64 =
            self.of.iter().zip(&self.case.capacity).map(|(price, n)| price * f64::from(*n)).sum();
        kept + places + self.budget * self.case.budget.unwrap_or(0.0)
    }
}

/// The price at which so many bids are left: the next bid below them, or nothing where all fit.
fn clearing(bids: &mut [f64], capacity: usize) -> f64 {
    if bids.len() <= capacity {
        return 0.0;
    }
    *bids.select_nth_unstable_by(capacity, |a, b| b.total_cmp(a)).1
}
