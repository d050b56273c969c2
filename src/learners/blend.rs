//! The blend: one logit from those of several learners.
//!
//! The weights are fitted on logits of rows that the learners have not seen, and are never below 0: a
//! learner can be left out of the sum, but not be turned against the others. What the blend says of a
//! fold comes from weights that were fitted on the other folds.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, Kind, Place, Result},
    metrics::ranked::check_lengths,
    model::calibration::Logit,
};

/// How the weights are fitted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BlendParams {
    /// A part with a smaller weight is left out, above 0 and at most 0.5.
    pub least_weight: f64,
    /// Pull towards equal weights that add up to 1, in nats: the precision of a normal prior around
    /// them, above 0. At 4 its standard deviation is 0.5; a thousand rows outvote it.
    pub pull: f64,
}

impl Default for BlendParams {
    fn default() -> Self {
        Self { least_weight: 0.02, pull: 4.0 }
    }
}

/// Most parts.
pub const MOST_PARTS: usize = 3;
/// Level and weights.
const SIZE: usize = MOST_PARTS + 1;
/// Logits are held inside ±this in the fit; a risk of e⁻³⁰ is as good as none.
const FARTHEST: f64 = 30.0;
/// And what is made of them inside ±this.
const FARTHEST_SUM: f64 = 200.0;
/// Steps of Newton's method, and halvings of one of them.
const STEPS: usize = 50;
const HALVINGS: i32 = 20;
/// A step this small leaves an error of its square.
const SMALL: f64 = 1e-6;
/// Rows that are summed at once: 2¹⁴ terms of less than 2⁸, in units of 2⁻⁴⁰, fit in an `i64`.
const STRETCH: usize = 1 << 14;
const UNIT: f64 = (1_u64 << 40) as f64;

/// A weighted sum of logits.
#[derive(Debug, Clone, PartialEq)]
pub struct Stack {
    /// Logit where all parts say 0.
    pub intercept: f64,
    /// One a part, at least 0; 0 where the part is left out.
    pub weights: Vec<f64>,
}

impl Stack {
    /// The sum for each row.
    pub fn logits<T: Logit>(&self, parts: &[&[T]]) -> Vec<f64> {
        let mut sums = vec![self.intercept; parts.first().map_or(0, |part| part.len())];
        for (part, weight) in parts.iter().zip(&self.weights).filter(|(_, weight)| **weight > 0.0) {
            sums.iter_mut().zip(*part).for_each(|(sum, &logit)| *sum += weight * logit.into());
        }
        sums
    }
}

/// A stack and what it says of rows that it was not fitted on.
#[derive(Debug, Clone, PartialEq)]
pub struct Stacked {
    /// Fitted on all rows.
    pub stack: Stack,
    /// For each row, the logit of the stack fitted on the *other* folds.
    pub cross_fitted: Vec<f64>,
}

impl BlendParams {
    /// Whether every parameter is in its range.
    pub fn check(&self) -> Result<()> {
        let all = [
            ("least_weight", self.least_weight > 0.0 && self.least_weight <= 0.5, "above 0 to 0.5"),
            ("pull", self.pull >= 1e-6 && self.pull <= 1e9, "0.000001 to 1000000000"),
        ];
        match all.into_iter().find(|(_, fits, _)| !fits) {
            None => Ok(()),
            Some((name, _, range)) => {
                Err(Error::new(Kind::BadParameter, format!("{name} is outside its range"))
                    .at(Place::Key(format!("learners.blend.{name}")))
                    .hint_with(format!("its range is {range}")))
            }
        }
    }

    /// Fits the weights of the parts on their out-of-fold logits.
    ///
    /// # Formula
    /// Least `Σ log loss(a + Σ wₖ·logitₖ) + pull/2 · Σ (wₖ − 1/K)²` with every `wₖ ≥ 0`, by Newton's
    /// method whose steps keep to that bound. While a weight is below `least_weight`, the part with
    /// the smallest is left out and the others are fitted again; one part stays.
    ///
    /// # Shape
    /// One outcome, one fold and one logit of each part for each row; at most three parts, at least
    /// two folds. The order of the rows does not matter: sums are whole numbers.
    ///
    /// # Errors
    /// `EmptyTable` without rows; `OneClass` where all outcomes are alike, or are so outside a fold;
    /// `BadParameter` where lengths or numbers of parts or folds do not fit, or a logit is not finite.
    ///
    /// # Cost
    /// About twenty passes over the rows.
    ///
    /// # Source
    /// Wolpert, *Neural Networks* 5 (1992); Breiman, *Machine Learning* 24 (1996), on weights of at
    /// least 0; van der Laan, Polley & Hubbard, *Stat. Appl. Genet. Mol. Biol.* 6 (2007), on log loss.
    pub fn stack<T: Logit>(
        &self,
        outcome: &[bool],
        parts: &[&[T]],
        fold: &[u8],
    ) -> Result<Stacked> {
        self.check()?;
        check(outcome, parts, fold)?;
        let mut there = [false; 256];
        for &fold in fold {
            there[usize::from(fold)] = true;
        }
        let folds: Vec<u8> = (0..=u8::MAX).filter(|&fold| there[usize::from(fold)]).collect();
        if folds.len() < 2 {
            return Err(Error::new(Kind::BadParameter, "a blend needs two folds or more"));
        }
        let all = Sample { outcome, parts, fold, without: None, pull: self.pull };
        let equal = 1.0 / parts.len() as f64;
        let start =
            std::array::from_fn(|at| if (1..=parts.len()).contains(&at) { equal } else { 0.0 });
        let (whole, first) = all.stack(start, self.least_weight)?;
        let mut cross_fitted = vec![0.0; outcome.len()];
        for without in folds {
            let others = Sample { without: Some(without), ..all };
            let (stack, _) = others.stack(first, self.least_weight)?;
            for (logit, (at, _)) in cross_fitted
                .iter_mut()
                .zip(fold.iter().enumerate())
                .filter(|(_, (_, f))| **f == without)
            {
                let parts = parts.iter().zip(&stack.weights).filter(|(_, weight)| **weight > 0.0);
                *logit = parts
                    .fold(stack.intercept, |sum, (part, weight)| sum + weight * part[at].into());
            }
        }
        Ok(Stacked { stack: whole, cross_fitted })
    }
}

fn check<T: Logit>(outcome: &[bool], parts: &[&[T]], fold: &[u8]) -> Result<()> {
    if outcome.is_empty() {
        return Err(Error::new(Kind::EmptyTable, "a blend needs rows"));
    }
    check_lengths(outcome.len(), fold.len())?;
    parts.iter().try_for_each(|part| check_lengths(outcome.len(), part.len()))?;
    if parts.is_empty() || parts.len() > MOST_PARTS {
        let what = format!("a blend has 1 to {MOST_PARTS} parts");
        return Err(Error::new(Kind::BadParameter, what));
    }
    if parts.iter().any(|part| !part.iter().all(|&logit| logit.into().is_finite())) {
        return Err(Error::new(Kind::BadParameter, "a logit is not a finite number"));
    }
    Ok(())
}

/// Level, then weights.
type Point = [f64; SIZE];

/// The rows outside one fold, or all.
#[derive(Clone, Copy)]
struct Sample<'a, T> {
    outcome: &'a [bool],
    parts: &'a [&'a [T]],
    fold: &'a [u8],
    without: Option<u8>,
    pull: f64,
}

impl<T: Logit> Sample<'_, T> {
    /// The stack without idle parts, and the best point with all of them.
    fn stack(&self, start: Point, least_weight: f64) -> Result<(Stack, Point)> {
        let rows = || self.outcome.iter().zip(self.fold).filter(|(_, f)| Some(**f) != self.without);
        let first = rows().next().map(|(event, _)| *event);
        if rows().all(|(event, _)| Some(*event) == first) {
            return Err(Error::new(
                Kind::OneClass,
                "all outcomes that a blend learns from are alike",
            ));
        }
        let mut free: Vec<usize> = (1..=self.parts.len()).collect();
        let with_all = self.minimise(start, &free);
        let mut at = with_all;
        while free.len() > 1 {
            let least = free.iter().copied().min_by(|a, b| at[*a].total_cmp(&at[*b]));
            let Some(least) = least.filter(|least| at[*least] < least_weight) else { break };
            free.retain(|part| *part != least);
            at[least] = 0.0;
            at = self.minimise(at, &free);
        }
        // The last part is kept even where it says nothing.
        let weight = |part: usize| {
            let is_free = free.contains(&(part + 1));
            if is_free { at[part + 1].max(least_weight) } else { 0.0 }
        };
        let weights = (0..self.parts.len()).map(weight).collect();
        Ok((Stack { intercept: at[0], weights }, with_all))
    }

    /// The best point with weights of at least 0 for the parts that are `free` and 0 for the others.
    fn minimise(&self, start: Point, free: &[usize]) -> Point {
        let mut at = start;
        let mut here = self.sums(at, free);
        for _ in 0..STEPS {
            let target = here.lowest(at, free);
            let step: Point = std::array::from_fn(|i| target[i] - at[i]);
            let halved = (0..HALVINGS).map(|times| 0.5_f64.powi(times)).find_map(|scale| {
                let next = std::array::from_fn(|i| at[i] + scale * step[i]);
                let there = self.sums(next, free);
                (there.loss <= here.loss + here.loss.abs() * 1e-12).then_some((next, there))
            });
            let Some(next) = halved else { break };
            (at, here) = next;
            if step.iter().all(|move_| move_.abs() < SMALL) {
                break;
            }
        }
        at
    }

    fn sums(&self, at: Point, free: &[usize]) -> Sums {
        let stretches = self.outcome.par_chunks(STRETCH).enumerate();
        let exact = stretches.map(|(number, outcome)| self.exact(at, number * STRETCH, outcome));
        let exact = exact.reduce(Exact::default, |sum, other| sum.plus(&other));
        let real = |sum: i128| sum as f64 / UNIT;
        let mut sums = Sums {
            loss: real(exact.loss),
            gradient: exact.gradient.map(real),
            curvature: exact.curvature.map(|row| row.map(real)),
        };
        // Where every risk is all but certain, the level would have no curvature at all.
        sums.curvature[0][0] += 1e-3;
        for &part in free {
            let away = at[part] - 1.0 / free.len() as f64;
            sums.loss += self.pull / 2.0 * away * away;
            sums.gradient[part] += self.pull * away;
            sums.curvature[part][part] += self.pull;
        }
        sums
    }

    /// The sums over a stretch of rows.
    fn exact(&self, at: Point, from: usize, outcome: &[bool]) -> Exact {
        let (mut loss, mut gradient, mut curvature) = (0_i64, [0_i64; SIZE], [[0_i64; SIZE]; SIZE]);
        let size = self.parts.len() + 1;
        for (row, &event) in (from..).zip(outcome) {
            if Some(self.fold[row]) == self.without {
                continue;
            }
            let mut x = [1.0; SIZE];
            let mut sum = at[0];
            for (part, (x, weight)) in self.parts.iter().zip(x[1..].iter_mut().zip(&at[1..])) {
                *x = part[row].into().clamp(-FARTHEST, FARTHEST);
                sum += weight * *x;
            }
            let sum = sum.clamp(-FARTHEST_SUM, FARTHEST_SUM);
            let small = (-sum.abs()).exp();
            let little = small / (1.0 + small);
            let risk = if sum >= 0.0 { 1.0 - little } else { little };
            let missed = if event { (-sum).max(0.0) } else { sum.max(0.0) };
            loss += ((missed + small.ln_1p()) * UNIT) as i64;
            let residual = (risk - f64::from(u8::from(event))) * UNIT;
            let weight = little * (1.0 - little) * UNIT;
            for i in 0..size {
                gradient[i] += (residual * x[i]) as i64;
                for j in 0..=i {
                    curvature[i][j] += (weight * x[i] * x[j]) as i64;
                }
            }
        }
        Exact {
            loss: i128::from(loss),
            gradient: gradient.map(i128::from),
            curvature: std::array::from_fn(|i| {
                std::array::from_fn(|j| i128::from(curvature[i.max(j)][i.min(j)]))
            }),
        }
    }
}

/// Sums over rows in units of 2⁻⁴⁰: alike in any order of rows, on any number of threads.
#[derive(Default)]
struct Exact {
    loss: i128,
    gradient: [i128; SIZE],
    curvature: [[i128; SIZE]; SIZE],
}

impl Exact {
    fn plus(self, other: &Self) -> Self {
        Self {
            loss: self.loss + other.loss,
            gradient: std::array::from_fn(|i| self.gradient[i] + other.gradient[i]),
            curvature: std::array::from_fn(|i| {
                std::array::from_fn(|j| self.curvature[i][j] + other.curvature[i][j])
            }),
        }
    }
}

/// Penalised log loss, its gradient and its curvature at a point.
struct Sums {
    loss: f64,
    gradient: [f64; SIZE],
    curvature: [[f64; SIZE]; SIZE],
}

impl Sums {
    /// The lowest point of the parabola around `at` that has no weight below 0: the best of those
    /// with each set of weights at 0, of which there are few.
    fn lowest(&self, at: Point, free: &[usize]) -> Point {
        let mut best = (f64::INFINITY, at);
        for set in 0..1_usize << free.len() {
            let chosen = free.iter().enumerate().filter(|(bit, _)| set >> bit & 1 == 1);
            let moving: Vec<usize> =
                std::iter::once(0).chain(chosen.map(|(_, part)| *part)).collect();
            let Some(point) = self.stationary(at, &moving) else { continue };
            let height = self.height(at, point);
            if point[1..].iter().all(|weight| *weight >= 0.0) && height < best.0 {
                best = (height, point);
            }
        }
        best.1
    }

    /// Where the parabola is level in the coordinates that move, all others at 0.
    fn stationary(&self, at: Point, moving: &[usize]) -> Option<Point> {
        let size = moving.len();
        let mut rows: Vec<Vec<f64>> = Vec::with_capacity(size);
        for &i in moving {
            let rest = (0..SIZE).filter(|j| !moving.contains(j));
            let pull: f64 = rest.map(|j| self.curvature[i][j] * at[j]).sum();
            let mut row: Vec<f64> = moving.iter().map(|&j| self.curvature[i][j]).collect();
            row.push(pull - self.gradient[i]);
            rows.push(row);
        }
        // The matrix is positive definite: no pivot is needed.
        for pivot in 0..size {
            let (above, below) = rows.split_at_mut(pivot + 1);
            let top = &above[pivot];
            if top[pivot].is_nan() || top[pivot] <= 0.0 {
                return None;
            }
            for row in below {
                let factor = row[pivot] / top[pivot];
                row.iter_mut().zip(top).for_each(|(cell, above)| *cell -= factor * above);
            }
        }
        let mut step = vec![0.0; size];
        for i in (0..size).rev() {
            let known: f64 = (i + 1..size).map(|j| rows[i][j] * step[j]).sum();
            step[i] = (rows[i][size] - known) / rows[i][i];
        }
        let mut point = [0.0; SIZE];
        for (&i, step) in moving.iter().zip(step) {
            point[i] = at[i] + step;
        }
        point.iter().all(|number| number.is_finite()).then_some(point)
    }

    /// The parabola at a point, less its height at `at`.
    fn height(&self, at: Point, point: Point) -> f64 {
        let step: Point = std::array::from_fn(|i| point[i] - at[i]);
        let bend = |i: usize| -> f64 { (0..SIZE).map(|j| self.curvature[i][j] * step[j]).sum() };
        (0..SIZE).map(|i| step[i] * (self.gradient[i] + bend(i) / 2.0)).sum()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{metrics::log_loss, model::Calibration, units::Seed};

    /// A fair draw in 0..1 for each purpose and row.
    fn draw(purpose: &str, row: u32) -> f64 {
        (Seed(1).hash(purpose, &row.to_le_bytes()) >> 11) as f64 / (1_u64 << 53) as f64
    }

    struct Drawn {
        outcome: Vec<bool>,
        parts: Vec<Vec<f64>>,
        fold: Vec<u8>,
    }

    /// Three logits over ±3, of which the true one is −1 + 0.7 × the first + 0.4 × the second.
    fn drawn(rows: u32) -> Drawn {
        let logits = |purpose: &str| -> Vec<f64> {
            (0..rows).map(|row| 6.0 * draw(purpose, row) - 3.0).collect()
        };
        let parts = vec![logits("a"), logits("b"), logits("noise")];
        let risk = |row: usize| {
            let logit: f64 = -1.0 + 0.7 * parts[0][row] + 0.4 * parts[1][row];
            1.0 / (1.0 + (-logit).exp())
        };
        let outcome = (0..rows).map(|row| draw("outcome", row) < risk(row as usize)).collect();
        Drawn { outcome, fold: (0..rows).map(|row| (row % 5) as u8).collect(), parts }
    }

    impl Drawn {
        fn stack(&self) -> Result<Stacked> {
            let parts: Vec<&[f64]> = self.parts.iter().map(Vec::as_slice).collect();
            BlendParams::default().stack(&self.outcome, &parts, &self.fold)
        }

        fn loss(&self, logits: &[f64]) -> f64 {
            log_loss(&self.outcome, &Calibration::Identity.apply(logits)).unwrap()
        }
    }

    #[test]
    fn the_true_weights_are_found_and_noise_is_left_out() {
        let Stack { intercept, weights } = drawn(60_000).stack().unwrap().stack;
        assert!((intercept + 1.0).abs() < 0.05, "{intercept}");
        assert!((weights[0] - 0.7).abs() < 0.03 && (weights[1] - 0.4).abs() < 0.03, "{weights:?}");
        assert!(weights[2].abs() < f64::MIN_POSITIVE, "{weights:?}");
    }

    #[test]
    fn a_part_is_never_turned_against_the_others() {
        let mut drawn = drawn(5_000);
        // The more it says, the rarer the event.
        let against = |(event, noise): (&bool, &f64)| noise - f64::from(u8::from(*event));
        drawn.parts[2] = drawn.outcome.iter().zip(&drawn.parts[2]).map(against).collect();
        let weights = drawn.stack().unwrap().stack.weights;
        assert!(weights[0] > 0.5 && weights[2].abs() < f64::MIN_POSITIVE, "{weights:?}");
        drawn.parts = vec![drawn.parts.swap_remove(2)];
        let weights = drawn.stack().unwrap().stack.weights;
        assert!((weights[0] - BlendParams::default().least_weight).abs() < 1e-12, "{weights:?}");
    }

    #[test]
    fn it_is_no_worse_than_its_best_part_on_rows_it_was_not_fitted_on() {
        for rows in [200, 1000, 20_000] {
            let drawn = drawn(rows);
            let blend = drawn.loss(&drawn.stack().unwrap().cross_fitted);
            let parts = drawn.parts.iter().map(|part| drawn.loss(part));
            let best = parts.fold(f64::INFINITY, f64::min);
            assert!(blend <= best + 0.002, "{rows} rows: {blend} and {best}");
        }
    }

    #[test]
    fn copies_of_one_part_share_its_weight() {
        let mut drawn = drawn(5_000);
        drawn.parts = vec![drawn.parts[0].clone(); 3];
        let weights = drawn.stack().unwrap().stack.weights;
        assert!(weights.iter().all(|weight| (weight - weights[0]).abs() < 1e-6), "{weights:?}");
        assert!((weights.iter().sum::<f64>() - 0.7).abs() < 0.1, "{weights:?}");
    }

    #[test]
    fn a_fold_hears_nothing_of_its_own_outcomes() {
        let mut drawn = drawn(2_000);
        let honest = drawn.stack().unwrap().cross_fitted;
        for (event, fold) in drawn.outcome.iter_mut().zip(&drawn.fold) {
            *event ^= *fold == 2;
        }
        let turned = drawn.stack().unwrap().cross_fitted;
        for ((honest, turned), fold) in honest.iter().zip(&turned).zip(&drawn.fold) {
            assert!(*fold != 2 || (honest - turned).abs() < 1e-6, "{honest} and {turned}");
        }
    }

    #[test]
    fn order_and_threads_are_nothing() {
        let mut drawn = drawn(50_000);
        let on = |threads: usize, drawn: &Drawn| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| drawn.stack()).unwrap()
        };
        let one = on(1, &drawn);
        assert_eq!(on(8, &drawn), one);
        drawn.outcome.reverse();
        drawn.fold.reverse();
        drawn.parts.iter_mut().for_each(|part| part.reverse());
        let mut turned = on(2, &drawn);
        turned.cross_fitted.reverse();
        assert_eq!(turned, one);
    }

    #[test]
    fn what_cannot_be_blended_is_an_error() {
        let params = BlendParams::default();
        let kind = |outcome: &[bool], parts: &[&[f64]], fold: &[u8]| {
            params.stack(outcome, parts, fold).unwrap_err().kind()
        };
        let (y, x, fold): ([bool; 4], [f64; 4], [u8; 4]) =
            ([true, false, true, false], [1.0, 0.0, 0.5, -1.0], [0, 0, 1, 1]);
        assert_eq!(kind(&[], &[&[]], &[]), Kind::EmptyTable);
        assert_eq!(kind(&y, &[], &fold), Kind::BadParameter);
        assert_eq!(kind(&y, &[&x, &x, &x, &x], &fold), Kind::BadParameter);
        assert_eq!(kind(&y, &[&x[..3]], &fold), Kind::BadParameter);
        assert_eq!(kind(&y, &[&x], &[1; 4]), Kind::BadParameter);
        assert_eq!(kind(&y, &[&[0.0, 1.0, f64::NAN, 2.0]], &fold), Kind::BadParameter);
        assert_eq!(kind(&[true; 4], &[&x], &fold), Kind::OneClass);
        assert_eq!(kind(&[true, true, false, false], &[&x], &fold), Kind::OneClass);
        let wrong = BlendParams { pull: f64::NAN, ..BlendParams::default() };
        assert!(wrong.check().is_err());
    }

    proptest! {
        #[test]
        fn any_logits_give_finite_weights_of_at_least_0(
            rows in prop::collection::vec(
                (any::<bool>(), -1e6..1e6_f64, prop_oneof![-1.0..1.0_f64, Just(40.0)], 0_u8..3), 2..60
            )
        ) {
            let outcome: Vec<bool> = rows.iter().map(|row| row.0).collect();
            let (a, b): (Vec<f64>, Vec<f64>) = rows.iter().map(|row| (row.1, row.2)).unzip();
            let fold: Vec<u8> = rows.iter().map(|row| row.3).collect();
            if let Ok(stacked) = BlendParams::default().stack(&outcome, &[&a, &b], &fold) {
                let Stack { intercept, weights } = stacked.stack;
                prop_assert!(intercept.is_finite());
                prop_assert!(weights.iter().all(|weight| weight.is_finite() && *weight >= 0.0));
                prop_assert!(weights.iter().any(|weight| *weight > 0.0));
                prop_assert!(stacked.cross_fitted.iter().all(|logit| logit.is_finite()));
            }
        }
    }
}
