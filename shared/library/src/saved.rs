//! The searches that were saved with the library.

use foray_protocol::{SavedSearch, SearchName, SearchRequest};
use sled::Tree;

use crate::LibraryError;
use crate::library::Library;
use crate::records::{decode, encode};

/// Far more than anybody looks through.
const MOST: usize = 10_000;

impl Library {
    /// The searches that were saved, by name.
    ///
    /// # Errors
    /// Those of the database.
    pub fn saved_searches(&self) -> Result<Vec<SavedSearch>, LibraryError> {
        let saved = self.saved_tree()?;
        saved
            .iter()
            .map(|entry| {
                let (key, value) = entry?;
                let damaged = |_| LibraryError::Damaged("a saved search has no name".to_owned());
                let name = String::from_utf8_lossy(&key).parse().map_err(damaged)?;
                Ok(SavedSearch { name, search: decode(&value)? })
            })
            .collect()
    }

    /// The search of this name.
    ///
    /// # Errors
    /// [`LibraryError::NoSavedSearch`].
    pub fn saved_search(&self, name: &SearchName) -> Result<SearchRequest, LibraryError> {
        let value = self.saved_tree()?.get(name.as_str())?;
        decode(&value.ok_or_else(|| LibraryError::NoSavedSearch(name.to_string()))?)
    }

    /// Keeps a search under its name, instead of one that had it before; it is on the disk then.
    ///
    /// # Errors
    /// [`LibraryError::OutOfRange`] where there are 10,000 already, and those of the database.
    pub fn save_search(&self, saved: &SavedSearch) -> Result<(), LibraryError> {
        let _one_at_a_time = self.writing.lock();
        let tree = self.saved_tree()?;
        if tree.len() >= MOST && !tree.contains_key(saved.name.as_str())? {
            let got = tree.len() + 1;
            return Err(LibraryError::OutOfRange { field: "saved searches", got, expected: "at most 10,000" });
        }
        tree.insert(saved.name.as_str(), encode(&saved.search)?)?;
        tree.flush()?;
        Ok(())
    }

    /// Forgets the search of this name.
    ///
    /// # Errors
    /// [`LibraryError::NoSavedSearch`].
    pub fn forget_search(&self, name: &SearchName) -> Result<(), LibraryError> {
        let _one_at_a_time = self.writing.lock();
        let tree = self.saved_tree()?;
        let was_there = tree.remove(name.as_str())?.is_some();
        tree.flush()?;
        if was_there { Ok(()) } else { Err(LibraryError::NoSavedSearch(name.to_string())) }
    }

    fn saved_tree(&self) -> Result<Tree, LibraryError> {
        Ok(self.db.open_tree("searches")?)
    }
}
