//! Commits: an indexer's batch becomes one transaction over catalogue and vectors.

use std::collections::{BTreeSet, HashMap};

use foray_protocol::{
    Change, CommitSummary, Description, FileFacts, ImageId, IngestBatch, NewPhoto, PhotoMetadata, PhotoPath, PhotoTag,
    TagRule, UnitVector,
};
use sled::transaction::{ConflictableTransactionResult, TransactionError};
use sled::{Batch, Transactional};

use crate::LibraryError;
use crate::catalogue::{COUNTS, Catalogue, now_seconds};
use crate::records::{Counts, FileRecord, Outcome, PhotoRecord, encode, link_key};
use crate::store::StoredPhoto;
use crate::vectors::{self, VectorStore};

/// A batch's effects, worked out against the catalogue before anything is written.
pub(crate) struct Commit<'a> {
    catalogue: &'a Catalogue,
    /// By which new photos get tags.
    rules: Vec<TagRule>,
    counts: Counts,
    files: HashMap<PhotoPath, Option<FileRecord>>,
    photos: HashMap<ImageId, PhotoRecord>,
    links: HashMap<ImageId, Links>,
    /// Vectors to append, in row order.
    pub vectors: Vec<(ImageId, UnitVector)>,
    pub summary: CommitSummary,
}

/// The files of a photo before the commit and after it.
struct Links {
    before: BTreeSet<PhotoPath>,
    after: BTreeSet<PhotoPath>,
}

impl<'a> Commit<'a> {
    /// A commit of vectors that `rules` are for.
    pub fn new(catalogue: &'a Catalogue, rules: Vec<TagRule>) -> Result<Self, LibraryError> {
        Ok(Self {
            catalogue,
            rules,
            counts: catalogue.counts()?,
            files: HashMap::new(),
            photos: HashMap::new(),
            links: HashMap::new(),
            vectors: vec![],
            summary: CommitSummary::default(),
        })
    }

    /// Takes in the batch's changes; `embedded` tells whether a photo has its vector already.
    pub fn plan(&mut self, batch: &IngestBatch, embedded: &dyn Fn(ImageId) -> bool) -> Result<(), LibraryError> {
        for change in &batch.changes {
            match change {
                Change::Added { file, photo } => self.add(file, photo, embedded)?,
                Change::Linked { file, image } => self.link(file, *image, embedded)?,
                Change::Described { image, description } => self.describe(*image, description)?,
                Change::Failed { file, reason } => self.set_file(file, Outcome::Failure(reason.clone()))?,
                Change::Removed { path } => self.remove(path)?,
            }
        }
        Ok(())
    }

    /// Takes in a photo as it is stored elsewhere, with just those files.
    pub fn adopt(&mut self, photo: &StoredPhoto, embedded: &dyn Fn(ImageId) -> bool) -> Result<(), LibraryError> {
        let StoredPhoto { id, metadata, indexed_at, files, vector } = photo;
        if !embedded(*id) && !self.photos.contains_key(id) {
            self.vectors.push((*id, vector.clone()));
        }
        self.photos.insert(*id, PhotoRecord { metadata: metadata.clone(), indexed_at: *indexed_at });
        let gone = self.links(*id)?.after.iter().filter(|path| files.iter().all(|file| file.path != **path));
        let gone: Vec<PhotoPath> = gone.cloned().collect();
        gone.iter().try_for_each(|path| self.remove(path))?;
        files.iter().try_for_each(|file| self.set_file(file, Outcome::Photo(*id)))
    }

    fn add(
        &mut self,
        file: &FileFacts,
        photo: &NewPhoto,
        embedded: impl Fn(ImageId) -> bool,
    ) -> Result<(), LibraryError> {
        if !embedded(photo.id) && !self.photos.contains_key(&photo.id) {
            self.photos.insert(photo.id, self.new_record(photo)?);
            self.vectors.push((photo.id, photo.vector.clone()));
            self.summary.photos_added += 1;
        }
        self.set_file(file, Outcome::Photo(photo.id))
    }

    fn link(
        &mut self,
        file: &FileFacts,
        image: ImageId,
        embedded: impl Fn(ImageId) -> bool,
    ) -> Result<(), LibraryError> {
        if !embedded(image) && !self.photos.contains_key(&image) {
            return Err(LibraryError::NoPhoto(image.to_string()));
        }
        self.set_file(file, Outcome::Photo(image))
    }

    /// A photo that is embedded anew, by another model, stays as old as it is and keeps what people said of it.
    fn new_record(&self, photo: &NewPhoto) -> Result<PhotoRecord, LibraryError> {
        let (indexed_at, tags) = match self.catalogue.photo(photo.id)? {
            Some(before) => (before.indexed_at, before.metadata.tags),
            None => (Some(now_seconds()), vec![]),
        };
        let by_hand = tags.into_iter().filter(PhotoTag::is_by_hand);
        let tags = by_hand.chain(self.rules.iter().filter_map(|rule| rule.tag(&photo.vector))).collect();
        Ok(PhotoRecord { metadata: PhotoMetadata { tags, ..photo.metadata.clone() }, indexed_at })
    }

    fn describe(&mut self, image: ImageId, description: &Description) -> Result<(), LibraryError> {
        let known = match self.photos.get(&image) {
            Some(record) => Some(record.clone()),
            None => self.catalogue.photo(image)?,
        };
        if let Some(mut record) = known.filter(|record| record.metadata.description != *description) {
            record.metadata.description = description.clone();
            self.photos.insert(image, record);
            self.links(image)?;
        }
        Ok(())
    }

    fn remove(&mut self, path: &PhotoPath) -> Result<(), LibraryError> {
        if let Some(old) = self.file(path)? {
            self.forget(path, &old)?;
            self.files.insert(path.clone(), None);
            self.summary.files_removed += 1;
        }
        Ok(())
    }

    fn set_file(&mut self, file: &FileFacts, outcome: Outcome) -> Result<(), LibraryError> {
        if let Some(old) = self.file(&file.path)? {
            self.forget(&file.path, &old)?;
        }
        match &outcome {
            Outcome::Photo(id) => {
                self.links(*id)?.after.insert(file.path.clone());
                self.counts.files += 1;
            }
            Outcome::Failure(_) => self.counts.failed += 1,
        }
        let FileFacts { size, modified_ns, companions, .. } = *file;
        let record = FileRecord { size, modified_ns, companions, outcome };
        self.files.insert(file.path.clone(), Some(record));
        Ok(())
    }

    fn forget(&mut self, path: &PhotoPath, old: &FileRecord) -> Result<(), LibraryError> {
        match &old.outcome {
            Outcome::Photo(id) => {
                self.links(*id)?.after.remove(path);
                self.counts.files = self.counts.files.saturating_sub(1);
            }
            Outcome::Failure(_) => self.counts.failed = self.counts.failed.saturating_sub(1),
        }
        Ok(())
    }

    fn file(&self, path: &PhotoPath) -> Result<Option<FileRecord>, LibraryError> {
        self.files.get(path).map_or_else(|| self.catalogue.file(path), |known| Ok(known.clone()))
    }

    fn links(&mut self, id: ImageId) -> Result<&mut Links, LibraryError> {
        if !self.links.contains_key(&id) {
            let before: BTreeSet<_> = self.catalogue.paths(id)?.into_iter().collect();
            self.links.insert(id, Links { after: before.clone(), before });
        }
        Ok(self.links.entry(id).or_insert_with(|| Links { before: BTreeSet::new(), after: BTreeSet::new() }))
    }

    /// The photos that this commit touched, and whether some file holds them after it.
    pub fn visibility(&self) -> impl Iterator<Item = (ImageId, bool)> {
        self.links.iter().map(|(&id, links)| (id, !links.after.is_empty()))
    }

    /// Writes everything in one transaction and waits until it is on disk; new vectors get the rows from `first_row` on.
    pub fn write(&self, store: &VectorStore, first_row: u32) -> Result<(), LibraryError> {
        let batches = self.batches(first_row)?;
        let Catalogue { files, photos, links, orphans, meta } = self.catalogue;
        let trees = [files, photos, links, orphans, meta, store.tree()];
        trees.as_slice().transaction(|trees| apply_all(trees, &batches)).map_err(|error| match error {
            TransactionError::Storage(error) | TransactionError::Abort(error) => LibraryError::Database(error),
        })?;
        // The trees share one log: flushing one flushes what all of them wrote.
        meta.flush()?;
        Ok(())
    }

    /// What the library counts once this is written.
    pub fn counts_after(&self) -> Counts {
        let shown = self.links.values().filter(|links| links.before.is_empty() && !links.after.is_empty()).count();
        let hidden = self.links.values().filter(|links| !links.before.is_empty() && links.after.is_empty()).count();
        let photos = (self.counts.photos + shown).saturating_sub(hidden);
        Counts { photos, commits: self.counts.commits + 1, ..self.counts }
    }

    /// What changes in each tree, in the order of [`Commit::write`]'s trees.
    fn batches(&self, first_row: u32) -> Result<[Batch; 6], LibraryError> {
        let [mut files, mut photos, mut links, mut orphans, mut meta, mut vectors] =
            std::array::from_fn(|_| Batch::default());
        for (path, record) in &self.files {
            match record {
                Some(record) => files.insert(path.as_bytes(), encode(record)?),
                None => files.remove(path.as_bytes()),
            }
        }
        for (id, record) in &self.photos {
            photos.insert(id.as_bytes(), encode(record)?);
        }
        for (&id, paths) in &self.links {
            paths.after.difference(&paths.before).for_each(|path| links.insert(link_key(id, path), &[]));
            paths.before.difference(&paths.after).for_each(|path| links.remove(link_key(id, path)));
        }
        for (id, visible) in self.visibility() {
            if visible {
                orphans.remove(id.as_bytes());
            } else {
                orphans.insert(id.as_bytes(), &now_seconds().to_be_bytes());
            }
        }
        meta.insert(COUNTS, encode(&self.counts_after())?);
        for (row, (id, vector)) in (first_row..).zip(&self.vectors) {
            vectors.insert(&row.to_be_bytes(), vectors::encode(*id, vector));
        }
        Ok([files, photos, links, orphans, meta, vectors])
    }
}

fn apply_all(
    trees: &[sled::transaction::TransactionalTree],
    batches: &[Batch],
) -> ConflictableTransactionResult<(), sled::Error> {
    trees.iter().zip(batches).try_for_each(|(tree, batch)| tree.apply_batch(batch))?;
    Ok(())
}
