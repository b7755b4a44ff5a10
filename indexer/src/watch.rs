//! Following what happens in the folders.
//!
//! Passes over all roots run beside the short ones over paths that were announced, so that a new photo need not wait
//! until a large library has been gone through.

use std::panic::resume_unwind;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

use foray_embedding::Embedder;
use foray_protocol::{IndexPhase, WatchList};

use crate::dirty::DirtyPaths;
use crate::library::Library;
use crate::progress::{Listener, Progress};
use crate::roots::Roots;
use crate::watcher::Watcher;
use crate::{IndexError, IndexSummary, Indexer};

const TICK: Duration = Duration::from_millis(100);
/// How often to look whether a disk was connected: mounting one over a watched folder announces nothing.
const ROOTS_CHECK: Duration = Duration::from_secs(5);
/// How often to go over folders of other machines, which do not announce what others change there.
const NETWORK_RESCAN: Duration = Duration::from_secs(5 * 60);
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// A watch over roots.
pub(crate) struct Watch<'a> {
    indexer: &'a Indexer,
    embedder: &'a Arc<Embedder>,
    library: Library<'a>,
    roots: Roots,
    listener: Listener<'a>,
    dirty: Arc<DirtyPaths>,
    watcher: Watcher,
    checked_at: Instant,
    scanned_at: Instant,
    rescan: Duration,
    /// Paths dealt with beside a pass over everything, which may have seen them before and commit that afterwards.
    overtaken: Vec<PathBuf>,
    /// What was last told: whether work goes on.
    told_open: bool,
    /// After trouble: when to go on, and how long to leave off if it lasts.
    resume_at: Instant,
    pause: Duration,
}

/// A pass over all roots in its own thread.
type FullPass<'scope> = ScopedJoinHandle<'scope, Result<IndexSummary, IndexError>>;

impl<'a> Watch<'a> {
    /// Begins to note what happens, so that nothing is missed while the first pass runs.
    pub fn start(
        indexer: &'a Indexer,
        embedder: &'a Arc<Embedder>,
        library: Library<'a>,
        roots: Roots,
        listener: Listener<'a>,
    ) -> Result<Self, IndexError> {
        let dirty = Arc::new(DirtyPaths::new(indexer.options.settle));
        dirty.mark_everything();
        let watcher = Watcher::start(&roots, &dirty)?;
        let (now, rescan) = (Instant::now(), rescan(&roots, indexer.options.rescan));
        Ok(Self {
            rescan,
            indexer,
            embedder,
            library,
            roots,
            listener,
            dirty,
            watcher,
            checked_at: now,
            scanned_at: now,
            overtaken: vec![],
            told_open: true,
            resume_at: now,
            pause: FIRST_PAUSE,
        })
    }

    /// Works until it is stopped, another embedder takes over, or other folders do than those of this `version` of `list`.
    pub fn run(&mut self, list: &WatchList, version: u64) {
        thread::scope(|scope| {
            let mut running = None;
            loop {
                self.tell_of_gate(running.is_some());
                running = self.continue_full_pass(scope, running);
                list.take_again().iter().for_each(|path| self.dirty.mark(path));
                self.work_on_dirty_paths(running.is_some());
                let is_replaced = self.is_outdated() || list.watched.has_changed(version);
                if self.library.stop.wait_timeout(TICK) || is_replaced {
                    return;
                }
                self.look_after();
            }
        });
        self.report(IndexPhase::Idle);
    }

    fn report(&self, phase: IndexPhase) {
        let gate = self.indexer.options.gate.clone();
        Progress::new(self.library.ingest, Some(self.listener), gate).finish(phase);
    }

    /// Takes the result of a pass over everything that has ended, and starts one where it is needed.
    fn continue_full_pass<'scope>(
        &mut self,
        scope: &'scope Scope<'scope, '_>,
        running: Option<FullPass<'scope>>,
    ) -> Option<FullPass<'scope>>
    where
        'a: 'scope,
    {
        match running {
            Some(pass) if pass.is_finished() => {
                let outcome = pass.join().unwrap_or_else(|panic| resume_unwind(panic));
                self.end_full_pass(outcome);
                None
            }
            None if !self.is_resting() && self.dirty.take_everything() => {
                let (indexer, embedder, library) = (self.indexer, self.embedder, self.library);
                let listener = Some(self.listener);
                let (roots, dirty) = (self.roots.clone(), self.dirty.clone());
                Some(scope.spawn(move || indexer.pass(library, embedder, &roots, listener, Some(&dirty)).everything()))
            }
            running => running,
        }
    }

    fn end_full_pass(&mut self, outcome: Result<IndexSummary, IndexError>) {
        self.scanned_at = Instant::now();
        self.overtaken.drain(..).for_each(|path| self.dirty.mark(&path));
        if !self.conclude(outcome) {
            self.dirty.mark_everything();
        }
    }

    fn work_on_dirty_paths(&mut self, beside_full_pass: bool) {
        if self.is_resting() {
            return;
        }
        let paths = self.dirty.take_settled();
        if paths.is_empty() {
            return;
        }
        let listener = (!beside_full_pass).then_some(self.listener);
        let pass = self.indexer.pass(self.library, self.embedder, &self.roots, listener, Some(&self.dirty));
        let outcome = pass.paths(paths.clone());
        if !self.conclude(outcome) {
            paths.iter().for_each(|path| self.dirty.mark(path));
        } else if beside_full_pass {
            self.overtaken.extend(paths);
        }
    }

    /// Logs how a pass went; after an error, leaves off for a while. Tells whether it went well.
    fn conclude(&mut self, outcome: Result<IndexSummary, IndexError>) -> bool {
        match outcome {
            Ok(summary) => {
                self.pause = FIRST_PAUSE;
                log(&summary);
                true
            }
            Err(error) => {
                tracing::error!("{error}; trying again in {} s", self.pause.as_secs());
                self.resume_at = Instant::now() + self.pause;
                self.pause = (self.pause * 2).min(LONGEST_PAUSE);
                false
            }
        }
    }

    fn is_outdated(&self) -> bool {
        !Arc::ptr_eq(self.embedder, &self.indexer.embedder.get())
    }

    /// After trouble, or while the gate is closed.
    fn is_resting(&self) -> bool {
        Instant::now() < self.resume_at || !self.is_open()
    }

    fn is_open(&self) -> bool {
        self.indexer.options.gate.state().is_open
    }

    /// Tells that work goes on or does not, once that has changed; a pass over everything tells it itself.
    fn tell_of_gate(&mut self, beside_full_pass: bool) {
        let is_open = self.is_open();
        if is_open != self.told_open && !beside_full_pass {
            self.told_open = is_open;
            self.report(IndexPhase::Watching);
        }
    }

    /// Sees to it that changes keep being announced.
    fn look_after(&mut self) {
        if self.watcher.is_exhausted() {
            self.replace_watcher(Watcher::poll(&self.roots, &self.dirty));
        }
        if self.watcher.has_lost_root() {
            self.roots.forget();
        }
        if self.checked_at.elapsed() >= ROOTS_CHECK {
            self.checked_at = Instant::now();
            if self.roots.are_replaced() {
                self.replace_watcher(Watcher::start(&self.roots, &self.dirty));
            }
        }
        if self.scanned_at.elapsed() >= self.rescan {
            self.scanned_at = Instant::now();
            self.dirty.mark_everything();
        }
    }

    /// What happened before the new watcher was there is found by a pass over everything.
    fn replace_watcher(&mut self, watcher: Result<Watcher, IndexError>) {
        match watcher {
            Ok(watcher) => self.watcher = watcher,
            Err(error) => {
                tracing::error!("{error}");
                self.roots.forget();
            }
        }
        self.dirty.mark_everything();
    }
}

/// How often all folders are gone over, which is more often where one is on another machine.
fn rescan(roots: &Roots, usual: Duration) -> Duration {
    let Some(root) = roots.iter().find(|root| root.is_on_network()) else { return usual };
    tracing::info!(
        "{} is on a network file system, which does not announce what others change there: looking at it every {} min",
        root.path.display(),
        NETWORK_RESCAN.as_secs() / 60
    );
    usual.min(NETWORK_RESCAN)
}

fn log(summary: &IndexSummary) {
    summary.warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
    let IndexSummary { indexed, moved, copied, removed, failed, .. } = summary;
    if [indexed, moved, copied, removed, failed].iter().any(|count| **count > 0) {
        tracing::info!("{indexed} indexed, {moved} moved, {copied} copied, {removed} removed, {failed} failed");
    }
}
