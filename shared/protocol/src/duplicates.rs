//! Duplicates: what is asked for, and the groups that come back.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::results::{exact_path, text_and_bytes};
use crate::search::ten;
use crate::{ImageId, PhotoMetadata, PhotoPath, ProtocolError};

/// How photos of a group are the same, the strictest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum DuplicateKind {
    /// Files with the same content.
    Exact,
    /// The same picture in other files: resized, recompressed, brightened, cropped a little.
    Near,
    /// Pictures of one scene that a camera took within seconds.
    Burst,
    /// Other pictures of much the same thing.
    Similar,
}

impl DuplicateKind {
    /// All kinds, the strictest first.
    pub const ALL: [Self; 4] = [Self::Exact, Self::Near, Self::Burst, Self::Similar];

    fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Near => "near",
            Self::Burst => "burst",
            Self::Similar => "similar",
        }
    }
}

impl fmt::Display for DuplicateKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for DuplicateKind {
    type Err = ProtocolError;

    fn from_str(text: &str) -> Result<Self, ProtocolError> {
        let named = Self::ALL.into_iter().find(|kind| kind.name() == text);
        named.ok_or_else(|| ProtocolError::DuplicateKind { got: text.to_owned() })
    }
}

/// `GET /api/v1/duplicates`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DuplicatesRequest {
    /// Only groups of this kind. Without it, all but similar ones: those compare every photo with every other.
    #[serde(default)]
    pub kind: Option<DuplicateKind>,
    /// How many groups at most, 1 to 10,000.
    #[serde(default = "ten")]
    #[param(minimum = 1, maximum = 10_000, default = 10)]
    pub limit: usize,
    /// How many of the first to leave out, for paging.
    #[serde(default)]
    pub offset: usize,
}

/// One file of a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DuplicateFile {
    /// Identity of its content.
    pub id: ImageId,
    /// Where it is.
    pub path: String,
    /// The exact path in base64, only where `path` is not exact because the name is not UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_bytes: Option<String>,
    /// Its size.
    pub bytes: u64,
    /// Cosine similarity to the file to keep, -1..1.
    pub similarity: f32,
    /// Size, format, date, camera, place.
    #[serde(flatten)]
    pub metadata: PhotoMetadata,
}

impl DuplicateFile {
    /// The file at `path` with the photo `id`.
    pub fn new(id: ImageId, path: &PhotoPath, bytes: u64, similarity: f32, metadata: PhotoMetadata) -> Self {
        let (path, path_bytes) = text_and_bytes(path);
        Self { id, path, path_bytes, bytes, similarity, metadata }
    }

    /// The exact path.
    pub fn photo_path(&self) -> PhotoPath {
        exact_path(&self.path, self.path_bytes.as_deref())
    }
}

/// What speaks for the file to keep: the first of these in which it is better than the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeepReason {
    /// More pixels.
    Resolution,
    /// It still has the camera's notes (EXIF).
    CameraData,
    /// A format that loses less.
    Format,
    /// More bytes: less compressed.
    Size,
    /// Taken earlier.
    Date,
    /// A name that is not that of a copy.
    Name,
    /// A shorter path, or the first in path order.
    Path,
}

impl fmt::Display for KeepReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resolution => "more pixels",
            Self::CameraData => "has the camera's data",
            Self::Format => "better format",
            Self::Size => "larger file",
            Self::Date => "earlier date",
            Self::Name => "name is not a copy's",
            Self::Path => "shorter path",
        })
    }
}

/// Files of which one is enough.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DuplicateGroup {
    /// How they are the same.
    pub kind: DuplicateKind,
    /// The one that is suggested to be kept.
    pub keep: DuplicateFile,
    /// Why that one.
    pub reason: KeepReason,
    /// The others, best first; with each photo all of its files.
    pub others: Vec<DuplicateFile>,
    /// Bytes of the others.
    pub freed_bytes: u64,
}

/// Groups of duplicates, those that could free the most bytes first, then in path order.
///
/// A photo is in a group of the strictest kind only; what is kept of a group may stand in one group of a laxer kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DuplicateResults {
    /// The groups.
    pub groups: Vec<DuplicateGroup>,
    /// How many groups there are on all pages.
    pub total: usize,
    /// Bytes that all of them could free, each file counted once.
    pub freed_bytes: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_written_as_they_are_read() {
        for kind in DuplicateKind::ALL {
            assert_eq!(kind.to_string().parse::<DuplicateKind>().unwrap(), kind);
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.to_string());
        }
        assert!("same".parse::<DuplicateKind>().unwrap_err().to_string().contains("exact, near, burst or similar"));
    }
}
