//! The catalogue in sled: files, photos and the links between them, with the counts that belong to them.

use std::ops::Bound;

use foray_protocol::{Failure, ImageId, KnownFile, PhotoPath, RootFile, SpaceId, is_raw, since_1970};
use sled::{Db, Tree};

use crate::LibraryError;
use crate::records::{Counts, FileRecord, Outcome, PhotoRecord, decode, encode, link_path};

const SPACE: &str = "space";
const ROOTS: &str = "roots";
pub(crate) const COUNTS: &str = "counts";

/// The catalogue's trees.
#[derive(Clone, Debug)]
pub(crate) struct Catalogue {
    /// Path -> [`FileRecord`].
    pub files: Tree,
    /// Id -> [`PhotoRecord`].
    pub photos: Tree,
    /// Id and path -> nothing: which files hold a photo.
    pub links: Tree,
    /// Id -> since when no file holds the photo (seconds since 1970, 8 bytes). It is hidden, and kept for a while.
    pub orphans: Tree,
    /// Counts, roots, the space that is searched.
    pub meta: Tree,
}

impl Catalogue {
    pub fn open(db: &Db) -> Result<Self, LibraryError> {
        Ok(Self {
            files: db.open_tree("files")?,
            photos: db.open_tree("photos")?,
            links: db.open_tree("links")?,
            orphans: db.open_tree("orphans")?,
            meta: db.open_tree("meta")?,
        })
    }

    pub fn file(&self, path: &PhotoPath) -> Result<Option<FileRecord>, LibraryError> {
        self.files.get(path.as_bytes())?.map(|value| decode(&value)).transpose()
    }

    pub fn known_file(&self, path: &PhotoPath) -> Result<Option<KnownFile>, LibraryError> {
        Ok(self.file(path)?.map(KnownFile::from))
    }

    pub fn photo(&self, id: ImageId) -> Result<Option<PhotoRecord>, LibraryError> {
        self.photos.get(id.as_bytes())?.map(|value| decode(&value)).transpose()
    }

    /// The files that hold a photo, in path order.
    pub fn paths(&self, id: ImageId) -> Result<Vec<PhotoPath>, LibraryError> {
        let paths = self.links.scan_prefix(id.as_bytes()).keys().map(|key| Ok(link_path(&key?)));
        let mut paths = paths.collect::<Result<Vec<_>, LibraryError>>()?;
        paths.sort_by_key(|path| is_raw(path.as_path()));
        Ok(paths)
    }

    /// All photos with their files: those of a photo stand together, in path order.
    pub fn all_links(&self) -> impl Iterator<Item = Result<(ImageId, PhotoPath), LibraryError>> {
        self.links.iter().keys().map(|key| {
            let key = key?;
            Ok((id_of(key.get(..16).unwrap_or_default())?, link_path(&key)))
        })
    }

    /// Photos whose id begins with these hexadecimal digits, at most `limit`.
    pub fn photos_starting_with(&self, digits: &str, limit: usize) -> Result<Vec<ImageId>, LibraryError> {
        let padded = |fill: &str| format!("{digits}{}", fill.repeat(32usize.saturating_sub(digits.len()))).parse();
        let (Ok(first), Ok(last)) = (padded("0"), padded("f")) else { return Ok(vec![]) };
        let (first, last): (ImageId, ImageId) = (first, last);
        let keys = self.photos.range(first.as_bytes().as_slice()..=last.as_bytes().as_slice()).keys();
        keys.take(limit).map(|key| id_of(&key?)).collect()
    }

    pub fn files_under(
        &self,
        root: &PhotoPath,
        after: Option<&PhotoPath>,
        limit: usize,
    ) -> Result<Vec<RootFile>, LibraryError> {
        let inside = folder_prefix(root);
        let entries = match after {
            Some(path) => self.files.range([path.as_bytes(), b"\0"].concat()..),
            None => self.files.range(inside.as_slice()..),
        };
        entries
            .take_while(|entry| entry.as_ref().map_or(true, |(key, _)| key.starts_with(&inside)))
            .take(limit)
            .map(|entry| {
                let (key, value) = entry?;
                let image = match decode::<FileRecord>(&value)?.outcome {
                    Outcome::Photo(id) => Some(id),
                    Outcome::Failure(_) => None,
                };
                Ok(RootFile { path: PhotoPath::from_bytes(&key), image })
            })
            .collect()
    }

    /// All photos, those that no file holds included.
    pub fn all_photos(&self) -> impl Iterator<Item = Result<(ImageId, PhotoRecord), LibraryError>> {
        self.photos_after(None)
    }

    /// The same, in the order of their ids, from the first one after `after`.
    pub fn photos_after(
        &self,
        after: Option<ImageId>,
    ) -> impl Iterator<Item = Result<(ImageId, PhotoRecord), LibraryError>> {
        let first = after.map_or(Bound::Unbounded, |after| Bound::Excluded(*after.as_bytes()));
        self.photos.range((first, Bound::Unbounded)).map(|entry| {
            let (key, value) = entry?;
            Ok((id_of(&key)?, decode(&value)?))
        })
    }

    /// Photos of the files whose names contain `name` (lower case).
    pub fn photos_named(&self, name: &str) -> Result<Vec<ImageId>, LibraryError> {
        let mut photos = vec![];
        for entry in &self.files {
            let (key, value) = entry?;
            let path = PhotoPath::from_bytes(&key);
            let file_name = path.as_path().file_name().unwrap_or_default().to_string_lossy().to_lowercase();
            if file_name.contains(name)
                && let Outcome::Photo(id) = decode::<FileRecord>(&value)?.outcome
            {
                photos.push(id);
            }
        }
        photos.sort_unstable();
        photos.dedup();
        Ok(photos)
    }

    pub fn failures(&self) -> Result<Vec<Failure>, LibraryError> {
        let mut failures = vec![];
        for entry in &self.files {
            let (key, value) = entry?;
            if let Outcome::Failure(reason) = decode::<FileRecord>(&value)?.outcome {
                failures.push(Failure { path: PhotoPath::from_bytes(&key), reason });
            }
        }
        Ok(failures)
    }

    pub fn counts(&self) -> Result<Counts, LibraryError> {
        self.meta.get(COUNTS)?.map_or_else(|| Ok(Counts::default()), |value| decode(&value))
    }

    pub fn roots(&self) -> Result<Vec<PhotoPath>, LibraryError> {
        self.meta.get(ROOTS)?.map_or_else(|| Ok(vec![]), |value| decode(&value))
    }

    pub fn add_roots(&self, roots: &[PhotoPath]) -> Result<(), LibraryError> {
        let mut all = self.roots()?;
        all.extend_from_slice(roots);
        all.sort();
        all.dedup();
        self.meta.insert(ROOTS, encode(&all)?)?;
        self.meta.flush()?;
        Ok(())
    }

    /// The space that is searched; `None` while the library is empty.
    pub fn space(&self) -> Result<Option<SpaceId>, LibraryError> {
        Ok(self.meta.get(SPACE)?.map(|value| SpaceId::from(String::from_utf8_lossy(&value).into_owned())))
    }

    pub fn set_space(&self, space: &SpaceId) -> Result<(), LibraryError> {
        self.meta.insert(SPACE, space.as_str().as_bytes())?;
        Ok(())
    }

    /// Which numbering of the rows of `space` is valid: compacting begins another one.
    pub fn numbering(&self, space: &SpaceId) -> Result<u32, LibraryError> {
        let number = self.meta.get(numbering_key(space))?;
        Ok(number.and_then(|bytes| bytes.as_ref().try_into().ok()).map_or(0, u32::from_be_bytes))
    }

    /// Begins another numbering: nothing that was written by row numbers before is believed from now on.
    pub fn begin_numbering(&self, space: &SpaceId) -> Result<u32, LibraryError> {
        let next = self.numbering(space)? + 1;
        self.meta.insert(numbering_key(space), &next.to_be_bytes())?;
        self.meta.flush()?;
        Ok(next)
    }

    /// Photos that some file holds, in the order of their ids.
    pub fn shown_photos(&self) -> impl Iterator<Item = Result<ImageId, LibraryError>> {
        self.shown_photos_after(None)
    }

    /// The same, from the first one after `after`.
    pub fn shown_photos_after(&self, after: Option<ImageId>) -> impl Iterator<Item = Result<ImageId, LibraryError>> {
        let first = after.map_or(Bound::Unbounded, |after| Bound::Excluded(*after.as_bytes()));
        let ids = self.photos.range((first, Bound::Unbounded)).keys().map(|key| id_of(&key?));
        ids.filter_map(|id| match id.and_then(|id| Ok((id, self.is_orphan(id)?))) {
            Ok((_, true)) => None,
            Ok((id, false)) => Some(Ok(id)),
            Err(error) => Some(Err(error)),
        })
    }

    pub fn is_orphan(&self, id: ImageId) -> Result<bool, LibraryError> {
        Ok(self.orphans.contains_key(id.as_bytes())?)
    }

    /// Photos that no file holds now.
    pub fn orphans(&self) -> Result<Vec<ImageId>, LibraryError> {
        self.orphans.iter().keys().map(|key| id_of(&key?)).collect()
    }

    /// Photos that no file has held for `seconds`.
    pub fn orphans_older_than(&self, seconds: u64) -> Result<Vec<ImageId>, LibraryError> {
        let limit = now_seconds().saturating_sub(seconds);
        let old = |value: &[u8]| value.try_into().map(u64::from_be_bytes).is_ok_and(|since| since < limit);
        self.orphans
            .iter()
            .filter_map(|entry| match entry {
                Ok((key, value)) => old(&value).then(|| id_of(&key)),
                Err(error) => Some(Err(error.into())),
            })
            .collect()
    }
}

fn numbering_key(space: &SpaceId) -> String {
    format!("numbering:{space}")
}

/// Seconds since 1970.
pub(crate) fn now_seconds() -> u64 {
    since_1970().as_secs()
}

/// What the paths of everything inside `folder` begin with.
fn folder_prefix(folder: &PhotoPath) -> Vec<u8> {
    let mut prefix = folder.as_bytes().to_vec();
    if prefix.last() != Some(&b'/') {
        prefix.push(b'/');
    }
    prefix
}

/// The id in a photo's key.
pub(crate) fn id_of(key: &[u8]) -> Result<ImageId, LibraryError> {
    let bytes = key.try_into().map_err(|_| LibraryError::Damaged("a photo's key that is not 16 bytes".to_owned()))?;
    Ok(ImageId::from_bytes(bytes))
}
