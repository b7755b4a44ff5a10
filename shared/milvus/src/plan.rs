//! What a batch makes of the files and photos that it is about.

use std::collections::{BTreeMap, BTreeSet};

use foray_library::{LibraryError, StoredPhoto};
use foray_protocol::{
    Change, CommitSummary, FileFacts, ImageId, NewPhoto, PhotoMetadata, PhotoPath, PhotoTag, TagRule,
};

use crate::columns::{PhotoRow, Record};
use crate::file_row::FileRow;
use crate::store::now_seconds;

/// A batch's effects, worked out before anything is written.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// By which new photos get tags.
    pub rules: Vec<TagRule>,
    /// What is known of the files in question, and what it becomes.
    pub files: BTreeMap<PhotoPath, Option<FileRow>>,
    /// The same for photos.
    pub photos: BTreeMap<ImageId, PhotoRow>,
    /// Photos whose rows change.
    pub touched: BTreeSet<ImageId>,
    /// Files whose rows change.
    pub changed: BTreeSet<PhotoPath>,
    pub summary: CommitSummary,
}

impl Plan {
    /// Takes in one change.
    ///
    /// # Errors
    /// [`LibraryError::NoPhoto`] for a file that is said to hold a photo which is not here.
    pub fn take(&mut self, change: &Change) -> Result<(), LibraryError> {
        match change {
            Change::Added { file, photo } => {
                if !self.photos.contains_key(&photo.id) {
                    let row = self.new_photo(photo);
                    self.photos.insert(photo.id, row);
                    self.summary.photos_added += 1;
                }
                self.set_file(file, Ok(photo.id));
            }
            Change::Linked { file, image } => {
                if !self.photos.contains_key(image) {
                    return Err(LibraryError::NoPhoto(image.to_string()));
                }
                self.set_file(file, Ok(*image));
            }
            Change::Described { image, description } => {
                if let Some(row) = self.photos.get_mut(image)
                    && row.record.metadata.description != **description
                {
                    row.record.metadata.description = (**description).clone();
                    self.touched.insert(*image);
                }
            }
            Change::Failed { file, reason } => self.set_file(file, Err(reason.clone())),
            Change::Removed { path } => {
                if self.files.get(path).is_some_and(Option::is_some) {
                    self.forget(path);
                    self.files.insert(path.clone(), None);
                    self.changed.insert(path.clone());
                    self.summary.files_removed += 1;
                }
            }
        }
        Ok(())
    }

    /// Takes a photo as it is stored elsewhere, with just those files.
    pub fn adopt(&mut self, photo: &StoredPhoto, now: i64) {
        let before = self.photos.insert(photo.id, PhotoRow::of_stored(photo, now));
        self.touched.insert(photo.id);
        let stays = |path: &PhotoPath| photo.files.iter().any(|file| file.path == *path);
        for FileFacts { path, .. } in before.into_iter().flat_map(|row| row.record.files) {
            if !stays(&path) && self.files.get(&path).is_some_and(Option::is_some) {
                self.files.insert(path.clone(), None);
                self.changed.insert(path);
            }
        }
        photo.files.iter().for_each(|file| self.set_file(file, Ok(photo.id)));
    }

    fn new_photo(&self, photo: &NewPhoto) -> PhotoRow {
        let tags: Vec<PhotoTag> = self.rules.iter().filter_map(|rule| rule.tag(&photo.vector)).collect();
        let metadata = PhotoMetadata { tags, ..photo.metadata.clone() };
        let record = Record { metadata, indexed_at: Some(now_seconds().cast_unsigned()), files: vec![] };
        PhotoRow { id: photo.id, record, gone_at: 0, vector: Some(photo.vector.clone()) }
    }

    fn set_file(&mut self, file: &FileFacts, outcome: Result<ImageId, String>) {
        self.forget(&file.path);
        if let Ok(image) = &outcome
            && let Some(row) = self.photos.get_mut(image)
        {
            row.record.files.retain(|known| known.path != file.path);
            row.record.files.push(file.clone());
            row.record.sort_files();
            self.touched.insert(*image);
        }
        self.files.insert(file.path.clone(), Some(FileRow { facts: file.clone(), outcome }));
        self.changed.insert(file.path.clone());
    }

    /// Takes a file away from the photo that it held.
    fn forget(&mut self, path: &PhotoPath) {
        let before = self.files.get(path).and_then(Option::as_ref).and_then(|row| row.outcome.as_ref().ok());
        if let Some(image) = before.copied()
            && let Some(row) = self.photos.get_mut(&image)
        {
            row.record.files.retain(|known| known.path != *path);
            self.touched.insert(image);
        }
    }

    /// The rows of photos that change, as they are to be written.
    pub fn touched_rows(&mut self) -> Vec<PhotoRow> {
        let now = now_seconds();
        let touched = self.photos.iter_mut().filter(|(id, _)| self.touched.contains(id));
        touched.map(|(_, row)| with_presence(row, now).clone()).collect()
    }
}

/// A photo is hidden since its last file went away.
pub(crate) fn with_presence(row: &mut PhotoRow, now: i64) -> &PhotoRow {
    row.gone_at = match (row.record.files.is_empty(), row.gone_at) {
        (false, _) => 0,
        (true, 0) => now,
        (true, since) => since,
    };
    row
}
