//! `foray reindex`: everything up to date after one command, what it reports, and what cron can tell from its exit code.

use std::fs::{self, File};
use std::path::Path;

use foray_tests::{Run, Sandbox, ServerProcess};
use serde_json::Value;

fn reindex(sandbox: &Sandbox, options: &[&str]) -> (Option<i32>, Value, String) {
    let Run { code, out, err } = sandbox.run([&["reindex", "--json"], options].concat());
    (code, serde_json::from_slice(&out).unwrap_or_else(|error| panic!("{error}: {err}")), err)
}

#[track_caller]
fn assert_counts(report: &Value, counts: &[(&str, usize)]) {
    for (field, expected) in counts {
        assert_eq!(report["index"][field], *expected, "{field} in {report}");
    }
}

#[test]
fn one_command_finds_what_came_moved_and_went_in_all_folders() {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let files = sandbox.photo_files();
    fs::rename(&files[0], sandbox.photos().join("renamed.jpg")).unwrap();
    fs::remove_file(&files[1]).unwrap();
    let (code, report, _) = reindex(&sandbox, &[]);
    assert_eq!(code, Some(0));
    assert_counts(&report, &[("moved", 1), ("removed", 1), ("indexed", 0), ("unchanged", files.len() - 2)]);
    let maintenance = &report["maintenance"];
    assert_eq!((&maintenance["waiting"], &maintenance["forgotten"]), (&1.into(), &0.into()));
    assert_eq!(maintenance["neighbourhoods"], files.len() - 1);
    assert_eq!(maintenance["graph"], Value::Null, "a small library is searched exactly");
    let (code, report, _) = reindex(&sandbox, &[]);
    assert_eq!(code, Some(0));
    assert_counts(&report, &[("moved", 0), ("removed", 0), ("unchanged", files.len() - 1)]);
}

#[test]
fn folders_that_are_away_or_empty_lose_nothing_and_somebody_is_told() {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let count = sandbox.photo_files().len();
    let away = sandbox.path().join("away");
    fs::rename(sandbox.photos(), &away).unwrap();
    for is_empty in [false, true] {
        if is_empty {
            fs::create_dir(sandbox.path().join("photos")).unwrap();
        }
        let (code, report, err) = reindex(&sandbox, &[]);
        assert_eq!(code, Some(3), "{err}");
        assert_counts(&report, &[("removed", 0)]);
        assert!(err.contains("photos"), "{err}");
        assert_eq!(sandbox.run(["status", "--json"]).json()["photos"], count);
    }
    let (code, report, _) = reindex(&sandbox, &["--prune"]);
    assert_eq!(code, Some(0));
    assert_counts(&report, &[("removed", count)]);
}

/// Writes other content of the same length and date.
fn damage(file: &Path) {
    let modified = fs::metadata(file).unwrap().modified().unwrap();
    let mut content = fs::read(file).unwrap();
    let middle = content.len() / 2;
    content[middle..middle + 64].reverse();
    fs::write(file, content).unwrap();
    File::options().write(true).open(file).unwrap().set_modified(modified).unwrap();
}

#[test]
fn a_file_that_was_damaged_in_silence_is_found_when_all_are_verified() {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let files = sandbox.photo_files();
    damage(&files[2]);
    let (code, report, _) = reindex(&sandbox, &[]);
    assert_eq!(code, Some(0), "size and date tell nothing");
    assert_counts(&report, &[("unchanged", files.len())]);
    let (code, report, err) = reindex(&sandbox, &["--verify"]);
    assert_eq!(code, Some(3), "{err}");
    assert_counts(&report, &[("unchanged", files.len() - 1)]);
    assert!(err.contains(&files[2].display().to_string()) && err.contains("damaged"), "{err}");
    let (code, report, err) = reindex(&sandbox, &["--verify"]);
    assert_eq!(code, Some(0), "told once: {err}");
    assert_counts(&report, &[("unchanged", files.len() - report["index"]["failed"].as_u64().unwrap() as usize)]);
}

#[test]
fn what_could_not_be_indexed_is_tried_again_when_all_are_verified() {
    let sandbox = Sandbox::with_samples();
    fs::write(sandbox.photos().join("notes.jpg"), "no picture").unwrap();
    sandbox.index();
    assert_counts(&reindex(&sandbox, &[]).1, &[("failed", 0)]);
    assert_counts(&reindex(&sandbox, &["--verify"]).1, &[("failed", 1)]);
}

#[test]
fn a_server_that_runs_is_fed_and_goes_on_answering() {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let server = ServerProcess::start(&sandbox, ["serve"]);
    let photos = server.photos();
    fs::remove_file(&sandbox.photo_files()[0]).unwrap();
    let (code, report, err) = reindex(&sandbox, &[]);
    assert_eq!(code, Some(0), "{err}");
    assert_counts(&report, &[("removed", 1)]);
    assert_eq!(report["maintenance"]["neighbourhoods"], photos - 1);
    assert_eq!(server.photos(), photos - 1);
    assert_eq!(server.api("/search?q=a+photo&limit=100")["results"].as_array().unwrap().len() as u64, photos - 1);
}

#[test]
fn two_never_overlap() {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let lock = File::create(sandbox.library().join("reindex.lock")).unwrap();
    lock.try_lock().unwrap();
    sandbox.run(["reindex"]).fails_with(75, &["another reindex"]);
    drop(lock);
    assert_eq!(sandbox.run(["reindex"]).code, Some(0));
}

#[test]
fn there_must_be_a_library_and_a_folder() {
    let sandbox = Sandbox::new();
    sandbox.run(["reindex"]).fails_saying(&["no photo library", "foray index"]);
    sandbox.index();
    fs::remove_dir(sandbox.photos()).unwrap();
    sandbox.run(["reindex"]).fails_saying(&["there is no folder", "photos"]);
    let missing = sandbox.path().join("nowhere").display().to_string();
    sandbox.run(["reindex", &missing]).fails_saying(&["nowhere"]);
}
