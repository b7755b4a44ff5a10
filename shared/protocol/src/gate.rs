//! Whether an indexer may work now: not while somebody has paused it, nor outside its hours.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Zoned;
use jiff::civil::Time;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{ProtocolError, StopSignal};

/// How often a waiting thread looks whether it may go on.
const LOOK: Duration = Duration::from_millis(200);

/// Holds an indexer's work up and lets it go on. Clones are the same gate.
#[derive(Clone, Debug, Default)]
pub struct WorkGate(Arc<Gate>);

#[derive(Debug, Default)]
struct Gate {
    hours: Option<Hours>,
    pause: Mutex<Pause>,
}

#[derive(Clone, Copy, Debug, Default)]
enum Pause {
    #[default]
    No,
    Until(Instant),
    UntilResumed,
}

/// Whether work goes on, and why not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GateState {
    /// Whether it does.
    pub is_open: bool,
    /// A sentence that says why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// `POST /api/v1/indexer/pause`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PauseRequest {
    /// Minutes after which work goes on by itself; until it is resumed without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = "uint32")]
    pub minutes: Option<u32>,
}

impl WorkGate {
    /// A gate that is open during these hours of each day; all day long without them.
    pub fn new(hours: Option<Hours>) -> Self {
        Self(Arc::new(Gate { hours, pause: Mutex::default() }))
    }

    /// The hours of each day in which it is open, where they are limited.
    pub fn hours(&self) -> Option<Hours> {
        self.0.hours
    }

    /// Closes it, for a time or until [`WorkGate::resume`].
    pub fn pause(&self, time: Option<Duration>) {
        let end = time.and_then(|time| Instant::now().checked_add(time));
        *self.0.pause.lock() = end.map_or(Pause::UntilResumed, Pause::Until);
    }

    /// Ends a pause; hours stay what they are.
    pub fn resume(&self) {
        *self.0.pause.lock() = Pause::No;
    }

    /// Whether work goes on now.
    pub fn state(&self) -> GateState {
        let reason = self.pause_now().or_else(|| {
            let hours = self.0.hours.filter(|hours| !hours.contain(Zoned::now().time()))?;
            Some(format!("outside its hours, {hours}"))
        });
        GateState { is_open: reason.is_none(), reason }
    }

    fn pause_now(&self) -> Option<String> {
        match *self.0.pause.lock() {
            Pause::No => None,
            Pause::UntilResumed => Some("paused until `foray resume`".to_owned()),
            Pause::Until(end) => {
                let left = end.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())?;
                Some(format!("paused for another {} min", left.as_secs().div_ceil(60)))
            }
        }
    }

    /// Waits until work may go on, or the signal is raised.
    pub fn wait(&self, stop: &StopSignal) {
        while !self.state().is_open && !stop.wait_timeout(LOOK) {}
    }
}

/// From one time of the day to another, by the clock on the wall; over midnight if the second is the earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    from: Time,
    to: Time,
}

impl Hours {
    /// Whether `time` lies in them; the first minute counts and the last one does not.
    pub fn contain(self, time: Time) -> bool {
        if self.from <= self.to { self.from <= time && time < self.to } else { self.from <= time || time < self.to }
    }
}

impl FromStr for Hours {
    type Err = ProtocolError;

    fn from_str(text: &str) -> Result<Self, ProtocolError> {
        let time = |text: &str| Time::strptime("%H:%M", text.trim()).ok();
        let parts = || {
            let (from, to) = text.split_once('-')?;
            Some(Self { from: time(from)?, to: time(to)? })
        };
        parts().filter(|hours| hours.from != hours.to).ok_or_else(|| ProtocolError::Hours { got: text.to_owned() })
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.from.strftime("%H:%M"), self.to.strftime("%H:%M"))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::time;

    use super::*;

    #[test]
    fn hours_may_go_over_midnight() {
        let night: Hours = "22:00-06:30".parse().unwrap();
        for inside in [time(22, 0, 0, 0), time(23, 59, 59, 0), time(0, 0, 0, 0), time(6, 29, 59, 0)] {
            assert!(night.contain(inside), "{inside}");
        }
        assert!(!night.contain(time(6, 30, 0, 0)) && !night.contain(time(12, 0, 0, 0)));
        let day: Hours = "9:00 - 17:00".parse().unwrap();
        assert!(day.contain(time(9, 0, 0, 0)) && !day.contain(time(17, 0, 0, 0)));
        assert_eq!(day.to_string(), "09:00-17:00");
    }

    #[test]
    fn what_are_no_hours_is_named() {
        for wrong in ["", "22:00", "25:00-06:00", "22-6", "08:00-08:00"] {
            let error = wrong.parse::<Hours>().unwrap_err().to_string();
            assert!(error.contains(&format!("{wrong:?}")) && error.contains("22:00-06:00"), "{error}");
        }
    }

    #[test]
    fn a_pause_ends_by_itself_or_when_it_is_resumed() {
        let gate = WorkGate::default();
        assert!(gate.state().is_open);
        gate.pause(Some(Duration::from_millis(20)));
        assert!(!gate.state().is_open);
        gate.wait(&StopSignal::new());
        assert!(gate.state().is_open);
        gate.pause(None);
        assert!(gate.state().reason.unwrap().contains("foray resume"));
        gate.resume();
        assert!(gate.state().is_open);
    }

    #[test]
    fn a_stopped_thread_does_not_wait() {
        let (gate, stop) = (WorkGate::default(), StopSignal::new());
        gate.pause(None);
        stop.stop();
        gate.wait(&stop);
    }
}
