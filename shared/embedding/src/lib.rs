//! Models: manifests, the tokenizer, decoding and preprocessing of pictures, the backends that compute embeddings,
//! and the store that models are fetched into.

mod backend;
mod batch;
mod builtin;
mod c_library;
mod cleaning;
mod current_embedder;
mod embedder;
mod error;
mod isolation;
mod libheif;
mod manifest;
mod model;
mod onnx;
mod picture;
mod preprocessing;
mod preview;
pub mod raw;
mod reduced_jpeg;
mod resizing;
mod store;
mod tokenization;
mod tower;
mod turbojpeg;
mod visual_tower;
mod weights;

pub use backend::{BackendChoice, BackendOptions, Device, devices};
pub use current_embedder::{CurrentEmbedder, HeldEmbedder};
pub use embedder::Embedder;
pub use error::EmbeddingError;
#[cfg(target_os = "linux")]
pub use isolation::decode_for_parent;
pub use isolation::{Isolation, WORKER, isolate};
pub use model::{BUILTIN, Model};
pub use onnx::{Malformed, free_batch, to_half_precision};
pub use picture::{DecodeLimits, Detail, Picture, decode, decode_admitted, is_decoding};
pub use preprocessing::Pixels;
pub use preview::{PREVIEW_DETAIL, preview};
pub use resizing::resized;
pub use store::{
    CatalogueEntry, Fault, Hub, InstalledModel, ModelStore, PullProgress, PullRequest, Receipt, ReceiptFile, catalogue,
};
pub use tokenization::{TextTokenizer, Tokens};
