//! Developing photos: from the content of a file to what the model and the library need of it, within memory and time.

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};
use foray_appearance::describe;
use foray_embedding::{DecodeLimits, Embedder, PREVIEW_DETAIL, Pixels, decode_admitted, preview};
use foray_protocol::PhotoMetadata;

use crate::budget::Budget;
use crate::metadata::{Sources, metadata};

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
}

/// What photos are developed with.
#[derive(Clone)]
pub(crate) struct Darkroom {
    pub embedder: Arc<Embedder>,
    pub limits: DecodeLimits,
}

/// Has a thread develop one photo after another. One that does not come back in time is left to itself, and another takes its
/// place: no thread can be ended from outside. What it holds counts no more, or others would wait for it for ever.
pub(crate) struct Developer<'a> {
    darkroom: Darkroom,
    /// Memory for decoded pictures.
    pictures: &'a Budget,
    /// A picture that takes longer is given up.
    deadline: Duration,
    hands: Option<Hands>,
}

/// The channels to a developing thread.
struct Hands {
    negatives: Sender<Negative>,
    admissions: Sender<()>,
    notes: Receiver<Note>,
}

/// What a developing thread tells.
enum Note {
    /// It wants so many bytes for the picture, and waits to be admitted.
    Wants(u64),
    /// A sentence says why there is nothing to see.
    Done(Box<Result<Developed, String>>),
}

impl<'a> Developer<'a> {
    pub fn new(darkroom: Darkroom, pictures: &'a Budget, deadline: Duration) -> Self {
        Self { darkroom, pictures, deadline, hands: None }
    }

    /// Develops a photo; an error is a sentence for its owner.
    pub fn develop(&mut self, negative: Negative) -> Result<Developed, String> {
        let hands = self.hands.get_or_insert_with(|| Hands::hire(self.darkroom.clone()));
        if hands.negatives.send(negative).is_err() {
            self.hands = None;
            return Err("the system gives no thread to decode it; it is tried again when the file changes".to_owned());
        }
        match hands.wait(self.pictures, self.deadline) {
            Some(outcome) => outcome,
            None => {
                self.hands = None;
                let seconds = self.deadline.as_secs_f64();
                tracing::warn!("a picture took more than {seconds} s to decode and is given up");
                Err(format!("decoding it took more than {seconds} s (`deadline` in the configuration)"))
            }
        }
    }
}

impl Hands {
    fn hire(darkroom: Darkroom) -> Self {
        let (negatives, to_develop) = bounded::<Negative>(1);
        let (admissions, admitted) = bounded(1);
        let (tells, notes) = bounded(1);
        let work = move || {
            // Nobody listens to a thread that was given up: it ends when it is through.
            let admit = |bytes| {
                let _ = tells.send(Note::Wants(bytes)).is_ok() && admitted.recv().is_ok();
            };
            for negative in to_develop {
                let outcome = darkroom.develop(negative, admit);
                if tells.send(Note::Done(Box::new(outcome))).is_err() {
                    return;
                }
            }
        };
        // Without a thread the channel is closed, which the sender of a negative notices.
        let _ = thread::Builder::new().name("developer".to_owned()).spawn(work);
        Self { negatives, admissions, notes }
    }

    /// What came of the photo; `None` when it took longer than `deadline`, waits for memory left aside.
    fn wait(&self, pictures: &Budget, deadline: Duration) -> Option<Result<Developed, String>> {
        let (mut left, mut memory) = (deadline, None);
        loop {
            let begun = Instant::now();
            let note = self.notes.recv_timeout(left).ok()?;
            left = left.saturating_sub(begun.elapsed());
            match note {
                Note::Wants(bytes) => {
                    memory = Some(pictures.take(bytes));
                    self.admissions.send(()).ok()?;
                }
                Note::Done(outcome) => {
                    drop(memory);
                    return Some(*outcome);
                }
            }
        }
    }
}

impl Darkroom {
    fn develop(&self, negative: Negative, admit: impl FnOnce(u64)) -> Result<Developed, String> {
        // A picture that crashes a decoder is one bad picture, not the end of the run.
        panic::catch_unwind(AssertUnwindSafe(|| self.develop_unguarded(negative, admit)))
            .unwrap_or_else(|_| Err("the picture is damaged in a way that crashes its decoder".to_owned()))
    }

    fn develop_unguarded(&self, negative: Negative, admit: impl FnOnce(u64)) -> Result<Developed, String> {
        let Negative { content, sidecar } = negative;
        let detail = self.embedder.detail().at_least(PREVIEW_DETAIL);
        let picture = decode_admitted(&content, &self.limits, detail, admit).map_err(|error| error.to_string())?;
        let (preview, thumbnail) =
            preview(&picture.pixels).map_err(|error| format!("no preview can be made of it: {error}"))?;
        let mut metadata = metadata(Sources { content: &content, sidecar: sidecar.as_deref() }, &picture);
        describe(&preview, &mut metadata);
        Ok(Developed { metadata, thumbnail, pixels: self.embedder.preprocess(&picture) })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use foray_embedding::{BackendOptions, Model};
    use image::{ImageFormat, Rgb, RgbImage};

    use super::*;

    #[test]
    fn a_picture_that_is_given_up_gives_its_memory_back() {
        let embedder = Arc::new(Embedder::open(Model::builtin().unwrap(), &BackendOptions::default()).unwrap());
        let picture = RgbImage::from_fn(3_000, 2_000, |x, y| Rgb([(x * y) as u8, (x / 3) as u8, y as u8]));
        let mut content = vec![];
        picture.write_to(&mut Cursor::new(&mut content), ImageFormat::Png).unwrap();
        let budget = Budget::new(1 << 20);
        let darkroom = Darkroom { embedder, limits: DecodeLimits::default() };
        let mut developer = Developer::new(darkroom.clone(), &budget, Duration::from_millis(5));
        let negative = || Negative { content: content.clone(), sidecar: None };
        let refusal = developer.develop(negative()).err().unwrap();
        assert!(refusal.contains("0.005 s"), "{refusal}");
        assert!(budget.is_whole());
        // The thread that was given up holds up nobody.
        let mut patient = Developer::new(darkroom, &budget, Duration::from_secs(60));
        assert_eq!(patient.develop(negative()).unwrap().metadata.width, 3_000);
        assert!(budget.is_whole());
    }
}
