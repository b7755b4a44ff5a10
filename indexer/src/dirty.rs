//! Paths where something happened, kept until nothing more happens to them.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use parking_lot::Mutex;

/// With more paths than this, going over everything is cheaper than remembering them.
const MOST_PATHS: usize = 200_000;

/// A set of dirty paths; watcher threads add, the indexer takes.
#[derive(Debug)]
pub(crate) struct DirtyPaths {
    settle: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    everything: bool,
    paths: HashMap<PathBuf, Sighting>,
}

/// How a path looked, and since when.
#[derive(Clone, Copy, Debug)]
struct Sighting {
    stamp: Stamp,
    since: Instant,
}

/// Size and modification time; `None` where there is nothing.
type Stamp = Option<(u64, Option<SystemTime>)>;

impl Sighting {
    fn of(path: &Path) -> Self {
        let stamp = fs::symlink_metadata(path).ok().map(|metadata| (metadata.len(), metadata.modified().ok()));
        Self { stamp, since: Instant::now() }
    }
}

impl DirtyPaths {
    /// An empty set whose paths are given out when they have stood still for `settle`.
    pub fn new(settle: Duration) -> Self {
        Self { settle, state: Mutex::default() }
    }

    pub fn mark(&self, path: &Path) {
        let sighting = Sighting::of(path);
        let mut state = self.state.lock();
        if state.paths.len() < MOST_PATHS {
            state.paths.entry(path.to_owned()).or_insert(sighting);
        } else {
            state.paths.clear();
            state.everything = true;
        }
    }

    pub fn mark_everything(&self) {
        self.state.lock().everything = true;
    }

    /// Takes the mark on everything.
    pub fn take_everything(&self) -> bool {
        std::mem::take(&mut self.state.lock().everything)
    }

    /// Takes the paths that have stood still long enough.
    pub fn take_settled(&self) -> Vec<PathBuf> {
        let due: Vec<_> = {
            let is_due = |_: &PathBuf, seen: &mut Sighting| seen.since.elapsed() >= self.settle;
            self.state.lock().paths.extract_if(is_due).collect()
        };
        // The disk is asked without the lock: events must not wait for a slow one.
        let (settled, changing): (Vec<_>, Vec<_>) =
            due.into_iter().map(|(path, seen)| (seen.stamp, Sighting::of(&path), path)).partition(is_settled);
        self.state.lock().paths.extend(changing.into_iter().map(|(_, now, path)| (path, now)));
        settled.into_iter().map(|(_, _, path)| path).collect()
    }
}

fn is_settled((before, now, _): &(Stamp, Sighting, PathBuf)) -> bool {
    *before == now.stamp
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread::sleep;

    const SETTLE: Duration = Duration::from_millis(30);

    #[test]
    fn a_path_is_given_out_when_it_stands_still() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.jpg");
        let dirty = DirtyPaths::new(SETTLE);
        fs::write(&file, "half").unwrap();
        dirty.mark(&file);
        assert!(dirty.take_settled().is_empty());
        fs::write(&file, "the whole").unwrap();
        sleep(SETTLE);
        assert!(dirty.take_settled().is_empty());
        sleep(SETTLE);
        assert_eq!(dirty.take_settled(), [file]);
        assert!(dirty.take_settled().is_empty());
    }

    #[test]
    fn a_path_that_vanished_is_given_out_too() {
        let dirty = DirtyPaths::new(Duration::ZERO);
        dirty.mark(Path::new("/no/such/file.jpg"));
        assert_eq!(dirty.take_settled(), [Path::new("/no/such/file.jpg")]);
    }

    #[test]
    fn everything_is_given_out_once() {
        let dirty = DirtyPaths::new(Duration::ZERO);
        dirty.mark_everything();
        assert!(dirty.take_everything());
        assert!(!dirty.take_everything());
    }
}
