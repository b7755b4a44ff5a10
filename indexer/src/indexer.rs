//! The indexer: a library to fill and a model to fill it with.

use std::path::PathBuf;
use std::sync::Arc;

use foray_embedding::Embedder;
use foray_protocol::{IndexProgress, Ingest, Patience, StopSignal};

use crate::dirty::DirtyPaths;
use crate::library::Library;
use crate::pass::Pass;
use crate::progress::Listener;
use crate::roots::Roots;
use crate::watch::Watch;
use crate::{IndexError, IndexOptions, IndexSummary};

/// Brings a library up to date with folders of photos.
pub struct Indexer {
    library: Arc<dyn Ingest>,
    embedder: Arc<Embedder>,
    pub(crate) options: IndexOptions,
}

impl Indexer {
    /// An indexer that feeds `library` with photos embedded by `embedder`.
    pub fn new(library: Arc<dyn Ingest>, embedder: Arc<Embedder>, options: IndexOptions) -> Self {
        Self { library, embedder, options }
    }

    /// Goes over the folders once. Stopped early, it commits what is embedded and says so in the summary.
    pub fn index(
        &self,
        roots: &[PathBuf],
        stop: &StopSignal,
        on_progress: &(dyn Fn(&IndexProgress) + Sync),
    ) -> Result<IndexSummary, IndexError> {
        let library = self.library(Patience::ONE_RUN, stop);
        let roots = Roots::open(roots, &library)?;
        self.pass(library, &roots, Some(on_progress), None).everything()
    }

    /// Goes over the folders, then follows what happens in them until it is stopped. Only folders that cannot be used
    /// at all are an error: other trouble is logged, and tried again.
    pub fn watch(
        &self,
        roots: &[PathBuf],
        stop: &StopSignal,
        on_progress: &(dyn Fn(&IndexProgress) + Sync),
    ) -> Result<(), IndexError> {
        let library = self.library(Patience::FOR_EVER, stop);
        match Roots::open(roots, &library) {
            Err(_) if stop.is_stopped() => Ok(()),
            roots => {
                Watch::start(self, library, roots?, on_progress)?.run();
                Ok(())
            }
        }
    }

    pub(crate) fn pass<'a>(
        &'a self,
        library: Library<'a>,
        roots: &'a Roots,
        listener: Option<Listener<'a>>,
        dirty: Option<&'a DirtyPaths>,
    ) -> Pass<'a> {
        Pass { library, embedder: &self.embedder, options: &self.options, roots, listener, dirty }
    }

    fn library<'a>(&'a self, patience: Patience, stop: &'a StopSignal) -> Library<'a> {
        Library { ingest: &*self.library, space: self.embedder.space(), patience, stop }
    }
}
