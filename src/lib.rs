//! Find who is leaving, wake who is sleeping: churn and reactivation models for retail banks.
//!
//! The rooms stand on floors, and imports point down only (`tests/floors.rs` holds it):
//! `cli` · `pipeline` · `config` · `output` · `playbook` · `scoring` | `learners` · `bundle` |
//! `dataset` · `features` | `history` · `sources` | `model` | `metrics` | `expr` · `store` ·
//! `units` | `error`.

pub mod bundle;
pub mod cli;
pub mod config;
pub mod dataset;
pub mod error;
pub mod expr;
pub mod features;
pub mod history;
pub mod learners;
pub mod metrics;
pub mod model;
pub mod nearest;
pub mod output;
pub mod pipeline;
pub mod playbook;
pub mod scoring;
pub mod sources;
mod spare;
pub mod store;
pub mod synth;
pub mod units;
