//! What a photo library is to servers and commands, wherever it is kept.

use std::fmt::Debug;
use std::path::PathBuf;

use foray_protocol::{
    DuplicateResults, DuplicatesRequest, EmbeddingCache, Facets, Failure, FileFacts, Filter, HandTagging, Hit, ImageId,
    IndexProgress, Ingest, LibraryStatus, Maintenance, Neighbour, Photo, PhotoMap, PhotoMetadata, PhotoPath,
    SearchName, SpaceId, Spaces, TagRule, UnitVector, UnusualRequest, UnusualResults,
};

use crate::{Answer, ConceptBank, Documents, Library, LibraryError, Nouns, PhotoQuery};

/// A photo library.
///
/// Two implementations: [`Library`], a folder that one process owns, and the one on Milvus, which many servers and indexers
/// share. One suite of tests holds for both. Unless told otherwise, errors are those of whatever holds the library.
pub trait Store: Ingest + Spaces + EmbeddingCache + Documents + Debug + Send + Sync {
    /// The library as a folder of this process; `None` for one that is kept elsewhere.
    fn embedded(&self) -> Option<&Library>;

    /// The same, for what can only be done with such a library: `action` says what, as in "backed up".
    ///
    /// # Errors
    /// [`LibraryError::NotEmbedded`].
    fn embedded_to_be(&self, action: &'static str) -> Result<&Library, LibraryError> {
        self.embedded().ok_or(LibraryError::NotEmbedded { action })
    }

    /// Where this process keeps files of the library: all of it, or what it computes from it.
    fn folder(&self) -> PathBuf;

    /// The space that is searched; `None` while the library is empty.
    fn space(&self) -> Option<SpaceId>;

    /// A number that changes with every change of the library.
    fn version(&self) -> u64;

    /// The indexer's last report.
    fn progress(&self) -> Option<IndexProgress>;

    /// What the library holds; the backend is for whoever runs one to add.
    ///
    /// # Errors
    /// See [`Store`].
    fn status(&self) -> Result<LibraryStatus, LibraryError>;

    /// Files that could not be indexed, in path order.
    ///
    /// # Errors
    /// See [`Store`].
    fn failures(&self) -> Result<Vec<Failure>, LibraryError>;

    /// The photo whose id begins with these hexadecimal digits.
    ///
    /// # Errors
    /// [`LibraryError::NoPhoto`] and [`LibraryError::AmbiguousPhoto`].
    fn find_photo(&self, digits: &str) -> Result<ImageId, LibraryError>;

    /// The photo that the file at `path` holds, if the library has it.
    ///
    /// # Errors
    /// See [`Store`].
    fn photo_at(&self, path: &PhotoPath) -> Result<Option<ImageId>, LibraryError>;

    /// A photo with its files and metadata.
    ///
    /// # Errors
    /// [`LibraryError::NoPhoto`], also for a photo whose files are all gone.
    fn photo(&self, id: ImageId) -> Result<Photo, LibraryError>;

    /// The embedding of a photo in the space that is searched.
    ///
    /// # Errors
    /// [`LibraryError::NoPhoto`].
    fn vector(&self, id: ImageId) -> Result<UnitVector, LibraryError>;

    /// When a photo came into the library, seconds since 1970; `None` for one that is not here, or of a version that did not note it.
    ///
    /// # Errors
    /// See [`Store`].
    fn indexed_at(&self, id: ImageId) -> Result<Option<u64>, LibraryError>;

    /// The file of a photo's preview (JPEG, long side at most 400 pixels), where previews are files that this process can open;
    /// else [`Spaces::preview`] has it.
    fn thumbnail_file(&self, id: ImageId) -> Option<PathBuf>;

    /// A file that holds the photo: it exists, is a plain file, and lies in one of the library's roots, symbolic links resolved.
    ///
    /// # Errors
    /// [`LibraryError::NoPhoto`], or [`LibraryError::FileGone`] when none of its files is there.
    fn original_file(&self, id: ImageId) -> Result<PathBuf, LibraryError>;

    /// Photos in the order of their cosine similarity to the query, best first, equal scores in path order; with the way in which
    /// they were found and how many were left out.
    ///
    /// # Errors
    /// [`LibraryError::OutOfRange`] for a limit or offset outside its range, [`LibraryError::Dimension`] for a vector of another
    /// space.
    fn explained_search(&self, query: &PhotoQuery<'_>) -> Result<Answer, LibraryError>;

    /// Exactly these photos in the order of their similarity to `vector`.
    ///
    /// # Errors
    /// [`LibraryError::NoPhoto`] names the first id that the library does not have.
    fn rank(&self, vector: &UnitVector, ids: &[ImageId]) -> Result<Vec<Hit>, LibraryError>;

    /// How the photos that fulfil `filter` divide.
    ///
    /// # Errors
    /// See [`Store`].
    fn facets(&self, filter: &Filter) -> Result<Facets, LibraryError>;

    /// Photos by unusualness, most unusual first; equal scores in path order.
    ///
    /// # Errors
    /// [`LibraryError::OutOfRange`] and [`LibraryError::Preparing`].
    fn unusual(&self, request: &UnusualRequest) -> Result<UnusualResults, LibraryError>;

    /// Groups of photos that are the same, or nearly so.
    ///
    /// # Errors
    /// [`LibraryError::OutOfRange`] and [`LibraryError::Preparing`].
    fn duplicates(&self, request: &DuplicatesRequest) -> Result<DuplicateResults, LibraryError>;

    /// The photos that fulfil `filter` where they lie on the map of all.
    ///
    /// # Errors
    /// [`LibraryError::Preparing`] and [`LibraryError::Drawing`] while there is no map yet.
    fn map(&self, filter: &Filter, nouns: Option<Nouns<'_>>) -> Result<PhotoMap, LibraryError>;

    /// The concepts of `texts` in `space`, as [`Store::keep_concepts`] kept them; `None` where it did not, or for other texts.
    fn concepts(&self, space: &SpaceId, texts: &str) -> Option<ConceptBank>;

    /// Keeps the embeddings of `texts`, to measure queries of words by, unless `space` is not the one that is searched, or has no
    /// photo.
    ///
    /// # Errors
    /// [`LibraryError::Dimension`] for embeddings of another space.
    fn keep_concepts(&self, space: &SpaceId, texts: &str, embeddings: &[UnitVector]) -> Result<(), LibraryError>;

    /// Recall@10 of approximate searches against exact ones, 0 to 1; `None` where searches are exact, or their recall is not
    /// known.
    fn recall_probe(&self) -> Option<f64>;

    /// Keeps a rule, instead of one that had its name before, and gives all photos the tags that they get by it; tells how many got
    /// one.
    ///
    /// # Errors
    /// [`LibraryError::WrongSpace`] for a classifier of another model than the library's.
    fn keep_tag_rule(&self, rule: &TagRule) -> Result<usize, LibraryError>;

    /// Forgets a rule, and takes away the tags that it gave; tells how many photos lost one.
    ///
    /// # Errors
    /// [`LibraryError::NoTagRule`].
    fn forget_tag_rule(&self, name: &SearchName) -> Result<usize, LibraryError>;

    /// Gives photos a tag, or takes it away; tells how many of them changed.
    ///
    /// # Errors
    /// [`LibraryError::NoPhoto`] for a photo that is not here; then nothing is changed.
    fn tag_by_hand(&self, tagging: &HandTagging) -> Result<usize, LibraryError>;

    /// Forgets photos that no file has held for long, and brings what searches stand on up to date.
    ///
    /// # Errors
    /// [`LibraryError::Maintained`] while another thread does so.
    fn maintain(&self) -> Result<Maintenance, LibraryError>;

    /// Photos as they are stored, in the order of their ids, at most `limit` of them, from the first one after `after`.
    ///
    /// # Errors
    /// See [`Store`].
    fn stored_photos(&self, after: Option<ImageId>, limit: usize) -> Result<Vec<StoredPhoto>, LibraryError>;

    /// Takes photos in as they are stored elsewhere, in place of what the library knows of them; a photo without files is hidden.
    ///
    /// # Errors
    /// [`LibraryError::WrongSpace`] where the library has photos of another space.
    fn take_photos(&self, space: &SpaceId, photos: &[StoredPhoto]) -> Result<(), LibraryError>;

    /// Keeps the preview (JPEG) of a photo that was taken from another store.
    ///
    /// # Errors
    /// Those of wherever previews are.
    fn keep_preview(&self, id: ImageId, jpeg: &[u8]) -> Result<(), LibraryError>;

    /// The photos that look most like `id`, nearest first, at most `limit`.
    ///
    /// # Errors
    /// [`LibraryError::NoPhoto`].
    fn neighbours(&self, id: ImageId, limit: usize) -> Result<Vec<Neighbour>, LibraryError> {
        let vector = self.vector(id)?;
        let query = PhotoQuery { vector: Some(&vector), exclude: &[id], limit, ..PhotoQuery::default() };
        let neighbour = |hit: Hit| Neighbour { id: hit.photo.id, path: hit.photo.path, score: hit.score };
        Ok(self.explained_search(&query)?.hits.into_iter().map(neighbour).collect())
    }
}

/// A photo with all that a library knows of it.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredPhoto {
    /// Identity of the content.
    pub id: ImageId,
    /// What is known of the picture.
    pub metadata: PhotoMetadata,
    /// When it came into the library, seconds since 1970.
    pub indexed_at: Option<u64>,
    /// Its files; none for a photo whose files are all gone.
    pub files: Vec<FileFacts>,
    /// Its embedding in the space that is searched.
    pub vector: UnitVector,
}

impl Store for Library {
    fn embedded(&self) -> Option<&Library> {
        Some(self)
    }

    fn folder(&self) -> PathBuf {
        self.path()
    }

    fn space(&self) -> Option<SpaceId> {
        self.space()
    }

    fn version(&self) -> u64 {
        self.version()
    }

    fn progress(&self) -> Option<IndexProgress> {
        self.progress()
    }

    fn status(&self) -> Result<LibraryStatus, LibraryError> {
        self.status()
    }

    fn failures(&self) -> Result<Vec<Failure>, LibraryError> {
        self.failures()
    }

    fn find_photo(&self, digits: &str) -> Result<ImageId, LibraryError> {
        self.find_photo(digits)
    }

    fn photo_at(&self, path: &PhotoPath) -> Result<Option<ImageId>, LibraryError> {
        self.photo_at(path)
    }

    fn photo(&self, id: ImageId) -> Result<Photo, LibraryError> {
        self.photo(id)
    }

    fn vector(&self, id: ImageId) -> Result<UnitVector, LibraryError> {
        self.vector(id)
    }

    fn indexed_at(&self, id: ImageId) -> Result<Option<u64>, LibraryError> {
        self.indexed_at(id)
    }

    fn thumbnail_file(&self, id: ImageId) -> Option<PathBuf> {
        Some(self.thumbnail_file(id))
    }

    fn original_file(&self, id: ImageId) -> Result<PathBuf, LibraryError> {
        self.original_file(id)
    }

    fn explained_search(&self, query: &PhotoQuery<'_>) -> Result<Answer, LibraryError> {
        self.explained_search(query)
    }

    fn rank(&self, vector: &UnitVector, ids: &[ImageId]) -> Result<Vec<Hit>, LibraryError> {
        self.rank(vector, ids)
    }

    fn facets(&self, filter: &Filter) -> Result<Facets, LibraryError> {
        self.facets(filter)
    }

    fn unusual(&self, request: &UnusualRequest) -> Result<UnusualResults, LibraryError> {
        self.unusual(request)
    }

    fn duplicates(&self, request: &DuplicatesRequest) -> Result<DuplicateResults, LibraryError> {
        self.duplicates(request)
    }

    fn map(&self, filter: &Filter, nouns: Option<Nouns<'_>>) -> Result<PhotoMap, LibraryError> {
        self.map(filter, nouns)
    }

    fn concepts(&self, space: &SpaceId, texts: &str) -> Option<ConceptBank> {
        self.concepts(space, texts)
    }

    fn keep_concepts(&self, space: &SpaceId, texts: &str, embeddings: &[UnitVector]) -> Result<(), LibraryError> {
        self.keep_concepts(space, texts, embeddings)
    }

    fn recall_probe(&self) -> Option<f64> {
        self.recall_probe()
    }

    fn keep_tag_rule(&self, rule: &TagRule) -> Result<usize, LibraryError> {
        self.keep_tag_rule(rule)
    }

    fn forget_tag_rule(&self, name: &SearchName) -> Result<usize, LibraryError> {
        self.forget_tag_rule(name)
    }

    fn tag_by_hand(&self, tagging: &HandTagging) -> Result<usize, LibraryError> {
        self.tag_by_hand(tagging)
    }

    fn maintain(&self) -> Result<Maintenance, LibraryError> {
        self.maintain()
    }

    fn stored_photos(&self, after: Option<ImageId>, limit: usize) -> Result<Vec<StoredPhoto>, LibraryError> {
        self.stored_photos(after, limit)
    }

    fn take_photos(&self, space: &SpaceId, photos: &[StoredPhoto]) -> Result<(), LibraryError> {
        self.take_photos(space, photos)
    }

    fn keep_preview(&self, id: ImageId, jpeg: &[u8]) -> Result<(), LibraryError> {
        self.thumbnails.write(id, jpeg)
    }
}
