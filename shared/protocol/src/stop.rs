//! The signal that ends long work early: indexing, a download.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

/// Tells long work to bring to safety what it has and return. Clones are the same signal.
#[derive(Clone, Debug, Default)]
pub struct StopSignal(Arc<Flag>);

#[derive(Debug, Default)]
struct Flag {
    stopped: Mutex<bool>,
    raised: Condvar,
}

impl StopSignal {
    /// A signal that is not raised yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Raises the signal, for good.
    pub fn stop(&self) {
        *self.0.stopped.lock() = true;
        self.0.raised.notify_all();
    }

    /// Whether the signal is raised.
    pub fn is_stopped(&self) -> bool {
        *self.0.stopped.lock()
    }

    /// Waits until the signal is raised, at most for `timeout`; tells whether it is.
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        let deadline = Instant::now() + timeout;
        let mut stopped = self.0.stopped.lock();
        while !*stopped && !self.0.raised.wait_until(&mut stopped, deadline).timed_out() {}
        *stopped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_waiting_thread_wakes_when_the_signal_is_raised() {
        let signal = StopSignal::new();
        let waiting = std::thread::spawn({
            let signal = signal.clone();
            move || signal.wait_timeout(Duration::from_secs(60))
        });
        signal.stop();
        assert!(waiting.join().unwrap());
    }

    #[test]
    fn waiting_ends_at_the_timeout() {
        assert!(!StopSignal::new().wait_timeout(Duration::from_millis(5)));
    }
}
