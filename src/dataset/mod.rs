//! The binned matrix, the outcome, the split.

pub mod matrix;

pub use matrix::{BinnedMatrix, CodeKind};
