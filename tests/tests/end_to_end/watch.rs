//! `foray up`: photos that come, move, change and go while it runs.

use std::fs;
use std::path::Path;
use std::time::Duration;

use foray_tests::{Sandbox, ServerProcess, samples, test_data, wait_until};

/// What the issue promises is 3 seconds; a busy test machine gets some more.
const SOON: Duration = Duration::from_secs(6);
const START: Duration = Duration::from_secs(60);

fn up(sandbox: &Sandbox) -> ServerProcess {
    let server = ServerProcess::start(sandbox, ["up".as_ref(), sandbox.photos().as_os_str()]);
    let watching = || server.api("/status")["progress"]["phase"] == "watching";
    wait_until("the first pass is done", START, watching);
    server
}

fn paths(server: &ServerProcess) -> Vec<String> {
    let json = server.api("/search?q=a+photo&limit=100");
    json["results"].as_array().unwrap().iter().map(|hit| hit["path"].as_str().unwrap().to_owned()).collect()
}

fn has(server: &ServerProcess, path: &Path) -> bool {
    paths(server).contains(&path.display().to_string())
}

#[test]
fn photos_are_followed_while_it_runs() {
    let sandbox = Sandbox::with_samples();
    let files = sandbox.photo_files();
    let away = sandbox.path().join("away.jpg");
    fs::rename(&files[0], &away).unwrap();
    let server = up(&sandbox);
    wait_until("the first photos are indexed", START, || server.photos() == files.len() as u64 - 1);

    let dropped = sandbox.photos().join("dropped.jpg");
    fs::copy(&away, &dropped).unwrap();
    let took = wait_until("a dropped photo is found", SOON, || has(&server, &dropped));
    eprintln!("a dropped photo was found after {took:?}");

    let moved = sandbox.photos().join("moved.jpg");
    fs::rename(&dropped, &moved).unwrap();
    wait_until("a moved photo follows", SOON, || has(&server, &moved) && !has(&server, &dropped));

    fs::write(&moved, fs::read(&files[1]).unwrap()).unwrap();
    let replaced = || {
        let hits = server.api("/search?q=a+photo&limit=100");
        let hits = hits["results"].as_array().unwrap();
        hits.iter().any(|hit| {
            hit["copies"].to_string().contains("moved.jpg")
                || hit["path"].as_str().unwrap() == moved.display().to_string() && hit["copies"].is_array()
        })
    };
    wait_until("a replaced photo is seen as what it is now", SOON, replaced);

    fs::remove_file(&files[2]).unwrap();
    wait_until("a deleted photo disappears", SOON, || !has(&server, &files[2]));
}

#[test]
fn a_whole_tree_that_appears_at_once_is_found() {
    let sandbox = Sandbox::new();
    fs::copy(samples().join("CREDITS.md"), sandbox.photos().join("CREDITS.md")).unwrap();
    let server = up(&sandbox);
    let deep = sandbox.photos().join("2024/06/trip");
    let source = Sandbox::with_samples();
    fs::create_dir_all(&deep).unwrap();
    for file in &source.photo_files()[..3] {
        fs::copy(file, deep.join(file.file_name().unwrap())).unwrap();
    }
    wait_until("photos in new folders are found", SOON, || server.photos() == 3);
    fs::rename(sandbox.photos().join("2024"), sandbox.photos().join("2025")).unwrap();
    wait_until("a moved tree follows", SOON, || {
        paths(&server).iter().all(|path| path.contains("/2025/")) && server.photos() == 3
    });
    fs::remove_dir_all(sandbox.photos().join("2025/06/trip")).unwrap();
    wait_until("a deleted tree disappears", SOON, || server.photos() == 0);
}

#[test]
fn a_photo_is_not_read_before_it_is_complete() {
    let sandbox = Sandbox::new();
    fs::write(sandbox.photos().join("keep.txt"), "x").unwrap();
    let server = up(&sandbox);
    let source = Sandbox::with_samples();
    let content = fs::read(&source.photo_files()[0]).unwrap();
    let file = sandbox.photos().join("slow.jpg");
    let mut written = vec![];
    for piece in content.chunks(content.len().div_ceil(8)) {
        written.extend_from_slice(piece);
        fs::write(&file, &written).unwrap();
        std::thread::sleep(Duration::from_millis(150));
    }
    wait_until("the complete photo is found", SOON, || server.photos() == 1);
    assert_eq!(server.api("/status")["failed"], 0);
}

#[test]
fn it_serves_while_it_indexes_and_starts_again_without_naming_folders() {
    let Some(data) = test_data("it_serves_while_it_indexes_and_starts_again_without_naming_folders", "caltech101")
    else {
        return;
    };
    let sandbox = Sandbox::new();
    ["lotus", "sunflower", "panda", "pizza"].iter().for_each(|class| {
        let folder = sandbox.photos().join(class);
        fs::create_dir(&folder).unwrap();
        for entry in fs::read_dir(data.join(class)).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
        }
    });
    let server = ServerProcess::start(&sandbox, ["up".as_ref(), sandbox.photos().as_os_str()]);
    wait_until("all photos are indexed", START, || server.photos() == 60);
    drop(server);
    let server = ServerProcess::start(&sandbox, ["up"]);
    assert_eq!(server.photos(), 60);
    let pizzas = server.api("/search?q=pizza&limit=5");
    assert!(pizzas["results"].as_array().unwrap().iter().all(|hit| hit["path"].as_str().unwrap().contains("pizza")));
}
