//! The HTTP API and the web page of a running server, and the commands that talk to it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::time::Duration;

use foray_tests::{Sandbox, ServerProcess, get, get_with, post_bytes, post_bytes_as, post_json, wait_until};
use serde_json::json;

fn serve_samples() -> (Sandbox, ServerProcess) {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let server = ServerProcess::start(&sandbox, ["serve"]);
    (sandbox, server)
}

#[test]
fn searches_by_address_and_by_body_agree_and_page() {
    let (_sandbox, server) = serve_samples();
    let by_address = server.api("/search?q=a+cat&limit=4");
    let by_body = post_json(&server.url("/api/v1/search"), &json!({"query": "a cat", "limit": 4})).json();
    assert_eq!(by_address["results"], by_body["results"]);
    assert!(by_address["results"][0]["path"].as_str().unwrap().contains("cat"));
    let second_page = server.api("/search?q=a+cat&limit=2&offset=2");
    assert_eq!(second_page["results"][0], by_address["results"][2]);
}

#[test]
fn a_photo_its_thumbnail_its_file_and_its_likes_are_served() {
    let (_sandbox, server) = serve_samples();
    let hit = server.api("/search?q=a+cat&limit=1")["results"][0].clone();
    let (id, path) = (hit["id"].as_str().unwrap(), hit["path"].as_str().unwrap());
    assert_eq!(server.api(&format!("/images/{id}"))["path"], path);
    let thumbnail = get(&server.url(&format!("/api/v1/images/{id}/thumbnail")));
    assert_eq!((thumbnail.status, thumbnail.media.as_str()), (200, "image/jpeg"));
    let decoded = image::load_from_memory(&thumbnail.body).unwrap();
    assert!(decoded.width().max(decoded.height()) <= 400);
    let original = get(&server.url(&format!("/api/v1/images/{id}/original")));
    assert_eq!(original.body, fs::read(path).unwrap());
    let similar = server.api(&format!("/images/{id}/similar?limit=3"));
    assert_eq!(similar["results"].as_array().unwrap().len(), 3);
    assert!(similar["results"].as_array().unwrap().iter().all(|other| other["id"] != id));
}

#[test]
fn an_uploaded_picture_is_searched_by() {
    let (sandbox, server) = serve_samples();
    let file = &sandbox.photo_files()[0];
    let content = fs::read(file).unwrap();
    let url = server.url("/api/v1/search/image");
    let raw = post_bytes(&format!("{url}?limit=2"), "image/jpeg", &content).json();
    assert_eq!(raw["results"][0]["path"], file.display().to_string());
    let head =
        "--X\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n";
    let tail = "\r\n--X\r\nContent-Disposition: form-data; name=\"limit\"\r\n\r\n2\r\n--X--\r\n";
    let form = [head.as_bytes(), &content, tail.as_bytes()].concat();
    let posted = post_bytes(&url, "multipart/form-data; boundary=X", &form).json();
    assert_eq!(posted["results"], raw["results"]);
    post_bytes(&url, "image/jpeg", b"no picture").is_problem(422, "picture");
    post_bytes(&url, "image/jpeg", b"").is_problem(400, "image");
}

#[test]
fn rank_takes_ids_or_paths_of_the_library() {
    let (sandbox, server) = serve_samples();
    let url = server.url("/api/v1/rank");
    let paths: Vec<String> = sandbox.photo_files().iter().map(|file| file.display().to_string()).collect();
    let by_path = post_json(&url, &json!({"query": "a cat", "paths": paths})).json();
    let ids: Vec<_> = by_path["results"].as_array().unwrap().iter().map(|hit| hit["id"].clone()).collect();
    assert_eq!(ids.len(), paths.len());
    let by_id = post_json(&url, &json!({"query": "a cat", "ids": ids})).json();
    assert_eq!(by_id["results"], by_path["results"]);
    post_json(&url, &json!({"query": "a cat", "paths": ["/etc/passwd"]})).is_problem(404, "/etc/passwd");
    post_json(&url, &json!({"query": "a cat"})).is_problem(400, "ids or paths");
}

#[test]
fn the_unusual_come_with_their_neighbours() {
    let (_sandbox, server) = serve_samples();
    let results = server.api("/unusual?limit=3&neighbours=5");
    assert_eq!(results["results"].as_array().unwrap().len(), 3);
    assert_eq!(results["results"][0]["neighbours"].as_array().unwrap().len(), 5);
}

#[test]
fn status_tells_the_backend_that_really_runs() {
    let (sandbox, server) = serve_samples();
    let status = server.api("/status");
    assert_eq!(status["photos"], sandbox.photo_files().len());
    assert!(["ort", "rten"].contains(&status["backend"]["backend"].as_str().unwrap()), "{status}");
    assert!(status["started_at"].as_u64() > Some(1_700_000_000), "{status}");
    wait_until("the disk is measured", Duration::from_secs(10), || {
        let disk = server.api("/status")["disk"].clone();
        ["database", "vectors", "thumbnails", "free"].iter().all(|part| disk[part].as_u64() > Some(0))
    });
    assert_eq!(get(&server.url("/readyz")).status, 200);
}

#[test]
fn mistakes_are_problem_documents() {
    let (_sandbox, mut server) = serve_samples();
    let owner = server.page_key();
    let api = |path: &str| get(&server.url(&format!("/api/v1{path}")));
    api("/search?q=%22open").is_problem(400, "character 1");
    api("/search?q=cat&limit=0").is_problem(400, "limit");
    api("/search").is_problem(400, "query");
    api("/images/nonsense").is_problem(400, "hexadecimal");
    api("/images/00000000000000000000000000000000/thumbnail").is_problem(404, "no photo");
    api("/images/00000000000000000000000000000000/original").is_problem(404, "no photo");
    api("/no/such/address").is_problem(404, "address");
    post_bytes(&server.url("/api/v1/search"), "application/json", b"{\"querry\": 1}").is_problem(400, "querry");
    let commit = server.url("/api/v1/ingest/commit");
    post_bytes_as(&owner, &commit, "application/msgpack", b"\xc1").is_problem(400, "body");
    post_bytes_as(&owner, &commit, "text/plain", b"").is_problem(415, "application/msgpack");
}

#[test]
fn other_peoples_pages_are_kept_out() {
    let (_sandbox, server) = serve_samples();
    let url = server.url("/api/v1/status");
    let request = |name: &str, value: &str| get_with(&url, name, value);
    request("host", "evil.example").is_problem(401, "this machine");
    request("origin", "http://evil.example").is_problem(401, "own page");
    assert_eq!(request("origin", server.base()).status, 200);
}

#[cfg(unix)]
#[test]
fn a_photo_replaced_by_a_link_to_elsewhere_is_not_served() {
    let (sandbox, server) = serve_samples();
    let hit = server.api("/search?q=a+cat&limit=1")["results"][0].clone();
    let path = hit["path"].as_str().unwrap();
    let secret = sandbox.path().join("secret.txt");
    fs::write(&secret, "secret").unwrap();
    fs::remove_file(path).unwrap();
    std::os::unix::fs::symlink(&secret, path).unwrap();
    let reply = get(&server.url(&format!("/api/v1/images/{}/original", hit["id"].as_str().unwrap())));
    reply.is_problem(404, "not there");
}

#[test]
fn the_page_is_served_with_a_strict_policy() {
    let (_sandbox, server) = serve_samples();
    let page = get(&server.url("/"));
    assert_eq!((page.status, page.media.as_str()), (200, "text/html"));
    let html = String::from_utf8(page.body).unwrap();
    let script = html.split('"').find(|part| part.ends_with(".js")).unwrap();
    let script = get(&server.url(&format!("/{}", script.trim_start_matches(['.', '/']))));
    assert!(script.status == 200 && script.media.contains("javascript"), "{}", script.media);
    for outside in ["/../Cargo.toml", "/%2e%2e/Cargo.toml", "/no-such-file.js"] {
        assert_eq!(get(&server.url(outside)).status, 404, "{outside}");
    }
}

#[test]
fn commands_find_the_server_that_holds_the_library() {
    let (sandbox, server) = serve_samples();
    let count = sandbox.photo_files().len();
    assert_eq!(sandbox.run(["status", "--json"]).json()["backend"], server.api("/status")["backend"]);
    assert!(sandbox.run(["search", "a cat", "-n", "1"]).text().contains("cat"));
    assert_eq!(sandbox.run(["unusual", "-n", "100", "--json"]).paths().len(), count);
    assert!(sandbox.run(["status", "--failed"]).text().is_empty());

    let new = sandbox.photos().join("new.jpg");
    let changed = [fs::read(&sandbox.photo_files()[0]).unwrap(), b"new".to_vec()].concat();
    fs::write(&new, changed).unwrap();
    assert_eq!(sandbox.index()["indexed"], 1, "indexed through the server");
    assert_eq!(server.photos(), count as u64 + 1);
}

#[test]
fn a_library_is_fed_over_http() {
    let sandbox = Sandbox::with_samples();
    let server = ServerProcess::start(&sandbox, ["serve"]);
    let photos = sandbox.photos().display().to_string();
    let run = sandbox.run(["--server", server.base(), "index", &photos, "--json"]);
    assert_eq!(run.json()["indexed"], sandbox.photo_files().len());
    let found = sandbox.run(["--server", server.base(), "search", "a cat", "-n", "1"]).text();
    assert!(found.contains("cat"), "{found}");
    let id = server.api("/search?q=a+cat&limit=1")["results"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(get(&server.url(&format!("/api/v1/images/{id}/thumbnail"))).status, 200);
}

#[test]
fn events_tell_of_changes() {
    let (sandbox, server) = serve_samples();
    let address = server.base().trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let request = format!("GET /api/v1/events HTTP/1.1\r\nHost: {address}\r\nAccept-Encoding: gzip\r\n\r\n");
    std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
    let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
    let mut next = |event: &str| {
        assert!(lines.any(|line| line == format!("event: {event}")), "no event {event}");
        lines.next().unwrap()
    };
    let count = sandbox.photo_files().len();
    assert!(next("changed").contains(&format!("\"photos\":{count}")));
    fs::copy(&sandbox.photo_files()[0], sandbox.photos().join("copy.jpg")).unwrap();
    sandbox.index();
    assert!(next("progress").contains("\"phase\""));
}

#[test]
fn termination_ends_the_server_at_once_and_frees_the_library() {
    let (sandbox, mut server) = serve_samples();
    let open_stream = TcpStream::connect(server.base().trim_start_matches("http://")).unwrap();
    server.signal("TERM");
    let begun = std::time::Instant::now();
    let status = server.wait();
    assert!(status.success(), "{status}");
    assert!(begun.elapsed() < Duration::from_secs(8));
    drop(open_stream);
    assert_eq!(sandbox.run(["status"]).code, Some(0));
}

/// It once ended with a segmentation fault when the model was still being loaded.
#[test]
fn termination_while_the_model_is_loaded_is_clean() {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    for _ in 0..10 {
        let mut server = ServerProcess::start(&sandbox, ["serve"]);
        server.signal("TERM");
        let status = server.wait();
        assert!(status.success(), "{status}");
    }
}

#[test]
fn a_search_waits_for_a_server_that_is_starting() {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let mut starting = sandbox.command(["serve", "--bind", "127.0.0.1:0"]);
    let mut child = starting.stdout(std::process::Stdio::null()).spawn().unwrap();
    wait_until("the library is held", Duration::from_secs(10), || sandbox.library().join("holder.json").exists());
    let run = sandbox.run(["search", "a cat", "-n", "1"]);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(run.text().contains("cat"), "{run:?}");
}

#[test]
fn previews_that_are_torn_or_gone_are_made_anew() {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let server = ServerProcess::start(&sandbox, ["serve"]);
    let hits = server.api("/search?q=a+cat&limit=4")["results"].clone();
    let ids: Vec<&str> = hits.as_array().unwrap().iter().map(|hit| hit["id"].as_str().unwrap()).collect();
    let file = |id: &str| sandbox.library().join("thumbnails").join(&id[..2]).join(format!("{id}.jpg"));
    let whole = fs::read(file(ids[0])).unwrap();
    fs::write(file(ids[0]), &whole[..whole.len() / 2]).unwrap();
    fs::write(file(ids[1]), "").unwrap();
    fs::remove_file(file(ids[2])).unwrap();
    let preview = |id: &str| get(&server.url(&format!("/api/v1/images/{id}/thumbnail")));
    for id in &ids[..3] {
        let reply = preview(id);
        assert_eq!((reply.status, reply.media.as_str()), (200, "image/jpeg"), "{reply:?}");
        assert!(image::load_from_memory(&reply.body).is_ok());
        assert_eq!(fs::read(file(id)).unwrap(), reply.body, "it is kept");
    }
    // Of a photo that is gone, too, none can be made.
    fs::remove_file(file(ids[3])).unwrap();
    fs::remove_file(hits[3]["path"].as_str().unwrap()).unwrap();
    assert_eq!(preview(ids[3]).status, 404);
}
