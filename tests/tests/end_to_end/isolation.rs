//! `--isolate`: pictures decoded by processes that can reach nothing.
#![cfg(target_os = "linux")]

use std::fs;
use std::process::Command;

use foray_tests::{Contents, Sandbox, ServerProcess, post_bytes};

/// The processes that decode for process `parent`.
fn workers(parent: u32) -> Vec<String> {
    let found = Command::new("pgrep").args(["--parent", &parent.to_string()]).output().unwrap();
    String::from_utf8(found.stdout).unwrap().lines().map(ToOwned::to_owned).collect()
}

/// Sends a photo as a query; tells the status.
fn search_by_photo(sandbox: &Sandbox, server: &ServerProcess) -> u16 {
    let photo = fs::read(&sandbox.photo_files()[0]).unwrap();
    post_bytes(&server.url("/api/v1/search/image"), "image/jpeg", &photo).status
}

#[test]
fn photos_are_indexed_alike_by_isolated_processes() {
    let sandbox = Sandbox::with_samples();
    fs::write(sandbox.photos().join("broken.jpg"), "no picture").unwrap();
    let whole = fs::read(&sandbox.photo_files()[1]).unwrap();
    fs::write(sandbox.photos().join("cut.jpg"), &whole[..300]).unwrap();
    sandbox.index();
    let (photos, other) = (sandbox.photos(), sandbox.path().join("isolated"));
    let run = sandbox.run([
        "index".as_ref(),
        "--isolate".as_ref(),
        photos.as_os_str(),
        "--library".as_ref(),
        other.as_os_str(),
    ]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let (here, isolated) = (Contents::of(&sandbox, &sandbox.library()), Contents::of(&sandbox, &other));
    assert_eq!(here.failures, isolated.failures);
    assert_eq!(here.photos.keys().collect::<Vec<_>>(), isolated.photos.keys().collect::<Vec<_>>());
    for (id, (_, vector)) in &here.photos {
        let cosine: f32 = vector.iter().zip(&isolated.photos[id].1).map(|(a, b)| a * b).sum();
        assert!(cosine > 0.9999, "photo {id}: {cosine}");
    }
}

#[test]
fn what_decodes_is_confined_and_replaced_when_it_dies() {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    fs::write(sandbox.path().join("config.toml"), "isolate = true\n").unwrap();
    let server = ServerProcess::start(&sandbox, ["serve", "--config", "config.toml"]);
    for _ in 0..3 {
        assert_eq!(search_by_photo(&sandbox, &server), 200);
        let workers = workers(server.pid());
        assert_eq!(workers.len(), 1, "one picture at a time needs one process");
        let status = fs::read_to_string(format!("/proc/{}/status", workers[0])).unwrap();
        // 2: system calls are filtered.
        assert!(status.contains("Seccomp:\t2") && status.contains("NoNewPrivs:\t1"), "{status}");
        let stat = fs::read_to_string(format!("/proc/{}/stat", workers[0])).unwrap();
        // The 5th field; the second is a name in brackets.
        let group = stat.rsplit_once(") ").unwrap().1.split(' ').nth(2).unwrap();
        assert_eq!(group, workers[0], "Ctrl-C in its parent's terminal would be the end of it");
        let environment = fs::read(format!("/proc/{}/environ", workers[0])).unwrap();
        assert!(!String::from_utf8_lossy(&environment).contains("FORAY"), "it would know the secrets of its parent");
        assert!(Command::new("kill").args(["-KILL", &workers[0]]).status().unwrap().success());
    }
    assert_eq!(search_by_photo(&sandbox, &server), 200);
}
