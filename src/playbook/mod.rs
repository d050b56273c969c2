//! What a score means for the people who act on it.

pub mod quadrant;
pub mod reasons;

pub use quadrant::Quadrant;
pub use reasons::ReasonsFor;
