//! The one way in which whole files are written: beside their place, then moved into it.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// What the extensions of files begin with that are not in their place yet.
const TEMPORARY: &str = "tmp-";

/// What a written file must outlive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// The death of this process. Costs no wait for the disk; for what can be made again.
    Crash,
    /// A power cut too.
    PowerCut,
}

/// Writes `content` to `file` so that a reader, or a crash at any moment, sees the old file or the new one, never a part. A link stays a
/// link: what it leads to is written. A device or a pipe, such as /dev/stdout, is written to as it is: nothing may take its place.
///
/// # Errors
/// Those of the file system; nothing is left behind then.
pub fn write_atomically(file: &Path, content: &[u8], durability: Durability) -> io::Result<()> {
    fill_atomically(file, durability, |handle| handle.write_all(content))
}

/// As [`write_atomically`] for a power cut, for what nobody but this user shall read (on Unix systems).
///
/// # Errors
/// Those of the file system; nothing is left behind then.
pub fn write_secret(file: &Path, content: &[u8]) -> io::Result<()> {
    fill_for(Readers::ThisUser, file, Durability::PowerCut, |handle| handle.write_all(content))
}

/// As [`write_atomically`], for content that `fill` writes piece by piece, and may read again.
///
/// # Errors
/// Those of the file system and of `fill`; nothing is left behind then.
pub fn fill_atomically<T, E: From<io::Error>>(
    file: &Path,
    durability: Durability,
    fill: impl FnOnce(&mut File) -> Result<T, E>,
) -> Result<T, E> {
    fill_for(Readers::AsUsual, file, durability, fill)
}

/// Who may read a file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Readers {
    AsUsual,
    ThisUser,
}

fn fill_for<T, E: From<io::Error>>(
    readers: Readers,
    file: &Path,
    durability: Durability,
    fill: impl FnOnce(&mut File) -> Result<T, E>,
) -> Result<T, E> {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let file = &place(file);
    if fs::metadata(file).is_ok_and(|there| !there.is_file() && !there.is_dir()) {
        return fill(&mut File::options().write(true).open(file)?);
    }
    let unique = format!("{TEMPORARY}{}-{}", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed));
    let temporary = file.with_extension(unique);
    let filled = fill_new(readers, &temporary, durability, fill).and_then(|filled| {
        fs::rename(&temporary, file)?;
        Ok(filled)
    });
    if filled.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    filled
}

/// Where `file` is, followed through links: what is moved onto a link would take its place.
fn place(file: &Path) -> PathBuf {
    let is_link = fs::symlink_metadata(file).is_ok_and(|there| there.is_symlink());
    is_link.then(|| fs::canonicalize(file).ok()).flatten().unwrap_or_else(|| file.to_owned())
}

/// Whether `name` is what an attempt to write `file` beside its place is called.
pub fn is_attempt_at(file: &Path, name: &OsStr) -> bool {
    let prefix = file.with_extension(TEMPORARY);
    prefix.file_name().is_some_and(|prefix| name.as_encoded_bytes().starts_with(prefix.as_encoded_bytes()))
}

/// Removes what processes that were killed left of their attempts to write `file`. Worth its price for large files.
pub fn remove_leftovers(file: &Path) {
    let file = &place(file);
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // A folder that cannot be listed is found out by whoever writes to it, and what cannot be removed does no harm.
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten().filter(|entry| is_attempt_at(file, &entry.file_name())) {
        if File::open(entry.path()).is_ok_and(|left| left.try_lock().is_ok()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn fill_new<T, E: From<io::Error>>(
    readers: Readers,
    file: &Path,
    durability: Durability,
    fill: impl FnOnce(&mut File) -> Result<T, E>,
) -> Result<T, E> {
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(true);
    #[cfg(not(unix))]
    let _ = readers;
    #[cfg(unix)]
    if readers == Readers::ThisUser {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    let mut handle = options.open(file)?;
    // Tells `remove_leftovers` that this one is in work. Where there are no locks, it leaves all alone.
    let _ = handle.try_lock();
    let filled = fill(&mut handle)?;
    if durability == Durability::PowerCut {
        handle.sync_data()?;
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_new_content_replaces_the_old_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state.json");
        write_atomically(&file, b"old", Durability::PowerCut).unwrap();
        write_atomically(&file, b"new", Durability::Crash).unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link_and_a_pipe_stays_a_pipe() {
        use std::os::unix::fs::{FileTypeExt, symlink};
        use std::process::Command;

        let folder = tempfile::tempdir().unwrap();
        let [real, link, pipe] = ["real", "link", "pipe"].map(|name| folder.path().join(name));
        fs::write(&real, "old").unwrap();
        symlink(&real, &link).unwrap();
        write_atomically(&link, b"new", Durability::Crash).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&real).unwrap(), b"new");
        fs::write(folder.path().join("real.tmp-1-0"), "left by an attempt to write through the link").unwrap();
        remove_leftovers(&link);

        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        std::thread::scope(|scope| {
            let reader = scope.spawn(|| fs::read(&pipe).unwrap());
            write_atomically(&pipe, b"through", Durability::Crash).unwrap();
            assert_eq!(reader.join().unwrap(), b"through");
        });
        assert!(fs::symlink_metadata(&pipe).unwrap().file_type().is_fifo());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3, "nothing is left beside them");
    }

    #[cfg(unix)]
    #[test]
    fn a_secret_is_for_this_user_alone() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        write_secret(&file, b"secret").unwrap();
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn what_a_killed_attempt_left_is_removed_and_one_in_work_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.foray.zst");
        fs::write(folder.path().join("x.foray.tmp-1-0"), "left").unwrap();
        fs::write(folder.path().join("other.tmp-1-0"), "another's").unwrap();
        fill_atomically(&file, Durability::Crash, |handle| {
            remove_leftovers(&file);
            handle.write_all(b"new")
        })
        .unwrap();
        let mut names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["other.tmp-1-0", "x.foray.zst"]);
        assert_eq!(fs::read(&file).unwrap(), b"new");
    }

    #[test]
    fn a_missing_folder_is_an_error() {
        assert!(write_atomically(Path::new("/no/such/folder/file"), b"x", Durability::Crash).is_err());
    }
}
