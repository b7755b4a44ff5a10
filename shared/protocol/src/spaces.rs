//! Several spaces of vectors in one library: how photos get vectors of another model, and how that model takes over.

use serde::{Deserialize, Serialize};

use crate::{ImageId, PhotoPath, ProtocolError, SpaceId, UnitVector};

/// A library as it is given vectors of another model, while those it has go on serving.
///
/// Two implementations: the library itself (in one process) and [`crate::Client`] (over HTTP).
pub trait Spaces: Send + Sync {
    /// The spaces that the library has vectors of, the one that is searched first.
    fn spaces(&self) -> Result<Vec<SpaceCoverage>, ProtocolError>;

    /// Photos without a vector in `space`, in the order of their ids, at most `limit` of them, from the first one after `after`.
    fn without_vector(
        &self,
        space: &SpaceId,
        after: Option<ImageId>,
        limit: usize,
    ) -> Result<Vec<PhotoFiles>, ProtocolError>;

    /// The preview of a photo (JPEG, long side at most 400 pixels).
    fn preview(&self, image: ImageId) -> Result<Vec<u8>, ProtocolError>;

    /// Takes in vectors of `space`; on disk when it returns, and may be sent twice without harm.
    fn add_vectors(&self, space: &SpaceId, vectors: &[(ImageId, UnitVector)]) -> Result<(), ProtocolError>;

    /// Makes `space`, of the model with this name, the one that is searched: from one query to the next, or not at all.
    /// Refused while photos lack a vector in it.
    fn switch_space(&self, space: &SpaceId, model: &str) -> Result<(), ProtocolError>;

    /// Deletes the vectors of `space`, which must not be the one that is searched.
    fn drop_space(&self, space: &SpaceId) -> Result<(), ProtocolError>;
}

/// How far a library is covered by the vectors of one space.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpaceCoverage {
    /// The space, `model@fingerprint`.
    pub space: SpaceId,
    /// Whether it is the one that is searched.
    pub searched: bool,
    /// Vectors in it; those of photos that no file holds now are kept for a while.
    pub vectors: usize,
    /// Photos of the library.
    pub photos: usize,
}

/// A photo and the files that hold it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhotoFiles {
    /// The photo.
    pub image: ImageId,
    /// Its files, in path order.
    pub paths: Vec<PhotoPath>,
}
