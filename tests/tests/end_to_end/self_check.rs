//! `foray self-check` says whether an installation works, and touches nothing of its owner's.

use std::fs;
use std::process::Stdio;

use foray_tests::Sandbox;

#[test]
fn a_whole_installation_passes_and_leaves_nothing_behind() {
    let sandbox = Sandbox::new();
    let temporary = sandbox.path().join("tmp");
    fs::create_dir(&temporary).unwrap();
    let run = sandbox.command(["self-check"]).env("TMPDIR", &temporary).output().unwrap();
    let out = String::from_utf8_lossy(&run.stdout).into_owned();
    assert!(run.status.success(), "{out}");
    for step in ["model", "library", "index", "search", "scores", "backup"] {
        assert!(out.contains(&format!("ok   {step}: ")), "{out}");
    }
    assert!(!sandbox.library().exists());
    let left = fs::read_dir(&temporary).unwrap().map(|entry| entry.unwrap().file_name());
    // ONNX Runtime has an empty file of its own there.
    assert_eq!(left.filter(|name| name != ".ses").count(), 0);
}

#[test]
fn what_does_not_work_is_told() {
    let sandbox = Sandbox::new();
    let run = sandbox.run(["self-check", "--model", "/no/such/model", "--json"]);
    run.fails_saying(&["does not work here", "foray doctor"]);
    let steps: serde_json::Value = serde_json::from_slice(&run.out).unwrap();
    assert_eq!(
        (steps[0]["step"].as_str(), steps[0]["ok"].as_bool(), steps[1].is_null()),
        (Some("model"), Some(false), true)
    );
    assert!(steps[0]["found"].as_str().unwrap().contains("/no/such/model"), "{steps}");
    // A disk without room, or without the right to write, is told by its place.
    let run = sandbox.command(["self-check"]).env("TMPDIR", "/no/such/folder").output().unwrap();
    assert!(!run.status.success());
}

#[test]
fn a_reader_that_goes_away_is_no_trouble() {
    let sandbox = Sandbox::new();
    for command in [&["self-check"][..], &["completions", "bash"], &["man"]] {
        let mut child = sandbox.command(command).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let run = child.wait_with_output().unwrap();
        let err = String::from_utf8_lossy(&run.stderr);
        assert!(run.status.success() && !err.contains("panicked"), "{command:?}: {err}");
    }
}
