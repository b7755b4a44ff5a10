//! The library's folder: its format version, the lock that keeps it to one process, and who holds that lock.

use std::ffi::OsStr;
use std::fmt;
use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use foray_protocol::SpaceId;
use serde::{Deserialize, Serialize};

use crate::LibraryError;
use crate::atomic_file::{Durability, is_attempt_at, remove_leftovers, write_atomically};
use crate::upgrade::upgrade;

/// The format that this version writes, and the newest that it reads.
pub const FORMAT: u32 = 1;

/// What files of this version say of their writer.
pub(crate) const WRITTEN_BY: &str = concat!("foray ", env!("CARGO_PKG_VERSION"));

const FORMAT_FILE: &str = "library.json";
const LOCK_FILE: &str = "library.lock";
const REINDEX_LOCK_FILE: &str = "reindex.lock";
/// Copies of the vectors in the database; whatever is missing here is written anew.
const ROWS_FOLDER: &str = "rows";
/// Embeddings of the concepts that queries compete with; whatever is missing here is embedded anew.
const CONCEPTS_FOLDER: &str = "concepts";
/// Where photos lie on the map; what is missing here is laid out anew.
const MAPS_FOLDER: &str = "maps";
const HOLDER_FILE: &str = "holder.json";

#[derive(Serialize, Deserialize)]
struct FormatFile {
    format: u32,
    #[serde(default)]
    written_by: String,
}

/// The process that has a library open.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Its process id.
    pub pid: u32,
    /// The subcommand that it runs.
    pub command: String,
    /// Where it serves the library, once it does.
    #[serde(default)]
    pub url: Option<String>,
}

impl Holder {
    /// Whether its command is one that will serve the library over HTTP.
    pub fn serves(&self) -> bool {
        matches!(self.command.as_str(), "up" | "serve")
    }

    /// Reads who holds the library in `folder`; meaningful only while the lock is held.
    pub fn of(folder: &Path) -> Self {
        fs::read(folder.join(HOLDER_FILE))
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default()
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.pid == 0 {
            return f.write_str("another process");
        }
        write!(f, "`foray {}` (process {})", self.command, self.pid)?;
        self.url.iter().try_for_each(|url| write!(f, " serving {url}"))
    }
}

/// A library's folder, locked for this process until dropped.
#[derive(Debug)]
pub(crate) struct LockedFolder {
    path: PathBuf,
    holder: Holder,
    was_killed: bool,
    _lock: File,
}

impl LockedFolder {
    /// Locks the library in `path` for `command`, making a new one there if `create`.
    pub fn open(path: &Path, create: bool, command: &str) -> Result<Self, LibraryError> {
        check_format(path, create)?;
        fs::create_dir_all(path).map_err(LibraryError::file("make the library's folder", path))?;
        let lock = take_lock(path)?;
        [FORMAT_FILE, HOLDER_FILE].iter().for_each(|file| remove_leftovers(&path.join(file)));
        match read_format(path)? {
            Some(format) => upgrade(path, format)?,
            None => write_format(path, FORMAT)?,
        }
        let was_killed = path.join(HOLDER_FILE).exists();
        let holder = Holder { pid: std::process::id(), command: command.to_owned(), url: None };
        let folder = Self { path: path.to_owned(), holder, was_killed, _lock: lock };
        folder.write_holder()?;
        Ok(folder)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the process that had the library before this one came to no orderly end.
    pub fn was_killed(&self) -> bool {
        self.was_killed
    }

    /// The file of a space's vectors in a numbering of its rows, read in place; its folder is made.
    pub fn row_file(&self, space: &SpaceId, numbering: u32) -> Result<PathBuf, LibraryError> {
        let folder = self.path.join(ROWS_FOLDER);
        fs::create_dir_all(&folder).map_err(LibraryError::file("make the folder", &folder))?;
        let suffix = if numbering == 0 { String::new() } else { format!("-{numbering}") };
        Ok(folder.join(format!("{}{suffix}", file_name_of(space))))
    }

    /// The file of the concepts' embeddings in a space.
    pub fn concept_file(&self, space: &SpaceId) -> PathBuf {
        self.path.join(CONCEPTS_FOLDER).join(file_name_of(space))
    }

    /// The file of the photos' places on the map of a space.
    pub fn map_file(&self, space: &SpaceId) -> PathBuf {
        self.path.join(MAPS_FOLDER).join(file_name_of(space))
    }

    /// Tells other processes where this one serves the library.
    pub fn announce(&mut self, url: &str) -> Result<(), LibraryError> {
        self.holder.url = Some(url.to_owned());
        self.write_holder()
    }

    fn write_holder(&self) -> Result<(), LibraryError> {
        write_json(&self.path.join(HOLDER_FILE), &self.holder)
    }
}

fn file_name_of(space: &SpaceId) -> String {
    blake3::hash(space.as_str().as_bytes()).to_hex()[..16].to_owned()
}

impl Drop for LockedFolder {
    fn drop(&mut self) {
        // The lock goes with the process in any case; a stale holder file is never believed without the lock.
        let _ = fs::remove_file(self.path.join(HOLDER_FILE));
    }
}

/// Where the database of the library in `folder` is.
pub(crate) fn database_folder(folder: &Path) -> PathBuf {
    folder.join("db")
}

fn check_format(path: &Path, create: bool) -> Result<(), LibraryError> {
    match read_format(path)? {
        Some(got) if got > FORMAT => Err(LibraryError::NewerFormat { folder: path.to_owned(), got }),
        Some(_) => Ok(()),
        None => check_new(path, create),
    }
}

/// The format of the library in `folder`; `None` where there is none.
pub(crate) fn read_format(folder: &Path) -> Result<Option<u32>, LibraryError> {
    let file = folder.join(FORMAT_FILE);
    match fs::read(&file) {
        Ok(bytes) => {
            let foreign = |_| LibraryError::Corrupt {
                folder: folder.to_owned(),
                reason: format!("{FORMAT_FILE} is not what Foray wrote there"),
            };
            Ok(Some(serde_json::from_slice::<FormatFile>(&bytes).map_err(foreign)?.format))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(LibraryError::file("read", file)(error)),
    }
}

fn check_new(path: &Path, create: bool) -> Result<(), LibraryError> {
    if !create {
        return Err(LibraryError::Missing(path.to_owned()));
    }
    let mut entries = match fs::read_dir(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(LibraryError::file("open the library's folder", path))?,
    };
    if entries.any(|entry| entry.is_ok_and(|entry| is_foreign(&entry.file_name()))) {
        return Err(LibraryError::NotALibrary(path.to_owned()));
    }
    Ok(())
}

/// Whether `name` is no file that a process leaves behind that is killed while it makes a library.
fn is_foreign(name: &OsStr) -> bool {
    let is_attempt = |file: &str| is_attempt_at(Path::new(file), name);
    name != LOCK_FILE && name != HOLDER_FILE && !is_attempt(FORMAT_FILE) && !is_attempt(HOLDER_FILE)
}

fn take_lock(path: &Path) -> Result<File, LibraryError> {
    let held = || LibraryError::Held { folder: path.to_owned(), holder: Holder::of(path) };
    lock_file(&path.join(LOCK_FILE))?.ok_or_else(held)
}

/// The right to reindex a library, wherever it is open; given back when dropped, or with the process.
#[derive(Debug)]
pub struct ReindexLock(#[expect(dead_code, reason = "held until it is dropped")] File);

impl ReindexLock {
    /// Takes it for the library in `folder`.
    ///
    /// # Errors
    /// [`LibraryError::Maintained`] when another process has it, [`LibraryError::Missing`] where there is no library.
    pub fn take(folder: &Path) -> Result<Self, LibraryError> {
        read_format(folder)?.ok_or_else(|| LibraryError::Missing(folder.to_owned()))?;
        Self::beside(folder)
    }

    /// Takes it for a library that is kept elsewhere, of which `folder` holds what this machine keeps.
    ///
    /// # Errors
    /// As for [`ReindexLock::take`].
    pub fn beside(folder: &Path) -> Result<Self, LibraryError> {
        lock_file(&folder.join(REINDEX_LOCK_FILE))?.map(Self).ok_or(LibraryError::Maintained)
    }
}

/// Locks `file`, which is made if there is none, until what is returned is dropped; `None` while another process has it.
pub(crate) fn lock_file(file: &Path) -> Result<Option<File>, LibraryError> {
    let opened = File::options().create(true).truncate(false).write(true).open(file);
    let lock = opened.map_err(LibraryError::file("open", file))?;
    match lock.try_lock() {
        Ok(()) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(LibraryError::file("lock", file)(error)),
    }
}

/// Says that the library in `folder` has this format.
pub(crate) fn write_format(folder: &Path, format: u32) -> Result<(), LibraryError> {
    write_json(&folder.join(FORMAT_FILE), &FormatFile { format, written_by: WRITTEN_BY.to_owned() })
}

fn write_json(file: &Path, value: &impl Serialize) -> Result<(), LibraryError> {
    let text = serde_json::to_vec_pretty(value).map_err(|error| LibraryError::Damaged(error.to_string()))?;
    write_atomically(file, &text, Durability::PowerCut).map_err(LibraryError::file("write", file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_opener_is_told_who_holds_the_library() {
        let folder = tempfile::tempdir().unwrap();
        let mut first = LockedFolder::open(folder.path(), true, "serve").unwrap();
        first.announce("http://127.0.0.1:1").unwrap();
        let Err(LibraryError::Held { holder, .. }) = LockedFolder::open(folder.path(), true, "index") else {
            panic!("the lock did not hold")
        };
        assert_eq!((holder.pid, holder.url.as_deref()), (std::process::id(), Some("http://127.0.0.1:1")));
        drop(first);
        LockedFolder::open(folder.path(), false, "index").unwrap();
    }

    #[test]
    fn a_newer_format_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FORMAT_FILE), r#"{"format": 99}"#).unwrap();
        let error = LockedFolder::open(folder.path(), true, "index").unwrap_err().to_string();
        assert!(error.contains("format 99") && error.contains("format 1"), "{error}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_of_other_things_is_not_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("thesis.txt"), "x").unwrap();
        assert!(matches!(LockedFolder::open(folder.path(), true, "index"), Err(LibraryError::NotALibrary(_))));
    }

    #[test]
    fn a_library_that_was_killed_while_it_was_made_is_made_again() {
        let folder = tempfile::tempdir().unwrap();
        for left in ["library.lock", "library.tmp-1-0", "holder.tmp-1-1"] {
            fs::write(folder.path().join(left), "").unwrap();
        }
        LockedFolder::open(folder.path(), true, "index").unwrap();
        let mut names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["library.json", "library.lock"]);
    }

    #[test]
    fn a_search_makes_no_library() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("none");
        assert!(matches!(LockedFolder::open(&missing, false, "search"), Err(LibraryError::Missing(_))));
        assert!(!missing.exists());
    }
}
