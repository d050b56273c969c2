//! A search candidate by candidate that goes on with the most hopeful partial answers only.

use super::{Case, Choice, Prices};

/// Partial answers times candidates, at most.
const LOOKED_AT: usize = 400_000;
/// Partial answers that go on, at most and at least.
const WIDEST: usize = 5_000;
const NARROWEST: usize = 5;

/// A step of a partial answer: the one it goes on from, and what the candidate takes.
#[derive(Clone, Copy)]
struct Step {
    from: u32,
    taken: Option<u8>,
}

/// Partial answers after the same candidates.
#[derive(Default)]
struct Layer {
    /// Units left of each resource, one answer after the other.
    left: Vec<u32>,
    money: Vec<f64>,
    counted: Vec<u32>,
    /// What each may bring at most.
    bounds: Vec<f64>,
}

/// A way to go on.
struct Next {
    bound: f64,
    step: Step,
}

/// In which order candidates are looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// Those whose choice is clearest first, so that what is decided late, when places run out, matters least.
    Clearest,
    /// Those who count for the floor first, so that it does not fail late for want of places.
    Floor,
}

/// Whether a candidate moves in a search.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    /// It may take anything.
    Free,
    /// It keeps what it has.
    Keeps(Option<u8>),
}

/// What is searched.
pub(super) struct Search<'a> {
    pub(super) case: &'a Case,
    pub(super) prices: &'a Prices<'a>,
    pub(super) order: Order,
    /// What candidates keep who do not move in this search.
    pub(super) held: Vec<Held>,
}

impl Search<'_> {
    /// The best answer that is found, if any keeps the floor.
    pub(super) fn run(&self) -> Option<Vec<Option<u8>>> {
        let case = self.case;
        let order = self.order();
        let mut to_come = case.in_floor.iter().filter(|counts| **counts).count() as u32;
        let free = self.held.iter().filter(|held| **held == Held::Free).count();
        // A partial answer costs as much as it has resources to write down.
        let each = free.max(1) * (1 + case.capacity.len() / 16);
        let width = (LOOKED_AT / each).clamp(NARROWEST, WIDEST);
        let mut layer = Layer {
            left: case.capacity.clone(),
            money: vec![case.budget.unwrap_or(f64::INFINITY)],
            counted: vec![0],
            bounds: vec![self.prices.bound(case.floor)],
        };
        let mut steps: Vec<Vec<Step>> = Vec::new();
        for &candidate in &order {
            to_come -= u32::from(case.in_floor[candidate]);
            let mut nexts = self.nexts(&layer, candidate, to_come);
            let by_bound = |a: &Next, b: &Next| {
                let key = |next: &Next| (next.step.from, next.step.taken);
                b.bound.total_cmp(&a.bound).then_with(|| key(a).cmp(&key(b)))
            };
            if nexts.len() > width {
                nexts.select_nth_unstable_by(width, by_bound);
                nexts.truncate(width);
            }
            nexts.sort_unstable_by(by_bound);
            layer = layer.gone_on(case, candidate, &nexts);
            steps.push(nexts.into_iter().map(|next| next.step).collect());
        }
        self.trace(&layer, &order, &steps)
    }

    /// Those who do not move first, then the others in their order.
    fn order(&self) -> Vec<usize> {
        let late = |at: usize| self.order == Order::Clearest || !self.case.in_floor[at];
        let mut order: Vec<(bool, bool, f64, usize)> = (0..self.case.candidates())
            .map(|at| (self.held[at] == Held::Free, late(at), self.prices.clearness(at), at))
            .collect();
        order.sort_by(|a, b| {
            (a.0, a.1).cmp(&(b.0, b.1)).then(b.2.total_cmp(&a.2)).then(a.3.cmp(&b.3))
        });
        order.into_iter().map(|(_, _, _, at)| at).collect()
    }

    /// Every way to go on from a layer.
    fn nexts(&self, layer: &Layer, candidate: usize, to_come: u32) -> Vec<Next> {
        let options = self.case.options(candidate);
        let counts = u32::from(self.case.in_floor[candidate]);
        let most = options.iter().map(|c| self.prices.worth(candidate, c)).fold(0.0, f64::max);
        let held = self.held[candidate];
        let may = |taken| held == Held::Free || held == Held::Keeps(taken);
        let mut nexts = Vec::new();
        for from in 0..layer.bounds.len() {
            let rest = layer.bounds[from] - most;
            let counted = layer.counted[from] + to_come;
            if counted >= self.case.floor && may(None) {
                nexts.push(Next { bound: rest, step: Step { from: from as u32, taken: None } });
            }
            for (at, choice) in options.iter().enumerate() {
                let is_worth = choice.gain > 0.0 || counts > 0;
                let enough = counted + counts >= self.case.floor;
                if is_worth && enough && may(Some(at as u8)) && layer.fits(from, choice) {
                    let step = Step { from: from as u32, taken: Some(at as u8) };
                    nexts.push(Next { bound: rest + self.prices.worth(candidate, choice), step });
                }
            }
        }
        nexts
    }

    /// The options of the last answer that gained most, back from its end.
    fn trace(&self, last: &Layer, order: &[usize], steps: &[Vec<Step>]) -> Option<Vec<Option<u8>>> {
        // What is left over at the end is still in the bound, and brings nothing.
        let gain = |at: usize| {
            let left = self.prices.of.iter().zip(last.left(at));
            let places: f64 = left.map(|(price, n)| price * f64::from(*n)).sum();
            let has_budget = self.case.budget.is_some();
            let money = if has_budget { self.prices.budget * last.money[at] } else { 0.0 };
            let beyond = f64::from(last.counted[at]) - f64::from(self.case.floor);
            last.bounds[at] - places - money - self.prices.premium * beyond
        };
        let ends = (0..last.bounds.len()).map(|at| (gain(at), at));
        let (_, mut at) = ends.max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)))?;
        let mut taken = vec![None; self.case.candidates()];
        for (step, candidate) in steps.iter().zip(order).rev() {
            taken[*candidate] = step[at].taken;
            at = step[at].from as usize;
        }
        Some(taken)
    }
}

impl Layer {
    fn left(&self, at: usize) -> &[u32] {
        let wide = self.left.len() / self.bounds.len().max(1);
        &self.left[at * wide..(at + 1) * wide]
    }

    fn fits(&self, at: usize, choice: &Choice) -> bool {
        let left = self.left(at);
        let room = |&at: &u32| left.get(at as usize).is_none_or(|left| *left > 0);
        choice.cost <= self.money[at] + 1e-9 && choice.uses.iter().all(room)
    }

    fn gone_on(&self, case: &Case, candidate: usize, nexts: &[Next]) -> Self {
        let mut next_layer = Self::default();
        for next in nexts {
            let from = next.step.from as usize;
            let first = next_layer.left.len();
            next_layer.left.extend_from_slice(self.left(from));
            let (mut money, mut counted) = (self.money[from], self.counted[from]);
            if let Some(taken) = next.step.taken {
                let choice = &case.options(candidate)[usize::from(taken)];
                money -= choice.cost;
                counted += u32::from(case.in_floor[candidate]);
                for at in choice.uses {
                    if let Some(left) = next_layer.left[first..].get_mut(at as usize) {
                        *left -= 1;
                    }
                }
            }
            next_layer.money.push(money);
            next_layer.counted.push(counted);
            next_layer.bounds.push(next.bound);
        }
        next_layer
    }
}
