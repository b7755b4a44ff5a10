//! Whether the database is what it was when it was last written.
//!
//! sled keeps a checksum over every piece of its log, but when it finds a damaged one at its start it goes on with what came
//! before it, and says nothing. So the number of commits is kept in a file beside the database, too: when the database has
//! fewer, some were lost.

use std::fs;
use std::io::ErrorKind;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};

use crate::atomic_file::{Durability, write_atomically};
use crate::catalogue::now_seconds;
use crate::folder::{FORMAT, LockedFolder, database_folder, read_format, write_format};
use crate::{Library, LibraryError};

const COMMITS_FILE: &str = "commits";

/// Notes how many commits are on disk now. These are safe in any case, so a failure does not make them fail.
pub(crate) fn note_commits_or_warn(folder: &Path, commits: u64) {
    if let Err(error) = note_commits(folder, commits) {
        tracing::warn!("{error}; should the database be damaged later, fewer of its commits are missed");
    }
}

/// Notes that the database has this many commits on disk.
fn note_commits(folder: &Path, commits: u64) -> Result<(), LibraryError> {
    let file = folder.join(COMMITS_FILE);
    // After a power cut an older number may stand there, which only means that less is noticed.
    write_atomically(&file, commits.to_string().as_bytes(), Durability::Crash)
        .map_err(LibraryError::file("write", file))
}

/// The number that was last noted. Libraries of earlier versions have none, and neither has one that was just restored.
fn noted_commits(folder: &Path) -> Option<u64> {
    fs::read_to_string(folder.join(COMMITS_FILE)).ok()?.trim().parse().ok()
}

fn forget_commits(folder: &Path) -> Result<(), LibraryError> {
    let file = folder.join(COMMITS_FILE);
    match fs::remove_file(&file) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(LibraryError::file("remove", file)(error)),
        _ => Ok(()),
    }
}

/// Runs `work` on the database in `folder`; panics of the database and records that make no sense become
/// [`LibraryError::Corrupt`].
pub(crate) fn guarded<T>(folder: &Path, work: impl FnOnce() -> Result<T, LibraryError>) -> Result<T, LibraryError> {
    let corrupt = |reason: String| LibraryError::Corrupt { folder: folder.to_owned(), reason };
    match panic::catch_unwind(AssertUnwindSafe(work)) {
        Ok(Err(LibraryError::Database(error))) if is_damage(&error) => Err(corrupt(error.to_string())),
        Ok(Err(LibraryError::Damaged(reason))) => Err(corrupt(reason)),
        Ok(Err(LibraryError::Vector(error))) => Err(corrupt(error.to_string())),
        Ok(result) => result,
        Err(_) => Err(corrupt("the database broke down over it".to_owned())),
    }
}

/// Whether an error of the database tells of what it read.
pub(crate) fn is_damage(error: &sled::Error) -> bool {
    match error {
        sled::Error::Io(error) => is_damage_kind(error.kind()),
        _ => true,
    }
}

/// Whether an error of input or output tells of what was read, and not of the disk or its permissions.
pub(crate) fn is_damage_kind(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::InvalidData | ErrorKind::InvalidInput | ErrorKind::UnexpectedEof)
}

/// Moves the database of the library in `folder` aside, where it can be looked at; tells where to. The library is empty then.
pub(crate) fn set_database_aside(folder: &Path, command: &str) -> Result<PathBuf, LibraryError> {
    // Whatever it said, the new database has the present format.
    if read_format(folder).is_err() {
        write_format(folder, FORMAT)?;
    }
    let _locked = LockedFolder::open(folder, false, command)?;
    let database = database_folder(folder);
    let aside = database.with_extension(format!("damaged-{}", now_seconds()));
    fs::rename(&database, &aside).map_err(LibraryError::file("move aside", &database))?;
    forget_commits(folder)?;
    Ok(aside)
}

impl Library {
    /// Checks that no commit is missing and, where something may have gone wrong before, that the catalogue fits the vectors.
    /// With `repair`, missing commits are only told of.
    pub(crate) fn check_integrity(&self, was_killed: bool, repair: bool) -> Result<(), LibraryError> {
        if repair {
            self.read_every_record()?;
        }
        let (folder, commits) = (self.path(), self.catalogue.counts()?.commits);
        let noted = noted_commits(&folder);
        let lost = noted.unwrap_or(0).saturating_sub(commits);
        if lost > 0 && !repair {
            return Err(LibraryError::LostCommits { folder, lost, commits });
        }
        if lost > 0 {
            tracing::warn!("{lost} commits of the library are lost; photos that are missing are indexed again");
        }
        if was_killed || repair || noted.is_none() {
            // Should it fail, whoever opens the library next must look, too.
            forget_commits(&folder)?;
            self.check_counts()?;
        } else if noted == Some(commits) {
            return Ok(());
        }
        note_commits(&folder, commits)
    }

    /// Damage in the middle of the log is found only where it is read.
    fn read_every_record(&self) -> Result<(), LibraryError> {
        for tree in self.db.tree_names() {
            self.db.open_tree(tree)?.iter().try_for_each(|record| record.map(drop))?;
        }
        Ok(())
    }

    /// Checks that catalogue, vectors and counts tell of the same photos and files.
    fn check_counts(&self) -> Result<(), LibraryError> {
        let counts = self.catalogue.counts()?;
        let active = self.active();
        let (mut photos, mut vectors) = (0, 0);
        for id in self.catalogue.shown_photos() {
            let id = id?;
            photos += 1;
            vectors += usize::from(active.as_ref().is_some_and(|active| active.index.read().row(id).is_some()));
        }
        let expected = [counts.photos, counts.photos, counts.files, counts.files + counts.failed];
        let got = [photos, vectors, self.catalogue.links.len(), self.catalogue.files.len()];
        let names = ["photos", "photos' vectors", "links between photos and files", "files"];
        match names.iter().zip(expected).zip(got).find(|((_, expected), got)| expected != got) {
            Some(((name, expected), got)) => {
                Err(LibraryError::Damaged(format!("it has {got} {name}, and should have {expected}")))
            }
            None => Ok(()),
        }
    }
}
