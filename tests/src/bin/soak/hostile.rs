//! Files that were made to hurt decoders: through indexing, uploads and ranking, with decoders in Foray's process and isolated.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use foray_tests::{Sandbox, ServerProcess, files_below, peak_kilobytes, post_bytes, test_data};
use serde_json::Value;

use crate::Outcome;
use crate::stage::{log, said};

const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// Several times what indexing ordinary photos takes.
const MOST_MEMORY: f64 = 2048.0;
/// No file may keep a server longer.
const LONGEST: Duration = Duration::from_secs(20);

pub fn run() -> Outcome {
    let folder = test_data("hostile files", "nasty").ok_or("needs ../shared/data/nasty")?;
    let mut told = vec![];
    for isolation in [&[][..], &["--isolate"]] {
        let sandbox = Sandbox::new();
        let how = if isolation.is_empty() { "in Foray's process" } else { "isolated" };
        for line in [
            index(&sandbox, &folder, isolation),
            upload(&sandbox, &folder, isolation),
            rank(&sandbox, &folder, isolation),
        ] {
            told.push(format!("{how}: {line}"));
        }
        assert_eq!(said(&sandbox, "panicked"), 0, "a panic was not caught, or told of");
    }
    Ok(told)
}

/// The most memory that a process had, MiB; that of its children is not in it.
fn peak(pid: u32) -> f64 {
    peak_kilobytes(pid).unwrap_or_default() / 1024.0
}

/// Waits for the end of a process; tells the most memory that it had.
fn watched(mut child: Child) -> (Option<i32>, f64) {
    let mut most = 0.0f64;
    loop {
        most = most.max(peak(child.id()));
        if let Some(status) = child.try_wait().unwrap() {
            assert!(most < MOST_MEMORY, "{most} MiB");
            return (status.code(), most);
        }
        std::thread::sleep(LOOK_AGAIN);
    }
}

fn index(sandbox: &Sandbox, folder: &Path, isolation: &[&str]) -> String {
    let mut command = sandbox.command(["index", "--json"]);
    command.args(isolation).arg(folder).stdout(Stdio::piped()).stderr(log(sandbox));
    let mut child = command.spawn().unwrap();
    let out = child.stdout.take().unwrap();
    let (code, memory) = watched(child);
    assert_eq!(code, Some(0));
    let summary: Value = serde_json::from_reader(out).unwrap();
    let (indexed, failed) = (&summary["indexed"], &summary["failed"]);
    format!(
        "index: {indexed} photos, {failed} files told why not, {:.1} s, {memory:.0} MiB",
        summary["seconds"].as_f64().unwrap()
    )
}

fn upload(sandbox: &Sandbox, folder: &Path, isolation: &[&str]) -> String {
    let mut command = sandbox.command(["serve", "--bind", "127.0.0.1:0", "--quiet"]);
    command.args(isolation).stderr(log(sandbox));
    let server = ServerProcess::start_command(command);
    let (mut answers, mut slowest) = (BTreeMap::<u16, usize>::new(), Duration::ZERO);
    for file in files_below(folder) {
        let begun = Instant::now();
        let reply =
            post_bytes(&server.url("/api/v1/search/image"), "application/octet-stream", &fs::read(&file).unwrap());
        assert!([200, 413, 415, 422].contains(&reply.status), "{}: {reply:?}", file.display());
        *answers.entry(reply.status).or_default() += 1;
        slowest = slowest.max(begun.elapsed());
    }
    let memory = peak(server.pid());
    assert!(slowest < LONGEST && memory < MOST_MEMORY, "{slowest:?}, {memory} MiB");
    let answers: Vec<String> = answers.iter().map(|(status, count)| format!("{status} x {count}")).collect();
    format!("upload: {}, {:.1} s the slowest, {memory:.0} MiB", answers.join(", "), slowest.as_secs_f64())
}

fn rank(sandbox: &Sandbox, folder: &Path, isolation: &[&str]) -> String {
    let begun = Instant::now();
    let mut command = sandbox.command(["rank", "a photo"]);
    command.args(isolation).args(files_below(folder)).stdout(Stdio::piped()).stderr(log(sandbox));
    let mut child = command.spawn().unwrap();
    let out = child.stdout.take().unwrap();
    let reading = std::thread::spawn(move || std::io::read_to_string(out).unwrap().lines().count());
    let (code, memory) = watched(child);
    // 1: some were left out, and it says which.
    assert_eq!(code, Some(1));
    let (ranked, seconds) = (reading.join().unwrap(), begun.elapsed().as_secs_f64());
    format!("rank: {ranked} of {} files, {seconds:.1} s, {memory:.0} MiB", files_below(folder).len())
}
