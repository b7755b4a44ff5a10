//! Backups: a library of one moment in one file, and the way back.
//!
//! A backup is a zstd stream. Its first line is a JSON document that says what follows ([`Header`]); then come blocks,
//! each led by its length in bytes (32 bits, little-endian), and last the number of records and the BLAKE3
//! of everything before it. It holds all of the database but the search graph, which is derived, and the thumbnails.

mod format;
mod read;
mod restore;
mod write;

use serde::{Deserialize, Serialize};

pub use read::verify;
pub use restore::restore;

/// The version of the backup's own form, and the newest that is read.
pub const BACKUP_FORMAT: u32 = 1;

/// What a backup says of itself in its first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Version of the backup's form.
    pub foray_backup: u32,
    /// Format of the library in it.
    pub library_format: u32,
    /// The program that wrote it.
    pub written_by: String,
    /// Seconds since 1970 of the moment that it shows.
    pub taken_at: u64,
    /// Photos with at least one file.
    pub photos: usize,
    /// Files that hold them.
    pub files: usize,
    /// Files that could not be indexed.
    pub failed: usize,
}

/// Whether rows of a tree are only ever appended while the library is open, so that all rows up to one that stood there at
/// some moment are those of that moment.
fn is_append_only(tree: &[u8]) -> bool {
    tree.starts_with(b"vectors:")
}
