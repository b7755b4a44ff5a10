//! Folders that come into being all at once: filled beside their place, then moved into it.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::LibraryError;
use crate::folder::lock_file;

const LOCK_FILE: &str = "staging.lock";

/// A folder on its way; removed when dropped before it is moved into place.
#[derive(Debug)]
pub(crate) struct Staging {
    path: PathBuf,
    target: PathBuf,
    _lock: File,
}

impl Staging {
    /// Begins a folder that will be `target`, which must be missing or empty. What an attempt that was killed left is removed.
    pub fn beside(target: &Path, doing: &str) -> Result<Self, LibraryError> {
        check_empty(target)?;
        let mut name = target.file_name().map_or_else(OsString::new, OsString::from);
        name.push(format!(".{doing}"));
        let path = target.with_file_name(name);
        fs::create_dir_all(&path).map_err(LibraryError::file("make the folder", &path))?;
        let lock = lock_file(&path.join(LOCK_FILE))?.ok_or_else(|| LibraryError::StagingInUse(path.clone()))?;
        let staging = Self { path, target: target.to_owned(), _lock: lock };
        staging.clear().map_err(LibraryError::file("empty the folder", &staging.path))?;
        Ok(staging)
    }

    /// Where the folder is filled.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Moves the folder into its place.
    pub fn move_into_place(self) -> Result<(), LibraryError> {
        let moved = fs::remove_file(self.path.join(LOCK_FILE)).and_then(|()| self.rename());
        moved.map_err(LibraryError::file("move what was written to", &self.target))
    }

    fn rename(&self) -> io::Result<()> {
        match fs::remove_dir(&self.target) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => fs::rename(&self.path, &self.target)?,
        }
        // The name is an entry of the parent folder, which must reach the disk like any other content.
        File::open(self.target.parent().unwrap_or(Path::new(".")))?.sync_all()
    }

    fn clear(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                fs::remove_dir_all(entry.path())?;
            } else if entry.file_name() != LOCK_FILE {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // Gone already when it was moved; what cannot be removed now is removed by the next attempt.
        let _ = fs::remove_dir_all(&self.path);
    }
}

fn check_empty(target: &Path) -> Result<(), LibraryError> {
    match fs::read_dir(target) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(LibraryError::file("open the folder", target)(error)),
        Ok(entries) => match entries.count() {
            0 => Ok(()),
            _ => Err(LibraryError::NotEmpty(target.to_owned())),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_appears_whole_and_what_a_killed_attempt_left_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("new");
        let left = folder.path().join("new.making");
        fs::create_dir_all(left.join("old")).unwrap();
        fs::write(left.join("old/part"), "x").unwrap();
        fs::create_dir(&target).unwrap();
        let staging = Staging::beside(&target, "making").unwrap();
        assert_eq!(staging.path(), left);
        fs::write(staging.path().join("file"), "x").unwrap();
        assert!(matches!(Staging::beside(&target, "making"), Err(LibraryError::StagingInUse(_))));
        staging.move_into_place().unwrap();
        let names: Vec<_> = fs::read_dir(&target).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["file"]);
        assert!(!left.exists());
    }

    #[test]
    fn what_is_given_up_leaves_nothing_and_a_full_folder_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        drop(Staging::beside(&folder.path().join("new"), "making").unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        fs::write(folder.path().join("thesis.txt"), "x").unwrap();
        assert!(matches!(Staging::beside(folder.path(), "making"), Err(LibraryError::NotEmpty(_))));
    }
}
