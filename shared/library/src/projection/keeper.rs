//! The present projection, and the thread that draws it while requests wait for a moment.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use foray_protocol::SpaceId;
use parking_lot::{Condvar, Mutex};

use super::drawing::Drawing;
use super::{Projection, place_file};
use crate::LibraryError;
use crate::engine::idle_threads;
use crate::library::ActiveSpace;
use crate::structures::StructureKeeper;

/// How long a request waits for the map; what takes longer goes on without it.
const PATIENCE: Duration = Duration::from_secs(2);

/// The projection of the space that was asked for last.
#[derive(Debug)]
pub(crate) struct ProjectionKeeper {
    desk: Arc<Desk>,
    patience: Duration,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// What requests and the drawing thread share.
#[derive(Debug, Default)]
struct Desk {
    present: Mutex<Present>,
    /// Told when a drawing ends.
    ended: Condvar,
    is_closing: AtomicBool,
}

#[derive(Debug, Default)]
struct Present {
    space: Option<SpaceId>,
    projection: Arc<Projection>,
    /// Which share of the drawing in work is done, 0 to 1.
    progress: Option<f32>,
}

impl Default for ProjectionKeeper {
    fn default() -> Self {
        Self::new(PATIENCE)
    }
}

impl Drop for ProjectionKeeper {
    fn drop(&mut self) {
        self.desk.is_closing.store(true, Ordering::Relaxed);
        // Had it panicked, the map would only be as it was before.
        self.thread.get_mut().take().into_iter().for_each(|thread| drop(thread.join()));
    }
}

impl ProjectionKeeper {
    fn new(patience: Duration) -> Self {
        Self { desk: Arc::default(), patience, thread: Mutex::default() }
    }

    /// The projection of the photos of `active`, which `file` keeps. Photos that came while it was drawn may lack.
    ///
    /// # Errors
    /// [`LibraryError::Preparing`] while photos are compared with each other, [`LibraryError::Drawing`] while the map is drawn.
    pub fn ready(
        &self,
        active: &ActiveSpace,
        structures: &StructureKeeper,
        file: &Path,
    ) -> Result<Arc<Projection>, LibraryError> {
        if self.desk.is_drawing() {
            return self.desk.drawn(&active.id, self.patience);
        }
        let before = self.desk.of_space(&active.id, file);
        let drawing = {
            let (structures, rows) = structures.ready(active)?;
            Drawing::due(&before, &rows, structures.neighbours.lists())
        };
        let Some(drawing) = drawing else { return Ok(before) };
        self.begin(drawing, active.id.clone(), file.to_owned());
        self.desk.drawn(&active.id, self.patience)
    }

    fn begin(&self, drawing: Drawing, space: SpaceId, file: PathBuf) {
        let mut thread = self.thread.lock();
        if self.desk.present.lock().progress.replace(0.0).is_some() {
            return;
        }
        let desk = Arc::clone(&self.desk);
        *thread = Some(thread::spawn(move || {
            let _ended = Ended(&desk);
            if let Some(projection) = idle_threads::run(|| desk.draw(drawing)) {
                if let Err(error) = place_file::save(&file, &projection) {
                    tracing::warn!("cannot write {}: {error}; the map is kept in memory", file.display());
                }
                desk.put(space, projection);
            }
        }));
    }
}

/// Tells those who wait that a drawing has ended, in whatever way.
struct Ended<'a>(&'a Desk);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.present.lock().progress = None;
        self.0.ended.notify_all();
    }
}

impl Desk {
    fn is_drawing(&self) -> bool {
        self.present.lock().progress.is_some()
    }

    /// The projection of `space`, from its file unless it is the present one.
    fn of_space(&self, space: &SpaceId, file: &Path) -> Arc<Projection> {
        let mut present = self.present.lock();
        if present.space.as_ref() != Some(space) {
            present.space = Some(space.clone());
            present.projection = Arc::new(place_file::load(file));
        }
        Arc::clone(&present.projection)
    }

    /// The projection of `space` that is being drawn, if that ends before `patience` does.
    fn drawn(&self, space: &SpaceId, patience: Duration) -> Result<Arc<Projection>, LibraryError> {
        let mut present = self.present.lock();
        self.ended.wait_while_for(&mut present, |present| present.progress.is_some(), patience);
        match present.progress {
            None if present.space.as_ref() == Some(space) => Ok(Arc::clone(&present.projection)),
            progress => Err(LibraryError::Drawing { percent: (100.0 * progress.unwrap_or_default()) as usize }),
        }
    }

    /// Works through `drawing`, unless the library is closed before.
    fn draw(&self, mut drawing: Drawing) -> Option<Projection> {
        while drawing.step() {
            if self.is_closing.load(Ordering::Relaxed) {
                return None;
            }
            self.present.lock().progress = Some(drawing.progress());
        }
        Some(drawing.finish())
    }

    fn put(&self, space: SpaceId, projection: Projection) {
        let mut present = self.present.lock();
        present.space = Some(space);
        present.projection = Arc::new(projection);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Stage {
        folder: tempfile::TempDir,
        active: ActiveSpace,
        structures: StructureKeeper,
    }

    impl Stage {
        fn new(photos: usize) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let active = ActiveSpace::of_samples(folder.path(), photos);
            Self { folder, active, structures: StructureKeeper::default() }
        }

        fn file(&self) -> PathBuf {
            self.folder.path().join("maps/space")
        }

        fn ask(&self, keeper: &ProjectionKeeper) -> Result<Arc<Projection>, LibraryError> {
            keeper.ready(&self.active, &self.structures, &self.file())
        }
    }

    fn impatient() -> ProjectionKeeper {
        ProjectionKeeper::new(Duration::ZERO)
    }

    #[test]
    fn what_takes_long_goes_on_in_the_background() {
        let (stage, keeper) = (Stage::new(400), impatient());
        let refused = stage.ask(&keeper).err().map(|error| error.to_string());
        let expected = "the map of the library's photos is being drawn: 0 % is done; the answer comes when all is";
        assert_eq!(refused.as_deref(), Some(expected));
        let drawn = (0..6_000).find_map(|_| {
            thread::sleep(Duration::from_millis(10));
            stage.ask(&keeper).ok()
        });
        assert_eq!(drawn.map(|projection| projection.places.len()), Some(400));
        assert_eq!(place_file::load(&stage.file()).laid_out, 400);
    }

    #[test]
    fn a_library_that_is_closed_does_not_wait_for_its_map() {
        let (stage, keeper) = (Stage::new(3_000), impatient());
        assert!(stage.ask(&keeper).is_err());
        drop(keeper);
        assert!(!stage.file().exists());
    }

    #[test]
    fn another_space_has_a_map_of_its_own() {
        let (mut stage, keeper) = (Stage::new(60), ProjectionKeeper::new(Duration::from_secs(60)));
        let first = stage.ask(&keeper).unwrap();
        stage.active.id = SpaceId::from("test@1".to_owned());
        let file = stage.folder.path().join("maps/other");
        let second = keeper.ready(&stage.active, &stage.structures, &file).unwrap();
        assert!(!Arc::ptr_eq(&first, &second) && file.exists());
    }
}
