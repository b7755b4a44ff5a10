//! What the benches share: rows of ours beside the peer's, printed and written to `target/bench/NAME.json`; a Python peer.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use serde_json::{Value, json};

/// Turns that count.
const TURNS: usize = 7;

/// One thing that was measured on both sides in the same run.
#[derive(Clone, Debug)]
pub struct Row {
    /// What was measured.
    pub name: String,
    /// Our figure.
    pub ours: f64,
    /// The peer's.
    pub peer: f64,
    /// Of both.
    pub unit: &'static str,
    /// How much better ours is: above 1 is better than the peer.
    pub ratio: f64,
    /// The ratio that is aimed at.
    pub goal: f64,
}

impl Row {
    /// A row of which more is better.
    pub fn rate(name: &str, ours: f64, peer: f64, unit: &'static str, goal: f64) -> Self {
        Self { name: name.to_owned(), ours, peer, unit, ratio: ours / peer, goal }
    }

    /// A row of which less is better.
    pub fn cost(name: &str, ours: f64, peer: f64, unit: &'static str, goal: f64) -> Self {
        Self { name: name.to_owned(), ours, peer, unit, ratio: peer / ours, goal }
    }
}

/// Prints `rows` and writes them to `target/bench/NAME.json`.
pub fn report(name: &str, rows: &[Row]) {
    println!("{name:<32} {:>10} {:>10} {:<9} {:>6} {:>6}", "ours", "peer", "", "ratio", "goal");
    for Row { name, ours, peer, unit, ratio, goal } in rows {
        println!("  {name:<30} {ours:>10.2} {peer:>10.2} {unit:<9} {ratio:>6.2} {goal:>6.2}");
    }
    let rows: Vec<Value> = rows
        .iter()
        .map(|Row { name, ours, peer, unit, ratio, goal }| {
            json!({ "name": name, "ours": ours, "peer": peer, "unit": unit, "ratio": ratio, "goal": goal })
        })
        .collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/bench");
    fs::create_dir_all(&folder).unwrap();
    let report = json!({ "rows": rows });
    fs::write(folder.join(format!("{name}.json")), serde_json::to_string_pretty(&report).unwrap()).unwrap();
}

/// The median seconds of ours and of the peer's, measured turn by turn after one turn that does not count: whatever else the
/// machine does then falls on both.
pub fn in_turns(mut ours: impl FnMut(), mut peer: impl FnMut() -> f64) -> (f64, f64) {
    let (mut our_turns, mut peer_turns) = (vec![], vec![]);
    for turn in 0..=TURNS {
        let begun = Instant::now();
        ours();
        let seconds = begun.elapsed().as_secs_f64();
        let peer_seconds = peer();
        if turn > 0 {
            our_turns.push(seconds);
            peer_turns.push(peer_seconds);
        }
    }
    (median(our_turns), median(peer_turns))
}

/// The middle one of `figures`, which are not none.
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// A Python program that answers each line with a number of seconds.
pub struct PythonPeer {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl PythonPeer {
    /// Starts `tests/benches/SCRIPT` with the Python that `make bench` set up.
    pub fn start(script: &str, arguments: &[String]) -> Self {
        let python = std::env::var("FORAY_BENCH_PYTHON").expect("`make bench` names the Python of the peers");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches").join(script);
        let mut command = Command::new(python);
        // On some machines these are set to a slow, portable kernel for old builds of OpenBLAS.
        command.env_remove("OPENBLAS_CORETYPE").env_remove("OPENBLAS_L2_SIZE");
        command.arg(script).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let requests = child.stdin.take().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        Self { child, requests, answers }
    }

    /// The seconds that the peer took for `request`.
    pub fn ask(&mut self, request: &str) -> f64 {
        self.ask_json(request).as_f64().expect("a number of seconds")
    }

    /// The peer's answer to `request`.
    pub fn ask_json(&mut self, request: &str) -> Value {
        writeln!(self.requests, "{request}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap_or_else(|_| panic!("the peer failed at {request}: {answer:?}"))
    }
}

impl Drop for PythonPeer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
