//! `foray migrate` copies a library with its vectors; that to Milvus and back is tested by `make test-milvus`.

use std::fs;

use foray_tests::{Run, Sandbox};
use serde_json::json;

fn migrate(sandbox: &Sandbox, to: &str) -> Run {
    sandbox.run(["migrate", "--to", to, "--json"])
}

#[test]
fn a_library_is_copied_into_another_folder_without_embedding_anew() {
    let sandbox = Sandbox::with_samples();
    fs::write(sandbox.photos().join("torn.jpg"), "no picture").unwrap();
    let photos = sandbox.index()["indexed"].clone();
    assert_eq!(sandbox.run(["search", "a cat", "--save", "cats"]).code, Some(0));
    let copy = sandbox.path().join("copy").display().to_string();
    let there = migrate(&sandbox, &copy).json();
    assert_eq!((&there["photos"], &there["previews"], &there["failures"]), (&photos, &photos, &json!(1)));
    assert_eq!((&there["documents"], &there["queries"], &there["alike"]), (&json!(1), &photos, &photos));
    assert_eq!(migrate(&sandbox, &copy).json(), there, "a second time changes nothing");
    let folder = sandbox.photos().display().to_string();
    let again = sandbox.run(["--library", &copy, "index", &folder, "--json"]).json();
    assert_eq!((&again["indexed"], &again["failed"]), (&json!(0), &json!(0)));
    let found = |arguments: &[&str]| sandbox.run(arguments.iter().copied()).text();
    assert_eq!(found(&["--library", &copy, "search", "--saved", "cats"]), found(&["search", "--saved", "cats"]));
    migrate(&sandbox, &sandbox.library().display().to_string()).fails_saying(&["already", "--to"]);
}

#[test]
fn failures_alone_are_copied_and_a_missing_library_is_told() {
    let sandbox = Sandbox::new();
    migrate(&sandbox, "copy").fails_saying(&["no photo library"]);
    fs::write(sandbox.photos().join("torn.jpg"), "no picture").unwrap();
    assert_eq!(sandbox.index()["failed"], 1);
    let there = migrate(&sandbox, "copy").json();
    assert_eq!((&there["photos"], &there["failures"]), (&json!(0), &json!(1)));
}
