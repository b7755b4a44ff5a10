//! Reading an export, and checking all that can be wrong with it.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Lines, Read, Seek};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use foray_protocol::UnitVector;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::records::{FailureLine, FileLine, PhotoLine};
use super::{EXPORT_FORMAT, FAILURES, MANIFEST, Manifest, PHOTOS, VECTORS, npy};
use crate::LibraryError;

/// How far the squared length of a vector may be from 1: the rounding of 32-bit floats, with room.
const LENGTH_TOLERANCE: f32 = 1e-3;

/// An export that was read to its end and found to be in order.
#[derive(Debug)]
pub struct Export {
    pub(super) folder: PathBuf,
    pub(super) manifest: Manifest,
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

    /// The photos with their vectors, in order.
    pub(super) fn photos(&self) -> Result<Photos, LibraryError> {
        let file = self.folder.join(VECTORS);
        let opened = File::open(&file).map_err(LibraryError::file("read", &file))?;
        let bytes = opened.metadata().map_err(LibraryError::file("read", &file))?.len();
        let mut vectors = BufReader::new(opened);
        let (rows, dimension) = npy::read_header(&mut vectors).map_err(|reason| bad(&file, reason))?;
        self.check_count(VECTORS, "rows", rows, self.manifest.photos)?;
        self.check_count(VECTORS, "columns", dimension, self.manifest.dimension)?;
        let header = vectors.stream_position().map_err(LibraryError::file("read", &file))?;
        let numbers = bytes - header;
        let expected = rows.checked_mul(dimension).and_then(|numbers| numbers.checked_mul(4));
        if expected.is_none_or(|expected| numbers != expected as u64) {
            return Err(bad(&file, format!("got {numbers} bytes of numbers, expected {rows} x {dimension} x 4")));
        }
        Ok(Photos { lines: JsonLines::open(&self.folder.join(PHOTOS))?, vectors, dimension, file })
    }

    /// The files that could not be indexed.
    pub(super) fn failures(&self) -> Result<impl Iterator<Item = Result<FailureLine, LibraryError>>, LibraryError> {
        let file = self.folder.join(FAILURES);
        let lines = JsonLines::<FailureLine>::open(&file)?;
        Ok(lines.map(move |line| {
            let line = line?;
            check_absolute(&file, std::slice::from_ref(&line.file))?;
            Ok(line)
        }))
    }
}

/// The photos of an export with their vectors, in order.
pub(super) struct Photos {
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
    of: PhantomData<T>,
}

impl<T> JsonLines<T> {
    fn open(file: &Path) -> Result<Self, LibraryError> {
        let lines = BufReader::new(File::open(file).map_err(LibraryError::file("read", file))?).lines();
        Ok(Self { lines, number: 0, file: file.to_owned(), of: PhantomData })
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
    let relative = lines.iter().map(FileLine::facts).find(|facts| !facts.path.is_absolute());
    relative.map_or(Ok(()), |facts| Err(bad(file, format!("got the path {:?}, expected an absolute one", facts.path))))
}

fn bad(file: &Path, reason: String) -> LibraryError {
    LibraryError::BadExport { file: file.to_owned(), reason }
}

fn count<T>(items: impl Iterator<Item = Result<T, LibraryError>>) -> Result<usize, LibraryError> {
    items.map(|item| item.map(|_| 1)).sum()
}
