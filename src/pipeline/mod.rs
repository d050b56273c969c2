//! The verbs, each readable aloud in one screen.

pub mod backtest;
pub mod campaign;
pub mod check;
pub mod compare;
pub mod demo;
pub mod dormancy;
pub mod evaluate;
pub mod evidence;
pub mod explain;
pub mod features;
pub mod monitor;
pub mod outcome;
mod passes;
pub mod playbook;
pub mod predict;
pub mod prepare;
mod recognise;
pub mod reproduce;
pub mod roles;
pub mod scores;
pub mod train;
pub mod validate;

/// Hears how a run is getting on.
pub trait Watcher: Sync {
    /// A stage begins, e.g. "reading history.csv".
    fn stage(&self, words: &str);
    /// Something the user should know, e.g. that row numbers stand in for ids.
    fn note(&self, words: &str);
    /// Rows done so far within the stage.
    fn rows(&self, done: u64);
}

/// A watcher that hears nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Watcher for Silent {
    fn stage(&self, _: &str) {}
    fn note(&self, _: &str) {}
    fn rows(&self, _: u64) {}
}
