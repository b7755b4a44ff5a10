//! The server's process while it is under load.

use std::time::{Duration, Instant};

use foray_tests::{HandleWatch, MemoryWatch, processor_seconds};

/// Memory is looked at this often.
const EVERY: Duration = Duration::from_secs(2);
/// The share of the time in which caches fill and buffers come to their sizes, and how long that takes at most.
const WARM_UP: f64 = 0.25;
const LONGEST_WARM_UP: Duration = Duration::from_secs(600);

/// What was seen.
pub struct Watch {
    pid: u32,
    begun: Instant,
    seconds: Duration,
    due: Instant,
    is_warm: bool,
    processor: Option<f64>,
    /// Memory since the warm-up.
    pub memory: MemoryWatch,
    /// Files and threads all the while.
    pub handles: HandleWatch,
}

impl Watch {
    /// Begins to watch process `pid` for a run of `seconds`.
    pub fn of(pid: u32, seconds: Duration) -> Self {
        let (begun, handles) = (Instant::now(), HandleWatch::default());
        let (memory, processor) = (MemoryWatch::new(EVERY), processor_seconds(pid));
        Self { pid, begun, seconds, due: begun, is_warm: false, processor, memory, handles }
    }

    /// Looks, if it is time to.
    pub fn look(&mut self) {
        if Instant::now() < self.due {
            return;
        }
        self.due += EVERY;
        if !self.is_warm && self.begun.elapsed() >= self.warm_up() {
            self.is_warm = true;
            self.memory.forget();
        }
        self.memory.look(self.pid);
        self.handles.look(self.pid);
    }

    /// How long the run is.
    pub fn seconds(&self) -> f64 {
        self.seconds.as_secs_f64()
    }

    /// How long of it was warm-up.
    pub fn warm_up(&self) -> Duration {
        self.seconds.mul_f64(WARM_UP).min(LONGEST_WARM_UP)
    }

    /// Whether memory is watched for as long as `seconds`, after the warm-up.
    pub fn is_long(&self, seconds: f64) -> bool {
        self.seconds() - self.warm_up().as_secs_f64() >= seconds
    }

    /// How many processors the server kept busy, on average.
    pub fn processors(&self) -> Option<f64> {
        Some((processor_seconds(self.pid)? - self.processor?) / self.begun.elapsed().as_secs_f64())
    }
}
