//! The report: one plain text, to be kept as it is.

use foray_tests::{Latencies, Range, Trend, machine};
use serde_json::Value;

use crate::audience::{Heard, LISTENERS};
use crate::drive::RATE;
use crate::library::{FED, MADE, NEIGHBOURS};
use crate::tally::{Counts, Tally};
use crate::watch::Watch;

/// What memory may grow by while it is watched after the warm-up, as a share of what is held.
const LARGEST_GROWTH: f64 = 0.10;
/// In a shorter time a slope says nothing, seconds.
const SHORTEST_TREND: f64 = 240.0;
const ALL_WELL: &str = "every question was answered, and every answer that was looked into was right";
const LEAST_RECALL: f64 = 0.95;
const SHARES: [f64; 5] = [0.5, 0.9, 0.99, 0.999, 1.0];

/// Prints it; whether the server did all that it should.
pub fn print(watch: &Watch, tally: &Tally, heard: &Heard, backend: &Value) -> bool {
    let counts = tally.counts();
    println!("Load on `foray serve`\n");
    println!("machine     {}, shared by the server and those who ask", machine());
    println!("model       built in, on {} {}", backend["backend"].as_str().unwrap_or_default(), rest(backend));
    println!("library     {MADE} made photos and the bundled ones, all with thumbnails; {FED} more that come and go");
    println!(
        "load        {RATE} questions/s for {:.0} s, open loop, Poisson arrivals; {LISTENERS} listeners to events",
        watch.seconds()
    );
    if let Some(processors) = watch.processors() {
        println!("processor   the server kept {processors:.2} cores busy, on average");
    }
    println!("\nMilliseconds from when a question was due until its answer had come whole:\n");
    table(&counts);
    println!("\n{}", all(&counts).histogram());
    print_answers(&counts, heard);
    let mut troubles = troubles(&counts, heard);
    println!("\nThe server's process after a warm-up of {:.0} s:\n", watch.warm_up().as_secs_f64());
    troubles.extend(print_memory("all resident memory", watch.memory.resident()));
    troubles.extend(print_memory("memory without a file", watch.memory.own()));
    print_range("open files", watch.handles.files);
    print_range("threads", watch.handles.threads);
    counts.told.iter().for_each(|told| println!("  {told}"));
    match (troubles.as_slice(), watch.is_long(SHORTEST_TREND)) {
        ([], true) => println!("\nVerdict: {ALL_WELL}, and memory did not grow."),
        ([], false) => println!("\nVerdict: {ALL_WELL}; of memory so short a run tells nothing."),
        (troubles, _) => println!("\nVerdict: FAILED: {}.", troubles.join("; ")),
    }
    troubles.is_empty()
}

fn rest(backend: &Value) -> String {
    let text = |name: &str| backend[name].as_str().unwrap_or_default().to_owned();
    [text("version"), text("device")].join(" ").trim().to_owned()
}

fn all(counts: &Counts) -> Latencies {
    let mut all = Latencies::default();
    counts.kinds.values().for_each(|of_kind| all.join(&of_kind.latencies));
    all
}

fn table(counts: &Counts) {
    print!("  {:<12} {:>8} {:>7} {:>10}", "", "answers", "failed", "preparing");
    println!(" {:>8} {:>8} {:>8} {:>8} {:>8}", "p50", "p90", "p99", "p99.9", "max");
    for (kind, of_kind) in &counts.kinds {
        line(&format!("{kind:?}").to_lowercase(), &of_kind.latencies, of_kind.failures, of_kind.preparing);
    }
    let preparing = counts.kinds.values().map(|of_kind| of_kind.preparing).sum();
    line("all", &all(counts), counts.failures(), preparing);
}

fn line(name: &str, latencies: &Latencies, failures: usize, preparing: usize) {
    print!("  {name:<12} {:>8} {failures:>7} {preparing:>10}", latencies.count());
    latencies.at(SHARES).iter().for_each(|took| print!(" {took:>8.1}"));
    println!();
}

fn print_answers(counts: &Counts, heard: &Heard) {
    println!("Answers looked into: {}, wrong: {}", counts.checked, counts.mistakes);
    println!(
        "Recall@{NEIGHBOURS} of similar photos: {:.4}, against exact neighbours, {} times",
        counts.recall(),
        counts.recalls.len()
    );
    println!("Events heard by {LISTENERS} listeners: {}, streams broken off: {}", heard.events, heard.broken);
}

fn troubles(counts: &Counts, heard: &Heard) -> Vec<String> {
    let mut troubles = vec![];
    let mut demand = |holds: bool, otherwise: &str| {
        if !holds {
            troubles.push(otherwise.to_owned());
        }
    };
    demand(counts.failures() == 0, "questions failed");
    demand(counts.mistakes == 0, "answers were wrong");
    demand(counts.recalls.is_empty() || counts.recall() >= LEAST_RECALL, "neighbours were missed");
    demand(heard.broken == 0, "streams of events broke off");
    troubles
}

/// Prints how memory went; says so if it grew too much.
fn print_memory(what: &str, trend: Option<Trend>) -> Option<String> {
    let Some(trend) = trend else {
        println!("  {what}: cannot be told on this system");
        return None;
    };
    let Trend { median, maximum, slope, seconds, .. } = trend;
    let share = trend.growth() / median;
    println!(
        "  {what:<22} {median:>6.0} MiB median, {maximum:>6.0} MiB at most, {slope:>+8.1} MiB/h, {:>+6.1} % in {seconds:.0} s",
        100.0 * share
    );
    let grows = seconds >= SHORTEST_TREND && share > LARGEST_GROWTH;
    grows.then(|| format!("{what} grew by {:.0} %", 100.0 * share))
}

fn print_range(what: &str, range: Option<Range>) {
    if let Some(Range { least, most }) = range {
        println!("  {what:<22} {least:>6} to {most}");
    }
}
