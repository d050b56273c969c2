//! How fast contacts are given out: a million candidates under channels, branches, managers and a budget.
#![allow(missing_docs)]

use std::{hint::black_box, time::Duration};

use criterion::{Criterion, criterion_group, criterion_main};
use reveille::{
    playbook::allocate::{Case, Choice, NOTHING},
    units::Seed,
};

const CANDIDATES: u64 = 1_000_000;
const BRANCHES: u64 = 500;
const MANAGERS: u64 = 2_000;

/// Of each candidate up to three ways of contact: a call, a talk at the branch, a message.
fn case() -> Case {
    let mut case = Case { capacity: vec![20_000, 50_000, 200_000], ..Case::default() };
    let mean = |count: u64| (CANDIDATES / count) as f64;
    let draw = |key: u64, n: u64| {
        let bits = Seed(key).hash("allocation", &n.to_le_bytes());
        (bits >> 11) as f64 / (1_u64 << 53) as f64
    };
    case.capacity
        .extend((0..BRANCHES).map(|n| (mean(BRANCHES) * (0.01 + 0.05 * draw(1, n))) as u32));
    case.capacity
        .extend((0..MANAGERS).map(|n| (mean(MANAGERS) * (0.01 + 0.04 * draw(2, n))) as u32));
    case.budget = Some(CANDIDATES as f64 * 0.15);
    for candidate in 0..CANDIDATES {
        let of = |n: u64| draw(3, candidate * 8 + n);
        let stake = (of(0) * 6.0).exp();
        let branch = 3 + (of(1) * BRANCHES as f64) as u32;
        let manager = 3 + BRANCHES as u32 + (of(2) * MANAGERS as f64) as u32;
        let option = |channel, success: f64, cost: f64, people: [u32; 2]| Choice {
            gain: stake * success - cost,
            cost,
            uses: [channel, people[0], people[1], NOTHING],
        };
        let options = [
            option(0, 0.10 + 0.1 * of(3), 8.0, [branch, manager]),
            option(1, 0.06 + 0.1 * of(4), 4.0, [branch, manager]),
            option(2, 0.02 + 0.03 * of(5), 0.2, [NOTHING; 2]),
        ];
        case.push(&options, stake < 3.0);
    }
    case
}

fn all(criterion: &mut Criterion) {
    let mut case = case();
    let mut group = criterion.benchmark_group("allocate");
    group.sample_size(10).measurement_time(Duration::from_secs(10));
    group.bench_function("a million", |bencher| bencher.iter(|| black_box(&case).give()));
    case.floor = (CANDIDATES / 20) as u32;
    group.bench_function("a million with a floor", |bencher| {
        bencher.iter(|| black_box(&case).give());
    });
}

criterion_group!(benches, all);
criterion_main!(benches);
