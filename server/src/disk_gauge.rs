//! How much of the disk the library takes, measured beside the requests and not often: it means looking at every file.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use foray_library::disk_use;
use foray_protocol::DiskUse;
use parking_lot::Mutex;

/// A measure is good for so long at least.
const LIFETIME: Duration = Duration::from_secs(60);
/// And for so many times what it took, so that measuring costs a small part of the time.
const TIMES_ITS_COST: u32 = 20;

/// What was measured last. Clones are the same gauge.
#[derive(Clone, Debug, Default)]
pub(crate) struct DiskGauge(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    latest: Option<DiskUse>,
    /// When it is to be measured anew; never while that is being done.
    next: Next,
}

#[derive(Debug, Default)]
enum Next {
    #[default]
    Now,
    At(Instant),
    Measuring,
}

impl DiskGauge {
    /// What was measured last of the library in `folder`; has it measured anew, for those who ask later, if that is long ago. The
    /// thread that does so holds nothing that the process must put in order before its end.
    pub fn latest(&self, folder: impl FnOnce() -> PathBuf) -> Option<DiskUse> {
        let mut state = self.0.lock();
        let is_due = match state.next {
            Next::Now => true,
            Next::At(time) => Instant::now() >= time,
            Next::Measuring => false,
        };
        if is_due {
            state.next = Next::Measuring;
            let (this, folder) = (self.clone(), folder());
            thread::spawn(move || this.measure(&folder));
        }
        state.latest
    }

    fn measure(&self, folder: &Path) {
        let begun = Instant::now();
        let latest = Some(disk_use(folder));
        let next = Next::At(Instant::now() + LIFETIME.max(begun.elapsed() * TIMES_ITS_COST));
        *self.0.lock() = State { latest, next };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measure_is_made_once_and_kept() {
        let (gauge, folder) = (DiskGauge::default(), tempfile::tempdir().unwrap());
        assert_eq!(gauge.latest(|| folder.path().to_owned()), None);
        let begun = Instant::now();
        while gauge.latest(|| panic!("it was measured a moment ago")).is_none() {
            assert!(begun.elapsed() < Duration::from_secs(10));
        }
    }
}
