//! What a photo's preview tells by its pixels alone: a perceptual hash, and whether it is junk. Indexers ask it for new
//! photos, the library for those that were indexed before these were known.

mod hash;
mod junk;

use foray_protocol::{Junk, PhotoMetadata};
use image::RgbImage;

/// Fills in `junk` (unless it is known already) and `perceptual_hash` of a photo from its preview, whose long side is at most
/// 400 pixels. Costs about a millisecond.
pub fn describe(preview: &RgbImage, metadata: &mut PhotoMetadata) {
    metadata.junk = metadata.junk.or_else(|| junk::junk(preview, metadata));
    // Pictures without structure have hashes of chance, which would match each other's.
    let empty = metadata.junk.is_some_and(Junk::is_empty);
    metadata.perceptual_hash = (!empty).then(|| hash::perceptual_hash(preview));
}

/// Whether [`describe`] was never applied to a photo with this metadata.
pub fn is_undescribed(metadata: &PhotoMetadata) -> bool {
    metadata.perceptual_hash.is_none() && !metadata.junk.is_some_and(Junk::is_empty)
}
