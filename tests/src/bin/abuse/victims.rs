//! The servers that are attacked: one without a token, one with a token and a person.

use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use foray_tests::{Sandbox, ServerProcess, get, get_with, post_json, wait_until};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::json;

use crate::By;
use crate::target::Target;

const TOKEN: &str = "0123456789abcdef0123456789abcdef";
/// Where nobody listens: what the server may fetch from its hub is no matter here.
const NO_HUB: &str = "http://127.0.0.1:9";

/// It asks for five seconds.
const FORGIVING: Duration = Duration::from_secs(30);

/// Both of them.
pub struct Victims {
    open: Victim,
    guarded: Victim,
}

/// One server.
pub struct Victim {
    sandbox: Sandbox,
    server: ServerProcess,
    /// The page's key or the token.
    secret: String,
    /// The session of a browser that is logged in.
    pub cookie: String,
    photo: String,
}

impl Victims {
    /// Starts both on the bundled photos.
    pub fn start() -> Self {
        // The servers take it over.
        let limit = getrlimit(Resource::Nofile);
        let most = Rlimit { current: limit.maximum, ..limit };
        setrlimit(Resource::Nofile, most).unwrap();
        Self { open: Victim::open(), guarded: Victim::guarded() }
    }

    /// The server that somebody of this kind attacks.
    pub fn of(&mut self, by: By) -> &mut Victim {
        if matches!(by, By::Neighbour | By::Owner) { &mut self.open } else { &mut self.guarded }
    }

    /// How many photos each has.
    pub fn photos(&self) -> u64 {
        self.open.server.photos()
    }

    /// How many files and connections a server may have open.
    pub fn open_files(&self) -> String {
        let limits = fs::read_to_string(format!("/proc/{}/limits", self.open.server.pid())).unwrap_or_default();
        let line = limits.lines().find(|line| line.starts_with("Max open files"));
        line.and_then(|line| line.split_whitespace().nth(3)).unwrap_or("as many as it likes").to_owned()
    }
}

impl Victim {
    fn open() -> Self {
        let sandbox = Sandbox::with_samples();
        sandbox.index();
        let mut server = ServerProcess::start_command(serve(&sandbox));
        let secret = server.page_key();
        Self::with(sandbox, server, secret.clone(), &json!({ "key": secret }))
    }

    fn guarded() -> Self {
        let sandbox = Sandbox::with_samples();
        sandbox.index();
        let config = sandbox.path().join("people.toml");
        fs::write(&config, format!("[[users]]\nname = \"anna\"\npassword = {:?}\n", hash(&sandbox))).unwrap();
        let mut command = serve(&sandbox);
        command.arg("--config").arg(config).env("FORAY_TOKEN", TOKEN);
        let server = ServerProcess::start_command(command);
        Self::with(sandbox, server, TOKEN.to_owned(), &json!({ "token": TOKEN }))
    }

    fn with(sandbox: Sandbox, server: ServerProcess, secret: String, log_in: &serde_json::Value) -> Self {
        let session = post_json(&server.url("/api/v1/session"), log_in);
        let cookie = session.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let found = get_with(&server.url("/api/v1/search?q=a+cat&limit=1"), "cookie", &cookie).json();
        let photo = found["results"][0]["id"].as_str().unwrap().to_owned();
        Self { sandbox, server, secret, cookie, photo }
    }

    /// The server as somebody of this kind sees it.
    pub fn seen_by(&self, by: By) -> Target {
        let (name, shows) = match by {
            By::Neighbour => ("local user", false),
            By::Owner => ("page's key", true),
            By::Stranger => ("without token", false),
            By::Insider => ("with token", true),
        };
        let address = self.server.base().trim_start_matches("http://").to_owned();
        let bearer = shows.then(|| self.secret.clone());
        Target { by: name, address, bearer, pid: self.server.pid(), photo: self.photo.clone() }
    }

    /// Has it forget the wrong tokens that came from this address, which all attacks share: whoever knows the right one is forgiven.
    pub fn forgive(&self) {
        let status = self.server.url("/api/v1/status");
        let knows = || get_with(&status, "authorization", &format!("Bearer {}", self.secret)).status == 200;
        wait_until("the server listens to this address again", FORGIVING, knows);
    }

    /// Whether it still answers, and nothing in it broke down.
    pub fn is_sound(&self) -> bool {
        let log = fs::read_to_string(log(&self.sandbox)).unwrap();
        get(&self.server.url("/healthz")).status == 200 && !log.contains("panicked")
    }
}

/// Where a server says what went wrong.
fn log(sandbox: &Sandbox) -> PathBuf {
    sandbox.path().join("log")
}

/// The server's command with what both have in common.
fn serve(sandbox: &Sandbox) -> Command {
    let mut command = sandbox.command(["serve", "--bind", "127.0.0.1:0"]);
    command.env("HF_ENDPOINT", NO_HUB).stderr(File::create(log(sandbox)).unwrap());
    command
}

/// The hash of a password that nobody guesses.
fn hash(sandbox: &Sandbox) -> String {
    let mut command = sandbox.command(["password"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"correct horse battery staple\n").unwrap();
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap().trim().to_owned()
}
