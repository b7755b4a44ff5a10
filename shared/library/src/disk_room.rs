//! Room on the library's disk: looked at and set aside before anything is written.
//!
//! A write of the database's log that fails makes sled refuse every later one, until the library is opened again. So the log must
//! never be the one to find the disk full.

use std::path::Path;

use parking_lot::MutexGuard;
use rustix::fs::statvfs;
use rustix::io::Errno;

use crate::{Library, LibraryError};

/// The database writes segments of some megabytes ahead; a full disk is noticed before it is hit.
const MIN_FREE_MB: u64 = 64;
/// Set aside behind the end of the log: many times what is written between two looks.
#[cfg(target_os = "linux")]
const LOG_RESERVE_BYTES: u64 = 16 << 20;

/// What is free on the disk of `folder`, bytes; `None` where the file system does not say.
pub(crate) fn free_space(folder: &Path) -> Option<u64> {
    let disk = statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

impl Library {
    /// Keeps other writers out, with room set aside: whoever adds to the database writes under this.
    ///
    /// # Errors
    /// [`LibraryError::DiskFull`] when the disk is nearly full.
    pub(crate) fn to_write(&self) -> Result<MutexGuard<'_, ()>, LibraryError> {
        let alone = self.writing.lock();
        make_room(&self.path())?;
        Ok(alone)
    }
}

/// Sets room aside for what is about to be written to the library in `folder`.
///
/// # Errors
/// [`LibraryError::DiskFull`] when the disk is nearly full.
pub(crate) fn make_room(folder: &Path) -> Result<(), LibraryError> {
    // A file system that does not say how full it is does not stop the work.
    let Some(free) = free_space(folder) else { return Ok(()) };
    let free_mb = free >> 20;
    let full = || LibraryError::DiskFull { folder: folder.to_owned(), free_mb, needed_mb: MIN_FREE_MB };
    if free_mb < MIN_FREE_MB || extend_log_reserve(folder) == Err(Errno::NOSPC) {
        return Err(full());
    }
    Ok(())
}

/// Other programs may fill the disk between the look and the write: what is written into blocks that are the log's already cannot fail.
/// The log's length stays as it is (fallocate(2), `FALLOC_FL_KEEP_SIZE`).
#[cfg(target_os = "linux")]
fn extend_log_reserve(folder: &Path) -> Result<(), Errno> {
    use rustix::fs::{FallocateFlags, fallocate};
    let log = crate::folder::database_folder(folder).join("db");
    let Ok(log) = std::fs::OpenOptions::new().write(true).open(log) else { return Ok(()) };
    let Ok(length) = log.metadata().map(|metadata| metadata.len()) else { return Ok(()) };
    fallocate(&log, FallocateFlags::KEEP_SIZE, length, LOG_RESERVE_BYTES)
}

#[cfg(not(target_os = "linux"))]
fn extend_log_reserve(_folder: &Path) -> Result<(), Errno> {
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn the_log_has_blocks_behind_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("db/db");
        std::fs::create_dir(folder.path().join("db")).unwrap();
        std::fs::write(&log, "a log").unwrap();
        make_room(folder.path()).unwrap();
        let metadata = log.metadata().unwrap();
        assert_eq!(metadata.len(), 5);
        // A file system that cannot set blocks aside leaves the look alone.
        assert!(metadata.blocks() * 512 >= LOG_RESERVE_BYTES || extend_log_reserve(folder.path()).is_err());
    }
}
