//! Taking an export into a library: checked as a whole first, then committed in batches as an indexer would.

use std::fs;

use foray_protocol::{Change, ImageId, Ingest, IngestBatch, LibraryStatus, NewPhoto, PhotoPath, SpaceId, UnitVector};
use serde::Serialize;

use super::Export;
use super::records::{FailureLine, FileLine, PhotoLine};
use crate::LibraryError;
use crate::thumbnails::Thumbnails;

/// Photos that are committed together: some megabytes with their thumbnails.
const BATCH: usize = 256;

/// What an import did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ImportSummary {
    /// Photos that the library did not have.
    pub photos_added: usize,
    /// Files of photos that the library did not know.
    pub files_added: usize,
    /// Files that could not be indexed, which the library did not know.
    pub failures_added: usize,
    /// Files that the library knew: they are as they were.
    pub files_kept: usize,
}

impl Export {
    /// Checks that a library with this status can take the vectors.
    ///
    /// # Errors
    /// [`LibraryError::WrongSpace`] and [`LibraryError::Dimension`].
    pub fn check_fits(&self, library: &LibraryStatus) -> Result<(), LibraryError> {
        let (expected, got) = (&library.space, &self.manifest);
        let Some(space) = got.space.as_ref().filter(|_| library.photos > 0 && got.photos > 0) else { return Ok(()) };
        if expected.space != *space {
            return Err(LibraryError::WrongSpace { expected: expected.space.clone(), got: space.clone() });
        }
        if expected.dimension != got.dimension {
            return Err(LibraryError::Dimension { expected: expected.dimension, got: got.dimension });
        }
        Ok(())
    }

    /// Adds what `library` does not know; a file that it knows stays as it is. May be broken off and done again. `progress` is
    /// told how many photos have been looked at.
    ///
    /// # Errors
    /// [`LibraryError::Refused`] with what the library says; batches before are committed then.
    pub fn import(&self, library: &dyn Ingest, progress: &dyn Fn(usize)) -> Result<ImportSummary, LibraryError> {
        let mut summary = ImportSummary::default();
        let Some(space) = &self.manifest.space else { return Ok(summary) };
        let importer = Importer { library, space, thumbnails: Thumbnails::new(&self.folder) };
        let roots: Vec<PhotoPath> = self.manifest.roots.iter().map(Into::into).collect();
        library.remember_roots(&roots).map_err(LibraryError::Refused)?;
        let mut done = 0;
        for batch in batches(self.photos()?) {
            let batch = batch?;
            done += batch.len();
            importer.take_photos(batch, &mut summary)?;
            progress(done);
        }
        for batch in batches(self.failures()?) {
            importer.take_failures(batch?, &mut summary)?;
        }
        Ok(summary)
    }
}

/// The library that takes an export.
struct Importer<'a> {
    library: &'a dyn Ingest,
    space: &'a SpaceId,
    thumbnails: Thumbnails,
}

impl Importer<'_> {
    fn take_photos(
        &self,
        batch: Vec<(PhotoLine, UnitVector)>,
        summary: &mut ImportSummary,
    ) -> Result<(), LibraryError> {
        let ids: Vec<ImageId> = batch.iter().map(|(line, _)| line.id).collect();
        let embedded = self.library.known_images(self.space, &ids).map_err(LibraryError::Refused)?;
        let mut known = self.known(batch.iter().flat_map(|(line, _)| &line.files))?.into_iter();
        let mut changes = vec![];
        for ((line, vector), embedded) in batch.into_iter().zip(embedded) {
            let files = line.files.iter().map(FileLine::facts).zip(known.by_ref());
            let (kept, new): (Vec<_>, Vec<_>) = files.partition(|(_, known)| *known);
            summary.files_kept += kept.len();
            summary.files_added += new.len();
            let mut new = new.into_iter().map(|(file, _)| file);
            if !embedded && let Some(file) = new.next() {
                let thumbnail = fs::read(self.thumbnails.file(line.id)).unwrap_or_default();
                let photo = NewPhoto { id: line.id, metadata: line.metadata, vector, thumbnail };
                changes.push(Change::Added { file, photo: Box::new(photo) });
            }
            changes.extend(new.map(|file| Change::Linked { file, image: line.id }));
        }
        summary.photos_added += self.commit(changes)?;
        Ok(())
    }

    fn take_failures(&self, batch: Vec<FailureLine>, summary: &mut ImportSummary) -> Result<(), LibraryError> {
        let known = self.known(batch.iter().map(|line| &line.file))?;
        summary.files_kept += known.iter().filter(|known| **known).count();
        let new = batch.into_iter().zip(known).filter(|(_, known)| !known).map(|(line, _)| line);
        let changes: Vec<Change> =
            new.map(|line| Change::Failed { file: line.file.facts(), reason: line.reason }).collect();
        summary.failures_added += changes.len();
        self.commit(changes)?;
        Ok(())
    }

    /// Whether the library knows each of these files.
    fn known<'a>(&self, files: impl Iterator<Item = &'a FileLine>) -> Result<Vec<bool>, LibraryError> {
        let paths: Vec<PhotoPath> = files.map(|file| file.facts().path).collect();
        let known = self.library.known_files(&paths).map_err(LibraryError::Refused)?;
        Ok(known.iter().map(Option::is_some).collect())
    }

    fn commit(&self, changes: Vec<Change>) -> Result<usize, LibraryError> {
        if changes.is_empty() {
            return Ok(0);
        }
        let batch = IngestBatch { space: self.space.clone(), changes };
        Ok(self.library.commit(&batch).map_err(LibraryError::Refused)?.photos_added)
    }
}

/// The items in groups of [`BATCH`].
fn batches<T>(
    mut items: impl Iterator<Item = Result<T, LibraryError>>,
) -> impl Iterator<Item = Result<Vec<T>, LibraryError>> {
    std::iter::from_fn(move || {
        let batch: Result<Vec<T>, LibraryError> = items.by_ref().take(BATCH).collect();
        match batch {
            Ok(batch) if batch.is_empty() => None,
            batch => Some(batch),
        }
    })
}
