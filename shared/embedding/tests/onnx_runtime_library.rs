//! Files that pass for ONNX Runtime: each is an error or a warning, none takes the process down or spoils it for the real one.
//! One test in a process of its own, since the first library that can be loaded stays for good.
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use std::fs;
use std::path::{Path, PathBuf};

use foray_embedding::{BackendChoice, BackendOptions, Embedder, EmbeddingError, Model};

fn open(choice: BackendChoice, library: Option<&Path>) -> Result<Embedder, EmbeddingError> {
    let options = BackendOptions { choice, onnxruntime: library.map(PathBuf::from), ..BackendOptions::default() };
    Embedder::open(Model::builtin().unwrap(), &options)
}

/// Under `auto` rten takes over and says why; under `ort` it is an error with the way out.
fn assert_refused(library: &Path, why: &str) {
    let embedder = open(BackendChoice::Auto, Some(library)).unwrap();
    let warning = embedder.report().warning.clone().unwrap_or_default();
    assert_eq!(embedder.report().backend, "rten", "{why}");
    assert!(warning.contains(&library.display().to_string()), "{why}: {warning}");
    let error = open(BackendChoice::Ort, Some(library)).unwrap_err().to_string();
    assert!(error.contains(&library.display().to_string()) && error.contains("--onnxruntime"), "{why}: {error}");
}

/// Some shared library of this system.
fn system_library() -> Option<Vec<u8>> {
    let files = ["/lib/x86_64-linux-gnu/libm.so.6", "/lib/aarch64-linux-gnu/libm.so.6", "/lib64/libm.so.6"];
    files.iter().find_map(|file| fs::read(file).ok())
}

#[test]
fn a_false_library_is_refused_and_the_real_one_still_loads() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("libonnxruntime.so");
    assert_refused(&file, "a missing file");
    assert_refused(folder.path(), "a folder");
    let mut contents = vec![("an empty file", vec![]), ("a text file", b"some text".to_vec())];
    match system_library() {
        Some(library) => {
            contents.push(("a library that is cut short", library[..library.len() / 2].to_vec()));
            contents.push(("a library of something else", library));
        }
        None => eprintln!("skipped: the part with a real library of something else (none in the usual places)"),
    }
    for (why, content) in contents {
        fs::write(&file, content).unwrap();
        assert_refused(&file, why);
    }
    the_real_one_loads(folder.path());
}

fn the_real_one_loads(folder: &Path) {
    let embedder = match open(BackendChoice::Ort, None) {
        Ok(embedder) => embedder,
        Err(error) => return eprintln!("skipped: the part with the real library ({error})"),
    };
    let library = PathBuf::from(embedder.report().library.as_ref().unwrap().to_string());
    assert_eq!(embedder.report().warning, None);
    embedder.warm_up().unwrap();

    let second = folder.join("second.so");
    fs::copy(&library, &second).unwrap();
    assert_refused(&second, "a second real library");
    assert_eq!(open(BackendChoice::Auto, Some(&library)).unwrap().report().backend, "ort");
}
