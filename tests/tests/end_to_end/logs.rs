//! Logs for programs, and the dashboard that shows a server's figures.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::Path;

use foray_tests::{Run, Sandbox, ServerProcess, get, post_bytes};
use serde_json::Value;

/// The log's lines, each of which must be a JSON object with a time, a level and a message.
#[track_caller]
fn lines(log: &str) -> Vec<Value> {
    let parse = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(line["timestamp"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok(), "{line}");
        assert!(["ERROR", "WARN", "INFO", "DEBUG", "TRACE"].contains(&line["level"].as_str().unwrap()), "{line}");
        assert!(line["message"].is_string(), "{line}");
        line
    };
    log.lines().map(parse).collect()
}

#[track_caller]
fn says(lines: &[Value], level: &str, words: &str) {
    let fits = |line: &Value| line["level"] == level && line["message"].as_str().unwrap().contains(words);
    assert!(lines.iter().any(fits), "{level} {words:?}: {lines:?}");
}

#[test]
fn a_servers_log_is_json_to_its_last_line() {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let file = sandbox.path().join("log");
    let mut command = sandbox.command(["serve", "--bind", "127.0.0.1:0", "--log-format", "json", "-v"]);
    command.stderr(File::create(&file).unwrap());
    let mut server = ServerProcess::start_command(command);
    server.api("/search?q=a+very+private+cat");
    assert_eq!(get(&server.url("/api/v1/search?q=%22open")).status, 400);
    server.signal("INT");
    assert!(server.wait().success());
    let log = fs::read_to_string(file).unwrap();
    let lines = lines(&log);
    says(&lines, "INFO", "model builtin");
    says(&lines, "WARN", "stopping");
    assert!(!log.contains("private"), "what people search for is nobody's business: {log}");
}

#[test]
fn messages_and_failures_are_json_too_and_the_configuration_can_say_so() {
    let sandbox = Sandbox::with_samples();
    let run = sandbox.run(["search", "cat", "--log-format", "json"]);
    assert_eq!(run.code, Some(1));
    says(&lines(&run.err), "ERROR", "foray index");
    let file = sandbox.path().join("config.toml");
    fs::write(&file, "log_format = \"json\"\n").unwrap();
    let configured =
        |arguments: &[&str]| -> Run { sandbox.command(arguments).arg("--config").arg(&file).output().unwrap().into() };
    sandbox.index();
    let explained = configured(&["search", "a cat", "--explain", "--min-relevance", "0.3"]);
    says(&lines(&explained.err), "INFO", "weaker matches");
    says(&lines(&explained.err), "INFO", "scan");
    configured(&["search", "a cat", "--log-format", "text", "--explain"]).err.lines().for_each(|line| {
        assert!(serde_json::from_str::<Value>(line).is_err(), "{line}");
    });
    fs::write(&file, "log_format = \"xml\"\n").unwrap();
    let message = configured(&["status"]).err;
    assert!(["log_format", "xml", "json"].iter().all(|word| message.contains(word)), "{message}");
    let broken = sandbox.command(["status", "--log-format", "json", "--config"]).arg(&file).output().unwrap();
    says(&lines(&Run::from(broken).err), "ERROR", "xml");
}

#[test]
fn the_dashboard_shows_figures_that_are_served() {
    let dashboard = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/grafana/foray.json");
    let dashboard: Value = serde_json::from_slice(&fs::read(dashboard).unwrap()).unwrap();
    let mut shown = BTreeSet::new();
    for panel in dashboard["panels"].as_array().unwrap().iter().filter(|panel| panel["type"] != "row") {
        let targets = panel["targets"].as_array().unwrap();
        assert!(!targets.is_empty() && panel["title"].is_string(), "{panel}");
        targets.iter().for_each(|target| shown.extend(names(target["expr"].as_str().unwrap())));
    }
    assert!(shown.len() > 10, "{shown:?}");

    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let server = ServerProcess::start(&sandbox, ["serve"]);
    // So that every stage has run, and a text was known.
    for path in ["/search?q=a+cat", "/search?q=a+cat", "/facets", "/unusual"] {
        server.api(path);
    }
    let photo = fs::read(&sandbox.photo_files()[0]).unwrap();
    assert_eq!(post_bytes(&server.url("/api/v1/search/image"), "image/jpeg", &photo).status, 200);
    let text = String::from_utf8(get(&server.url("/api/v1/metrics")).body).unwrap();
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    let served: BTreeSet<String> = samples.flat_map(|line| names(line).into_iter().next()).collect();
    assert_eq!(shown.difference(&served).collect::<Vec<_>>(), Vec::<&String>::new(), "{text}");
}

/// The names of metrics in a text.
fn names(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("foray_")).map(str::to_owned).collect()
}
