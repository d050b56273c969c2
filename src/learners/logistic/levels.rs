//! Levels of a category, shrunken towards their mean as far as they are few and alike.

use super::{grouping::Item, sample::Tally};

/// The levels by rising shrunken event rate; all as one if their rates differ by chance alone.
///
/// The rates are taken to be drawn from a beta distribution round their mean; how far they spread
/// is where the data are most likely (empirical Bayes), so 3,000 surnames shrink to nothing while a
/// few large regions stay as they are.
///
/// # Source
/// Casella, G. (1985), An Introduction to Empirical Bayes Data Analysis, The American Statistician 39(2).
pub(super) fn items(tallies: &[Tally; 256]) -> Vec<Item> {
    let seen: Vec<(u8, Tally)> = (1..=255)
        .map(|code: u8| (code, tallies[code as usize]))
        .filter(|(_, tally)| tally.rows > 0.0)
        .collect();
    let total: Tally = seen.iter().map(|(_, tally)| *tally).sum();
    if seen.len() < 2 || total.events <= 0.0 || total.events >= total.rows {
        return seen.into_iter().map(|(code, tally)| Item { codes: vec![code], tally }).collect();
    }
    let mean = total.rate();
    let Some(prior) = prior_rows(&seen, mean) else {
        let codes = seen.into_iter().map(|(code, _)| code).collect();
        return vec![Item { codes, tally: total }];
    };
    let mut items: Vec<Item> = seen
        .into_iter()
        .map(|(code, tally)| {
            let rate = (tally.events + prior * mean) / (tally.rows + prior);
            Item { codes: vec![code], tally: Tally { rows: tally.rows, events: tally.rows * rate } }
        })
        .collect();
    items.sort_by(|a, b| {
        a.tally.rate().total_cmp(&b.tally.rate()).then_with(|| a.codes.cmp(&b.codes))
    });
    items
}

/// Number of rows of the mean kind that the levels' prior is worth.
fn prior_rows(seen: &[(u8, Tally)], mean: f64) -> Option<f64> {
    let pooled: f64 = seen
        .iter()
        .map(|(_, t)| t.events * mean.ln() + (t.rows - t.events) * (1.0 - mean).ln())
        .sum();
    let mut best = (pooled + LEAST_GAIN, None);
    for step in 0..40 {
        let prior = (f64::from(step) * 0.5).exp2();
        let likelihood: f64 =
            seen.iter().map(|&(_, tally)| beta_binomial(tally, prior, mean)).sum();
        if likelihood > best.0 {
            best = (likelihood, Some(prior));
        }
    }
    best.1
}

/// Nats by which levels of different rates must be likelier than levels of one rate.
const LEAST_GAIN: f64 = 1.0;

/// Log-likelihood of the events of a level whose rate is drawn from a beta distribution.
///
/// # Formula
/// `ln B(e + mπ, n − e + m(1 − π)) − ln B(mπ, m(1 − π))`
fn beta_binomial(tally: Tally, prior: f64, mean: f64) -> f64 {
    let (a, b) = (prior * mean, prior * (1.0 - mean));
    ln_beta(tally.events + a, tally.rows - tally.events + b) - ln_beta(a, b)
}

fn ln_beta(a: f64, b: f64) -> f64 {
    ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b)
}

/// Logarithm of the gamma function for x > 0, to about 1e-14 of its size.
///
/// # Source
/// Stirling's series after raising x above 12: Abramowitz & Stegun 6.1.41.
fn ln_gamma(mut x: f64) -> f64 {
    let mut product = 1.0;
    while x < 12.0 {
        product *= x;
        x += 1.0;
    }
    let inverse = 1.0 / x;
    let square = inverse * inverse;
    let series = inverse
        * (1.0 / 12.0
            - square
                * (1.0 / 360.0
                    - square * (1.0 / 1260.0 - square * (1.0 / 1680.0 - square / 1188.0))));
    (x - 0.5) * x.ln() - x + 0.5 * (2.0 * std::f64::consts::PI).ln() + series - product.ln()
}
