//! The second stage: which of the files that were found need to be looked at.

use std::mem;
use std::ops::ControlFlow;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender};
use foray_protocol::{FileFacts, ImageId, PhotoPath, ProtocolError};

use crate::committer::Outcome;
use crate::companions::Companions;
use crate::file::Candidate;
use crate::library::{Library, PAGE, is_current};

/// Files claimed in one step.
const CLAIMED_AT_ONCE: usize = 64;
/// How often to look at files at which other indexers work.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

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
/// With `verify` all are passed on. Files at which another indexer of the library works are looked at again at the end, until they are
/// done: by it, or by this one where the other has died.
pub(crate) fn triage(
    library: &Library,
    verify: bool,
    found: Receiver<Candidate>,
    jobs: Sender<Job>,
    outcomes: Sender<Outcome>,
) {
    let desk = Desk { library, verify, jobs, outcomes };
    let mut others = vec![];
    while let Some(page) = next_page(&found) {
        if desk.pass_on(page, &mut others).is_break() {
            return;
        }
    }
    while !others.is_empty() {
        if library.stop.wait_timeout(LOOK_AGAIN) {
            return;
        }
        let mut again = mem::take(&mut others);
        while !again.is_empty() {
            let later = again.split_off(again.len().min(PAGE));
            if desk.pass_on(mem::replace(&mut again, later), &mut others).is_break() {
                return;
            }
        }
    }
}

/// Where files are sorted out.
struct Desk<'a> {
    library: &'a Library<'a>,
    verify: bool,
    jobs: Sender<Job>,
    outcomes: Sender<Outcome>,
}

impl Desk<'_> {
    /// Passes a page of files on, but for those at which others work, which are added to `others`; breaks when nobody takes more.
    fn pass_on(&self, page: Vec<Candidate>, others: &mut Vec<Candidate>) -> ControlFlow<()> {
        if self.library.stop.is_stopped() {
            return ControlFlow::Break(());
        }
        let (unchanged, mut changed) = self.or_end(sort_out(self.library, self.verify, page))?;
        if self.outcomes.send(Outcome::Unchanged(unchanged)).is_err() {
            return ControlFlow::Break(());
        }
        // Only what is worked at soon: the others shall have something to do, too.
        while !changed.is_empty() {
            let later = changed.split_off(changed.len().min(CLAIMED_AT_ONCE));
            let (own, taken) = self.or_end(claimed(self.library, changed))?;
            others.extend(taken);
            if own.into_iter().any(|job| self.jobs.send(job).is_err()) {
                return ControlFlow::Break(());
            }
            changed = later;
        }
        ControlFlow::Continue(())
    }

    fn or_end<T>(&self, answer: Result<T, ProtocolError>) -> ControlFlow<(), T> {
        match answer {
            Ok(answer) => ControlFlow::Continue(answer),
            Err(error) => {
                // The committer ends the run; when it is gone already, there is nobody left to tell.
                let _ = self.outcomes.send(Outcome::Broken(error.into()));
                ControlFlow::Break(())
            }
        }
    }
}

/// The jobs that are this indexer's now, and the files of those that are not.
fn claimed(library: &Library, jobs: Vec<Job>) -> Result<(Vec<Job>, Vec<Candidate>), ProtocolError> {
    let paths: Vec<PhotoPath> = jobs.iter().map(|job| job.file.path.clone()).collect();
    let mine = library.claim(&paths)?;
    let (mut own, mut others) = (vec![], vec![]);
    for (job, is_mine) in jobs.into_iter().zip(mine) {
        if is_mine {
            own.push(job);
        } else {
            others.push(Candidate { file: job.file, companions: job.companions });
        }
    }
    Ok((own, others))
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
