//! Finding what the library knows and the disk holds no more.

use std::fs;
use std::path::{Path, PathBuf};

use foray_protocol::{ImageId, PhotoPath, is_photo};

use crate::IndexError;
use crate::committer::Committer;
use crate::library::{Library, PAGE};
use crate::roots::{Presence, Root, Roots, is_gone};
use crate::scan::Scan;

/// A search for lost files, after a walk.
pub(crate) struct Sweep<'a, 'c> {
    pub library: Library<'a>,
    pub roots: &'a Roots,
    pub scan: &'a Scan<'a>,
    pub committer: &'a mut Committer<'c>,
    /// Forget even what was in a root that is gone or empty.
    pub prune: bool,
    /// The paths were announced by a watcher: an empty root is believed when it is the folder that was watched.
    pub is_watched: bool,
    pub warnings: &'a mut Vec<String>,
}

impl Sweep<'_, '_> {
    /// Removes what is lost at and below `paths`.
    pub fn run(&mut self, paths: &[PathBuf]) -> Result<(), IndexError> {
        for root in self.roots.iter() {
            let belongs = |path: &&PathBuf| self.roots.root_of(path).is_some_and(|own| own.path == root.path);
            let paths: Vec<_> = paths.iter().filter(belongs).map(PhotoPath::from).collect();
            if paths.is_empty() {
                continue;
            }
            match self.doubt(root) {
                Some(presence) => self.keep(root, presence)?,
                None => self.remove_lost(&paths)?,
            }
        }
        Ok(())
    }

    /// What about the root suggests that its disk is away, rather than its photos deleted.
    fn doubt(&self, root: &Root) -> Option<Presence> {
        let presence = root.presence();
        let is_believed = self.prune
            || presence == Presence::Filled
            || (self.is_watched && presence == Presence::Empty && root.is_same_folder());
        (!is_believed).then_some(presence)
    }

    fn keep(&mut self, root: &Root, presence: Presence) -> Result<(), IndexError> {
        let count = self.library.count_under(&PhotoPath::from(&root.path))?;
        if count > 0 {
            let state = if presence == Presence::Gone { "gone" } else { "empty" };
            self.warnings.push(format!(
                "{} is {state}; its {count} photos are kept, as its disk may be away (`foray index --prune` forgets them)",
                root.path.display()
            ));
        }
        Ok(())
    }

    fn remove_lost(&mut self, paths: &[PhotoPath]) -> Result<(), IndexError> {
        let unseen: Vec<_> = paths.iter().filter(|path| !self.scan.files.contains(path)).cloned().collect();
        for page in unseen.chunks(PAGE) {
            let known = self.library.known_files(page)?;
            for (path, known) in page.iter().zip(known) {
                match known {
                    Some(file) => self.check(path.clone(), file.outcome.ok())?,
                    // What the library does not know as a file may be, or have been, a folder.
                    None => self.remove_lost_under(path)?,
                }
            }
        }
        Ok(())
    }

    fn remove_lost_under(&mut self, folder: &PhotoPath) -> Result<(), IndexError> {
        let library = self.library;
        library.files_under(folder, |file| self.check(file.path, file.image))
    }

    fn check(&mut self, path: PhotoPath, image: Option<ImageId>) -> Result<(), IndexError> {
        if self.scan.files.contains(&path) || self.scan.is_hidden(path.as_path()) || self.is_there(path.as_path()) {
            return Ok(());
        }
        self.committer.remove(path, image)
    }

    /// Whether there is, or may be, a file at `path` that belongs into the library.
    fn is_there(&self, path: &Path) -> bool {
        let rules = self.roots.root_of(path).map(|root| &root.rules);
        let is_wanted = |bytes| rules.is_some_and(|rules| !rules.excludes_file(path) && !rules.excludes_size(bytes));
        match fs::symlink_metadata(path) {
            Ok(metadata) => metadata.is_file() && is_photo(path) && is_wanted(metadata.len()) && !is_behind_link(path),
            Err(error) => !is_gone(&error),
        }
    }
}

/// Whether a folder on the way to `path` has become a link, which the walk does not follow.
fn is_behind_link(path: &Path) -> bool {
    path.canonicalize().is_ok_and(|real| real != path)
}
