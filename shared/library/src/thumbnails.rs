//! Thumbnails: one small JPEG a photo, as files spread over 256 folders by the first digits of the id.

use std::fs;
use std::path::{Path, PathBuf};

use foray_protocol::ImageId;

use crate::LibraryError;
use crate::atomic_file::{Durability, write_atomically};

/// A folder of thumbnails.
#[derive(Debug)]
pub struct Thumbnails {
    folder: PathBuf,
}

/// Where the thumbnails of the library in `folder` are.
pub(crate) fn thumbnail_folder(folder: &Path) -> PathBuf {
    folder.join("thumbnails")
}

impl Thumbnails {
    /// Those of the library in a folder.
    pub(crate) fn new(library: &Path) -> Self {
        Self::in_folder(thumbnail_folder(library))
    }

    /// Those that lie in `folder` itself, which need not be there yet.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Where the thumbnail of `image` is, or would be.
    pub fn file(&self, image: ImageId) -> PathBuf {
        let name = image.to_string();
        self.folder.join(&name[..2]).join(name).with_extension("jpg")
    }

    /// Writes the thumbnail of `image`.
    ///
    /// # Errors
    /// Those of the file.
    pub fn write(&self, image: ImageId, jpeg: &[u8]) -> Result<(), LibraryError> {
        let file = self.file(image);
        let folder = file.parent().unwrap_or(&self.folder);
        fs::create_dir_all(folder).map_err(LibraryError::file("make the folder", folder))?;
        write_atomically(&file, jpeg, Durability::Crash).map_err(LibraryError::file("write the thumbnail", &file))
    }

    /// Removes the thumbnail of `image`, if there is one.
    pub fn remove(&self, image: ImageId) {
        // A thumbnail without a photo costs a few kilobytes and nothing else.
        let _ = fs::remove_file(self.file(image));
    }
}
