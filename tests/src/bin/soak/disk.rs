//! A disk that is full, to the last byte and at any moment, and one that can no longer be written.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use foray_tests::{Contents, Disk as Folder, Random, Requests, Run, Sandbox, ServerProcess, samples, send_as};
use serde_json::json;

use crate::Outcome;
use crate::mounted::Disk;
use crate::reference::Reference;
use crate::stage::{CATCH_UP, add, log, photographs, said, up_command};

const FILLED: usize = 12;
const PHOTOS_A_ROUND: usize = 60;
/// Enough for the library and its own reserve, with little to spare.
const MEGABYTES: usize = 400;

/// The sandbox's library on a disk of its own.
fn library_on(disk: &Path, mut command: Command) -> Command {
    command.env("FORAY_LIBRARY", disk.join("library"));
    command
}

fn up_on(sandbox: &Sandbox, disk: &Path) -> ServerProcess {
    ServerProcess::start_command(library_on(disk, up_command(sandbox)))
}

fn contents_on(sandbox: &Sandbox, disk: &Path) -> Contents {
    Contents::of(sandbox, &disk.join("library"))
}

/// The disk is filled up while photos are indexed and searched, and freed again; nobody starts anything anew.
pub fn fill_up() -> Outcome {
    let sandbox = Sandbox::new();
    let at = sandbox.path().join("disk");
    let disk = Disk::in_memory(at.clone(), MEGABYTES)?;
    let photographs = photographs(PHOTOS_A_ROUND * FILLED);
    let mut fresh = photographs.chunks(PHOTOS_A_ROUND);
    add(&sandbox, fresh.next().unwrap(), "");
    let mut server = up_on(&sandbox, &at);
    let mut requests = Requests::new(2);
    let mut random = Random(5);
    let (mut before, mut recovered) = (0, vec![]);
    for _ in 0..FILLED {
        add(&sandbox, fresh.next().unwrap_or_default(), "");
        thread::sleep(Duration::from_secs_f64(0.3 + 0.9 * random.fraction()));
        let ballast = disk.fill();
        let full = Instant::now();
        while full.elapsed() < Duration::from_secs(2) {
            requests.ask(server.base());
        }
        let photos = server.photos();
        assert!(photos >= before, "{photos} photos are fewer than {before}");
        before = photos;
        drop(ballast);
        let freed = Instant::now();
        Folder::read(&sandbox.photos()).wait_until_counted(CATCH_UP, || server.api("/status"));
        recovered.push(freed.elapsed().as_secs_f64());
    }
    server.signal("TERM");
    assert!(server.wait().success());
    let contents = contents_on(&sandbox, &at);
    assert_eq!(contents.photos.len(), sandbox.photo_files().len());
    let server = up_on(&sandbox, &at);
    let answers = Reference(&contents).check(&server);
    recovered.sort_by(f64::total_cmp);
    Ok(vec![
        format!("the disk was full {FILLED} times for 2 s while `foray up` indexed; it ran on"),
        format!(
            "{} questions answered meanwhile, {} lines of the log told of the disk",
            requests.answered(),
            told_of_disk(&sandbox)
        ),
        format!(
            "after the disk was freed, everything was indexed within {:.1} s (longest)",
            recovered[recovered.len() - 1]
        ),
        format!("in the end {} photos, as many as files; {answers} answers as the exact ones", contents.photos.len()),
    ])
}

fn told_of_disk(sandbox: &Sandbox) -> usize {
    said(sandbox, "full") + said(sandbox, "No space left")
}

/// Everything else that writes: it must fail by saying so, leave what was there, and work once there is room.
pub fn write_elsewhere() -> Outcome {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let at = sandbox.path().join("disk");
    let disk = Disk::in_memory(at.clone(), 64)?;
    fs::create_dir(at.join("config")).unwrap();
    let before = contents_on_own(&sandbox);
    let writes = writes(&at);
    let mut told = vec![];
    for (name, target, arguments) in &writes {
        let old = b"what stood there";
        fs::write(target, old).unwrap();
        let ballast = disk.fill();
        let run: Run = sandbox.command(arguments).output().unwrap().into();
        drop(ballast);
        assert_eq!(run.code, Some(1), "{name} on a full disk: {run:?}");
        assert!(run.err.contains("No space left") || run.err.contains("full"), "{name}: {run:?}");
        assert_eq!(fs::read(target).unwrap(), old, "{name} changed what stood there");
        assert!(!has_leftovers(&at), "{name} left a part of a file");
        let run: Run = sandbox.command(arguments).output().unwrap().into();
        assert_eq!(run.code, Some(0), "{name} with room: {run:?}");
        assert_ne!(fs::read(target).unwrap(), old, "{name} wrote nothing");
        told.push(*name);
    }
    assert_eq!(contents_on_own(&sandbox), before);
    Ok(vec![
        format!(
            "{}: each failed by naming the full disk, left the older file as it was and no part of a new one,",
            told.join(", ")
        ),
        "and worked once there was room".to_owned(),
    ])
}

fn contents_on_own(sandbox: &Sandbox) -> Contents {
    Contents::of(sandbox, &sandbox.library())
}

type Write = (&'static str, PathBuf, Vec<String>);

/// Commands that write a file, the file, and their arguments.
fn writes(at: &Path) -> Vec<Write> {
    let write = |name: &'static str, file: &str, before: &[&str]| {
        let target = at.join(file);
        let arguments = before.iter().map(ToString::to_string).chain([target.display().to_string()]).collect();
        (name, target, arguments)
    };
    let labelled = samples().display().to_string();
    vec![
        write("backup", "x.foray.zst", &["backup"]),
        write("duplicates --plan", "plan.csv", &["duplicates", "--plan"]),
        write("eval --html", "page.html", &["eval", &labelled, "--html"]),
    ]
}

fn has_leftovers(at: &Path) -> bool {
    fs::read_dir(at).unwrap().any(|entry| entry.unwrap().file_name().to_string_lossy().contains(".tmp-"))
}

/// The file system gives up, as Linux does after errors of the device: searches go on, nothing is lost, and with the disk
/// mended the work goes on.
pub fn give_up() -> Outcome {
    let sandbox = Sandbox::new();
    let (image, at) = (sandbox.path().join("image"), sandbox.path().join("disk"));
    let disk = Disk::ext4(&image, at.clone(), MEGABYTES as u64)?;
    let photographs = photographs(3 * PHOTOS_A_ROUND);
    add(&sandbox, &photographs[..PHOTOS_A_ROUND], "");
    let mut server = up_on(&sandbox, &at);
    Folder::read(&sandbox.photos()).wait_until_counted(CATCH_UP, || server.api("/status"));
    disk.give_up()?;
    add(&sandbox, &photographs[PHOTOS_A_ROUND..2 * PHOTOS_A_ROUND], "");
    let mut requests = Requests::new(3);
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(5) {
        requests.ask(server.base());
    }
    let saved = send_as("", "PUT", &server.url("/api/v1/searches/soak"), &json!({"query": "a cat"}));
    assert_eq!(saved.status, 500, "a write to such a disk cannot succeed: {saved:?}");
    server.signal("KILL");
    server.wait();
    drop(disk);
    let checked = Command::new("fsck.ext4").args(["-p", "-f"]).arg(&image).stdout(log(&sandbox)).status().unwrap();
    assert!(checked.code().is_some_and(|code| code < 4), "fsck: {checked:?}");
    let disk = Disk::ext4(&image, at.clone(), MEGABYTES as u64)?;
    let mut server = up_on(&sandbox, &at);
    Folder::read(&sandbox.photos()).wait_until_counted(CATCH_UP, || server.api("/status"));
    server.signal("TERM");
    assert!(server.wait().success());
    let contents = contents_on(&sandbox, &at);
    let server = up_on(&sandbox, &at);
    let answers = Reference(&contents).check(&server);
    drop((server, disk));
    Ok(vec![
        format!(
            "ext4 gave up while `foray up` indexed: {} questions answered from then on, writes refused ({})",
            requests.answered(),
            saved.status
        ),
        format!(
            "after fsck and a start: {} photos, as many as files; {answers} answers as the exact ones",
            contents.photos.len()
        ),
    ])
}
