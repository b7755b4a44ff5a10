//! The library on Milvus as servers and commands see it.

use std::path::PathBuf;
use std::time::Instant;

use foray_library::{
    Answer, ConceptBank, Library, LibraryError, Nouns, ORPHAN_SECONDS, OpenOptions, PhotoQuery, Store, StoredPhoto,
};
use foray_protocol::{
    DuplicateResults, DuplicatesRequest, EmbeddingCache, Facets, Failure, FileMark, Filter, HandTagging, Hit, ImageId,
    IndexProgress, Ingest, KnownFile, LibraryStatus, Maintenance, Photo, PhotoMap, PhotoPath, ProtocolError,
    SearchName, SpaceId, TagRule, UnitVector, UnusualRequest, UnusualResults,
};

use crate::columns::PhotoRow;
use crate::store::{MilvusLibrary, Part, now_seconds};

impl MilvusLibrary {
    /// Forgets photos that no file has held for long; tells how many.
    fn forget_orphans(&self, collection: &str) -> Result<usize, LibraryError> {
        let long_gone = format!("gone_at > 0 and gone_at < {}", now_seconds() - ORPHAN_SECONDS as i64);
        let ids = self.engine.ids(collection, &long_gone)?;
        for space in self.known_spaces()? {
            let other = self.names.photos(&space);
            for ids in ids.chunks(crate::store::IDS_A_QUERY) {
                // Asked once more in the deletion itself: one of them may just have come back.
                let filter = format!("{long_gone} and {}", crate::expression::ids(ids));
                if self.engine.has(&other)? {
                    self.engine.delete(&other, &filter)?;
                }
            }
        }
        ids.iter().for_each(|id| self.previews.remove(*id));
        Ok(ids.len())
    }

    /// What `ask` makes of the sample; of a library without photos where there are none, which checks requests as any other.
    fn with_sample<T>(&self, ask: impl FnOnce(&Library) -> Result<T, LibraryError>) -> Result<T, LibraryError> {
        match self.sampled()? {
            Some(sample) => ask(&sample),
            None => {
                let folder = tempfile::tempdir()?;
                let options = OpenOptions { create: true, ..OpenOptions::new(folder.path().join("library"), "sample") };
                ask(&Library::open(&options)?)
            }
        }
    }
}

impl Drop for MilvusLibrary {
    fn drop(&mut self) {
        // What is not given back ends by itself a little later.
        let _ = self.release_all();
    }
}

impl Store for MilvusLibrary {
    fn embedded(&self) -> Option<&Library> {
        None
    }

    fn folder(&self) -> PathBuf {
        self.own_folder()
    }

    fn space(&self) -> Option<SpaceId> {
        self.pulse.space()
    }

    fn version(&self) -> u64 {
        self.pulse.version()
    }

    fn progress(&self) -> Option<IndexProgress> {
        self.last_progress()
    }

    fn status(&self) -> Result<LibraryStatus, LibraryError> {
        self.tell_status()
    }

    fn failures(&self) -> Result<Vec<Failure>, LibraryError> {
        Ok(self.all_failures()?)
    }

    fn find_photo(&self, digits: &str) -> Result<ImageId, LibraryError> {
        self.find(digits)
    }

    fn photo_at(&self, path: &PhotoPath) -> Result<Option<ImageId>, LibraryError> {
        Ok(self.photo_at_path(path)?)
    }

    fn photo(&self, id: ImageId) -> Result<Photo, LibraryError> {
        let row = self.row(id, Part::Record)?;
        if row.gone_at == 0 { Ok(row.photo()) } else { Err(LibraryError::NoPhoto(id.to_string())) }
    }

    fn vector(&self, id: ImageId) -> Result<UnitVector, LibraryError> {
        self.vector_of(id)
    }

    fn indexed_at(&self, id: ImageId) -> Result<Option<u64>, LibraryError> {
        match self.row(id, Part::Record) {
            Ok(row) => Ok(row.record.indexed_at),
            Err(LibraryError::NoPhoto(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn thumbnail_file(&self, id: ImageId) -> Option<PathBuf> {
        self.previews.file(id)
    }

    fn original_file(&self, id: ImageId) -> Result<PathBuf, LibraryError> {
        self.real_file(id)
    }

    fn explained_search(&self, query: &PhotoQuery<'_>) -> Result<Answer, LibraryError> {
        self.find_best(query)
    }

    fn rank(&self, vector: &UnitVector, ids: &[ImageId]) -> Result<Vec<Hit>, LibraryError> {
        self.rank_photos(vector, ids)
    }

    fn facets(&self, filter: &Filter) -> Result<Facets, LibraryError> {
        self.with_sample(|sample| sample.facets(filter))
    }

    fn unusual(&self, request: &UnusualRequest) -> Result<UnusualResults, LibraryError> {
        self.with_sample(|sample| sample.unusual(request))
    }

    fn duplicates(&self, request: &DuplicatesRequest) -> Result<DuplicateResults, LibraryError> {
        self.with_sample(|sample| sample.duplicates(request))
    }

    fn map(&self, filter: &Filter, nouns: Option<Nouns<'_>>) -> Result<PhotoMap, LibraryError> {
        self.with_sample(|sample| sample.map(filter, nouns))
    }

    fn concepts(&self, space: &SpaceId, texts: &str) -> Option<ConceptBank> {
        self.known_concepts(space, texts)
    }

    fn keep_concepts(&self, space: &SpaceId, texts: &str, embeddings: &[UnitVector]) -> Result<(), LibraryError> {
        self.take_concepts(space, texts, embeddings)
    }

    fn recall_probe(&self) -> Option<f64> {
        None
    }

    fn keep_tag_rule(&self, rule: &TagRule) -> Result<usize, LibraryError> {
        self.keep_rule(rule)
    }

    fn forget_tag_rule(&self, name: &SearchName) -> Result<usize, LibraryError> {
        self.forget_rule(name)
    }

    fn tag_by_hand(&self, tagging: &HandTagging) -> Result<usize, LibraryError> {
        self.tag_photos(tagging)
    }

    fn maintain(&self) -> Result<Maintenance, LibraryError> {
        let Some(_alone) = self.maintaining.try_lock() else { return Err(LibraryError::Maintained) };
        let begun = Instant::now();
        self.complete_tags()?;
        let mut report = Maintenance::default();
        if let Some((_, collection)) = self.searched() {
            report.forgotten = self.forget_orphans(&collection)?;
            report.waiting = self.engine.count(&collection, "gone_at > 0")?;
            self.engine.flush(&collection)?;
        }
        if report.forgotten > 0 {
            self.pulse.beat()?;
        }
        Ok(Maintenance { seconds: begun.elapsed().as_secs_f64(), ..report })
    }

    fn stored_photos(&self, after: Option<ImageId>, limit: usize) -> Result<Vec<StoredPhoto>, LibraryError> {
        let Some((_, collection)) = self.searched() else { return Ok(vec![]) };
        let page = self.photo_page(&collection, ("id != \"\"", after), Part::Whole, limit)?;
        Ok(page.into_iter().map(PhotoRow::stored).collect::<Result<_, _>>()?)
    }

    fn take_photos(&self, space: &SpaceId, photos: &[StoredPhoto]) -> Result<(), LibraryError> {
        self.take_stored(space, photos)
    }

    fn keep_preview(&self, id: ImageId, jpeg: &[u8]) -> Result<(), LibraryError> {
        self.previews.write(id, jpeg)
    }
}

impl EmbeddingCache for MilvusLibrary {
    fn contents_of(&self, files: &[FileMark]) -> Result<Vec<Option<ImageId>>, ProtocolError> {
        let paths: Vec<PhotoPath> = files.iter().map(|file| file.path.clone()).collect();
        let known = self.known_files(&paths)?;
        let photo = |(mark, known): (&FileMark, Option<KnownFile>)| known?.photo_of(mark);
        Ok(files.iter().zip(known).map(photo).collect())
    }

    fn embeddings_of(&self, space: &SpaceId, images: &[ImageId]) -> Result<Vec<Option<UnitVector>>, ProtocolError> {
        let Some((_, collection)) = self.searched().filter(|(searched, _)| searched == space) else {
            return Ok(vec![None; images.len()]);
        };
        let rows = self.photo_rows(&collection, images, Part::Whole)?;
        let embedding = |image: &ImageId| rows.iter().find(|row| row.id == *image)?.vector.clone();
        Ok(images.iter().map(embedding).collect())
    }

    /// Photos that are none of the library's are embedded each time: they are not worth a collection that all share.
    fn remember(
        &self,
        _space: &SpaceId,
        _files: &[(FileMark, ImageId)],
        _embeddings: &[(ImageId, UnitVector)],
    ) -> Result<(), ProtocolError> {
        Ok(())
    }
}
