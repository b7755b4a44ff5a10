//! What an indexer leaves out, when it works, and how much of the machine it takes.

use std::fs;
use std::time::Duration;

use foray_tests::{Run, Sandbox, ServerProcess, get, post_json, send_as, test_data, wait_until};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(30);

fn index(sandbox: &Sandbox, more: &[&str]) -> Run {
    let photos = sandbox.photos().display().to_string();
    sandbox.run([&["index", photos.as_str(), "--json"], more].concat())
}

fn up(sandbox: &Sandbox, more: &[&str]) -> ServerProcess {
    let photos = sandbox.photos().display().to_string();
    ServerProcess::start(sandbox, [&["up", photos.as_str()], more].concat())
}

fn phase(server: &ServerProcess) -> Value {
    server.api("/status")["progress"]["phase"].clone()
}

/// The bundled photographs, three of them in a folder `private`.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::with_samples();
    fs::create_dir(sandbox.photos().join("private")).unwrap();
    for file in &sandbox.photo_files()[..3] {
        fs::rename(file, sandbox.photos().join("private").join(file.file_name().unwrap())).unwrap();
    }
    sandbox
}

#[test]
fn rules_leave_out_files_and_what_they_let_in_again_is_not_embedded_anew() {
    let sandbox = sandbox();
    let others = sandbox.photo_files().len();
    assert_eq!(index(&sandbox, &[]).json()["indexed"], others + 3);
    let summary = index(&sandbox, &["--exclude", "private/"]).json();
    assert_eq!((&summary["removed"], &summary["unchanged"]), (&3.into(), &others.into()));
    assert_eq!(index(&sandbox, &[]).json()["indexed"], 0);
    fs::write(sandbox.photos().join(".forayignore"), "private/\n").unwrap();
    assert_eq!(index(&sandbox, &[]).json()["removed"], 3);
    fs::write(sandbox.photos().join(".forayignore"), "").unwrap();
    let summary = index(&sandbox, &["--include", "private"]).json();
    assert_eq!((&summary["removed"], &summary["indexed"]), (&others.into(), &0.into()), "{summary}");
    let name = sandbox.photo_files()[1].file_name().unwrap().to_string_lossy().into_owned();
    index(&sandbox, &["--include", &name]).json();
    assert_eq!(sandbox.run(["status", "--json"]).json()["photos"], 1);
    index(&sandbox, &["--min-size", "100000000"]).json();
    assert_eq!(sandbox.run(["status", "--json"]).json()["photos"], 0);
    index(&sandbox, &["--exclude", "[a-"]).fails_saying(&["[a-", ".gitignore"]);
}

#[test]
fn rules_stand_in_the_configuration_too() {
    let sandbox = sandbox();
    let config = sandbox.path().join("c.toml");
    fs::write(&config, "exclude = [\"private/\"]\nmin_size = 10\nthreads = 1\nmemory = 64\n").unwrap();
    let summary = index(&sandbox, &["--config", config.to_str().unwrap()]).json();
    assert_eq!(summary["indexed"], sandbox.photo_files().len());
    fs::write(&config, "deadline = -1.0\n").unwrap();
    index(&sandbox, &["--config", config.to_str().unwrap()]).fails_saying(&["deadline", "more than 0"]);
}

#[test]
fn an_ignore_file_is_followed_while_folders_are_watched() {
    let sandbox = sandbox();
    let all = sandbox.photo_files().len() as u64 + 3;
    let server = up(&sandbox, &[]);
    wait_until("all are indexed", SOON, || server.photos() == all);
    fs::write(sandbox.photos().join(".forayignore"), "private/\n").unwrap();
    wait_until("the private ones are gone", SOON, || server.photos() == all - 3);
    fs::copy(&sandbox.photo_files()[1], sandbox.photos().join("private/new.jpg")).unwrap();
    fs::remove_file(sandbox.photos().join(".forayignore")).unwrap();
    wait_until("they are back", SOON, || server.photos() == all);
}

#[test]
fn a_pause_holds_up_indexing_and_nothing_else() {
    let sandbox = Sandbox::with_samples();
    let all = sandbox.photo_files().len() as u64;
    let server = up(&sandbox, &[]);
    wait_until("all are indexed", SOON, || server.photos() == all && phase(&server) == "watching");
    assert!(sandbox.run(["pause"]).text().contains("foray resume"));
    wait_until("the pause is told", SOON, || phase(&server) == "paused");
    let content = [fs::read(&sandbox.photo_files()[0]).unwrap().as_slice(), b"another"].concat();
    fs::write(sandbox.photos().join("new.jpg"), content).unwrap();
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(server.photos(), all);
    assert_eq!(server.api("/search?q=a+cat")["results"].as_array().unwrap().len(), 10);
    let metrics = String::from_utf8(get(&server.url("/api/v1/metrics")).body).unwrap();
    assert!(metrics.contains("foray_paused 1") && metrics.contains(&format!("foray_photos {all}")), "{metrics}");
    assert!(sandbox.run(["resume"]).text().contains("goes on"));
    wait_until("the new one is indexed", SOON, || server.photos() == all + 1);
    let reply = post_json(&server.url("/api/v1/indexer/pause"), &json!({ "minutes": 5 })).json();
    assert!(reply["is_open"] == false && reply["reason"].as_str().unwrap().contains("5 min"), "{reply}");
    post_json(&server.url("/api/v1/indexer/pause"), &json!({ "hours": 5 })).is_problem(400, "hours");
    assert_eq!(get(&server.url("/api/v1/indexer")).json()["is_open"], false);
}

#[test]
fn where_no_indexer_runs_a_pause_says_so() {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    sandbox.run(["pause"]).fails_saying(&["no `foray up` runs"]);
    let server = ServerProcess::start(&sandbox, ["serve"]);
    sandbox.run(["pause"]).fails_saying(&["no indexer runs in this server"]);
    get(&server.url("/api/v1/indexer")).is_problem(404, "foray up");
}

#[test]
fn outside_its_hours_an_indexer_waits() {
    let sandbox = Sandbox::with_samples();
    let now = jiff::Zoned::now();
    let clock = |hours: i64| (&now + jiff::ToSpan::hours(hours)).strftime("%H:%M").to_string();
    let server = up(&sandbox, &["--hours", &format!("{}-{}", clock(2), clock(3))]);
    wait_until("the hours are told", SOON, || phase(&server) == "paused");
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(server.photos(), 0);
    drop(server);
    let server = up(&sandbox, &["--hours", &format!("{}-{}", clock(-1), clock(1))]);
    wait_until("all are indexed", SOON, || server.photos() == sandbox.photo_files().len() as u64);
    drop(server);
    let photos = sandbox.photos().display().to_string();
    sandbox.run(["up", &photos, "--hours", "late"]).fails_saying(&["--hours", "\"late\"", "22:00-06:00"]);
    sandbox.run(["up", &photos, "--reindex", "tonight"]).fails_saying(&["--reindex", "tonight", "15 3 * * *"]);
}

#[test]
fn a_server_reindexes_at_its_times() {
    let sandbox = Sandbox::with_samples();
    let server = up(&sandbox, &["--reindex", "*/2 * * * * *"]);
    let commits = || server.api("/status")["photos"].as_u64().unwrap();
    wait_until("all are indexed", SOON, || commits() == sandbox.photo_files().len() as u64);
    // A reindex is what forgets; its lock is there while it runs.
    let lock = sandbox.library().join("reindex.lock");
    wait_until("a reindex ran", SOON, || lock.exists());
    assert_eq!(server.photos(), sandbox.photo_files().len() as u64);
}

#[test]
fn a_picture_that_takes_too_long_is_given_up_and_the_run_goes_on() {
    let sandbox = Sandbox::with_samples();
    let summary = index(&sandbox, &["--deadline", "0.0001"]).json();
    let failed = summary["failed"].as_u64().unwrap();
    assert!(failed > 10, "{summary}");
    let failures = sandbox.run(["status", "--failed"]).text();
    assert!(failures.contains("took more than 0.0001 s") && failures.contains("deadline"), "{failures}");
    let verified = sandbox.run(["reindex", "--verify", "--json"]).json();
    assert_eq!(verified["index"]["indexed"], failed, "{verified}");
}

#[test]
fn little_memory_is_enough_for_large_photos() {
    let Some(phone) = test_data("the test of little memory", "photos/phone") else { return };
    let sandbox = Sandbox::new();
    for (number, entry) in fs::read_dir(phone).unwrap().enumerate() {
        fs::copy(entry.unwrap().path(), sandbox.photos().join(format!("{number}.jpg"))).unwrap();
    }
    let photos = sandbox.photo_files().len();
    assert_eq!(index(&sandbox, &["--memory", "16", "--threads", "4"]).json()["indexed"], photos);
    let refused = index(&sandbox, &["--memory", "1"]);
    assert!(refused.code == Some(2) && refused.err.contains("--memory"), "{refused:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn an_indexing_process_yields_to_others() {
    let sandbox = Sandbox::with_samples();
    let server = up(&sandbox, &["--nice", "7"]);
    let nice_of = |task: std::path::PathBuf| {
        // Some threads end between being listed and being looked at.
        let stat = fs::read_to_string(task.join("stat")).ok()?;
        // The 19th field; the second is a name in brackets.
        Some(stat.rsplit_once(')').unwrap().1.split_whitespace().nth(16).unwrap().parse::<i32>().unwrap())
    };
    let tasks = fs::read_dir(format!("/proc/{}/task", server.pid())).unwrap();
    let lowest = tasks.filter_map(|task| nice_of(task.unwrap().path())).min();
    assert_eq!(lowest, Some(7));
}

#[test]
fn folders_and_rules_are_changed_by_who_knows_the_token_and_stay_changed() {
    const TOKEN: &str = "the-token-of-the-control-tests";
    let (sandbox, other) = (sandbox(), Sandbox::with_samples());
    let here = sandbox.photo_files().len() as u64;
    let config = sandbox.path().join("c.toml");
    let start = |sandbox: &Sandbox| {
        fs::write(&config, format!("# mine\nroots = [{:?}]\n", sandbox.photos().display().to_string())).unwrap();
        sandbox.command(["up", "--config", config.to_str().unwrap(), "--bind", "127.0.0.1:0"])
    };
    let put = |server: &ServerProcess, token: &str, body: &Value| {
        let request = ureq::put(server.url("/api/v1/indexer/watched"))
            .header("authorization", format!("Bearer {token}"))
            .content_type("application/json");
        let request = request.config().http_status_as_error(false).build();
        foray_tests::Reply::from(request.send(serde_json::to_vec(body).unwrap()).unwrap())
    };
    let without_token = ServerProcess::start_command(start(&sandbox));
    let roots = json!({ "roots": [other.photos()] });
    put(&without_token, "x", &roots).is_problem(401, "token");
    drop(without_token);

    let mut command = start(&sandbox);
    command.env("FORAY_TOKEN", TOKEN);
    let server = ServerProcess::start_command(command);
    let photos = |server: &ServerProcess| {
        let reply = foray_tests::get_with(&server.url("/api/v1/status"), "authorization", &format!("Bearer {TOKEN}"));
        reply.json()["photos"].as_u64().unwrap()
    };
    wait_until("all are indexed", SOON, || photos(&server) == here + 3);
    put(&server, TOKEN, &json!({ "roots": ["/no/such/folder"] })).is_problem(400, "/no/such/folder");
    put(&server, TOKEN, &json!({ "roots": [] })).is_problem(400, "at least one");
    put(&server, TOKEN, &json!({ "roots": [sandbox.photos()], "rules": { "exclude": ["[a-"] } }))
        .is_problem(400, "[a-");
    let content = [fs::read(&other.photo_files()[0]).unwrap().as_slice(), b"another"].concat();
    fs::write(other.photos().join("new.jpg"), content).unwrap();
    let both = json!({ "roots": [sandbox.photos(), other.photos()], "rules": { "exclude": ["private/"] } });
    let state = put(&server, TOKEN, &both).json();
    assert_eq!(state["watched"]["rules"]["exclude"], json!(["private/"]));
    // The private ones are in the other folder too; the new one is there alone.
    wait_until("the other folder is indexed", SOON, || photos(&server) == here + 4);
    let kept = fs::read_to_string(&config).unwrap();
    assert!(
        kept.starts_with("# mine") && kept.contains("private/") && kept.contains(&*other.photos().to_string_lossy())
    );
}

#[test]
fn the_schedule_is_changed_by_the_pages_key_while_the_server_runs_and_stays_changed() {
    let sandbox = Sandbox::with_samples();
    let config = sandbox.path().join("c.toml");
    let before = "# mine\nthreads = 1\n";
    fs::write(&config, before).unwrap();
    let mut server = up(&sandbox, &["--config", config.to_str().unwrap(), "--hours", "0:00-23:59"]);
    let state = server.api("/indexer");
    assert_eq!(
        (&state["hours"], &state["schedule"], &state["next_run"]),
        (&json!("00:00-23:59"), &json!(null), &json!(null))
    );
    let (key, url) = (server.page_key(), server.url("/api/v1/indexer/schedule"));
    let put = |cron: Value| send_as(&key, "PUT", &url, &json!({ "cron": cron }));
    send_as("x", "PUT", &url, &json!({ "cron": null })).is_problem(401, "key of the link");
    put(json!("tonight")).is_problem(400, "15 3 * * *");
    let state = put(json!("0 3 * * *")).json();
    assert!(state["schedule"] == "0 3 * * *" && state["next_run"].as_str().unwrap().contains("T03:00:00"), "{state}");
    assert_eq!(fs::read_to_string(&config).unwrap(), format!("{before}reindex = \"0 3 * * *\"\n"));
    let lock = sandbox.library().join("reindex.lock");
    assert!(!lock.exists());
    put(json!("*/2 * * * * *"));
    wait_until("a reindex ran by the new times", SOON, || lock.exists());
    assert_eq!(put(json!(null)).json()["schedule"], json!(null));
    assert_eq!(fs::read_to_string(&config).unwrap(), before);
}

#[test]
fn files_that_failed_are_tried_again_though_they_look_as_before() {
    let sandbox = Sandbox::with_samples();
    let count = sandbox.photo_files().len() as u64;
    let content = [fs::read(&sandbox.photo_files()[0]).unwrap().as_slice(), b"another"].concat();
    let (file, broken) = (sandbox.photos().join("late.jpg"), sandbox.photos().join("broken.jpg"));
    fs::write(&file, vec![0; content.len()]).unwrap();
    fs::write(&broken, "no picture").unwrap();
    let written = fs::metadata(&file).unwrap().modified().unwrap();
    let server = up(&sandbox, &[]);
    let failed = || server.api("/status")["failed"].as_u64().unwrap();
    wait_until("the others are indexed", SOON, || server.photos() == count && failed() == 2);
    fs::write(&file, content).unwrap();
    fs::File::options().write(true).open(&file).unwrap().set_modified(written).unwrap();
    let retried = post_json(&server.url("/api/v1/indexer/retry"), &json!(null)).json();
    assert_eq!(retried, json!({ "files": 2 }));
    wait_until("what can be read is indexed", SOON, || server.photos() == count + 1 && failed() == 1);
    let failures = server.api("/failures");
    assert_eq!(failures["failures"][0]["path"], json!(broken));
}

#[test]
fn the_owner_browses_the_folders_of_the_machine() {
    let sandbox = sandbox();
    fs::create_dir(sandbox.photos().join(".hidden")).unwrap();
    let mut server = up(&sandbox, &[]);
    let (key, url) = (server.page_key(), server.url("/api/v1/indexer/folders"));
    get(&url).is_problem(401, "by the link");
    let list = |path: &str| send_as(&key, "GET", &format!("{url}?path={path}"), &json!(null));
    let photos = sandbox.photos().display().to_string();
    let listed = list(&photos).json();
    assert_eq!(listed["folders"], json!([{ "name": "private", "path": format!("{photos}/private") }]), "{listed}");
    assert_eq!(listed["parent"], json!(sandbox.path()));
    list("photos").is_problem(400, "absolute");
    list("/no/such").is_problem(404, "/no/such");
    let begin = send_as(&key, "GET", &url, &json!(null)).json();
    assert!(begin["folders"].as_array().unwrap().iter().any(|place| place["path"] == json!(sandbox.path())), "{begin}");
    let roots = json!({ "roots": [sandbox.photos().join("private")] });
    let state = send_as(&key, "PUT", &server.url("/api/v1/indexer/watched"), &roots);
    assert_eq!(state.json()["watched"]["roots"], roots["roots"]);
}

#[test]
fn a_folder_that_is_named_from_where_one_stands_can_be_given_back_on_the_page() {
    let sandbox = sandbox();
    let mut server = ServerProcess::start(&sandbox, ["up", "photos"]);
    let key = server.page_key();
    let watched = server.api("/indexer")["watched"].clone();
    assert_eq!(watched["roots"].as_array().unwrap().len(), 1);
    let reply = send_as(&key, "PUT", &server.url("/api/v1/indexer/watched"), &watched);
    assert_eq!(reply.status, 200, "{reply:?}");
}
