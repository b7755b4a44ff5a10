//! Bodies that are too large: by what they declare, without an end, packed, and many at once.

use std::time::Duration;

use foray_protocol::MESSAGE_PACK;

use crate::raw::{Answer, Raw};
use crate::target::{Answers, Outcome, Target};

const TEN_GIGABYTES: u64 = 10_000_000_000;
/// More than any address takes.
const MOST_PUSHED: usize = 300 << 20;
const PIECE: usize = 1 << 16;
/// Uploads that stay one byte short of their end.
const HELD: usize = 40;
const UPLOAD: usize = 63 << 20;
const PATIENCE: Duration = Duration::from_secs(20);
/// A form whose field never ends.
const FORM: &str = "--X\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a.jpg\"\r\n\r\n";

/// Addresses that take bodies, with the media type that they take and how a body begins.
const BODIES: [(&str, &str, &str); 6] = [
    ("/api/v1/search", "application/json", "{\"query\": \""),
    ("/api/v1/search/image", "image/jpeg", ""),
    ("/api/v1/search/image", "multipart/form-data; boundary=X", FORM),
    ("/predict", "multipart/form-data; boundary=X", FORM),
    ("/clip/compare", "application/json", "{\"subject\": \""),
    ("/api/v1/ingest/commit", MESSAGE_PACK, "\u{1}"),
];

pub fn declared(target: &Target) -> Outcome {
    let mut answers = Answers::default();
    for (address, media, begun) in BODIES {
        let headers = format!("Content-Type: {media}\r\nContent-Length: {TEN_GIGABYTES}\r\n");
        let begun = target.head("POST", address, &headers) + begun;
        answers.count(push(target, begun.as_bytes(), &[b'a'; PIECE]), "swallowed");
    }
    answers.into()
}

pub fn endless(target: &Target) -> Outcome {
    let mut answers = Answers::default();
    let piece = chunk(&[b'a'; PIECE]);
    for (address, media, begun) in BODIES {
        answers.count(push(target, &chunked(target, address, media, begun), &piece), "swallowed");
    }
    // Each field keeps to its limit; there are only ever more of them.
    let field = "--X\r\nContent-Disposition: form-data; name=\"limit\"\r\n\r\n7\r\n".repeat(1000);
    let begun = chunked(target, "/api/v1/search/image", "multipart/form-data; boundary=X", &field);
    answers.count(push(target, &begun, &chunk(field.as_bytes())), "swallowed");
    answers.into()
}

fn chunk(bytes: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

fn chunked(target: &Target, address: &str, media: &str, begun: &str) -> Vec<u8> {
    let headers = format!("Content-Type: {media}\r\nTransfer-Encoding: chunked\r\n");
    let begun = if begun.is_empty() { "a" } else { begun };
    [target.head("POST", address, &headers).as_bytes(), &chunk(begun.as_bytes())].concat()
}

/// Small bodies that say that they are large, or unfold to be.
pub fn packed(target: &Target) -> Outcome {
    let zeros = zstd::bulk::compress(&vec![0; 1 << 30], 1).unwrap_or_default();
    let (commit, json) = ("/api/v1/ingest/commit", "application/json");
    let nested = |open: &str, count: usize| format!("{{\"query\": \"a\", \"filter\": {}", open.repeat(count));
    let requests = [
        target.post(commit, MESSAGE_PACK, "Content-Encoding: zstd\r\n", &zeros),
        target.post(commit, MESSAGE_PACK, "Content-Encoding: gzip\r\n", &zeros),
        // A list of four billion things; a text of four gigabytes; lists in lists.
        target.post(commit, MESSAGE_PACK, "", b"\xdd\xff\xff\xff\xff"),
        target.post("/api/v1/ingest/known-files", MESSAGE_PACK, "", b"\xdd\xff\xff\xff\xff\xdb\xff\xff\xff\xff"),
        target.post("/api/v1/ingest/known-files", MESSAGE_PACK, "", &[0x91; 1 << 20]),
        target.post("/api/v1/search", json, "", nested("{\"not\":", 100_000).as_bytes()),
        target.post("/api/v1/search", json, "", nested("[", 500_000).as_bytes()),
        target.post("/api/v1/search", json, "Content-Encoding: gzip\r\n", &zeros),
    ];
    let mut answers = Answers::default();
    for request in requests {
        let Some(mut raw) = Raw::open(target) else { continue };
        raw.send(&request);
        answers.count(raw.wait(PATIENCE), "no answer");
    }
    answers.into()
}

/// Large uploads that never end, as many as would fill the memory.
pub fn held(target: &Target) -> Outcome {
    let headers = format!("Content-Type: image/jpeg\r\nContent-Length: {UPLOAD}\r\n");
    let head = target.head("POST", "/api/v1/search/image", &headers);
    let (mut open, mut answers) = (vec![], Answers::default());
    for _ in 0..HELD {
        let Some(mut raw) = Raw::open(target) else { continue };
        raw.send(head.as_bytes());
        let sent = (0..UPLOAD / PIECE - 1).all(|_| raw.send(&[b'a'; PIECE]));
        match raw.look() {
            Answer::Nothing if sent => open.push(raw),
            answer => answers.count(answer, "closed"),
        }
    }
    open.iter_mut().for_each(|raw| answers.count(raw.wait(Duration::from_millis(200)), "held"));
    answers.into()
}

/// Sends `piece` after `begun` until the server says something or has taken too much.
fn push(target: &Target, begun: &[u8], piece: &[u8]) -> Answer {
    let Some(mut raw) = Raw::open(target) else { return Answer::Closed };
    raw.send(begun);
    for _ in 0..MOST_PUSHED / piece.len() {
        match raw.look() {
            Answer::Nothing if raw.send(piece) => {}
            Answer::Nothing => return raw.wait(PATIENCE),
            answer => return answer,
        }
    }
    Answer::Nothing
}
