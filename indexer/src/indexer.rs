//! The indexer: a library to fill and a model to fill it with.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use foray_embedding::{CurrentEmbedder, Embedder};
use foray_protocol::{IndexProgress, Ingest, Patience, StopSignal, WatchList, Watched};

use crate::dirty::DirtyPaths;
use crate::library::Library;
use crate::pass::Pass;
use crate::progress::Listener;
use crate::roots::Roots;
use crate::watch::Watch;
use crate::{IndexError, IndexOptions, IndexSummary};

/// How often to look for folders while there are none.
const LOOK: Duration = Duration::from_millis(200);

/// Brings a library up to date with folders of photos.
pub struct Indexer {
    library: Arc<dyn Ingest>,
    pub(crate) embedder: CurrentEmbedder,
    pub(crate) options: IndexOptions,
}

impl Indexer {
    /// An indexer that feeds `library` with photos embedded by `embedder`.
    pub fn new(library: Arc<dyn Ingest>, embedder: impl Into<CurrentEmbedder>, options: IndexOptions) -> Self {
        Self { library, embedder: embedder.into(), options }
    }

    /// Goes over the folders once. Stopped early, it commits what is embedded and says so in the summary.
    pub fn index(
        &self,
        roots: &[PathBuf],
        stop: &StopSignal,
        on_progress: &(dyn Fn(&IndexProgress) + Sync),
    ) -> Result<IndexSummary, IndexError> {
        let embedder = self.embedder.get();
        let library = self.library(&embedder, Patience::ONE_RUN, stop);
        let roots = Roots::open(roots, &self.options.rules, &library)?;
        self.pass(library, &embedder, &roots, Some(on_progress), None).everything()
    }

    /// Goes over the folders of the list, then follows what happens in them until it is stopped. Only folders that cannot be used
    /// at all are an error: other trouble is logged, and tried again.
    pub fn watch(
        &self,
        list: &WatchList,
        stop: &StopSignal,
        on_progress: &(dyn Fn(&IndexProgress) + Sync),
    ) -> Result<(), IndexError> {
        // Each turn is for one embedder and one version of the list: when another takes its place, all folders are gone over anew.
        while !stop.is_stopped() {
            let embedder = self.embedder.get();
            let library = self.library(&embedder, Patience::FOR_EVER, stop);
            let (version, Watched { roots, rules }) = list.watched.present();
            if roots.is_empty() {
                // A library that is set up on the page gets its folders there.
                while !list.watched.has_changed(version) && !stop.wait_timeout(LOOK) {}
                continue;
            }
            match Roots::open(&roots, &rules, &library) {
                Err(_) if stop.is_stopped() => {}
                roots => {
                    Watch::start(self, &embedder, library, roots?, on_progress)?.run(list, version);
                }
            }
        }
        Ok(())
    }

    pub(crate) fn ingest(&self) -> &dyn Ingest {
        &*self.library
    }

    pub(crate) fn pass<'a>(
        &'a self,
        library: Library<'a>,
        embedder: &'a Arc<Embedder>,
        roots: &'a Roots,
        listener: Option<Listener<'a>>,
        dirty: Option<&'a DirtyPaths>,
    ) -> Pass<'a> {
        Pass { library, embedder, options: &self.options, roots, listener, dirty }
    }

    fn library<'a>(&'a self, embedder: &'a Embedder, patience: Patience, stop: &'a StopSignal) -> Library<'a> {
        Library { ingest: self.ingest(), space: embedder.space(), patience, stop }
    }
}
