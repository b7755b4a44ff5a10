//! What can go wrong with models and pictures.

use std::io;
use std::path::PathBuf;

use foray_protocol::VectorError;
use thiserror::Error;

/// An error of embedding. Messages say what was got, what was expected, and the way out.
#[derive(Debug, Error)]
pub enum EmbeddingError {
    /// A model that is neither built in nor a folder.
    #[error("there is no model {0:?}; use \"builtin\", or the folder of a model (config.json, visual/, textual/)")]
    UnknownModel(String),
    /// A model's file that cannot be read.
    #[error("cannot read the model's file {file}: {source}", file = file.display())]
    ModelFile {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A model's description with a mistake.
    #[error("mistake in the model's file {file}: {reason}", file = file.display())]
    Manifest {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A tokenizer that cannot be loaded or used.
    #[error("the model's tokenizer failed: {0}")]
    Tokenizer(String),
    /// A backend's name that is none.
    #[error("there is no backend {0:?}; use auto, ort or rten")]
    UnknownBackend(String),
    /// ONNX Runtime was asked for and is not there or cannot be loaded.
    #[error("ONNX Runtime cannot be used: {0}; name its library with --onnxruntime FILE, or use --backend rten")]
    OnnxRuntime(String),
    /// A graph that the backend cannot load.
    #[error("{backend} cannot load the model's {tower} graph: {reason}")]
    Load {
        /// `ort` or `rten`.
        backend: &'static str,
        /// `visual` or `textual`.
        tower: &'static str,
        /// What it said.
        reason: String,
    },
    /// A graph that failed while it ran.
    #[error("{backend} failed while it computed an embedding: {reason}")]
    Run {
        /// `ort` or `rten`.
        backend: &'static str,
        /// What it said.
        reason: String,
    },
    /// A graph that gave something else than one embedding for each input.
    #[error("the model gave {got} numbers for {inputs} inputs; expected {dimension} for each")]
    Output {
        /// How many numbers came.
        got: usize,
        /// How many inputs went in.
        inputs: usize,
        /// Components of an embedding.
        dimension: usize,
    },
    /// An embedding without a direction.
    #[error("the model gave a useless embedding: {0}")]
    Vector(#[from] VectorError),
    /// A file with nothing in it.
    #[error("this file is empty")]
    EmptyFile,
    /// A file that is no picture that can be read.
    #[error("not a picture in a format that Foray reads (JPEG, PNG, WebP, GIF, TIFF, BMP)")]
    NotAPicture,
    /// A file or picture beyond the limits.
    #[error("{what} is {got}, more than the limit of {limit}")]
    TooLarge {
        /// The file or the picture.
        what: &'static str,
        /// Its size, with the unit.
        got: String,
        /// The limit, with the unit.
        limit: String,
    },
    /// A picture whose data is damaged.
    #[error("the {format} data is damaged: {reason}")]
    Damaged {
        /// The format, in capitals.
        format: String,
        /// What the decoder said.
        reason: String,
    },
    /// A picture of a known format in a variety that its decoder does not know.
    #[error("this kind of {format} cannot be read ({reason}); saved anew as an ordinary JPEG or PNG it can")]
    UnsupportedKind {
        /// The format, in capitals.
        format: String,
        /// What the decoder said.
        reason: String,
    },
}
