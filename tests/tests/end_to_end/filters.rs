//! Filters through the command line and over HTTP, on real photographs.

use std::fs;

use foray_tests::{Sandbox, ServerProcess, get, post_json};
use serde_json::{Value, json};

/// The bundled photographs, half of them in a folder `Trips/2024`.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::with_samples();
    let trips = sandbox.photos().join("Trips/2024");
    fs::create_dir_all(&trips).unwrap();
    for file in sandbox.photo_files().iter().step_by(2) {
        fs::rename(file, trips.join(file.file_name().unwrap())).unwrap();
    }
    sandbox.index();
    sandbox
}

fn paths(reply: &Value) -> Vec<String> {
    let results = reply["results"].as_array().unwrap_or_else(|| panic!("{reply}"));
    results.iter().map(|hit| hit["path"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_filter_keeps_the_order_and_leaves_only_what_fulfils_it() {
    let sandbox = sandbox();
    let found = |query: &str| sandbox.run(["search", query, "-n", "100", "--json"]).paths();
    let all = found("a cat");
    let in_trips: Vec<String> = all.iter().filter(|path| path.contains("/Trips/2024/")).cloned().collect();
    assert!(!in_trips.is_empty() && in_trips.len() < all.len());
    assert_eq!(found("a cat in:trips/2024"), in_trips);
    let elsewhere: Vec<String> = all.iter().filter(|path| !path.contains("/Trips/")).cloned().collect();
    assert_eq!(found("a cat -in:Trips"), elsewhere);
    let mut sorted = in_trips;
    sorted.sort();
    assert_eq!(found("in:Trips type:jpeg"), sorted, "a filter alone lists by path");
    assert_eq!(found("a cat type:png"), Vec::<String>::new());
}

#[test]
fn unusual_photos_of_a_folder_are_those_of_the_library_that_lie_there() {
    let sandbox = sandbox();
    let all = sandbox.run(["unusual", "-n", "100", "--json"]).paths();
    let in_trips: Vec<String> = all.into_iter().filter(|path| path.contains("/Trips/")).collect();
    assert_eq!(sandbox.run(["unusual", "-n", "100", "--json", "--filter", "in:Trips"]).paths(), in_trips);
    sandbox.run(["unusual", "--filter", "a cat"]).fails_saying(&["only filters can stand here"]);
}

#[test]
fn what_looks_like_a_picture_can_be_filtered_here_and_by_a_server() {
    let sandbox = sandbox();
    let photo = sandbox.photo_files()[0].display().to_string();
    let id =
        sandbox.run(["search", &photo, "-n", "1", "--json"]).json()["results"][0]["id"].as_str().unwrap().to_owned();
    let commands = || {
        let id = format!("id:{}", &id[..10]);
        [["search", &photo], ["similar", &photo], ["similar", &id]].map(|[command, picture]| {
            let run = |more: &[&str]| sandbox.run([&[command, picture, "-n", "100", "--json"], more].concat()).paths();
            let (all, filtered) = (run(&[]), run(&["--filter", "in:Trips"]));
            let expected: Vec<String> = all.into_iter().filter(|path| path.contains("/Trips/")).collect();
            assert!(!expected.is_empty());
            assert_eq!(filtered, expected, "{command} {picture}");
            filtered
        })
    };
    let here = commands();
    let server = ServerProcess::start(&sandbox, ["serve"]);
    assert_eq!(commands(), here);
    get(&server.url(&format!("/api/v1/images/{id}/similar?filter=taken:june"))).is_problem(400, "got \"june\"");
}

#[test]
fn the_server_takes_filters_in_the_query_and_as_json() {
    let sandbox = sandbox();
    let expected = sandbox.run(["search", "a cat in:Trips", "-n", "100", "--json"]).paths();
    let server = ServerProcess::start(&sandbox, ["serve"]);
    let url = server.url("/api/v1/search");
    let asked = |request: Value| paths(&post_json(&url, &request).json());
    let filter = json!({"in": "Trips", "width": {"gt": 10}, "or": [{"type": "jpeg"}, {"type": "png"}]});
    assert_eq!(asked(json!({"query": "a cat", "limit": 100, "filter": filter})), expected);
    assert_eq!(asked(json!({"query": "a cat in:Trips", "limit": 100})), expected);
    assert_eq!(asked(json!({"limit": 100, "filter": {"in": "Trips"}})).len(), expected.len(), "a filter alone");
    let reply = get(&server.url("/api/v1/unusual?limit=100&filter=in:Trips"));
    assert!(paths(&reply.json()).iter().all(|path| path.contains("/Trips/")));
}

#[test]
fn mistakes_in_filters_are_told_with_their_place() {
    let sandbox = sandbox();
    sandbox.run(["search", "a cat taken:june"]).fails_saying(&["character 7", "got \"june\"", "2023-06"]);
    sandbox.run(["search", "a cat in:\"Trips"]).fails_saying(&["character 10", "never closed"]);
    sandbox.run(["rank", "a cat in:Trips", "x.jpg"]).fails_saying(&["exactly the given photos are ranked"]);
    let server = ServerProcess::start(&sandbox, ["serve"]);
    let reply = post_json(&server.url("/api/v1/search"), &json!({"query": "cat", "filter": {"w": {"gt": "wide"}}}));
    assert_eq!(reply.status, 400);
    assert!(reply.json()["detail"].as_str().unwrap().contains("filter.w.gt: got \"wide\"; expected a number"));
}
