//! The background build of the search graph: when it is due, and the thread that makes it and swaps it in.

use std::sync::Arc;
use std::thread::{self, JoinHandle};

use foray_protocol::SpaceId;
use parking_lot::{Mutex, RwLock};
use sled::Db;

use crate::space::SpaceIndex;
use crate::{LibraryError, graph_snapshot};

/// Share of a graph's rows that may have come since, or died, before it is built anew.
const STALE_SHARE: f64 = 0.2;

/// Builds the graph when it is due, one build at a time.
#[derive(Debug)]
pub(crate) struct GraphBuilder {
    /// From how many rows on a graph answers faster than the exact scan.
    pub from_rows: usize,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl GraphBuilder {
    pub fn new(from_rows: usize) -> Self {
        Self { from_rows, thread: Mutex::default() }
    }

    /// Starts a build in the background if one is due and none runs.
    pub fn build_if_due(&self, db: &Db, space: &SpaceId, index: &Arc<RwLock<SpaceIndex>>) {
        let mut thread = self.thread.lock();
        if thread.as_ref().is_some_and(|thread| !thread.is_finished()) || !self.is_due(&index.read()) {
            return;
        }
        let (db, space, index) = (db.clone(), space.clone(), Arc::clone(index));
        *thread = Some(thread::spawn(move || {
            if let Err(error) = build(&db, &space, &index) {
                tracing::warn!("the search graph could not be stored: {error}; searches go on without it");
            }
        }));
    }

    fn is_due(&self, index: &SpaceIndex) -> bool {
        let live = index.vectors.live.len();
        if live < self.from_rows {
            return false;
        }
        let Some(graph) = &index.vectors.graph else { return true };
        let tail = index.vectors.len().saturating_sub(graph.links.rows as usize);
        let died = (graph.links.live as usize + tail).saturating_sub(live);
        (tail + died) as f64 > STALE_SHARE * f64::from(graph.links.live)
    }

    /// Waits until the running build, if any, is done.
    pub fn wait(&self) {
        if let Some(thread) = self.thread.lock().take() {
            // A build that panicked has left the old graph, or none, in place: both answer correctly.
            let _ = thread.join();
        }
    }
}

fn build(db: &Db, space: &SpaceId, index: &RwLock<SpaceIndex>) -> Result<(), LibraryError> {
    let snapshot = index.read().vectors.clone();
    let begun = std::time::Instant::now();
    let links = snapshot.build_links();
    tracing::info!("built the search graph over {} photos in {:.1} s", links.live, begun.elapsed().as_secs_f64());
    graph_snapshot::store(db, space, &links)?;
    index.write().vectors.set_links(links);
    Ok(())
}
