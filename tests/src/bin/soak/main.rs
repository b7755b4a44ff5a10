//! `make soak`: what breaks on real machines is broken here, over the real program. After each fault everything that was committed
//! must be there, answers must be those of an exact reference, and service must come back. Names as arguments run some faults alone.
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the fault that is tried")]

mod clock;
mod damage;
mod disk;
mod engine;
mod hostile;
mod kills;
mod mounted;
mod network;
mod reference;
mod stage;

use std::panic;
use std::process::ExitCode;
use std::time::Instant;

use foray_tests::foray_binary;

/// What a fault left to tell, a line each.
type Told = Vec<String>;

/// A fault that is tried, or why it cannot be tried here.
type Outcome = Result<Told, String>;

/// Its name, what it is in words, and how it is tried.
type Fault = (&'static str, &'static str, fn() -> Outcome);

const FAULTS: [Fault; 11] = [
    ("kills", "kill -9 of servers, indexers and commands", kills::run),
    ("full-disk", "a disk without a free byte", disk::fill_up),
    ("other-writes", "a full disk under everything else that is written", disk::write_elsewhere),
    ("read-only", "a disk that its file system gave up", disk::give_up),
    ("clock", "a clock that jumps", clock::run),
    ("graph", "a torn search graph", damage::tear_graph),
    ("database", "a damaged database", damage::damage_database),
    ("thumbnails", "damaged previews", damage::damage_thumbnails),
    ("hostile", "files that were made to hurt decoders", hostile::run),
    ("network", "a network between indexer and server that is cut, stalls and loses replies", network::run),
    ("engine", "an inference library that cannot be loaded", engine::run),
];

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    foray_binary();
    let begun = Instant::now();
    let faults =
        FAULTS.into_iter().filter(|(name, ..)| wanted.is_empty() || wanted.iter().any(|wanted| wanted == name));
    let failed = faults.map(|(name, what, fault)| attempt(name, what, fault)).filter(|passed| !passed).count();
    println!("{} in {:.0} s", if failed == 0 { "all held" } else { "NOT all held" }, begun.elapsed().as_secs_f64());
    ExitCode::from(u8::from(failed > 0))
}

/// Tries one fault and prints what came of it; tells whether everything held.
fn attempt(name: &str, what: &str, fault: fn() -> Outcome) -> bool {
    let begun = Instant::now();
    let outcome = panic::catch_unwind(fault);
    let verdict = match &outcome {
        Ok(Ok(_)) => "held",
        Ok(Err(_)) => "skipped",
        Err(_) => "FAILED",
    };
    println!("{name}: {what}: {verdict} ({:.0} s)", begun.elapsed().as_secs_f64());
    match &outcome {
        Ok(Ok(told)) => told.iter().for_each(|line| println!("  {line}")),
        Ok(Err(reason)) => println!("  {reason}"),
        Err(_) => {}
    }
    outcome.is_ok()
}
