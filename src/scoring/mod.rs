//! A bundle and some rows: scores and the reasons behind them. Nothing is fitted here.

pub mod explain;
pub mod predictor;
pub mod scorer;
pub mod state;
pub mod tally;
pub mod watch;

pub use explain::{Direction, Reason, Reasons};
pub use predictor::Predictor;
pub use scorer::{Band, Scored, Scorer, ValueBand, Wanted};
pub use state::{State, StateRules};
pub use tally::Tally;
pub use watch::{Seen, Watch, WatchParams};
