//! Developing a photo: from the content of a file to what the model and the library need of it.

use std::panic::{self, AssertUnwindSafe};

use foray_appearance::describe;
use foray_embedding::{DecodeLimits, Embedder, Pixels, decode};
use foray_protocol::PhotoMetadata;

use crate::metadata::{Sources, metadata};
use crate::thumbnail::{self, preview};

/// A photo without its full-size picture, which is dropped as soon as these are made of it.
pub(crate) struct Developed {
    pub metadata: PhotoMetadata,
    pub thumbnail: Vec<u8>,
    pub pixels: Pixels,
}

/// Decodes a photo; an error is a sentence for its owner.
pub(crate) fn develop(sources: Sources, limits: &DecodeLimits, embedder: &Embedder) -> Result<Developed, String> {
    // A picture that crashes a decoder is one bad picture, not the end of the run.
    panic::catch_unwind(AssertUnwindSafe(|| develop_unguarded(sources, limits, embedder)))
        .unwrap_or_else(|_| Err("the picture is damaged in a way that crashes its decoder".to_owned()))
}

fn develop_unguarded(sources: Sources, limits: &DecodeLimits, embedder: &Embedder) -> Result<Developed, String> {
    let detail = embedder.detail().at_least(thumbnail::DETAIL);
    let picture = decode(sources.content, limits, detail).map_err(|error| error.to_string())?;
    let (preview, thumbnail) =
        preview(&picture.pixels).map_err(|error| format!("no preview can be made of it: {error}"))?;
    let mut metadata = metadata(sources, &picture);
    describe(&preview, &mut metadata);
    Ok(Developed { metadata, thumbnail, pixels: embedder.preprocess(&picture) })
}
