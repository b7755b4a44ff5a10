//! Tags by hand: from the command line and over HTTP, with a server and without.

use std::io::Write;
use std::process::Stdio;

use foray_tests::{Run, Sandbox, ServerProcess, post_json};
use serde_json::{Value, json};

fn indexed() -> (Sandbox, Vec<String>) {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let mut paths: Vec<_> = sandbox.photo_files().iter().map(|path| path.to_str().unwrap().to_owned()).collect();
    paths.sort();
    (sandbox, paths)
}

/// The photos that a query finds, in the order of their paths.
fn found(sandbox: &Sandbox, query: &str) -> Vec<String> {
    let mut paths = sandbox.run(["search", query, "--json"]).paths();
    paths.sort();
    paths
}

fn tags(sandbox: &Sandbox, arguments: &[&str]) -> Run {
    sandbox.run([&["tags"], arguments].concat())
}

#[test]
fn tags_by_hand_are_found_by_filters_and_taken_away_again() {
    let (sandbox, paths) = indexed();
    let (one, two) = (paths[0].as_str(), paths[1].as_str());
    let query = "tag:\"grandma's 80th\"";
    assert!(tags(&sandbox, &["give", "Grandma's 80th", one, two]).err.contains("2 photos got the tag"));
    assert!(tags(&sandbox, &["give", "grandma's 80TH", one]).err.contains("0 photos got"), "it has the tag already");
    assert_eq!(found(&sandbox, query), [one, two]);
    assert_eq!(sandbox.run(["reindex"]).code, Some(0));
    assert_eq!(found(&sandbox, query), [one, two]);

    let mut take = sandbox.command(["tags", "take", "Grandma's 80th", "-"]);
    let mut child = take.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(one.as_bytes()).unwrap();
    assert!(Run::from(child.wait_with_output().unwrap()).err.contains("1 photos lost"));
    assert_eq!(found(&sandbox, query), [two]);
}

#[test]
fn what_a_search_found_is_tagged_through_a_pipe() {
    let (sandbox, paths) = indexed();
    let cat = paths.iter().find(|path| path.ends_with("cat.jpg")).unwrap();
    for _ in 0..5 {
        let mut search = sandbox.command(["search", "a cat", "--relevant", "--paths"]);
        let mut search = search.stdout(Stdio::piped()).spawn().unwrap();
        let mut give = sandbox.command(["tags", "give", "cat", "-"]);
        let given = Run::from(give.stdin(search.stdout.take().unwrap()).output().unwrap());
        assert!(search.wait().unwrap().success());
        assert_eq!(given.code, Some(0), "{given:?}");
    }
    assert_eq!(found(&sandbox, "tag:cat"), [cat.as_str()]);
}

#[test]
fn a_photo_that_is_not_in_the_library_gets_no_tag_and_neither_do_the_others() {
    let (sandbox, paths) = indexed();
    let run = tags(&sandbox, &["give", "x", &paths[0], "/nowhere.jpg"]);
    run.fails_saying(&["/nowhere.jpg is not in the library", "foray index"]);
    let run = tags(&sandbox, &["give", " ", &paths[0]]);
    assert_eq!(run.code, Some(2));
    assert!(run.err.contains("1 to 100 characters"), "{}", run.err);
    assert!(found(&sandbox, "tag:x").is_empty());
}

#[test]
fn the_server_tags_by_hand_and_a_kill_forgets_nothing() {
    let (sandbox, paths) = indexed();
    let mut server = ServerProcess::start(&sandbox, ["serve"]);
    let photos = server.api("/search?q=type:jpeg&limit=3");
    let ids: Vec<&Value> = photos["results"].as_array().unwrap().iter().map(|photo| &photo["id"]).collect();
    let address = server.url("/api/v1/tags");
    let reply = post_json(&address, &json!({"tag": "holiday", "ids": ids})).json();
    assert_eq!(reply, json!({"photos": 3}));
    let photo = server.api(&format!("/images/{}", ids[0].as_str().unwrap()));
    assert_eq!(photo["tags"], json!([{"tag": "holiday", "probability": 1.0}]));
    assert!(tags(&sandbox, &["give", "work", &paths[0]]).err.contains("1 photos got"), "through the server");

    let unknown = post_json(&address, &json!({"tag": "y", "ids": [ids[0], "00000000000000000000000000000000"]}));
    unknown.is_problem(404, "no photo 0000");
    post_json(&address, &json!({"tag": "\n", "ids": ids})).is_problem(400, "1 to 100 characters");
    server.signal("KILL");
    server.wait();
    let server = ServerProcess::start(&sandbox, ["serve"]);
    let count = |query: &str| server.api(&format!("/search?q={query}"))["results"].as_array().unwrap().len();
    assert_eq!((count("tag:holiday"), count("tag:work"), count("tag:y")), (3, 1, 0));
}
