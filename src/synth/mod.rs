//! A synthetic bank.
