//! Pictures that a server decodes: how many at once, and what goes wrong with them and with the model.

use std::sync::LazyLock;
use std::thread;

use foray_embedding::{DecodeLimits, Detail, Embedder, EmbeddingError, Picture, Pixels, decode_admitted};
use foray_protocol::{Problem, ProblemKind, ProtocolError};
use parking_lot::Mutex;
use tokio::sync::Semaphore;

use crate::api_error::{ApiError, blocking};

/// Pictures that take more bytes than this, some forty million pixels, are decoded one after the other: a file of some hundred
/// kilobytes may hold two hundred million, and a few of these at once would be all of a small machine's memory.
const LARGE: u64 = 128 << 20;
static LARGE_ONES: Mutex<()> = Mutex::new(());
/// More pictures at once than there are processors take memory and are no faster.
static TURNS: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(thread::available_parallelism().map_or(1, usize::from)));

/// A picture as the model sees it.
pub(crate) struct SentPicture {
    pub pixels: Pixels,
    /// Width of the picture in pixels, upright.
    pub width: u32,
    /// Height of the picture in pixels, upright.
    pub height: u32,
}

/// Runs `work`, which decodes pictures, on a thread that may block, when it is its turn.
pub(crate) async fn in_turn<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, ApiError>
where
    T: Send + 'static,
    E: Into<ApiError> + Send + 'static,
{
    let turn = TURNS.acquire().await.map_err(|error| ApiError::new(ProblemKind::Internal, error.to_string()))?;
    // Whoever goes away ends the waiting but not the work, whose turn it stays.
    blocking(move || {
        let _turn = turn;
        work()
    })
    .await
}

/// The picture in `content` (the bytes of a file), no larger than the limits of [`DecodeLimits`].
///
/// # Errors
/// [`ProblemKind::UnreadableImage`] with a sentence for the picture's owner.
pub(crate) fn read_picture(embedder: &Embedder, content: &[u8]) -> Result<SentPicture, ProtocolError> {
    let seen = |picture: Picture| SentPicture {
        pixels: embedder.preprocess(&picture),
        width: picture.width,
        height: picture.height,
    };
    developed(content, embedder.detail(), seen)
        .map_err(|error| Problem::new(ProblemKind::UnreadableImage, error.to_string()).into())
}

/// What `develop` makes of the picture in `content`; large ones are in memory one at a time.
///
/// # Errors
/// A sentence for the picture's owner.
pub(crate) fn developed<T>(
    content: &[u8],
    detail: Detail,
    develop: impl FnOnce(Picture) -> T,
) -> Result<T, EmbeddingError> {
    let mut _alone = None;
    let admit = |bytes| _alone = (bytes > LARGE).then(|| LARGE_ONES.lock());
    decode_admitted(content, &DecodeLimits::default(), detail, admit).map(develop)
}

/// A fault of the model, as whoever asked is told.
pub(crate) fn embedding_problem(error: &EmbeddingError) -> ProtocolError {
    Problem::new(ProblemKind::Internal, error.to_string()).into()
}
