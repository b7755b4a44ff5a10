//! Photos that this process keeps to itself, in an embedded library that it fills from Milvus: what compares all photos with all
//! (unusual ones, duplicates, the map, facets) is computed there. A library of more photos is seen through an even sample.

use std::path::PathBuf;
use std::sync::Arc;

use foray_library::{Library, LibraryError, OpenOptions, Store, StoredPhoto};
use foray_protocol::{ImageId, SpaceId};
use parking_lot::Mutex;
use tempfile::TempDir;

use crate::columns::PhotoRow;
use crate::store::{MilvusLibrary, Part, now_milliseconds};
use crate::text::quote;

/// Photos taken in at once.
const STEP: usize = 500;
/// Rows are read again that changed so long before the last look: clocks differ, and a row may be on its way. Milliseconds.
const OVERLAP: i64 = 120_000;
/// How much the library may grow before the sample is drawn anew.
const GROWTH: f64 = 1.5;

/// The present sample.
#[derive(Debug)]
pub(crate) struct Sample {
    /// How many photos it has at most, about.
    most: usize,
    drawn: Mutex<Option<Drawn>>,
    folder: Mutex<Option<PathBuf>>,
}

#[derive(Debug)]
struct Drawn {
    space: SpaceId,
    /// The library's version that it follows.
    version: u64,
    /// When the last of its rows was changed, milliseconds since 1970.
    changed: i64,
    /// Photos of the library when it was drawn.
    photos: usize,
    /// The ids are hashes: those below a limit are an even sample.
    below: Option<ImageId>,
    library: Arc<Library>,
    // After the library, which is in it.
    _folder: TempDir,
}

impl Drawn {
    /// Whether it can follow a library of so many photos, of which a sample has `most`.
    fn fits(&self, space: &SpaceId, photos: usize, most: usize) -> bool {
        let has_grown = photos as f64 > GROWTH * self.photos.max(STEP) as f64;
        self.space == *space && !has_grown && (self.below.is_some() || photos <= most)
    }
}

impl Sample {
    pub fn new(most: usize) -> Self {
        Self { most, drawn: Mutex::default(), folder: Mutex::default() }
    }

    /// Where it is.
    pub fn folder(&self) -> PathBuf {
        self.folder.lock().clone().unwrap_or_else(std::env::temp_dir)
    }
}

impl MilvusLibrary {
    /// The sample as the library is now; `None` while the library is empty.
    pub(crate) fn sampled(&self) -> Result<Option<Arc<Library>>, LibraryError> {
        let version = self.pulse.version();
        let Some((space, collection)) = self.searched() else { return Ok(None) };
        let mut drawn = self.sample.drawn.lock();
        if let Some(drawn) = drawn.as_ref().filter(|drawn| drawn.space == space && drawn.version == version) {
            return Ok(Some(Arc::clone(&drawn.library)));
        }
        let photos = self.engine.count(&collection, "gone_at == 0")?;
        let mut present = match drawn.take().filter(|drawn| drawn.fits(&space, photos, self.sample.most)) {
            Some(present) => present,
            None => self.begin(space, photos)?,
        };
        self.follow(&collection, &mut present)?;
        present.version = version;
        let library = Arc::clone(&present.library);
        *drawn = Some(present);
        Ok(Some(library))
    }

    fn begin(&self, space: SpaceId, photos: usize) -> Result<Drawn, LibraryError> {
        let folder = tempfile::Builder::new().prefix("foray-sample-").tempdir()?;
        let options = OpenOptions {
            create: true,
            build_graph: true,
            ..OpenOptions::new(folder.path().join("library"), "sample")
        };
        let library = Arc::new(Library::open(&options)?);
        *self.sample.folder.lock() = Some(library.path());
        let below = (photos > self.sample.most).then(|| limit(self.sample.most as f64 / photos as f64));
        if below.is_some() {
            tracing::warn!(
                "the library has {photos} photos: unusual ones, duplicates, the map and the counts of its filters are those of about {} of them",
                self.sample.most
            );
        }
        Ok(Drawn { space, version: 0, changed: i64::MIN, photos, below, library, _folder: folder })
    }

    /// Takes in what has changed.
    fn follow(&self, collection: &str, drawn: &mut Drawn) -> Result<(), LibraryError> {
        let since = drawn.changed.saturating_sub(OVERLAP);
        let mut filter = format!("changed >= {}", since.max(0));
        if let Some(below) = drawn.below {
            filter.push_str(&format!(" and id < {}", quote(&below.to_string())));
        }
        let began = now_milliseconds();
        let (mut step, mut failed) = (vec![], None);
        self.each_photo(collection, &filter, None, Part::Whole, |row| {
            step.push(row);
            if step.len() == STEP {
                failed = take(drawn, &mut step).err();
            }
            Ok(failed.is_none())
        })?;
        failed.map_or(Ok(()), Err)?;
        take(drawn, &mut step)?;
        drawn.changed = began;
        Ok(())
    }
}

fn take(drawn: &Drawn, rows: &mut Vec<PhotoRow>) -> Result<(), LibraryError> {
    let photos: Vec<StoredPhoto> = rows.drain(..).map(PhotoRow::stored).collect::<Result<_, _>>()?;
    // What is known already is no change.
    if photos.is_empty() {
        return Ok(());
    }
    Store::take_photos(drawn.library.as_ref(), &drawn.space, &photos)
}

/// The id below which this share of all ids lies.
fn limit(share: f64) -> ImageId {
    let bits = (share.clamp(0.0, 1.0) * 2f64.powi(64)) as u64;
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&bits.to_be_bytes());
    ImageId::from_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_a_share_of_all_ids() {
        assert_eq!(limit(0.5).to_string(), "80000000000000000000000000000000");
        assert_eq!(limit(0.0).to_string(), "0".repeat(32));
    }
}
