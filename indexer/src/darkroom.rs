//! Developing photos: from the content of a file to what the model and the library need of it, within memory and time.

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use foray_appearance::describe;
use foray_embedding::{DecodeLimits, Embedder, Pixels, decode_admitted};
use foray_protocol::PhotoMetadata;

use crate::budget::{Budget, Share};
use crate::metadata::{Sources, metadata};
use crate::thumbnail::{self, preview};

/// A photo without its full-size picture, which is dropped as soon as these are made of it.
pub(crate) struct Developed {
    pub metadata: PhotoMetadata,
    pub thumbnail: Vec<u8>,
    pub pixels: Pixels,
}

/// A photo to be developed.
pub(crate) struct Negative {
    pub content: Vec<u8>,
    pub sidecar: Option<String>,
    /// The memory that the content takes.
    pub share: Share<Arc<Budget>>,
}

/// What photos are developed with.
#[derive(Clone)]
pub(crate) struct Darkroom {
    pub embedder: Arc<Embedder>,
    pub limits: DecodeLimits,
    /// Memory for decoded pictures.
    pub pictures: Arc<Budget>,
    /// A picture that takes longer is given up.
    pub deadline: Duration,
}

/// A thread that develops one photo after another. One that does not come back in time is left to itself, with what it holds, and
/// another takes its place: no thread can be ended from outside.
pub(crate) struct Developer {
    darkroom: Darkroom,
    hands: Option<Hands>,
}

struct Hands {
    negatives: Sender<Negative>,
    notes: Receiver<Note>,
}

/// What a developing thread tells.
enum Note {
    /// It waits for memory, which others hold.
    Waits,
    /// It goes on.
    Works,
    /// A sentence says why there is nothing to see.
    Done(Box<Result<Developed, String>>),
}

impl Developer {
    pub fn new(darkroom: Darkroom) -> Self {
        Self { darkroom, hands: None }
    }

    /// Develops a photo; an error is a sentence for its owner.
    pub fn develop(&mut self, negative: Negative) -> Result<Developed, String> {
        let darkroom = &self.darkroom;
        let hands = self.hands.get_or_insert_with(|| Hands::hire(darkroom.clone()));
        if hands.negatives.send(negative).is_err() {
            self.hands = None;
            return Err("the system gives no thread to decode it; it is tried again when the file changes".to_owned());
        }
        match hands.wait(darkroom.deadline) {
            Some(outcome) => outcome,
            None => {
                self.hands = None;
                let seconds = darkroom.deadline.as_secs_f64();
                tracing::warn!("a picture took more than {seconds} s to decode and is given up");
                Err(format!("decoding it took more than {seconds} s (`deadline` in the configuration)"))
            }
        }
    }
}

impl Hands {
    fn hire(darkroom: Darkroom) -> Self {
        let (negatives, to_develop) = bounded::<Negative>(1);
        let (tells, notes) = bounded(3);
        let work = move || {
            for negative in to_develop {
                let outcome = darkroom.develop(negative, &tells);
                if tells.send(Note::Done(Box::new(outcome))).is_err() {
                    return;
                }
            }
        };
        // Without a thread the channel is closed, which the sender of a negative notices.
        let _ = thread::Builder::new().name("developer".to_owned()).spawn(work);
        Self { negatives, notes }
    }

    /// What came of the photo; `None` when it took longer than `deadline`, waits for memory left aside.
    fn wait(&self, deadline: Duration) -> Option<Result<Developed, String>> {
        let (mut left, mut is_waiting) = (deadline, false);
        loop {
            let begun = Instant::now();
            let note = if is_waiting {
                self.notes.recv().map_err(|_| RecvTimeoutError::Disconnected)
            } else {
                self.notes.recv_timeout(left)
            };
            if !is_waiting {
                left = left.saturating_sub(begun.elapsed());
            }
            match note {
                Ok(Note::Waits) => is_waiting = true,
                Ok(Note::Works) => is_waiting = false,
                Ok(Note::Done(outcome)) => return Some(*outcome),
                Err(_) => return None,
            }
        }
    }
}

impl Darkroom {
    fn develop(&self, negative: Negative, tells: &Sender<Note>) -> Result<Developed, String> {
        // A picture that crashes a decoder is one bad picture, not the end of the run.
        panic::catch_unwind(AssertUnwindSafe(|| self.develop_unguarded(negative, tells)))
            .unwrap_or_else(|_| Err("the picture is damaged in a way that crashes its decoder".to_owned()))
    }

    fn develop_unguarded(&self, negative: Negative, tells: &Sender<Note>) -> Result<Developed, String> {
        let Negative { content, sidecar, share: _held } = negative;
        let detail = self.embedder.detail().at_least(thumbnail::DETAIL);
        let admit = |bytes| self.admit(bytes, tells);
        let (picture, _memory) =
            decode_admitted(&content, &self.limits, detail, admit).map_err(|error| error.to_string())?;
        let (preview, thumbnail) =
            preview(&picture.pixels).map_err(|error| format!("no preview can be made of it: {error}"))?;
        let mut metadata = metadata(Sources { content: &content, sidecar: sidecar.as_deref() }, &picture);
        describe(&preview, &mut metadata);
        Ok(Developed { metadata, thumbnail, pixels: self.embedder.preprocess(&picture) })
    }

    fn admit(&self, bytes: u64, tells: &Sender<Note>) -> Share<Arc<Budget>> {
        // Nobody listens to a thread that was given up; it ends when it is through.
        let _ = tells.send(Note::Waits);
        let share = Budget::take(Arc::clone(&self.pictures), bytes);
        let _ = tells.send(Note::Works);
        share
    }
}
