//! The second stage: which of the files that were found need to be looked at.

use crossbeam_channel::{Receiver, Sender};
use foray_protocol::{FileFacts, ImageId, PhotoPath, ProtocolError};

use crate::committer::Outcome;
use crate::companions::Companions;
use crate::file::Candidate;
use crate::library::{Library, PAGE, is_current};

/// A file to read.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub file: FileFacts,
    pub companions: Box<Companions>,
    /// The photo that the library has at this path.
    pub before: Option<ImageId>,
    /// Whether size and modification time are as the library knows them: the content should be, too.
    pub is_current: bool,
}

impl Job {
    fn new(Candidate { file, companions }: Candidate, before: Option<ImageId>, is_current: bool) -> Self {
        Self { file, companions, before, is_current }
    }
}

/// Asks the library about the files, a page at a time, and passes on those that are new or changed.
///
/// With `verify` all are passed on.
pub(crate) fn triage(
    library: &Library,
    verify: bool,
    found: Receiver<Candidate>,
    jobs: Sender<Job>,
    outcomes: Sender<Outcome>,
) {
    while let Some(page) = next_page(&found) {
        if library.stop.is_stopped() {
            return;
        }
        match sort_out(library, verify, page) {
            Ok((unchanged, changed)) => {
                let sent = outcomes.send(Outcome::Unchanged(unchanged)).is_ok();
                if !sent || changed.into_iter().any(|job| jobs.send(job).is_err()) {
                    return;
                }
            }
            Err(error) => {
                // The committer ends the run; when it is gone already, there is nobody left to tell.
                let _ = outcomes.send(Outcome::Broken(error.into()));
                return;
            }
        }
    }
}

/// What has been found by now, at most a page: no file waits for the page to fill.
fn next_page(found: &Receiver<Candidate>) -> Option<Vec<Candidate>> {
    let mut page = vec![found.recv().ok()?];
    page.extend(found.try_iter().take(PAGE - 1));
    Some(page)
}

/// How many of the files are unchanged, and the others.
fn sort_out(library: &Library, verify: bool, page: Vec<Candidate>) -> Result<(usize, Vec<Job>), ProtocolError> {
    let paths: Vec<PhotoPath> = page.iter().map(|candidate| candidate.file.path.clone()).collect();
    let known = library.known_files(&paths)?;
    let (mut unchanged, mut jobs, mut settled) = (0, vec![], vec![]);
    for (candidate, known) in page.into_iter().zip(known) {
        let is_current = known.as_ref().is_some_and(|known| is_current(known, &candidate.file));
        match known.map(|known| known.outcome) {
            Some(Err(_)) if is_current && !verify => unchanged += 1,
            Some(Ok(image)) if is_current && !verify => settled.push((candidate, image)),
            outcome => jobs.push(Job::new(candidate, outcome.and_then(Result::ok), is_current)),
        }
    }
    let embedded = library.known_images(&settled.iter().map(|(_, image)| *image).collect::<Vec<_>>())?;
    for ((candidate, image), embedded) in settled.into_iter().zip(embedded) {
        // A photo without a vector of this model is embedded like a new one: that is how a library changes its model.
        if embedded {
            unchanged += 1;
        } else {
            jobs.push(Job::new(candidate, Some(image), true));
        }
    }
    Ok((unchanged, jobs))
}
