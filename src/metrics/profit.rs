//! What a retention campaign earns: the expected maximum profit for customer churn.

use serde::{Deserialize, Serialize};

use super::{beta, ranked::Ranked};
use crate::error::{Error, Kind, Place, Result};

/// The money of a retention campaign, and how likely a contacted leaver is to accept the offer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProfitParams {
    /// Customer lifetime value that a leaver who is kept saves, > 0 (default 200).
    pub clv: f64,
    /// Cost of the offer to a customer who accepts it, ≥ 0 and below `clv` (default 10).
    pub d: f64,
    /// Cost of contacting a customer, ≥ 0 (default 1).
    pub f: f64,
    /// First shape of the beta distribution of the acceptance rate, > 0 (default 6).
    pub alpha: f64,
    /// Second shape of it, > 0 (default 14): together a mean of 30 %.
    pub beta: f64,
}

impl Default for ProfitParams {
    /// The values of Verbraken, Verbeke & Baesens (2013), Table 2.
    fn default() -> Self {
        Self { clv: 200.0, d: 10.0, f: 1.0, alpha: 6.0, beta: 14.0 }
    }
}

impl ProfitParams {
    /// Whether every parameter is finite and in its range.
    ///
    /// # Errors
    /// `BadParameter` with the key.
    pub fn check(&self) -> Result<()> {
        let limits = [
            ("clv", self.clv, self.clv > 0.0),
            ("d", self.d, self.d >= 0.0 && self.d < self.clv),
            ("f", self.f, self.f >= 0.0),
            ("alpha", self.alpha, self.alpha > 0.0 && self.alpha <= 1e6),
            ("beta", self.beta, self.beta > 0.0 && self.beta <= 1e6),
        ];
        for (name, value, fits) in limits {
            if !(fits && value.is_finite()) {
                return Err(Error::new(Kind::BadParameter, format!("{value} is out of range"))
                    .at(Place::Key(format!("profit.{name}")))
                    .hint_with("clv > 0, 0 ≤ d < clv, f ≥ 0, 0 < alpha, beta ≤ 1000000"));
            }
        }
        Ok(())
    }

    /// Expected profit per customer in the table of contacting a share `events` of it that would
    /// leave and a share `others` that would stay, at the mean acceptance rate γ.
    ///
    /// # Formula
    /// `(γ(clv − d) − f) × events − (d + f) × others`, `γ = alpha / (alpha + beta)`: leavers accept at
    /// rate γ, those who would stay anyway always take the offer.
    ///
    /// # Source
    /// Neslin et al., *J. Marketing Research* 43 (2006), as in Verbraken et al. (2013) eq. 8.
    pub fn profit(&self, events: f64, others: f64) -> f64 {
        let acceptance = self.alpha / (self.alpha + self.beta);
        (acceptance * (self.clv - self.d) - self.f) * events - (self.d + self.f) * others
    }
}

/// The expected maximum profit and where it is reached.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Profit {
    /// Expected maximum profit per customer in the table, in the currency of the parameters.
    pub per_customer: f64,
    /// Expected share of customers to contact.
    pub depth: f64,
}

/// Expected maximum profit for customer churn (EMPC).
///
/// # Formula
/// `∫ max_t P(t; γ) h(γ) dγ` with `P(t; γ) = (γ(clv − d) − f) π₁ F₁(t) − (d + f) π₀ F₀(t)`, where 1 is
/// the event, `F` the share of its rows that score at or above `t`, and `h` the Beta(alpha, beta)
/// density. The best `t` is a corner of the ROC curve's convex hull, and corner `i` is best between
/// the acceptance rates at which its profit equals that of its neighbours: the integral is a finite sum of
/// incomplete beta functions. (The papers number the classes the other way: their 0 is our event.)
///
/// # Errors
/// `BadParameter` where `params` are out of range.
///
/// # Cost
/// One pass over the levels, and three incomplete beta functions for each corner.
///
/// # Source
/// Verbraken, Verbeke & Baesens, *IEEE Trans. Knowledge and Data Engineering* 25 (2013), eq. 14 ff.;
/// the R package EMP (`empChurn`) and empulse (`empc_score`).
pub fn empc(ranked: &Ranked, params: &ProfitParams) -> Result<Profit> {
    params.check()?;
    let &ProfitParams { clv, d, f, alpha, beta } = params;
    let corners = hull(ranked);
    let rows = ranked.rows() as f64;
    // Up to `gamma`: the share of acceptance rates, and the mean rate over them.
    let below = |gamma: f64| {
        let mean = alpha / (alpha + beta);
        (beta::regularised(gamma, alpha, beta), mean * beta::regularised(gamma, alpha + 1.0, beta))
    };
    let mut profit = Profit { per_customer: 0.0, depth: 0.0 };
    let mut from = (0.0, 0.0);
    for (i, corner) in corners.iter().enumerate() {
        // The acceptance rate from which on the next corner is better.
        let until = corners.get(i + 1).map_or(1.0, |next| {
            let events = (next.events - corner.events) as f64;
            let others = (next.others - corner.others) as f64;
            (f * events + (d + f) * others) / ((clv - d) * events)
        });
        let to = if until < 1.0 { below(until) } else { (1.0, alpha / (alpha + beta)) };
        let (share, rate) = (to.0 - from.0, to.1 - from.1);
        let (events, others) = (corner.events as f64 / rows, corner.others as f64 / rows);
        profit.per_customer += rate * (clv - d) * events - share * (f * events + (d + f) * others);
        profit.depth += share * (events + others);
        if until >= 1.0 {
            break;
        }
        from = to;
    }
    Ok(profit)
}

/// A corner of the hull: rows at or above some score, by outcome.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Corner {
    events: u64,
    others: u64,
}

/// The corners of the ROC curve's upper convex hull, from none contacted to all.
///
/// # Source
/// Andrew, *Information Processing Letters* 9 (1979): the monotone chain; turns are exact.
fn hull(ranked: &Ranked) -> Vec<Corner> {
    let mut at = Corner { events: 0, others: 0 };
    let mut corners = vec![at];
    for level in ranked.levels().iter().rev() {
        at.events += u64::from(level.events);
        at.others += u64::from(level.others);
        while let [.., before, last] = corners.as_slice() {
            if is_above(*before, *last, at) {
                break;
            }
            corners.pop();
        }
        corners.push(at);
    }
    corners
}

/// Whether `middle` lies above the line from `from` to `to`.
fn is_above(from: Corner, middle: Corner, to: Corner) -> bool {
    let step = |a: u64, b: u64| i128::from(b) - i128::from(a);
    step(from.events, middle.events) * step(from.others, to.others)
        > step(from.events, to.events) * step(from.others, middle.others)
}
