//! What can go wrong with models and pictures.

use std::io;
use std::path::{Path, PathBuf};

use foray_protocol::VectorError;
use thiserror::Error;

/// An error of embedding. Messages say what was got, what was expected, and the way out.
#[derive(Debug, Error)]
pub enum EmbeddingError {
    /// A model that is neither built in nor a folder.
    #[error(
        "there is no model {0:?}; use \"builtin\", a name of `foray models list`, a repository OWNER/NAME to pull, or the \
         folder of a model (config.json, visual/, textual/)"
    )]
    UnknownModel(String),
    /// A known model that is not in the store.
    #[error("the model {0} is not here; `foray models pull {0}` fetches it")]
    NotInstalled(String),
    /// A name that cannot be a folder's.
    #[error("got the model name {0:?}; expected letters, digits, \"-\", \"_\" and \".\", not beginning with \".\"")]
    ModelName(String),
    /// Something that lacks a model's files.
    #[error("{origin} is no model in the layout that Foray reads: it lacks {missing}")]
    NotAModel {
        /// The repository, folder or archive.
        origin: String,
        /// The first file that is missing.
        missing: String,
    },
    /// A model without a receipt, which cannot be verified.
    #[error("nothing is known of how the model in {} should be: it was not put there by `foray models pull`", .0.display())]
    NoReceipt(PathBuf),
    /// The hub cannot be reached, or refuses.
    #[error("cannot fetch {url}: {reason}")]
    Hub {
        /// What was asked for.
        url: String,
        /// Why not, and the way out.
        reason: String,
    },
    /// A file that is not what it should be.
    #[error("the downloaded {} is damaged or was exchanged: got {got}, expected {expected}; it was removed, pull again", file.display())]
    BadDownload {
        /// Path in the model.
        file: PathBuf,
        /// Its checksum or size.
        got: String,
        /// What that should be.
        expected: String,
    },
    /// Pictures cannot be decoded in processes of their own.
    #[error("pictures cannot be decoded in isolation here: {0}; leave out --isolate (`isolate` in the configuration)")]
    Isolation(String),
    /// What the process that decodes says of a picture.
    #[error("{0}")]
    Refused(String),
    /// Another process fetches the same model.
    #[error("{0} is being pulled by another process; wait for it")]
    PullRuns(String),
    /// The user ended it.
    #[error("stopped; the same command goes on where it was")]
    Stopped,
    /// A file of the model store that cannot be read or written.
    #[error("cannot {action} {file}: {source}", file = file.display())]
    StoreFile {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
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
    /// A device's name that is none.
    #[error("there is no device {0:?}; use auto, cpu, cuda:0, tensorrt:0, coreml, directml:0 or openvino:GPU")]
    UnknownDevice(String),
    /// A device that was asked for and is not there.
    #[error(
        "the device {device} cannot be used: {reason}; `foray doctor` tells what can, --device auto takes the best of it"
    )]
    Device {
        /// Its name.
        device: String,
        /// Why not.
        reason: String,
    },
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
    #[error(
        "not a picture in a format that Foray reads (JPEG, PNG, WebP, GIF, TIFF, BMP, JPEG XL, HEIC, AVIF, cameras' RAW files)"
    )]
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
    /// A picture in a format that libheif reads, on a system without it.
    #[error(
        "{format} pictures need the library libheif, which is not on this system; install it (`apt install libheif1`, `brew install libheif`), then `foray reindex --verify`"
    )]
    NeedsLibheif {
        /// The format, in capitals.
        format: String,
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

/// What inference libraries say when memory is short, in lower case.
const OUT_OF_MEMORY: [&str; 5] =
    ["failed to allocate memory", "out of memory", "bad allocation", "cuda_error_out_of_memory", "available memory of"];

impl EmbeddingError {
    /// Whether a smaller batch might have fitted into the memory.
    pub(crate) fn is_out_of_memory(&self) -> bool {
        let Self::Run { reason, .. } = self else { return false };
        let reason = reason.to_ascii_lowercase();
        OUT_OF_MEMORY.iter().any(|sign| reason.contains(sign))
    }

    /// Makes a file system's error into one of the model store: what was tried, with which file.
    pub(crate) fn store_file(action: &'static str, file: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let file = file.to_owned();
        move |source| Self::StoreFile { action, file, source }
    }
}
