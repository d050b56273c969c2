//! A search through all answers of a small case, depth first, as far as the bound leaves them open.

use super::{Case, Choice, Prices};

/// Partial answers that are looked at, at most.
const MOST_NODES: u32 = 8_000_000;

/// Looks for an answer that gains more than one that is known.
///
/// # Source
/// Land and Doig, *An automatic method of solving discrete programming problems* (1960), with the
/// Lagrangian bound of Geoffrion (1974).
pub(super) struct Exact<'a> {
    case: &'a Case,
    prices: &'a Prices<'a>,
    /// Candidates, the clearest first.
    order: Vec<usize>,
    /// For each place of the order the most that its candidate brings after prices.
    most: Vec<f64>,
    /// How many candidates from each place on count for the floor.
    to_come: Vec<u32>,
    /// Answers that gain no more than this share beyond the best are not looked for.
    close: f64,
    best: f64,
    found: Option<Vec<Option<u8>>>,
    nodes: u32,
    now: Partial,
}

/// What is given out on the way down.
struct Partial {
    taken: Vec<Option<u8>>,
    left: Vec<u32>,
    money: f64,
    counted: u32,
    gain: f64,
}

/// What a search came to.
pub(super) struct Found {
    /// An answer that gains more than the one that was known.
    pub(super) better: Option<Vec<Option<u8>>>,
    /// Whether there is none that is better still by more than what was called close.
    pub(super) is_best: bool,
}

impl<'a> Exact<'a> {
    /// A search for more than `known`.
    pub(super) fn new(prices: &'a Prices<'a>, case: &'a Case, known: f64, close: f64) -> Self {
        let mut order: Vec<(f64, usize)> =
            (0..case.candidates()).map(|at| (prices.clearness(at), at)).collect();
        order.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let order: Vec<usize> = order.into_iter().map(|(_, at)| at).collect();
        let most = |at: &usize| {
            case.options(*at).iter().map(|choice| prices.worth(*at, choice)).fold(0.0, f64::max)
        };
        let mut to_come = vec![0; order.len() + 1];
        for (place, &at) in order.iter().enumerate().rev() {
            to_come[place] = to_come[place + 1] + u32::from(case.in_floor[at]);
        }
        Self {
            most: order.iter().map(most).collect(),
            now: Partial {
                taken: vec![None; order.len()],
                left: case.capacity.clone(),
                money: case.budget.unwrap_or(f64::INFINITY),
                counted: 0,
                gain: 0.0,
            },
            case,
            prices,
            order,
            to_come,
            close,
            best: known,
            found: None,
            nodes: 0,
        }
    }

    /// Searches until all is looked at, or enough.
    pub(super) fn run(mut self) -> Found {
        self.go(0, self.prices.bound(self.case.floor));
        Found { better: self.found, is_best: self.nodes < MOST_NODES }
    }

    fn go(&mut self, place: usize, bound: f64) {
        if self.nodes >= MOST_NODES
            || bound <= self.best + self.margin(bound)
            || self.now.counted + self.to_come[place] < self.case.floor
        {
            return;
        }
        self.nodes += 1;
        let Some(&candidate) = self.order.get(place) else {
            if self.now.gain > self.best {
                self.best = self.now.gain;
                self.found = Some(self.now.taken.clone());
            }
            return;
        };
        let rest = bound - self.most[place];
        for (after, taken) in self.ways(candidate) {
            match taken {
                None => self.go(place + 1, rest),
                Some(at) => {
                    let choice = self.case.options(candidate)[usize::from(at)];
                    if self.now.fits(&choice) {
                        self.now.take(candidate, at, &choice, self.case);
                        self.go(place + 1, rest + after);
                        self.now.give_back(candidate, &choice, self.case);
                    }
                }
            }
        }
    }

    fn margin(&self, bound: f64) -> f64 {
        if self.best.is_finite() { self.close * bound.abs() } else { 0.0 }
    }

    /// What a candidate may take, what brings most after prices first.
    fn ways(&self, candidate: usize) -> Vec<(f64, Option<u8>)> {
        let counts = self.case.in_floor[candidate];
        let options = self.case.options(candidate).iter().enumerate();
        let worth = options.filter(|(_, choice)| choice.gain > 0.0 || counts);
        let mut ways: Vec<(f64, Option<u8>)> = worth
            .map(|(at, choice)| (self.prices.worth(candidate, choice), Some(at as u8)))
            .collect();
        ways.push((0.0, None));
        ways.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        ways
    }
}

impl Partial {
    fn fits(&self, choice: &Choice) -> bool {
        let room = |&at: &u32| self.left.get(at as usize).is_none_or(|left| *left > 0);
        choice.cost <= self.money + 1e-9 && choice.uses.iter().all(room)
    }

    fn take(&mut self, candidate: usize, at: u8, choice: &Choice, case: &Case) {
        self.taken[candidate] = Some(at);
        for used in choice.uses {
            if let Some(left) = self.left.get_mut(used as usize) {
                *left = left.saturating_sub(1);
            }
        }
        self.money -= choice.cost;
        self.counted += u32::from(case.in_floor[candidate]);
        self.gain += choice.gain;
    }

    fn give_back(&mut self, candidate: usize, choice: &Choice, case: &Case) {
        self.taken[candidate] = None;
        for at in choice.uses {
            if let Some(left) = self.left.get_mut(at as usize) {
                *left += 1;
            }
        }
        self.money += choice.cost;
        self.counted -= u32::from(case.in_floor[candidate]);
        self.gain -= choice.gain;
    }
}
