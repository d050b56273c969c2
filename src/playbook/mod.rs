//! What a score means for the people who act on it.
//!
//! A [`Book`] is a TOML file of SQL predicates: segments, stages, figures, actions. [`Bound`] is a book
//! that has met the columns of a table; [`Played`] is what it says of some rows, and [`Next`] what is
//! to be done about one of them.

pub mod allocate;
pub mod bind;
pub mod book;
pub mod campaign;
mod check;
pub mod examples;
pub mod next;
pub mod phrases;
pub mod play;
pub mod previous;
pub mod quadrant;
pub mod ready;
pub mod reasons;
pub mod scene;
pub mod tally;
pub mod verdict;

pub use bind::{Bound, Off};
pub use book::{Book, Rule};
pub use next::{Arm, Next};
pub use phrases::{NumberAs, Phrase};
pub use play::Played;
pub use previous::{Last, Previous};
pub use quadrant::Quadrant;
pub use reasons::ReasonsFor;
pub use tally::{PlayFacts, PlayTally};
