//! Addresses in every field that could be taken for one: a server that fetched one would be everybody's way into its network.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::raw::answers;
use crate::target::{Outcome, Target};

/// What is fetched in the background is fetched by then.
const LATER: Duration = Duration::from_secs(3);

pub fn addresses(target: &Target) -> Outcome {
    let (port, contacts) = trap();
    let here = format!("127.0.0.1:{port}");
    let schemes = ["http://", "https://", "ftp://", "gopher://", "file://", "//", ""];
    let own = schemes.map(|scheme| format!("{scheme}{here}/latest/meta-data"));
    let urls = own.into_iter().chain(["http://169.254.169.254/latest/meta-data".to_owned()]);
    let requests = urls.flat_map(|url| in_addresses(target, &url).into_iter().chain(in_bodies(target, &url)));
    let mut answers = answers(target, requests);
    thread::sleep(LATER);
    let contacted = contacts.load(Ordering::SeqCst);
    (0..contacted).for_each(|_| answers.note("fetched"));
    Outcome { answers, note: format!("the listener was contacted {contacted} times") }
}

/// A listener that nobody must contact.
fn trap() -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, contacts) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&contacts);
    thread::spawn(move || listener.incoming().for_each(|_| _ = count.fetch_add(1, Ordering::SeqCst)));
    (port, contacts)
}

fn in_addresses(target: &Target, url: &str) -> Vec<Vec<u8>> {
    let url = url.replace(':', "%3A").replace('/', "%2F");
    let get = [
        format!("/api/v1/search?q={url}"),
        format!("/api/v1/search?q=a&like={url}"),
        format!("/api/v1/search?q=id%3A{url}"),
        format!("/api/v1/images/{url}"),
        format!("/api/v1/images/{url}/original"),
        format!("/api/v1/searches/{url}"),
        format!("/api/v1/indexer/folders?path={url}"),
    ];
    let post = [format!("/api/v1/models/{url}/pull"), format!("/api/v1/models/{url}/use")];
    let get = get.iter().map(|address| target.head("GET", address, "").into_bytes());
    get.chain(post.iter().map(|address| target.post(address, "application/json", "", b""))).collect()
}

fn in_bodies(target: &Target, url: &str) -> Vec<Vec<u8>> {
    let picture = json!({ "type": "url", "value": url });
    let bodies: [(&str, Value); 12] = [
        ("/api/v1/search", json!({ "query": url })),
        ("/api/v1/search", json!({ "query": "a", "like": [url] })),
        ("/api/v1/search", json!({ "query": "a", "filter": { "in": url } })),
        ("/api/v1/rank", json!({ "query": "a", "paths": [url] })),
        ("/api/v1/classify", json!({ "labels": [url, "b"], "ids": [target.photo] })),
        ("/api/v1/evaluations", json!({ "dataset": url, "templates": ["{}"] })),
        ("/api/v1/indexer/watched", json!({ "folders": [url] })),
        ("/api/search/smart", json!({ "query": url })),
        ("/clip/compare", json!({ "subject": picture, "prompt": ["a"] })),
        ("/clip/compare", json!({ "subject": { "type": "base64", "value": url }, "prompt": ["a"] })),
        ("/clip/embed_image", json!({ "image": picture })),
        ("/clip/embed_text", json!({ "text": url, "clip_version_id": url })),
    ];
    let bodies = bodies.iter().map(|(address, body)| (*address, "application/json", body.to_string().into_bytes()));
    let upload = ("/api/v1/search/image", "image/jpeg", url.as_bytes().to_vec());
    let field =
        |name: &str, value: &str| format!("--X\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    let entries = json!({ "clip": { "visual": { "modelName": url } } }).to_string();
    let predict = field("entries", &entries) + &field("image", url) + "--X--\r\n";
    let form = field("image", url) + "--X--\r\n";
    let multipart = "multipart/form-data; boundary=X";
    let forms = [("/predict", multipart, predict), ("/api/v1/search/image", multipart, form)];
    let forms = forms.map(|(address, media, form)| (address, media, form.into_bytes()));
    let all = bodies.chain([upload]).chain(forms);
    all.map(|(address, media, body)| target.post(address, media, "", &body)).collect()
}
