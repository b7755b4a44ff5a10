//! Libraries of older formats: `fixtures/format-N.tar.zst` is one of format N, as the Foray of its time left it.

use std::fs;
use std::path::{Path, PathBuf};

use foray_library::Library;
use foray_library::{FORMAT, LibraryError, OpenOptions};

use super::stage::{SHOWN, fill, reopen, search, told_by, vectors};
use crate::support::id;

fn fixture(format: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/format-{format}.tar.zst"))
}

/// Writes the fixture of the present format. Run it once, when a new format is there for good, and never again:
/// `cargo test -p foray-library --test suite -- --ignored writes_the_fixture`
#[test]
#[ignore = "writes a fixture"]
fn writes_the_fixture() {
    let folder = tempfile::tempdir().unwrap();
    drop(fill(folder.path()));
    let options = OpenOptions {
        build_graph: true,
        graph_from_rows: 8,
        ..OpenOptions::new(folder.path().join("library"), "test")
    };
    Library::open(&options).unwrap().wait_for_graph();
    let mut archive = tar::Builder::new(vec![]);
    archive.append_dir_all("library", folder.path().join("library")).unwrap();
    let bytes = zstd::encode_all(archive.into_inner().unwrap().as_slice(), 19).unwrap();
    assert!(!fixture(FORMAT).exists(), "the fixture is there");
    fs::write(fixture(FORMAT), bytes).unwrap();
}

#[test]
fn libraries_of_all_formats_open_and_answer() {
    for format in 1..=FORMAT {
        let folder = tempfile::tempdir().unwrap();
        let archive = fs::File::open(fixture(format)).unwrap();
        tar::Archive::new(zstd::Decoder::new(archive).unwrap()).unpack(folder.path()).unwrap();
        let told = {
            let library = reopen(folder.path().join("library"));
            let status = library.status().unwrap();
            assert_eq!((status.format, status.photos, status.files, status.failed), (FORMAT, SHOWN, SHOWN + 2, 1));
            for (number, vector) in vectors().iter().enumerate().filter(|(number, _)| *number != 5) {
                assert_eq!(search(&library, vector)[0].photo.id, id(number), "format {format}");
            }
            told_by(&library)
        };
        assert_eq!(told_by(&reopen(folder.path().join("library"))), told, "after it was brought up to date");
    }
}

#[test]
fn a_format_that_never_was_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    drop(fill(folder.path()));
    let file = folder.path().join("library/library.json");
    fs::write(&file, r#"{"format": 0}"#).unwrap();
    let error = Library::open(&OpenOptions::new(folder.path().join("library"), "test")).unwrap_err();
    assert!(matches!(error, LibraryError::OlderFormat { got: 0, .. }) && error.to_string().contains("foray restore"));
    assert_eq!(fs::read_to_string(&file).unwrap(), r#"{"format": 0}"#);
}
