//! The allocation against the optima of HiGHS (`tests/oracle/allocation.py` makes the figures).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use reveille::playbook::allocate::{Case, Choice, NOTHING};
use serde::Deserialize;

#[derive(Deserialize)]
struct Solved {
    /// By candidate and option: gain, cost and resources.
    options: Vec<Vec<(f64, f64, Vec<u32>)>>,
    capacity: Vec<u32>,
    budget: Option<f64>,
    in_floor: Vec<u8>,
    floor: u32,
    best: f64,
}

impl Solved {
    fn case(&self) -> Case {
        let (capacity, budget, floor) = (self.capacity.clone(), self.budget, self.floor);
        let mut case = Case { capacity, budget, floor, ..Case::default() };
        for (options, counts) in self.options.iter().zip(&self.in_floor) {
            let choice = |(gain, cost, resources): &(f64, f64, Vec<u32>)| {
                let mut uses = [NOTHING; 4];
                uses[..resources.len()].copy_from_slice(resources);
                Choice { gain: *gain, cost: *cost, uses }
            };
            case.push(&options.iter().map(choice).collect::<Vec<_>>(), *counts == 1);
        }
        case
    }
}

#[test]
fn all_cases_come_within_a_hundredth_of_the_optimum() {
    let solved: Vec<Solved> = serde_json::from_str(include_str!("oracle/allocation.json")).unwrap();
    assert_eq!(solved.len(), 100);
    for (at, solved) in solved.iter().enumerate() {
        let case = solved.case();
        let given = case.give();
        let mut left: Vec<i64> = case.capacity.iter().map(|n| i64::from(*n)).collect();
        let (mut gain, mut cost, mut counted) = (0.0, 0.0, 0);
        for (who, taken) in given.taken.iter().enumerate() {
            let Some(taken) = taken else { continue };
            let choice = case.options(who)[usize::from(*taken)];
            (gain, cost) = (gain + choice.gain, cost + choice.cost);
            counted += u32::from(case.in_floor[who]);
            choice.uses.iter().filter(|at| **at != NOTHING).for_each(|at| left[*at as usize] -= 1);
        }
        assert!(left.iter().all(|left| *left >= 0), "case {at}: over capacity");
        assert!(case.budget.is_none_or(|budget| cost <= budget + 1e-6), "case {at}: over budget");
        assert!(counted >= case.floor, "case {at}: {counted} of {} for the floor", case.floor);
        assert!((gain - given.gain).abs() < 1e-6, "case {at}: {gain} is not {}", given.gain);
        let short = (solved.best - gain) / solved.best.abs();
        assert!(short <= 0.01, "case {at}: short by {short}");
        assert!(gain <= solved.best + 1e-6, "case {at}: better than the optimum");
        assert!(given.bound >= solved.best - 1e-6, "case {at}: {} is no bound", given.bound);
    }
}
