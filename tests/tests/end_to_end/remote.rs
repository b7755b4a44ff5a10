//! `foray indexer` feeds a server on the far side of a network. Either side is killed, the network is cut, replies are lost: in
//! the end everything is there, once. `FORAY_KILLS` sets how often that happens; `make soak-hour` has 20.

use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use foray_tests::{Contents, Disk, Random, Reply, Sandbox, ServerProcess, Wire, Workload, get_with, wait_until};
use serde_json::Value;

const TOKEN: &str = "the-token-of-the-remote-tests";
/// Things that happen to the folder in each round: more than are dealt with in it, mostly.
const STEPS_A_ROUND: usize = 25;
const CATCH_UP: Duration = Duration::from_secs(240);

fn kills() -> usize {
    std::env::var("FORAY_KILLS").map_or(4, |kills| kills.parse().unwrap())
}

fn serve(sandbox: &Sandbox) -> ServerProcess {
    let mut command = sandbox.command(["serve", "--bind", "127.0.0.1:0", "--quiet"]);
    command.env("FORAY_TOKEN", TOKEN);
    ServerProcess::start_command(command)
}

/// A running `foray indexer`, killed when dropped.
struct Indexer(Child);

impl Indexer {
    fn start(sandbox: &Sandbox, url: &str, folder: &Path) -> Self {
        let arguments = ["indexer".as_ref(), "--server".as_ref(), url.as_ref(), folder.as_os_str(), "--quiet".as_ref()];
        let mut command = sandbox.command(arguments);
        Self(command.env("FORAY_TOKEN", TOKEN).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Indexer {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn status(server: &ServerProcess) -> Value {
    let reply: Reply = get_with(&server.url("/api/v1/status"), "authorization", &format!("Bearer {TOKEN}"));
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json()
}

/// The library as it is on disk after its server was stopped.
fn contents(sandbox: &Sandbox, mut server: ServerProcess) -> Contents {
    server.signal("TERM");
    assert!(server.wait().success());
    Contents::of(sandbox, &sandbox.library())
}

#[test]
fn nothing_is_lost_or_doubled_when_either_side_is_killed() {
    let (far, near) = (Sandbox::new(), Sandbox::new());
    let mut workload = Workload::new(near.photos(), 7);
    let mut server = serve(&far);
    let wire = Wire::to(server.base());
    let mut indexer = Some(Indexer::start(&near, wire.url(), &near.photos()));
    let mut random = Random(8);
    for round in 0..kills() {
        (0..STEPS_A_ROUND).for_each(|_| workload.step());
        wire.lose_next_reply();
        thread::sleep(Duration::from_secs_f64(0.2 + 3.0 * random.fraction()));
        if round % 2 == 0 {
            server.signal("KILL");
            server.wait();
            thread::sleep(Duration::from_secs_f64(random.fraction()));
            server = serve(&far);
            wire.lead_to(server.base());
        } else {
            indexer = None;
            wire.cut();
            indexer.replace(Indexer::start(&near, wire.url(), &near.photos()));
        }
        if random.below(2) == 0 {
            wire.cut();
        }
    }
    let disk = Disk::read(&near.photos());
    disk.wait_until_counted(CATCH_UP, || status(&server));
    wait_until("the indexer has told that it watches", CATCH_UP, || status(&server)["progress"]["phase"] == "watching");
    drop(indexer);
    assert_eq!(Disk::of_catalogue(&contents(&far, server)), disk);
    println!(
        "killed {} times, {} replies to commits lost: {} photos in {} files and {} failures, as on disk",
        kills(),
        wire.lost_replies(),
        disk.photos.len(),
        disk.files(),
        disk.failures.len()
    );
    assert!(wire.lost_replies() > 0, "no reply was lost: the test proves nothing of batches that are sent twice");
}

#[test]
fn a_batch_that_is_sent_again_changes_nothing() {
    let (far, near, plain) = (Sandbox::new(), Sandbox::with_samples(), Sandbox::new());
    fs::copy(&near.photo_files()[0], near.photos().join("copy.jpg")).unwrap();
    fs::write(near.photos().join("broken.jpg"), "no picture").unwrap();
    let feed = |sandbox: &Sandbox, loses: bool| {
        let server = serve(sandbox);
        let wire = Wire::to(server.base());
        if loses {
            wire.lose_next_reply();
        }
        let folder = near.photos().display().to_string();
        let run = near.command(["--server", wire.url(), "index", &folder, "--json"]).env("FORAY_TOKEN", TOKEN).output();
        let summary = foray_tests::Run::from(run.unwrap()).json();
        assert_eq!(wire.lost_replies(), usize::from(loses));
        let vectors = status(&server)["space"]["vectors"].clone();
        (summary["indexed"].clone(), vectors, contents(sandbox, server))
    };
    assert_eq!(feed(&far, true), feed(&plain, false));
}

#[test]
fn an_indexer_waits_for_a_server_that_is_not_there_yet() {
    let (far, near) = (Sandbox::new(), Sandbox::with_samples());
    let mut server = serve(&far);
    let wire = Wire::to(server.base());
    server.signal("KILL");
    server.wait();
    let _indexer = Indexer::start(&near, wire.url(), &near.photos());
    thread::sleep(Duration::from_millis(500));
    let server = serve(&far);
    wire.lead_to(server.base());
    Disk::read(&near.photos()).wait_until_counted(CATCH_UP, || status(&server));
}
