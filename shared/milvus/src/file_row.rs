//! A file as a row: what it looked like when it was last read, and what came of it.

use foray_protocol::{FileFacts, ImageId, KnownFile};
use serde_json::{Map, Value, json};

use crate::MilvusError;
use crate::columns::{cut, text_of};
use crate::schema::{LONGEST_REASON, NO_VECTOR};
use crate::store::unsigned;
use crate::text::{key_path, path_key};

pub(crate) const FILE_COLUMNS: [&str; 6] = ["id", "image", "reason", "size", "modified", "companions"];
/// What a file's row may take in an answer.
pub(crate) const FILE_BYTES: usize = 512;

/// A file as its row holds it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FileRow {
    pub facts: FileFacts,
    /// The photo, or why there is none.
    pub outcome: Result<ImageId, String>,
}

impl FileRow {
    /// All columns.
    pub fn columns(&self) -> Value {
        let (image, reason) = match &self.outcome {
            Ok(image) => (image.to_string(), ""),
            Err(reason) => (String::new(), cut(reason, LONGEST_REASON)),
        };
        let FileFacts { path, size, modified_ns, companions } = &self.facts;
        json!({
            "id": path_key(path),
            "image": image,
            "reason": reason,
            "size": size.cast_signed(),
            "modified": modified_ns,
            "companions": companions.cast_signed(),
            "nothing": NO_VECTOR,
        })
    }

    /// The file in a row.
    ///
    /// # Errors
    /// [`MilvusError::Damaged`].
    pub fn read(row: &Map<String, Value>) -> Result<Self, MilvusError> {
        let facts = FileFacts {
            path: key_path(text_of(row, "id")?),
            size: unsigned(row, "size")?,
            modified_ns: unsigned(row, "modified")?.cast_signed(),
            companions: unsigned(row, "companions")?,
        };
        let outcome = text_of(row, "image")?.parse().map_err(|_| ());
        let reason = text_of(row, "reason")?;
        Ok(Self { facts, outcome: outcome.map_err(|()| reason.to_owned()) })
    }
}

impl From<FileRow> for KnownFile {
    fn from(FileRow { facts: FileFacts { size, modified_ns, companions, .. }, outcome }: FileRow) -> Self {
        Self { size, modified_ns, companions, outcome }
    }
}
