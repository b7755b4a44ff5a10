//! Pictures that were sent, made vectors.

use foray_embedding::{DecodeLimits, Embedder, EmbeddingError, Picture, Pixels, decode};
use foray_protocol::{Problem, ProblemKind, ProtocolError, UnitVector};

/// The picture in `content` (the bytes of a file), no larger than the limits of [`DecodeLimits`].
///
/// # Errors
/// [`ProblemKind::UnreadableImage`] with a sentence for the picture's owner.
pub(crate) fn read_picture(embedder: &Embedder, content: &[u8]) -> Result<Picture, ProtocolError> {
    decode(content, &DecodeLimits::default(), embedder.detail())
        .map_err(|error| Problem::new(ProblemKind::UnreadableImage, error.to_string()).into())
}

/// The vector of one picture.
///
/// # Errors
/// Those of the model.
pub(crate) fn embed_picture(embedder: &Embedder, picture: &Picture) -> Result<UnitVector, ProtocolError> {
    let mut vectors = embed_pictures(embedder, &[embedder.preprocess(picture)])?;
    vectors.pop().ok_or_else(|| Problem::new(ProblemKind::Internal, "the model gave no vector").into())
}

/// The vectors of pictures, in their order.
///
/// # Errors
/// Those of the model.
pub(crate) fn embed_pictures(embedder: &Embedder, pictures: &[Pixels]) -> Result<Vec<UnitVector>, ProtocolError> {
    embedder.embed_images(pictures).map_err(|error| embedding_problem(&error))
}

/// A fault of the model, as whoever asked is told.
pub(crate) fn embedding_problem(error: &EmbeddingError) -> ProtocolError {
    Problem::new(ProblemKind::Internal, error.to_string()).into()
}
