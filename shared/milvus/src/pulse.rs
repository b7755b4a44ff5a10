//! What others did to the library: each process that writes counts its changes in a row of its own, and all look at these rows. One
//! that works at files shows besides that it lives.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use foray_library::Document;
use foray_protocol::{IndexProgress, SpaceId};
use parking_lot::Mutex;

use crate::MilvusError;
use crate::documents::Shelves;
use crate::engine::Engine;
use crate::schema::Collections;
use crate::store::{META, PROGRESS, SEARCHED};

const CHANGES: &str = "pulse";
/// The kind of the documents by which processes show that they live, under their names.
pub(crate) const LIFE: &str = "life";
/// How often a process shows that it lives.
const LIFE_EVERY: Duration = Duration::from_secs(5);
/// How often to look.
const LOOK: Duration = Duration::from_secs(1);
const STEP: Duration = Duration::from_millis(50);

/// What is known of the library's changes.
#[derive(Debug)]
pub(crate) struct Pulse {
    state: Arc<State>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct State {
    engine: Arc<Engine>,
    names: Collections,
    /// The row that this process counts in.
    own: Vec<u8>,
    own_changes: AtomicU64,
    /// How often it has shown that it lives; 0 while nobody needs to know.
    signs_of_life: AtomicU64,
    last_sign: Mutex<Option<Instant>>,
    /// How often each process has changed the library, by its name.
    changes: Mutex<BTreeMap<Vec<u8>, Vec<u8>>>,
    space: Mutex<Option<SpaceId>>,
    progress: Mutex<Option<IndexProgress>>,
    is_closing: AtomicBool,
}

impl Pulse {
    /// Looks once, and goes on looking in the background.
    ///
    /// # Errors
    /// Those of Milvus.
    pub fn start(engine: Arc<Engine>, names: Collections, own: &str) -> Result<Self, MilvusError> {
        let state = Arc::new(State {
            engine,
            names,
            own: own.as_bytes().to_vec(),
            own_changes: AtomicU64::new(0),
            signs_of_life: AtomicU64::new(0),
            last_sign: Mutex::default(),
            changes: Mutex::default(),
            space: Mutex::default(),
            progress: Mutex::default(),
            is_closing: AtomicBool::new(false),
        });
        state.look()?;
        let looking = Arc::clone(&state);
        let thread = Some(thread::spawn(move || looking.keep_looking()));
        Ok(Self { state, thread })
    }

    /// A number that changes with every change of the library, by whoever it is.
    pub fn version(&self) -> u64 {
        let mut seen = blake3::Hasher::new();
        for (process, changes) in self.state.changes.lock().iter() {
            seen.update(process).update(changes);
        }
        let mut version = [0; 8];
        version.copy_from_slice(&seen.finalize().as_bytes()[..8]);
        u64::from_le_bytes(version)
    }

    /// The space that is searched.
    pub fn space(&self) -> Option<SpaceId> {
        self.state.space.lock().clone()
    }

    /// The same, as it is now.
    ///
    /// # Errors
    /// Those of Milvus.
    pub fn read_space(&self) -> Result<Option<SpaceId>, MilvusError> {
        let space = self.state.searched()?;
        (*self.state.space.lock()).clone_from(&space);
        Ok(space)
    }

    /// Notes the space that this process has made the one that is searched.
    pub fn set_space(&self, space: &SpaceId) {
        *self.state.space.lock() = Some(space.clone());
    }

    /// The last report of an indexer.
    pub fn progress(&self) -> Option<IndexProgress> {
        self.state.progress.lock().clone()
    }

    /// Tells everybody that this process has changed the library.
    ///
    /// # Errors
    /// Those of Milvus.
    pub fn beat(&self) -> Result<(), MilvusError> {
        let changes = (self.state.own_changes.fetch_add(1, Ordering::Relaxed) + 1).to_be_bytes().to_vec();
        self.state.shelves().put_small(CHANGES, &self.state.own, &changes)?;
        self.state.changes.lock().insert(self.state.own.clone(), changes);
        Ok(())
    }

    /// Shows from now on that this process lives.
    ///
    /// # Errors
    /// Those of Milvus.
    pub fn live(&self) -> Result<(), MilvusError> {
        if self.is_alive() { Ok(()) } else { self.state.show_life() }
    }

    /// Whether this process shows that it lives.
    pub fn is_alive(&self) -> bool {
        self.state.signs_of_life.load(Ordering::Relaxed) > 0
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        self.state.is_closing.store(true, Ordering::Relaxed);
        // Had it panicked, there would only be less to see.
        self.thread.take().into_iter().for_each(|thread| drop(thread.join()));
        // Rows that stay are no harm: one that does not change says nothing.
        if self.state.own_changes.load(Ordering::Relaxed) > 0 {
            let _ = self.state.shelves().remove(CHANGES, &self.state.own);
        }
        if self.state.signs_of_life.load(Ordering::Relaxed) > 0 {
            let _ = self.state.shelves().remove(LIFE, &self.state.own);
        }
    }
}

impl State {
    fn shelves(&self) -> Shelves<'_> {
        Shelves { engine: &self.engine, collection: &self.names.documents }
    }

    fn searched(&self) -> Result<Option<SpaceId>, MilvusError> {
        Ok(self.shelves().get(META, SEARCHED)?.map(|name| space_named(&name)))
    }

    fn look(&self) -> Result<(), MilvusError> {
        let by_key = |document: Document| (document.key, document.value);
        let changes = self.shelves().all(CHANGES)?.into_iter().map(by_key).collect();
        let meta: BTreeMap<Vec<u8>, Vec<u8>> = self.shelves().all(META)?.into_iter().map(by_key).collect();
        *self.space.lock() = meta.get(SEARCHED).map(|name| space_named(name));
        *self.progress.lock() = meta.get(PROGRESS).and_then(|bytes| rmp_serde::from_slice(bytes).ok());
        *self.changes.lock() = changes;
        Ok(())
    }

    fn show_life(&self) -> Result<(), MilvusError> {
        let sign = self.signs_of_life.fetch_add(1, Ordering::Relaxed) + 1;
        *self.last_sign.lock() = Some(Instant::now());
        self.shelves().put_small(LIFE, &self.own, &sign.to_be_bytes())
    }

    fn show_life_when_due(&self) -> Result<(), MilvusError> {
        let is_due = self.last_sign.lock().is_some_and(|last| last.elapsed() >= LIFE_EVERY);
        if is_due { self.show_life() } else { Ok(()) }
    }

    fn keep_looking(&self) {
        let mut is_down = false;
        loop {
            let mut slept = Duration::ZERO;
            while slept < LOOK {
                if self.is_closing.load(Ordering::Relaxed) {
                    return;
                }
                thread::sleep(STEP);
                slept += STEP;
            }
            match self.show_life_when_due().and_then(|()| self.look()) {
                Ok(()) if is_down => {
                    tracing::info!("Milvus answers again");
                    is_down = false;
                }
                Err(error) if !is_down => {
                    tracing::warn!("{error}; looking again each second");
                    is_down = true;
                }
                _ => {}
            }
        }
    }
}

/// The space of a name in a document.
pub(crate) fn space_named(name: &[u8]) -> SpaceId {
    SpaceId::from(String::from_utf8_lossy(name).into_owned())
}
