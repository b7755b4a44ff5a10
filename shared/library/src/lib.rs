//! The photo library: catalogue, vectors, search graph and thumbnails in one folder, owned by one process.

mod atomic_file;
mod background;
mod catalogue;
mod duplicates;
pub mod engine;
mod error;
mod folder;
mod graph_snapshot;
mod ingest;
mod library;
mod records;
mod search;
mod space;
mod thumbnails;
mod unusual;
mod vectors;

pub use atomic_file::{Durability, write_atomically};
pub use error::LibraryError;
pub use folder::{FORMAT, Holder};
pub use library::{Library, OpenOptions};
pub use search::PhotoQuery;
