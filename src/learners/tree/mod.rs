//! One readable tree.
