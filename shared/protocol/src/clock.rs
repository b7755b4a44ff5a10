//! The clock.

use std::time::{Duration, SystemTime};

/// The time since 1970 began; nothing for a clock that stands before it.
pub fn since_1970() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}
