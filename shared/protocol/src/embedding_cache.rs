//! Embeddings of photos that belong to no library, remembered by content: labelled photos are measured again and again.

use serde::{Deserialize, Serialize};

use crate::{ImageId, PhotoPath, ProtocolError, SpaceId, UnitVector};

/// A library as it remembers the embeddings of photos, its own and others.
///
/// Two implementations: the library itself (in one process) and [`crate::Client`] (over HTTP). Answers stand in the order of the
/// questions, one for each.
pub trait EmbeddingCache: Send + Sync {
    /// What these files hold, if they still look as they did when they were last read.
    fn contents_of(&self, files: &[FileMark]) -> Result<Vec<Option<ImageId>>, ProtocolError>;

    /// The embeddings of these photos in `space`, as far as they are known.
    fn embeddings_of(&self, space: &SpaceId, images: &[ImageId]) -> Result<Vec<Option<UnitVector>>, ProtocolError>;

    /// Remembers what files hold, and embeddings in `space`; on disk when it returns, and may be sent twice without harm.
    fn remember(
        &self,
        space: &SpaceId,
        files: &[(FileMark, ImageId)],
        embeddings: &[(ImageId, UnitVector)],
    ) -> Result<(), ProtocolError>;
}

/// A file's place and what shows whether it changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileMark {
    /// Absolute path.
    pub path: PhotoPath,
    /// Size in bytes.
    pub size: u64,
    /// Modification time, nanoseconds since 1970.
    pub modified_ns: i64,
}
