//! All that is known of a photo besides its pixels: from its EXIF block, its XMP packet and its sidecar.

use std::panic;

use foray_embedding::Picture;
use foray_protocol::{Description, Junk, PhotoMetadata};

use crate::exif_block::ExifBlock;
use crate::xmp;

/// The texts about a photo, to be read for what they say.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'a> {
    /// The photo's file.
    pub content: &'a [u8],
    /// The sidecar beside it.
    pub sidecar: Option<&'a str>,
}

/// The metadata of a photo. What is missing or broken leaves its fields empty, and never fails the photo.
pub(crate) fn metadata(sources: Sources, picture: &Picture) -> PhotoMetadata {
    let exif = exif_block(sources.content);
    let is_screenshot = exif.as_ref().is_some_and(ExifBlock::is_marked_as_screenshot);
    PhotoMetadata {
        width: picture.width,
        height: picture.height,
        format: picture.format.to_owned(),
        description: joined(sources, exif),
        junk: is_screenshot.then_some(Junk::Screenshot),
        perceptual_hash: None,
        thumbhash: None,
        tags: vec![],
    }
}

/// What the files of a photo say of it. What somebody wrote beside a photo goes before what is in it.
pub fn description(sources: Sources<'_>) -> Description {
    joined(sources, exif_block(sources.content))
}

fn joined(sources: Sources, exif: Option<ExifBlock>) -> Description {
    let said = |packet: String| guarded(|| xmp::description(&packet)).unwrap_or_default();
    let beside = sources.sidecar.map(|text| said(text.to_owned())).unwrap_or_default();
    let within = guarded(|| xmp::packet_in(sources.content)).flatten().map(said).unwrap_or_default();
    let by_camera = exif.map(|exif| exif.description()).unwrap_or_default();
    with_place(beside.or(within).or(by_camera))
}

fn with_place(description: Description) -> Description {
    let nearest = description.position.and_then(|(latitude, longitude)| foray_places::nearest(latitude, longitude));
    Description { place: nearest.map(ToString::to_string), ..description }
}

fn exif_block(content: &[u8]) -> Option<ExifBlock> {
    guarded(|| ExifBlock::read(content)).flatten()
}

/// What `read` returns unless it panics over a broken file.
fn guarded<T>(read: impl FnOnce() -> T) -> Option<T> {
    panic::catch_unwind(panic::AssertUnwindSafe(read)).ok()
}
