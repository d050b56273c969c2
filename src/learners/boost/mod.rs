//! Gradient boosting of trees on log loss, over codes.
//!
//! Newton steps (second-order gain), the leaf with the largest gain first, levels parted natively,
//! a learned side for missing values. All sums are of whole numbers, so the same rows give the same
//! trees on any number of threads and in any order.
//!
//! # Source
//! Friedman, *Annals of Statistics* 29 (2001); Chen & Guestrin, *KDD* (2016); Ke et al., *NIPS*
//! (2017).

mod fit;
mod grow;
mod histogram;
mod link;
mod params;
mod presets;
mod sample;
mod search;
mod sieve;
mod split;
mod table;

pub use params::{BoostParams, MAX_LEAVES, MAX_TREES, Monotone, Tuning};

pub use fit::Watch;
pub use search::{Budget, Found, Plan, Trial};

#[cfg(test)]
mod tests;
