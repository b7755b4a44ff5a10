//! `foray reindex --model`: another model takes over a library, beside a server and without one.

use std::fs;
use std::path::Path;
use std::time::Duration;

use foray_tests::{Sandbox, ServerProcess, copy_folder, wait_until};
use serde_json::Value;

/// A small model beside the library: a picture's embedding is its mean colour.
fn colours(sandbox: &Sandbox) -> String {
    let target = sandbox.path().join("colours");
    copy_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/embedding/tests/goldens/tiny"), &target);
    target.display().to_string()
}

#[track_caller]
fn reindex(sandbox: &Sandbox, options: &[&str]) -> Value {
    sandbox.run([&["reindex", "--json"], options].concat()).json()["model"].clone()
}

#[test]
fn another_model_takes_over_and_the_one_before_comes_back_for_nothing() {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let count = sandbox.photo_files().len();
    let before = sandbox.run(["search", "a dog", "--json"]).paths();
    let colours = colours(&sandbox);
    sandbox.run(["search", "a", "--model", &colours]).fails_saying(&["builtin", "foray reindex --model colours"]);
    let switch = reindex(&sandbox, &["--model", &colours]);
    assert_eq!(
        (&switch["embedded"], &switch["done"], &switch["from_previews"]),
        (&count.into(), &true.into(), &0.into())
    );
    let space = sandbox.run(["status", "--json"]).json()["space"]["space"].clone();
    assert!(space.as_str().unwrap().starts_with("colours@"), "{space}");
    assert_eq!(sandbox.run(["search", "a red", "--model", &colours, "-n", "100", "--json"]).paths().len(), count);
    let library = sandbox.run(["models", "list", "--json"]).json()["library"].clone();
    assert_eq!((&library[0]["searched"], &library[0]["space"]), (&true.into(), &space));
    assert_eq!(
        (&library[1]["searched"], &library[1]["vectors"], &library[1]["photos"]),
        (&false.into(), &count.into(), &count.into())
    );
    let back = reindex(&sandbox, &["--model", "builtin"]);
    assert_eq!((&back["embedded"], &back["done"]), (&0.into(), &true.into()));
    assert_eq!(sandbox.run(["search", "a dog", "--json"]).paths(), before);
    assert_eq!(reindex(&sandbox, &["--model", "builtin"]), Value::Null, "it is the library's already");
}

#[test]
fn vectors_of_the_model_before_can_be_dropped() {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let count = sandbox.photo_files().len();
    let switch = reindex(&sandbox, &["--model", &colours(&sandbox), "--drop-old"]);
    assert_eq!((&switch["done"], &switch["dropped_old"]), (&true.into(), &true.into()));
    assert_eq!(reindex(&sandbox, &["--model", "builtin"])["embedded"], count);
}

#[test]
fn photos_whose_disk_is_away_are_embedded_from_their_previews() {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let count = sandbox.photo_files().len();
    fs::rename(sandbox.photos(), sandbox.path().join("away")).unwrap();
    let run = sandbox.run(["reindex", "--json", "--model", &colours(&sandbox)]);
    assert_eq!(run.code, Some(3), "the folder is away: {}", run.err);
    let report: Value = serde_json::from_slice(&run.out).unwrap();
    assert_eq!((&report["model"]["from_previews"], &report["model"]["done"]), (&count.into(), &true.into()));
}

#[test]
fn a_running_server_goes_over_to_the_model_and_embeds_what_comes_with_it() {
    let sandbox = Sandbox::with_samples();
    let photos = sandbox.photos().display().to_string();
    let server = ServerProcess::start(&sandbox, ["up", photos.as_str()]);
    let count = sandbox.photo_files().len() as u64;
    wait_until("all photos are indexed", Duration::from_secs(120), || server.photos() == count);
    assert_eq!(server.api("/search?q=a+dog")["results"].as_array().unwrap().len(), 10);
    let switch = reindex(&sandbox, &["--model", &colours(&sandbox)]);
    assert_eq!((&switch["embedded"], &switch["done"]), (&count.into(), &true.into()));
    let status = server.api("/status");
    assert!(status["space"]["space"].as_str().unwrap().starts_with("colours@"), "{status}");
    assert_eq!(server.api("/search?q=a+red")["results"].as_array().unwrap().len(), 10);
    let late = fs::read(&sandbox.photo_files()[0]).unwrap();
    fs::write(sandbox.photos().join("late.jpg"), [late.as_slice(), b"late"].concat()).unwrap();
    wait_until("the late photo is indexed", Duration::from_secs(60), || server.photos() == count + 1);
    assert_eq!(server.api("/status")["space"]["vectors"], count + 1);
}
