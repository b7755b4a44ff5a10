//! What the end-to-end tests share: the real binary, throwaway folders, running servers, photographs.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a failed unwrap fails the test that called")]

pub mod bench;
mod binary;
mod contents;
mod disk;
pub mod embeddings;
mod folders;
mod http;
mod hub;
mod latencies;
pub mod made_photos;
mod mcp;
mod memory;
pub mod photo_embeddings;
mod photos;
pub mod phrases;
mod process;
mod random;
mod raw;
mod requests;
mod sandbox;
mod server;
pub mod terminal;
pub mod versions;
mod wire;
mod workload;

pub use binary::foray_binary;
pub use contents::Contents;
pub use disk::Disk;
pub use folders::{copy_folder, files_below};
pub use http::{Reply, get, get_with, post_bytes, post_bytes_as, post_json, post_with, send_as};
pub use hub::{Asked, COMMIT, FakeHub, Manners};
pub use latencies::Latencies;
pub use mcp::McpClient;
pub use memory::{MemoryWatch, Trend};
pub use photos::{samples, some_photos, test_data};
pub use process::{HandleWatch, Range, machine, peak_kilobytes, processor_seconds};
pub use random::Random;
pub use raw::write_raw;
pub use requests::Requests;
pub use sandbox::{Run, Sandbox};
pub use server::ServerProcess;
pub use wire::Wire;
pub use workload::Workload;

use std::time::{Duration, Instant};

/// Waits until `condition` holds, looking often; panics with `what` after `limit`. Returns how long it took.
pub fn wait_until(what: &str, limit: Duration, mut condition: impl FnMut() -> bool) -> Duration {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < limit, "waited {limit:?} in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
    begun.elapsed()
}
