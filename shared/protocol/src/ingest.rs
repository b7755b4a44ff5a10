//! How an indexer feeds a library: what it asks, and the batches it commits.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::{
    Description, FileMark, ImageId, IndexProgress, Junk, PerceptualHash, PhotoPath, PhotoTag, ProtocolError, SpaceId,
    ThumbHash, UnitVector,
};

/// A library as its indexers see it.
///
/// Three implementations: the library in a folder (in one process), [`crate::Client`] (over HTTP), and the library on Milvus. All keep
/// these promises:
/// - answers stand in the order of the questions, one for each;
/// - a commit is all or nothing, is on disk when it returns, and may be sent twice without harm;
/// - a vector of another space than the library serves or builds is refused, never mixed in.
pub trait Ingest: Send + Sync {
    /// What the library knows of these paths; `None` for a path that it never saw.
    fn known_files(&self, paths: &[PhotoPath]) -> Result<Vec<Option<KnownFile>>, ProtocolError>;

    /// Whether each of these photos already has a vector in `space`, so that it need not be embedded again.
    fn known_images(&self, space: &SpaceId, images: &[ImageId]) -> Result<Vec<bool>, ProtocolError>;

    /// The files that the library has under `root`, in path order, at most `limit` of them, from the first one after `after`.
    fn files_under(
        &self,
        root: &PhotoPath,
        after: Option<&PhotoPath>,
        limit: usize,
    ) -> Result<Vec<RootFile>, ProtocolError>;

    /// Reserves files for whoever asks, where several indexers share a library; tells for each whether nobody else works at it. Those
    /// that are committed are free again, and so are those of an indexer that has died. Without others every file is free.
    ///
    /// # Errors
    /// As for all of these.
    fn claim(&self, paths: &[PhotoPath]) -> Result<Vec<bool>, ProtocolError> {
        Ok(vec![true; paths.len()])
    }

    /// Applies the changes in their order.
    fn commit(&self, batch: &IngestBatch) -> Result<CommitSummary, ProtocolError>;

    /// Remembers folders as roots of the library: they are watched, and originals are served from them alone.
    fn remember_roots(&self, roots: &[PhotoPath]) -> Result<(), ProtocolError>;

    /// Tells whoever watches (browser, status) how far the indexer is. Never fails the indexing: trouble is only logged.
    fn report(&self, progress: &IndexProgress);
}

/// A library's memory of one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownFile {
    /// Size in bytes when it was last looked at.
    pub size: u64,
    /// Modification time then, nanoseconds since 1970 (negative before).
    pub modified_ns: i64,
    /// How its companions looked then.
    #[serde(default)]
    pub companions: CompanionMark,
    /// What came of it: the photo, or the reason why there is none.
    pub outcome: Result<ImageId, String>,
}

/// A file under a root, as [`Ingest::files_under`] lists them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootFile {
    /// The file.
    pub path: PhotoPath,
    /// Its photo; `None` when it could not be indexed.
    pub image: Option<ImageId>,
}

/// Changes that belong together; committed atomically.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct IngestBatch {
    /// The space of the vectors in this batch.
    pub space: SpaceId,
    /// What happened, in order.
    pub changes: Vec<Change>,
}

/// One thing that happened to one file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Change {
    /// The file holds a photo that the library did not have.
    Added {
        /// The file.
        file: FileFacts,
        /// The photo.
        photo: Box<NewPhoto>,
    },
    /// The file holds a photo that the library has already: a copy, or a photo under a new name.
    Linked {
        /// The file.
        file: FileFacts,
        /// The photo.
        image: ImageId,
    },
    /// A photo that the library has is described anew: its file or the sidecar beside it has changed.
    Described {
        /// The photo.
        image: ImageId,
        /// All that its files say now.
        description: Box<Description>,
    },
    /// The file cannot be indexed.
    Failed {
        /// The file.
        file: FileFacts,
        /// Why, in a sentence for the photo's owner.
        reason: String,
    },
    /// The file is gone.
    Removed {
        /// Where it was.
        path: PhotoPath,
    },
}

/// A file's place and what shows whether it changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFacts {
    /// Absolute path.
    #[serde(deserialize_with = "absolute")]
    pub path: PhotoPath,
    /// Size in bytes.
    pub size: u64,
    /// Modification time, nanoseconds since 1970.
    pub modified_ns: i64,
    /// How its companions look.
    #[serde(default)]
    pub companions: CompanionMark,
}

/// What an indexer sends is believed to be where it says; a path without a root could be anywhere, and no export could tell of it.
fn absolute<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PhotoPath, D::Error> {
    let path = PhotoPath::deserialize(deserializer)?;
    match path.is_absolute() {
        true => Ok(path),
        false => Err(D::Error::custom(format!("got the path {path:?}; expected an absolute one"))),
    }
}

/// What shows whether a companion of a file came, changed or went: a sidecar, or the JPEG beside a RAW file. 0 for none.
pub type CompanionMark = u64;

/// A photo on its way into the library.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NewPhoto {
    /// Identity of the content.
    pub id: ImageId,
    /// What is known of the picture besides its vector.
    pub metadata: PhotoMetadata,
    /// Its embedding in the batch's space.
    pub vector: UnitVector,
    /// A JPEG preview, long side at most 400 pixels.
    #[serde(with = "serde_bytes")]
    pub thumbnail: Vec<u8>,
}

/// What is known of a photo besides its vector and its paths.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PhotoMetadata {
    /// Width in pixels, after orientation.
    pub width: u32,
    /// Height in pixels, after orientation.
    pub height: u32,
    /// File format: `jpeg`, `png`, `webp`, `gif`, `tiff`, `bmp`, `jxl`, `heic`, `avif`, `raw`.
    pub format: String,
    /// What its files say of it.
    #[serde(flatten)]
    pub description: Description,
    /// Why the photo is hardly worth keeping; `None` for a good one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub junk: Option<Junk>,
    /// What the picture looks like; `None` for one without structure, and for photos indexed by versions that did not know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub perceptual_hash: Option<PerceptualHash>,
    /// What to paint until its thumbnail is there; `None` for photos indexed by versions that did not know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumbhash: Option<ThumbHash>,
    /// What the library's rules and its owner call it; the library keeps these, and takes none from an indexer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<PhotoTag>,
}

impl PhotoMetadata {
    /// What the photo is found by as its tags, as it is written: keywords, what kind of junk it is, and the tags of rules and people.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        let keywords = self.description.keywords.iter().map(String::as_str);
        keywords.chain(self.junk.map(Junk::name)).chain(self.tags.iter().map(|tag| tag.tag.as_str()))
    }
}

impl KnownFile {
    /// The photo that the file holds, if it looks as it did; none where a companion had a say in that.
    pub fn photo_of(&self, mark: &FileMark) -> Option<ImageId> {
        // A RAW file's photo may be that of the JPEG beside it.
        let is_same = self.companions == 0 && (self.size, self.modified_ns) == (mark.size, mark.modified_ns);
        self.outcome.as_ref().ok().copied().filter(|_| is_same)
    }
}

/// What a commit did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitSummary {
    /// Photos that are new in the library.
    pub photos_added: usize,
    /// Files that the library had and has no more.
    pub files_removed: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_sent_with_its_whole_path_or_refused() {
        let sent = |path: &str| {
            let file = FileFacts { path: path.into(), size: 1, modified_ns: 1, companions: 0 };
            rmp_serde::from_slice::<FileFacts>(&rmp_serde::to_vec_named(&file).unwrap())
                .map_err(|error| error.to_string())
        };
        assert_eq!(sent("/photos/a.jpg").unwrap().path, "/photos/a.jpg".into());
        assert!(sent("photos/a.jpg").unwrap_err().contains("got the path \"photos/a.jpg\"; expected an absolute one"));
    }
}
