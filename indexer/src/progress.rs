//! How far a run is, told at most five times a second.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use foray_protocol::{IndexPhase, IndexProgress, Ingest, PhotoPath, WorkGate};
use parking_lot::Mutex;

const INTERVAL: Duration = Duration::from_millis(200);
/// The rate is that of the last seconds, so that it shows what is now.
const WINDOW: Duration = Duration::from_secs(10);

/// Whoever wants to know.
pub(crate) type Listener<'a> = &'a (dyn Fn(&IndexProgress) + Sync);

/// The counts of a run; its stages write them, the committer's thread reports them.
pub(crate) struct Progress<'a> {
    pub found: AtomicUsize,
    pub done: AtomicUsize,
    pub indexed: AtomicUsize,
    pub failed: AtomicUsize,
    /// Whether `found` is final.
    pub all_found: AtomicBool,
    pub current: Mutex<Option<PhotoPath>>,
    pace: Mutex<Pace>,
    ingest: &'a dyn Ingest,
    /// `None` where another run speaks.
    listener: Option<Listener<'a>>,
    gate: WorkGate,
}

impl<'a> Progress<'a> {
    pub fn new(ingest: &'a dyn Ingest, listener: Option<Listener<'a>>, gate: WorkGate) -> Self {
        Self {
            found: AtomicUsize::new(0),
            done: AtomicUsize::new(0),
            indexed: AtomicUsize::new(0),
            failed: AtomicUsize::new(0),
            all_found: AtomicBool::new(false),
            current: Mutex::new(None),
            pace: Mutex::new(Pace::default()),
            ingest,
            listener,
            gate,
        }
    }

    /// Reports when it is time to.
    pub fn tick(&self) {
        if self.pace.lock().is_due(Instant::now()) {
            self.report(IndexPhase::Indexing);
        }
    }

    /// Reports the end of the run.
    pub fn finish(&self, phase: IndexPhase) {
        *self.current.lock() = None;
        self.report(phase);
    }

    fn report(&self, phase: IndexPhase) {
        if let Some(listener) = self.listener {
            let is_held_up = phase != IndexPhase::Idle && !self.gate.state().is_open;
            let progress = self.progress(if is_held_up { IndexPhase::Paused } else { phase });
            listener(&progress);
            self.ingest.report(&progress);
        }
    }

    fn progress(&self, phase: IndexPhase) -> IndexProgress {
        let [found, done, indexed, failed] =
            [&self.found, &self.done, &self.indexed, &self.failed].map(|count| count.load(Relaxed));
        let speed = self.pace.lock().speed(Sample { at: Instant::now(), done, indexed });
        let can_tell = phase == IndexPhase::Indexing && self.all_found.load(Relaxed) && speed.done > 0.0;
        let eta_seconds = can_tell.then(|| found.saturating_sub(done) as f64 / speed.done);
        let current = self.current.lock().clone();
        IndexProgress { phase, found, done, indexed, failed, rate: speed.indexed, eta_seconds, current }
    }
}

/// The last reports, from which the speed is taken.
#[derive(Debug, Default)]
struct Pace {
    reported: Option<Instant>,
    samples: VecDeque<Sample>,
}

#[derive(Clone, Copy, Debug)]
struct Sample {
    at: Instant,
    done: usize,
    indexed: usize,
}

/// Files a second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Speed {
    done: f64,
    indexed: f64,
}

impl Pace {
    fn is_due(&mut self, now: Instant) -> bool {
        let due = self.reported.is_none_or(|reported| now.duration_since(reported) >= INTERVAL);
        if due {
            self.reported = Some(now);
        }
        due
    }

    fn speed(&mut self, now: Sample) -> Speed {
        self.samples.push_back(now);
        while self.samples.len() > 2 && now.at.duration_since(self.samples[0].at) > WINDOW {
            self.samples.pop_front();
        }
        let then = self.samples[0];
        let seconds = now.at.duration_since(then.at).as_secs_f64();
        if seconds == 0.0 {
            return Speed::default();
        }
        let per_second = |now: usize, then: usize| now.saturating_sub(then) as f64 / seconds;
        Speed { done: per_second(now.done, then.done), indexed: per_second(now.indexed, then.indexed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_that_of_the_last_seconds() {
        let start = Instant::now();
        let mut pace = Pace::default();
        let mut speed = Speed::default();
        for second in 0..60 {
            let indexed = if second < 30 { 0 } else { (second - 30) * 8 };
            let at = start + Duration::from_secs(second);
            speed = pace.speed(Sample { at, done: 10 * second as usize, indexed: indexed as usize });
        }
        assert_eq!(speed, Speed { done: 10.0, indexed: 8.0 });
        assert!(pace.samples.len() < 15);
    }

    #[test]
    fn reports_keep_their_distance() {
        let start = Instant::now();
        let mut pace = Pace::default();
        let due = (0..1000).filter(|&millis| pace.is_due(start + Duration::from_millis(millis))).count();
        assert_eq!(due, 5);
    }
}
