//! What can go wrong with a library.

use std::io;
use std::path::PathBuf;

use foray_protocol::{ImageId, Problem, ProblemKind, ProtocolError, QueryError, SpaceId, VectorError};
use thiserror::Error;

use crate::backup::BACKUP_FORMAT;
use crate::folder::{FORMAT, Holder};
use crate::integrity::is_damage;
use crate::upgrade::OLDEST;

/// An error of the library. Messages say what was got, what was expected, and the way out.
#[derive(Debug, Error)]
pub enum LibraryError {
    /// There is no library in the folder, and none was to be made.
    #[error("there is no photo library at {folder}; make one with `foray index DIR`, or name another with --library", folder = .0.display())]
    Missing(PathBuf),
    /// The folder holds other things.
    #[error("{folder} is not empty and is not a photo library; choose another folder with --library", folder = .0.display())]
    NotALibrary(PathBuf),
    /// Written by a newer Foray.
    #[error("the library at {folder} has format {got}, this Foray reads up to format {FORMAT}; use the newer Foray that wrote it, or index into another folder with --library", folder = folder.display())]
    NewerFormat {
        /// The library's folder.
        folder: PathBuf,
        /// Its format.
        got: u32,
    },
    /// Older than any that can be brought up to date.
    #[error("the library at {folder} says that it has format {got}; Foray's formats begin with format {OLDEST}: {folder}/library.json was changed by something else. Restore a backup with `foray restore FILE --library NEW_FOLDER`, or index into another folder with --library", folder = folder.display())]
    OlderFormat {
        /// The library's folder.
        folder: PathBuf,
        /// Its format.
        got: u32,
    },
    /// Another process has the library open.
    #[error("the library at {folder} is in use by {holder}; wait until it ends, or talk to its server with --server URL", folder = folder.display())]
    Held {
        /// The library's folder.
        folder: PathBuf,
        /// Who has it.
        holder: Holder,
    },
    /// The library is being maintained already.
    #[error("another reindex of this library runs now; wait until it ends")]
    Maintained,
    /// The photos of a large library are compared with each other first.
    #[error(
        "the library's photos are being compared with each other: {done} of {total} are done; the answer comes when all are"
    )]
    Preparing {
        /// How many photos are compared with all others.
        done: usize,
        /// How many there are.
        total: usize,
    },
    /// The map of a large library is drawn first.
    #[error("the map of the library's photos is being drawn: {percent} % is done; the answer comes when all is")]
    Drawing {
        /// How much is done, 0 to 100.
        percent: usize,
    },
    /// The library's folder or a file in it cannot be read or written.
    #[error("cannot {action} {file}: {source}{}", hint(source), file = file.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// On which file.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Too little room left on the disk.
    #[error("the disk of the library at {folder} is full: {free_mb} MB free, at least {needed_mb} MB needed; free some space, or move the library with --library. What was committed is safe", folder = folder.display())]
    DiskFull {
        /// The library's folder.
        folder: PathBuf,
        /// Megabytes left.
        free_mb: u64,
        /// Megabytes that the next commit needs.
        needed_mb: u64,
    },
    /// The embedded database failed.
    #[error("the library's database failed: {0}; {way_out}", way_out = way_out(.0))]
    Database(#[from] sled::Error),
    /// The database cannot be read, or contradicts itself.
    #[error("the database of the library at {folder} is damaged ({reason}); restore a backup with `foray restore FILE --library NEW_FOLDER`, or run `foray index --repair DIR` on the photo folders: it moves the damaged database aside and indexes the photos again", folder = folder.display())]
    Corrupt {
        /// The library's folder.
        folder: PathBuf,
        /// What was found.
        reason: String,
    },
    /// The database is whole, but lacks its end.
    #[error("the database of the library at {folder} was damaged and lost its last {lost} commits, {commits} are left; run `foray index --repair DIR` on the photo folders to index again what is missing, or restore a backup with `foray restore FILE --library NEW_FOLDER`", folder = folder.display())]
    LostCommits {
        /// The library's folder.
        folder: PathBuf,
        /// How many commits are gone.
        lost: u64,
        /// How many are there.
        commits: u64,
    },
    /// A backup that is not as it was written.
    #[error("{file} is damaged, or no Foray backup: {reason}; nothing was changed. Try an older backup", file = file.display())]
    BackupDamaged {
        /// The backup.
        file: PathBuf,
        /// What was found.
        reason: String,
    },
    /// A backup written by a newer Foray.
    #[error("{file} is a backup of form {0}, library format {1}; this Foray reads up to form {BACKUP_FORMAT}, library format {FORMAT}. Use the newer Foray that wrote it", got.0, got.1, file = file.display())]
    NewerBackup {
        /// The backup.
        file: PathBuf,
        /// The versions of its form and of the library in it.
        got: (u32, u32),
    },
    /// A folder that was to be filled holds something.
    #[error("{folder} is not empty, and what is in it is never overwritten; name another folder (--library DIR for a library), or move this one away first", folder = .0.display())]
    NotEmpty(PathBuf),
    /// Another process fills the same folder.
    #[error("another Foray is writing to {folder} now; wait until it ends", folder = .0.display())]
    StagingInUse(PathBuf),
    /// An exported file is not what it should be.
    #[error("cannot import {file}: {reason}; nothing of it was taken. Export again, or mend the file", file = file.display())]
    BadExport {
        /// The file.
        file: PathBuf,
        /// What was got and what was expected.
        reason: String,
    },
    /// The library, or the server that has it, refused a part of an import.
    #[error(transparent)]
    Refused(ProtocolError),
    /// What is done with a folder, of a library that is kept elsewhere.
    #[error(
        "only a library in a folder of this machine can be {action}; `foray migrate --to DIR` makes such a library of this one, or use the tools of what holds it"
    )]
    NotEmbedded {
        /// What was to be done.
        action: &'static str,
    },
    /// What holds the library cannot be reached.
    #[error("{0}")]
    StoreDown(String),
    /// What holds the library refuses, or cannot do, what was asked.
    #[error("{0}")]
    Store(String),
    /// Input or output where no file is named yet.
    #[error("cannot read or write: {0}{hint}", hint = hint(.0))]
    Io(#[from] io::Error),
    /// A stored record cannot be understood.
    #[error("a damaged record in the library: {0}; run `foray index` on the photo folders to write it anew")]
    Damaged(String),
    /// Vectors of another space than the library's.
    #[error("the library holds vectors of {expected}, got vectors of {got}; use the library's model with --model {model}, give all photos vectors of the other with `foray reindex --model {other}`, or take another library with --library", model = expected.model(), other = got.model())]
    WrongSpace {
        /// The library's space.
        expected: SpaceId,
        /// The space that was offered.
        got: SpaceId,
    },
    /// Photos lack a vector of the model that shall take over.
    #[error("{missing} photos have no vector of {model} yet, so it cannot take over; `foray reindex --model {model}` goes on where it ended. Photos whose files are all gone are forgotten by `foray reindex --prune`", model = space.model())]
    Uncovered {
        /// The space that shall be searched.
        space: SpaceId,
        /// How many photos lack a vector in it.
        missing: usize,
    },
    /// The space that is searched cannot be dropped.
    #[error(
        "the library is searched by the vectors of {0}; switch to another model first: `foray reindex --model NAME`"
    )]
    Searched(SpaceId),
    /// A vector with another number of components than the library's.
    #[error("got a vector of {got} components; this library's have {expected}")]
    Dimension {
        /// The library's dimension.
        expected: usize,
        /// The vector's.
        got: usize,
    },
    /// A stored vector that is none.
    #[error("a damaged vector in the library: {0}")]
    Vector(#[from] VectorError),
    /// Filters that cannot be read.
    #[error("the filter cannot be read: {0}")]
    Filter(QueryError),
    /// A photo that the library does not have.
    #[error("no photo {0} in the library")]
    NoPhoto(String),
    /// A saved search that is not there.
    #[error("no saved search is called {0:?}; `foray saved` lists those that there are")]
    NoSavedSearch(String),
    /// There is no such classifier.
    #[error("no classifier is called {0:?}; `foray eval DATASET --save {0}` makes one, `foray classifiers` lists them")]
    NoClassifier(String),
    /// There is no such rule.
    #[error("no rule for tags is called {0:?}; `foray tags` lists them")]
    NoTagRule(String),
    /// An id's first digits that fit several photos.
    #[error("{given} fits {count} photos; give more digits of the id")]
    AmbiguousPhoto {
        /// The digits.
        given: String,
        /// How many photos they fit.
        count: usize,
    },
    /// The photo is known but its file cannot be served.
    #[error("the file of photo {id} is not there now ({path}); its disk may be unplugged", path = path.display())]
    FileGone {
        /// The photo.
        id: ImageId,
        /// Where it was.
        path: PathBuf,
    },
    /// A relevance outside its range.
    #[error("min_relevance is {got}; expected 0 to 1")]
    Relevance {
        /// Its value.
        got: f32,
    },
    /// A number outside its range.
    #[error("{field} is {got}; expected {expected}")]
    OutOfRange {
        /// Which field.
        field: &'static str,
        /// Its value.
        got: usize,
        /// What it may be.
        expected: &'static str,
    },
}

/// Damage in the middle of the log is met only when it is read.
fn way_out(error: &sled::Error) -> &'static str {
    if is_damage(error) {
        "it is damaged: run `foray index --repair DIR` on the photo folders, or restore a backup with `foray restore FILE --library NEW_FOLDER`"
    } else {
        "what was committed before is safe"
    }
}

fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied => {
            "; the library's folder must be writable: fix its permissions, or choose another with --library"
        }
        io::ErrorKind::ReadOnlyFilesystem => "; its disk is mounted read-only: choose another folder with --library",
        _ => "",
    }
}

impl LibraryError {
    pub(crate) fn file(action: &'static str, file: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let file = file.into();
        move |source| Self::File { action, file, source }
    }

    /// Names the file of an error of input or output that names none.
    pub(crate) fn on_file(self, action: &'static str, file: impl Into<PathBuf>) -> Self {
        match self {
            Self::Io(source) => Self::file(action, file)(source),
            error => error,
        }
    }

    fn kind(&self) -> ProblemKind {
        match self {
            Self::NoPhoto(_)
            | Self::NoSavedSearch(_)
            | Self::NoClassifier(_)
            | Self::NoTagRule(_)
            | Self::FileGone { .. }
            | Self::Missing(_) => ProblemKind::NotFound,
            Self::AmbiguousPhoto { .. } | Self::OutOfRange { .. } | Self::Relevance { .. } | Self::Filter(_) => {
                ProblemKind::BadRequest
            }
            Self::WrongSpace { .. } | Self::Dimension { .. } => ProblemKind::WrongSpace,
            Self::Uncovered { .. } => ProblemKind::Uncovered,
            Self::Searched(_) => ProblemKind::BadRequest,
            Self::Maintained => ProblemKind::Busy,
            Self::Preparing { .. } | Self::Drawing { .. } => ProblemKind::Preparing,
            Self::DiskFull { .. } => ProblemKind::DiskFull,
            Self::StoreDown(_) => ProblemKind::StoreDown,
            Self::NotEmbedded { .. } => ProblemKind::BadRequest,
            _ => ProblemKind::Internal,
        }
    }
}

impl From<LibraryError> for Problem {
    fn from(error: LibraryError) -> Self {
        Self::new(error.kind(), error.to_string())
    }
}

impl From<LibraryError> for ProtocolError {
    fn from(error: LibraryError) -> Self {
        Self::Refused(error.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_that_is_met_after_opening_names_the_ways_out() {
        let damaged = LibraryError::Database(sled::Error::Corruption { at: None, bt: () }).to_string();
        assert!(damaged.contains("foray index --repair") && damaged.contains("foray restore"), "{damaged}");
        let full = LibraryError::Database(sled::Error::Io(io::ErrorKind::StorageFull.into())).to_string();
        assert!(full.contains("what was committed before is safe"), "{full}");
    }
}
