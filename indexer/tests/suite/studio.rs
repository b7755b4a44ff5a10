//! What the indexer's tests stand on: a library in memory, real photos in a throwaway folder, and the built-in model.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use foray_embedding::{BackendOptions, Embedder, Model};
use foray_indexer::{IndexOptions, IndexSummary, Indexer};
use foray_protocol::{
    Change, CommitSummary, FileFacts, ImageId, IndexProgress, Ingest, IngestBatch, KnownFile, NewPhoto, PhotoPath,
    Problem, ProblemKind, ProtocolError, RootFile, SpaceId, StopSignal,
};
use image::{Rgb, RgbImage};
use tempfile::TempDir;

/// A library that keeps everything in memory, and counts.
#[derive(Default)]
pub struct MemoryLibrary {
    files: Mutex<BTreeMap<PhotoPath, KnownFile>>,
    photos: Mutex<HashMap<ImageId, NewPhoto>>,
    pub roots: Mutex<Vec<PhotoPath>>,
    /// Vectors that arrived.
    pub embedded: AtomicUsize,
    /// Changes that arrived.
    pub changes: AtomicUsize,
    /// Commits that will not get through.
    pub unreachable: AtomicUsize,
    /// Why every commit is refused.
    pub refusal: Mutex<Option<Problem>>,
    pub reports: Mutex<Vec<IndexProgress>>,
    /// Questions about these wait as long as they are here.
    pub held: Mutex<Vec<PhotoPath>>,
}

impl MemoryLibrary {
    /// The outcome at a path, as the library knows it.
    pub fn outcome(&self, path: &Path) -> Option<Result<ImageId, String>> {
        self.files.lock().unwrap().get(&PhotoPath::from(path)).map(|file| file.outcome.clone())
    }

    pub fn photo(&self, path: &Path) -> Option<NewPhoto> {
        self.outcome(path)?.ok().and_then(|image| self.photos.lock().unwrap().get(&image).cloned())
    }

    pub fn paths(&self) -> Vec<PathBuf> {
        self.files.lock().unwrap().keys().map(|path| path.as_path().to_owned()).collect()
    }

    /// As when another model is chosen.
    pub fn forget_vectors(&self) {
        self.photos.lock().unwrap().clear();
    }

    fn remember(&self, file: &FileFacts, outcome: Result<ImageId, String>) {
        let known = KnownFile { size: file.size, modified_ns: file.modified_ns, companions: file.companions, outcome };
        self.files.lock().unwrap().insert(file.path.clone(), known);
    }

    fn apply(&self, change: &Change) -> Result<(), ProtocolError> {
        match change {
            Change::Added { file, photo } => {
                self.embedded.fetch_add(1, SeqCst);
                self.photos.lock().unwrap().insert(photo.id, (**photo).clone());
                self.remember(file, Ok(photo.id));
            }
            Change::Linked { file, image } => {
                if !self.photos.lock().unwrap().contains_key(image) {
                    return Err(Problem::new(ProblemKind::NotFound, format!("no photo {image}")).into());
                }
                self.remember(file, Ok(*image));
            }
            Change::Described { .. } => {}
            Change::Failed { file, reason } => self.remember(file, Err(reason.clone())),
            Change::Removed { path } => drop(self.files.lock().unwrap().remove(path)),
        }
        Ok(())
    }
}

impl Ingest for MemoryLibrary {
    fn known_files(&self, paths: &[PhotoPath]) -> Result<Vec<Option<KnownFile>>, ProtocolError> {
        while paths.iter().any(|path| self.held.lock().unwrap().contains(path)) {
            thread::sleep(Duration::from_millis(10));
        }
        let files = self.files.lock().unwrap();
        Ok(paths.iter().map(|path| files.get(path).cloned()).collect())
    }

    fn known_images(&self, _: &SpaceId, images: &[ImageId]) -> Result<Vec<bool>, ProtocolError> {
        let photos = self.photos.lock().unwrap();
        Ok(images.iter().map(|image| photos.contains_key(image)).collect())
    }

    fn files_under(
        &self,
        root: &PhotoPath,
        after: Option<&PhotoPath>,
        limit: usize,
    ) -> Result<Vec<RootFile>, ProtocolError> {
        let files = self.files.lock().unwrap();
        let inside = |path: &PhotoPath| path != root && path.as_path().starts_with(root.as_path());
        let rest = files.iter().filter(|(path, _)| inside(path) && after.is_none_or(|after| *path > after));
        let file = |(path, known): (&PhotoPath, &KnownFile)| RootFile {
            path: path.clone(),
            image: known.outcome.clone().ok(),
        };
        Ok(rest.take(limit).map(file).collect())
    }

    fn commit(&self, batch: &IngestBatch) -> Result<CommitSummary, ProtocolError> {
        if self.unreachable.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok() {
            return Err(ProtocolError::Unreachable { url: "http://nas".to_owned(), reason: "refused".to_owned() });
        }
        if let Some(problem) = self.refusal.lock().unwrap().clone() {
            return Err(problem.into());
        }
        self.changes.fetch_add(batch.changes.len(), SeqCst);
        batch.changes.iter().try_for_each(|change| self.apply(change))?;
        Ok(CommitSummary::default())
    }

    fn remember_roots(&self, roots: &[PhotoPath]) -> Result<(), ProtocolError> {
        self.roots.lock().unwrap().extend_from_slice(roots);
        Ok(())
    }

    fn report(&self, progress: &IndexProgress) {
        self.reports.lock().unwrap().push(progress.clone());
    }
}

/// The built-in model, loaded once a test program.
pub fn embedder() -> Arc<Embedder> {
    static EMBEDDER: OnceLock<Arc<Embedder>> = OnceLock::new();
    let open = || Arc::new(Embedder::open(Model::builtin().unwrap(), &BackendOptions::default()).unwrap());
    EMBEDDER.get_or_init(open).clone()
}

/// A throwaway folder of photos, a library for it, and an indexer between them.
pub struct Studio {
    // Only keeps the folder in being.
    _folder: TempDir,
    pub root: PathBuf,
    pub library: Arc<MemoryLibrary>,
    pub options: IndexOptions,
    pub stop: StopSignal,
}

impl Studio {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().join("photos");
        fs::create_dir(&root).unwrap();
        let (library, options, stop) = (Arc::default(), IndexOptions::default(), StopSignal::new());
        Self { _folder: folder, root, library, options, stop }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Puts a photo into the folder; photos of different seeds have different content.
    pub fn shoot(&self, name: &str, seed: u8) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        picture(seed).save(&path).unwrap();
        path
    }

    pub fn indexer(&self) -> Indexer {
        Indexer::new(self.library.clone(), embedder(), self.options.clone())
    }

    pub fn index(&self) -> IndexSummary {
        self.indexer().index(std::slice::from_ref(&self.root), &self.stop, &|_| {}).unwrap()
    }
}

/// A picture with some structure in it.
pub fn picture(seed: u8) -> RgbImage {
    RgbImage::from_fn(64, 48, |x, y| Rgb([seed, (x * 4) as u8 ^ seed, (y * 5) as u8]))
}

/// The counts of a summary: indexed, unchanged, moved, copied, removed, failed.
pub fn counts(summary: &IndexSummary) -> [usize; 6] {
    [summary.indexed, summary.unchanged, summary.moved, summary.copied, summary.removed, summary.failed]
}
