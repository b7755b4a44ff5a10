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

use foray_tests::{Run, Sandbox, ServerProcess, get, get_with, post_json, samples, send_as, wait_until};
use serde_json::{Value, json};

/// Copies of each bundled photograph that are other photos to the library.
const VARIANTS: usize = 30;
const PATIENCE: Duration = Duration::from_secs(240);

/// A server of Milvus Lite.
struct Lite {
    data: tempfile::TempDir,
    port: u16,
    child: Killed,
}

impl Lite {
    fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let port = free_port();
        let child = Self::spawn(data.path(), port);
        Self { data, port, child }
    }

    fn spawn(data: &Path, port: u16) -> Killed {
        let mut command = Command::new(beside_lite("milvus-lite"));
        command.args(["server", "--host", "127.0.0.1", "--max-workers", "1", "--port", &port.to_string()]);
        command.arg("--data-dir").arg(data).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Killed(command.spawn().unwrap())
    }

    fn kill(&mut self) {
        self.child.0.kill().unwrap();
        self.child.0.wait().unwrap();
    }

    fn start_again(&mut self) {
        self.child = Self::spawn(self.data.path(), self.port);
    }

    fn address(&self) -> String {
        format!("milvus://127.0.0.1:{}/photos", self.port)
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A program of the virtual environment that Milvus Lite is in.
fn beside_lite(program: &str) -> PathBuf {
    let lite = std::env::var("FORAY_TEST_MILVUS_LITE").expect("`make test-milvus` sets FORAY_TEST_MILVUS_LITE");
    PathBuf::from(lite).with_file_name(program)
}

/// A process, killed when dropped.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
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
    let backup = send_as(&one.page_key(), "POST", &one.url("/api/v1/backup"), &json!(null));
    backup.is_problem(400, "folder of this machine");
    one.signal("KILL");
    one.wait();
    assert_eq!(ask(&other), found);
    assert_eq!(ask(&machine.serve()), found);
}

#[test]
fn indexers_and_servers_wait_while_milvus_is_down() {
    let mut lite = Lite::start();
    let (shared, photos) = shared_folder();
    let machine = Machine::new(&lite, shared.path());
    let indexer = machine.index();
    wait_until("some photos are indexed", PATIENCE, || machine.count() > 20);
    let server = machine.serve();
    let asked = || get(&server.url("/api/v1/search?q=a+flower")).status;
    assert_eq!(asked(), 200);
    lite.kill();
    get(&server.url("/api/v1/search?q=a+flower")).is_problem(503, "does not answer");
    machine.run(&["status"]).fails_saying(&["does not answer", "milvus://127.0.0.1"]);
    thread::sleep(Duration::from_secs(3));
    lite.start_again();
    wait_until("the server answers again", PATIENCE, || asked() == 200);
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
fn other_versions_and_other_peoples_collections_are_refused() {
    let lite = Lite::start();
    let (shared, _) = shared_folder();
    let machine = Machine::new(&lite, shared.path());
    wait_until("Milvus answers", PATIENCE, || !machine.run(&["status"]).err.contains("does not answer"));
    let endpoint = format!("http://127.0.0.1:{}", lite.port);
    python(
        "from pymilvus import MilvusClient; MilvusClient(sys.argv[1]).create_collection('photos_files', 4)",
        &endpoint,
    );
    machine.run(&["index", &machine.photos()]).fails_saying(&["photos_files", "not made by Foray", "no column"]);
    python("from pymilvus import MilvusClient; MilvusClient(sys.argv[1]).drop_collection('photos_files')", &endpoint);
    let empty = shared.path().join("empty");
    fs::create_dir(&empty).unwrap();
    assert_eq!(machine.run(&["index", &empty.display().to_string()]).code, Some(0));
    let newer = "from pymilvus import MilvusClient; import base64; MilvusClient(sys.argv[1]).upsert('photos_documents', \
                 {'id': 'meta/' + b'schema'.hex() + '/0', 'piece': base64.b64encode(b'99').decode().rstrip('='), \
                 'pieces': 1, 'written': 1, 'nothing': [1.0, 0.0]})";
    python(newer, &endpoint);
    machine.run(&["status"]).fails_saying(&["schema version 99", "reads version 1"]);
}

/// Runs a line of Python that knows Milvus's own client.
#[track_caller]
fn python(line: &str, argument: &str) {
    let run =
        Command::new(beside_lite("python")).args(["-c", &format!("import sys; {line}"), argument]).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
}

#[test]
fn previews_lie_in_an_object_store() {
    let lite = Lite::start();
    let (shared, _) = shared_folder();
    let machine = Machine::new(&lite, shared.path());
    let port = free_port();
    let mut moto = Command::new(beside_lite("moto_server"));
    moto.args(["-H", "127.0.0.1", "-p", &port.to_string()]).stdout(Stdio::null()).stderr(Stdio::null());
    let _objects = Killed(moto.spawn().unwrap());
    let endpoint = format!("http://127.0.0.1:{port}");
    let s3 = |mut command: Command| {
        command.env("FORAY_PREVIEWS", "s3://previews/of/photos").env("AWS_ENDPOINT", &endpoint);
        command.env("AWS_ALLOW_HTTP", "true").env("AWS_ACCESS_KEY_ID", "key").env("AWS_SECRET_ACCESS_KEY", "secret");
        command.env("AWS_REGION", "us-east-1");
        command
    };
    wait_until("the object store makes a bucket", PATIENCE, || put(&format!("{endpoint}/previews")));
    let some = shared.path().join("some");
    fs::create_dir(&some).unwrap();
    for file in jpegs(&samples()) {
        fs::copy(&file, some.join(file.file_name().unwrap())).unwrap();
    }
    let index = s3(machine.command(&["index", &some.display().to_string(), "--json"]));
    let indexed = Run::from({ index }.output().unwrap()).json()["indexed"].as_u64().unwrap();
    let server = ServerProcess::start_command(s3(machine.command(&["serve", "--bind", "127.0.0.1:0", "--quiet"])));
    let hit = server.api("/search?q=a+flower&limit=1")["results"][0]["id"].clone();
    let preview = get(&server.url(&format!("/api/v1/images/{}/thumbnail", hit.as_str().unwrap())));
    assert_eq!((preview.status, preview.media.as_str(), &preview.body[..2]), (200, "image/jpeg", &[0xff, 0xd8][..]));
    let listed = get(&format!("{endpoint}/previews?list-type=2&prefix=of/photos/")).body;
    assert_eq!(String::from_utf8_lossy(&listed).matches("<Key>").count() as u64, indexed);
    let missing = "0".repeat(32);
    assert_eq!(get(&server.url(&format!("/api/v1/images/{missing}/thumbnail"))).status, 404);
    let mut without_keys = machine.command(&["status"]);
    without_keys.env("FORAY_PREVIEWS", "s3://");
    Run::from(without_keys.output().unwrap()).fails_saying(&["s3://", "--previews"]);
}

fn put(url: &str) -> bool {
    ureq::put(url).send_empty().is_ok_and(|reply| reply.status() == 200)
}

#[test]
fn a_session_of_one_server_holds_on_all() {
    let lite = Lite::start();
    let (shared, _) = shared_folder();
    let machine = Machine::new(&lite, shared.path());
    wait_until("Milvus answers", PATIENCE, || !machine.run(&["status"]).err.contains("does not answer"));
    let guarded = || {
        let mut command = machine.command(&["serve", "--bind", "127.0.0.1:0", "--quiet"]);
        command.env("FORAY_TOKEN", "the-token-of-both-servers");
        ServerProcess::start_command(command)
    };
    let (one, other) = (guarded(), guarded());
    assert_eq!(get(&other.url("/api/v1/status")).status, 401);
    let login = post_json(&one.url("/api/v1/session"), &json!({"token": "the-token-of-both-servers"}));
    let cookie = login.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    assert_eq!(get_with(&other.url("/api/v1/status"), "cookie", &cookie).status, 200);
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

/// Milvus Lite behind a password.
struct Guarded {
    port: u16,
    _child: Killed,
    _data: tempfile::TempDir,
}

impl Guarded {
    fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let port = free_port();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/milvus_with_password.py");
        let mut command = Command::new(beside_lite("python"));
        command.arg(script).arg(data.path()).arg(port.to_string());
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        Self { port, _child: Killed(child), _data: data }
    }
}
