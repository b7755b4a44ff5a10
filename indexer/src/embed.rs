//! The embedding stage: collects developed photos into batches and computes their vectors.

use std::slice;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};
use foray_embedding::{Embedder, EmbeddingError, Pixels};
use foray_protocol::{ImageId, NewPhoto, PhotoMetadata, StopSignal, UnitVector};

use crate::IndexError;
use crate::committer::Outcome;
use crate::triage::Job;

/// How long a photo waits for others to fill its batch.
const LINGER: Duration = Duration::from_millis(500);

/// A photo that lacks nothing but its vector.
pub(crate) struct Unembedded {
    pub job: Job,
    pub image: ImageId,
    pub metadata: PhotoMetadata,
    pub thumbnail: Vec<u8>,
}

impl Unembedded {
    fn with(self, vector: UnitVector) -> (Job, NewPhoto) {
        let Self { job, image, metadata, thumbnail } = self;
        (job, NewPhoto { id: image, metadata, vector, thumbnail })
    }
}

/// Embeds what comes until nothing more does, or the signal is raised.
pub(crate) fn embed(
    embedder: &Embedder,
    batch: usize,
    stop: &StopSignal,
    prepared: Receiver<(Unembedded, Pixels)>,
    outcomes: Sender<Outcome>,
) {
    while let Some((photos, pixels)) = next_batch(&prepared, batch) {
        if stop.is_stopped() {
            return;
        }
        if embed_batch(embedder, photos, &pixels).into_iter().any(|outcome| outcomes.send(outcome).is_err()) {
            return;
        }
    }
}

fn next_batch(prepared: &Receiver<(Unembedded, Pixels)>, size: usize) -> Option<(Vec<Unembedded>, Vec<Pixels>)> {
    let first = prepared.recv().ok()?;
    let deadline = Instant::now() + LINGER;
    let others = std::iter::from_fn(|| prepared.recv_deadline(deadline).ok());
    Some(std::iter::once(first).chain(others).take(size.max(1)).unzip())
}

fn embed_batch(embedder: &Embedder, photos: Vec<Unembedded>, pixels: &[Pixels]) -> Vec<Outcome> {
    match embedder.embed_images(pixels) {
        Ok(vectors) => {
            let embedded = photos.into_iter().zip(vectors).map(|(photo, vector)| photo.with(vector));
            vec![Outcome::Embedded(embedded.collect())]
        }
        Err(error) => {
            tracing::warn!("a batch of {} photos could not be embedded: {error}; trying them one by one", pixels.len());
            embed_singly(embedder, photos, pixels)
        }
    }
}

/// One photo that the model cannot take must not cost the others of its batch; a model that takes none ends the run.
fn embed_singly(embedder: &Embedder, photos: Vec<Unembedded>, pixels: &[Pixels]) -> Vec<Outcome> {
    let (mut embedded, mut failed) = (vec![], vec![]);
    for (photo, pixels) in photos.into_iter().zip(pixels) {
        match embedder.embed_images(slice::from_ref(pixels)) {
            Ok(vectors) => embedded.extend(vectors.into_iter().next().map(|vector| photo.with(vector))),
            Err(error) => failed.push((photo, error)),
        }
    }
    if embedded.is_empty() {
        return failed.into_iter().take(1).map(|(photo, error)| broken(photo, error)).collect();
    }
    let failed = failed.into_iter().map(|(Unembedded { job, image, .. }, error)| {
        let reason = format!("the model cannot embed it: {error}");
        Outcome::Failed { job, image: Some(image), reason }
    });
    failed.chain([Outcome::Embedded(embedded)]).collect()
}

fn broken(photo: Unembedded, source: EmbeddingError) -> Outcome {
    Outcome::Broken(IndexError::Embedding { file: photo.job.file.path, source })
}
