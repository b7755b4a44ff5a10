//! Going through folders: which files could be photos, and which folders would not be read.

use std::collections::HashSet;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use foray_protocol::{PhotoPath, StopSignal};

use crate::file::Candidate;
use crate::listing::{Listing, Stem};
use crate::roots::{Root, is_gone};
use crate::rules::IgnoreFiles;

/// What a walk has met.
#[derive(Debug)]
pub(crate) struct Scan<'a> {
    stop: &'a StopSignal,
    /// Files that could be photos.
    pub files: HashSet<PhotoPath>,
    /// Folders and files that the system would not show.
    pub unreadable: Vec<PathBuf>,
    /// Videos that are not the moving part of a photo.
    pub videos: usize,
    pub warnings: Vec<String>,
}

/// Takes the files that a walk finds; ends it with `Break`.
pub(crate) type Found<'a> = dyn FnMut(Candidate) -> ControlFlow<()> + 'a;

impl<'a> Scan<'a> {
    /// A walk that has met nothing yet, and ends early at the signal.
    pub fn new(stop: &'a StopSignal) -> Self {
        Self { stop, files: HashSet::new(), unreadable: vec![], videos: 0, warnings: vec![] }
    }

    /// Goes through a folder of `root` and hands every file that could be a photo to `found`. Links are not followed.
    pub fn folder(&mut self, root: &Root, folder: &Path, found: &mut Found) -> ControlFlow<()> {
        let Some(ignored) = root.rules.ignored_above(folder) else { return ControlFlow::Continue(()) };
        let mut folders = vec![(folder.to_owned(), ignored)];
        while let Some((folder, above)) = folders.pop() {
            let ignored = above.within(&folder);
            if let Some(listing) = self.list(root, &folder, &ignored) {
                self.videos += listing.videos();
                self.take(root, &listing, None, found)?;
                folders.extend(listing.folders.into_iter().map(|folder| (folder, ignored.clone())));
            }
        }
        ControlFlow::Continue(())
    }

    /// Hands the files of these stems in a folder of `root` to `found`, whichever of them there are.
    pub fn stems(&mut self, root: &Root, folder: &Path, stems: &HashSet<Stem>, found: &mut Found) -> ControlFlow<()> {
        let Some(ignored) = root.rules.ignored_above(folder) else { return ControlFlow::Continue(()) };
        match self.list(root, folder, &ignored.within(folder)) {
            Some(listing) => self.take(root, &listing, Some(stems), found),
            None => ControlFlow::Continue(()),
        }
    }

    fn list(&mut self, root: &Root, folder: &Path, ignored: &IgnoreFiles) -> Option<Listing> {
        Listing::read(folder, &root.rules, ignored).map_err(|error| self.unreadable(folder, &error)).ok()
    }

    fn take(
        &mut self,
        root: &Root,
        listing: &Listing,
        stems: Option<&HashSet<Stem>>,
        found: &mut Found,
    ) -> ControlFlow<()> {
        for (path, candidate) in listing.candidates(stems) {
            if self.stop.is_stopped() {
                return ControlFlow::Break(());
            }
            match candidate {
                Ok(candidate) if root.rules.excludes_size(candidate.file.size) => {}
                Ok(candidate) => {
                    self.files.insert(candidate.file.path.clone());
                    found(candidate)?;
                }
                Err(error) => self.unreadable(&path, &error),
            }
        }
        ControlFlow::Continue(())
    }

    /// Whether the walk could not see if there is something at `path`.
    pub fn is_hidden(&self, path: &Path) -> bool {
        self.unreadable.iter().any(|unreadable| path.starts_with(unreadable))
    }

    fn unreadable(&mut self, path: &Path, error: &io::Error) {
        if !is_gone(error) {
            self.warnings.push(format!("cannot read {} ({error}); photos known there are kept", path.display()));
            self.unreadable.push(path.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use foray_protocol::WatchRules;
    use std::fs;

    fn names(folder: &Path) -> Vec<String> {
        let mut names = vec![];
        let stop = StopSignal::new();
        let root = Root::new(folder.to_owned(), &WatchRules::default()).unwrap();
        let _ = Scan::new(&stop).folder(&root, folder, &mut |found| {
            let inside = found.file.path.as_path().strip_prefix(folder).unwrap();
            names.push(inside.to_string_lossy().into_owned());
            ControlFlow::Continue(())
        });
        names.sort();
        names
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
