//! Opening the library that the settings name: a folder of this machine, or one on Milvus that many share.

use std::fs;
use std::sync::Arc;

use anyhow::{Context, Result};
use foray_library::{Library, LibraryError, OpenOptions, ReindexLock, Store};
use foray_milvus::Address;

use crate::settings::Settings;

/// Photos that a process keeps to itself to compare all with all, unless told otherwise.
const SAMPLE: usize = 200_000;

/// A library on Milvus, as the settings name it.
#[derive(Clone, Debug)]
pub struct StoreSettings {
    /// Where it is.
    pub address: Address,
    /// Where its previews are; beside other things of this machine where nobody says.
    pub previews: Option<String>,
    /// How many photos this process keeps to itself.
    pub sample: Option<usize>,
}

impl Settings {
    /// Opens the library for a command; makes a new one where there is none if `create`. `lasting` is for one that serves.
    pub fn open_store(&self, command: &str, create: bool, lasting: bool) -> Result<Arc<dyn Store>> {
        match &self.store {
            Some(store) => {
                fs::create_dir_all(&self.library).with_context(|| format!("cannot make {}", self.library.display()))?;
                let previews = || self.library.join("previews").display().to_string();
                open_milvus(store, store.previews.clone().unwrap_or_else(previews), create)
            }
            None => {
                let options = OpenOptions { create, build_graph: lasting, ..OpenOptions::new(&self.library, command) };
                Ok(Arc::new(Library::open(&options)?))
            }
        }
    }

    /// The right to reindex the library from this machine.
    pub fn reindex_lock(&self) -> Result<ReindexLock, LibraryError> {
        match self.store {
            Some(_) => ReindexLock::beside(&self.library),
            None => ReindexLock::take(&self.library),
        }
    }
}

#[cfg(feature = "milvus")]
fn open_milvus(store: &StoreSettings, previews: String, create: bool) -> Result<Arc<dyn Store>> {
    use foray_milvus::{MilvusLibrary, MilvusOptions};

    let sample = store.sample.unwrap_or(SAMPLE);
    let options = MilvusOptions { address: store.address.clone(), create, previews, sample };
    Ok(Arc::new(MilvusLibrary::open(&options)?))
}

#[cfg(not(feature = "milvus"))]
fn open_milvus(store: &StoreSettings, previews: String, create: bool) -> Result<Arc<dyn Store>> {
    let _ = (previews, create, store.sample.unwrap_or(SAMPLE));
    anyhow::bail!(
        "this foray was built without Milvus, so it cannot open {}; build it with `cargo install --path cli --features milvus`",
        store.address
    )
}
