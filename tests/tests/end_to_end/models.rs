//! The model store through the real binary: models pulled from a hub on this machine, imported, chosen, verified, removed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use foray_tests::{COMMIT, FakeHub, Manners, Reply, Run, Sandbox, ServerProcess, get, samples, send_as, wait_until};
use serde_json::{Value, json};

const NAME: &str = "ViT-B-32__openai";
const WEIGHTS: usize = 300_000;

/// A sandbox with a small model in the published layout, with weights beside its graph.
struct Studio {
    sandbox: Sandbox,
}

impl Studio {
    fn new() -> Self {
        let studio = Self { sandbox: Sandbox::new() };
        let tiny = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/embedding/tests/goldens/tiny");
        for file in [
            "config.json",
            "visual/model.onnx",
            "visual/preprocess_cfg.json",
            "textual/model.onnx",
            "textual/tokenizer.json",
            "textual/tokenizer_config.json",
        ] {
            let target = studio.published().join(file);
            fs::create_dir_all(target.parent().unwrap()).unwrap();
            fs::copy(tiny.join(file), target).unwrap();
        }
        let weights: Vec<u8> = (0..WEIGHTS).map(|i| (i * 7 % 251) as u8).collect();
        fs::write(studio.published().join("visual/weights.bin"), weights).unwrap();
        fs::write(studio.published().join("visual/model.armnn"), "for another machine").unwrap();
        fs::write(studio.published().join("README.md"), "# A model").unwrap();
        studio
    }

    fn published(&self) -> PathBuf {
        self.sandbox.path().join("published")
    }

    fn store(&self) -> PathBuf {
        self.sandbox.path().join("models")
    }

    fn installed(&self) -> PathBuf {
        self.store().join(NAME)
    }

    fn hub(&self, manners: Manners) -> FakeHub {
        FakeHub::start(&self.published(), manners)
    }

    fn command(&self, hub: &FakeHub, arguments: &[&str]) -> Command {
        let mut command = self.sandbox.command(arguments);
        command.env("FORAY_MODELS", self.store()).env("HF_ENDPOINT", hub.url()).env("HF_HOME", self.sandbox.path());
        command.env_remove("HF_TOKEN").env_remove("HF_HUB_OFFLINE");
        command
    }

    fn run(&self, hub: &FakeHub, arguments: &[&str]) -> Run {
        self.command(hub, arguments).output().unwrap().into()
    }

    fn pull(&self, hub: &FakeHub) -> Run {
        self.run(hub, &["models", "pull", NAME])
    }

    /// Checks that the store holds the published model, byte for byte, and nothing else.
    #[track_caller]
    fn is_whole(&self) {
        for file in ["config.json", "visual/model.onnx", "visual/weights.bin", "textual/tokenizer.json"] {
            assert_eq!(fs::read(self.installed().join(file)).unwrap(), fs::read(self.published().join(file)).unwrap());
        }
        assert!(!self.installed().join("visual/model.armnn").exists());
        assert!(!self.installed().join("README.md").exists());
    }
}

#[test]
fn a_model_is_pulled_used_and_searched_with() {
    let studio = Studio::new();
    let hub = studio.hub(Manners::Good);
    studio.sandbox.add_folder(&samples());
    let run = studio.pull(&hub);
    assert_eq!(run.code, Some(0), "{run:?}");
    studio.is_whole();
    let run = studio.run(&hub, &["models", "use", NAME]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let config = fs::read_to_string(studio.sandbox.path().join("config/foray/config.toml")).unwrap();
    assert!(config.contains(NAME), "{config}");
    let photos = studio.sandbox.photos().display().to_string();
    let indexed = studio.run(&hub, &["index", &photos, "--json"]).json();
    assert_eq!((&indexed["failed"], indexed["indexed"].as_u64() > Some(10)), (&0.into(), true), "{indexed}");
    assert_eq!(studio.run(&hub, &["search", "red cat", "-n", "3", "--json"]).paths().len(), 3);
    let status = studio.run(&hub, &["status", "--json"]).json();
    assert!(status["space"]["space"].as_str().unwrap().starts_with(NAME), "{status}");
}

#[test]
fn the_list_tells_what_is_here_and_what_can_be_pulled() {
    let studio = Studio::new();
    let hub = studio.hub(Manners::Good);
    let before = studio.run(&hub, &["models", "list", "--json"]).json();
    let models = before["models"].as_array().unwrap();
    assert_eq!((&models[0]["name"], &models[0]["in_use"]), (&"builtin".into(), &true.into()));
    assert!(models.len() >= 8 && models[1..].iter().all(|model| model["installed"] == false), "{before}");
    assert!(studio.run(&hub, &["models", "list"]).text().contains("605 MB to pull"));
    assert!(hub.asked().is_empty(), "a list asks no hub");
    studio.pull(&hub);
    let after = studio.run(&hub, &["models", "list", "--json"]).json();
    let pulled = after["models"].as_array().unwrap().iter().find(|model| model["name"] == NAME).unwrap();
    assert_eq!((&pulled["installed"], &pulled["receipt"]["revision"]), (&true.into(), &COMMIT.into()));
}

#[test]
fn a_second_pull_fetches_nothing() {
    let studio = Studio::new();
    let hub = studio.hub(Manners::Good);
    studio.pull(&hub);
    let asked = hub.asked().len();
    assert_eq!(studio.pull(&hub).code, Some(0));
    assert_eq!(hub.asked().len(), asked + 1, "more than the commit was asked for");
}

#[test]
fn a_truncated_body_is_gone_on_with_in_the_same_run() {
    let studio = Studio::new();
    let hub = studio.hub(Manners::CutsShort(100_000));
    let run = studio.pull(&hub);
    assert_eq!(run.code, Some(0), "{run:?}");
    studio.is_whole();
    let ranges: Vec<String> = hub
        .asked()
        .iter()
        .filter(|asked| asked.path.starts_with("/bytes/"))
        .filter_map(|asked| asked.range.clone())
        .collect();
    assert_eq!(ranges, ["bytes=100000-", "bytes=200000-"]);
}

#[test]
fn a_server_without_ranges_is_asked_from_the_beginning() {
    let studio = Studio::new();
    let hub = studio.hub(Manners::KnowsNoRanges(100_000));
    assert_eq!(studio.pull(&hub).code, Some(0));
    studio.is_whole();
}

#[test]
fn a_killed_pull_goes_on_where_it_was() {
    let studio = Studio::new();
    let hub = studio.hub(Manners::FallsSilent(150_000));
    let mut child = studio.command(&hub, &["models", "pull", NAME]).spawn().unwrap();
    let partial = || {
        let staged =
            fs::read_dir(studio.store().join(".partial")).ok()?.flatten().find(|entry| entry.path().is_dir())?;
        Some(fs::metadata(staged.path().join("visual/weights.bin.part")).ok()?.len())
    };
    wait_until("half of the weights are here", Duration::from_secs(20), || partial() == Some(150_000));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!studio.installed().exists(), "half a model is in its place");
    assert_eq!(studio.pull(&hub).code, Some(0));
    studio.is_whole();
    assert!(hub.asked().iter().any(|asked| asked.range.as_deref() == Some("bytes=150000-")));
    let staging = studio.store().join(".partial");
    assert!(fs::read_dir(staging).unwrap().flatten().all(|entry| !entry.path().is_dir()), "leavings");
}

#[test]
fn bytes_that_are_not_the_announced_ones_are_refused() {
    let studio = Studio::new();
    let hub = studio.hub(Manners::Lies);
    studio.pull(&hub).fails_saying(&["model.onnx", "damaged", "expected", "pull again"]);
    assert!(!studio.installed().exists());
    hub.becomes(Manners::Good);
    assert_eq!(studio.pull(&hub).code, Some(0));
    studio.is_whole();
}

#[test]
fn a_busy_hub_is_waited_for() {
    let studio = Studio::new();
    let hub = studio.hub(Manners::IsBusyOnce);
    let run = studio.pull(&hub);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.err.contains("429"), "{}", run.err);
    studio.is_whole();
}

#[test]
fn a_hub_without_the_model_and_no_hub_at_all_are_clear_errors() {
    let studio = Studio::new();
    let hub = studio.hub(Manners::HasNothing);
    studio.pull(&hub).fails_saying(&[NAME, "404", "HF_ENDPOINT"]);
    studio.run(&hub, &["models", "pull", "no-such-model"]).fails_saying(&["no-such-model", "foray models list"]);
    studio.run(&hub, &["models", "pull", NAME, "--offline"]).fails_saying(&["--offline", "--from", "built-in"]);
    studio.run(&hub, &["rank", "cat", "x.jpg", "--model", NAME]).fails_saying(&["foray models pull ViT-B-32__openai"]);
}

#[test]
fn the_token_goes_to_the_hub_and_to_no_other_host() {
    let studio = Studio::new();
    let hub = studio.hub(Manners::Good);
    let pulled = studio.command(&hub, &["models", "pull", NAME]).env("HF_TOKEN", "hf_secret").output().unwrap();
    assert!(pulled.status.success());
    let asked = hub.asked();
    let token_of = |part: &str| -> Vec<Option<String>> {
        asked.iter().filter(|asked| asked.path.contains(part)).map(|asked| asked.token.clone()).collect()
    };
    assert!(token_of("/resolve/").iter().all(|token| token.as_deref() == Some("Bearer hf_secret")));
    assert!(token_of("/bytes/").len() > 5 && token_of("/bytes/").iter().all(Option::is_none));
}

#[test]
fn folders_and_archives_are_imported() {
    let studio = Studio::new();
    let hub = studio.hub(Manners::HasNothing);
    let published = studio.published().display().to_string();
    assert_eq!(studio.run(&hub, &["models", "pull", "mine", "--from", &published]).code, Some(0));
    for (archive, option) in [("model.tar", "-cf"), ("model.tar.gz", "-czf")] {
        let packed =
            Command::new("tar").args([option, archive, "published"]).current_dir(studio.sandbox.path()).status();
        assert!(packed.unwrap().success());
        let run = studio.run(&hub, &["models", "pull", NAME, "--offline", "--from", archive]);
        assert_eq!(run.code, Some(0), "{run:?}");
        studio.is_whole();
    }
    fs::remove_file(studio.published().join("textual/model.onnx")).unwrap();
    studio.run(&hub, &["models", "pull", "other", "--from", &published]).fails_saying(&["lacks textual/model.onnx"]);
    studio.run(&hub, &["models", "pull", "../out", "--from", &published]).fails_saying(&["../out", "expected"]);
    studio.run(&hub, &["models", "pull", "other", "--from", "/no/such"]).fails_saying(&["/no/such", "No such file"]);
    let no_archive = studio.published().join("README.md").display().to_string();
    studio.run(&hub, &["models", "pull", "other", "--from", &no_archive]).fails_saying(&["cannot unpack", "README.md"]);
    assert!(!studio.store().join("other").exists());
    let leavings = fs::read_dir(studio.store().join(".partial")).unwrap().flatten();
    assert!(leavings.into_iter().all(|entry| !entry.path().is_dir()), "leavings");
}

#[test]
fn damage_is_found_and_named() {
    let studio = Studio::new();
    let hub = studio.hub(Manners::Good);
    studio.pull(&hub);
    assert_eq!(studio.run(&hub, &["models", "verify"]).text(), format!("{NAME}: whole\n"));
    let weights = studio.installed().join("visual/weights.bin");
    let mut bytes = fs::read(&weights).unwrap();
    bytes[WEIGHTS / 2] ^= 1;
    fs::write(&weights, bytes).unwrap();
    let run = studio.run(&hub, &["models", "verify", NAME]);
    run.fails_saying(&[NAME, "damaged", "pull"]);
    assert!(run.text().contains("visual/weights.bin"), "{}", run.text());
    let run = studio.pull(&hub);
    assert_eq!(run.code, Some(0), "a damaged model is fetched anew: {run:?}");
    studio.is_whole();
}

#[test]
fn models_are_removed_but_not_the_one_in_use() {
    let studio = Studio::new();
    let hub = studio.hub(Manners::Good);
    studio.pull(&hub);
    studio.run(&hub, &["models", "use", NAME]);
    studio.run(&hub, &["models", "rm", NAME]).fails_saying(&[NAME, "in use"]);
    studio.run(&hub, &["models", "rm", "builtin"]).fails_saying(&["part of the program"]);
    assert_eq!(studio.run(&hub, &["models", "use", "builtin"]).code, Some(0));
    assert_eq!(studio.run(&hub, &["models", "rm", NAME]).code, Some(0));
    assert!(!studio.installed().exists());
    studio.run(&hub, &["models", "rm", NAME]).fails_saying(&[NAME, "not here"]);
    studio.run(&hub, &["models", "use", "nothing"]).fails_saying(&["nothing", "foray models list"]);
}

/// A server over the bundled photographs, and the key of its page.
fn serve(studio: &Studio, hub: &FakeHub) -> (ServerProcess, String) {
    studio.sandbox.add_folder(&samples());
    studio.sandbox.index();
    let mut server = ServerProcess::start_command(studio.command(hub, &["serve", "--bind", "127.0.0.1:0"]));
    let key = server.page_key();
    (server, key)
}

fn model(server: &ServerProcess, name: &str) -> Value {
    let listed = server.api("/models");
    listed["models"].as_array().unwrap().iter().find(|model| model["name"] == name).unwrap().clone()
}

#[test]
fn a_server_pulls_a_model_goes_over_to_it_and_removes_another() {
    let studio = Studio::new();
    let hub = studio.hub(Manners::Good);
    let (server, key) = serve(&studio, &hub);
    let send = |method: &str, path: &str| -> Reply {
        send_as(&key, method, &server.url(&format!("/api/v1/models/{path}")), &Value::Null)
    };
    let photos = server.photos();
    let builtin = model(&server, "builtin");
    assert_eq!(
        (&builtin["is_here"], &builtin["in_use"], &builtin["vectors"]),
        (&json!(true), &json!(true), &json!(photos))
    );
    let known = model(&server, NAME);
    assert_eq!((&known["is_here"], &known["vectors"], &known["dimension"]), (&json!(false), &json!(0), &json!(512)));
    send_as("x", "POST", &server.url(&format!("/api/v1/models/{NAME}/pull")), &Value::Null).is_problem(401, "key");
    send("POST", &format!("{NAME}/use")).is_problem(404, "foray models pull");
    send("POST", "no-such-model/pull").is_problem(404, "no-such-model");
    send("DELETE", NAME).is_problem(404, NAME);
    let begun = send("POST", &format!("{NAME}/pull"));
    assert_eq!((begun.status, &begun.json()["model"], &begun.json()["unit"]), (202, &json!(NAME), &json!("bytes")));
    let soon = Duration::from_secs(60);
    wait_until("the model is here", soon, || server.api("/models")["pull"]["running"] == false);
    let pull = server.api("/models")["pull"].clone();
    assert!(pull["error"].is_null() && pull["done"] == pull["all"], "{pull}");
    studio.is_whole();
    assert_eq!(send("POST", &format!("{NAME}/use")).status, 202);
    wait_until("the library went over", soon, || server.api("/models")["switch"]["running"] == false);
    let switch = server.api("/models")["switch"].clone();
    assert_eq!(switch, json!({ "model": NAME, "running": false, "done": photos, "all": photos, "unit": "photos" }));
    wait_until("its vectors are counted", soon, || model(&server, NAME)["vectors"] == json!(photos));
    let (now, before) = (model(&server, NAME), model(&server, "builtin"));
    assert_eq!((&now["in_use"], &before["in_use"]), (&json!(true), &json!(false)));
    assert!(server.api("/status")["space"]["space"].as_str().unwrap().starts_with(NAME));
    assert_eq!(server.api("/search?q=a+red&limit=3")["results"].as_array().unwrap().len(), 3);
    send("DELETE", NAME).is_problem(409, "in use");
    send("POST", &format!("{NAME}/use")).is_problem(409, "already");
    assert_eq!(send("POST", "builtin/use").status, 202);
    wait_until("the library went back", soon, || model(&server, "builtin")["in_use"] == true);
    wait_until("that has ended", soon, || server.api("/models")["switch"]["running"] == false);
    assert_eq!(send("DELETE", NAME).status, 204);
    assert!(!studio.installed().exists());
    send("DELETE", "builtin").is_problem(409, "part of the program");
}

#[test]
fn a_pull_in_a_server_is_the_only_one_and_can_be_stopped() {
    let studio = Studio::new();
    let hub = studio.hub(Manners::HasNothing);
    let (server, key) = serve(&studio, &hub);
    let send = |method: &str, path: &str| -> Reply {
        send_as(&key, method, &server.url(&format!("/api/v1/models/{path}")), &Value::Null)
    };
    let ended = |what: &str| {
        wait_until(what, Duration::from_secs(60), || server.api("/models")["pull"]["running"] == false);
        server.api("/models")["pull"]["error"].as_str().unwrap().to_owned()
    };
    assert_eq!(send("POST", &format!("{NAME}/pull")).status, 202);
    let error = ended("the hub refuses");
    assert!(error.contains("404"), "{error}");
    hub.becomes(Manners::FallsSilent(150_000));
    assert_eq!(send("POST", &format!("{NAME}/pull")).status, 202);
    send("POST", "ViT-B-16-SigLIP2__webli/pull").is_problem(409, "another model is in work");
    send("DELETE", NAME).is_problem(409, "in use");
    assert_eq!(send("DELETE", "job").status, 204);
    assert_eq!(get(&server.url("/healthz")).status, 200);
}
