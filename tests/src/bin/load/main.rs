//! A library of 100,000 photos under a steady, mixed load: `cargo run --release --workspace --bin load -- SECONDS` (or `FORAY_LOAD_SECONDS`;
//! an hour where nothing is said). Vectors are made, everything else is real. Ends with 1 when a request failed, an answer was
//! wrong, or memory grew.
#![allow(clippy::unwrap_used, reason = "a measurement that cannot be made ends the program")]

mod audience;
mod checks;
mod drive;
mod feeding;
mod library;
mod questions;
mod report;
mod tally;
mod watch;

use std::env;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use foray_tests::{Sandbox, ServerProcess, wait_until};

use crate::audience::Audience;
use crate::library::MadeLibrary;
use crate::questions::Asker;
use crate::tally::Tally;
use crate::watch::Watch;

const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const USUAL_SECONDS: u64 = 3600;
const GRAPH: Duration = Duration::from_secs(900);
/// What is computed of all photos with all is, by then.
const NEIGHBOURS: Duration = Duration::from_secs(1800);

fn main() -> ExitCode {
    let sandbox = Sandbox::with_samples();
    eprintln!("making a library of {} photos", library::MADE);
    let made = Arc::new(MadeLibrary::make(&sandbox));
    let mut command = sandbox.command(["serve", "--bind", "127.0.0.1:0"]);
    command.env("FORAY_TOKEN", TOKEN);
    let server = ServerProcess::start_command(command);
    let asker = Asker::new(server.base(), Arc::clone(&made));
    prepare(&asker);
    eprintln!("asking for {} s", seconds());
    let tally = Arc::new(Tally::default());
    let audience = Audience::of(server.base());
    let mut watch = Watch::of(server.pid(), Duration::from_secs(seconds()));
    let ends = Instant::now() + Duration::from_secs(seconds());
    let feeding = feeding::begin(server.base(), &made, ends, &tally);
    let driving = drive::begin(&asker, ends, &tally);
    while Instant::now() < ends {
        watch.look();
        thread::sleep(Duration::from_millis(200));
    }
    driving.into_iter().chain([feeding]).for_each(|working| working.join().unwrap());
    let backend = asker.status()["backend"].clone();
    let fit = report::print(&watch, &tally, &audience.end(), &backend);
    ExitCode::from(u8::from(!fit))
}

fn seconds() -> u64 {
    let named = env::args().nth(1).or_else(|| env::var("FORAY_LOAD_SECONDS").ok());
    named.map_or(USUAL_SECONDS, |seconds| seconds.parse().expect("a number of seconds"))
}

/// Waits for what a server prepares once, in the background: the graph, and which photos neighbour which.
fn prepare(asker: &Asker) {
    let graph = wait_until("the search graph is built", GRAPH, || asker.status()["search"]["kind"] == "graph");
    let neighbours = wait_until("the neighbours are known", NEIGHBOURS, || asker.get("unusual?limit=20").status == 200);
    eprintln!("the graph took {:.0} s, the neighbours {:.0} s", graph.as_secs_f64(), neighbours.as_secs_f64());
}
