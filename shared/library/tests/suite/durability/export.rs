//! Exports: read back exactly, added without loss, refused where they make no sense.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};

use foray_library::export::{Export, ImportSummary};
use foray_library::{Library, LibraryError};
use foray_protocol::{Change, Ingest, PhotoPath, SpaceId};

use super::stage::{SHOWN, fill, names, reopen, told_by, vectors};
use crate::support::{DIMENSION, Random, added, batch, file, id, open, path};

/// An export of [`fill`]'s library below `folder`.
fn exported(folder: &Path) -> PathBuf {
    let target = folder.join("export");
    fill(folder).export(&target).unwrap();
    target
}

fn import(export: &Path, library: &Library) -> Result<ImportSummary, LibraryError> {
    let export = Export::open(export)?;
    export.check_fits(&library.status().unwrap())?;
    export.import(library, &|_| ())
}

#[test]
fn an_export_makes_the_same_library_and_does_nothing_the_second_time() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let export = exported(first.path());
    assert_eq!(names(&export), ["failures.jsonl", "manifest.json", "photos.jsonl", "thumbnails", "vectors.npy"]);
    let library = open(second.path());
    let added = ImportSummary { photos_added: SHOWN, files_added: SHOWN + 2, failures_added: 1, files_kept: 0 };
    assert_eq!(import(&export, &library).unwrap(), added);
    let mut expected = told_by(&reopen(first.path().join("library")));
    let mut got = told_by(&library);
    // The photo that no file holds stays behind; it cannot be found in either library.
    assert_eq!((expected.vectors(), got.vectors()), (SHOWN + 1, SHOWN));
    expected.forget_rows();
    got.forget_rows();
    assert_eq!(got, expected);
    let kept = ImportSummary { files_kept: SHOWN + 3, ..ImportSummary::default() };
    assert_eq!(import(&export, &library).unwrap(), kept);
    let again = second.path().join("again");
    library.export(&again).unwrap();
    for name in ["manifest.json", "photos.jsonl", "failures.jsonl", "vectors.npy"] {
        assert!(fs::read(again.join(name)).unwrap() == fs::read(export.join(name)).unwrap(), "{name}");
    }
}

#[test]
fn an_import_that_was_broken_off_goes_on_and_nothing_that_is_there_changes() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let export = exported(first.path());
    let library = open(second.path());
    let own = [path(0), PhotoPath::from("/photos/broken.jpg")];
    let vector = Random(99).vector();
    library.commit(&batch(own.iter().map(|path| added(path, id(500), vector.clone())).collect())).unwrap();
    library.commit(&batch(vec![Change::Linked { file: file(&path(1)), image: id(500) }])).unwrap();
    let summary = import(&export, &library).unwrap();
    assert_eq!((summary.files_kept, summary.failures_added), (3, 0));
    for path in &own {
        assert_eq!(library.photo_at(path).unwrap(), Some(id(500)));
    }
    assert_eq!(library.photo_at(&path(2)).unwrap(), Some(id(2)));
    assert_eq!(library.vector(id(2)).unwrap(), vectors()[2]);
    assert_eq!(library.status().unwrap().photos, SHOWN - 2 + 1);
}

#[test]
fn progress_counts_up_to_all_photos() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let export = Export::open(&exported(first.path())).unwrap();
    let last = Cell::new(0);
    export.import(&open(second.path()), &|done| last.set(done)).unwrap();
    assert_eq!(last.get(), SHOWN);
}

#[test]
fn vectors_of_another_model_or_length_are_refused() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let export = exported(first.path());
    let library = open(second.path());
    let mut other = batch(vec![added(&path(0), id(0), Random(1).vector())]);
    other.space = SpaceId::new("other", b"1");
    library.commit(&other).unwrap();
    assert!(matches!(import(&export, &library), Err(LibraryError::WrongSpace { .. })));
    assert_eq!(library.status().unwrap().files, 1);
}

#[test]
fn files_that_are_not_what_they_should_be_are_named_and_nothing_is_taken() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let export = exported(first.path());
    let library = open(second.path());
    let header = fs::read(export.join("vectors.npy")).unwrap().len() - SHOWN * DIMENSION * 4;
    let longer = move |bytes: &mut Vec<u8>| bytes[header..header + 4].copy_from_slice(&9.0f32.to_le_bytes());
    let nan = move |bytes: &mut Vec<u8>| bytes[header..header + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    type Damager = Box<dyn Fn(&mut Vec<u8>)>;
    type Damage<'a> = (&'a str, Damager, &'a str);
    let replace = |from: &'static str, to: &'static str| -> Damager {
        Box::new(move |bytes| *bytes = String::from_utf8_lossy(bytes).replacen(from, to, 1).into_bytes())
    };
    let damages: Vec<Damage> = vec![
        ("vectors.npy", Box::new(|bytes| bytes.truncate(bytes.len() - 1)), "bytes of numbers"),
        ("vectors.npy", Box::new(|bytes| bytes.extend([0; 192])), "bytes of numbers"),
        ("vectors.npy", Box::new(|bytes| bytes[1] = b'M'), "no NumPy array"),
        ("vectors.npy", Box::new(|bytes| bytes.clear()), "too short"),
        ("vectors.npy", Box::new(longer), "expected length 1"),
        ("vectors.npy", Box::new(nan), "expected length 1"),
        ("photos.jsonl", replace("\n", "\n\n"), "line 2"),
        ("photos.jsonl", replace("{\"id\":\"", "{\"id\":\"x"), "line 1"),
        ("photos.jsonl", replace("\"/photos/", "\"photos/"), "expected an absolute one"),
        ("photos.jsonl", Box::new(|bytes| bytes.truncate(bytes.len() / 2)), "line"),
        ("failures.jsonl", Box::new(Vec::clear), "expected 1"),
        ("manifest.json", replace("\"photos\": 39", "\"photos\": 40"), "expected 40"),
        ("manifest.json", replace("\"dimension\": 48", "\"dimension\": 47"), "expected 47"),
        ("manifest.json", replace("\"foray_export\": 1", "\"foray_export\": 2"), "at most 1"),
    ];
    for (name, damage, words) in damages {
        let file = export.join(name);
        let whole = fs::read(&file).unwrap();
        let mut bytes = whole.clone();
        damage(&mut bytes);
        assert!(bytes != whole, "{name} is damaged for {words:?}");
        fs::write(&file, bytes).unwrap();
        let error = import(&export, &library).unwrap_err().to_string();
        assert!(error.contains(words) && error.contains(name), "{error}");
        fs::write(&file, whole).unwrap();
    }
    assert_eq!(library.status().unwrap().files, 0);
    assert_eq!(import(&export, &library).unwrap().photos_added, SHOWN);
}

#[test]
fn a_size_that_no_number_can_hold_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    // Times 4 bytes it is 2 to the power of 64, which a number of 64 bits takes for 0.
    let (rows, columns) = (8, 1_usize << 59);
    let shape = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {columns}), }}\n");
    let array = [b"\x93NUMPY\x01\x00", (shape.len() as u16).to_le_bytes().as_slice(), shape.as_bytes()].concat();
    let manifest = format!(
        "{{\"foray_export\": 1, \"written_by\": \"\", \"space\": \"m@1\", \"dimension\": {columns}, \"photos\": {rows}, \
         \"files\": 0, \"failures\": 0, \"roots\": []}}"
    );
    fs::write(folder.path().join("manifest.json"), manifest).unwrap();
    fs::write(folder.path().join("vectors.npy"), array).unwrap();
    let error = Export::open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("got 0 bytes of numbers"), "{error}");
}

#[test]
fn an_export_never_overwrites() {
    let folder = tempfile::tempdir().unwrap();
    let export = exported(folder.path());
    let error = reopen(folder.path().join("library")).export(&export).unwrap_err();
    assert!(matches!(error, LibraryError::NotEmpty(_)), "{error}");
    assert_eq!(names(folder.path()), ["export", "library"]);
}
