//! What a score means for the people who act on it.

pub mod quadrant;

pub use quadrant::Quadrant;
