//! From a learner's logit to a probability that can be taken at its word.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Kind, Result};

/// No probability is bolder than the logistic function of ±36, about 2e-16 from 0 and 1: the last that
/// an `f64` tells from 1.
const BOLDEST: f64 = 36.0;

/// Logits of a bundle lie inside ±this, so that no difference of two overflows.
const FARTHEST: f64 = 1e6;

/// A number that a logit is held as.
pub trait Logit: Copy + Into<f64> + Sync {}

impl<T: Copy + Into<f64> + Sync> Logit for T {}

/// A fitted map from logit to probability; never falling.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case", deny_unknown_fields)]
pub enum Calibration {
    /// The logistic function as it is.
    Identity,
    /// Logistic function of `intercept + slope × logit`.
    Platt {
        /// Added to the scaled logit.
        intercept: f64,
        /// Multiplies the logit, > 0.
        slope: f64,
    },
    /// Straight lines between the points (`logits[i]`, `probabilities[i]`), level outside.
    Isotonic {
        /// Ascending logits.
        logits: Vec<f64>,
        /// Never falling probabilities, inside 0..1.
        probabilities: Vec<f64>,
    },
}

impl Calibration {
    /// The calibrated probability, strictly inside 0..1; it never falls as `logit` rises. NaN gives NaN.
    pub fn probability(&self, logit: f64) -> f64 {
        match self {
            Self::Identity => logistic(logit),
            Self::Platt { intercept, slope } => logistic(intercept + slope * logit),
            Self::Isotonic { logits, probabilities } => {
                between(logits, probabilities, logit).clamp(logistic(-BOLDEST), logistic(BOLDEST))
            }
        }
    }

    /// The log odds of [`Self::probability`], inside ±36.1.
    pub fn calibrated_logit(&self, logit: f64) -> f64 {
        match self {
            Self::Identity => logit.clamp(-BOLDEST, BOLDEST),
            Self::Platt { intercept, slope } => {
                (intercept + slope * logit).clamp(-BOLDEST, BOLDEST)
            }
            Self::Isotonic { .. } => {
                let p = self.probability(logit);
                p.ln() - (-p).ln_1p()
            }
        }
    }

    /// The probability of each logit, in order.
    pub fn apply<T: Logit>(&self, logits: &[T]) -> Vec<f64> {
        logits.iter().map(|&logit| self.probability(logit.into())).collect()
    }

    /// The same map with all log odds moved by `shift`, as after a change of the base rate.
    #[must_use]
    pub fn shifted(&self, shift: f64) -> Self {
        match self {
            Self::Identity => Self::Platt { intercept: shift, slope: 1.0 },
            Self::Platt { intercept, slope } => {
                Self::Platt { intercept: intercept + shift, slope: *slope }
            }
            Self::Isotonic { logits, probabilities } => Self::Isotonic {
                logits: logits.clone(),
                probabilities: probabilities
                    .iter()
                    .map(|p| logistic(p.ln() - (-p).ln_1p() + shift))
                    .collect(),
            },
        }
    }

    /// Whether the numbers are such as a fit could have given: finite, the slope above 0, at least one
    /// point, logits ascending, probabilities never falling and strictly inside 0..1.
    ///
    /// # Errors
    /// `BadBundle` with what is wrong.
    pub fn check(&self) -> Result<()> {
        let wrong = match self {
            Self::Identity => None,
            Self::Platt { intercept, slope } => {
                let fits = intercept.is_finite() && slope.is_finite() && *slope > 0.0;
                (!fits).then_some("a calibration's line is not finite and rising")
            }
            Self::Isotonic { logits, probabilities } => points_wrong(logits, probabilities),
        };
        match wrong {
            Some(what) => Err(Error::new(Kind::BadBundle, what)),
            None => Ok(()),
        }
    }
}

fn points_wrong(logits: &[f64], probabilities: &[f64]) -> Option<&'static str> {
    if logits.is_empty() || logits.len() != probabilities.len() {
        return Some("a calibration's points have no pairs of logit and probability");
    }
    if !logits.iter().all(|logit| logit.abs() <= FARTHEST) {
        return Some("a calibration's logit is out of range");
    }
    if !logits.is_sorted_by(|a, b| a < b) {
        return Some("a calibration's logits do not ascend");
    }
    if !probabilities.iter().all(|&p| p > 0.0 && p < 1.0) || !probabilities.is_sorted() {
        return Some("a calibration's probabilities fall, or are not inside 0..1");
    }
    None
}

/// `1 / (1 + e⁻ˣ)` with `x` kept inside ±[`BOLDEST`].
fn logistic(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit.clamp(-BOLDEST, BOLDEST)).exp())
}

/// The height at `x` of the straight lines through the points, level outside.
fn between(xs: &[f64], ys: &[f64], x: f64) -> f64 {
    if x.is_nan() {
        return f64::NAN;
    }
    let above = xs.partition_point(|&point| point <= x);
    let at = |i: usize| Some((*xs.get(i)?, *ys.get(i)?));
    match (above.checked_sub(1).and_then(at), at(above)) {
        (Some((x0, y0)), Some((x1, y1))) => (y0 + (y1 - y0) * ((x - x0) / (x1 - x0))).min(y1),
        (Some((_, y)), None) | (None, Some((_, y))) => y,
        (None, None) => f64::NAN,
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these figures are exact")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn isotonic(logits: &[f64], probabilities: &[f64]) -> Calibration {
        Calibration::Isotonic { logits: logits.to_vec(), probabilities: probabilities.to_vec() }
    }

    #[test]
    fn known_values() {
        assert_eq!(Calibration::Identity.probability(0.0), 0.5);
        let platt = Calibration::Platt { intercept: -1.0, slope: 2.0 };
        assert!((platt.probability(1.0) - 1.0 / (1.0 + (-1.0_f64).exp())).abs() < 1e-16);
        let lines = isotonic(&[-1.0, 1.0, 2.0], &[0.1, 0.3, 0.9]);
        for (logit, p) in [(-5.0, 0.1), (-1.0, 0.1), (0.0, 0.2), (1.0, 0.3), (1.5, 0.6), (7.0, 0.9)]
        {
            assert!((lines.probability(logit) - p).abs() < 1e-15, "{logit}");
        }
        assert_eq!(isotonic(&[0.5], &[0.2]).apply(&[-1.0, 1.0]), [0.2, 0.2]);
    }

    #[test]
    fn a_shift_moves_all_log_odds() {
        let lines = isotonic(&[-1.0, 1.0], &[0.1, 0.4]);
        for (calibration, logit) in [
            (Calibration::Identity, 0.3),
            (Calibration::Platt { intercept: -0.4, slope: 1.5 }, 0.3),
            (lines, 1.0),
        ] {
            let moved = calibration.shifted(-0.7);
            let apart = moved.calibrated_logit(logit) - calibration.calibrated_logit(logit);
            assert!((apart + 0.7).abs() < 1e-12, "{calibration:?}");
            assert!(moved.check().is_ok());
        }
    }

    #[test]
    fn what_no_fit_gives_is_refused() {
        for bad in [
            Calibration::Platt { intercept: f64::NAN, slope: 1.0 },
            Calibration::Platt { intercept: 0.0, slope: 0.0 },
            Calibration::Platt { intercept: 0.0, slope: f64::INFINITY },
            isotonic(&[], &[]),
            isotonic(&[0.0], &[0.1, 0.2]),
            isotonic(&[0.0, 0.0], &[0.1, 0.2]),
            isotonic(&[0.0, f64::NAN], &[0.1, 0.2]),
            isotonic(&[0.0, 1e300], &[0.1, 0.2]),
            isotonic(&[0.0, 1.0], &[0.2, 0.1]),
            isotonic(&[0.0, 1.0], &[0.0, 0.1]),
            isotonic(&[0.0, 1.0], &[0.5, f64::NAN]),
        ] {
            assert_eq!(bad.check().unwrap_err().kind(), Kind::BadBundle, "{bad:?}");
            // Unchecked numbers may mislead, but never panic.
            let _ = bad.apply(&[f64::NEG_INFINITY, -1.0, 0.0, 0.5, f64::NAN, f64::INFINITY]);
        }
        assert!(isotonic(&[0.0, 1.0], &[0.1, 0.1]).check().is_ok());
    }

    #[test]
    fn unknown_fields_are_refused() {
        for json in
            [r#"{"how":"platt","intercept":0.5,"slope":1.5,"more":1}"#, r#"{"how":"other"}"#]
        {
            assert!(serde_json::from_str::<Calibration>(json).is_err(), "{json}");
        }
    }

    fn any_calibration() -> impl Strategy<Value = Calibration> {
        let points = prop::collection::vec((-30.0..30.0_f64, 0.001..0.999_f64), 1..20);
        prop_oneof![
            Just(Calibration::Identity),
            (-9.0..9.0_f64, 0.001..9.0_f64)
                .prop_map(|(intercept, slope)| Calibration::Platt { intercept, slope }),
            points.prop_map(|points| {
                let (mut x, mut y): (Vec<f64>, Vec<f64>) = points.into_iter().unzip();
                x.sort_by(f64::total_cmp);
                y.sort_by(f64::total_cmp);
                x.dedup();
                y.truncate(x.len());
                isotonic(&x, &y)
            }),
        ]
    }

    proptest! {
        #[test]
        fn inside_0_and_1_never_falling_and_back(
            calibration in any_calibration(), a in -1e3..1e3_f64, step in 0.0..10.0_f64,
        ) {
            prop_assert!(calibration.check().is_ok());
            let (low, high) = (calibration.probability(a), calibration.probability(a + step));
            prop_assert!(low > 0.0 && high < 1.0 && low <= high);
            prop_assert!((logistic(calibration.calibrated_logit(a)) - low).abs() < 1e-12);
            let json = serde_json::to_string(&calibration).unwrap();
            prop_assert_eq!(serde_json::from_str::<Calibration>(&json).unwrap(), calibration);
        }
    }
}
