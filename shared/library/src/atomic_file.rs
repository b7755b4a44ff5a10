//! The one way in which whole files are written: beside their place, then moved into it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// What a written file must outlive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// The death of this process. Costs no wait for the disk; for what can be made again.
    Crash,
    /// A power cut too.
    PowerCut,
}

/// Writes `content` to `file` so that a reader, or a crash at any moment, sees the old file or the new one, never a part.
///
/// # Errors
/// Those of the file system; nothing is left behind then.
pub fn write_atomically(file: &Path, content: &[u8], durability: Durability) -> io::Result<()> {
    fill_atomically(file, durability, |handle| handle.write_all(content))
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
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let unique = format!("tmp-{}-{}", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed));
    let temporary = file.with_extension(unique);
    let filled = fill_new(&temporary, durability, fill).and_then(|filled| {
        fs::rename(&temporary, file)?;
        Ok(filled)
    });
    if filled.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    filled
}

fn fill_new<T, E: From<io::Error>>(
    file: &Path,
    durability: Durability,
    fill: impl FnOnce(&mut File) -> Result<T, E>,
) -> Result<T, E> {
    let mut handle = File::options().read(true).write(true).create(true).truncate(true).open(file)?;
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

    #[test]
    fn a_missing_folder_is_an_error() {
        assert!(write_atomically(Path::new("/no/such/folder/file"), b"x", Durability::Crash).is_err());
    }
}
