//! The background build of the search graph: when it is due or has to grow, and the thread that does so and swaps it in.

use std::sync::Arc;
use std::thread::{self, JoinHandle};

use foray_protocol::GraphReport;
use parking_lot::{Mutex, MutexGuard, RwLock};

use crate::engine::graph_build::MAX_DEAD_SHARE;
use crate::space::SpaceIndex;
use crate::{LibraryError, graph_file};

/// Share of a graph's rows that may have come since before they join it.
const MAX_TAIL_SHARE: f64 = 0.05;

/// Builds the graph when it is due, one build at a time.
#[derive(Debug)]
pub(crate) struct GraphBuilder {
    /// From how many rows on a graph answers faster than the exact scan.
    from_rows: usize,
    /// Whether it builds in the background by itself.
    automatic: bool,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl GraphBuilder {
    pub fn new(from_rows: usize, automatic: bool) -> Self {
        Self { from_rows, automatic, thread: Mutex::default() }
    }

    /// Starts a build in the background if one is due and none runs.
    pub fn build_if_due(&self, index: &Arc<RwLock<SpaceIndex>>) {
        // Whoever holds the lock is building, or about to change the rows.
        let Some(mut thread) = self.thread.try_lock().filter(|_| self.automatic) else { return };
        if thread.as_ref().is_some_and(|thread| !thread.is_finished()) || !self.is_due(&index.read()) {
            return;
        }
        let index = Arc::clone(index);
        *thread = Some(thread::spawn(move || {
            if let Err(error) = build(&index) {
                tracing::warn!("{error}; the search graph is kept in memory");
            }
        }));
    }

    /// Builds the graph on this thread unless it holds just the live photos already; `None` where the exact scan serves better.
    pub fn bring_up_to_date(&self, index: &RwLock<SpaceIndex>) -> Result<Option<GraphReport>, LibraryError> {
        let _alone = self.quiet();
        let (live, rebuilt) = {
            let index = index.read();
            (index.vectors.live.len(), Changes::since_graph(&index) != Some(Changes { tail: 0, died: 0 }))
        };
        if live < self.from_rows {
            return Ok(None);
        }
        if rebuilt {
            build(index)?;
        }
        let photos = index.read().vectors.graph.as_ref().map_or(0, |graph| graph.links.live as usize);
        Ok(Some(GraphReport { photos, rebuilt }))
    }

    /// Waits until the running build, if any, is done; no other begins until what is returned is dropped.
    pub fn quiet(&self) -> MutexGuard<'_, Option<JoinHandle<()>>> {
        let mut thread = self.thread.lock();
        if let Some(thread) = thread.take() {
            // A build that panicked has left the old graph, or none, in place: both answer correctly.
            let _ = thread.join();
        }
        thread
    }

    fn is_due(&self, index: &SpaceIndex) -> bool {
        if index.vectors.live.len() < self.from_rows {
            return false;
        }
        let stale = |changes: Changes, graph: f64| {
            changes.tail as f64 > MAX_TAIL_SHARE * graph || changes.died as f64 > MAX_DEAD_SHARE * graph
        };
        let graph = index.vectors.graph.as_ref().map_or(0, |graph| graph.links.live);
        Changes::since_graph(index).is_none_or(|changes| stale(changes, f64::from(graph)))
    }
}

/// What happened to the rows since the graph was built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Changes {
    /// Rows that came, or came back.
    tail: usize,
    /// Rows that are not live any more.
    died: usize,
}

impl Changes {
    fn since_graph(index: &SpaceIndex) -> Option<Self> {
        let links = &index.vectors.graph.as_ref()?.links;
        let tail = index.vectors.outside_graph();
        let died = (links.live as usize + tail).saturating_sub(index.vectors.live.len());
        Some(Self { tail, died })
    }
}

fn build(index: &RwLock<SpaceIndex>) -> Result<(), LibraryError> {
    let snapshot = index.read().snapshot();
    let begun = std::time::Instant::now();
    let links = snapshot.vectors.build_links();
    tracing::info!("built the search graph over {} photos in {:.1} s", links.live, begun.elapsed().as_secs_f64());
    let stored = graph_file::store(&snapshot.graph_file(), &links, &snapshot.ids);
    index.write().vectors.set_links(links);
    stored
}
