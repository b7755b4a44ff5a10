//! Decoding in processes of their own, which may open no file, no connection and no program: whatever a hostile photo does to a
//! decoder ends there. Off unless [`isolate`] is called.

#[cfg(target_os = "linux")]
mod confinement;
mod messages;
#[cfg(target_os = "linux")]
mod pool;
#[cfg(target_os = "linux")]
mod worker;

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

#[cfg(target_os = "linux")]
pub use worker::decode_for_parent;

use crate::{DecodeLimits, Detail, EmbeddingError, Picture};

/// What isolated decoding is told.
#[derive(Clone, Debug)]
pub struct Isolation {
    /// The program whose subcommand [`WORKER`] calls [`decode_for_parent`].
    pub program: PathBuf,
    /// The processor time that one picture may take; it is rounded up to whole seconds.
    pub deadline: Duration,
}

/// The hidden subcommand of the processes that decode.
pub const WORKER: &str = "decode-for-parent";

#[cfg(target_os = "linux")]
static POOL: OnceLock<pool::WorkerPool> = OnceLock::new();

/// Has every picture decoded in processes of their own from now on. Tells what confines them, in words.
///
/// # Errors
/// [`EmbeddingError::Isolation`] where this system cannot do so.
#[cfg(target_os = "linux")]
pub fn isolate(isolation: Isolation) -> Result<String, EmbeddingError> {
    let (pool, confinement) = pool::WorkerPool::open(isolation)?;
    // Whoever asks twice is content with the first.
    let _ = POOL.set(pool);
    Ok(confinement)
}

/// See the version for Linux.
///
/// # Errors
/// Always.
#[cfg(not(target_os = "linux"))]
pub fn isolate(_isolation: Isolation) -> Result<String, EmbeddingError> {
    Err(EmbeddingError::Isolation("it stands on Landlock and seccomp, which only Linux has".to_owned()))
}

/// The picture as an isolated process decodes it; `None` when this process decodes itself, and `admit` was not called then.
#[cfg(target_os = "linux")]
pub(crate) fn decode_elsewhere(
    content: &[u8],
    limits: &DecodeLimits,
    detail: Detail,
    admit: &mut dyn FnMut(u64),
) -> Option<Result<Picture, EmbeddingError>> {
    Some(POOL.get()?.decode(content, limits, detail, admit))
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn decode_elsewhere(
    _content: &[u8],
    _limits: &DecodeLimits,
    _detail: Detail,
    _admit: &mut dyn FnMut(u64),
) -> Option<Result<Picture, EmbeddingError>> {
    None
}
