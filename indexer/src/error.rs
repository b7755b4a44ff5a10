//! What ends an indexing run.

use std::io;
use std::path::PathBuf;

use foray_embedding::EmbeddingError;
use foray_protocol::{PhotoPath, ProtocolError};
use thiserror::Error;

/// Why a run could not begin, or could not go on. Trouble with single files never ends a run: they get a failure row.
#[derive(Debug, Error)]
pub enum IndexError {
    /// No folder to index.
    #[error("got no folder to index; name at least one, for example `foray index ~/Pictures`")]
    NoFolder,
    /// A folder that is not there, and that the library never saw.
    #[error("there is no folder {folder}; check the spelling, or connect the disk that holds it", folder = folder.display())]
    Missing {
        /// The folder as it was given.
        folder: PathBuf,
    },
    /// Something else than a folder.
    #[error("{path} is not a folder; expected one: name the folder that holds it", path = path.display())]
    NotAFolder {
        /// What was given.
        path: PathBuf,
    },
    /// A pattern that cannot be read.
    #[error("{pattern:?} is no pattern ({reason}); expected one as in .gitignore files, such as private/ or *.tmp.jpg")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A folder that may not be read.
    #[error("cannot read the folder {folder} ({source}); give this user the right to read it, or leave it out", folder = folder.display())]
    Unreadable {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The folder cannot even be watched by polling.
    #[error("cannot watch the folder {folder} ({source}); run `foray index` from time to time instead", folder = folder.display())]
    Watch {
        /// The folder.
        folder: PathBuf,
        /// What the watcher said.
        source: notify::Error,
    },
    /// The library refused, or cannot be reached.
    #[error(transparent)]
    Library(#[from] ProtocolError),
    /// The model fails on every photo.
    #[error("the model cannot embed photos, {file} among them ({source}); see `foray doctor` for what it runs on")]
    Embedding {
        /// A photo that it failed on.
        file: PhotoPath,
        /// What the model said.
        source: EmbeddingError,
    },
}
