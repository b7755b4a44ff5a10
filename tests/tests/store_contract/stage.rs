//! A store in a place of its own, and photos to put there.

use std::path::PathBuf;
use std::sync::Arc;

use foray_library::{Library, OpenOptions, PhotoQuery, Store};
use foray_protocol::{
    Change, FileFacts, ImageId, IngestBatch, NewPhoto, PhotoMetadata, PhotoPath, SpaceId, UnitVector,
};
use tempfile::TempDir;

/// Components of the photos' embeddings.
pub const DIMENSION: usize = 16;

/// Opens the store whose files are in a folder.
type Open = dyn Fn(&std::path::Path) -> Arc<dyn Store>;

/// Where one test's store is.
pub struct Stage {
    folder: TempDir,
    open: Box<Open>,
}

/// The embedded library.
pub fn embedded() -> Stage {
    let open = |folder: &std::path::Path| {
        let options = OpenOptions { create: true, ..OpenOptions::new(folder.join("library"), "test") };
        Arc::new(Library::open(&options).unwrap()) as Arc<dyn Store>
    };
    Stage { folder: tempfile::tempdir().unwrap(), open: Box::new(open) }
}

/// A collection of its own on Milvus.
#[cfg(feature = "milvus")]
pub fn milvus() -> Stage {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use foray_milvus::{MilvusLibrary, MilvusOptions};

    static STAGES: AtomicUsize = AtomicUsize::new(0);
    let place = std::env::var("FORAY_TEST_MILVUS").expect("FORAY_TEST_MILVUS=host:port; `make test-milvus` sets it");
    let number = STAGES.fetch_add(1, Ordering::Relaxed);
    let collection = format!("contract_{}_{number}", std::process::id());
    let open = move |folder: &std::path::Path| {
        let address = format!("milvus://{place}/{collection}").parse().unwrap();
        let previews = folder.join("previews").display().to_string();
        let options = MilvusOptions { address, create: true, previews, sample: 10_000 };
        Arc::new(MilvusLibrary::open(&options).unwrap()) as Arc<dyn Store>
    };
    Stage { folder: tempfile::tempdir().unwrap(), open: Box::new(open) }
}

impl Stage {
    /// Opens the store; again, after the one before was dropped.
    pub fn open(&self) -> Arc<dyn Store> {
        (self.open)(self.folder.path())
    }

    /// A folder for files that exist.
    pub fn real_folder(&self) -> PathBuf {
        let folder = self.folder.path().join("photos");
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }
}

pub fn space() -> SpaceId {
    SpaceId::from("test@1".to_owned())
}

pub fn id(number: usize) -> ImageId {
    ImageId::of_content(&number.to_le_bytes())
}

pub fn path(number: usize) -> PhotoPath {
    PhotoPath::from(format!("/photos/{}/IMG_{number:04}.jpg", ["Trips", "Home", "50%_off"][number % 3]))
}

pub fn file(number: usize) -> FileFacts {
    file_at(path(number))
}

pub fn file_at(path: impl Into<PhotoPath>) -> FileFacts {
    FileFacts { path: path.into(), size: 1_000, modified_ns: 5, companions: 0 }
}

/// A direction that is its number's alone, the same in every run.
pub fn vector(number: usize) -> UnitVector {
    direction(number, DIMENSION)
}

pub fn direction(number: usize, dimension: usize) -> UnitVector {
    let mut state = (number as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1 << 24) as f32 - 0.5
    };
    UnitVector::normalized((0..dimension).map(|_| next()).collect()).unwrap()
}

pub fn metadata() -> PhotoMetadata {
    PhotoMetadata { width: 400, height: 300, format: "jpeg".to_owned(), ..PhotoMetadata::default() }
}

pub fn added(number: usize) -> Change {
    described(number, metadata())
}

pub fn described(number: usize, metadata: PhotoMetadata) -> Change {
    let photo =
        NewPhoto { id: id(number), metadata, vector: vector(number), thumbnail: vec![0xff, 0xd8, number as u8] };
    Change::Added { file: file(number), photo: Box::new(photo) }
}

pub fn commit(store: &dyn Store, changes: Vec<Change>) {
    store.commit(&IngestBatch { space: space(), changes }).unwrap();
}

pub fn add(store: &dyn Store, numbers: impl Iterator<Item = usize>) {
    commit(store, numbers.map(added).collect());
}

/// The ids that a query finds, in its order.
pub fn found(store: &dyn Store, query: &PhotoQuery<'_>) -> Vec<ImageId> {
    store.explained_search(query).unwrap().hits.into_iter().map(|hit| hit.photo.id).collect()
}

/// The ids that `filter` lets through, in path order.
pub fn filtered(store: &dyn Store, filter: &str) -> Vec<ImageId> {
    let filter = filter.parse().unwrap_or_else(|error| panic!("{filter}: {error}"));
    found(store, &PhotoQuery { filter: Some(&filter), limit: 1_000, ..PhotoQuery::default() })
}

/// The photos of these numbers in path order.
pub fn in_path_order(numbers: impl Iterator<Item = usize>) -> Vec<ImageId> {
    let mut photos: Vec<(PhotoPath, ImageId)> = numbers.map(|number| (path(number), id(number))).collect();
    photos.sort();
    photos.into_iter().map(|(_, id)| id).collect()
}
