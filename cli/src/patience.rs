//! Answers that a large library takes long to prepare.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use foray_protocol::{ProblemKind, ProtocolError};

const PAUSE: Duration = Duration::from_secs(1);
const BETWEEN_REPORTS: Duration = Duration::from_secs(20);

/// Asks until the answer is prepared, and says now and then how far that is.
pub fn wait_for<T>(ask: impl Fn() -> Result<T, ProtocolError>) -> Result<T> {
    let mut reported: Option<Instant> = None;
    loop {
        match ask() {
            Err(ProtocolError::Refused(problem)) if problem.kind == ProblemKind::Preparing => {
                if reported.is_none_or(|at| at.elapsed() > BETWEEN_REPORTS) {
                    tracing::info!("waiting: {}", problem.detail);
                    reported = Some(Instant::now());
                }
                thread::sleep(PAUSE);
            }
            answer => return Ok(answer?),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use foray_protocol::Problem;

    use super::*;

    #[test]
    fn it_asks_again_while_the_answer_is_prepared_and_for_no_other_reason() {
        let asked = Cell::new(0);
        let refused = |kind| Err(ProtocolError::from(Problem::new(kind, "not yet")));
        let answer = wait_for(|| {
            asked.set(asked.get() + 1);
            if asked.get() == 1 { refused(ProblemKind::Preparing) } else { Ok("ready") }
        });
        assert_eq!((answer.unwrap(), asked.get()), ("ready", 2));
        assert!(wait_for::<&str>(|| refused(ProblemKind::Busy)).is_err());
    }
}
