//! Where a model is put together before it is moved into its place.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::layout;
use super::receipt::{Receipt, ReceiptFile};
use crate::{EmbeddingError, Model};

/// Folder in the store; no model can have this name.
const FOLDER: &str = ".partial";

/// A folder in which a model is put together by one process at a time.
pub(super) struct Staging {
    store: PathBuf,
    folder: PathBuf,
    _lock: File,
}

impl Staging {
    /// The staging folder `key` in `store`, with what an earlier try left there.
    pub fn open(store: &Path, key: &str) -> Result<Self, EmbeddingError> {
        let folder = store.join(FOLDER).join(key);
        fs::create_dir_all(&folder).map_err(EmbeddingError::store_file("make", &folder))?;
        let lock_file = store.join(FOLDER).join(format!("{key}.lock"));
        let lock = File::create(&lock_file).map_err(EmbeddingError::store_file("make", &lock_file))?;
        if lock.try_lock().is_err() {
            return Err(EmbeddingError::PullRuns(key.to_owned()));
        }
        Ok(Self { store: store.to_owned(), folder, _lock: lock })
    }

    /// The same, emptied.
    pub fn fresh(store: &Path, key: &str) -> Result<Self, EmbeddingError> {
        let staging = Self::open(store, key)?;
        let folder = &staging.folder;
        fs::remove_dir_all(folder)
            .and_then(|()| fs::create_dir_all(folder))
            .map_err(EmbeddingError::store_file("empty", folder))?;
        Ok(staging)
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Checks the model, leaves its receipt with it and moves it to its place in one step; what stood there goes.
    pub fn install(
        self,
        name: &str,
        source: String,
        revision: Option<String>,
        files: Vec<ReceiptFile>,
    ) -> Result<Receipt, EmbeddingError> {
        let paths: Vec<PathBuf> = files.iter().map(|file| file.path.clone()).collect();
        layout::check_complete(&source, &paths)?;
        Model::from_folder(&self.folder)?;
        let receipt = Receipt::new(source, revision, files, &self.folder)?;
        receipt.write(&self.folder)?;
        let (place, old) = (self.store.join(name), self.store.join(FOLDER).join(format!("{name}.old")));
        if place.exists() {
            let _ = fs::remove_dir_all(&old);
            fs::rename(&place, &old).map_err(EmbeddingError::store_file("move", &place))?;
        }
        fs::rename(&self.folder, &place).map_err(EmbeddingError::store_file("move", &self.folder))?;
        let _ = fs::remove_dir_all(&old);
        Ok(receipt)
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // Only when nothing is left to go on with.
        let _ = fs::remove_dir(&self.folder);
    }
}
