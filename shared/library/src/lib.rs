//! The photo library: catalogue, vectors, search graph and thumbnails in one folder, owned by one process.

mod atomic_file;
mod background;
pub mod backup;
mod catalogue;
mod clusters;
mod duplicates;
pub mod engine;
mod error;
pub mod export;
mod facts;
mod folder;
mod graph_file;
mod ingest;
mod integrity;
mod library;
mod maintenance;
mod neighbours;
mod photo_query;
mod records;
mod relevance;
mod saved;
mod search;
mod space;
mod spaces;
mod staging;
mod structures;
mod thumbnails;
mod unusual;
mod upgrade;
mod vectors;

pub use atomic_file::{Durability, fill_atomically, remove_leftovers, write_atomically};
pub use error::LibraryError;
pub use folder::{FORMAT, Holder, ReindexLock};
pub use library::{Library, OpenOptions};
pub use photo_query::{Answer, PageEnd, PageStart, PhotoQuery, Refinement};
pub use relevance::ConceptBank;
