//! `reveille demo`.
