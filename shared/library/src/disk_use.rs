//! How much of the disk a library takes.

use std::fs;
use std::path::Path;

use foray_protocol::DiskUse;

use crate::disk_room::free_space;
use crate::folder::database_folder;
use crate::thumbnails::thumbnail_folder;

/// Measures the library in `folder`. Looks at each of its files, which takes long where there are millions of thumbnails. What goes
/// away meanwhile, or cannot be looked at, takes nothing.
pub fn disk_use(folder: &Path) -> DiskUse {
    let (database, thumbnails) = (size_of(&database_folder(folder)), size_of(&thumbnail_folder(folder)));
    let vectors = size_of(folder).saturating_sub(database + thumbnails);
    DiskUse { database, vectors, thumbnails, free: free_space(folder) }
}

fn size_of(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let size = |entry: fs::DirEntry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => size_of(&entry.path()),
        _ => entry.metadata().map_or(0, |metadata| metadata.len()),
    };
    entries.map(size).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_counts_once() {
        let folder = tempfile::tempdir().unwrap();
        for (file, size) in [("db/db", 10), ("thumbnails/ab/x.jpg", 200), ("rows/x", 3000), ("library.json", 4)] {
            let file = folder.path().join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, vec![0; size]).unwrap();
        }
        let DiskUse { database, vectors, thumbnails, free } = disk_use(folder.path());
        assert_eq!((database, vectors, thumbnails), (10, 3004, 200));
        assert!(free.is_some_and(|free| free > 0));
        assert_eq!(disk_use(&folder.path().join("none")).thumbnails, 0);
    }
}
