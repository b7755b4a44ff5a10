//! Which folders a running indexer follows and what it leaves out of them; changed while it runs.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::WorkGate;

/// Which files of the folders are wanted. Patterns are those of `.gitignore`, from each root's folder on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WatchRules {
    /// If there are any, only files are wanted that fit one of these.
    pub include: Vec<String>,
    /// Files and folders that are left out.
    pub exclude: Vec<String>,
    /// Smaller files are left out, bytes.
    pub min_size: u64,
}

/// Folders and rules.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Watched {
    /// The folders.
    #[schema(value_type = Vec<String>)]
    pub roots: Vec<PathBuf>,
    /// What is left out of them.
    #[serde(default)]
    pub rules: WatchRules,
}

/// Says in a sentence why folders and rules cannot be taken, or keeps them for the next start.
type Check = dyn Fn(&Watched) -> Result<(), String> + Send + Sync;

/// What an indexer follows now. Clones are the same list.
#[derive(Clone)]
pub struct WatchList(Arc<List>);

struct List {
    present: Mutex<(u64, Watched)>,
    check: Box<Check>,
}

impl WatchList {
    /// A list that begins with `watched`. What it is changed to is first given to `check`, which refuses or keeps it.
    pub fn new(watched: Watched, check: impl Fn(&Watched) -> Result<(), String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(List { present: Mutex::new((0, watched)), check: Box::new(check) }))
    }

    /// What is on it now, and the number of this version.
    pub fn present(&self) -> (u64, Watched) {
        self.0.present.lock().clone()
    }

    /// Whether it has changed since `version`.
    pub fn has_changed(&self, version: u64) -> bool {
        self.0.present.lock().0 != version
    }

    /// Puts `watched` in the place of what was on it.
    ///
    /// # Errors
    /// What `check` says.
    pub fn change(&self, watched: Watched) -> Result<(), String> {
        let mut present = self.0.present.lock();
        if present.1 != watched {
            (self.0.check)(&watched)?;
            *present = (present.0 + 1, watched);
        }
        Ok(())
    }
}

/// What those who may change an indexer hold.
#[derive(Clone, Debug)]
pub struct IndexerControl {
    /// Whether it works.
    pub gate: WorkGate,
    /// What it follows.
    pub list: WatchList,
}

impl fmt::Debug for WatchList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WatchList").field(&*self.0.present.lock()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_checked_and_noticed() {
        let watched = |root: &str| Watched { roots: vec![root.into()], rules: WatchRules::default() };
        let list = WatchList::new(watched("/a"), |watched| match watched.roots[0].to_str() {
            Some("/no") => Err("no such folder".to_owned()),
            _ => Ok(()),
        });
        let (version, first) = list.present();
        assert_eq!(first, watched("/a"));
        assert_eq!(list.change(watched("/no")), Err("no such folder".to_owned()));
        assert_eq!(list.change(watched("/a")), Ok(()));
        assert!(!list.has_changed(version));
        assert_eq!(list.change(watched("/b")), Ok(()));
        assert!(list.has_changed(version) && list.present().1 == watched("/b"));
    }
}
