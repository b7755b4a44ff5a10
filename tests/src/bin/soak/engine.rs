//! ONNX Runtime that cannot be loaded: Foray says so and goes on with rten.

use std::fs;

use foray_tests::{Contents, Disk, Sandbox, ServerProcess};

use crate::Outcome;
use crate::stage::{CATCH_UP, up_command};

/// Both engines sum up in orders of their own.
const LEAST_COSINE: f32 = 0.999;

pub fn run() -> Outcome {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let usual = Contents::of(&sandbox, &sandbox.library());
    let broken = sandbox.path().join("libonnxruntime.so");
    fs::write(&broken, "no library").unwrap();
    let other = sandbox.path().join("other");
    let mut command = up_command(&sandbox);
    command.arg("--library").arg(&other).env("ORT_DYLIB_PATH", &broken);
    let mut server = ServerProcess::start_command(command);
    Disk::read(&sandbox.photos()).wait_until_counted(CATCH_UP, || server.api("/status"));
    let backend = server.api("/status")["backend"]["backend"].clone();
    assert_eq!(backend, "rten", "{}", server.api("/status"));
    server.signal("TERM");
    assert!(server.wait().success());
    let contents = Contents::of(&sandbox, &other);
    for (id, (_, vector)) in &usual.photos {
        let cosine: f32 = vector.iter().zip(&contents.photos[id].1).map(|(a, b)| a * b).sum();
        assert!(cosine > LEAST_COSINE, "photo {id}: {cosine}");
    }
    Ok(vec![format!(
        "{} photos indexed on rten instead; every vector within cosine {LEAST_COSINE} of the usual one",
        contents.photos.len()
    )])
}
