//! Intervals that hold what they promise, and what must be so whatever the data.

use super::*;
use proptest::prelude::*;

struct Draws(u64);

impl Draws {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// Outcomes of a known risk, and what a better and a worse model say of it.
    fn table(&mut self, rows: usize) -> (Vec<bool>, Vec<f64>, Vec<f64>) {
        let logistic = |x: f64| 1.0 / (1.0 + (-x).exp());
        let mut table = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..rows {
            let logit = -1.5 + 1.2 * self.normal();
            table.0.push(self.uniform() < logistic(logit));
            table.1.push(logistic(logit + 0.9 * self.normal()));
            table.2.push(logistic(logit + 0.5 * self.normal()));
        }
        table
    }
}

type Figure = fn(&[bool], &[f64], &[f64]) -> Contrast;

const FIGURES: [(&str, Figure); 4] = [
    ("AUC", |y, a, b| auc_contrast(y, a, b).unwrap()),
    ("log loss", |y, a, b| log_loss_contrast(y, a, b).unwrap()),
    ("profit", |y, a, b| profit_contrast(y, a, b, &ProfitParams::default()).unwrap()),
    ("profit at depth", |y, a, b| {
        profit_at_depth_contrast(y, a, b, 0.1, &ProfitParams::default()).unwrap()
    }),
];

#[test]
fn intervals_cover_the_truth_in_93_to_97_of_100_tables() {
    const TABLES: u32 = 1000;
    let mut draws = Draws(5);
    let (y, a, b) = draws.table(400_000);
    let truth = FIGURES.map(|(_, figure)| figure(&y, &a, &b).difference.value);
    let mut covered = [0_u32; FIGURES.len()];
    for _ in 0..TABLES {
        let (y, a, b) = draws.table(700);
        for (at, (_, figure)) in FIGURES.iter().enumerate() {
            let found = figure(&y, &a, &b).difference;
            covered[at] += u32::from(found.low <= truth[at] && truth[at] <= found.high);
        }
    }
    for ((name, _), covered) in FIGURES.iter().zip(covered) {
        let share = f64::from(covered) / f64::from(TABLES);
        println!("{name}: {share}");
        assert!((0.93..=0.97).contains(&share), "{name}: {share}");
    }
}

#[test]
fn a_contact_pays_from_the_break_even_on() {
    let params = ProfitParams::default();
    let cut = break_even(&params);
    // Of the defaults: (10 + 1) / (.3 × 190 + 10).
    assert!((cut - 11.0 / 67.0).abs() < 1e-15, "{cut}");
    assert!(params.profit(cut, 1.0 - cut).abs() < 1e-12);
}

#[test]
fn profit_at_depth_is_that_of_the_ranking() {
    let mut draws = Draws(1 << 40);
    let (y, a, b) = draws.table(500);
    let params = ProfitParams::default();
    let found = profit_at_depth_contrast(&y, &a, &b, 0.1, &params).unwrap();
    let ranked = Ranked::new(&y, &a).unwrap();
    let theirs = super::super::ranking::at_depth(&ranked, 0.1, &params).profit;
    assert!((found.a - theirs).abs() < 1e-12, "{} for {theirs}", found.a);
}

proptest! {
    #[test]
    fn a_model_against_itself_is_no_better(seed in 0_u64..1000) {
        let (mut y, a, _) = Draws(seed << 20).table(60);
        (y[0], y[1]) = (true, false);
        for (name, figure) in FIGURES {
            let same = figure(&y, &a, &a);
            prop_assert!(same.difference.value.abs() < 1e-15, "{}", name);
            prop_assert!((same.p_value - 1.0).abs() < 1e-15, "{}", name);
        }
        let key: Vec<u64> = (0..60).collect();
        prop_assert!(turnover(&a, &a, &key, 0.2).abs() < 1e-12);
    }

    #[test]
    fn the_other_way_round_is_the_other_sign(seed in 0_u64..1000) {
        let (mut y, a, b) = Draws(seed << 20).table(60);
        (y[0], y[1]) = (true, false);
        for (name, figure) in FIGURES {
            let (one, other) = (figure(&y, &a, &b), figure(&y, &b, &a));
            let apart = (one.difference.value + other.difference.value).abs();
            prop_assert!(apart < 1e-12, "{}", name);
            prop_assert!((one.p_value - other.p_value).abs() < 1e-9, "{}", name);
        }
        let key: Vec<u64> = (0..60).collect();
        let both = [turnover(&a, &b, &key, 0.2), turnover(&b, &a, &key, 0.2)];
        prop_assert!((both[0] - both[1]).abs() < 1e-12);
    }
}
