//! A wall clock that jumps by hours, years and decades under a running server (libfaketime; the monotonic clock goes on, as it does
//! on real machines).

use std::fs;
use std::path::{Path, PathBuf};

use foray_tests::{Disk, Requests, Sandbox, ServerProcess};

use crate::Outcome;
use crate::reference::Reference;
use crate::stage::{CATCH_UP, add, check_nothing_lost, nothing, photographs, up_command};

const PHOTOS_A_JUMP: usize = 20;
/// What is added to the true time, one after the other.
const JUMPS: [&str; 10] = ["+1h", "-1h", "+2d", "-2d", "+400d", "-400d", "+20y", "-20y", "-50y", "+0"];

pub fn run() -> Outcome {
    let library =
        libfaketime().ok_or("needs libfaketime (of the package of that name), or its path in FORAY_FAKETIME")?;
    let sandbox = Sandbox::new();
    let clock = sandbox.path().join("clock");
    fs::write(&clock, "+0").unwrap();
    let photographs = photographs(PHOTOS_A_JUMP * JUMPS.len());
    let mut server = up_by(&sandbox, &library, &clock);
    let mut requests = Requests::new(4);
    let mut contents = nothing();
    for (photographs, jump) in photographs.chunks(PHOTOS_A_JUMP).zip(JUMPS) {
        fs::write(&clock, jump).unwrap();
        add(&sandbox, photographs, "");
        (0..20).for_each(|_| requests.ask(server.base()));
        Disk::read(&sandbox.photos()).wait_until_counted(CATCH_UP, || server.api("/status"));
        // And across a start at that time.
        server.signal("TERM");
        assert!(server.wait().success());
        contents = check_nothing_lost(&sandbox, &contents);
        server = up_by(&sandbox, &library, &clock);
        Reference(&contents).check(&server);
    }
    assert_eq!(contents.photos.len(), sandbox.photo_files().len());
    Ok(vec![
        format!(
            "jumps to {} of the true time under `foray up`, each with {PHOTOS_A_JUMP} new photos and a start",
            JUMPS.join(", ")
        ),
        format!(
            "{} questions answered; in the end {} photos, as many as files; all answers as the exact ones",
            requests.answered(),
            contents.photos.len()
        ),
    ])
}

fn up_by(sandbox: &Sandbox, library: &Path, clock: &Path) -> ServerProcess {
    let mut command = up_command(sandbox);
    command.env("LD_PRELOAD", library).env("FAKETIME_TIMESTAMP_FILE", clock).env("FAKETIME_NO_CACHE", "1");
    command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1").env("NO_FAKE_STAT", "1");
    ServerProcess::start_command(command)
}

fn libfaketime() -> Option<PathBuf> {
    let named = std::env::var_os("FORAY_FAKETIME").map(PathBuf::from);
    let usual = ["x86_64-linux-gnu", "aarch64-linux-gnu"]
        .map(|system| format!("/usr/lib/{system}/faketime/libfaketime.so.1").into());
    named.into_iter().chain(usual).find(|path| path.exists())
}
