//! A straight line on the logit scale: logistic regression on one number.

/// Rows that share a logit, or nearly.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// The logit; finite.
    pub logit: f64,
    /// Weight of the event there, ≥ 0.
    pub events: f64,
    /// Weight of no event there, ≥ 0.
    pub others: f64,
}

/// Log odds of the event are `intercept + slope × logit`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// Log odds at logit 0.
    pub intercept: f64,
    /// Rise of the log odds for each unit of logit.
    pub slope: f64,
}

impl Line {
    /// The line that leaves a logit as it is.
    pub const IDENTITY: Self = Self { intercept: 0.0, slope: 1.0 };
}

/// Steps of Newton's method, halved ones included.
const STEPS: usize = 200;
/// A step this small leaves an error of its square, as Newton's method converges.
const SMALL: f64 = 1e-7;

/// The line of maximum likelihood; none where the logits do not vary.
///
/// # Formula
/// Newton's method from `start` on the logistic log likelihood, with the logits centred; a step that
/// raises the loss is halved. Ends when a step moves every point's log odds by less than 1e-7, which
/// leaves an error of the order of 1e-14. Where outcomes are separated no finite line is best, and the
/// one reached after 200 steps is given.
///
/// # Cost
/// Five sums over the points a step; four to eight steps from afar.
///
/// # Source
/// Cox, *J. R. Statist. Soc. B* 20 (1958); McCullagh & Nelder, *Generalized Linear Models* (1989) §4.4.
pub fn fit(points: &[Point], start: Line) -> Option<Line> {
    let weight: f64 = points.iter().map(|p| p.events + p.others).sum();
    let centre = points.iter().map(|p| (p.events + p.others) * p.logit).sum::<f64>() / weight;
    let reach = points.iter().map(|p| (p.logit - centre).abs()).fold(0.0, f64::max);
    if !(weight > 0.0 && reach > 0.0 && reach.is_finite()) {
        return None;
    }
    let mut at = (start.intercept + start.slope * centre, start.slope);
    let mut sums = Sums::of(points, centre, at);
    let mut step = sums.newton()?;
    for _ in 0..STEPS {
        let next = (at.0 + step.0, at.1 + step.1);
        if step.0.abs() + step.1.abs() * reach < SMALL {
            at = next;
            break;
        }
        let there = Sums::of(points, centre, next);
        if there.loss <= sums.loss * (1.0 + 1e-13) {
            (at, sums) = (next, there);
            let Some(newton) = sums.newton() else { break };
            step = newton;
        } else {
            step = (step.0 / 2.0, step.1 / 2.0);
        }
    }
    Some(Line { intercept: at.0 - at.1 * centre, slope: at.1 })
}

/// The intercept of maximum likelihood where the slope is 1: the shift that makes the mean
/// probability equal the share of events; 0 where the weights are all of one kind.
///
/// # Formula
/// Newton's method kept inside a bracket; the score is monotone in the shift.
///
/// # Source
/// Calibration-in-the-large: Steyerberg, *Clinical Prediction Models* (2009) §15.3.
pub fn fit_intercept(points: &[Point]) -> f64 {
    let events: f64 = points.iter().map(|p| p.events).sum();
    let others: f64 = points.iter().map(|p| p.others).sum();
    if !(events > 0.0 && others > 0.0) {
        return 0.0;
    }
    let base = (events / others).ln();
    let lowest = points.iter().map(|p| p.logit).fold(f64::INFINITY, f64::min);
    let highest = points.iter().map(|p| p.logit).fold(f64::NEG_INFINITY, f64::max);
    // At these shifts every probability lies above, or below, the share of events.
    let (mut low, mut high) = (base - highest, base - lowest);
    let mut shift = 0.0_f64.max(low).min(high);
    for _ in 0..STEPS {
        let sums = Sums::of(points, 0.0, (shift, 1.0));
        if sums.gradient.0 > 0.0 {
            low = shift;
        } else {
            high = shift;
        }
        let newton = shift + sums.gradient.0 / sums.curvature.0;
        let next = if newton > low && newton < high { newton } else { f64::midpoint(low, high) };
        let moved = (next - shift).abs();
        shift = next;
        if moved <= 1e-12 * shift.abs().max(1.0) {
            break;
        }
    }
    shift
}

/// Loss, gradient (of the likelihood) and curvature in (level, slope) at one line.
struct Sums {
    loss: f64,
    gradient: (f64, f64),
    curvature: (f64, f64, f64),
}

impl Sums {
    fn of(points: &[Point], centre: f64, (level, slope): (f64, f64)) -> Self {
        let mut sums = Self { loss: 0.0, gradient: (0.0, 0.0), curvature: (0.0, 0.0, 0.0) };
        for point in points {
            let x = point.logit - centre;
            let odds = level + slope * x;
            let small = (-odds.abs()).exp();
            let (large, little) = (1.0 / (1.0 + small), small / (1.0 + small));
            let (yes, no) = if odds >= 0.0 { (large, little) } else { (little, large) };
            let residual = point.events * no - point.others * yes;
            let weight = (point.events + point.others) * yes * no;
            let missed = if odds >= 0.0 { point.others } else { point.events };
            sums.loss += missed * odds.abs() + (point.events + point.others) * small.ln_1p();
            sums.gradient.0 += residual;
            sums.gradient.1 += residual * x;
            sums.curvature.0 += weight;
            sums.curvature.1 += weight * x;
            sums.curvature.2 += weight * x * x;
        }
        sums
    }

    /// The step to the top of the parabola; none where there is no top.
    fn newton(&self) -> Option<(f64, f64)> {
        let ((g0, g1), (h00, h01, h11)) = (self.gradient, self.curvature);
        let determinant = h00 * h11 - h01 * h01;
        let step = ((h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant);
        (determinant > 0.0 && step.0.is_finite() && step.1.is_finite()).then_some(step)
    }
}
