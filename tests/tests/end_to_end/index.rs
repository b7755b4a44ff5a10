//! `foray index` over real folders: what is new, unchanged, moved, copied, deleted, broken; what stops it and what does not.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use foray_tests::{Sandbox, test_data, wait_until};

fn index_args(sandbox: &Sandbox) -> Vec<String> {
    vec!["index".to_owned(), sandbox.photos().display().to_string(), "--json".to_owned()]
}

#[test]
fn a_second_run_embeds_nothing_that_has_not_changed() {
    let sandbox = Sandbox::with_samples();
    let count = sandbox.photo_files().len();
    let first = sandbox.index();
    assert_eq!(first["indexed"], count);
    assert_eq!((&first["unchanged"], &first["failed"]), (&0.into(), &0.into()));
    assert!(first["seconds"].as_f64().unwrap() > 0.0);
    let second = sandbox.index();
    assert_eq!((&second["indexed"], &second["unchanged"]), (&0.into(), &count.into()));
}

#[test]
fn renamed_copied_and_deleted_photos_are_followed_by_their_content() {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let files = sandbox.photo_files();
    let renamed = sandbox.photos().join("renamed.jpg");
    fs::rename(&files[0], &renamed).unwrap();
    fs::copy(&files[1], sandbox.photos().join("zz-copy.jpg")).unwrap();
    fs::remove_file(&files[2]).unwrap();
    let summary = sandbox.index();
    for (field, expected) in [("indexed", 0), ("moved", 1), ("copied", 1), ("removed", 1), ("failed", 0)] {
        assert_eq!(summary[field], expected, "{field} in {summary}");
    }
    let all = sandbox.run(["search", "a photo", "-n", "100", "--json"]);
    let paths = all.paths();
    assert!(paths.contains(&renamed.display().to_string()));
    assert!(!paths.contains(&files[2].display().to_string()));
    assert_eq!(paths.len(), files.len() - 1, "a copy is no second result");
    let copied = all.json()["results"].as_array().unwrap().iter().any(|hit| hit["copies"].is_array());
    assert!(copied, "the copy is named beside its photo");
}

#[test]
fn a_replaced_photo_is_embedded_anew() {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let files = sandbox.photo_files();
    let content = fs::read(&files[1]).unwrap();
    fs::write(&files[0], [content.as_slice(), b"changed"].concat()).unwrap();
    let summary = sandbox.index();
    assert_eq!((&summary["indexed"], &summary["removed"]), (&1.into(), &0.into()));
}

#[test]
fn broken_files_are_counted_and_explained_and_never_stop_the_run() {
    let sandbox = Sandbox::with_samples();
    let good = sandbox.photo_files().len();
    let photo = fs::read(&sandbox.photo_files()[0]).unwrap();
    fs::write(sandbox.photos().join("empty.jpg"), b"").unwrap();
    fs::write(sandbox.photos().join("notes.png"), b"this is not a picture").unwrap();
    fs::write(sandbox.photos().join("cut.jpg"), &photo[..40]).unwrap();
    let summary = sandbox.index();
    assert_eq!((&summary["indexed"], &summary["failed"]), (&good.into(), &3.into()));
    let failed = sandbox.run(["status", "--failed"]).text();
    for name in ["empty.jpg", "notes.png", "cut.jpg"] {
        let line = failed.lines().find(|line| line.contains(name)).unwrap_or_else(|| panic!("{name}: {failed}"));
        assert!(line.split('\t').nth(1).is_some_and(|reason| reason.len() > 10), "{line}");
    }
    fs::write(sandbox.photos().join("cut.jpg"), [photo.as_slice(), b"\0"].concat()).unwrap();
    let summary = sandbox.index();
    assert_eq!((&summary["indexed"], &summary["failed"]), (&1.into(), &0.into()), "only what changed is tried again");
    assert_eq!(sandbox.run(["status", "--json"]).json()["failed"], 2);
}

#[test]
fn an_empty_folder_is_no_error() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.index()["indexed"], 0);
    assert!(sandbox.run(["search", "anything", "--json"]).paths().is_empty());
    assert!(sandbox.run(["unusual", "--json"]).paths().is_empty());
}

#[test]
fn a_folder_that_is_empty_all_at_once_is_taken_for_an_unplugged_disk() {
    let sandbox = Sandbox::with_samples();
    let count = sandbox.photo_files().len();
    sandbox.index();
    sandbox.photo_files().iter().for_each(|file| fs::remove_file(file).unwrap());
    let kept = sandbox.run(index_args(&sandbox));
    assert_eq!(kept.json()["removed"], 0);
    assert!(kept.err.contains("--prune"), "{}", kept.err);
    assert_eq!(sandbox.run(["status", "--json"]).json()["photos"], count);
    let pruned = sandbox.run([index_args(&sandbox), vec!["--prune".to_owned()]].concat());
    assert_eq!(pruned.json()["removed"], count);
    assert_eq!(sandbox.run(["status", "--json"]).json()["photos"], 0);
}

#[test]
fn hidden_and_system_folders_are_skipped() {
    let sandbox = Sandbox::with_samples();
    let files = sandbox.photo_files();
    for folder in [".hidden", "@eaDir", "node_modules", ".git"] {
        let folder = sandbox.photos().join(folder);
        fs::create_dir(&folder).unwrap();
        fs::copy(&files[0], folder.join("photo.jpg")).unwrap();
    }
    let summary = sandbox.index();
    assert_eq!((&summary["indexed"], &summary["copied"]), (&files.len().into(), &0.into()));
}

#[cfg(unix)]
#[test]
fn a_file_name_that_is_not_utf8_is_indexed_and_printed_byte_for_byte() {
    use std::os::unix::ffi::OsStrExt;
    let sandbox = Sandbox::with_samples();
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9.jpg");
    let file = sandbox.photos().join(name);
    fs::rename(&sandbox.photo_files()[0], &file).unwrap();
    sandbox.index();
    let run = sandbox.run(["search", "a photo", "-n", "100", "--paths", "-0"]);
    assert!(run.out.split(|&byte| byte == 0).any(|path| path == file.as_os_str().as_bytes()), "{run:?}");
    let ranked = sandbox.command(["rank", "a photo", "--paths"]).arg(&file).output().unwrap();
    assert_eq!(ranked.stdout, [file.as_os_str().as_bytes(), b"\n"].concat());
}

/// Runs a copy of the binary as a user without rights, where this test has the right to; else as the user that it is.
#[cfg(unix)]
fn run_unprivileged(sandbox: &Sandbox, arguments: &[&str]) -> foray_tests::Run {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::os::unix::process::CommandExt;
    let nobody = 65_534;
    fs::set_permissions(sandbox.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let binary = sandbox.path().join("foray");
    fs::copy(foray_tests::foray_binary(), &binary).unwrap();
    let mut command = sandbox.command_of(&binary, arguments);
    if fs::metadata(sandbox.path()).unwrap().uid() == 0 {
        command.uid(nobody).gid(nobody);
    }
    command.output().unwrap().into()
}

#[cfg(unix)]
#[test]
fn an_unreadable_folder_is_named_and_what_it_held_is_kept() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::with_samples();
    let count = sandbox.photo_files().len();
    let locked = sandbox.photos().join("locked");
    fs::create_dir(&locked).unwrap();
    fs::rename(&sandbox.photo_files()[0], locked.join("inside.jpg")).unwrap();
    let photos = sandbox.photos().display().to_string();
    let first = run_unprivileged(&sandbox, &["index", &photos, "--json"]);
    assert_eq!(first.json()["indexed"], count);
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).unwrap();
    let second = run_unprivileged(&sandbox, &["index", &photos, "--json"]);
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(second.json()["removed"], 0);
    assert!(second.err.contains("locked"), "{}", second.err);
}

#[cfg(unix)]
#[test]
fn a_library_that_cannot_be_written_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let photos = sandbox.photos().display().to_string();
    fs::set_permissions(sandbox.library(), fs::Permissions::from_mode(0o555)).unwrap();
    let run = run_unprivileged(&sandbox, &["index", &photos]);
    run.fails_saying(&["library", "ermission", "--library"]);
}

#[test]
fn ctrl_c_stops_cleanly_and_keeps_what_was_committed() {
    let Some(data) = test_data("ctrl_c_stops_cleanly_and_keeps_what_was_committed", "imagenet1k_one") else { return };
    let sandbox = Sandbox::new();
    let library = sandbox.library();
    let mut command = sandbox.command(["index", "--json"]);
    let child = command.arg(&data).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let thumbnails = || fs::read_dir(library.join("thumbnails")).map_or(0, Iterator::count);
    wait_until("some photos are committed", Duration::from_secs(60), || thumbnails() > 20);
    let interrupted = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(interrupted.success());
    let run: foray_tests::Run = child.wait_with_output().unwrap().into();
    let summary = run.json();
    assert_eq!(summary["stopped"], true, "{summary}");
    let committed = sandbox.run(["status", "--json"]).json()["photos"].as_u64().unwrap();
    assert_eq!(summary["indexed"].as_u64().unwrap(), committed);
    assert!(committed > 20 && committed < 1_000, "{committed}");
}

#[test]
fn nested_and_repeated_folders_count_once() {
    let sandbox = Sandbox::with_samples();
    let files = sandbox.photo_files();
    let inner = sandbox.photos().join("inner");
    fs::create_dir(&inner).unwrap();
    fs::rename(&files[0], inner.join("one.jpg")).unwrap();
    let photos = sandbox.photos();
    let run =
        sandbox.run(["index".as_ref(), photos.as_os_str(), inner.as_os_str(), photos.as_os_str(), "--json".as_ref()]);
    assert_eq!(run.json()["indexed"], files.len());
}
