//! The catalogue's records as they are stored: MessagePack maps with named fields, so that later versions can add some.

use foray_protocol::{CompanionMark, ImageId, KnownFile, PhotoMetadata, PhotoPath};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::LibraryError;

/// A photo's row, under its id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PhotoRecord {
    pub metadata: PhotoMetadata,
    /// When it came into the library, seconds since 1970; `None` for photos of versions that did not note it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub indexed_at: Option<u64>,
}

/// A file's row, under its path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileRecord {
    pub size: u64,
    pub modified_ns: i64,
    #[serde(default)]
    pub companions: CompanionMark,
    pub outcome: Outcome,
}

/// What came of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Outcome {
    Photo(ImageId),
    Failure(String),
}

impl From<FileRecord> for KnownFile {
    fn from(record: FileRecord) -> Self {
        let outcome = match record.outcome {
            Outcome::Photo(id) => Ok(id),
            Outcome::Failure(reason) => Err(reason),
        };
        Self { size: record.size, modified_ns: record.modified_ns, companions: record.companions, outcome }
    }
}

/// How many of each the library has; changed in the same transaction as what it counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counts {
    /// Photos with at least one file.
    pub photos: usize,
    /// Files that hold them.
    pub files: usize,
    /// Files that could not be indexed.
    pub failed: usize,
    /// Commits so far.
    #[serde(default)]
    pub commits: u64,
}

pub(crate) fn encode(record: &impl Serialize) -> Result<Vec<u8>, LibraryError> {
    rmp_serde::to_vec_named(record).map_err(|error| LibraryError::Damaged(error.to_string()))
}

pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, LibraryError> {
    rmp_serde::from_slice(bytes).map_err(|error| LibraryError::Damaged(error.to_string()))
}

/// Key of a link from a photo to one of its files: links of a photo stand together, in path order.
pub(crate) fn link_key(image: ImageId, path: &PhotoPath) -> Vec<u8> {
    [image.as_bytes(), path.as_bytes()].concat()
}

/// The path in a link's key.
pub(crate) fn link_path(key: &[u8]) -> PhotoPath {
    PhotoPath::from_bytes(key.get(16..).unwrap_or_default())
}
