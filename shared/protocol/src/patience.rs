//! How long to try again when something at the other end of a connection fails.

use std::fmt::Display;
use std::time::Duration;

use crate::StopSignal;

/// A schedule of retries: the wait doubles from `first` up to `longest`.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    first: Duration,
    longest: Duration,
    /// The waits together; `None` waits for ever.
    total: Option<Duration>,
}

/// Whether another try makes sense after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Another {
    /// It would end the same way.
    Never,
    /// After the schedule's wait.
    Later,
    /// After the wait that the other end asked for.
    After(Duration),
}

impl Patience {
    /// For a run that somebody waits for: about a minute.
    pub const ONE_RUN: Self = Self { total: Some(Duration::from_secs(60)), ..Self::FOR_EVER };
    /// For a daemon.
    pub const FOR_EVER: Self = Self { first: Duration::from_secs(1), longest: Duration::from_secs(30), total: None };

    /// Calls `attempt` until it succeeds, `another` sees no sense in going on, the patience is over or `stop` is raised.
    ///
    /// # Errors
    /// The last one of `attempt`.
    pub fn retry<T, E: Display>(
        self,
        stop: &StopSignal,
        another: impl Fn(&E) -> Another,
        mut attempt: impl FnMut() -> Result<T, E>,
    ) -> Result<T, E> {
        let (mut wait, mut waited) = (self.first, Duration::ZERO);
        loop {
            let error = match attempt() {
                Err(error) => error,
                success => return success,
            };
            let left = self.total.map_or(Duration::MAX, |total| total.saturating_sub(waited));
            let pause = match another(&error) {
                _ if left.is_zero() => return Err(error),
                Another::Later => wait.min(left),
                Another::After(asked_for) if asked_for <= left => asked_for.max(self.first),
                _ => return Err(error),
            };
            tracing::warn!("{error}; trying again in {} s", pause.as_secs());
            if stop.wait_timeout(pause) {
                return Err(error);
            }
            waited += pause;
            wait = (wait * 2).min(self.longest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: Patience = Patience {
        first: Duration::from_millis(1),
        longest: Duration::from_millis(4),
        total: Some(Duration::from_millis(10)),
    };

    fn attempts(stop: &StopSignal, another: Another, answer: impl Fn(usize) -> Result<(), &'static str>) -> usize {
        let mut attempts = 0;
        let _ = QUICK.retry(
            stop,
            |_| another,
            || {
                attempts += 1;
                answer(attempts)
            },
        );
        attempts
    }

    #[test]
    fn it_tries_until_the_other_end_is_back() {
        let back_at_third = |attempt| if attempt < 3 { Err("refused") } else { Ok(()) };
        assert_eq!(attempts(&StopSignal::new(), Another::Later, back_at_third), 3);
    }

    #[test]
    fn it_ends() {
        // Waits of 1, 2, 4 and the last 3 ms between five attempts.
        assert_eq!(attempts(&StopSignal::new(), Another::Later, |_| Err("refused")), 5);
        // Nobody who waits for a run is kept waiting for an hour, or for ever by a wait of nothing.
        assert_eq!(attempts(&StopSignal::new(), Another::After(Duration::from_secs(3600)), |_| Err("busy")), 1);
        assert_eq!(attempts(&StopSignal::new(), Another::After(Duration::ZERO), |_| Err("busy")), 11);
    }

    #[test]
    fn a_refusal_is_final() {
        assert_eq!(attempts(&StopSignal::new(), Another::Never, |_| Err("no")), 1);
    }

    #[test]
    fn a_stop_ends_the_waiting() {
        let stop = StopSignal::new();
        stop.stop();
        assert_eq!(attempts(&stop, Another::Later, |_| Err("refused")), 1);
    }
}
