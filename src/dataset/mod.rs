//! The binned matrix in its canonical order, the splits, and what is wrong with the data.

pub mod finding;
pub mod leakage;
pub mod matrix;
pub mod order;
pub mod peers;
mod personal;
pub mod quality;
pub mod split;

pub use finding::{Action, Finding, Problem};
pub use leakage::LeakageParams;
pub use matrix::{BinnedMatrix, CodeKind};
pub use order::{
    Keys, canonical_order, canonical_order_by, content_keys, customer_key, keys, row_key,
    snapshot_key,
};
pub use peers::PeerSample;
pub use split::{Folds, LaterSplit, Maturity, Role, TimeSplit, maturity, out_of_time};
