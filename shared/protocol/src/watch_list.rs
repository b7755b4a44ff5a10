//! Which folders a running indexer follows and what it leaves out of them; changed while it runs.

use std::path::PathBuf;
use std::sync::Arc;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Kept, Schedule, WorkGate};

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

/// What an indexer follows now, and what it shall look at again. Clones are the same list.
#[derive(Clone, Debug)]
pub struct WatchList {
    /// The folders and their rules.
    pub watched: Kept<Watched>,
    again: Arc<Mutex<Vec<PathBuf>>>,
}

impl WatchList {
    /// A list of what is kept as `watched`.
    pub fn new(watched: Kept<Watched>) -> Self {
        Self { watched, again: Arc::default() }
    }

    /// Has the indexer look at these files as if something had happened to them.
    pub fn look_again(&self, files: impl IntoIterator<Item = PathBuf>) {
        self.again.lock().extend(files);
    }

    /// Takes the files that shall be looked at again.
    pub fn take_again(&self) -> Vec<PathBuf> {
        std::mem::take(&mut self.again.lock())
    }
}

/// What those who may change an indexer hold.
#[derive(Clone, Debug)]
pub struct IndexerControl {
    /// Whether it works.
    pub gate: WorkGate,
    /// What it follows.
    pub list: WatchList,
    /// When it reindexes by itself, if at all.
    pub schedule: Kept<Option<Schedule>>,
}
