//! A photo library on Milvus, a distributed vector engine: many servers and indexers share it.
//!
//! Addresses and filters are here in every build; what talks to Milvus needs the feature `engine`.
#![forbid(unsafe_code)]

mod address;
#[cfg(feature = "engine")]
mod claims;
#[cfg_attr(not(feature = "engine"), allow(dead_code, reason = "rows are read and written by the engine alone"))]
mod columns;
#[cfg(feature = "engine")]
mod documents;
#[cfg(feature = "engine")]
mod engine;
mod error;
#[cfg_attr(not(feature = "engine"), allow(dead_code, reason = "expressions are asked by the engine alone"))]
mod expression;
#[cfg(feature = "engine")]
mod file_row;
#[cfg(feature = "engine")]
mod ingest;
#[cfg(feature = "engine")]
mod library;
#[cfg(feature = "engine")]
mod plan;
#[cfg(feature = "engine")]
mod previews;
#[cfg(feature = "engine")]
mod pulse;
#[cfg(feature = "engine")]
mod reads;
#[cfg(feature = "engine")]
mod sample;
#[cfg(feature = "engine")]
mod schema;
#[cfg(feature = "engine")]
mod search;
#[cfg(feature = "engine")]
mod spaces;
#[cfg(feature = "engine")]
mod store;
#[cfg(feature = "engine")]
mod tags;
#[cfg_attr(not(feature = "engine"), allow(dead_code, reason = "keys of files are for the engine alone"))]
mod text;

pub use address::{Address, IndexKind};
pub use error::MilvusError;
#[cfg(feature = "engine")]
pub use store::{MilvusLibrary, MilvusOptions};
