//! Who is attacked and as whom, and how what came back is counted.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::time::Duration;

use foray_tests::MemoryWatch;

use crate::raw::Answer;

/// A server, seen by somebody.
#[derive(Clone)]
pub struct Target {
    /// Who attacks, for the report.
    pub by: &'static str,
    /// Address and port.
    pub address: String,
    /// The token or key that is shown.
    pub bearer: Option<String>,
    /// The server's process.
    pub pid: u32,
    /// A photo of its library.
    pub photo: String,
}

impl Target {
    /// The head of a request, and the empty line after it; the headers of its body are among `headers`.
    pub fn head(&self, method: &str, address: &str, headers: &str) -> String {
        let bearer = self.bearer.as_ref().map(|bearer| format!("Authorization: Bearer {bearer}\r\n"));
        let (host, bearer) = (&self.address, bearer.unwrap_or_default());
        format!("{method} {address} HTTP/1.1\r\nHost: {host}\r\n{bearer}{headers}\r\n")
    }

    /// A whole request with a body.
    pub fn post(&self, address: &str, media: &str, more: &str, body: &[u8]) -> Vec<u8> {
        let headers = format!("Content-Type: {media}\r\nContent-Length: {}\r\n{more}", body.len());
        [self.head("POST", address, &headers).as_bytes(), body].concat()
    }

    /// What the server's process holds now, MiB.
    pub fn memory(&self) -> f64 {
        let mut watch = MemoryWatch::new(Duration::from_secs(60));
        watch.look(self.pid);
        watch.resident().map_or(0.0, |trend| trend.median)
    }

    /// How many connections the server's process has open.
    pub fn connections(&self) -> usize {
        let Ok(files) = fs::read_dir(format!("/proc/{}/fd", self.pid)) else { return 0 };
        let is_socket = |file: &fs::DirEntry| {
            fs::read_link(file.path()).is_ok_and(|to| to.to_string_lossy().starts_with("socket:"))
        };
        files.flatten().filter(is_socket).count()
    }
}

/// How often each answer came.
#[derive(Clone, Debug, Default)]
pub struct Answers(pub BTreeMap<String, usize>);

impl Answers {
    /// Counts one.
    pub fn note(&mut self, label: impl Into<String>) {
        *self.0.entry(label.into()).or_default() += 1;
    }

    /// Counts the answer to a request; `nothing` says what it is when none came.
    pub fn count(&mut self, answer: Answer, nothing: &str) {
        match answer {
            Answer::Status(status) => self.note(status.to_string()),
            Answer::Closed => self.note("closed"),
            Answer::Nothing => self.note(nothing),
        }
    }

    /// How often `label` came.
    pub fn of(&self, label: &str) -> usize {
        self.0.get(label).copied().unwrap_or_default()
    }
}

impl fmt::Display for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told: Vec<String> = self.0.iter().map(|(label, count)| format!("{label} x {count}")).collect();
        f.write_str(&told.join(", "))
    }
}

/// What came of an attack.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// How it was refused.
    pub answers: Answers,
    /// What else is worth knowing.
    pub note: String,
}

impl From<Answers> for Outcome {
    fn from(answers: Answers) -> Self {
        Self { answers, note: String::new() }
    }
}
