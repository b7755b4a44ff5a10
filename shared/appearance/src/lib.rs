//! What a photo's preview tells by its pixels alone: a perceptual hash, a placeholder, and whether it is junk. Indexers ask it for
//! new photos, the library for those that were indexed before these were known.
#![forbid(unsafe_code)]

mod hash;
mod junk;
mod placeholder;

use foray_protocol::{Junk, PhotoMetadata};
use image::RgbImage;

/// Fills in `junk`, `perceptual_hash` and `thumbhash` of a photo from its preview, whose long side is at most 400 pixels; what is
/// known already stays, since it may have been told by more than the preview. Costs about a millisecond.
pub fn describe(preview: &RgbImage, metadata: &mut PhotoMetadata) {
    metadata.junk = metadata.junk.or_else(|| junk::junk(preview, metadata));
    // Pictures without structure have hashes of chance, which would match each other's.
    let empty = metadata.junk.is_some_and(Junk::is_empty);
    let hash = || (!empty).then(|| hash::perceptual_hash(preview));
    metadata.perceptual_hash = metadata.perceptual_hash.or_else(hash);
    metadata.thumbhash.get_or_insert_with(|| placeholder::thumbhash(preview));
}

/// Whether [`describe`] has something to add to this metadata: it was never applied, or by a version that knew less.
pub fn is_undescribed(metadata: &PhotoMetadata) -> bool {
    // Every preview has one, also a black one.
    metadata.thumbhash.is_none()
}
