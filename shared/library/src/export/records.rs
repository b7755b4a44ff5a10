//! The lines and the manifest of an export.

use foray_protocol::{
    CompanionMark, FileFacts, ImageId, PhotoMetadata, PhotoPath, SpaceId, exact_path, text_and_bytes,
};
use serde::{Deserialize, Serialize};

use crate::records::FileRecord;

/// What an export says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the export's form.
    pub foray_export: u32,
    /// The program that wrote it.
    pub written_by: String,
    /// The space of the vectors; `None` where there are none.
    pub space: Option<SpaceId>,
    /// Components of a vector; 0 where there are none.
    pub dimension: usize,
    /// Lines of `photos.jsonl` and rows of `vectors.npy`.
    pub photos: usize,
    /// Files in these lines.
    pub files: usize,
    /// Lines of `failures.jsonl`.
    pub failures: usize,
    /// The folders that the library covers.
    pub roots: Vec<ExportedPath>,
}

/// A path, exact also where it is not UTF-8.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportedPath {
    path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path_bytes: Option<String>,
}

fn is_none(companions: &CompanionMark) -> bool {
    *companions == 0
}

/// A file of a photo, or one that could not be indexed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct FileLine {
    #[serde(flatten)]
    path: ExportedPath,
    size: u64,
    modified_ns: i64,
    #[serde(default, skip_serializing_if = "is_none")]
    companions: CompanionMark,
}

/// A line of `photos.jsonl`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct PhotoLine {
    pub id: ImageId,
    pub files: Vec<FileLine>,
    #[serde(flatten)]
    pub metadata: PhotoMetadata,
}

/// A line of `failures.jsonl`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct FailureLine {
    #[serde(flatten)]
    pub file: FileLine,
    pub reason: String,
}

impl From<&PhotoPath> for ExportedPath {
    fn from(path: &PhotoPath) -> Self {
        let (path, path_bytes) = text_and_bytes(path);
        Self { path, path_bytes }
    }
}

impl From<&ExportedPath> for PhotoPath {
    fn from(path: &ExportedPath) -> Self {
        exact_path(&path.path, path.path_bytes.as_deref())
    }
}

impl FileLine {
    pub fn new(path: &PhotoPath, file: &FileRecord) -> Self {
        Self { path: path.into(), size: file.size, modified_ns: file.modified_ns, companions: file.companions }
    }

    pub fn facts(&self) -> FileFacts {
        FileFacts {
            path: (&self.path).into(),
            size: self.size,
            modified_ns: self.modified_ns,
            companions: self.companions,
        }
    }
}
