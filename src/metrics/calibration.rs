//! Whether probabilities can be taken at their word.

use serde::{Deserialize, Serialize};

use super::{
    line::{self, Line, Point},
    paired::CLIP,
    ranked::{Level, Ranked},
    ranking::separates,
};

/// The slope that stands for an infinite one: where the probabilities tell the outcomes apart
/// without fail, no finite slope is best. Its sign is that of the ranking.
pub const SEPARATED_SLOPE: f64 = 1000.0;

/// Bins of the expected calibration error, and groups of the curve.
const BINS: usize = 10;

/// Points that the line is fitted to, at most; neighbouring levels are pooled where there are more.
const MOST_POINTS: usize = 1 << 20;

/// Levels above which the line is first fitted on this many neighbouring groups.
const COARSE: usize = 4096;

/// A group of rows of neighbouring probabilities.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalibrationPoint {
    /// Rows of the group.
    pub rows: u64,
    /// Their mean probability.
    pub mean_predicted: f64,
    /// The share of them with the event.
    pub observed: f64,
}

/// Mean logarithmic loss in nats: `−ln p` for an event, `−ln(1 − p)` for another row.
///
/// Here, in [`super::paired`] and in [`cox`], and nowhere else, probabilities are clipped to
/// 1e-15..1 − 1e-15.
///
/// # Source
/// Good, *J. R. Statist. Soc. B* 14 (1952).
pub fn log_loss(ranked: &Ranked) -> f64 {
    let loss = |level: &Level| {
        let p = level.score.clamp(CLIP, 1.0 - CLIP);
        let mut loss = 0.0;
        if level.events > 0 {
            loss -= f64::from(level.events) * p.ln();
        }
        if level.others > 0 {
            loss -= f64::from(level.others) * (-p).ln_1p();
        }
        loss
    };
    ranked.levels().iter().map(loss).sum::<f64>() / ranked.rows() as f64
}

/// Mean squared difference of probability and outcome.
///
/// # Source
/// Brier, *Monthly Weather Review* 78 (1950), for one of two outcomes.
pub fn brier(ranked: &Ranked) -> f64 {
    let square = |level: &Level| {
        let (p, q) = (level.score, 1.0 - level.score);
        f64::from(level.events) * q * q + f64::from(level.others) * p * p
    };
    ranked.levels().iter().map(square).sum::<f64>() / ranked.rows() as f64
}

/// Expected calibration error: the mean distance of predicted and observed over ten bins of equal
/// width, weighted by their rows. A probability on an inner edge lies in the bin above it.
///
/// # Source
/// Naeini, Cooper & Hauskrecht, *AAAI* (2015); equal width as in Guo et al., *ICML* (2017).
pub fn ece(ranked: &Ranked) -> f64 {
    let mut bins = [Group::default(); BINS];
    for level in ranked.levels() {
        let bin = ((level.score * BINS as f64) as usize).min(BINS - 1);
        bins[bin].add(level);
    }
    let distance = |bin: &Group| (bin.predicted - bin.events as f64).abs();
    bins.iter().map(distance).sum::<f64>() / ranked.rows() as f64
}

/// Predicted against observed in at most ten groups of about equal rows, by rising probability;
/// rows of one probability stay together.
pub fn curve(ranked: &Ranked) -> Vec<CalibrationPoint> {
    let mut points = Vec::with_capacity(BINS);
    let (mut group, mut below, mut tenth) = (Group::default(), 0, 1);
    for level in ranked.levels() {
        group.add(level);
        below += level.rows();
        if below * BINS as u64 >= ranked.rows() * tenth {
            points.push(group.point());
            group = Group::default();
            tenth = below * BINS as u64 / ranked.rows() + 1;
        }
    }
    if group.rows > 0 {
        points.push(group.point());
    }
    points
}

#[derive(Default, Clone, Copy)]
struct Group {
    rows: u64,
    events: u64,
    predicted: f64,
}

impl Group {
    fn add(&mut self, level: &Level) {
        self.rows += level.rows();
        self.events += u64::from(level.events);
        self.predicted += level.rows() as f64 * level.score;
    }

    fn point(&self) -> CalibrationPoint {
        CalibrationPoint {
            rows: self.rows,
            mean_predicted: self.predicted / self.rows as f64,
            observed: self.events as f64 / self.rows as f64,
        }
    }
}

/// Logistic regression of the outcome on the logit of the probability: slope 1 and intercept 0 when
/// calibrated, slope below 1 when too bold.
///
/// Where all probabilities are equal, the slope is 1 and the intercept makes the mean right. Where
/// they tell the outcomes apart without fail, the slope is ±[`SEPARATED_SLOPE`] and the line crosses 0
/// between the two. Probabilities are clipped as in [`log_loss`].
///
/// # Source
/// Cox, *Biometrika* 45 (1958), "Two further applications of a model for binary regression".
pub fn cox(ranked: &Ranked) -> Line {
    let logit = |p: f64| {
        let p = p.clamp(CLIP, 1.0 - CLIP);
        p.ln() - (-p).ln_1p()
    };
    let point = |level: &Level| Point {
        logit: logit(level.score),
        events: f64::from(level.events),
        others: f64::from(level.others),
    };
    let size = ranked.levels().len().div_ceil(MOST_POINTS).max(1);
    let points: Vec<Point> = ranked
        .levels()
        .chunks(size)
        .map(|few| match few {
            [alone] => point(alone),
            _ => pool(few.iter().map(point)),
        })
        .collect();
    if points.len() > 1 && separates(ranked.levels()) {
        return separated(&points);
    }
    let coarse: Vec<Point> =
        points.chunks(points.len().div_ceil(COARSE)).map(|few| pool(few.iter().copied())).collect();
    line::fit(&coarse, Line::IDENTITY)
        .and_then(|near| line::fit(&points, near))
        .unwrap_or_else(|| Line { intercept: line::fit_intercept(&points), slope: 1.0 })
}

/// Neighbouring points as one, at their mean logit.
fn pool(points: impl Iterator<Item = Point> + Clone) -> Point {
    let events: f64 = points.clone().map(|p| p.events).sum();
    let others: f64 = points.clone().map(|p| p.others).sum();
    let logits: f64 = points.map(|p| p.logit * (p.events + p.others)).sum();
    Point { logit: logits / (events + others), events, others }
}

fn separated(points: &[Point]) -> Line {
    let ends = |has: fn(&Point) -> bool| {
        let mut logits = points.iter().filter(|p| has(p)).map(|p| p.logit);
        let first = logits.next().unwrap_or(0.0);
        (first, logits.next_back().unwrap_or(first))
    };
    let (events, others) = (ends(|p| p.events > 0.0), ends(|p| p.others > 0.0));
    let (slope, middle) = if others.1 <= events.0 {
        (SEPARATED_SLOPE, f64::midpoint(others.1, events.0))
    } else {
        (-SEPARATED_SLOPE, f64::midpoint(events.1, others.0))
    };
    Line { intercept: -slope * middle, slope }
}
