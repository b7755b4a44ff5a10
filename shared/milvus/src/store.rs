//! The library on Milvus: opening it, and what it tells of itself. Nothing of it lives in this process but what can be read again.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use foray_library::LibraryError;
use foray_protocol::{
    Failure, ImageId, IndexProgress, LibraryStatus, PhotoPath, SearchStructure, SpaceId, SpaceStatus, UnitVector,
    since_1970,
};
use parking_lot::Mutex;

use crate::claims::Claimants;
use crate::columns::{PhotoRow, number_of, row_id, text_of};
use crate::documents::Shelves;
use crate::engine::Engine;
use crate::previews::Previews;
use crate::pulse::{Pulse, space_named};
use crate::reads::{Ask, Freshness, ID_BYTES};
use crate::sample::Sample;
use crate::schema::{Collections, SCHEMA, create_common, create_photos};
use crate::search::{Backdrop, Concepts};
use crate::text::{key_path, path_key, quote};
use crate::{Address, IndexKind, MilvusError};

/// What the columns of a photo may take in an answer, bytes, besides its vector: most records are far smaller.
const RECORD_BYTES: usize = 2_048;
/// What a path with a reason may take.
const REASON_BYTES: usize = 512;
/// A vector's component in an answer.
const COMPONENT_BYTES: usize = 4;
/// Ids that one expression names.
pub(crate) const IDS_A_QUERY: usize = 1_000;
/// Photos whose id begins with the same digits that are counted before it is called ambiguous.
const MOST_NAMESAKES: usize = 100;

/// Kinds of documents that the store keeps for itself.
pub(crate) const META: &str = "meta";
pub(crate) const ROOT: &str = "root";
pub(crate) const SPACE: &str = "space";
pub(crate) const SEARCHED: &[u8] = b"searched";
const VERSION: &[u8] = b"schema";
const INDEX: &[u8] = b"index";
pub(crate) const PROGRESS: &[u8] = b"progress";

/// What is read of photos.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// What is known of them, as it is now.
    Record,
    /// That and their embeddings.
    Whole,
    /// What is known of them, as searches see it.
    Shown,
    /// That and their embeddings.
    ShownWhole,
}

/// How to open a library on Milvus.
#[derive(Clone, Debug)]
pub struct MilvusOptions {
    /// Where it is.
    pub address: Address,
    /// Whether to make one where there is none.
    pub create: bool,
    /// Where previews are: a folder, or `s3://bucket/prefix`.
    pub previews: String,
    /// How many photos this process keeps to itself to compare all with all.
    pub sample: usize,
}

/// An open library on Milvus. Usable from many threads, beside any number of other processes.
#[derive(Debug)]
pub struct MilvusLibrary {
    pub(crate) engine: Arc<Engine>,
    pub(crate) names: Collections,
    pub(crate) previews: Previews,
    pub(crate) pulse: Pulse,
    pub(crate) sample: Sample,
    /// What this process is called in rows that many write.
    pub(crate) name: String,
    pub(crate) claimants: Claimants,
    pub(crate) backdrop: Backdrop,
    pub(crate) concepts: Concepts,
    pub(crate) last_report: Mutex<Option<Instant>>,
    pub(crate) writing: Mutex<()>,
    pub(crate) tagging: Mutex<()>,
    pub(crate) maintaining: Mutex<()>,
}

impl MilvusLibrary {
    /// Opens the library, or makes one.
    ///
    /// # Errors
    /// [`LibraryError::StoreDown`] where nobody answers, and [`LibraryError::Store`] for what cannot be used.
    pub fn open(options: &MilvusOptions) -> Result<Self, LibraryError> {
        let engine = Arc::new(Engine::connect(&options.address)?);
        let names = Collections::new(options.address.collection());
        if !options.create && !engine.has(&names.documents)? {
            return Err(LibraryError::Store(format!(
                "there is no photo library at {}; make one with `foray index DIR`, or name another with --store",
                options.address
            )));
        }
        create_common(&engine, &names)?;
        let shelves = Shelves { engine: &engine, collection: &names.documents };
        check_version(&engine, shelves)?;
        engine.set_index(index_of(&engine, shelves)?);
        let name = process_name();
        let pulse = Pulse::start(Arc::clone(&engine), names.clone(), &name)?;
        let previews = Previews::open(&options.previews)?;
        let sample = Sample::new(options.sample);
        Ok(Self {
            engine,
            names,
            previews,
            pulse,
            sample,
            name,
            claimants: Claimants::default(),
            backdrop: Backdrop::default(),
            concepts: Concepts::default(),
            last_report: Mutex::default(),
            writing: Mutex::default(),
            tagging: Mutex::default(),
            maintaining: Mutex::default(),
        })
    }

    pub(crate) fn shelves(&self) -> Shelves<'_> {
        Shelves { engine: &self.engine, collection: &self.names.documents }
    }

    /// The collection of the space that is searched, with the space.
    pub(crate) fn searched(&self) -> Option<(SpaceId, String)> {
        let space = self.pulse.space()?;
        let collection = self.names.photos(&space);
        Some((space, collection))
    }

    /// The spaces that have a collection, by their names.
    pub(crate) fn known_spaces(&self) -> Result<Vec<SpaceId>, MilvusError> {
        let spaces = self.shelves().all(SPACE)?;
        Ok(spaces.iter().map(|space| space_named(&space.key)).collect())
    }

    /// Makes the collection of a space if need be, and tells its name.
    pub(crate) fn collection_for(&self, space: &SpaceId, dimension: usize) -> Result<String, MilvusError> {
        let collection = self.names.photos(space);
        create_photos(&self.engine, &collection, space, (dimension, self.engine.index()))?;
        self.shelves().put_small(SPACE, space.as_str().as_bytes(), &[])?;
        Ok(collection)
    }

    /// The space to commit vectors of `offered` into: an empty library takes the first that comes.
    pub(crate) fn space_for(&self, offered: &SpaceId, dimension: usize) -> Result<String, LibraryError> {
        match self.pulse.read_space()? {
            Some(space) if space == *offered => {}
            Some(expected) if self.count_photos(&expected)? > 0 => {
                return Err(LibraryError::WrongSpace { expected, got: offered.clone() });
            }
            _ => {
                self.collection_for(offered, dimension)?;
                self.shelves().put(META, SEARCHED, offered.as_str().as_bytes())?;
                self.pulse.set_space(offered);
            }
        }
        let collection = self.names.photos(offered);
        let expected = self.engine.dimension(&collection)?;
        if expected != dimension {
            return Err(LibraryError::Dimension { expected, got: dimension });
        }
        Ok(collection)
    }

    /// Photos of a space that some file holds.
    pub(crate) fn count_photos(&self, space: &SpaceId) -> Result<usize, MilvusError> {
        let collection = self.names.photos(space);
        if !self.engine.has(&collection)? {
            return Ok(0);
        }
        self.engine.count(&collection, "gone_at == 0")
    }

    /// The rows of photos that are there, in the order of their ids.
    pub(crate) fn photo_rows(
        &self,
        collection: &str,
        ids: &[ImageId],
        part: Part,
    ) -> Result<Vec<PhotoRow>, MilvusError> {
        let mut rows = vec![];
        for ids in ids.chunks(IDS_A_QUERY) {
            self.each_photo(collection, &crate::expression::ids(ids), None, part, |row| {
                rows.push(row);
                Ok(true)
            })?;
        }
        Ok(rows)
    }

    /// Calls `visit` for every photo that `filter` holds for, in the order of their ids, until it says that it has enough.
    pub(crate) fn each_photo(
        &self,
        collection: &str,
        filter: &str,
        after: Option<ImageId>,
        part: Part,
        mut visit: impl FnMut(PhotoRow) -> Result<bool, MilvusError>,
    ) -> Result<(), MilvusError> {
        let (columns, row_bytes): (&[&str], usize) = match part {
            Part::Whole | Part::ShownWhole => {
                let vector = self.engine.dimension(collection)? * COMPONENT_BYTES;
                (&["id", "record", "gone_at", "vector"], RECORD_BYTES + vector)
            }
            Part::Record | Part::Shown => (&["id", "record", "gone_at"], RECORD_BYTES),
        };
        let freshness = match part {
            Part::Record | Part::Whole => Freshness::Latest,
            Part::Shown | Part::ShownWhole => Freshness::Own,
        };
        let after = after.map(|id| id.to_string()).unwrap_or_default();
        let ask = Ask { filter, after: &after, columns, row_bytes, freshness };
        self.engine.each_row(collection, &ask, |row| visit(PhotoRow::read(&row)?))
    }

    /// At most `limit` of the photos that `filter` holds for, in the order of their ids, from the first one after `after`.
    pub(crate) fn photo_page(
        &self,
        collection: &str,
        (filter, after): (&str, Option<ImageId>),
        part: Part,
        limit: usize,
    ) -> Result<Vec<PhotoRow>, MilvusError> {
        let mut page = vec![];
        self.each_photo(collection, filter, after, part, |row| {
            page.push(row);
            Ok(page.len() < limit)
        })?;
        Ok(page)
    }

    /// The photo with this id, of those in the space that is searched.
    pub(crate) fn row(&self, id: ImageId, part: Part) -> Result<PhotoRow, LibraryError> {
        let missing = || LibraryError::NoPhoto(id.to_string());
        let (_, collection) = self.searched().ok_or_else(missing)?;
        self.photo_rows(&collection, &[id], part)?.pop().ok_or_else(missing)
    }

    pub(crate) fn vector_of(&self, id: ImageId) -> Result<UnitVector, LibraryError> {
        let row = self.row(id, Part::ShownWhole)?;
        Ok(row.vector.ok_or_else(|| MilvusError::Damaged(format!("photo {id} has no vector")))?)
    }

    pub(crate) fn find(&self, digits: &str) -> Result<ImageId, LibraryError> {
        let digits = digits.to_ascii_lowercase();
        let missing = || LibraryError::NoPhoto(digits.clone());
        let is_hex = digits.len() <= 32 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        let (_, collection) = self.searched().filter(|_| is_hex).ok_or_else(missing)?;
        let (first, last) = (quote(&digits), quote(&format!("{digits}g")));
        let mut found = vec![];
        let filter = format!("id >= {first} and id < {last}");
        self.engine.each_row(&collection, &Ask::of(&filter, &["id"], ID_BYTES), |row| {
            found.push(row_id(&row)?);
            Ok(found.len() < MOST_NAMESAKES)
        })?;
        match found.as_slice() {
            [] => Err(missing()),
            [id] => Ok(*id),
            many => Err(LibraryError::AmbiguousPhoto { given: digits.clone(), count: many.len() }),
        }
    }

    pub(crate) fn roots(&self) -> Result<Vec<PhotoPath>, MilvusError> {
        Ok(self.shelves().all(ROOT)?.into_iter().map(|root| PhotoPath::from_bytes(&root.key)).collect())
    }

    pub(crate) fn photo_at_path(&self, path: &PhotoPath) -> Result<Option<ImageId>, MilvusError> {
        let filter = format!("id == {}", quote(&path_key(path)));
        let rows = self.engine.rows(&self.names.files, &Ask::of(&filter, &["id", "image"], ID_BYTES))?;
        rows.first().map_or(Ok(None), |row| Ok(text_of(row, "image")?.parse().ok()))
    }

    pub(crate) fn all_failures(&self) -> Result<Vec<Failure>, MilvusError> {
        let ask = Ask::of("image == \"\"", &["id", "reason"], REASON_BYTES);
        let rows = self.engine.rows(&self.names.files, &ask)?;
        let failure = |row: &serde_json::Map<String, serde_json::Value>| {
            Ok(Failure { path: key_path(text_of(row, "id")?), reason: text_of(row, "reason")?.to_owned() })
        };
        rows.iter().map(failure).collect()
    }

    pub(crate) fn tell_status(&self) -> Result<LibraryStatus, LibraryError> {
        let mut status = LibraryStatus {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            library: PhotoPath::from(self.engine.address().to_string()),
            format: SCHEMA,
            photos: 0,
            files: self.engine.count(&self.names.files, "image != \"\"")?,
            failed: self.engine.count(&self.names.files, "image == \"\"")?,
            roots: self.roots()?,
            space: SpaceStatus { space: SpaceId::from(String::new()), dimension: 0, vectors: 0 },
            search: SearchStructure::Exact { rows: 0 },
            backend: None,
            progress: self.pulse.progress(),
            disk: None,
            started_at: None,
        };
        if let Some((space, collection)) = self.searched() {
            let dimension = self.engine.dimension(&collection)?;
            let vectors = self.engine.count(&collection, "id != \"\"")?;
            status.photos = self.engine.count(&collection, "gone_at == 0")?;
            status.space = SpaceStatus { space, dimension, vectors };
            status.search = SearchStructure::Graph { rows: vectors, tail: 0 };
        }
        Ok(status)
    }

    pub(crate) fn last_progress(&self) -> Option<IndexProgress> {
        self.pulse.progress()
    }

    /// Where this process keeps what it computes.
    pub(crate) fn own_folder(&self) -> PathBuf {
        self.sample.folder()
    }

    pub(crate) fn real_file(&self, id: ImageId) -> Result<PathBuf, LibraryError> {
        let paths: Vec<PhotoPath> = self.row(id, Part::Shown)?.record.files.into_iter().map(|file| file.path).collect();
        foray_library::servable_file(id, &paths, &self.roots()?)
    }
}

/// Notes the version in a new library, and refuses that of a newer Foray.
fn check_version(engine: &Engine, shelves: Shelves<'_>) -> Result<(), MilvusError> {
    let ours = SCHEMA.to_string();
    match shelves.get(META, VERSION)? {
        None => shelves.put_small(META, VERSION, ours.as_bytes()),
        Some(version) if version == ours.as_bytes() => Ok(()),
        Some(version) => {
            let got = String::from_utf8_lossy(&version).into_owned();
            Err(MilvusError::Version { address: engine.address().to_string(), got, expected: SCHEMA })
        }
    }
}

/// The index that the library was made with; a new one gets that of the address.
fn index_of(engine: &Engine, shelves: Shelves<'_>) -> Result<IndexKind, MilvusError> {
    if let Some(name) = shelves.get(META, INDEX)? {
        let known = IndexKind::named(&String::from_utf8_lossy(&name));
        return known.ok_or_else(|| MilvusError::Damaged("an index that is none".to_owned()));
    }
    let index = engine.address().index();
    shelves.put_small(META, INDEX, index.name().as_bytes())?;
    Ok(index)
}

/// A name that no other process has: of the machine, the process and the moment.
fn process_name() -> String {
    let machine = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let moment = since_1970().as_nanos();
    let seed = format!("{}/{}/{moment}/{:?}", machine.trim(), std::process::id(), Path::new(".").canonicalize());
    blake3::hash(seed.as_bytes()).to_hex()[..16].to_owned()
}

/// Seconds since 1970.
pub(crate) fn now_seconds() -> i64 {
    since_1970().as_secs() as i64
}

/// Milliseconds since 1970.
pub(crate) fn now_milliseconds() -> i64 {
    since_1970().as_millis() as i64
}

/// A whole number of any size in a column of 64 bits with a sign, and back.
pub(crate) fn unsigned(row: &serde_json::Map<String, serde_json::Value>, column: &str) -> Result<u64, MilvusError> {
    Ok(number_of(row, column)?.cast_unsigned())
}
