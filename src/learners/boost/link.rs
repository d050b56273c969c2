//! From scores to probabilities, derivatives and losses, in whole numbers: two machines, two orders
//! of rows and two numbers of threads agree to the last bit.

use crate::model::boosted::STEPS;

/// Units of a first or second derivative in 1.
pub(super) const UNITS: f64 = (1 << 16) as f64;
/// Steps between two entries of a table: 1/128 logit.
const STEP_BITS: u32 = 13;
/// The tables reach from −16 to 16 logits; beyond that a score counts as at the border.
const FARTHEST: i32 = 16 << 20;
const ENTRIES: usize = (FARTHEST as usize >> STEP_BITS) * 2 + 2;

/// The logistic function and the loss, as tables between whose entries lines are drawn (error below
/// 10⁻⁶).
#[derive(Debug)]
pub(super) struct Link {
    /// Probabilities in units of 2⁻²⁴.
    probability: Vec<i32>,
    /// ln(1 + eˣ) in units of 2⁻²⁴.
    softplus: Vec<i32>,
}

/// First and second derivative of a row's loss, in 17 and 15 bits of a word.
pub(super) type Derivatives = u32;

impl Link {
    pub(super) fn new() -> Self {
        let unit = f64::from(1 << 24);
        let at = |entry: usize| {
            (entry as f64) / f64::from(1 << (20 - STEP_BITS)) - f64::from(FARTHEST) / STEPS
        };
        Self {
            probability: (0..ENTRIES)
                .map(|entry| (unit / (1.0 + (-at(entry)).exp())).round() as i32)
                .collect(),
            softplus: (0..ENTRIES)
                .map(|entry| (unit * at(entry).exp().ln_1p()).round() as i32)
                .collect(),
        }
    }

    #[inline]
    fn look(table: &[i32], score: i32) -> i32 {
        let from = (score.clamp(-FARTHEST, FARTHEST) + FARTHEST) as u32;
        let entry = (from >> STEP_BITS) as usize;
        let part = (from & ((1 << STEP_BITS) - 1)) as i32;
        let here = table[entry];
        let next = table[entry + 1];
        here + (((next - here) * part) >> STEP_BITS)
    }

    /// The derivatives of −ln P(outcome) by the score.
    #[inline]
    pub(super) fn derivatives(&self, score: i32, event: bool) -> Derivatives {
        let p = ((Self::look(&self.probability, score) + (1 << 7)) >> 8).clamp(0, 0xffff);
        let first = p - (i32::from(event) << 16);
        let second = (p as u32 * ((1 << 16) - p) as u32) >> 16;
        pack(first, second.max(1))
    }

    /// −ln P(outcome) in units of 2⁻²⁴ nat.
    #[inline]
    pub(super) fn loss(&self, score: i32, event: bool) -> i64 {
        let beyond = i64::from(score) - i64::from(score.clamp(-FARTHEST, FARTHEST));
        let loss = i64::from(Self::look(&self.softplus, score)) + 16 * beyond.max(0);
        loss - if event { i64::from(score) * 16 } else { 0 }
    }
}

#[inline]
fn pack(first: i32, second: u32) -> Derivatives {
    // −2¹⁶ ≤ first < 2¹⁶ in the upper 17 bits, second ≤ 2¹⁴ in the lower 15.
    ((first as u32) << 15) | second
}

/// The first derivative.
#[inline]
pub(super) fn first(derivatives: Derivatives) -> i64 {
    i64::from(derivatives as i32 >> 15)
}

/// The second derivative.
#[inline]
pub(super) fn second(derivatives: Derivatives) -> i64 {
    i64::from(derivatives & 0x7fff)
}
