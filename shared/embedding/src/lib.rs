//! Models: manifests, the tokenizer, decoding and preprocessing of pictures, and the backends that compute embeddings.

mod backend;
mod builtin;
mod cleaning;
mod embedder;
mod error;
mod manifest;
mod model;
mod picture;
mod preprocessing;
mod tokenization;

pub use backend::{BackendChoice, BackendOptions};
pub use embedder::Embedder;
pub use error::EmbeddingError;
pub use model::Model;
pub use picture::{DecodeLimits, Picture, decode};
pub use preprocessing::Pixels;
