//! The one place where the program asks what time it is.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::bundle::registry::Moment;

/// Now.
pub(super) fn now() -> Moment {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    Moment::of_seconds(since.map_or(0, |since| since.as_secs()))
}
