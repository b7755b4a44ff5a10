//! ONNX Runtime that cannot be loaded: Foray says so and goes on with rten.

use std::fs;

use foray_tests::{Contents, Sandbox, ServerProcess};

use crate::Outcome;
use crate::stage::log;

/// Both engines sum up in orders of their own.
const LEAST_COSINE: f32 = 0.999;

pub fn run() -> Outcome {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let usual = Contents::of(&sandbox, &sandbox.library());
    let broken = sandbox.path().join("libonnxruntime.so");
    fs::write(&broken, "no library").unwrap();
    let other = sandbox.path().join("other");
    let mut command = sandbox.command(["up".as_ref(), sandbox.photos().as_os_str(), "--bind".as_ref()]);
    command.arg("127.0.0.1:0").args(["--quiet", "--backend", "auto", "--library"]).arg(&other);
    command.env("ORT_DYLIB_PATH", &broken).stderr(log(&sandbox));
    let mut server = ServerProcess::start_command(command);
    foray_tests::Disk::read(&sandbox.photos()).wait_until_counted(crate::stage::CATCH_UP, || server.api("/status"));
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
