//! Pictures that were sent, and what goes wrong with them and with the model.

use foray_embedding::{DecodeLimits, Embedder, EmbeddingError, Picture, decode};
use foray_protocol::{Problem, ProblemKind, ProtocolError};

/// The picture in `content` (the bytes of a file), no larger than the limits of [`DecodeLimits`].
///
/// # Errors
/// [`ProblemKind::UnreadableImage`] with a sentence for the picture's owner.
pub(crate) fn read_picture(embedder: &Embedder, content: &[u8]) -> Result<Picture, ProtocolError> {
    decode(content, &DecodeLimits::default(), embedder.detail())
        .map_err(|error| Problem::new(ProblemKind::UnreadableImage, error.to_string()).into())
}

/// A fault of the model, as whoever asked is told.
pub(crate) fn embedding_problem(error: &EmbeddingError) -> ProtocolError {
    Problem::new(ProblemKind::Internal, error.to_string()).into()
}
