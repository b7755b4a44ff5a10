//! Taking an export into a library: checked as a whole first, then committed in batches as an indexer would.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Lines, Read, Seek};
use std::path::{Path, PathBuf};

use foray_protocol::{Change, ImageId, Ingest, IngestBatch, LibraryStatus, NewPhoto, PhotoPath, SpaceId, UnitVector};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::records::{FailureLine, FileLine, PhotoLine};
use super::{EXPORT_FORMAT, FAILURES, MANIFEST, Manifest, PHOTOS, VECTORS, npy};
use crate::LibraryError;
use crate::thumbnails::Thumbnails;

/// Photos that are committed together: some megabytes with their thumbnails.
const BATCH: usize = 256;
/// How far the squared length of a vector may be from 1: the rounding of 32-bit floats, with room.
const LENGTH_TOLERANCE: f32 = 1e-3;

/// An export that was read to its end and found to be in order.
#[derive(Debug)]
pub struct Export {
    folder: PathBuf,
    manifest: Manifest,
}

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
    /// Reads the export in `folder`.
    ///
    /// # Errors
    /// [`LibraryError::BadExport`] where the files are not what the manifest says, a line cannot be understood, or a vector
    /// has not length 1.
    pub fn open(folder: &Path) -> Result<Self, LibraryError> {
        let manifest = read_manifest(folder)?;
        let export = Self { folder: folder.to_owned(), manifest };
        export.check_photos()?;
        let failures = export.failures()?.map(|line| line.map(drop));
        export.check_count(FAILURES, "lines", count(failures)?, export.manifest.failures)?;
        Ok(export)
    }

    /// What the export holds.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

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

    fn check_photos(&self) -> Result<(), LibraryError> {
        let (mut photos, mut files) = (0, 0);
        for photo in self.photos()? {
            files += photo?.0.files.len();
            photos += 1;
        }
        self.check_count(PHOTOS, "lines", photos, self.manifest.photos)?;
        self.check_count(PHOTOS, "files", files, self.manifest.files)
    }

    fn check_count(&self, name: &str, what: &str, got: usize, expected: usize) -> Result<(), LibraryError> {
        let reason = || format!("got {got} {what}, expected {expected} as {MANIFEST} says");
        if got == expected { Ok(()) } else { Err(bad(&self.folder.join(name), reason())) }
    }

    fn photos(&self) -> Result<Photos, LibraryError> {
        let file = self.folder.join(VECTORS);
        let opened = File::open(&file).map_err(LibraryError::file("read", &file))?;
        let bytes = opened.metadata().map_err(LibraryError::file("read", &file))?.len();
        let mut vectors = BufReader::new(opened);
        let (rows, dimension) = npy::read_header(&mut vectors).map_err(|reason| bad(&file, reason))?;
        self.check_count(VECTORS, "rows", rows, self.manifest.photos)?;
        self.check_count(VECTORS, "columns", dimension, self.manifest.dimension)?;
        let header = vectors.stream_position().map_err(LibraryError::file("read", &file))?;
        let numbers = bytes - header;
        if numbers != (rows * dimension * 4) as u64 {
            return Err(bad(&file, format!("got {numbers} bytes of numbers, expected {rows} x {dimension} x 4")));
        }
        Ok(Photos { lines: JsonLines::open(&self.folder.join(PHOTOS))?, vectors, dimension, file })
    }

    fn failures(&self) -> Result<impl Iterator<Item = Result<FailureLine, LibraryError>>, LibraryError> {
        let file = self.folder.join(FAILURES);
        let lines = JsonLines::<FailureLine>::open(&file)?;
        Ok(lines.map(move |line| {
            let line = line?;
            check_absolute(&file, std::slice::from_ref(&line.file))?;
            Ok(line)
        }))
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

/// The photos of an export with their vectors, in order.
struct Photos {
    lines: JsonLines<PhotoLine>,
    vectors: BufReader<File>,
    dimension: usize,
    file: PathBuf,
}

impl Iterator for Photos {
    type Item = Result<(PhotoLine, UnitVector), LibraryError>;

    fn next(&mut self) -> Option<Self::Item> {
        let line = self.lines.next()?;
        Some(line.and_then(|line| {
            check_absolute(&self.lines.file, &line.files)?;
            if line.files.is_empty() {
                return Err(self.lines.bad("a photo without files"));
            }
            Ok((line, self.vector()?))
        }))
    }
}

impl Photos {
    fn vector(&mut self) -> Result<UnitVector, LibraryError> {
        let row = self.lines.number;
        let wrong = |reason: String| bad(&self.file, format!("row {row}: {reason}"));
        let mut bytes = vec![0; self.dimension * 4];
        self.vectors.read_exact(&mut bytes).map_err(|_| wrong("it is missing".to_owned()))?;
        let numbers = bytes.as_chunks().0.iter().map(|number| f32::from_le_bytes(*number));
        let squared: f32 = numbers.map(|x| x * x).sum();
        if (squared - 1.0).abs() < LENGTH_TOLERANCE {
            UnitVector::from_bytes(&bytes).map_err(|error| wrong(error.to_string()))
        } else {
            Err(wrong(format!("got a vector of length {}, expected length 1", squared.sqrt())))
        }
    }
}

/// The lines of a file, each a JSON document.
struct JsonLines<T> {
    lines: Lines<BufReader<File>>,
    /// The last line's number, from 1 on.
    number: usize,
    file: PathBuf,
    of: std::marker::PhantomData<T>,
}

impl<T> JsonLines<T> {
    fn open(file: &Path) -> Result<Self, LibraryError> {
        let lines = BufReader::new(File::open(file).map_err(LibraryError::file("read", file))?).lines();
        Ok(Self { lines, number: 0, file: file.to_owned(), of: std::marker::PhantomData })
    }

    fn bad(&self, reason: impl std::fmt::Display) -> LibraryError {
        bad(&self.file, format!("line {}: {reason}", self.number))
    }
}

impl<T: DeserializeOwned> Iterator for JsonLines<T> {
    type Item = Result<T, LibraryError>;

    fn next(&mut self) -> Option<Self::Item> {
        let line = self.lines.next()?;
        self.number += 1;
        let line = line.map_err(|error| self.bad(error));
        Some(line.and_then(|line| serde_json::from_str(&line).map_err(|error| self.bad(error))))
    }
}

fn read_manifest(folder: &Path) -> Result<Manifest, LibraryError> {
    let file = folder.join(MANIFEST);
    let text = fs::read(&file).map_err(LibraryError::file("read", &file))?;
    let version: Version = serde_json::from_slice(&text).map_err(|error| bad(&file, error.to_string()))?;
    if version.foray_export > EXPORT_FORMAT {
        let reason = format!("got an export of form {}, expected at most {EXPORT_FORMAT}", version.foray_export);
        return Err(bad(&file, reason));
    }
    serde_json::from_slice(&text).map_err(|error| bad(&file, error.to_string()))
}

/// The part of the manifest that every version has.
#[derive(Deserialize)]
struct Version {
    foray_export: u32,
}

fn check_absolute(file: &Path, lines: &[FileLine]) -> Result<(), LibraryError> {
    let relative = lines.iter().map(FileLine::facts).find(|facts| !facts.path.as_path().is_absolute());
    relative.map_or(Ok(()), |facts| Err(bad(file, format!("got the path {:?}, expected an absolute one", facts.path))))
}

fn bad(file: &Path, reason: String) -> LibraryError {
    LibraryError::BadExport { file: file.to_owned(), reason }
}

fn count<T>(items: impl Iterator<Item = Result<T, LibraryError>>) -> Result<usize, LibraryError> {
    items.map(|item| item.map(|_| 1)).sum()
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
