//! The search engine: vectors by row number, and the fastest correct way to the nearest of them. It knows nothing of photos.
//!
//! [`VectorIndex`] is the whole of it; the other modules are its parts.

pub(crate) mod arena;
pub(crate) mod graph;
pub(crate) mod graph_build;
pub(crate) mod graph_bytes;
mod ground;
mod huge_bytes;
pub(crate) mod idle_threads;
mod index;
mod kernel;
mod plan;
pub(crate) mod random;
mod row_file;
mod row_set;
#[cfg(test)]
pub(crate) mod samples;
pub(crate) mod scan;
mod top;
pub(crate) mod walk;

pub(crate) use index::QUANTIZATION_ERROR;
pub use index::{Found, VectorIndex};
pub use plan::Plan;
pub use row_set::RowSet;
pub use top::Scored;
pub(crate) use top::Top;
