//! Kill -9 at any moment of whatever works on a library, under load.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use foray_tests::{Random, Sandbox, ServerProcess, get_with};
use serde_json::Value;

use crate::Outcome;
use crate::stage::{
    TOKEN, add, check_nothing_lost, check_service, indexer, log, nothing, photographs, serve_with_token, up,
};

/// Photos that come before each kill: more than a program that starts gets done until then, mostly.
const PHOTOS_A_ROUND: usize = 24;
const LONGEST_LIFE_SECONDS: f64 = 1.6;
/// What is killed, in turn.
const VICTIMS: [&str; 7] = ["up", "server", "indexer", "index", "reindex", "backup", "tags"];

fn kills() -> usize {
    std::env::var("FORAY_KILLS").map_or(200, |kills| kills.parse().unwrap())
}

pub fn run() -> Outcome {
    let sandbox = Sandbox::new();
    let photographs = photographs(PHOTOS_A_ROUND * kills());
    let mut fresh = photographs.chunks(PHOTOS_A_ROUND);
    let mut random = Random(1);
    let mut tally = Tally::default();
    let mut contents = nothing();
    for round in 0..kills() {
        add(&sandbox, fresh.next().unwrap_or_default(), "");
        let victim = VICTIMS[round % VICTIMS.len()];
        let life = Duration::from_secs_f64(0.02 + LONGEST_LIFE_SECONDS * random.fraction());
        let shown = kill(&sandbox, victim, life, &mut random);
        *tally.killed.entry(victim).or_default() += 1;
        if !sandbox.library().join("library.json").exists() {
            continue;
        }
        contents = check_nothing_lost(&sandbox, &contents);
        let lost: Vec<_> = shown.iter().filter(|id| !contents.photos.contains_key(*id)).collect();
        assert!(lost.is_empty(), "{victim} showed photos that are lost: {lost:?}");
        tally.shown += shown.len();
        tally.check(check_service(&sandbox, &contents));
    }
    sandbox.index();
    let whole = check_nothing_lost(&sandbox, &contents);
    assert_eq!(whole.photos.len(), sandbox.photo_files().len(), "in the end every photo is there");
    let status = sandbox.run(["status", "--json"]).json();
    assert_eq!(status["space"]["vectors"], status["photos"], "nothing stands there twice");
    Ok(tally.told(whole.photos.len()))
}

#[derive(Default)]
struct Tally {
    killed: BTreeMap<&'static str, usize>,
    shown: usize,
    answers: usize,
    back: Vec<Duration>,
}

impl Tally {
    fn check(&mut self, (back, answers): (Duration, usize)) {
        self.back.push(back);
        self.answers += answers;
    }

    fn told(mut self, photos: usize) -> Vec<String> {
        self.back.sort();
        let killed: Vec<String> = self.killed.iter().map(|(victim, count)| format!("{victim} {count}")).collect();
        let (median, longest) = (self.back[self.back.len() / 2], self.back[self.back.len() - 1]);
        vec![
            format!("killed {} times: {}", self.killed.values().sum::<usize>(), killed.join(", ")),
            format!(
                "after each, none of the photos committed before was missing, and none of {} shown to searches",
                self.shown
            ),
            format!("{} answers compared with the exact ones: no difference", self.answers),
            format!(
                "served again after {:.2} s (median), {:.2} s (longest)",
                median.as_secs_f64(),
                longest.as_secs_f64()
            ),
            format!("in the end {photos} photos, as many as files; none twice"),
        ]
    }
}

/// Lets `victim` live for so long and kills it; returns the ids of photos that it showed meanwhile.
fn kill(sandbox: &Sandbox, victim: &str, life: Duration, random: &mut Random) -> Vec<String> {
    let photos = sandbox.photos();
    match victim {
        "up" => kill_server(&mut up(sandbox), life),
        "server" | "indexer" => kill_pair(sandbox, victim == "server", life, random),
        "index" => kill_command(sandbox.command(["index".as_ref(), photos.as_os_str()]), sandbox, life),
        "reindex" => kill_command(sandbox.command(["reindex", "--verify"]), sandbox, life),
        "backup" => kill_command(sandbox.command(["backup", "backup.foray.zst"]), sandbox, life),
        _ => {
            let photo = sandbox.photo_files().swap_remove(0);
            let arguments: [&OsStr; 4] = ["tags".as_ref(), "give".as_ref(), "soak".as_ref(), photo.as_os_str()];
            kill_command(sandbox.command(arguments), sandbox, life)
        }
    }
}

fn kill_command(mut command: Command, sandbox: &Sandbox, life: Duration) -> Vec<String> {
    let mut child = command.stdout(Stdio::null()).stderr(log(sandbox)).spawn().unwrap();
    std::thread::sleep(life);
    child.kill().unwrap();
    child.wait().unwrap();
    vec![]
}

fn kill_server(server: &mut ServerProcess, life: Duration) -> Vec<String> {
    let begun = Instant::now();
    let mut shown = vec![];
    while begun.elapsed() < life {
        shown = ids_shown_by(server);
    }
    server.signal("KILL");
    server.wait();
    shown
}

/// A server and the indexer that feeds it: one is killed after `life`, and the other a moment later.
fn kill_pair(sandbox: &Sandbox, server_first: bool, life: Duration, random: &mut Random) -> Vec<String> {
    let mut server = serve_with_token(sandbox);
    let mut feeding = indexer(sandbox, server.base());
    let between = Duration::from_secs_f64(0.3 * random.fraction());
    let mut kill_indexer = |after: Duration| {
        std::thread::sleep(after);
        feeding.kill().unwrap();
        feeding.wait().unwrap();
    };
    if server_first {
        let shown = kill_server(&mut server, life);
        kill_indexer(between);
        shown
    } else {
        kill_indexer(life);
        kill_server(&mut server, between)
    }
}

fn ids_shown_by(server: &ServerProcess) -> Vec<String> {
    let address = server.url("/api/v1/search?q=a%20photo&limit=1000");
    let answer = get_with(&address, "authorization", &format!("Bearer {TOKEN}")).json();
    let id = |hit: &Value| hit["id"].as_str().unwrap().to_owned();
    answer["results"].as_array().unwrap().iter().map(id).collect()
}
