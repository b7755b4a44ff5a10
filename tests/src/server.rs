//! A running `foray serve` or `foray up`, killed when dropped.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::{Sandbox, get, wait_until};

/// The process and where it serves.
pub struct ServerProcess {
    child: Child,
    url: String,
    /// What else it prints; open, as in a terminal.
    out: BufReader<ChildStdout>,
}

impl ServerProcess {
    /// Starts the binary with these arguments on a free port and waits until it serves.
    pub fn start<S: AsRef<OsStr>>(sandbox: &Sandbox, arguments: impl IntoIterator<Item = S>) -> Self {
        let mut command = sandbox.command(arguments);
        command.args(["--bind", "127.0.0.1:0"]);
        Self::start_command(command)
    }

    /// Starts this command, which must serve, and waits until it does.
    pub fn start_command(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let (mut line, mut out) = (String::new(), BufReader::new(child.stdout.take().unwrap()));
        out.read_line(&mut line).unwrap();
        let url = line.split_whitespace().find(|word| word.starts_with("http://"));
        let url = url.unwrap_or_else(|| panic!("no URL in {line:?}")).to_owned();
        let server = Self { child, url, out };
        wait_until("the server answers", Duration::from_secs(10), || get(&server.url("/healthz")).status == 200);
        server
    }

    /// The address of `path` on this server.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// The server's base address.
    pub fn base(&self) -> &str {
        &self.url
    }

    /// The key in the link that it prints as its second line, where it has no token.
    pub fn page_key(&mut self) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        let (_, key) = line.trim().split_once("/#/?key=").unwrap_or_else(|| panic!("no key in {line:?}"));
        key.to_owned()
    }

    /// GET of `path` under `/api/v1`, which must succeed.
    #[track_caller]
    pub fn api(&self, path: &str) -> Value {
        let reply = get(&self.url(&format!("/api/v1{path}")));
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()
    }

    /// How many photos its library has.
    pub fn photos(&self) -> u64 {
        self.api("/status")["photos"].as_u64().unwrap()
    }

    /// The process's id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal such as `INT` or `KILL`.
    pub fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([&format!("-{signal}"), &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits for its end.
    pub fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
