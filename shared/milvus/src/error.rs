//! What can go wrong with a library on Milvus.

use foray_library::LibraryError;
use foray_protocol::SpaceId;
use thiserror::Error;

/// An error of a library on Milvus. Messages say what was got, what was expected, and the way out.
#[derive(Debug, Error)]
pub enum MilvusError {
    /// An address that is none.
    #[error("{got} is no address of a library on Milvus: {reason}; expected milvus://host:19530/collection")]
    Address {
        /// The address, without its secret.
        got: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Nobody answers there, or not in time.
    #[error(
        "Milvus does not answer at {address} ({reason}); start it, or name another address with --store. Nothing that was committed is lost"
    )]
    Down {
        /// Where.
        address: String,
        /// What the client says.
        reason: String,
    },
    /// It asks for a user and a password.
    #[error(
        "Milvus at {address} refuses the credentials ({reason}); give user and password in FORAY_STORE_TOKEN=user:password, or in the address"
    )]
    Refused {
        /// Where.
        address: String,
        /// What it says.
        reason: String,
    },
    /// The library was written by a newer Foray.
    #[error(
        "the library at {address} has schema version {got}, this Foray reads version {expected}; use the Foray that wrote it, or name another collection"
    )]
    Version {
        /// Where.
        address: String,
        /// Its version.
        got: String,
        /// Ours.
        expected: u32,
    },
    /// A collection of the library's name that is none of Foray's.
    #[error(
        "the collection {collection} at {address} was not made by Foray ({reason}); name another collection in the address"
    )]
    Foreign {
        /// Where.
        address: String,
        /// Its name.
        collection: String,
        /// What differs.
        reason: String,
    },
    /// Vectors of another model than those that stand in the collection.
    #[error("the collection of {space} at {address} holds vectors of {expected} components, got {got}")]
    Dimension {
        /// Where.
        address: String,
        /// The space.
        space: SpaceId,
        /// The collection's.
        expected: usize,
        /// The vector's.
        got: usize,
    },
    /// Milvus did not do what was asked.
    #[error("Milvus at {address} failed: {reason}")]
    Failed {
        /// Where.
        address: String,
        /// What it says.
        reason: String,
    },
    /// A row that cannot be understood.
    #[error("a damaged row in the library on Milvus: {0}; run `foray index` on the photo folders to write it anew")]
    Damaged(String),
    /// The place for previews cannot be used.
    #[error("previews cannot be kept at {place}: {reason}; name a folder or an s3://bucket/prefix with --previews")]
    Previews {
        /// The place.
        place: String,
        /// What is wrong.
        reason: String,
    },
}

impl From<MilvusError> for LibraryError {
    fn from(error: MilvusError) -> Self {
        match error {
            MilvusError::Down { .. } => Self::StoreDown(error.to_string()),
            _ => Self::Store(error.to_string()),
        }
    }
}
