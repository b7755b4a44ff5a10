//! Foray's indexer: goes through folders, decodes and embeds the photos that a library does not know yet, and commits
//! them to it; once, or again and again as the folders change.
//!
//! A photo's way: `scan` finds it, `triage` asks the library about it, a worker of the `pipeline` reads and
//! `darkroom` develops it, the embedder computes its vector, and the `committer` hands it to the library. What the
//! library knows and the disk holds no more is found by `sweep`. `watch` does the same for what changes.
#![forbid(unsafe_code)]

mod budget;
mod committer;
mod companions;
mod darkroom;
mod dirty;
mod embed;
mod error;
mod exif_block;
mod file;
mod indexer;
mod keywords;
mod library;
mod listing;
mod metadata;
mod options;
mod pass;
mod pipeline;
mod progress;
mod reembed;
mod roots;
mod rules;
mod scan;
mod summary;
mod sweep;
mod triage;
mod watch;
mod watcher;
mod xmp;

pub use error::IndexError;
pub use indexer::Indexer;
pub use metadata::{Sources, description};
pub use options::IndexOptions;
pub use reembed::ReembedSummary;
pub use rules::check_rules;
pub use summary::IndexSummary;
