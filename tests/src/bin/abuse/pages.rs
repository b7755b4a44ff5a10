//! Pages of other sites: names that are bent to this machine, and origins that are not the server's.

use crate::raw::answers;
use crate::target::{Outcome, Target};

const HOSTS: [&str; 10] = [
    "evil.example",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "localhost@evil.example",
    "127.0.0.1:80@evil.example",
    "0.0.0.0",
    "[::ffff:10.0.0.1]",
    "localhost evil.example",
    "169.254.169.254",
    "",
];
const ORIGINS: [&str; 6] = [
    "http://evil.example",
    "null",
    "file://",
    "http://localhost",
    "http://127.0.0.1:1",
    "http://127.0.0.1.evil.example",
];

/// DNS rebinding: the name of another site leads here.
pub fn names(target: &Target) -> Outcome {
    let heads = HOSTS.iter().map(|host| target.head("GET", "/api/v1/status", "").replacen(&target.address, host, 1));
    let nameless = target.head("GET", "/api/v1/status", "").replacen(&format!("Host: {}\r\n", target.address), "", 1);
    answers(target, heads.chain([nameless])).into()
}

pub fn origins(target: &Target) -> Outcome {
    let of = |origin: &str| {
        let headers = format!("Origin: {origin}\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n");
        let ask = |method: &str, address: &str| target.head(method, address, &headers);
        [ask("GET", "/api/v1/status"), ask("POST", "/api/v1/maintenance"), ask("OPTIONS", "/api/v1/search")]
    };
    answers(target, ORIGINS.into_iter().flat_map(of)).into()
}
