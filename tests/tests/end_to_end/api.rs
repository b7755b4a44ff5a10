//! The HTTP API as it describes itself, and what every reply owes: caching, limits, methods, other sites' pages.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::path::Path;

use foray_tests::{Reply, Sandbox, ServerProcess, get, get_with, post_bytes, post_json};
use serde_json::{Value, json};
use ureq::http::Request;

const METHODS: [&str; 4] = ["get", "put", "post", "delete"];
const TOKEN: &str = "0123456789abcdef0123456789abcdef";

fn serve_samples() -> (Sandbox, ServerProcess) {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let server = ServerProcess::start(&sandbox, ["serve"]);
    (sandbox, server)
}

fn first_photo(server: &ServerProcess) -> String {
    server.api("/search?q=a+cat&limit=1")["results"][0]["id"].as_str().unwrap().to_owned()
}

fn ask(method: &str, url: &str, headers: &[(&str, &str)]) -> Reply {
    let mut request = Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let agent = ureq::Agent::config_builder().http_status_as_error(false).allow_non_standard_methods(true).build();
    ureq::Agent::from(agent).run(request.body(()).unwrap()).unwrap().into()
}

/// Methods and paths of the description.
fn operations(description: &Value) -> BTreeSet<(String, String)> {
    let paths = description["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, item)| {
        let methods = METHODS.iter().filter(|method| item.get(**method).is_some());
        methods.map(move |method| ((*method).to_owned(), path.clone()))
    });
    operations.collect()
}

/// All places that parts of the description refer to.
fn references(part: &Value) -> Vec<&str> {
    match part {
        Value::Object(entries) => {
            let here = entries.get("$ref").and_then(Value::as_str);
            here.into_iter().chain(entries.values().flat_map(references)).collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => vec![],
    }
}

#[test]
fn every_route_is_described_and_everything_described_is_a_route() {
    let (_sandbox, server) = serve_samples();
    let description = server.api("/openapi.json");
    assert!(description["openapi"].as_str().unwrap().starts_with("3.1"), "{}", description["openapi"]);
    for place in references(&description) {
        assert!(description.pointer(place.trim_start_matches('#')).is_some(), "{place} is not there");
    }
    let operations = operations(&description);
    let sources = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/src")).unwrap();
    let files = sources.map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    let sources: String = files.map(|file| fs::read_to_string(file).unwrap()).collect();
    let handlers: usize = METHODS.iter().map(|method| sources.matches(&format!("\n#[{method}(\"")).count()).sum();
    assert_eq!(operations.len(), handlers, "{operations:?}");
    for other_ways in [".route(", "web::resource("] {
        assert!(!sources.contains(other_ways), "a route by {other_ways:?} is in no description");
    }
    for (method, path) in &operations {
        let url = server.url(&path.replace("{id}", "0").replace("{name}", "none"));
        if path.ends_with("/events") || (method == "post" && path.ends_with("/maintenance")) {
            continue;
        }
        let reply = ask(&method.to_uppercase(), &url, &[]);
        let text = String::from_utf8_lossy(&reply.body).into_owned();
        assert!(reply.status != 405 && !text.contains("no such address"), "{method} {path}: {text}");
        let answers = &description["paths"][path][method]["responses"];
        assert!(answers.get(reply.status.to_string()).is_some(), "{method} {path} answered {}", reply.status);
    }
}

#[test]
fn replies_are_as_they_are_described() {
    let (sandbox, server) = serve_samples();
    let description = server.api("/openapi.json");
    let id = first_photo(&server);
    let check = |method: &str, path: &str, reply: Reply| {
        let media = reply.media.split(';').next().unwrap().replace('/', "~1");
        let answer = format!("/paths/{}/{method}/responses/{}", path.replace('/', "~1"), reply.status);
        let answer =
            description.pointer(&answer).unwrap_or_else(|| panic!("{method} {path}: {reply:?} is not described"));
        let answer = match answer.get("$ref") {
            Some(place) => description.pointer(place.as_str().unwrap().trim_start_matches('#')).unwrap(),
            None => answer,
        };
        let schema = answer.pointer(&format!("/content/{media}/schema"));
        let mut schema = schema.unwrap_or_else(|| panic!("{method} {path}: {media} is not described")).clone();
        schema["components"] = description["components"].clone();
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        let body = reply.json();
        let mistakes: Vec<String> = validator.iter_errors(&body).map(|error| error.to_string()).collect();
        assert!(mistakes.is_empty(), "{method} {path}: {mistakes:?} in {body}");
    };
    let asked = |path: &str, address: &str| check("get", path, get(&server.url(address)));
    asked("/api/v1/search", "/api/v1/search?q=a+cat");
    asked("/api/v1/search", "/api/v1/search?q=%22open");
    asked("/api/v1/unusual", "/api/v1/unusual");
    asked("/api/v1/duplicates", "/api/v1/duplicates");
    asked("/api/v1/facets", "/api/v1/facets");
    asked("/api/v1/map", "/api/v1/map");
    asked("/api/v1/status", "/api/v1/status");
    asked("/api/v1/failures", "/api/v1/failures");
    asked("/api/v1/images/{id}", &format!("/api/v1/images/{id}"));
    asked("/api/v1/images/{id}", "/api/v1/images/nonsense");
    asked("/api/v1/images/{id}/similar", &format!("/api/v1/images/{id}/similar"));
    asked("/api/v1/indexer", "/api/v1/indexer");
    let posted = |path: &str, body: Value| check("post", path, post_json(&server.url(path), &body));
    posted("/api/v1/search", json!({"query": "a dog", "filter": {"type": "jpeg"}}));
    posted("/api/v1/rank", json!({"query": "a dog", "ids": [id]}));
    posted("/api/v1/maintenance", json!({}));
    let photo = fs::read(&sandbox.photo_files()[0]).unwrap();
    check("post", "/api/v1/search/image", post_bytes(&server.url("/api/v1/search/image"), "image/jpeg", &photo));
}

#[test]
fn what_does_not_change_is_not_sent_again() {
    let (_sandbox, server) = serve_samples();
    let id = first_photo(&server);
    for (path, lifetime) in [
        (format!("/api/v1/images/{id}/thumbnail"), "private, max-age=31536000, immutable"),
        (format!("/api/v1/images/{id}/original"), "private, no-cache"),
        ("/api/v1/openapi.json".to_owned(), "private, no-cache"),
    ] {
        let url = server.url(&path);
        let whole = get(&url);
        assert_eq!((whole.status, whole.headers["cache-control"].to_str().unwrap()), (200, lifetime), "{path}");
        let tag = whole.headers["etag"].to_str().unwrap();
        let again = get_with(&url, "if-none-match", tag);
        assert_eq!((again.status, again.body.len()), (304, 0), "{path}");
        assert_eq!(again.headers["etag"], whole.headers["etag"], "{path}");
        assert_eq!(get_with(&url, "if-none-match", "\"another\"").status, 200, "{path}");
    }
    for path in ["/search?q=a+cat", "/status", "/images/nonsense", "/no/such/address"] {
        assert_eq!(get(&server.url(&format!("/api/v1{path}"))).headers["cache-control"], "no-store", "{path}");
    }
}

#[test]
fn a_part_of_a_photo_can_be_asked_for() {
    let (_sandbox, server) = serve_samples();
    let url = server.url(&format!("/api/v1/images/{}/original", first_photo(&server)));
    let whole = get(&url);
    assert!(whole.headers.contains_key("last-modified"));
    let part = get_with(&url, "range", "bytes=10-19");
    assert_eq!((part.status, &part.body[..]), (206, &whole.body[10..20]));
    assert_eq!(part.headers["content-range"], format!("bytes 10-19/{}", whole.body.len()));
    assert_eq!(get_with(&url, "range", "bytes=999999999-").status, 416);
}

#[test]
fn texts_are_compressed_and_events_are_not() {
    let (_sandbox, server) = serve_samples();
    let packed = get_with(&server.url("/api/v1/status"), "accept-encoding", "gzip");
    assert_eq!((packed.headers["content-encoding"].to_str().unwrap(), &packed.body[..2]), ("gzip", &b"\x1f\x8b"[..]));
    let address = server.base().trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET /api/v1/events HTTP/1.1\r\nHost: {address}\r\nAccept-Encoding: gzip\r\n\r\n").unwrap();
    let mut head = String::new();
    while !head.contains("\r\n\r\n") {
        let mut byte = [0];
        std::io::Read::read_exact(&mut stream, &mut byte).unwrap();
        head.push(char::from(byte[0]));
    }
    let head = head.to_lowercase();
    assert!(head.contains("text/event-stream") && !head.contains("content-encoding: gzip"), "{head}");
}

#[test]
fn more_than_the_limits_is_refused_as_a_problem() {
    let (_sandbox, server) = serve_samples();
    let long = json!({ "query": "x".repeat(1 << 20) });
    post_json(&server.url("/api/v1/search"), &long).is_problem(413, "1048576 bytes");
    post_json(&server.url("/api/search/smart"), &long).is_problem(413, "1048576 bytes");
    post_bytes(&server.url("/api/v1/search"), "text/plain", b"{}").is_problem(400, "application/json");
    let image = server.url("/api/v1/search/image");
    post_bytes(&image, "image/jpeg", &vec![0; (64 << 20) + 1]).is_problem(413, "67108864 bytes");
    post_bytes(&image, "image/png", &picture_bomb()).is_problem(422, "60000 x 60000 pixels");
    let form = |name: &str| {
        let head = format!("--X\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"a.png\"\r\n\r\n");
        [head.as_bytes(), &picture_bomb(), b"\r\n--X--\r\n"].concat()
    };
    post_bytes(&image, "multipart/form-data; boundary=X", &form("image")).is_problem(422, "200 million pixels");
    post_bytes(&image, "multipart/form-data; boundary=X", &form("picture")).is_problem(400, "picture");
    assert_eq!(server.api("/status")["failed"], 0, "it still answers");
}

/// A PNG file of some bytes that says it has 3.6 billion pixels.
fn picture_bomb() -> Vec<u8> {
    let mut file = vec![];
    let pixel = image::RgbImage::new(1, 1);
    pixel.write_to(&mut std::io::Cursor::new(&mut file), image::ImageFormat::Png).unwrap();
    let side = 60_000u32.to_be_bytes();
    file[16..20].copy_from_slice(&side);
    file[20..24].copy_from_slice(&side);
    let sum = crc32fast::hash(&file[12..29]).to_be_bytes();
    file[29..33].copy_from_slice(&sum);
    file
}

#[test]
fn another_method_is_told_which_ones_there_are() {
    let (_sandbox, server) = serve_samples();
    for (method, path, allowed) in [
        ("DELETE", "/api/v1/search", "GET, POST"),
        ("POST", "/api/v1/status", "GET"),
        ("GET", "/api/v1/rank", "POST"),
        ("POST", "/healthz", "GET"),
        ("GET", "/predict", "POST"),
    ] {
        let reply = ask(method, &server.url(path), &[]);
        reply.is_problem(405, allowed);
        assert_eq!(reply.headers["allow"], allowed, "{method} {path}");
    }
    ask("POST", &server.url("/no/such/address"), &[]).is_problem(404, "no such address");
}

#[test]
fn other_sites_pages_get_nothing_and_are_promised_nothing() {
    let (_sandbox, server) = serve_samples();
    let url = server.url("/api/v1/search");
    let preflight = [("origin", "http://evil.example"), ("access-control-request-method", "POST")];
    let refused = ask("OPTIONS", &url, &preflight);
    refused.is_problem(401, "own page");
    let own = ask("GET", &format!("{url}?q=a+cat"), &[("origin", server.base())]);
    assert_eq!(own.status, 200);
    for reply in [refused, own] {
        assert!(!reply.headers.keys().any(|name| name.as_str().starts_with("access-control")), "{reply:?}");
    }
}

#[test]
fn the_description_has_a_page_that_keeps_to_the_policy() {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let mut command = sandbox.command(["serve", "--bind", "127.0.0.1:0"]);
    command.env("FORAY_TOKEN", TOKEN);
    let server = ServerProcess::start_command(command);
    // They tell nothing of the library.
    assert_eq!(get(&server.url("/api/v1/openapi.json")).status, 200);
    let page = get(&server.url("/docs"));
    assert_eq!((page.status, page.media.as_str()), (200, "text/html"));
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'self'") && !policy.contains("script-src"), "{policy}");
    let html = String::from_utf8(page.body).unwrap();
    let scripts: Vec<&str> = html.split("<script").skip(1).collect();
    assert!(!scripts.is_empty());
    for script in scripts {
        let (tag, rest) = script.split_once('>').unwrap();
        assert!(rest.trim_start().starts_with("</script>"), "an inline script: {script}");
        let file = tag.split('"').find(|part| part.ends_with(".js")).unwrap();
        let reply = get(&server.url(&format!("/docs/{}", file.trim_start_matches("./"))));
        assert!(reply.status == 200 && reply.media.contains("javascript"), "{file}: {}", reply.status);
    }
    let initializer = get(&server.url("/docs/swagger-initializer.js"));
    assert!(String::from_utf8(initializer.body).unwrap().contains("/api/v1/openapi.json"));
}

#[test]
fn what_the_description_calls_guarded_is_guarded() {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let mut command = sandbox.command(["serve", "--bind", "127.0.0.1:0"]);
    command.env("FORAY_TOKEN", TOKEN);
    let server = ServerProcess::start_command(command);
    let description = get(&server.url("/api/v1/openapi.json")).json();
    let mut open = BTreeSet::new();
    for (method, path) in operations(&description) {
        let reply = ask(&method.to_uppercase(), &server.url(&path.replace("{id}", "0").replace("{name}", "none")), &[]);
        match description["paths"][&path][&method].get("security") {
            Some(_) => reply.is_problem(401, "token"),
            None => _ = open.insert(path),
        }
    }
    let expected = ["/api/v1/openapi.json", "/api/v1/session", "/healthz", "/ping", "/readyz"];
    assert_eq!(open.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    let status = server.url("/api/v1/status");
    for (header, value) in [("x-api-key", TOKEN), ("authorization", &format!("Bearer {TOKEN}"))] {
        assert_eq!(get_with(&status, header, value).status, 200, "{header}");
    }
    get_with(&status, "x-api-key", &TOKEN[1..]).is_problem(401, "token is wrong");
}
