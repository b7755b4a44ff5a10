//! Kill -9 at any moment: what was committed is there, and indexing goes on where it was.
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use std::collections::BTreeSet;
use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use foray_tests::{Sandbox, ServerProcess, get, test_data, wait_until};

#[test]
fn nothing_committed_is_lost_when_indexing_is_killed() {
    let Some(data) = test_data("nothing_committed_is_lost_when_indexing_is_killed", "caltech101") else { return };
    let sandbox = Sandbox::new();
    let classes: Vec<_> = fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().path()).collect();
    for class in &classes[..20] {
        let folder = sandbox.photos().join(class.file_name().unwrap());
        fs::create_dir(&folder).unwrap();
        for entry in fs::read_dir(class).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
        }
    }
    let mut committed = BTreeSet::new();
    let mut embedded_before = 0;
    for round in 0..5u64 {
        let mut command = sandbox.command(["index".as_ref(), sandbox.photos().as_os_str()]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(900 + 370 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        let paths: BTreeSet<String> =
            sandbox.run(["search", "a photo", "-n", "1000", "--json"]).paths().into_iter().collect();
        assert!(paths.is_superset(&committed), "photos were lost in round {round}");
        assert!(paths.len() >= embedded_before);
        embedded_before = paths.len();
        committed = paths;
    }
    let summary = sandbox.index();
    let status = sandbox.run(["status", "--json"]).json();
    assert_eq!(
        summary["indexed"].as_u64().unwrap() as usize,
        status["photos"].as_u64().unwrap() as usize - embedded_before
    );
    assert_eq!((&status["files"], &status["failed"]), (&300.into(), &0.into()));
    assert_eq!(status["space"]["vectors"], status["photos"], "nothing stands there twice");
}

#[test]
fn a_killed_server_starts_again_at_once() {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let mut server = ServerProcess::start(&sandbox, ["serve"]);
    let photos = server.photos();
    server.signal("KILL");
    server.wait();
    let begun = Instant::now();
    let server = ServerProcess::start(&sandbox, ["serve"]);
    assert_eq!(server.photos(), photos);
    assert!(begun.elapsed() < Duration::from_secs(10));
    let id = server.api("/search?q=a+cat&limit=1")["results"][0]["id"].as_str().unwrap().to_owned();
    wait_until("thumbnails are there", Duration::from_secs(5), || {
        get(&server.url(&format!("/api/v1/images/{id}/thumbnail"))).status == 200
    });
}
