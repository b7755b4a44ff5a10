//! The last stage: puts what the other stages found out into batches, in the right order, and commits them.

use std::collections::HashMap;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};
use foray_protocol::{Change, Description, ImageId, NewPhoto, PhotoPath};

use crate::IndexError;
use crate::library::{Library, PAGE};
use crate::progress::Progress;
use crate::summary::{Effect, Tally};
use crate::triage::Job;

/// What a crash may cost: nothing waits longer than this to be committed.
const LONGEST_WAIT: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(100);

/// What became of one or more files.
pub(crate) enum Outcome {
    /// So many are as the library knows them.
    Unchanged(usize),
    /// It holds a photo that the library has; its files may describe it anew.
    Known { job: Job, image: ImageId, description: Option<Box<Description>> },
    /// It holds the same photo as another file of this run, whose outcome comes before or after this one.
    Copy { job: Job, image: ImageId, description: Option<Box<Description>> },
    /// They hold new photos, embedded together.
    Embedded(Vec<(Job, NewPhoto)>),
    /// It cannot be indexed; `image` where its content could be read.
    Failed { job: Job, image: Option<ImageId>, reason: String },
    /// It should be as the library knows it, but cannot be read now.
    Unread { path: PhotoPath, reason: String },
    /// It is being written, or gone; whoever announces changes will announce it again.
    Unsettled(PhotoPath),
    /// The run cannot go on.
    Broken(IndexError),
}

/// A file that holds a photo which another file of the run holds, and what it says anew.
type Copy = (Job, Option<Box<Description>>);

/// Takes outcomes in, and commits.
pub(crate) struct Committer<'a> {
    library: Library<'a>,
    progress: &'a Progress<'a>,
    pending: Vec<(Change, Option<Effect>)>,
    committed_at: Instant,
    /// How the photos of this run turned out: nothing to say, or why there is none.
    settled: HashMap<ImageId, Result<(), String>>,
    /// Copies of photos that are still in work.
    copies: HashMap<ImageId, Vec<Copy>>,
    pub tally: Tally,
    /// Files that changed under the run's hands.
    pub unsettled: Vec<PhotoPath>,
    /// What the owner should know, in sentences.
    pub warnings: Vec<String>,
}

impl<'a> Committer<'a> {
    pub fn new(library: Library<'a>, progress: &'a Progress<'a>) -> Self {
        Self {
            library,
            progress,
            pending: vec![],
            committed_at: Instant::now(),
            settled: HashMap::new(),
            copies: HashMap::new(),
            tally: Tally::default(),
            unsettled: vec![],
            warnings: vec![],
        }
    }

    /// Takes outcomes until all stages have ended; the last ones stay pending until [`Committer::commit`].
    pub fn run(&mut self, outcomes: Receiver<Outcome>) -> Result<(), IndexError> {
        loop {
            match outcomes.recv_timeout(TICK) {
                Ok(outcome) => self.take(outcome)?,
                Err(RecvTimeoutError::Timeout) => self.commit_when_due()?,
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            self.progress.tick();
        }
    }

    fn take(&mut self, outcome: Outcome) -> Result<(), IndexError> {
        match outcome {
            Outcome::Unchanged(count) => {
                self.tally.unchanged += count;
                self.done(count);
            }
            Outcome::Known { job, image, description } => {
                self.link(job, image, description);
                self.settle(image, Ok(()));
            }
            Outcome::Copy { job, image, description } => self.copy(job, image, description),
            Outcome::Embedded(photos) => {
                photos.into_iter().for_each(|(job, photo)| self.add(job, photo));
                return self.commit();
            }
            Outcome::Failed { job, image, reason } => self.fail(job, image, reason),
            Outcome::Unread { path, reason } => {
                self.warnings
                    .push(format!("{path} cannot be compared with the library and stays there as it was: {reason}"));
                self.done(1);
            }
            Outcome::Unsettled(path) => {
                self.unsettled.push(path);
                self.done(1);
            }
            Outcome::Broken(error) => return Err(error),
        }
        self.commit_when_due()
    }

    fn add(&mut self, job: Job, photo: NewPhoto) {
        let image = photo.id;
        self.warn_of_other_content(&job, Some(image));
        // The same content at the same path means a new vector for it, not a photo that left.
        let before = job.before.filter(|before| *before != image);
        self.push(Change::Added { file: job.file, photo: Box::new(photo) }, Effect::Indexed { before });
        self.settle(image, Ok(()));
    }

    fn link(&mut self, job: Job, image: ImageId, description: Option<Box<Description>>) {
        if let Some(description) = description {
            self.pending.push((Change::Described { image, description }, None));
        }
        if job.is_current && job.before == Some(image) {
            self.tally.count(Effect::Touched);
            return self.done(1);
        }
        self.warn_of_other_content(&job, Some(image));
        let effect =
            if job.before == Some(image) { Effect::Touched } else { Effect::Arrived { image, before: job.before } };
        self.push(Change::Linked { file: job.file, image }, effect);
    }

    fn fail(&mut self, job: Job, image: Option<ImageId>, reason: String) {
        // What decoders say may go over several lines; lists of failures have one for each.
        let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
        self.warn_of_other_content(&job, image);
        self.push(Change::Failed { file: job.file, reason: reason.clone() }, Effect::Failed { before: job.before });
        if let Some(image) = image {
            self.settle(image, Err(reason));
        }
    }

    /// A file whose content changed, but neither its size nor its date, was damaged or manipulated.
    fn warn_of_other_content(&mut self, job: &Job, image: Option<ImageId>) {
        if job.is_current && job.before.is_some() && image.is_some() && job.before != image {
            let path = &job.file.path;
            self.warnings.push(format!(
                "{path} has other content than when it was indexed, though its size and date are the same: it may be damaged; \
                 compare it with a copy of yours"
            ));
        }
    }

    /// A link may be committed only after the photo that it points to.
    fn copy(&mut self, job: Job, image: ImageId, description: Option<Box<Description>>) {
        match self.settled.get(&image) {
            Some(Ok(())) => self.link(job, image, description),
            Some(Err(reason)) => self.fail(job, None, reason.clone()),
            None => self.copies.entry(image).or_default().push((job, description)),
        }
    }

    fn settle(&mut self, image: ImageId, outcome: Result<(), String>) {
        self.settled.insert(image, outcome);
        for (job, description) in self.copies.remove(&image).unwrap_or_default() {
            self.copy(job, image, description);
        }
    }

    /// Notes that the file at `path` is gone, which the library knew with this photo.
    pub fn remove(&mut self, path: PhotoPath, image: Option<ImageId>) -> Result<(), IndexError> {
        self.pending.push((Change::Removed { path }, Some(Effect::Removed { image })));
        self.commit_when_due()
    }

    fn push(&mut self, change: Change, effect: Effect) {
        self.pending.push((change, Some(effect)));
        self.done(1);
    }

    fn done(&self, count: usize) {
        self.progress.done.fetch_add(count, Relaxed);
    }

    fn commit_when_due(&mut self) -> Result<(), IndexError> {
        if self.pending.len() >= PAGE || self.committed_at.elapsed() >= LONGEST_WAIT {
            self.commit()?;
        }
        Ok(())
    }

    /// Commits what is pending.
    pub fn commit(&mut self) -> Result<(), IndexError> {
        let (changes, effects): (Vec<_>, Vec<_>) = self.pending.drain(..).unzip();
        if !changes.is_empty() {
            self.library.commit(changes)?;
        }
        self.committed_at = Instant::now();
        effects.into_iter().flatten().for_each(|effect| self.tally.count(effect));
        self.progress.indexed.store(self.tally.indexed, Relaxed);
        self.progress.failed.store(self.tally.failed, Relaxed);
        Ok(())
    }
}
