//! Many processes on one library on Milvus: indexers that share the work, servers that answer alike, a server of Milvus that goes
//! down, and the way there and back. Needs Milvus Lite, which `make test-milvus` sets up.
#![cfg(feature = "milvus")]
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use foray_tests::{Run, Sandbox, ServerProcess, get, post_json, samples, wait_until};
use serde_json::{Value, json};

/// Copies of each bundled photograph that are other photos to the library.
const VARIANTS: usize = 30;
const PATIENCE: Duration = Duration::from_secs(240);

/// A server of Milvus Lite, killed when dropped.
struct Lite {
    data: tempfile::TempDir,
    port: u16,
    child: Child,
}

impl Lite {
    fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Self::spawn(data.path(), port);
        Self { data, port, child }
    }

    fn spawn(data: &Path, port: u16) -> Child {
        let binary = std::env::var("FORAY_TEST_MILVUS_LITE").expect("`make test-milvus` sets FORAY_TEST_MILVUS_LITE");
        let mut command = Command::new(binary);
        command.args(["server", "--host", "127.0.0.1", "--max-workers", "1", "--port", &port.to_string()]);
        command.arg("--data-dir").arg(data).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().unwrap()
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn start_again(&mut self) {
        self.child = Self::spawn(self.data.path(), self.port);
    }

    fn address(&self) -> String {
        format!("milvus://127.0.0.1:{}/photos", self.port)
    }
}

impl Drop for Lite {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A machine's own folders, with photos that all machines see.
struct Machine<'a> {
    sandbox: Sandbox,
    store: String,
    shared: &'a Path,
}

impl<'a> Machine<'a> {
    fn new(lite: &Lite, shared: &'a Path) -> Self {
        Self { sandbox: Sandbox::new(), store: lite.address(), shared }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.sandbox.command(arguments);
        command
            .env_remove("FORAY_LIBRARY")
            .env("XDG_DATA_HOME", self.sandbox.path().join("data"))
            .env("FORAY_STORE", &self.store)
            .env("FORAY_PREVIEWS", self.shared.join("previews"));
        command
    }

    fn run(&self, arguments: &[&str]) -> Run {
        self.command(arguments).output().unwrap().into()
    }

    fn index(&self) -> Child {
        let photos = self.photos();
        let mut command = self.command(&["index", &photos, "--json", "--quiet"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    fn serve(&self) -> ServerProcess {
        ServerProcess::start_command(self.command(&["serve", "--bind", "127.0.0.1:0", "--quiet"]))
    }

    fn photos(&self) -> String {
        self.shared.join("photos").display().to_string()
    }

    fn status(&self) -> Value {
        self.run(&["status", "--json"]).json()
    }

    /// How many photos the library has, if there is one already.
    fn count(&self) -> u64 {
        let status: Value = serde_json::from_slice(&self.run(&["status", "--json"]).out).unwrap_or_default();
        status["photos"].as_u64().unwrap_or(0)
    }
}

/// What all machines mount: photos, as many as are told, and room for previews.
fn shared_folder() -> (tempfile::TempDir, usize) {
    let shared = tempfile::tempdir().unwrap();
    let photos = shared.path().join("photos");
    fs::create_dir(&photos).unwrap();
    let mut count = 0;
    for file in jpegs(&samples()) {
        let content = fs::read(&file).unwrap();
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        for variant in 0..VARIANTS {
            // What stands behind a JPEG's end is no part of the picture, but of the file.
            let bytes = [content.as_slice(), &[variant as u8]].concat();
            fs::write(photos.join(format!("{name}-{variant}.jpg")), bytes).unwrap();
            count += 1;
        }
    }
    (shared, count)
}

fn jpegs(folder: &Path) -> Vec<PathBuf> {
    let mut files = vec![];
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(jpegs(&path));
        } else if path.extension().is_some_and(|extension| extension == "jpg") {
            files.push(path);
        }
    }
    files
}

#[track_caller]
fn summary(child: Child) -> Value {
    Run::from(child.wait_with_output().unwrap()).json()
}

#[track_caller]
fn assert_holds(machine: &Machine<'_>, photos: usize) {
    let status = machine.status();
    assert_eq!((&status["photos"], &status["files"], &status["failed"]), (&json!(photos), &json!(photos), &json!(0)));
    assert_eq!(status["space"]["vectors"], json!(photos), "{status}");
    let again = machine.run(&["index", &machine.photos(), "--json", "--quiet"]).json();
    assert_eq!((&again["unchanged"], &again["indexed"], &again["removed"]), (&json!(photos), &json!(0), &json!(0)));
}

#[test]
fn two_indexers_share_the_work() {
    let lite = Lite::start();
    let (shared, photos) = shared_folder();
    let (one, other) = (Machine::new(&lite, shared.path()), Machine::new(&lite, shared.path()));
    let both = [one.index(), other.index()].map(summary);
    let indexed = both.each_ref().map(|summary| summary["indexed"].as_u64().unwrap());
    assert_eq!(indexed.iter().sum::<u64>(), photos as u64, "photos were embedded twice, or not at all: {both:?}");
    assert!(indexed.iter().all(|&share| share > 0), "one of them did everything: {both:?}");
    assert_holds(&one, photos);
    println!("two indexers embedded {} and {} of {photos} photos, none twice", indexed[0], indexed[1]);
}

#[test]
fn a_killed_indexer_is_replaced() {
    let lite = Lite::start();
    let (shared, photos) = shared_folder();
    let (one, other) = (Machine::new(&lite, shared.path()), Machine::new(&lite, shared.path()));
    let (mut victim, survivor) = (one.index(), other.index());
    wait_until("some photos are indexed", PATIENCE, || other.count() > 20);
    victim.kill().unwrap();
    victim.wait().unwrap();
    let committed = other.status()["photos"].as_u64().unwrap();
    let summary = summary(survivor);
    assert_holds(&other, photos);
    println!(
        "{committed} photos were there when one of two indexers was killed; the other ended with {photos}: {summary}"
    );
}

#[test]
fn servers_answer_alike_and_one_may_die() {
    let lite = Lite::start();
    let (shared, photos) = shared_folder();
    let machine = Machine::new(&lite, shared.path());
    assert_eq!(summary(machine.index())["indexed"], json!(photos));
    let (mut one, other) = (machine.serve(), Machine::new(&lite, shared.path()));
    let other = other.serve();
    let ask = |server: &ServerProcess| -> Vec<String> {
        let answer = server.api("/search?q=a+flower&limit=20");
        answer["results"].as_array().unwrap().iter().map(|hit| hit["id"].as_str().unwrap().to_owned()).collect()
    };
    let found = ask(&one);
    assert_eq!((found.len(), &found), (20, &ask(&other)));
    // What one is told, the other knows.
    assert_eq!(machine.run(&["--server", one.base(), "search", "a flower", "--save", "flowers"]).code, Some(0));
    assert_eq!(other.api("/searches")["searches"][0]["name"], "flowers");
    let tagged = post_json(&one.url("/api/v1/tags"), &json!({"ids": [found[0]], "tag": "best"}));
    assert_eq!(tagged.status, 200, "{tagged:?}");
    let best = other.api("/search?q=tag:best");
    assert_eq!(best["results"][0]["id"], json!(found[0]));
    assert_eq!(get(&other.url(&format!("/api/v1/images/{}/thumbnail", found[0]))).status, 200);
    for path in ["/unusual?limit=5", "/map", "/facets", "/duplicates"] {
        wait_until(path, PATIENCE, || get(&other.url(&format!("/api/v1{path}"))).status == 200);
    }
    one.signal("KILL");
    one.wait();
    assert_eq!(ask(&other), found);
    assert_eq!(ask(&machine.serve()), found);
}

#[test]
fn an_indexer_waits_while_milvus_is_down() {
    let mut lite = Lite::start();
    let (shared, photos) = shared_folder();
    let machine = Machine::new(&lite, shared.path());
    let indexer = machine.index();
    wait_until("some photos are indexed", PATIENCE, || machine.count() > 20);
    lite.kill();
    machine.run(&["status"]).fails_saying(&["does not answer", "milvus://127.0.0.1"]);
    thread::sleep(Duration::from_secs(3));
    lite.start_again();
    let summary = summary(indexer);
    assert_holds(&machine, photos);
    println!("Milvus was killed and started again meanwhile: {summary}");
}

#[test]
fn a_library_migrates_there_and_back() {
    let lite = Lite::start();
    let (shared, _) = shared_folder();
    let machine = Machine::new(&lite, shared.path());
    let photos = machine.photos();
    fs::write(Path::new(&photos).join("torn.jpg"), "no picture").unwrap();
    let (first, second) = (machine.sandbox.path().join("first"), machine.sandbox.path().join("second"));
    let (first, second) = (first.display().to_string(), second.display().to_string());
    let embedded = |arguments: &[&str], library: &str| -> Run {
        let mut command = machine.command(arguments);
        command.env_remove("FORAY_STORE").env("FORAY_LIBRARY", library).output().unwrap().into()
    };
    let indexed = embedded(&["index", &photos, "--json"], &first).json();
    let there = embedded(&["migrate", "--to", &lite.address(), "--json"], &first).json();
    assert_eq!((&there["photos"], &there["failures"]), (&indexed["indexed"], &json!(1)));
    assert_eq!(
        (&there["queries"], &there["alike"]),
        (&json!(200.min(indexed["indexed"].as_u64().unwrap())), &there["queries"])
    );
    let again = machine.run(&["index", &photos, "--json"]).json();
    assert_eq!((&again["indexed"], &again["unchanged"]), (&json!(0), &json!(indexed["indexed"].as_u64().unwrap() + 1)));
    // A second time changes nothing; and back.
    assert_eq!(embedded(&["migrate", "--to", &lite.address(), "--json"], &first).json(), there);
    let back = machine.run(&["migrate", "--to", &second, "--json"]).json();
    assert_eq!(back, there);
    let query = ["search", "a flower", "--json", "-n", "20"];
    let results = |run: Run| -> Vec<Value> {
        run.json()["results"].as_array().unwrap().iter().map(|hit| hit["path"].clone()).collect()
    };
    assert_eq!(results(embedded(&query, &first)), results(embedded(&query, &second)));
    embedded(&["migrate", "--to", &first], &first).fails_saying(&["already"]);
}

#[test]
fn what_cannot_be_used_is_told() {
    let lite = Lite::start();
    let (shared, _) = shared_folder();
    let machine = Machine::new(&lite, shared.path());
    let with = |store: &str, arguments: &[&str]| -> Run {
        machine.command(arguments).env("FORAY_STORE", store).output().unwrap().into()
    };
    wait_until("Milvus answers", PATIENCE, || !with(&lite.address(), &["status"]).err.contains("does not answer"));
    with("milvus://127.0.0.1:1/photos", &["status"]).fails_saying(&["127.0.0.1:1", "does not answer", "--store"]);
    with("http://127.0.0.1:19530", &["status"]).fails_saying(&["milvus://host:19530/collection"]);
    with(&lite.address(), &["status"]).fails_saying(&["no photo library", "foray index"]);
    with(&lite.address(), &["backup", "file"]).fails_saying(&["no photo library"]);
    let one = shared.path().join("photos").join("one");
    fs::create_dir(&one).unwrap();
    fs::copy(&jpegs(&samples())[0], one.join("a.jpg")).unwrap();
    let one = one.display().to_string();
    assert_eq!(with(&lite.address(), &["index", &one, "--json"]).json()["indexed"], json!(1));
    with(&lite.address(), &["backup", "file"]).fails_saying(&["folder of this machine", "migrate"]);
    with(&lite.address(), &["index", "--repair", &one]).fails_saying(&["--repair"]);
}

#[test]
fn credentials_are_asked_for_and_taken() {
    let lite = Lite::start();
    let (shared, _) = shared_folder();
    let guarded = Guarded::start();
    let machine = Machine::new(&lite, shared.path());
    let store = format!("milvus://127.0.0.1:{}/photos", guarded.port);
    let run = |token: Option<&str>| -> Run {
        let mut command = machine.command(&["status"]);
        command.env("FORAY_STORE", &store);
        command.envs(token.map(|token| ("FORAY_STORE_TOKEN", token)));
        command.output().unwrap().into()
    };
    wait_until("Milvus answers", PATIENCE, || !run(None).err.contains("does not answer"));
    run(None).fails_saying(&["refuses the credentials", "FORAY_STORE_TOKEN"]);
    run(Some("root:wrong")).fails_saying(&["refuses the credentials"]);
    run(Some("root:Milvus")).fails_saying(&["no photo library"]);
    let in_address = format!("milvus://root:Milvus@127.0.0.1:{}/photos", guarded.port);
    let told: Run = machine.command(&["status"]).env("FORAY_STORE", in_address).output().unwrap().into();
    told.fails_saying(&["no photo library"]);
    assert!(!told.err.contains("root:Milvus"), "{}", told.err);
}

/// Milvus Lite behind a password, killed when dropped.
struct Guarded {
    port: u16,
    child: Child,
    _data: tempfile::TempDir,
}

impl Guarded {
    fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let lite = PathBuf::from(std::env::var("FORAY_TEST_MILVUS_LITE").unwrap());
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/milvus_with_password.py");
        let mut command = Command::new(lite.with_file_name("python"));
        command.arg(script).arg(data.path()).arg(port.to_string());
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        Self { port, child, _data: data }
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
