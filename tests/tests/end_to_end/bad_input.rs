//! Wrong usage and hostile surroundings: one clear line, the right exit code, nothing damaged.

use std::fs;
use std::net::TcpListener;
use std::process::Command;

use foray_tests::{Run, Sandbox, ServerProcess};

#[test]
fn a_device_that_is_none_or_not_here_is_named_with_the_way_out() {
    let sandbox = Sandbox::with_samples();
    let photo = sandbox.photo_files()[0].display().to_string();
    let rank = |options: &[&str]| sandbox.run([&["rank", "cat", &photo][..], options].concat());
    rank(&["--device", "gpu"]).fails_saying(&["\"gpu\"", "cuda:0", "auto"]);
    rank(&["--device", "cuda:7"]).fails_saying(&["cuda:7", "foray doctor", "--device auto"]);
    rank(&["--device", "cuda:0", "--backend", "rten"]).fails_saying(&["cuda:0", "rten runs on the processor only"]);
    assert_eq!(rank(&["--device", "cpu"]).code, Some(0));
}

#[test]
fn wrong_usage_ends_with_2() {
    let sandbox = Sandbox::new();
    for arguments in
        [&["--frobnicate"][..], &["search"], &["index"], &["no-such-command"], &["search", "x", "-n", "many"]]
    {
        let run = sandbox.run(arguments);
        assert_eq!(run.code, Some(2), "{arguments:?}: {run:?}");
        assert!(run.err.contains("Usage") || run.err.contains("invalid value"), "{}", run.err);
    }
}

#[test]
fn a_missing_folder_and_a_file_for_a_folder_are_named() {
    let sandbox = Sandbox::with_samples();
    sandbox.run(["index", "no-such-folder"]).fails_saying(&["no-such-folder"]);
    let file = sandbox.photo_files()[0].display().to_string();
    sandbox.run(["index", &file]).fails_saying(&[&file, "folder"]);
    sandbox.run(["up", "no-such-folder"]).fails_saying(&["no-such-folder"]);
}

#[test]
fn searching_without_a_library_tells_how_to_make_one_and_makes_none() {
    let sandbox = Sandbox::new();
    for arguments in [&["search", "cat"][..], &["unusual"], &["status"], &["similar", "id:00"]] {
        sandbox.run(arguments).fails_saying(&["library", "foray index"]);
    }
    assert!(!sandbox.library().exists());
}

#[test]
fn a_library_of_a_newer_format_is_left_alone() {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let file = sandbox.library().join("library.json");
    fs::write(&file, r#"{"format": 1000, "written_by": "foray 99"}"#).unwrap();
    sandbox.run(["search", "cat"]).fails_saying(&["format 1000", "format 1", "--library"]);
    fs::write(&file, r#"{"format": 1}"#).unwrap();
    assert!(!sandbox.run(["search", "cat", "--json"]).paths().is_empty());
}

#[test]
fn a_folder_of_other_things_is_not_made_a_library() {
    let sandbox = Sandbox::with_samples();
    let photos = sandbox.photos().display().to_string();
    sandbox.run(["--library", &photos, "index", &photos]).fails_saying(&[&photos, "--library"]);
}

#[test]
fn a_port_in_use_is_named() {
    let sandbox = Sandbox::with_samples();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    sandbox.run(["serve", "--bind", &address]).fails_saying(&[&address, "--bind"]);
}

#[test]
fn an_address_that_others_can_reach_is_refused() {
    Sandbox::new().run(["serve", "--bind", "0.0.0.0:0"]).fails_saying(&["0.0.0.0:0", "127.0.0.1"]);
    Sandbox::new().run(["serve", "--bind", "nonsense"]).fails_saying(&["nonsense", "ADDRESS:PORT"]);
}

#[test]
fn a_mistake_in_the_configuration_is_named() {
    let sandbox = Sandbox::new();
    let file = sandbox.path().join("foray.toml");
    fs::write(&file, "modle = \"builtin\"").unwrap();
    let name = file.display().to_string();
    let run = sandbox.run(["--config", &name, "status"]);
    assert_eq!(run.code, Some(1));
    assert!(run.err.contains(&name) && run.err.contains("modle"), "{}", run.err);
    sandbox.run(["--config", "missing.toml", "status"]).fails_saying(&["missing.toml"]);
}

#[test]
fn an_unknown_model_or_backend_is_named() {
    let sandbox = Sandbox::with_samples();
    let photo = sandbox.photo_files()[0].display().to_string();
    sandbox.run(["--model", "no-such-model", "rank", "cat", &photo]).fails_saying(&["no-such-model", "builtin"]);
    sandbox.run(["--backend", "abacus", "rank", "cat", &photo]).fails_saying(&["abacus", "rten"]);
}

#[test]
fn a_runtime_that_cannot_be_loaded_gives_a_warning_and_the_other_backend() {
    let sandbox = Sandbox::with_samples();
    let fake = sandbox.path().join("libonnxruntime.so");
    fs::write(&fake, b"this is not a library").unwrap();
    let photo = sandbox.photo_files()[0].display().to_string();
    let fake = fake.display().to_string();
    let run = sandbox.run(["--onnxruntime", &fake, "rank", "cat", &photo]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.err.contains(&fake) && run.err.contains("rten"), "{}", run.err);
    sandbox.run(["--onnxruntime", &fake, "--backend", "ort", "rank", "cat", &photo]).fails_saying(&[&fake]);
}

#[test]
fn a_mistake_in_a_query_points_at_its_character() {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    sandbox.run(["search", "cat + 0:dog"]).fails_saying(&["character 7"]);
    sandbox.run(["search", "\"IMG"]).fails_saying(&["character 1", "quote"]);
    sandbox.run(["search", "cat", "-n", "0"]).fails_saying(&["limit is 0"]);
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let sandbox = Sandbox::new();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{free}");
    sandbox.run(["--server", &url, "search", "cat"]).fails_saying(&[&url, "foray up"]);
    sandbox.run(["indexer", "."]).fails_saying(&["--server"]);
}

#[test]
fn unreadable_images_are_named_and_the_others_ranked() {
    let sandbox = Sandbox::with_samples();
    let photo = sandbox.photo_files()[0].display().to_string();
    fs::write(sandbox.path().join("broken.jpg"), b"no picture").unwrap();
    let run = sandbox.run(["rank", "cat", &photo, "broken.jpg", "missing.jpg"]);
    run.fails_saying(&["2 of 3", "broken.jpg"]);
    assert!(run.text().ends_with(&format!("{photo}\n")), "{}", run.text());
    sandbox.index();
    sandbox.run(["similar", "broken.jpg"]).fails_saying(&["broken.jpg"]);
}

#[test]
fn a_full_disk_is_told_before_anything_is_damaged() {
    let sandbox = Sandbox::with_samples();
    let disk = sandbox.path().join("disk");
    fs::create_dir(&disk).unwrap();
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=30m", "tmpfs"]).arg(&disk).output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: a_full_disk_is_told_before_anything_is_damaged needs the right to mount a small disk");
        return;
    }
    let library = disk.join("library").display().to_string();
    let photos = sandbox.photos().display().to_string();
    let run = sandbox.run(["--library", &library, "index", &photos]);
    let unmounted = Command::new("umount").arg(&disk).status().unwrap();
    assert!(unmounted.success());
    run.fails_saying(&["full", "MB free", &library]);
}

#[test]
fn a_second_server_says_who_holds_the_library() {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let server = ServerProcess::start(&sandbox, ["serve"]);
    sandbox.run(["serve", "--bind", "127.0.0.1:0"]).fails_with(75, &["foray serve", server.base(), "--server"]);
}

#[test]
fn why_a_file_failed_is_one_line() {
    let sandbox = Sandbox::with_samples();
    let whole = fs::read(&sandbox.photo_files()[0]).unwrap();
    fs::write(sandbox.photos().join("cut.jpg"), &whole[..200]).unwrap();
    assert_eq!(sandbox.index()["failed"], 1);
    let listed = sandbox.run(["status", "--failed"]).text();
    assert!(listed.lines().all(|line| !line.trim().is_empty()), "{listed}");
    assert_eq!(listed.lines().filter(|line| line.contains("cut.jpg")).count(), 1, "{listed}");
}

#[test]
fn a_library_on_the_command_line_goes_before_a_store_in_the_environment() {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let library = sandbox.library().display().to_string();
    let with_store = |arguments: &[&str]| -> Run {
        let store = "milvus://127.0.0.1:1/photos";
        sandbox.command(arguments).env("FORAY_STORE", store).output().unwrap().into()
    };
    for arguments in [["--library", library.as_str(), "status"], ["status", "--library", &library]] {
        assert!(with_store(&arguments).text().contains(&library), "{arguments:?}");
    }
    // Either this program cannot open such a store, or nobody answers there.
    with_store(&["status"]).fails_saying(&["milvus://127.0.0.1:1/photos"]);
    with_store(&["status", "--library", &library, "--store", "nas"]).fails_saying(&["milvus://host:19530/collection"]);
}
