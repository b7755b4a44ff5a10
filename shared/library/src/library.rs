//! The library as its users see it: opening it, feeding it, and what it tells of itself.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use std::{fs, thread};

use foray_protocol::{
    CommitSummary, Failure, FileFacts, ImageId, IndexProgress, Ingest, IngestBatch, KnownFile, LibraryStatus, Photo,
    PhotoPath, ProtocolError, RootFile, SearchStructure, SpaceId, SpaceStatus, UnitVector, UnusualKind, is_raw,
};
use parking_lot::{Mutex, RwLock};
use sled::Db;

use crate::LibraryError;
use crate::background::GraphBuilder;
use crate::catalogue::Catalogue;
use crate::disk_room::make_room;
use crate::facts::FactKeeper;
use crate::folder::{FORMAT, LockedFolder, database_folder};
use crate::ingest::Commit;
use crate::projection::ProjectionKeeper;
use crate::records::{Counts, FileRecord, PhotoRecord};
use crate::space::SpaceIndex;
use crate::store::StoredPhoto;
use crate::structures::StructureKeeper;
use crate::thumbnails::Thumbnails;
use crate::vectors::VectorStore;
use crate::{duplicates, graph_file, integrity, unusual};

/// Below this size the exact scan is at least as fast as the graph, and never wrong.
const GRAPH_FROM_ROWS: usize = 50_000;
/// Memory for the database's pages; the vectors that searches read are in memory besides.
const DATABASE_CACHE_BYTES: u64 = 128 << 20;
/// How long a photo is kept after its last file went away: it may be on its way to another folder or disk.
pub const ORPHAN_SECONDS: u64 = 30 * 24 * 3600;
/// A killed process may hold the database's lock for a moment longer.
const LOCK_TRIES: u32 = 20;
const LOCK_PAUSE: Duration = Duration::from_millis(100);

/// How to open a library.
#[derive(Clone, Debug)]
pub struct OpenOptions {
    /// Its folder.
    pub folder: PathBuf,
    /// Whether to make a new one where there is none.
    pub create: bool,
    /// The subcommand that opens it; others who find it in use are told.
    pub command: String,
    /// Whether to build the search graph in the background when the library is large enough.
    pub build_graph: bool,
    /// Whether a damaged database is moved aside, and one that lost commits taken as it is, instead of being refused.
    pub repair: bool,
    /// From how many photos on a graph is built; for tests. The default is where it begins to be faster.
    pub graph_from_rows: usize,
}

impl OpenOptions {
    /// Opens an existing library in `folder` for `command`.
    pub fn new(folder: impl Into<PathBuf>, command: &str) -> Self {
        Self {
            folder: folder.into(),
            create: false,
            command: command.to_owned(),
            build_graph: false,
            repair: false,
            graph_from_rows: GRAPH_FROM_ROWS,
        }
    }
}

/// An open library, owned by this process until dropped. Usable from many threads.
#[derive(Debug)]
pub struct Library {
    pub(crate) catalogue: Catalogue,
    /// What is counted on disk: the catalogue counts a commit before that has reached it.
    committed: Mutex<Counts>,
    pub(crate) active: RwLock<Option<ActiveSpace>>,
    /// The space that is being filled beside the active one.
    pub(crate) building: Mutex<Option<ActiveSpace>>,
    unusual: Mutex<Option<Arc<unusual::Ordering>>>,
    pub(crate) duplicates: Mutex<Option<Arc<duplicates::Found>>>,
    pub(crate) structures: StructureKeeper,
    pub(crate) projection: ProjectionKeeper,
    pub(crate) facts: FactKeeper,
    progress: Mutex<Option<IndexProgress>>,
    /// Counts changes, so that whoever shows the library knows when to look again.
    version: AtomicU64,
    pub(crate) writing: Mutex<()>,
    /// Written while rows are renumbered or given back; read by whoever relies on them without holding up commits.
    pub(crate) row_numbers: RwLock<()>,
    /// Held while the library is maintained.
    pub(crate) maintaining: Mutex<()>,
    /// Held while photos get and lose tags, in many steps.
    pub(crate) tagging: Mutex<()>,
    pub(crate) builder: GraphBuilder,
    pub(crate) thumbnails: Thumbnails,
    pub(crate) db: Db,
    // Last, so that the lock outlives the database.
    folder: Mutex<LockedFolder>,
}

/// The space that is searched.
#[derive(Clone, Debug)]
pub(crate) struct ActiveSpace {
    pub id: SpaceId,
    pub index: Arc<RwLock<SpaceIndex>>,
}

#[cfg(test)]
impl ActiveSpace {
    /// `photos` clustered samples whose rows lie in `folder`.
    pub fn of_samples(folder: &Path, photos: usize) -> Self {
        let id = SpaceId::from("test@0".to_owned());
        let db = sled::Config::new().temporary(true).open().unwrap();
        let store = VectorStore::open(&db, &id).unwrap();
        let mut index = SpaceIndex::load(store, &folder.join("rows"), &[]).unwrap();
        for (row, vector) in (0u32..).zip(crate::engine::samples::clustered(photos, 16, 3)) {
            let photo = ImageId::of_content(&row.to_le_bytes());
            index.append(&[(photo, vector)]).unwrap();
            index.set_live(photo, true);
        }
        Self { id, index: Arc::new(RwLock::new(index)) }
    }
}

impl ActiveSpace {
    /// The embedding of a photo, if it has one here.
    pub fn embedding(&self, id: ImageId) -> Result<Option<UnitVector>, LibraryError> {
        let index = self.index.read();
        let Some(row) = index.row(id) else { return Ok(None) };
        Ok(Some(UnitVector::from_components(index.vectors.vector(row).to_vec())?))
    }
}

impl Library {
    /// Opens the library, or makes one.
    ///
    /// # Errors
    /// [`LibraryError::Missing`], [`LibraryError::Held`], [`LibraryError::NewerFormat`], [`LibraryError::Corrupt`] and
    /// [`LibraryError::LostCommits`] among others; nothing is changed then.
    pub fn open(options: &OpenOptions) -> Result<Self, LibraryError> {
        match Self::open_as_it_is(options) {
            Err(LibraryError::Corrupt { folder, reason }) if options.repair => {
                let aside = integrity::set_database_aside(&folder, &options.command)?;
                tracing::warn!(
                    "the database was damaged ({reason}); it is kept at {}, a new one is begun",
                    aside.display()
                );
                Self::open_as_it_is(options)
            }
            opened => opened,
        }
    }

    fn open_as_it_is(options: &OpenOptions) -> Result<Self, LibraryError> {
        let folder = LockedFolder::open(&options.folder, options.create, &options.command)?;
        make_room(&options.folder)?;
        integrity::guarded(&options.folder, || Self::load(folder, options))
    }

    fn load(folder: LockedFolder, options: &OpenOptions) -> Result<Self, LibraryError> {
        let was_killed = folder.was_killed();
        let db = open_database(&options.folder)?;
        let library = Self {
            catalogue: Catalogue::open(&db)?,
            committed: Mutex::default(),
            active: RwLock::default(),
            building: Mutex::default(),
            unusual: Mutex::default(),
            duplicates: Mutex::default(),
            structures: StructureKeeper::default(),
            projection: ProjectionKeeper::default(),
            facts: FactKeeper::default(),
            progress: Mutex::default(),
            version: AtomicU64::new(1),
            writing: Mutex::default(),
            row_numbers: RwLock::default(),
            maintaining: Mutex::default(),
            tagging: Mutex::default(),
            builder: GraphBuilder::new(options.graph_from_rows, options.build_graph),
            thumbnails: Thumbnails::new(&options.folder),
            db,
            folder: Mutex::new(folder),
        };
        graph_file::drop_stored(&library.db)?;
        if let Some(space) = library.catalogue.space()? {
            let active = library.load_space(space)?;
            *library.active.write() = Some(active);
            library.purge_orphans()?;
        }
        library.check_integrity(was_killed, options.repair)?;
        *library.committed.lock() = library.catalogue.counts()?;
        library.build_graph_if_due();
        Ok(library)
    }

    fn load_space(&self, id: SpaceId) -> Result<ActiveSpace, LibraryError> {
        let mut index = self.load_rows(&id)?;
        index.find_graph();
        Ok(ActiveSpace { id, index: Arc::new(RwLock::new(index)) })
    }

    /// The rows of a space, in its present numbering.
    pub(crate) fn load_rows(&self, id: &SpaceId) -> Result<SpaceIndex, LibraryError> {
        let store = VectorStore::open(&self.db, id)?;
        let file = self.folder.lock().row_file(id, self.catalogue.numbering(id)?)?;
        SpaceIndex::load(store, &file, &self.catalogue.orphans()?)
    }

    pub(crate) fn concept_file(&self, id: &SpaceId) -> PathBuf {
        self.folder.lock().concept_file(id)
    }

    pub(crate) fn map_file(&self, id: &SpaceId) -> PathBuf {
        self.folder.lock().map_file(id)
    }

    /// The library's folder.
    pub fn path(&self) -> PathBuf {
        self.folder.lock().path().to_owned()
    }

    pub(crate) fn active(&self) -> Option<ActiveSpace> {
        self.active.read().clone()
    }

    /// The space of the library's vectors; `None` while it is empty.
    pub fn space(&self) -> Option<SpaceId> {
        self.active().map(|active| active.id)
    }

    /// Tells other processes where this one serves the library.
    ///
    /// # Errors
    /// Those of writing a small file into the library's folder.
    pub fn announce(&self, url: &str) -> Result<(), LibraryError> {
        self.folder.lock().announce(url)
    }

    /// Waits until a running build of the search graph is done.
    pub fn wait_for_graph(&self) {
        drop(self.builder.quiet());
    }

    pub(crate) fn build_graph_if_due(&self) {
        if let Some(active) = self.active() {
            self.builder.build_if_due(&active.index);
        }
    }

    /// The space to commit vectors of `offered` into: an empty library takes the first that comes.
    fn space_for(&self, offered: &SpaceId) -> Result<ActiveSpace, LibraryError> {
        match self.active() {
            Some(active) if active.id == *offered => Ok(active),
            Some(active) if self.catalogue.counts()?.photos > 0 => {
                Err(LibraryError::WrongSpace { expected: active.id, got: offered.clone() })
            }
            _ => {
                let active = self.load_space(offered.clone())?;
                self.catalogue.set_space(offered)?;
                *self.active.write() = Some(active.clone());
                Ok(active)
            }
        }
    }

    fn commit_batch(&self, batch: &IngestBatch) -> Result<CommitSummary, LibraryError> {
        self.commit_planned(&batch.space, |commit, embedded| {
            commit.plan(batch, embedded)?;
            self.write_thumbnails(batch)
        })
    }

    /// Takes photos in as they are stored elsewhere, in place of what the library knows of them; their previews are not among that.
    ///
    /// # Errors
    /// [`LibraryError::WrongSpace`] where the library has photos of another space.
    pub fn take_photos(&self, space: &SpaceId, photos: &[StoredPhoto]) -> Result<(), LibraryError> {
        self.commit_planned(space, |commit, embedded| {
            photos.iter().try_for_each(|photo| commit.adopt(photo, embedded))
        })?;
        Ok(())
    }

    /// Commits what `plan` makes of the library's state; it is told which photos have their vectors already.
    fn commit_planned(
        &self,
        space: &SpaceId,
        plan: impl FnOnce(&mut Commit<'_>, &dyn Fn(ImageId) -> bool) -> Result<(), LibraryError>,
    ) -> Result<CommitSummary, LibraryError> {
        let _one_at_a_time = self.to_write()?;
        let active = self.space_for(space)?;
        let mut commit = Commit::new(&self.catalogue, self.tag_rules_of(space)?)?;
        let first_row = {
            let index = active.index.read();
            plan(&mut commit, &|id| index.row(id).is_some())?;
            index.check_dimensions(commit.vectors.iter().map(|(_, vector)| vector))?;
            commit.write(&index.store, index.next_row())?;
            index.next_row()
        };
        self.show(&active, &commit, first_row)?;
        *self.committed.lock() = commit.counts_after();
        integrity::note_commits_or_warn(&self.path(), commit.counts_after().commits);
        self.has_changed();
        self.build_graph_if_due();
        Ok(commit.summary)
    }

    /// Photos as they are stored, in the order of their ids, at most `limit` of them, from the first one after `after`.
    ///
    /// # Errors
    /// Those of the database.
    pub fn stored_photos(&self, after: Option<ImageId>, limit: usize) -> Result<Vec<StoredPhoto>, LibraryError> {
        let Some(active) = self.active() else { return Ok(vec![]) };
        let mut stored = vec![];
        for entry in self.catalogue.photos_after(after) {
            let (id, record) = entry?;
            let Some(vector) = active.embedding(id)? else { continue };
            let PhotoRecord { metadata, indexed_at } = record;
            stored.push(StoredPhoto { id, metadata, indexed_at, files: self.files_of(id)?, vector });
            if stored.len() == limit {
                break;
            }
        }
        Ok(stored)
    }

    fn files_of(&self, id: ImageId) -> Result<Vec<FileFacts>, LibraryError> {
        let mut files = vec![];
        for path in self.catalogue.paths(id)? {
            if let Some(FileRecord { size, modified_ns, companions, .. }) = self.catalogue.file(&path)? {
                files.push(FileFacts { path, size, modified_ns, companions });
            }
        }
        Ok(files)
    }

    fn write_thumbnails(&self, batch: &IngestBatch) -> Result<(), LibraryError> {
        batch.changes.iter().try_for_each(|change| match change {
            // An import may have none.
            foray_protocol::Change::Added { photo, .. } if photo.thumbnail.is_empty() => Ok(()),
            foray_protocol::Change::Added { photo, .. } => self.thumbnails.write(photo.id, &photo.thumbnail),
            _ => Ok(()),
        })
    }

    /// Makes what was committed visible to the next query.
    fn show(&self, active: &ActiveSpace, commit: &Commit<'_>, first_row: u32) -> Result<(), LibraryError> {
        let touched = {
            let mut index = active.index.write();
            debug_assert_eq!(index.next_row(), first_row);
            index.append(&commit.vectors)?;
            commit.visibility().for_each(|(id, visible)| index.set_live(id, visible));
            commit.visibility().filter_map(|(id, _)| Some((id, index.row(id)?))).collect::<Vec<_>>()
        };
        self.facts.follow(&self.catalogue, &active.id, &touched)
    }

    /// Forgets photos that no file has held for long; tells how many.
    pub(crate) fn purge_orphans(&self) -> Result<usize, LibraryError> {
        let Some(active) = self.active() else { return Ok(0) };
        let _one_at_a_time = self.writing.lock();
        let mut index = active.index.write();
        let forgotten = self.catalogue.orphans_older_than(ORPHAN_SECONDS)?;
        for &id in &forgotten {
            if let Some(row) = index.forget(id) {
                index.store.delete(row)?;
            }
            self.catalogue.photos.remove(id.as_bytes())?;
            self.catalogue.orphans.remove(id.as_bytes())?;
            self.thumbnails.remove(id);
        }
        Ok(forgotten.len())
    }

    pub(crate) fn has_changed(&self) {
        self.version.fetch_add(1, Ordering::Relaxed);
    }

    /// A number that grows with every change of the library.
    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Relaxed)
    }

    /// The indexer's last report.
    pub fn progress(&self) -> Option<IndexProgress> {
        self.progress.lock().clone()
    }

    /// The photo whose id begins with these hexadecimal digits.
    ///
    /// # Errors
    /// [`LibraryError::NoPhoto`] and [`LibraryError::AmbiguousPhoto`].
    pub fn find_photo(&self, digits: &str) -> Result<ImageId, LibraryError> {
        let found = self.catalogue.photos_starting_with(&digits.to_ascii_lowercase(), 100)?;
        match found.as_slice() {
            [] => Err(LibraryError::NoPhoto(digits.to_owned())),
            [id] => Ok(*id),
            many => Err(LibraryError::AmbiguousPhoto { given: digits.to_owned(), count: many.len() }),
        }
    }

    /// The photo that the file at `path` holds, if the library has it.
    ///
    /// # Errors
    /// Those of the database.
    pub fn photo_at(&self, path: &PhotoPath) -> Result<Option<ImageId>, LibraryError> {
        Ok(self.catalogue.known_file(path)?.and_then(|file| file.outcome.ok()))
    }

    /// The vector of a photo.
    ///
    /// # Errors
    /// [`LibraryError::NoPhoto`].
    pub fn vector(&self, id: ImageId) -> Result<UnitVector, LibraryError> {
        let missing = || LibraryError::NoPhoto(id.to_string());
        let active = self.active().ok_or_else(missing)?;
        let index = active.index.read();
        let row = index.row(id).ok_or_else(missing)?;
        Ok(UnitVector::from_components(index.vectors.vector(row).to_vec())?)
    }

    /// A photo with its files and metadata.
    ///
    /// # Errors
    /// [`LibraryError::NoPhoto`], also for a photo whose files are all gone.
    pub fn photo(&self, id: ImageId) -> Result<Photo, LibraryError> {
        if self.catalogue.is_orphan(id)? {
            return Err(LibraryError::NoPhoto(id.to_string()));
        }
        self.photo_with_paths(id)
    }

    /// When a photo came into the library, seconds since 1970; `None` for one that is not here, or of a version that did not note it.
    ///
    /// # Errors
    /// Those of the database.
    pub fn indexed_at(&self, id: ImageId) -> Result<Option<u64>, LibraryError> {
        Ok(self.catalogue.photo(id)?.and_then(|photo| photo.indexed_at))
    }

    /// The file of a photo's thumbnail (JPEG, long side at most 400 pixels).
    pub fn thumbnail_file(&self, id: ImageId) -> PathBuf {
        self.thumbnails.file(id)
    }

    /// A file that holds the photo: it exists, is a plain file, and lies in one of the library's roots, symbolic links
    /// resolved.
    ///
    /// # Errors
    /// [`LibraryError::NoPhoto`], or [`LibraryError::FileGone`] when none of its files is there.
    pub fn original_file(&self, id: ImageId) -> Result<PathBuf, LibraryError> {
        servable_file(id, &self.catalogue.paths(id)?, &self.catalogue.roots()?)
    }

    /// What the library holds; the backend is for whoever runs one to add.
    ///
    /// # Errors
    /// Those of the database.
    pub fn status(&self) -> Result<LibraryStatus, LibraryError> {
        let counts = *self.committed.lock();
        let empty = || SpaceStatus { space: SpaceId::from(String::new()), dimension: 0, vectors: 0 };
        let (space, search) = match self.active() {
            Some(active) => {
                let index = active.index.read();
                let (dimension, vectors) = (index.vectors.dimension(), index.vectors.len());
                (SpaceStatus { space: active.id.clone(), dimension, vectors }, index.structure())
            }
            None => (empty(), SearchStructure::Exact { rows: 0 }),
        };
        Ok(LibraryStatus {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            library: PhotoPath::from(self.folder.lock().path()),
            format: FORMAT,
            photos: counts.photos,
            files: counts.files,
            failed: counts.failed,
            roots: self.catalogue.roots()?,
            space,
            search,
            backend: None,
            progress: self.progress(),
            disk: None,
            started_at: None,
        })
    }

    /// Files that could not be indexed, in path order.
    ///
    /// # Errors
    /// Those of the database.
    pub fn failures(&self) -> Result<Vec<Failure>, LibraryError> {
        self.catalogue.failures()
    }

    /// The ordering by unusualness; made when first asked for, kept until the library changes.
    pub(crate) fn unusual_ordering(
        &self,
        kind: UnusualKind,
        neighbours: usize,
    ) -> Result<Arc<unusual::Ordering>, LibraryError> {
        let made_for = (self.version(), kind, neighbours);
        let mut kept = self.unusual.lock();
        if let Some(ordering) = kept.as_ref().filter(|ordering| ordering.made_for == made_for) {
            return Ok(Arc::clone(ordering));
        }
        let pictures = match self.active() {
            Some(active) => {
                let (mut structures, rows) = self.structures.ready(&active)?;
                unusual::order(&mut structures, &rows, kind, neighbours)
            }
            None => vec![],
        };
        let ordering = Arc::new(unusual::Ordering { made_for, pictures });
        *kept = Some(Arc::clone(&ordering));
        Ok(ordering)
    }
}

impl Ingest for Library {
    fn known_files(&self, paths: &[PhotoPath]) -> Result<Vec<Option<KnownFile>>, ProtocolError> {
        paths.iter().map(|path| Ok(self.catalogue.known_file(path)?)).collect()
    }

    fn known_images(&self, space: &SpaceId, images: &[ImageId]) -> Result<Vec<bool>, ProtocolError> {
        let Some(active) = self.active().filter(|active| active.id == *space) else {
            return Ok(vec![false; images.len()]);
        };
        let index = active.index.read();
        Ok(images.iter().map(|&image| index.row(image).is_some()).collect())
    }

    fn files_under(
        &self,
        root: &PhotoPath,
        after: Option<&PhotoPath>,
        limit: usize,
    ) -> Result<Vec<RootFile>, ProtocolError> {
        Ok(self.catalogue.files_under(root, after, limit)?)
    }

    fn commit(&self, batch: &IngestBatch) -> Result<CommitSummary, ProtocolError> {
        Ok(self.commit_batch(batch)?)
    }

    fn remember_roots(&self, roots: &[PhotoPath]) -> Result<(), ProtocolError> {
        let _one_at_a_time = self.to_write()?;
        Ok(self.catalogue.add_roots(roots)?)
    }

    fn report(&self, progress: &IndexProgress) {
        *self.progress.lock() = Some(progress.clone());
    }
}

/// The first of a photo's files that exists, is a plain file, and lies in one of the roots, symbolic links resolved; a RAW file only
/// where there is no other: browsers show none, and a photo with a JPEG beside it is known by that.
///
/// # Errors
/// [`LibraryError::NoPhoto`] for a photo without files, or [`LibraryError::FileGone`] when none of them is there.
pub fn servable_file(id: ImageId, paths: &[PhotoPath], roots: &[PhotoPath]) -> Result<PathBuf, LibraryError> {
    let first = paths.first().ok_or_else(|| LibraryError::NoPhoto(id.to_string()))?;
    let roots: Vec<PathBuf> = roots.iter().filter_map(|root| fs::canonicalize(root).ok()).collect();
    let inside = |file: &PathBuf| file.is_file() && roots.iter().any(|root| file.starts_with(root));
    let (raw, shown): (Vec<&PhotoPath>, _) = paths.iter().partition(|path| is_raw(path.as_path()));
    let found = shown.into_iter().chain(raw).filter_map(|path| fs::canonicalize(path).ok()).find(inside);
    found.ok_or_else(|| LibraryError::FileGone { id, path: first.as_path().to_owned() })
}

/// Opens the database of the library in `folder`, or makes one.
pub(crate) fn open_database(folder: &Path) -> Result<Db, LibraryError> {
    let path = database_folder(folder);
    let config = sled::Config::new().path(&path).cache_capacity(DATABASE_CACHE_BYTES);
    let mut tries = 0;
    loop {
        match config.open() {
            Err(sled::Error::Io(error)) if tries < LOCK_TRIES && error.to_string().contains("lock") => {
                tries += 1;
                thread::sleep(LOCK_PAUSE);
            }
            Err(sled::Error::Io(error)) if !integrity::is_damage_kind(error.kind()) => {
                return Err(LibraryError::file("open the database", path)(error));
            }
            opened => return Ok(opened?),
        }
    }
}
