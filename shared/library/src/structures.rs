//! What is kept by row number of the space that is searched, besides its vectors: neighbours and clusters. Made when first
//! asked for, and following the rows from then on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use foray_protocol::SpaceId;
use parking_lot::{MappedMutexGuard, Mutex, MutexGuard};

use crate::LibraryError;
use crate::clusters::Clusters;
use crate::engine::idle_threads;
use crate::library::ActiveSpace;
use crate::neighbours::Neighbours;
use crate::neighbours::lists::Precision;
use crate::space::SpaceIndex;

/// Scores that a request waits for; some seconds on two cores.
const PATIENCE: f64 = 1e9;

/// The structures of one space.
#[derive(Debug)]
pub(crate) struct Structures {
    space: SpaceId,
    pub neighbours: Neighbours,
    pub clusters: Clusters,
}

/// The present structures, and the thread that prepares them where that takes longer than a request should.
#[derive(Debug)]
pub(crate) struct StructureKeeper {
    /// Whoever takes this and the rows takes this first.
    present: Arc<Mutex<Option<Structures>>>,
    patience: f64,
    is_closing: Arc<AtomicBool>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Default for StructureKeeper {
    fn default() -> Self {
        Self::new(PATIENCE)
    }
}

impl Drop for StructureKeeper {
    fn drop(&mut self) {
        self.is_closing.store(true, Ordering::Relaxed);
        // Had it panicked, it would only have less to leave behind.
        self.thread.get_mut().take().into_iter().for_each(|thread| drop(thread.join()));
    }
}

impl StructureKeeper {
    fn new(patience: f64) -> Self {
        Self { present: Arc::default(), patience, is_closing: Arc::default(), thread: Mutex::default() }
    }

    /// The structures of `active` as of now, with the rows that they are of.
    ///
    /// # Errors
    /// [`LibraryError::Preparing`] when so much is to be done that it goes on in the background.
    pub fn ready(&self, active: &ActiveSpace) -> Result<(MappedMutexGuard<'_, Structures>, SpaceIndex), LibraryError> {
        let mut present = self.present.lock();
        let rows = active.index.read().snapshot();
        let structures = of(active, &rows, &mut present);
        let to_do = structures.neighbours.to_do(&rows, Precision::Usual);
        if to_do.scores > self.patience {
            drop(present);
            self.prepare(active);
            let total = rows.vectors.live.len();
            return Err(LibraryError::Preparing { done: total.saturating_sub(to_do.lists), total });
        }
        while structures.neighbours.step(&rows, Precision::Usual) {}
        structures.neighbours.save_if_many(&rows);
        Ok((MutexGuard::map(present, |present| of(active, &rows, present)), rows))
    }

    fn prepare(&self, active: &ActiveSpace) {
        let mut thread = self.thread.lock();
        if thread.as_ref().is_some_and(|thread| !thread.is_finished()) {
            return;
        }
        let (present, is_closing, active) = (Arc::clone(&self.present), Arc::clone(&self.is_closing), active.clone());
        *thread = Some(thread::spawn(move || {
            idle_threads::run(|| work_through(&present, &active, Precision::Usual, &is_closing));
        }));
    }

    /// Makes all neighbours exact, in memory and on disk; tells of how many photos they are known.
    pub fn complete(&self, active: &ActiveSpace) -> usize {
        idle_threads::run(|| work_through(&self.present, active, Precision::Exact, &self.is_closing));
        active.index.read().vectors.live.len()
    }

    /// Forgets everything: the rows have other numbers now.
    pub fn forget(&self) {
        *self.present.lock() = None;
    }
}

/// The structures of `active`, in place of those of another space.
fn of<'a>(active: &ActiveSpace, rows: &SpaceIndex, present: &'a mut Option<Structures>) -> &'a mut Structures {
    let fitting = present.take().filter(|structures| structures.space == active.id);
    present.insert(fitting.unwrap_or_else(|| Structures {
        space: active.id.clone(),
        neighbours: Neighbours::open(rows),
        clusters: Clusters::default(),
    }))
}

/// Brings the neighbours to the rows that are there, step by step, so that others get at them between two steps. Ends early when
/// another space is asked for.
fn work_through(
    present: &Mutex<Option<Structures>>,
    active: &ActiveSpace,
    precision: Precision,
    is_closing: &AtomicBool,
) {
    for steps in 0.. {
        let mut present = present.lock();
        if steps > 0 && present.as_ref().is_some_and(|structures| structures.space != active.id) {
            return;
        }
        let rows = active.index.read().snapshot();
        let neighbours = &mut of(active, &rows, &mut present).neighbours;
        if is_closing.load(Ordering::Relaxed) || !neighbours.step(&rows, precision) {
            neighbours.save(&rows);
            return;
        }
        MutexGuard::unlock_fair(present);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    struct Stage {
        _folder: tempfile::TempDir,
        active: ActiveSpace,
    }

    impl Stage {
        fn new(photos: usize) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let active = ActiveSpace::of_samples(folder.path(), photos);
            Self { _folder: folder, active }
        }

        fn nearest(&self, keeper: &StructureKeeper, row: u32) -> Option<Vec<u32>> {
            let (structures, _) = keeper.ready(&self.active).ok()?;
            Some(structures.neighbours.lists().nearest(row).iter().map(|scored| scored.row).collect())
        }

        /// Asks again and again, for some seconds.
        fn prepared(&self, keeper: &StructureKeeper, row: u32) -> Option<Vec<u32>> {
            (0..1_000).find_map(|_| {
                thread::sleep(Duration::from_millis(10));
                self.nearest(keeper, row)
            })
        }
    }

    fn impatient() -> StructureKeeper {
        StructureKeeper::new(0.0)
    }

    #[test]
    fn what_takes_long_is_prepared_in_the_background() {
        let (stage, keeper) = (Stage::new(300), impatient());
        let refused = keeper.ready(&stage.active).err().map(|error| error.to_string());
        let expected =
            "the library's photos are being compared with each other: 0 of 300 are done; the answer comes when all are";
        assert_eq!(refused.as_deref(), Some(expected));
        assert_eq!(stage.prepared(&keeper, 7), stage.nearest(&StructureKeeper::default(), 7));
    }

    #[test]
    fn what_was_prepared_when_the_library_is_closed_is_kept() {
        let (stage, keeper) = (Stage::new(2_000), impatient());
        assert!(keeper.ready(&stage.active).is_err());
        let has_lists = || keeper.present.lock().as_ref().is_some_and(|present| present.neighbours.lists().len() > 0);
        while !has_lists() {
            thread::sleep(Duration::from_millis(1));
        }
        drop(keeper);
        let rows = stage.active.index.read().snapshot();
        assert!(Neighbours::open(&rows).to_do(&rows, Precision::Usual).lists < 2_000);
    }

    #[test]
    fn preparing_for_a_space_that_is_not_searched_any_more_ends() {
        let (old, mut new, keeper) = (Stage::new(2_000), Stage::new(300), impatient());
        new.active.id = SpaceId::from("test@1".to_owned());
        assert!(keeper.ready(&old.active).is_err());
        assert!(new.prepared(&keeper, 7).is_some());
        assert!(keeper.present.lock().as_ref().is_some_and(|structures| structures.space == new.active.id));
    }
}
