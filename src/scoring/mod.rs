//! A bundle and some rows: scores and the reasons behind them. Nothing is fitted here.

pub mod explain;
pub mod scorer;
pub mod state;
pub mod tally;

pub use explain::{Direction, Reason, Reasons};
pub use scorer::{Band, Scored, Scorer, ValueBand};
pub use state::{State, StateRules};
pub use tally::Tally;
