use super::*;
use crate::units::Seed;

/// The optimum, by branch and bound over the candidates with their best gains as the bound.
///
/// Depth first; a branch is cut where even the Lagrangian bound of what is left cannot beat the best.
#[expect(clippy::too_many_lines, reason = "the search and its state read as one")]
fn exact(case: &Case) -> f64 {
    struct Search<'a> {
        case: &'a Case,
        prices: Vec<f64>,
        budget_price: f64,
        /// The gains after prices of all from a candidate on.
        rest: Vec<f64>,
        order: Vec<usize>,
        best: f64,
        nodes: u64,
    }
    impl Search<'_> {
        fn after(&self, choice: &Choice) -> f64 {
            let uses: f64 = choice
                .uses
                .iter()
                .map(|&at| self.prices.get(at as usize).copied().unwrap_or(0.0))
                .sum();
            choice.gain - uses - self.budget_price * choice.cost
        }
        fn go(&mut self, depth: usize, left: &mut Vec<u32>, money: f64, gain: f64) {
            self.nodes += 1;
            assert!(self.nodes < 30_000_000, "the exact search does not end");
            if depth == self.order.len() {
                self.best = self.best.max(gain);
                return;
            }
            let places: f64 =
                self.prices.iter().zip(left.iter()).map(|(p, n)| p * f64::from(*n)).sum();
            let bound = gain
                + self.rest[depth]
                + places
                + self.budget_price * if money.is_finite() { money } else { 0.0 };
            if bound <= self.best + 1e-9 {
                return;
            }
            let candidate = self.order[depth];
            let mut options: Vec<Choice> =
                self.case.options(candidate).iter().copied().filter(|c| c.gain > 0.0).collect();
            options.sort_by(|a, b| self.after(b).total_cmp(&self.after(a)));
            let mut skipped = false;
            for choice in options {
                if self.after(&choice) < 0.0 && !skipped {
                    self.go(depth + 1, left, money, gain);
                    skipped = true;
                }
                let room =
                    choice.uses.iter().all(|&at| left.get(at as usize).is_none_or(|n| *n > 0));
                if !room || choice.cost > money + 1e-9 {
                    continue;
                }
                let take = |left: &mut Vec<u32>, by: i64| {
                    for at in choice.uses {
                        if let Some(n) = left.get_mut(at as usize) {
                            *n = (i64::from(*n) + by) as u32;
                        }
                    }
                };
                take(left, -1);
                self.go(depth + 1, left, money - choice.cost, gain + choice.gain);
                take(left, 1);
            }
            if !skipped {
                self.go(depth + 1, left, money, gain);
            }
        }
    }
    let given = case.give();
    let mut search = Search {
        case,
        prices: given.prices.clone(),
        budget_price: given.budget_price,
        rest: Vec::new(),
        order: (0..case.candidates()).collect(),
        best: 0.0,
        nodes: 0,
    };
    // Those whose choice is clearest first.
    let clear = |at: usize| {
        let mut after: Vec<f64> =
            case.options(at).iter().map(|c| search.after(c)).chain([0.0]).collect();
        after.sort_by(|a, b| b.total_cmp(a));
        after[0] - after.get(1).copied().unwrap_or(0.0)
    };
    let mut order = search.order.clone();
    order.sort_by(|a, b| clear(*b).total_cmp(&clear(*a)));
    let mut rest = vec![0.0; order.len() + 1];
    for depth in (0..order.len()).rev() {
        let most = case.options(order[depth]).iter().map(|c| search.after(c)).fold(0.0, f64::max);
        rest[depth] = rest[depth + 1] + most;
    }
    (search.order, search.rest) = (order, rest);
    // A start just below what was found: the search must prove or beat it.
    search.best = given.gain * (1.0 - 1e-9) - 1e-9;
    let money = case.budget.unwrap_or(f64::INFINITY);
    search.go(0, &mut case.capacity.clone(), money, 0.0);
    search.best
}

fn draw(seed: u64, at: u64) -> f64 {
    (Seed(seed).hash("case", &at.to_le_bytes()) >> 11) as f64 / (1_u64 << 53) as f64
}

/// Three channels, some branches and managers, a budget.
fn random(seed: u64, candidates: u64) -> Case {
    let branches = 3_u32;
    let managers = 5_u32;
    let mut case = Case::default();
    let share = |at: u64, low: f64, high: f64| {
        (candidates as f64 * (low + (high - low) * draw(seed, at))).ceil() as u32
    };
    case.capacity.extend([share(1, 0.05, 0.2), share(2, 0.05, 0.3), share(3, 0.1, 0.5)]);
    case.capacity.extend((0..u64::from(branches)).map(|b| share(10 + b, 0.03, 0.12)));
    case.capacity.extend((0..u64::from(managers)).map(|m| share(20 + m, 0.02, 0.08)));
    case.budget = Some(candidates as f64 * (0.5 + 2.0 * draw(seed, 4)));
    for at in 0..candidates {
        let of = |n: u64| draw(seed, 1000 + at * 16 + n);
        let stake = (of(0) * 6.0).exp();
        let branch = 3 + (of(1) * f64::from(branches)) as u32;
        let manager = 3 + branches + (of(2) * f64::from(managers)) as u32;
        let option = |channel: u32, success: f64, cost: f64, personal: bool| Choice {
            gain: stake * success - cost,
            cost,
            uses: [
                channel,
                if personal { branch } else { NOTHING },
                if personal { manager } else { NOTHING },
                NOTHING,
            ],
        };
        let options = [
            option(0, 0.10 + 0.1 * of(3), 8.0, true),
            option(1, 0.06 + 0.1 * of(4), 4.0, true),
            option(2, 0.02 + 0.03 * of(5), 0.2, false),
        ];
        case.push(&options, of(6) < 0.3);
    }
    case
}

fn keeps_the_rules(case: &Case, given: &Given) {
    let mut used = vec![0_u32; case.capacity.len()];
    let mut spent = 0.0;
    let mut gain = 0.0;
    for (at, taken) in given.taken.iter().enumerate() {
        let Some(n) = taken else { continue };
        let choice = case.options(at)[usize::from(*n)];
        spent += choice.cost;
        gain += choice.gain;
        for at in choice.uses.into_iter().filter(|at| *at != NOTHING) {
            used[at as usize] += 1;
        }
    }
    assert!(
        used.iter().zip(&case.capacity).all(|(used, n)| used <= n),
        "{used:?} {:?}",
        case.capacity
    );
    assert!(case.budget.is_none_or(|budget| spent <= budget + 1e-6), "{spent}");
    assert!((gain - given.gain).abs() < 1e-9 * gain.abs().max(1.0));
    assert!(given.bound >= given.gain - 1e-9);
}

#[test]
fn random_cases_come_within_a_hundredth_of_the_optimum() {
    for seed in 0..100 {
        let case = random(seed, 24 + seed % 17);
        let given = case.give();
        keeps_the_rules(&case, &given);
        let best = exact(&case);
        assert!(
            given.bound >= best - 1e-6,
            "seed {seed}: the bound {} is below {best}",
            given.bound
        );
        let short = (best - given.gain) / best.max(1e-9);
        assert!(short <= 0.01, "seed {seed}: short by {short}");
    }
}

#[test]
fn the_last_answer_stays_unless_another_is_clearly_better() {
    for seed in 300..330 {
        let case = random(seed, 40 + seed % 200);
        let given = case.give();
        // Found again.
        assert_eq!(case.or_last(given.clone(), &given.taken).taken, given.taken, "seed {seed}");
        // Another of nearly the same worth: one contact fewer, the least of them.
        let gain = |at: usize| given.taken[at].map(|n| case.options(at)[usize::from(n)].gain);
        let least = (0..case.candidates())
            .filter(|at| gain(*at).is_some())
            .min_by(|a, b| gain(*a).partial_cmp(&gain(*b)).unwrap());
        let mut before = given.taken.clone();
        before[least.unwrap()] = None;
        let stays = case.or_last(given.clone(), &before);
        keeps_the_rules(&case, &stays);
        assert!(stays.gain >= given.gain * (1.0 - AS_GOOD), "seed {seed}");
        // Nonsense: everyone by the first option, and options that are not there.
        let all: Vec<_> = (0..case.candidates()).map(|at| Some([0, 200][at % 2])).collect();
        let found = case.or_last(given.clone(), &all);
        keeps_the_rules(&case, &found);
        assert!(found.gain >= given.gain * (1.0 - AS_GOOD), "seed {seed}");
    }
}

#[test]
fn larger_cases_come_within_a_hundredth_of_their_bound() {
    for seed in 200..206 {
        let case = random(seed, 3_000);
        let given = case.give();
        keeps_the_rules(&case, &given);
        let short = (given.bound - given.gain) / given.bound;
        assert!(short <= 0.01, "seed {seed}: short by {short}");
    }
}

#[test]
fn a_floor_is_kept_where_it_can_be() {
    for seed in 300..310 {
        let mut case = random(seed, 200);
        let counted = |given: &Given| {
            given.taken.iter().zip(&case.in_floor).filter(|(t, f)| t.is_some() && **f).count()
        };
        let free = case.give();
        let before = counted(&free);
        let room = case.in_floor.iter().filter(|f| **f).count();
        let wanted = (before + 5).min(room);
        case.floor = wanted as u32;
        let given = case.give();
        keeps_the_rules(&case, &given);
        let now =
            given.taken.iter().zip(&case.in_floor).filter(|(t, f)| t.is_some() && **f).count();
        assert!(now >= wanted, "seed {seed}: {now} of {wanted}, {before} before");
        assert!(given.gain <= free.bound + 1e-9);
    }
}

#[test]
fn nothing_is_given_where_nothing_gains_and_prices_say_what_a_place_is_worth() {
    let option = |gain: f64| Choice { gain, cost: 1.0, uses: [0, NOTHING, NOTHING, NOTHING] };
    let mut case = Case { capacity: vec![2], ..Case::default() };
    for gain in [5.0, 3.0, 9.0, -1.0] {
        case.push(&[option(gain)], false);
    }
    let given = case.give();
    assert_eq!(given.taken, [Some(0), None, Some(0), None]);
    assert!((given.prices[0] - 3.0).abs() < 1e-12, "a third call would bring 3");
    assert!((given.bound - 14.0).abs() < 1e-9);
    assert_eq!(Case::default().give().taken, []);
}

#[test]
fn one_more_unit_is_worth_what_it_would_bring() {
    let option = |gain: f64, cost: f64, channel| Choice {
        gain,
        cost,
        uses: [channel, NOTHING, NOTHING, NOTHING],
    };
    // Calls bring 9, 7 and 4, letters 6, 5 and 1: a call is worth 3, 2 and 3 more than a letter. All have
    // a letter: 12, one a call: 15, a second a call: 18. Letters are left over.
    let mut case = Case { capacity: vec![1, 3], ..Case::default() };
    for (call, letter) in [(9.0, 6.0), (7.0, 5.0), (4.0, 1.0)] {
        case.push(&[option(call, 0.0, 0), option(letter, 0.0, 1)], false);
    }
    let given = case.give();
    assert!((given.gain - 15.0).abs() < 1e-12, "{}", given.gain);
    case.capacity[0] = 2;
    let more = case.give();
    assert!((more.gain - 18.0).abs() < 1e-12, "{}", more.gain);
    assert!((given.prices[0] - 3.0).abs() < 1e-9, "{:?}", given.prices);
    assert!(given.prices[1].abs() < 1e-12, "letters are left over");
    // A budget for two of three: one more unit brings half of what the third brings for its two.
    let mut case = Case { capacity: vec![9], budget: Some(4.0), ..Case::default() };
    for gain in [8.0, 6.0, 3.0] {
        case.push(&[option(gain, 2.0, 0)], false);
    }
    let given = case.give();
    assert!((given.gain - 14.0).abs() < 1e-12);
    assert!((given.budget_price - 1.5).abs() < 1e-5, "{}", given.budget_price);
}

#[test]
fn the_answer_is_the_same_on_any_number_of_threads() {
    let mut large = random(7, 120_000);
    large.floor = 9_000;
    let mut small = random(8, 60);
    small.floor = 9;
    let give = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| (large.give(), small.give()))
    };
    let one = give(1);
    keeps_the_rules(&large, &one.0);
    assert_eq!(one, give(3));
}
