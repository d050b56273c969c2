//! The command line as people meet it: help, sessions, and every error with its hint.
//!
//! `TRYCMD=overwrite cargo test --test cli` takes new output over; read the difference before it is
//! committed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[test]
fn sessions() {
    trycmd::TestCases::new().case("tests/cmd/*.trycmd").case("tests/cmd/*.md");
}
