//! What a library does to itself when it is reindexed, besides taking in what the folders hold.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A library's report of its maintenance.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Maintenance {
    /// Photos forgotten for good: no file had held them for 30 days.
    pub forgotten: usize,
    /// Photos that no file holds now, kept for the case that it comes back.
    pub waiting: usize,
    /// Rows of forgotten photos that were given back.
    pub compacted: usize,
    /// The search graph; none in a library that is searched exactly.
    pub graph: Option<GraphReport>,
    /// Photos whose nearest neighbours are known, which is what unusualness is computed from.
    pub neighbourhoods: usize,
    /// Bytes of the database on disk.
    pub database_bytes: u64,
    /// How long it took.
    pub seconds: f64,
}

/// The search graph after maintenance.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct GraphReport {
    /// Photos in it.
    pub photos: usize,
    /// Whether it was built anew: photos came or went since the last time.
    pub rebuilt: bool,
}
