//! Work that goes on behind the requests: of each kind one at a time, with how far it is and how it ended.

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use foray_protocol::{Problem, ProblemKind, ProtocolError, StopSignal};
use parking_lot::Mutex;

/// The work of one kind that was begun last in this server. Clones are the same.
#[derive(Debug)]
pub(crate) struct BackgroundJob<T>(Arc<Mutex<Job<T>>>);

#[derive(Debug)]
struct Job<T> {
    progress: Progress,
    outcome: Option<T>,
    stop: StopSignal,
    worker: Option<JoinHandle<()>>,
}

/// How far it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    /// Its number; 0 while there was none.
    pub number: u64,
    /// What it is about, such as a model's name.
    pub subject: String,
    pub running: bool,
    /// Of `all`, in whatever it counts.
    pub done: u64,
    pub all: u64,
    /// Why it failed.
    pub error: Option<String>,
}

impl<T> Default for BackgroundJob<T> {
    fn default() -> Self {
        let (progress, stop) = (Progress::default(), StopSignal::default());
        Self(Arc::new(Mutex::new(Job { progress, outcome: None, stop, worker: None })))
    }
}

impl<T> Clone for BackgroundJob<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: Clone + Send + 'static> BackgroundJob<T> {
    /// How far it is, and what came of it once it is done.
    pub fn state(&self) -> (Progress, Option<T>) {
        let job = self.0.lock();
        (job.progress.clone(), job.outcome.clone())
    }

    /// How far it is, without what came of it, which may be large.
    pub fn progress(&self) -> Progress {
        self.0.lock().progress.clone()
    }

    /// Begins `work` on `subject` in a thread of its own and gives its number; `None` while another one runs.
    pub fn begin(
        &self,
        subject: &str,
        work: impl FnOnce(&Self, &StopSignal) -> Result<T, ProtocolError> + Send + 'static,
    ) -> Option<u64> {
        let mut job = self.0.lock();
        if job.progress.running {
            return None;
        }
        let number = job.progress.number + 1;
        job.progress = Progress { number, subject: subject.to_owned(), running: true, ..Progress::default() };
        (job.outcome, job.stop) = (None, StopSignal::new());
        let (this, stop) = (self.clone(), job.stop.clone());
        job.worker = Some(thread::spawn(move || {
            let outcome = panic::catch_unwind(AssertUnwindSafe(|| work(&this, &stop)));
            let broken = |_| Err(Problem::new(ProblemKind::Internal, "it broke down; the log says more").into());
            this.end(outcome.unwrap_or_else(broken));
        }));
        Some(number)
    }

    /// Asks the one that runs to end, which it does soon.
    pub fn ask_to_stop(&self) {
        self.0.lock().stop.stop();
    }

    /// Ends the one that runs and waits for that.
    pub fn stop(&self) {
        let worker = {
            let mut job = self.0.lock();
            job.stop.stop();
            job.worker.take()
        };
        // How it ended stands in the state.
        worker.into_iter().for_each(|worker| drop(worker.join()));
    }

    /// Notes how far it is.
    pub fn told(&self, done: u64, all: u64) {
        let progress = &mut self.0.lock().progress;
        (progress.done, progress.all) = (done, all);
    }

    fn end(&self, outcome: Result<T, ProtocolError>) {
        let mut job = self.0.lock();
        job.progress.running = false;
        match outcome {
            Ok(outcome) => job.outcome = Some(outcome),
            Err(error) => job.progress.error = Some(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn one_runs_at_a_time_and_can_be_stopped() {
        let job = BackgroundJob::default();
        let patient = |job: &BackgroundJob<bool>, stop: &StopSignal| {
            job.told(1, 2);
            Ok(stop.wait_timeout(Duration::from_secs(60)))
        };
        assert_eq!(job.begin("a", patient), Some(1));
        assert_eq!(job.begin("b", patient), None);
        job.stop();
        let (progress, outcome) = job.state();
        assert_eq!((progress.subject.as_str(), progress.running, progress.done, progress.all), ("a", false, 1, 2));
        assert_eq!((progress.error, outcome), (None, Some(true)));
        assert_eq!(job.begin("b", |_, _| panic!("as a test")), Some(2));
        job.stop();
        assert!(job.progress().error.unwrap().contains("broke down") && job.state().1.is_none());
    }
}
