//! The stages of a run and the channels between them.
//!
//! One thread finds files, one asks the library about them, some read and develop, one embeds, and the caller's commits.
//! A stage ends when the one before it has ended or the one after it is gone, so that an error at any place ends all.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use foray_embedding::{Embedder, Pixels};
use foray_protocol::{Description, ImageId};
use parking_lot::Mutex;

use crate::budget::Budget;
use crate::committer::{Committer, Outcome};
use crate::darkroom::{Darkroom, Developed, Developer, Negative};
use crate::embed::{Unembedded, embed};
use crate::file::{Candidate, Reading, read};
use crate::library::Library;
use crate::metadata::{Sources, description};
use crate::progress::Progress;
use crate::scan::Found;
use crate::triage::{Job, triage};
use crate::{IndexError, IndexOptions};

/// Outcomes that wait for the committer; they hold batches of previews, so few.
const OUTCOMES: usize = 8;
/// Of the memory, decoded pictures have three quarters: they are larger than their files.
const PICTURE_PARTS: u64 = 3;
const PARTS: u64 = 4;
/// Reads of a file that keeps changing, where no watcher would announce it again.
const ATTEMPTS: usize = 3;

/// What the stages share.
pub(crate) struct Pipeline<'a> {
    library: Library<'a>,
    embedder: &'a Arc<Embedder>,
    options: &'a IndexOptions,
    progress: &'a Progress<'a>,
    /// Memory for files that were read.
    files: Budget,
    /// Memory for pictures that were decoded.
    pictures: Budget,
    /// Whether files that change meanwhile will be announced again.
    is_watched: bool,
    /// Photos that some worker of this run has taken on: the same content is developed once.
    claimed: Mutex<HashSet<ImageId>>,
}

impl<'a> Pipeline<'a> {
    pub fn new(
        library: Library<'a>,
        embedder: &'a Arc<Embedder>,
        options: &'a IndexOptions,
        progress: &'a Progress<'a>,
        is_watched: bool,
    ) -> Self {
        let budget = |parts: u64| Budget::new(options.memory * parts / PARTS);
        let (files, pictures) = (budget(PARTS - PICTURE_PARTS), budget(PICTURE_PARTS));
        Self { library, embedder, options, progress, files, pictures, is_watched, claimed: Mutex::default() }
    }

    /// Passes everything that `discover` finds through the stages into `committer`.
    pub fn run(&self, committer: &mut Committer, discover: impl FnOnce(&mut Found) + Send) -> Result<(), IndexError> {
        let workers = self.options.workers.max(1);
        let batch = self.options.batch.unwrap_or_else(|| self.embedder.batch_size());
        // Names of files are small, and the run keeps them anyway: finding may run ahead, and so tell how much there is.
        let (found, to_sort) = unbounded();
        let (jobs, to_do) = bounded(workers);
        let (prepared, to_embed) = bounded(batch);
        let (outcomes, to_commit) = bounded(OUTCOMES);
        thread::scope(|scope| {
            scope.spawn(move || self.discover(discover, found));
            for _ in 0..workers {
                let (to_do, prepared, outcomes) = (to_do.clone(), prepared.clone(), outcomes.clone());
                scope.spawn(move || self.work(to_do, prepared, outcomes));
            }
            // The workers' ends alone must decide when these channels close.
            drop((to_do, prepared));
            let embedded = outcomes.clone();
            let stop = self.library.stop;
            scope.spawn(move || embed(self.embedder, batch, stop, to_embed, embedded));
            let verify = self.options.verify;
            scope.spawn(move || triage(&self.library, verify, to_sort, jobs, outcomes));
            committer.run(to_commit)
        })
    }

    fn discover(&self, discover: impl FnOnce(&mut Found), found: Sender<Candidate>) {
        discover(&mut |candidate| {
            self.progress.found.fetch_add(1, Relaxed);
            if found.send(candidate).is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        self.progress.all_found.store(true, Relaxed);
    }

    fn work(&self, jobs: Receiver<Job>, prepared: Sender<(Unembedded, Pixels)>, outcomes: Sender<Outcome>) {
        let darkroom = Darkroom { embedder: Arc::clone(self.embedder), limits: self.options.limits };
        let mut developer = Developer::new(darkroom, &self.pictures, self.options.deadline);
        for job in jobs {
            self.options.gate.wait(self.library.stop);
            if self.library.stop.is_stopped() {
                return;
            }
            *self.progress.current.lock() = Some(job.file.path.clone());
            let sent = match self.prepare(job, &mut developer) {
                Ok(photo) => prepared.send(photo).is_ok(),
                Err(outcome) => outcomes.send(outcome).is_ok(),
            };
            if !sent {
                return;
            }
        }
    }

    /// Makes a file ready to be embedded; `Err` is the outcome of a file that needs no embedding.
    fn prepare(&self, job: Job, developer: &mut Developer) -> Result<(Unembedded, Pixels), Outcome> {
        let _memory = self.files.take(job.file.size);
        let (job, content) = self.read(job)?;
        let sidecar = job.companions.sidecar_text();
        let sources = Sources { content: &content, sidecar: sidecar.as_deref() };
        let image = ImageId::of_content(&content);
        if !self.claimed.lock().insert(image) {
            return Err(Outcome::Copy { description: news(&job, image, sources), job, image });
        }
        if self.is_known(image)? {
            return Err(Outcome::Known { description: news(&job, image, sources), job, image });
        }
        match developer.develop(Negative { content, sidecar }) {
            Ok(Developed { metadata, thumbnail, pixels }) => {
                Ok((Unembedded { job, image, metadata, thumbnail }, pixels))
            }
            Err(reason) => Err(Outcome::Failed { job, image: Some(image), reason }),
        }
    }

    fn read(&self, job: Job) -> Result<(Job, Vec<u8>), Outcome> {
        let Job { file, companions, before, is_current } = job;
        let attempts = if self.is_watched { 1 } else { ATTEMPTS };
        let candidate = Candidate { file, companions: companions.clone() };
        let failed = |file, reason| {
            Err(Outcome::Failed {
                job: Job { file, companions: companions.clone(), before, is_current },
                image: None,
                reason,
            })
        };
        match read(candidate, self.options.limits.max_bytes as u64, attempts) {
            Reading::Content(file, content) => Ok((Job { file, companions, before, is_current }, content)),
            // What is known of it stays: the trouble may be the disk's or the network's, and pass.
            Reading::Failed(file, reason) if is_current && before.is_some() => {
                Err(Outcome::Unread { path: file.path, reason })
            }
            Reading::Failed(file, reason) => failed(file, reason),
            Reading::Changing(file) if self.is_watched => Err(Outcome::Unsettled(file.path)),
            Reading::Changing(file) => failed(file, "the file keeps changing while it is read".to_owned()),
            Reading::Gone(path) => Err(Outcome::Unsettled(path)),
        }
    }

    fn is_known(&self, image: ImageId) -> Result<bool, Outcome> {
        let known = self.library.known_images(&[image]).map_err(|error| Outcome::Broken(error.into()))?;
        Ok(known == [true])
    }
}

/// What the files of a photo say that the library has, if they may say something new: this file was here before, or has a sidecar.
/// A mere copy says nothing that the first file did not.
fn news(job: &Job, image: ImageId, sources: Sources) -> Option<Box<Description>> {
    (job.before == Some(image) || sources.sidecar.is_some()).then(|| Box::new(description(sources)))
}
