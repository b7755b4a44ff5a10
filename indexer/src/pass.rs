//! One pass: over all roots, or over the paths that a watcher announced.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use foray_embedding::Embedder;
use foray_protocol::{FileFacts, IndexPhase, PhotoPath};

use crate::committer::Committer;
use crate::dirty::DirtyPaths;
use crate::file::Candidate;
use crate::library::Library;
use crate::listing::Stem;
use crate::pipeline::Pipeline;
use crate::progress::{Listener, Progress};
use crate::roots::Roots;
use crate::scan::{Found, Scan};
use crate::sweep::Sweep;
use crate::{IndexError, IndexOptions, IndexSummary};

/// What a pass works with.
pub(crate) struct Pass<'a> {
    pub library: Library<'a>,
    pub embedder: &'a Arc<Embedder>,
    pub options: &'a IndexOptions,
    pub roots: &'a Roots,
    /// Who hears how far it is; `None` beside a pass that is heard.
    pub listener: Option<Listener<'a>>,
    /// Where files are noted that are still being written; only while watching.
    pub dirty: Option<&'a DirtyPaths>,
}

impl Pass<'_> {
    /// Goes over all roots.
    pub fn everything(&self) -> Result<IndexSummary, IndexError> {
        let roots: Vec<_> = self.roots.iter().map(|root| root.path.clone()).collect();
        self.run(&roots, false)
    }

    /// Goes over files and folders that may have come, changed or gone.
    pub fn paths(&self, mut paths: Vec<PathBuf>) -> Result<IndexSummary, IndexError> {
        paths.sort();
        paths.dedup_by(|path, folder| path.starts_with(folder));
        self.run(&paths, true)
    }

    fn run(&self, paths: &[PathBuf], is_announced: bool) -> Result<IndexSummary, IndexError> {
        let started = Instant::now();
        let progress = Progress::new(self.library.ingest, self.listener, self.options.gate.clone());
        let mut committer = Committer::new(self.library, &progress);
        let mut warnings = vec![];
        let outcome = self.work(paths, is_announced, &progress, &mut committer, &mut warnings);
        progress.finish(if self.dirty.is_some() { IndexPhase::Watching } else { IndexPhase::Idle });
        let stopped = self.library.stop.is_stopped();
        match outcome {
            Err(error) if stopped => warnings.push(error.to_string()),
            outcome => outcome?,
        }
        self.note_unsettled(&committer.unsettled);
        warnings.append(&mut committer.warnings);
        let seconds = started.elapsed().as_secs_f64();
        Ok(IndexSummary { seconds, stopped, warnings, ..committer.tally.summary() })
    }

    /// The removals are committed after what came, and together with it where they fit: a photo that moved is never lost.
    fn work(
        &self,
        paths: &[PathBuf],
        is_announced: bool,
        progress: &Progress,
        committer: &mut Committer,
        warnings: &mut Vec<String>,
    ) -> Result<(), IndexError> {
        let mut scan = Scan::new(self.library.stop);
        let pipeline = Pipeline::new(self.library, self.embedder, self.options, progress, self.dirty.is_some());
        pipeline.run(committer, |found| self.discover(paths, &mut scan, found))?;
        if !self.library.stop.is_stopped() {
            let (library, roots, prune) = (self.library, self.roots, self.options.prune);
            Sweep { library, roots, scan: &scan, committer, prune, is_watched: is_announced, warnings }.run(paths)?;
        }
        warnings.append(&mut scan.warnings);
        if scan.videos > 0 {
            let count =
                if scan.videos == 1 { "1 video was".to_owned() } else { format!("{} videos were", scan.videos) };
            warnings.push(format!("{count} left out: videos are not supported, only photos are"));
        }
        committer.commit()
    }

    fn discover(&self, paths: &[PathBuf], scan: &mut Scan, found: &mut Found) {
        let mut settled = |candidate: Candidate| match self.dirty {
            Some(dirty) if is_fresh(&candidate.file, self.options.settle) => {
                dirty.mark(candidate.file.path.as_path());
                ControlFlow::Continue(())
            }
            _ => found(candidate),
        };
        let (folders, others): (Vec<_>, Vec<_>) = paths.iter().partition(|path| is_folder(path));
        // A break only says that nobody takes more files: there is nothing else to do about it here.
        let _ = folders.iter().try_for_each(|folder| match self.roots.root_of(folder) {
            Some(root) => scan.folder(root, folder, &mut settled),
            None => ControlFlow::Continue(()),
        });
        let _ = self.stems_by_folder(&others).iter().try_for_each(|(folder, stems)| match self.roots.root_of(folder) {
            Some(root) => scan.stems(root, folder, stems, &mut settled),
            None => ControlFlow::Continue(()),
        });
    }

    /// What came, changed or went beside a file may change what becomes of it: a sidecar, the JPEG of a RAW file.
    fn stems_by_folder<'p>(&self, files: &[&'p PathBuf]) -> HashMap<&'p Path, HashSet<Stem>> {
        let mut stems: HashMap<_, HashSet<_>> = HashMap::new();
        for file in files {
            let is_inside = self.roots.root_of(file).is_some_and(|root| root.path != **file);
            if let (true, Some(folder), Some(name)) = (is_inside, file.parent(), file.file_name()) {
                stems.entry(folder).or_default().insert(Stem::of(name));
            }
        }
        stems
    }

    fn note_unsettled(&self, paths: &[PhotoPath]) {
        if let Some(dirty) = self.dirty {
            paths.iter().for_each(|path| dirty.mark(path.as_path()));
        }
    }
}

fn is_folder(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir())
}

/// Whether a file was written so recently that more may come.
fn is_fresh(file: &FileFacts, settle: Duration) -> bool {
    let Ok(since_1970) = u64::try_from(file.modified_ns) else { return false };
    let modified = SystemTime::UNIX_EPOCH + Duration::from_nanos(since_1970);
    // A file from the future is as settled as one can tell: its server's clock is ahead.
    SystemTime::now().duration_since(modified).is_ok_and(|age| age < settle)
}
