//! Heads that are too large, and requests of which two servers would think differently.

use std::time::Duration;

use crate::raw::{Raw, answers, status};
use crate::target::{Answers, Outcome, Target};

const PATIENCE: Duration = Duration::from_secs(10);

pub fn bombs(target: &Target) -> Outcome {
    let many: String = (0..10_000).map(|number| format!("X-{number}: a\r\n")).collect();
    let long = |bytes: usize| "a".repeat(bytes);
    let heads = [
        target.head("GET", "/api/v1/status", &many),
        target.head("GET", "/api/v1/status", &format!("X-Long: {}\r\n", long(1 << 20))),
        target.head("GET", "/api/v1/status", &format!("Cookie: foray-session={}\r\n", long(256 << 10))),
        target.head("GET", &format!("/{}", long(64 << 10)), ""),
        target.head("GET", &format!("/api/v1/search?q={}", long(64 << 10)), ""),
        target.head("GET", "/api/v1/status", &long(16 << 20)),
        target.head(&long(64 << 10), "/api/v1/status", ""),
    ];
    answers(target, heads).into()
}

/// What follows the first request must not be answered: a proxy in front may have taken it for a part of that one's body.
pub fn smuggling(target: &Target) -> Outcome {
    let hidden = target.head("GET", "/healthz", "");
    let long = hidden.len() + 5;
    let ended = format!("0\r\n\r\n{hidden}");
    let (length, chunked) = (format!("Content-Length: {long}\r\n"), "Transfer-Encoding: chunked\r\n");
    let shapes = [
        (format!("{length}{chunked}"), &ended),
        (format!("{chunked}{length}"), &ended),
        (format!("Content-Length: 2\r\n{length}"), &ended),
        (format!("{length}Content-Length: 2\r\n"), &ended),
        ("Content-Length: 2, 2\r\n".to_owned(), &ended),
        ("Content-Length: +2\r\n".to_owned(), &ended),
        ("Content-Length: -1\r\n".to_owned(), &ended),
        ("Content-Length: 0x2\r\n".to_owned(), &ended),
        (format!("Content-Length : 2\r\n{chunked}"), &ended),
        ("Transfer-Encoding: xchunked\r\n".to_owned(), &ended),
        ("Transfer-Encoding: chunked, identity\r\n".to_owned(), &ended),
        ("Transfer-Encoding : chunked\r\n".to_owned(), &ended),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n".to_owned(), &ended),
        (format!("X: y\r\n {length}"), &ended),
    ];
    let mut answers = Answers::default();
    for (headers, rest) in shapes {
        let headers = format!("Content-Type: application/json\r\n{headers}");
        let request = target.head("POST", "/api/v1/search", &headers) + rest;
        answers.note(told(target, request.as_bytes()));
    }
    let beyond = target.head("POST", "/api/v1/search", chunked) + "fffffffffffffffff\r\n" + &hidden;
    answers.note(told(target, beyond.as_bytes()));
    answers.into()
}

/// How many answers came, unless it was one.
fn told(target: &Target, request: &[u8]) -> String {
    let Some(mut raw) = Raw::open(target) else { return "not taken".to_owned() };
    raw.send(request);
    let answer = raw.read_all(PATIENCE);
    let count = answer.windows(9).filter(|window| *window == b"HTTP/1.1 ").count();
    match (count, status(&answer)) {
        (0, _) | (_, None) => "closed".to_owned(),
        (1, Some(status)) => status.to_string(),
        (_, Some(status)) => format!("{status} and another answer"),
    }
}
