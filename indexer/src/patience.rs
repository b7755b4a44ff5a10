//! How long to try again when the server does not answer.

use std::time::Duration;

use foray_protocol::ProtocolError;

use crate::StopSignal;

/// A schedule of retries: the wait doubles from `first` up to `longest`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    first: Duration,
    longest: Duration,
    /// The waits together; `None` waits for ever.
    total: Option<Duration>,
}

impl Patience {
    /// For a run that somebody waits for: about a minute.
    pub const ONE_RUN: Self = Self { total: Some(Duration::from_secs(60)), ..Self::FOR_EVER };
    /// For a daemon.
    pub const FOR_EVER: Self = Self { first: Duration::from_secs(1), longest: Duration::from_secs(30), total: None };

    /// Calls `attempt` until it gets through to the server, the patience is over or `stop` is raised.
    pub fn retry<T>(
        self,
        stop: &StopSignal,
        mut attempt: impl FnMut() -> Result<T, ProtocolError>,
    ) -> Result<T, ProtocolError> {
        let (mut wait, mut waited) = (self.first, Duration::ZERO);
        loop {
            let error = match attempt() {
                Err(error @ ProtocolError::Unreachable { .. }) => error,
                answer => return answer,
            };
            if self.total.is_some_and(|total| waited >= total) {
                return Err(error);
            }
            tracing::warn!("{error}; trying again in {} s", wait.as_secs());
            if stop.wait_timeout(wait) {
                return Err(error);
            }
            waited += wait;
            wait = (wait * 2).min(self.longest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use foray_protocol::{Problem, ProblemKind};

    const QUICK: Patience = Patience {
        first: Duration::from_millis(1),
        longest: Duration::from_millis(4),
        total: Some(Duration::from_millis(10)),
    };

    fn unreachable() -> ProtocolError {
        ProtocolError::Unreachable { url: "http://nas".to_owned(), reason: "refused".to_owned() }
    }

    fn attempts(patience: Patience, stop: &StopSignal, answer: impl Fn(usize) -> Result<(), ProtocolError>) -> usize {
        let mut attempts = 0;
        let _ = patience.retry(stop, || {
            attempts += 1;
            answer(attempts)
        });
        attempts
    }

    #[test]
    fn it_tries_until_the_server_is_back() {
        let back_at_third = |attempt| if attempt < 3 { Err(unreachable()) } else { Ok(()) };
        assert_eq!(attempts(QUICK, &StopSignal::new(), back_at_third), 3);
    }

    #[test]
    fn it_ends() {
        // Waits of 1, 2, 4 and 4 ms between five attempts.
        assert_eq!(attempts(QUICK, &StopSignal::new(), |_| Err(unreachable())), 5);
    }

    #[test]
    fn a_refusal_is_final() {
        let refusal = |_| Err(Problem::new(ProblemKind::DiskFull, "the disk is full").into());
        assert_eq!(attempts(QUICK, &StopSignal::new(), refusal), 1);
    }

    #[test]
    fn a_stop_ends_the_waiting() {
        let stop = StopSignal::new();
        stop.stop();
        assert_eq!(attempts(Patience::FOR_EVER, &stop, |_| Err(unreachable())), 1);
    }
}
