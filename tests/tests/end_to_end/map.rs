//! The map of real photographs through the real binary.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::Path;
use std::time::Duration;

use foray_tests::versions::write_shot;
use foray_tests::{Reply, Sandbox, ServerProcess, get, get_with, some_photos, test_data, wait_until};
use serde_json::{Value, json};

/// The answer to a request for the map, once it is drawn.
fn answer(server: &ServerProcess, query: &str) -> Reply {
    let ask = || get(&server.url(&format!("/api/v1/map{query}")));
    wait_until("the map is drawn", Duration::from_secs(120), || ask().status != 503);
    ask()
}

fn map(server: &ServerProcess, query: &str) -> Value {
    let reply = answer(server, query);
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json()
}

fn list<'a>(map: &'a Value, name: &str) -> &'a Vec<Value> {
    map[name].as_array().unwrap()
}

/// Each photo's place.
fn places(map: &Value) -> HashMap<String, (f64, f64)> {
    let number = |value: &Value| value.as_f64().unwrap();
    let places = list(map, "x").iter().map(number).zip(list(map, "y").iter().map(number));
    list(map, "ids").iter().map(|id| id.as_str().unwrap().to_owned()).zip(places).collect()
}

#[test]
fn the_bundled_photos_have_a_map() {
    let sandbox = Sandbox::with_samples();
    let files = sandbox.photo_files();
    let dated = sandbox.photos().join("dated.jpg");
    write_shot(&image::open(&files[0]).unwrap().into_rgb8(), "A camera", "2023:07:02 12:00:00", &dated);
    sandbox.index();
    let server = ServerProcess::start(&sandbox, ["serve"]);
    let whole = map(&server, "");
    let photos = server.photos() as usize;
    assert_eq!(whole["points"], json!(photos));
    for column in ["ids", "x", "y", "cluster", "taken", "tag"] {
        assert_eq!(list(&whole, column).len(), photos, "{column}");
    }
    let places = places(&whole);
    assert!(places.values().all(|(x, y)| (0.0..=1.0).contains(x) && (0.0..=1.0).contains(y)));
    assert_eq!(places.len(), photos);
    let clusters = list(&whole, "clusters");
    assert!(clusters.iter().all(|cluster| places.contains_key(cluster["representative"].as_str().unwrap())));
    assert!(list(&whole, "cluster").iter().all(|at| (-1..clusters.len() as i64).contains(&at.as_i64().unwrap())));
    let some = map(&server, "?filter=camera:%22a%20camera%22");
    assert_eq!((&some["points"], &some["taken"]), (&json!(1), &json!([2023.5])));
    let id = some["ids"][0].as_str().unwrap();
    assert_eq!((some["x"][0].as_f64(), some["y"][0].as_f64()), (Some(places[id].0), Some(places[id].1)));
    answer(&server, "?filter=taken:soon").is_problem(400, "taken");
    answer(&server, "?limit=3").is_problem(400, "limit");
}

#[test]
fn a_map_that_the_client_has_is_not_sent_again() {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let server = ServerProcess::start(&sandbox, ["serve"]);
    let url = server.url("/api/v1/map");
    let tag = |reply: &Reply| reply.headers["etag"].to_str().unwrap().to_owned();
    let first = answer(&server, "");
    let again = get_with(&url, "if-none-match", &tag(&first));
    assert_eq!((again.status, again.body.len()), (304, 0));
    assert_ne!(tag(&answer(&server, "?filter=w:%3E1")), "");
    fs::remove_file(&sandbox.photo_files()[0]).unwrap();
    drop(server);
    sandbox.index();
    let server = ServerProcess::start(&sandbox, ["serve"]);
    let changed = get_with(&server.url("/api/v1/map"), "if-none-match", &tag(&first));
    assert_eq!(changed.status, 200);
}

#[test]
fn photos_of_a_class_lie_together() {
    let test = "photos_of_a_class_lie_together";
    let Some(folder) = test_data(test, "caltech101") else { return };
    let sandbox = Sandbox::new();
    let classes = ["airplanes", "Faces", "Motorbikes", "pizza", "sunflower", "watch"];
    for class in classes {
        for photo in some_photos(&folder.join(class), 15) {
            let name = format!("{class}-{}", photo.file_name().unwrap().to_str().unwrap());
            fs::copy(&photo, sandbox.photos().join(name)).unwrap();
        }
    }
    // In the order of their names: the layout depends on the order in which photos came.
    sandbox.run(["index", sandbox.photos().to_str().unwrap(), "--threads", "1"]);
    // Now the library knows the nouns that clusters are called by.
    sandbox.run(["search", "a face", "--relevant"]);
    let server = ServerProcess::start(&sandbox, ["serve"]);
    let map = map(&server, "");
    let class = |id: &Value| {
        let photo = server.api(&format!("/images/{}", id.as_str().unwrap()));
        let name = Path::new(photo["path"].as_str().unwrap()).file_name().unwrap().to_str().unwrap().to_owned();
        name.split('-').next().unwrap().to_owned()
    };
    let representatives: Vec<String> =
        list(&map, "clusters").iter().map(|cluster| class(&cluster["representative"])).collect();
    assert!(representatives.iter().collect::<BTreeSet<_>>().len() >= 5, "{representatives:?}");
    let ids = list(&map, "ids").iter().zip(list(&map, "cluster"));
    let is_right = |(id, at): &(&Value, &Value)| {
        usize::try_from(at.as_i64().unwrap()).is_ok_and(|at| representatives[at] == class(id))
    };
    let right = ids.filter(is_right).count();
    assert!(right * 10 >= 9 * map["points"].as_u64().unwrap() as usize, "{right} of {}", map["points"]);
    let labels: Vec<&str> = list(&map, "clusters").iter().filter_map(|cluster| cluster["label"].as_str()).collect();
    assert!(["flower", "aircraft", "clock"].iter().any(|noun| labels.contains(noun)), "{labels:?}");
}
