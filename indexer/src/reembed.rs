//! Giving the photos that a library has vectors of another model, from their files, or from their previews where no file is there.

use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;
use std::time::Instant;

use crossbeam_channel::{Sender, bounded};
use foray_embedding::{DecodeLimits, Embedder, Pixels, decode};
use foray_protocol::{ImageId, IndexPhase, IndexProgress, PhotoFiles, PhotoPath, ProtocolError, Spaces, StopSignal};
use rayon::prelude::*;
use serde::Serialize;

use crate::file::{Candidate, Reading, facts, read};
use crate::progress::Progress;
use crate::{IndexError, Indexer};

/// Batches that are prepared together, on all cores.
const BATCHES_A_PAGE: usize = 4;

/// What became of a library's photos.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ReembedSummary {
    /// Photos that got a vector.
    pub embedded: usize,
    /// Those of them whose files are away or changed, so that their previews had to do.
    pub from_previews: usize,
    /// Photos that have neither a file nor a preview.
    pub unreadable: usize,
    /// How long it took.
    pub seconds: f64,
    /// Whether it was ended early.
    pub stopped: bool,
}

/// A photo that lacks nothing but its vector, and its picture; or the id of one that has no picture any more.
type Page = Vec<Result<(Prepared, Pixels), ImageId>>;

struct Prepared {
    image: ImageId,
    path: PhotoPath,
    is_preview: bool,
}

impl Indexer {
    /// Gives all photos of `library` that lack one a vector of this indexer's model. Ended early, or broken off, it goes on
    /// from there the next time.
    ///
    /// # Errors
    /// Those of the library, and [`IndexError::Embedding`] when the model fails.
    pub fn reembed(
        &self,
        library: &dyn Spaces,
        stop: &StopSignal,
        on_progress: &(dyn Fn(&IndexProgress) + Sync),
    ) -> Result<ReembedSummary, IndexError> {
        let begun = Instant::now();
        let embedder = self.embedder.get();
        let progress = Progress::new(self.ingest(), Some(on_progress), self.options.gate.clone());
        progress.found.store(missing(library, &embedder)?, Relaxed);
        progress.all_found.store(true, Relaxed);
        let mut work = Reembedding {
            library,
            embedder: &embedder,
            limits: &self.options.limits,
            stop,
            progress: &progress,
            summary: ReembedSummary::default(),
        };
        let outcome = work.run();
        progress.finish(IndexPhase::Idle);
        outcome?;
        Ok(ReembedSummary { seconds: begun.elapsed().as_secs_f64(), stopped: stop.is_stopped(), ..work.summary })
    }
}

fn missing(library: &dyn Spaces, embedder: &Embedder) -> Result<usize, ProtocolError> {
    let spaces = library.spaces()?;
    let photos = spaces.first().map_or(0, |coverage| coverage.photos);
    let covered = spaces.iter().find(|coverage| coverage.space == *embedder.space());
    Ok(photos.saturating_sub(covered.map_or(0, |coverage| coverage.vectors)))
}

struct Reembedding<'a> {
    library: &'a dyn Spaces,
    embedder: &'a Embedder,
    limits: &'a DecodeLimits,
    stop: &'a StopSignal,
    progress: &'a Progress<'a>,
    summary: ReembedSummary,
}

impl Reembedding<'_> {
    /// The next page is prepared while this one is embedded.
    fn run(&mut self) -> Result<(), IndexError> {
        let (library, embedder, limits, stop) = (self.library, self.embedder, self.limits, self.stop);
        let (pages, prepared) = bounded(1);
        thread::scope(|scope| {
            let source = Source { library, embedder, limits, stop };
            let preparing = scope.spawn(move || source.prepare_all(&pages));
            for page in prepared {
                self.embed(page)?;
            }
            preparing.join().unwrap_or_else(|panic| panic::resume_unwind(panic))
        })
    }

    fn embed(&mut self, page: Page) -> Result<(), IndexError> {
        let count = page.len();
        let (photos, pixels): (Vec<_>, Vec<_>) = page.into_iter().filter_map(Result::ok).unzip();
        self.summary.unreadable += count - photos.len();
        self.progress.failed.store(self.summary.unreadable, Relaxed);
        let size = self.embedder.batch_size().max(1);
        for (photos, pixels) in photos.chunks(size).zip(pixels.chunks(size)) {
            if self.stop.is_stopped() {
                return Ok(());
            }
            let failed = |source| IndexError::Embedding { file: photos[0].path.clone(), source };
            let vectors = self.embedder.embed_images(pixels).map_err(failed)?;
            let named: Vec<_> = photos.iter().map(|photo| photo.image).zip(vectors).collect();
            self.library.add_vectors(self.embedder.space(), &named)?;
            self.summary.embedded += photos.len();
            self.summary.from_previews += photos.iter().filter(|photo| photo.is_preview).count();
            self.progress.done.fetch_add(photos.len(), Relaxed);
            self.progress.indexed.store(self.summary.embedded, Relaxed);
            self.progress.tick();
        }
        Ok(())
    }
}

/// Where the pictures come from.
#[derive(Clone, Copy)]
struct Source<'a> {
    library: &'a dyn Spaces,
    embedder: &'a Embedder,
    limits: &'a DecodeLimits,
    stop: &'a StopSignal,
}

impl Source<'_> {
    /// Sends all photos without a vector, page by page, until nobody takes them any more.
    fn prepare_all(&self, pages: &Sender<Page>) -> Result<(), IndexError> {
        let limit = BATCHES_A_PAGE * self.embedder.batch_size().max(1);
        let mut after = None;
        while !self.stop.is_stopped() {
            let photos = self.library.without_vector(self.embedder.space(), after, limit)?;
            let Some(last) = photos.last() else { break };
            after = Some(last.image);
            let page = photos.par_iter().map(|photo| self.prepare(photo).ok_or(photo.image)).collect();
            if pages.send(page).is_err() {
                break;
            }
        }
        Ok(())
    }

    fn prepare(&self, photo: &PhotoFiles) -> Option<(Prepared, Pixels)> {
        let prepared = |pixels, is_preview| {
            let path = photo.paths.first()?.clone();
            Some((Prepared { image: photo.image, path, is_preview }, pixels))
        };
        let from_file = photo.paths.iter().find_map(|path| self.pixels_of_file(photo.image, path.as_path()));
        if let Some(pixels) = from_file {
            return prepared(pixels, false);
        }
        let preview = self.library.preview(photo.image).ok()?;
        prepared(self.pixels(&preview)?, true)
    }

    /// Of the file at `path`, if it still holds the photo.
    fn pixels_of_file(&self, image: ImageId, path: &Path) -> Option<Pixels> {
        let file = facts(path.into(), &path.metadata().ok()?, 0);
        match read(Candidate { file, companions: Box::default() }, self.limits.max_bytes as u64, 1) {
            Reading::Content(_, content) if ImageId::of_content(&content) == image => self.pixels(&content),
            _ => None,
        }
    }

    fn pixels(&self, content: &[u8]) -> Option<Pixels> {
        let develop = || Some(self.embedder.preprocess(&decode(content, self.limits, self.embedder.detail()).ok()?));
        // A picture that crashes a decoder is one bad picture, not the end of the run.
        panic::catch_unwind(AssertUnwindSafe(develop)).ok().flatten()
    }
}
