//! Prices with a lower bound, for the search of a small case.

use super::Prices;

/// Steps of the sharpening.
const STEPS: usize = 300;

impl Prices<'_> {
    /// Prices with a lower bound: steps against what is used beyond the limits, by Polyak's length.
    pub(in super::super) fn sharpened(&self, gain: f64, kept: u32) -> Self {
        let (mut now, mut best) = (self.clone(), self.clone());
        let mut least = self.bound(kept);
        // Money counts in units of what a contact costs, lest it drown the places.
        let costs: f64 = self.case.choices.iter().map(|choice| choice.cost).sum();
        let unit = (costs / self.case.choices.len().max(1) as f64).max(1e-12);
        let (mut eager, mut idle) = (1.0, 0);
        for _ in 0..STEPS {
            let demand = now.demand();
            let bound = demand.kept + now.of_limits(kept);
            idle += 1;
            if bound < least - 1e-9 * least.abs() {
                (least, idle) = (bound, 0);
                best.clone_from(&now);
            }
            if idle == 15 {
                (eager, idle) = (eager / 2.0, 0);
                now.clone_from(&best);
            }
            let over: Vec<f64> =
                demand.of.iter().zip(&self.case.capacity).map(|(n, c)| n - f64::from(*c)).collect();
            let over_budget = self.case.budget.map_or(0.0, |all| (demand.spent - all) / unit);
            let lacking = f64::from(kept) - demand.counted;
            let matters =
                |price: f64, over: f64| if price > 0.0 || over > 0.0 { over } else { 0.0 };
            let length: f64 = now
                .of
                .iter()
                .zip(&over)
                .map(|(price, over)| matters(*price, *over).powi(2))
                .sum::<f64>()
                + matters(now.budget, over_budget).powi(2)
                + matters(now.premium, lacking).powi(2);
            if length == 0.0 || bound - gain <= 1e-12 {
                break;
            }
            let step = eager * (bound - gain) / length;
            now.of
                .iter_mut()
                .zip(&over)
                .for_each(|(price, n)| *price = (*price + step * n).max(0.0));
            now.budget = (now.budget + step * over_budget / unit).max(0.0);
            now.premium = (now.premium + step * lacking).max(0.0);
        }
        best
    }
}
