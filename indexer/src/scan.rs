//! Going through folders: which files could be photos, and which folders would not be read.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use foray_protocol::{FileFacts, PhotoPath, StopSignal};
use walkdir::{DirEntry, WalkDir};

use crate::file::facts;
use crate::roots::{is_excluded, is_gone};

const EXTENSIONS: [&str; 11] = ["jpg", "jpeg", "jpe", "jfif", "png", "webp", "gif", "tif", "tiff", "bmp", "jxl"];

/// Whether a file of this name could be a photo that Foray can decode.
pub(crate) fn is_candidate(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known)))
}

/// What a walk has met.
#[derive(Debug)]
pub(crate) struct Scan<'a> {
    stop: &'a StopSignal,
    /// Files that could be photos.
    pub files: HashSet<PhotoPath>,
    /// Folders and files that the system would not show.
    pub unreadable: Vec<PathBuf>,
    pub warnings: Vec<String>,
}

impl<'a> Scan<'a> {
    /// A walk that has met nothing yet, and ends early at the signal.
    pub fn new(stop: &'a StopSignal) -> Self {
        Self { stop, files: HashSet::new(), unreadable: vec![], warnings: vec![] }
    }

    /// Goes through a folder and hands every file that could be a photo to `found`. Links are not followed.
    pub fn folder(&mut self, folder: &Path, found: &mut Found) -> ControlFlow<()> {
        let is_wanted = |entry: &DirEntry| entry.depth() == 0 || !is_excluded(entry.file_name());
        for entry in WalkDir::new(folder).into_iter().filter_entry(is_wanted) {
            if self.stop.is_stopped() {
                return ControlFlow::Break(());
            }
            match entry.and_then(|entry| Ok(candidate(&entry)?.map(|metadata| (entry, metadata)))) {
                Ok(Some((entry, metadata))) => self.file(facts(entry.into_path().into(), &metadata), found)?,
                Ok(None) => {}
                Err(error) => self.unreadable(folder, &error),
            }
        }
        ControlFlow::Continue(())
    }

    /// Takes note of a file and hands it to `found`.
    pub fn file(&mut self, file: FileFacts, found: &mut Found) -> ControlFlow<()> {
        self.files.insert(file.path.clone());
        found(file)
    }

    /// Whether the walk could not see if there is something at `path`.
    pub fn is_hidden(&self, path: &Path) -> bool {
        self.unreadable.iter().any(|unreadable| path.starts_with(unreadable))
    }

    fn unreadable(&mut self, folder: &Path, error: &walkdir::Error) {
        if error.io_error().is_some_and(is_gone) {
            return;
        }
        let path = error.path().unwrap_or(folder);
        let reason = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
        self.warnings.push(format!("cannot read {} ({reason}); photos known there are kept", path.display()));
        self.unreadable.push(path.to_owned());
    }
}

/// Takes the files that a walk finds; ends it with `Break`.
pub(crate) type Found<'a> = dyn FnMut(FileFacts) -> ControlFlow<()> + 'a;

fn candidate(entry: &DirEntry) -> walkdir::Result<Option<std::fs::Metadata>> {
    if entry.file_type().is_file() && is_candidate(entry.path()) { entry.metadata().map(Some) } else { Ok(None) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn names(folder: &Path) -> Vec<String> {
        let mut names = vec![];
        let stop = StopSignal::new();
        let _ = Scan::new(&stop).folder(folder, &mut |file| {
            let inside = file.path.as_path().strip_prefix(folder).unwrap();
            names.push(inside.to_string_lossy().into_owned());
            ControlFlow::Continue(())
        });
        names.sort();
        names
    }

    #[test]
    fn extensions_decide_in_any_case() {
        for photo in ["a.jpg", "a.JPG", "a.b.Tiff", "a.jfif"] {
            assert!(is_candidate(Path::new(photo)), "{photo}");
        }
        for other in ["a.mp4", "jpg", "a", "a.jpg.part", ".jpg"] {
            assert!(!is_candidate(Path::new(other)), "{other}");
        }
    }

    #[test]
    fn hidden_and_foreign_folders_are_not_entered() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.jpg", "x/y/b.png", ".hidden.jpg", ".git/c.jpg", "@eaDir/d.jpg", "x/node_modules/e.jpg", "f.txt"]
        {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        assert_eq!(names(folder.path()), ["a.jpg", "x/y/b.png"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("real")).unwrap();
        fs::write(folder.path().join("real/a.jpg"), "").unwrap();
        std::os::unix::fs::symlink("real", folder.path().join("link")).unwrap();
        std::os::unix::fs::symlink("real/a.jpg", folder.path().join("link.jpg")).unwrap();
        assert_eq!(names(folder.path()), ["real/a.jpg"]);
    }
}
