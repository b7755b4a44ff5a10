//! The photo library: catalogue, vectors, search graph and thumbnails in one folder, owned by one process.

mod arena;
mod atomic_file;
mod background;
mod catalogue;
mod error;
mod folder;
mod graph;
mod graph_build;
mod graph_snapshot;
mod ingest;
mod kernel;
mod library;
mod records;
mod row_set;
mod scan;
mod search;
mod space;
mod thumbnails;
mod top;
mod unusual;
mod vectors;

pub use atomic_file::{Durability, write_atomically};
pub use error::LibraryError;
pub use folder::{FORMAT, Holder};
pub use library::{Library, OpenOptions};
pub use search::PhotoQuery;
