//! Backups, exports and repairs as their users run them.

use std::fs;

use foray_tests::{Contents, Sandbox, ServerProcess, get, post_with};

fn indexed() -> Sandbox {
    let sandbox = Sandbox::with_samples();
    fs::write(sandbox.photos().join("broken.jpg"), "no picture").unwrap();
    sandbox.index();
    sandbox
}

/// The search of the library in the sandbox's folder `library`, as it is printed.
fn search(sandbox: &Sandbox, library: &str) -> String {
    let run = sandbox.run(["search", "a cat", "-n", "30", "--library", library]);
    assert_eq!(run.code, Some(0), "{run:?}");
    run.text()
}

#[test]
fn a_backup_is_taken_from_a_running_server_and_restored_elsewhere() {
    let sandbox = indexed();
    let server = ServerProcess::start(&sandbox, ["serve"]);
    let backup = sandbox.run(["backup", "x.foray.zst", "--json"]).json();
    assert_eq!((&backup["backup"]["photos"], &backup["backup"]["failed"]), (&21.into(), &1.into()));
    assert_eq!(backup["bytes"], fs::metadata(sandbox.path().join("x.foray.zst")).unwrap().len());
    assert_eq!(server.photos(), 21);
    drop(server);
    let restored = sandbox.run(["restore", "x.foray.zst", "--library", "restored"]);
    assert!(restored.text().contains("21 photos in 21 files, and 1 failures"), "{restored:?}");
    assert_eq!(search(&sandbox, "restored"), search(&sandbox, "library"));
    let failed = ["status", "--failed", "--library", "restored"];
    assert!(sandbox.run(failed).text().contains("broken.jpg"));
    sandbox.run(["restore", "x.foray.zst"]).fails_saying(&["is not empty", "--library"]);
    let mut bytes = fs::read(sandbox.path().join("x.foray.zst")).unwrap();
    bytes.truncate(bytes.len() - 1);
    fs::write(sandbox.path().join("cut.foray.zst"), bytes).unwrap();
    sandbox
        .run(["restore", "cut.foray.zst", "--library", "other"])
        .fails_saying(&["cut.foray.zst", "nothing was changed"]);
    assert!(!sandbox.path().join("other").exists());
}

#[test]
fn a_server_gives_backups_to_its_own_machine_only() {
    let sandbox = indexed();
    let server = ServerProcess::start(&sandbox, ["serve"]);
    let url = server.url("/api/v1/backup");
    post_with(&url, "Origin", "http://evil.example").is_problem(401, "this server's own page");
    get(&url).is_problem(405, "POST");
    let own = post_with(&url, "Origin", server.base());
    assert_eq!((own.status, own.media.as_str()), (200, "application/zstd"));
    fs::write(sandbox.path().join("own.foray.zst"), own.body).unwrap();
    assert_eq!(sandbox.run(["restore", "own.foray.zst", "--library", "own"]).code, Some(0));
}

#[test]
fn an_export_is_the_same_from_a_server_and_makes_the_same_library() {
    let sandbox = indexed();
    let here = Contents::of(&sandbox, &sandbox.library());
    assert_eq!((here.photos.len(), here.failures.len()), (21, 1));
    let server = ServerProcess::start(&sandbox, ["serve"]);
    assert_eq!(Contents::of(&sandbox, &sandbox.library()), here);
    let exported = sandbox.run(["export", "export"]);
    assert!(exported.text().contains("21 photos in 21 files"), "{exported:?}");
    let again = sandbox.run(["import", "export", "--json"]).json();
    assert_eq!((&again["photos_added"], &again["files_kept"]), (&0.into(), &22.into()));
    drop(server);
    let imported = sandbox.run(["import", "export", "--library", "imported", "--json"]).json();
    assert_eq!((&imported["photos_added"], &imported["failures_added"]), (&21.into(), &1.into()));
    assert_eq!(Contents::of(&sandbox, &sandbox.path().join("imported")), here);
    assert_eq!(search(&sandbox, "imported"), search(&sandbox, "library"));
    sandbox.run(["export", "export"]).fails_saying(&["export is not empty"]);
    fs::write(sandbox.path().join("export/failures.jsonl"), "{}\n").unwrap();
    sandbox.run(["import", "export"]).fails_saying(&["failures.jsonl", "line 1"]);
}

#[test]
fn a_damaged_database_is_told_of_and_repaired_from_the_photos() {
    let sandbox = indexed();
    let found = search(&sandbox, "library");
    for name in ["db", "conf"] {
        let file = sandbox.library().join("db").join(name);
        let mut bytes = fs::read(&file).unwrap();
        bytes.fill(0x55);
        fs::write(&file, bytes).unwrap();
        sandbox.run(["search", "a cat"]).fails_saying(&["damaged", "foray restore", "foray index --repair"]);
        sandbox.run(["index".as_ref(), sandbox.photos().as_os_str()]).fails_saying(&["--repair"]);
        let repair = ["index".into(), "--repair".into(), sandbox.photos().into_os_string()];
        let repaired = sandbox.run(repair);
        assert_eq!(repaired.code, Some(0), "{repaired:?}");
        assert!(repaired.err.contains("damaged") || repaired.err.contains("lost"), "{}", repaired.err);
        assert_eq!(search(&sandbox, "library"), found, "{name}");
    }
}
