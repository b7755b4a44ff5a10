//! How an indexer goes about its work.

use std::num::NonZero;
use std::thread;
use std::time::Duration;

use foray_embedding::DecodeLimits;
use foray_protocol::{WatchRules, WorkGate};

/// Pictures of 50 megapixels take 150 MB each while they are decoded: more workers would cost more memory than they win.
const MOST_WORKERS: usize = 16;

/// Settings of an [`crate::Indexer`].
#[derive(Clone, Debug)]
pub struct IndexOptions {
    /// Photos embedded together, and committed together; as many as the device's memory takes when not set.
    pub batch: Option<usize>,
    /// Forget photos even where the whole folder is gone or empty, which otherwise is taken for a disk that is away.
    pub prune: bool,
    /// Read every file and compare it with the library, also where size and modification time are as they were; what
    /// could not be indexed before is tried again.
    pub verify: bool,
    /// A watched file is taken up when its size and modification time have stood still for this long.
    pub settle: Duration,
    /// While watching, go through all folders again this often: network shares do not announce others' changes.
    pub rescan: Duration,
    /// Threads that read and decode; each holds one picture in memory.
    pub workers: usize,
    /// Memory for files that were read and pictures that were decoded, bytes. One that is larger than its share is worked on alone.
    pub memory: u64,
    /// A picture that takes longer to decode is given up.
    pub deadline: Duration,
    /// Holds the work up while it is closed.
    pub gate: WorkGate,
    /// What is left out of the folders that are gone over once; those that are watched have their list.
    pub rules: WatchRules,
    /// What is too large to be decoded.
    pub limits: DecodeLimits,
}

impl Default for IndexOptions {
    fn default() -> Self {
        Self {
            batch: None,
            prune: false,
            verify: false,
            settle: Duration::from_millis(500),
            rescan: Duration::from_secs(60 * 60),
            workers: thread::available_parallelism().map_or(1, NonZero::get).min(MOST_WORKERS),
            memory: 1 << 30,
            deadline: Duration::from_secs(120),
            gate: WorkGate::default(),
            rules: WatchRules::default(),
            limits: DecodeLimits::default(),
        }
    }
}
