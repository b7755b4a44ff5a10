//! What can go wrong between Foray's programs, in one enum, and its form on the wire (RFC 9457 problem details).

use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;

use crate::{Another, QueryError};

/// An error of the protocol: a refusal by the library or server, or a failure to reach or understand it.
#[derive(Debug, Error)]
pub enum ProtocolError {
    /// The library or server understood and said no.
    #[error("{}", .0.detail)]
    Refused(Problem),
    /// The server did not answer.
    #[error("no Foray server answers at {url} ({reason}); start one with `foray up`, or leave out --server")]
    Unreachable {
        /// The address that was tried.
        url: String,
        /// What the network said.
        reason: String,
    },
    /// The server answered with something that is not of this protocol.
    #[error(
        "{url} answered with something that is not Foray's protocol ({reason}); is it a Foray server of this version?"
    )]
    Malformed {
        /// The address that answered.
        url: String,
        /// What was wrong with the answer.
        reason: String,
    },
    /// Text that is no image id.
    #[error("got image id {got:?}; expected 32 hexadecimal digits")]
    ImageId {
        /// The text.
        got: String,
    },
    /// Text that is no perceptual hash.
    #[error("got perceptual hash {got:?}; expected 64 hexadecimal digits")]
    PerceptualHash {
        /// The text.
        got: String,
    },
    /// Text that names no kind of duplicates.
    #[error("got kind of duplicates {got:?}; expected exact, near, burst or similar")]
    DuplicateKind {
        /// The text.
        got: String,
    },
    /// Text that cannot name a saved search.
    #[error("got name {got:?} for a saved search; expected 1 to 100 characters without / and line breaks")]
    SearchName {
        /// The text.
        got: String,
    },
    /// Text that cannot be a tag.
    #[error("got the tag {got:?}; expected 1 to 100 characters without line breaks")]
    Tag {
        /// The text.
        got: String,
    },
    /// Text that names no hours of the day.
    #[error("got {got:?}; expected hours of the day such as 22:00-06:00")]
    Hours {
        /// The text.
        got: String,
    },
    /// Text that is no schedule.
    #[error("got {got:?}; expected a cron expression such as \"15 3 * * *\" (03:15 each night)")]
    Schedule {
        /// The text.
        got: String,
    },
    /// Text that is no token.
    #[error(
        "the token cannot be used: {reason}; expected 16 to 512 visible ASCII characters, such as `openssl rand -hex 24` makes"
    )]
    Token {
        /// What is wrong with it.
        reason: String,
    },
    /// The file that holds the token cannot be read.
    #[error("cannot read the token in {file}: {source}", file = file.display())]
    TokenFile {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The certificate of an authority cannot be used.
    #[error("cannot use the certificates in {file}: {reason}; expected PEM (`-----BEGIN CERTIFICATE-----`)", file = file.display())]
    Certificate {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Long work was ended early.
    #[error("stopped before it was done; what was done is remembered")]
    Stopped,
    /// A query that cannot be parsed.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The configuration file cannot be read.
    #[error("cannot read the configuration file {file}: {source}", file = file.display())]
    ConfigRead {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The configuration file has a mistake.
    #[error("mistake in the configuration file {file}: {reason}", file = file.display())]
    ConfigParse {
        /// The file.
        file: PathBuf,
        /// Where and what, with the line.
        reason: String,
    },
}

impl ProtocolError {
    /// Whether asking again may end otherwise: a server that cannot be reached may come back, what it answers is mostly final.
    pub fn another(&self) -> Another {
        match self {
            Self::Unreachable { .. } => Another::Later,
            Self::Refused(Problem { kind, .. }) if kind.passes() => Another::Later,
            _ => Another::Never,
        }
    }
}

/// The kinds of refusal; each has a stable `type` on the wire and an HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum ProblemKind {
    /// The request itself is wrong: its fields, query or body.
    #[serde(rename = "/problems/bad-request")]
    BadRequest,
    /// No such photo, file or address.
    #[serde(rename = "/problems/not-found")]
    NotFound,
    /// The address is there, but not for this method.
    #[serde(rename = "/problems/method-not-allowed")]
    MethodNotAllowed,
    /// A body of another kind, or packed in another way, than the address takes.
    #[serde(rename = "/problems/unsupported-media")]
    UnsupportedMedia,
    /// The picture cannot be decoded.
    #[serde(rename = "/problems/unreadable-image")]
    UnreadableImage,
    /// More than the server takes in one request.
    #[serde(rename = "/problems/too-large")]
    TooLarge,
    /// The body came too slowly.
    #[serde(rename = "/problems/too-slow")]
    TooSlow,
    /// The vectors are of another model than the library's.
    #[serde(rename = "/problems/wrong-space")]
    WrongSpace,
    /// Photos lack vectors of the model that shall take over.
    #[serde(rename = "/problems/uncovered")]
    Uncovered,
    /// The library is at this very work already.
    #[serde(rename = "/problems/busy")]
    Busy,
    /// The answer takes long to prepare, which goes on; ask again later.
    #[serde(rename = "/problems/preparing")]
    Preparing,
    /// Others take all that the server has to give; ask again later.
    #[serde(rename = "/problems/overloaded")]
    Overloaded,
    /// What holds the library cannot be reached; it may come back.
    #[serde(rename = "/problems/store-down")]
    StoreDown,
    /// The disk is full or nearly so.
    #[serde(rename = "/problems/disk-full")]
    DiskFull,
    /// Whoever asks may not do this.
    #[serde(rename = "/problems/forbidden")]
    Forbidden,
    /// A token is needed, or the one given is wrong.
    #[serde(rename = "/problems/unauthorized")]
    Unauthorized,
    /// Wrong tokens came too often; ask again later.
    #[serde(rename = "/problems/too-many-attempts")]
    TooManyAttempts,
    /// The fault is here, not in the request.
    #[serde(rename = "/problems/internal")]
    Internal,
}

impl ProblemKind {
    /// The HTTP status that goes with it.
    pub const fn status(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::Unauthorized => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::TooSlow => 408,
            Self::WrongSpace | Self::Uncovered | Self::Busy => 409,
            Self::TooLarge => 413,
            Self::UnsupportedMedia => 415,
            Self::UnreadableImage => 422,
            Self::TooManyAttempts => 429,
            Self::Internal => 500,
            Self::Preparing | Self::Overloaded | Self::StoreDown => 503,
            Self::DiskFull => 507,
        }
    }

    /// Whether the same request may be taken later, though nobody does anything about it.
    const fn passes(self) -> bool {
        matches!(self, Self::TooManyAttempts | Self::TooSlow | Self::Overloaded | Self::StoreDown)
    }

    const fn title(self) -> &'static str {
        match self {
            Self::BadRequest => "Bad request",
            Self::NotFound => "Not found",
            Self::MethodNotAllowed => "Method not allowed",
            Self::UnsupportedMedia => "Unsupported media",
            Self::UnreadableImage => "Unreadable image",
            Self::TooLarge => "Too large",
            Self::TooSlow => "Too slow",
            Self::WrongSpace => "Vectors of another model",
            Self::Uncovered => "Vectors are missing",
            Self::Busy => "Busy",
            Self::Preparing => "Being prepared",
            Self::Overloaded => "Overloaded",
            Self::StoreDown => "The library's store is down",
            Self::DiskFull => "Disk full",
            Self::Unauthorized => "Unauthorized",
            Self::Forbidden => "Forbidden",
            Self::TooManyAttempts => "Too many attempts",
            Self::Internal => "Internal error",
        }
    }
}

/// An RFC 9457 problem document (`application/problem+json`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// Stable name of the kind.
    #[serde(rename = "type")]
    pub kind: ProblemKind,
    /// The kind in words.
    pub title: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// What was got, what was expected, and the way out.
    pub detail: String,
}

impl Problem {
    /// A problem of this kind with this explanation.
    pub fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self { kind, title: kind.title().to_owned(), status: kind.status(), detail: detail.into() }
    }
}

impl From<Problem> for ProtocolError {
    fn from(problem: Problem) -> Self {
        Self::Refused(problem)
    }
}

impl From<ProtocolError> for Problem {
    fn from(error: ProtocolError) -> Self {
        match error {
            ProtocolError::Refused(problem) => problem,
            ProtocolError::ImageId { .. }
            | ProtocolError::PerceptualHash { .. }
            | ProtocolError::DuplicateKind { .. }
            | ProtocolError::SearchName { .. }
            | ProtocolError::Tag { .. }
            | ProtocolError::Schedule { .. }
            | ProtocolError::Query(_) => Self::new(ProblemKind::BadRequest, error.to_string()),
            _ => Self::new(ProblemKind::Internal, error.to_string()),
        }
    }
}
