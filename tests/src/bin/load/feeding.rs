//! An indexer beside the questions: batches of photos come, and the oldest of them go.

use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use foray_protocol::{Client, Ingest, Token};

use crate::TOKEN;
use crate::checks::Outcome;
use crate::library::{FED, MadeLibrary};
use crate::questions::Kind;
use crate::tally::Tally;

/// Photos in a batch, and how often one comes: an indexer of a machine that does other things, too.
const BATCH: usize = 10;
const EVERY: Duration = Duration::from_secs(2);
const BATCHES: usize = FED / BATCH;
/// Batches that are there at a time. What is gone comes back later: the library grows no further.
const KEPT: usize = BATCHES / 2;

/// Begins to feed the server at `base`, until `ends`.
pub fn begin(base: &str, library: &Arc<MadeLibrary>, ends: Instant, tally: &Arc<Tally>) -> JoinHandle<()> {
    let token: Token = TOKEN.parse().unwrap();
    let client = Client::new(base, Some(&token));
    let (library, tally) = (Arc::clone(library), Arc::clone(tally));
    thread::spawn(move || {
        let mut due = Instant::now();
        for number in 0.. {
            due += EVERY;
            if due >= ends {
                return;
            }
            let batch = library.batch(changes(&library, number));
            thread::sleep(due.saturating_duration_since(Instant::now()));
            let outcome = match client.commit(&batch) {
                Ok(_) => Outcome::Answered,
                Err(error) => Outcome::Failed(format!("commit: {error}")),
            };
            tally.note(Kind::Commit, due.elapsed(), outcome);
        }
    })
}

fn changes(library: &MadeLibrary, number: usize) -> Vec<foray_protocol::Change> {
    let first = |number: usize| number % BATCHES * BATCH;
    let mut changes = library.fed(first(number), BATCH);
    if let Some(oldest) = number.checked_sub(KEPT) {
        changes.extend(MadeLibrary::gone(first(oldest), BATCH));
    }
    changes
}
