//! Writing an export.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use foray_protocol::{ImageId, PhotoPath};
use serde::Serialize;

use super::records::{FailureLine, FileLine, PhotoLine};
use super::{EXPORT_FORMAT, FAILURES, MANIFEST, Manifest, PHOTOS, VECTORS, npy};
use crate::folder::WRITTEN_BY;
use crate::records::{FileRecord, Outcome, decode};
use crate::staging::Staging;
use crate::thumbnails::Thumbnails;
use crate::{Library, LibraryError};

impl Library {
    /// Writes the library as an export into `folder`, which must be missing or empty and is there only when all is written.
    /// Commits wait until then.
    ///
    /// # Errors
    /// [`LibraryError::NotEmpty`], those of writing, and [`LibraryError::Damaged`] where catalogue and vectors do not fit.
    pub fn export(&self, folder: &Path) -> Result<Manifest, LibraryError> {
        let staging = Staging::beside(folder, "exporting")?;
        let manifest = self.write_export(staging.path()).map_err(|error| error.on_file("write the export", folder))?;
        staging.move_into_place()?;
        Ok(manifest)
    }

    fn write_export(&self, folder: &Path) -> Result<Manifest, LibraryError> {
        let _commits_wait = self.writing.lock();
        let status = self.status()?;
        let mut manifest = Manifest {
            foray_export: EXPORT_FORMAT,
            written_by: WRITTEN_BY.to_owned(),
            space: self.space(),
            dimension: status.space.dimension,
            photos: status.photos,
            files: 0,
            failures: 0,
            roots: status.roots.iter().map(Into::into).collect(),
        };
        manifest.files = self.write_photos(folder, status.photos, status.space.dimension)?;
        manifest.failures = self.write_failures(folder)?;
        if (manifest.files, manifest.failures) != (status.files, status.failed) {
            let got = format!("{} files and {} failures", manifest.files, manifest.failures);
            return Err(LibraryError::Damaged(format!("{got}, expected {} and {}", status.files, status.failed)));
        }
        let text = serde_json::to_vec_pretty(&manifest).map_err(io::Error::from)?;
        fs::write(folder.join(MANIFEST), text)?;
        Ok(manifest)
    }

    /// Writes all photos with their vectors and thumbnails; returns how many files hold them.
    fn write_photos(&self, folder: &Path, photos: usize, dimension: usize) -> Result<usize, LibraryError> {
        let (mut lines, mut vectors) = (create(folder, PHOTOS)?, create(folder, VECTORS)?);
        let thumbnails = Thumbnails::new(folder);
        npy::write_header(&mut vectors, photos, dimension)?;
        let (mut written, mut files) = (0, 0);
        for id in self.catalogue.shown_photos() {
            let id = id?;
            let line = self.photo_line(id)?;
            write_line(&mut lines, &line)?;
            vectors.write_all(&self.vector(id)?.to_bytes())?;
            if let Ok(jpeg) = fs::read(self.thumbnail_file(id)) {
                thumbnails.write(id, &jpeg)?;
            }
            written += 1;
            files += line.files.len();
        }
        if written != photos {
            return Err(LibraryError::Damaged(format!("{written} photos, expected {photos}")));
        }
        lines.flush()?;
        vectors.flush()?;
        Ok(files)
    }

    fn photo_line(&self, id: ImageId) -> Result<PhotoLine, LibraryError> {
        let missing = |what: &str| LibraryError::Damaged(format!("photo {id} has no {what}"));
        let record = self.catalogue.photo(id)?.ok_or_else(|| missing("record"))?;
        let file_line = |path: &PhotoPath| {
            let file = self.catalogue.file(path)?.ok_or_else(|| missing("record of one of its files"))?;
            Ok(FileLine::new(path, &file))
        };
        let files = self.catalogue.paths(id)?.iter().map(file_line).collect::<Result<_, LibraryError>>()?;
        Ok(PhotoLine { id, files, metadata: record.metadata })
    }

    /// Writes all files that could not be indexed; returns how many.
    fn write_failures(&self, folder: &Path) -> Result<usize, LibraryError> {
        let mut lines = create(folder, FAILURES)?;
        let mut written = 0;
        for entry in &self.catalogue.files {
            let (key, value) = entry?;
            let record: FileRecord = decode(&value)?;
            let file = FileLine::new(&PhotoPath::from_bytes(&key), &record);
            if let Outcome::Failure(reason) = record.outcome {
                write_line(&mut lines, &FailureLine { file, reason })?;
                written += 1;
            }
        }
        lines.flush()?;
        Ok(written)
    }
}

fn create(folder: &Path, name: &str) -> Result<BufWriter<File>, LibraryError> {
    Ok(BufWriter::new(File::create(folder.join(name))?))
}

fn write_line(out: &mut impl Write, line: &impl Serialize) -> Result<(), LibraryError> {
    serde_json::to_writer(&mut *out, line).map_err(io::Error::from)?;
    Ok(out.write_all(b"\n")?)
}
