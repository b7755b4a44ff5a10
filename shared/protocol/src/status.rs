//! What a library holds, what serves it, and how far indexing is.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{PhotoPath, SpaceId};

/// `GET /api/v1/status`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LibraryStatus {
    /// Foray's version.
    pub version: String,
    /// The library's folder.
    pub library: PhotoPath,
    /// Version of the format on disk.
    pub format: u32,
    /// Distinct photos that can be found.
    pub photos: usize,
    /// Files that hold them, copies counted.
    pub files: usize,
    /// Files that could not be indexed.
    pub failed: usize,
    /// The folders that the library covers.
    pub roots: Vec<PhotoPath>,
    /// The space that is searched, with its vectors.
    pub space: SpaceStatus,
    /// How searches are answered now.
    pub search: SearchStructure,
    /// What computes embeddings; `None` where nothing does (a status read without a model).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backend: Option<BackendReport>,
    /// The indexer's last report, where one runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<IndexProgress>,
    /// How much of the disk it takes, as a server measured it in the last minutes; `None` until it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk: Option<DiskUse>,
    /// When the server began to serve it, seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<u64>,
}

/// How much of the disk a library takes, bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DiskUse {
    /// The database.
    pub database: u64,
    /// The vectors once more, to be read in place, and what is made of them, such as the search graph.
    pub vectors: u64,
    /// The thumbnails.
    pub thumbnails: u64,
    /// What is free on that disk, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free: Option<u64>,
}

/// A space and how much of the library it covers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SpaceStatus {
    /// Its name.
    pub space: SpaceId,
    /// Components of a vector; 0 while it is empty.
    pub dimension: usize,
    /// Vectors stored.
    pub vectors: usize,
}

/// How searches are answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum SearchStructure {
    /// Every row is scanned: exact, and the fastest way for this size.
    Exact {
        /// Rows scanned.
        rows: usize,
    },
    /// The HNSW graph is walked, and the rows that came since it was built are scanned.
    Graph {
        /// Rows in the graph.
        rows: usize,
        /// Rows scanned beside it.
        tail: usize,
    },
}

/// What computes embeddings, as it really runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BackendReport {
    /// `ort` or `rten`.
    pub backend: String,
    /// Version of the inference library.
    pub version: String,
    /// Where it runs: `cpu`, `cuda:0`, ...
    pub device: String,
    /// The shared library that was loaded, for `ort`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub library: Option<PhotoPath>,
    /// Threads of one inference.
    pub threads: usize,
    /// Why it is not the backend that was preferred.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
}

/// How far an indexer is; also sent as server-sent events (`GET /api/v1/events`, event `progress`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct IndexProgress {
    /// What it does now.
    pub phase: IndexPhase,
    /// Files found so far that could be photos.
    pub found: usize,
    /// Files dealt with.
    pub done: usize,
    /// Photos embedded and committed in this run.
    pub indexed: usize,
    /// Files that failed in this run.
    pub failed: usize,
    /// Photos embedded a second, over the last seconds.
    pub rate: f64,
    /// Seconds until this run is through, where that can be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eta_seconds: Option<f64>,
    /// The file in work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<PhotoPath>,
}

/// What an indexer does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum IndexPhase {
    /// Nothing: no indexer runs, or it has ended.
    #[default]
    Idle,
    /// Goes through the folders and embeds what is new.
    Indexing,
    /// Waits for changes in the folders.
    Watching,
    /// Paused, or outside its hours.
    Paused,
}

/// A file that could not be indexed, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Failure {
    /// The file.
    pub path: PhotoPath,
    /// The reason, in a sentence.
    pub reason: String,
}
