//! The model store: a folder of models, fetched from a hub or copied from this machine, each with a receipt.

mod catalogue;
mod download;
mod hub;
mod import;
mod layout;
mod pull;
mod receipt;
mod staging;

use std::fs;
use std::path::{Path, PathBuf};

pub use catalogue::{CatalogueEntry, catalogue};
pub use hub::Hub;
pub use pull::{PullProgress, PullRequest};
pub use receipt::{Fault, Receipt, ReceiptFile};

use crate::model::BUILTIN;
use crate::{EmbeddingError, Model};

/// A folder with models, one in each of its folders.
#[derive(Clone, Debug)]
pub struct ModelStore {
    folder: PathBuf,
}

/// A model in the store.
#[derive(Clone, Debug)]
pub struct InstalledModel {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub folder: PathBuf,
    /// How it came there; nothing for one that somebody put there by hand.
    pub receipt: Option<Receipt>,
}

impl ModelStore {
    /// The store in `folder`, which need not exist yet.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The models in the store, by name.
    pub fn installed(&self) -> Vec<InstalledModel> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        names.iter().filter_map(|name| self.installed_as(name)).collect()
    }

    /// The model of this name in the store.
    pub fn installed_as(&self, name: &str) -> Option<InstalledModel> {
        let folder = self.folder.join(layout::check_name(name).ok()?);
        let installed = folder.join("config.json").is_file();
        installed.then(|| InstalledModel { name: name.to_owned(), receipt: Receipt::read(&folder), folder })
    }

    /// The model that `name_or_folder` names: the built-in one, one of the store, or any folder in the layout.
    ///
    /// # Errors
    /// [`EmbeddingError::NotInstalled`] for a model of the catalogue that was not pulled, [`EmbeddingError::UnknownModel`] for
    /// anything else, and those of [`Model::from_folder`].
    pub fn find(&self, name_or_folder: &str) -> Result<Model, EmbeddingError> {
        if name_or_folder == BUILTIN {
            return Model::builtin();
        }
        match (self.installed_as(name_or_folder), Path::new(name_or_folder)) {
            (Some(installed), _) => Model::from_folder(&installed.folder),
            (None, folder) if folder.is_dir() => Model::from_folder(folder),
            _ if CatalogueEntry::find(name_or_folder).is_some() => {
                Err(EmbeddingError::NotInstalled(name_or_folder.to_owned()))
            }
            _ => Err(EmbeddingError::UnknownModel(name_or_folder.to_owned())),
        }
    }

    /// Compares a model's files with its receipt, byte for byte; nothing is wrong when the list is empty.
    ///
    /// # Errors
    /// [`EmbeddingError::NotInstalled`] and, for a model without a receipt, [`EmbeddingError::NoReceipt`].
    pub fn verify(&self, name: &str) -> Result<Vec<Fault>, EmbeddingError> {
        let installed = self.expect(name)?;
        let receipt = installed.receipt.ok_or_else(|| EmbeddingError::NoReceipt(installed.folder.clone()))?;
        Ok(receipt.faults(&installed.folder))
    }

    /// Removes a model from the store.
    ///
    /// # Errors
    /// [`EmbeddingError::NotInstalled`], and those of the file system.
    pub fn remove(&self, name: &str) -> Result<(), EmbeddingError> {
        let folder = self.expect(name)?.folder;
        fs::remove_dir_all(&folder).map_err(EmbeddingError::store_file("remove", &folder))
    }

    fn expect(&self, name: &str) -> Result<InstalledModel, EmbeddingError> {
        self.installed_as(name).ok_or_else(|| EmbeddingError::NotInstalled(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tiny() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/tiny")
    }

    #[test]
    fn a_model_has_the_same_space_before_and_after_it_is_imported() {
        let folder = tempfile::tempdir().unwrap();
        let store = ModelStore::new(folder.path().to_owned());
        store.import("tiny", &tiny()).unwrap();
        let space = |model: Model| model.space().clone();
        assert_eq!(space(store.find("tiny").unwrap()), space(Model::from_folder(&tiny()).unwrap()));
    }

    #[test]
    fn weights_that_were_changed_after_the_import_make_another_space() {
        let folder = tempfile::tempdir().unwrap();
        let store = ModelStore::new(folder.path().to_owned());
        store.import("tiny", &tiny()).unwrap();
        let before = store.find("tiny").unwrap();
        let weights = folder.path().join("tiny/visual/model.onnx");
        let mut bytes = fs::read(&weights).unwrap();
        bytes[20] ^= 1;
        std::thread::sleep(std::time::Duration::from_millis(20));
        fs::write(&weights, bytes).unwrap();
        assert_ne!(store.find("tiny").unwrap().space(), before.space());
        assert_eq!(store.verify("tiny").unwrap().len(), 1);
        fs::write(folder.path().join("tiny/visual/more.bin"), "x").unwrap();
        assert_ne!(store.find("tiny").unwrap().space(), before.space());
    }

    #[test]
    fn what_is_no_model_says_what_would_be() {
        let store = ModelStore::new(tempfile::tempdir().unwrap().path().to_owned());
        let message = |name: &str| store.find(name).unwrap_err().to_string();
        assert!(message("no-such-model").contains("foray models list"));
        assert!(message("ViT-B-32__openai").contains("foray models pull ViT-B-32__openai"));
        assert!(store.installed().is_empty());
        assert_eq!(store.find(BUILTIN).unwrap().name(), BUILTIN);
    }
}
