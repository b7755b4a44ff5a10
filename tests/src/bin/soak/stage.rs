//! What the faults share: photographs, running programs, and looking at a library after it broke.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use foray_tests::{Contents, Sandbox, ServerProcess, get_with, samples, some_photos, test_data};
use serde_json::Value;

use crate::reference::Reference;

pub const TOKEN: &str = "the-token-of-the-soak";
/// What is left to do when the fault has gone takes less, also on a busy machine.
pub const CATCH_UP: Duration = Duration::from_secs(300);

/// Photographs from beside the project, else the bundled ones.
pub fn photographs(count: usize) -> Vec<PathBuf> {
    let folder = test_data("the use of more photographs", "flickr8k/images").unwrap_or_else(samples);
    some_photos(&folder, count)
}

/// A sandbox with so many photographs in its folder.
pub fn sandbox_with(count: usize) -> Sandbox {
    let sandbox = Sandbox::new();
    add(&sandbox, &photographs(count), "");
    sandbox
}

/// Copies photographs into the sandbox's folder, their names after `prefix`.
pub fn add(sandbox: &Sandbox, photographs: &[PathBuf], prefix: &str) {
    for photo in photographs {
        let name = photo.file_name().unwrap().to_string_lossy();
        fs::copy(photo, sandbox.photos().join(format!("{prefix}{name}"))).unwrap();
    }
}

pub fn up(sandbox: &Sandbox) -> ServerProcess {
    ServerProcess::start_command(up_command(sandbox))
}

pub fn up_command(sandbox: &Sandbox) -> Command {
    let mut command = sandbox.command(["up".as_ref(), sandbox.photos().as_os_str(), "--bind".as_ref()]);
    command.arg("127.0.0.1:0").arg("--quiet").stderr(log(sandbox));
    command
}

/// A server that says what it notices.
pub fn serve(sandbox: &Sandbox) -> ServerProcess {
    let mut command = sandbox.command(["serve", "--bind", "127.0.0.1:0"]);
    command.stderr(log(sandbox));
    ServerProcess::start_command(command)
}

/// A server that asks for [`TOKEN`].
pub fn serve_with_token(sandbox: &Sandbox) -> ServerProcess {
    let mut command = sandbox.command(["serve", "--bind", "127.0.0.1:0", "--quiet"]);
    command.env("FORAY_TOKEN", TOKEN).stderr(log(sandbox));
    ServerProcess::start_command(command)
}

/// `foray indexer` that feeds the server at `url` with the sandbox's photos.
pub fn indexer(sandbox: &Sandbox, url: &str) -> Child {
    let photos = sandbox.photos();
    let arguments: [&OsStr; 5] =
        ["indexer".as_ref(), "--server".as_ref(), url.as_ref(), photos.as_os_str(), "--quiet".as_ref()];
    let mut command = sandbox.command(arguments);
    command.env("FORAY_TOKEN", TOKEN).stdout(Stdio::null()).stderr(log(sandbox)).spawn().unwrap()
}

pub fn status_with_token(server: &ServerProcess) -> Value {
    get_with(&server.url("/api/v1/status"), "authorization", &format!("Bearer {TOKEN}")).json()
}

/// What the programs of this sandbox say, one after the other.
pub fn log(sandbox: &Sandbox) -> Stdio {
    fs::OpenOptions::new().append(true).create(true).open(sandbox.path().join("log")).unwrap().into()
}

/// How many lines of the log contain `words`.
pub fn said(sandbox: &Sandbox, words: &str) -> usize {
    let log = fs::read_to_string(sandbox.path().join("log")).unwrap_or_default();
    log.lines().filter(|line| line.contains(words)).count()
}

/// A photo of `before` must be there, with the vector that it had. Every preview must be a picture.
#[track_caller]
pub fn check_nothing_lost(sandbox: &Sandbox, before: &Contents) -> Contents {
    let contents = Contents::of(sandbox, &sandbox.library());
    for (id, (_, vector)) in &before.photos {
        let Some((_, now)) = contents.photos.get(id) else { panic!("photo {id} was committed, and is lost") };
        assert_eq!(now, vector, "photo {id}");
    }
    for id in contents.photos.keys() {
        let preview = preview(&sandbox.library(), id);
        image::open(&preview).unwrap_or_else(|error| panic!("{}: {error}", preview.display()));
    }
    contents
}

pub fn preview(library: &Path, id: &str) -> PathBuf {
    library.join("thumbnails").join(&id[..2]).join(format!("{id}.jpg"))
}

/// Starts a server, and compares its answers with the exact ones; tells how long it took until it was asked, and of how many answers.
#[track_caller]
pub fn check_service(sandbox: &Sandbox, contents: &Contents) -> (Duration, usize) {
    let begun = Instant::now();
    let server = serve(sandbox);
    let back = begun.elapsed();
    (back, Reference(contents).check(&server))
}

/// Nothing is in a library that was never filled.
pub fn nothing() -> Contents {
    Contents { photos: Default::default(), failures: vec![] }
}
