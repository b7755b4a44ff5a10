//! The file of vectors beside the database: whatever happens to it, searches answer from what the database holds.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{DIMENSION, Random, batch, open, path, photos};
use foray_library::PhotoQuery;
use foray_protocol::{Change, Ingest, UnitVector};

const ROW_BYTES: usize = 24 + 4 * DIMENSION;

fn vectors() -> Vec<UnitVector> {
    let mut random = Random(5);
    (0..300).map(|_| random.vector()).collect()
}

/// Paths and scores of all photos, best first.
fn answers(folder: &Path) -> Vec<(String, f32)> {
    let vector = Random(8).vector();
    let query = PhotoQuery { vector: Some(&vector), filter: None, limit: 1_000, ..PhotoQuery::default() };
    open(folder).search(&query).unwrap().into_iter().map(|hit| (hit.photo.path, hit.score)).collect()
}

fn filled(folder: &Path) -> PathBuf {
    let library = open(folder);
    library.commit(&photos(&vectors())).unwrap();
    library.commit(&batch(vec![Change::Removed { path: path(7) }])).unwrap();
    drop(library);
    let mut files = fs::read_dir(folder.join("library/rows")).unwrap();
    files.next().unwrap().unwrap().path()
}

fn with_damage(damage: impl FnOnce(&Path)) {
    let folder = tempfile::tempdir().unwrap();
    let file = filled(folder.path());
    let before = answers(folder.path());
    assert_eq!(before.len(), 299);
    damage(&file);
    assert_eq!(answers(folder.path()), before);
    assert_eq!(fs::metadata(&file).unwrap().len() as usize, 64 + 300 * ROW_BYTES, "the file is whole again");
    assert_eq!(answers(folder.path()), before);
}

#[test]
fn a_missing_file_is_written_anew() {
    with_damage(|file| fs::remove_file(file).unwrap());
}

#[test]
fn a_file_cut_anywhere_is_completed() {
    for bytes in [0, 3, 64, 64 + 100 * ROW_BYTES, 64 + 299 * ROW_BYTES + 17] {
        with_damage(|file| fs::File::options().write(true).open(file).unwrap().set_len(bytes as u64).unwrap());
    }
}

#[test]
fn a_flipped_byte_is_mended() {
    for at in [2, 64, 64 + 16, 64 + 150 * ROW_BYTES + 40] {
        with_damage(|file| {
            let mut bytes = fs::read(file).unwrap();
            bytes[at] ^= 16;
            fs::write(file, bytes).unwrap();
        });
    }
}

#[test]
fn the_file_of_another_library_is_not_believed() {
    let other = tempfile::tempdir().unwrap();
    let library = open(other.path());
    let mut random = Random(99);
    library.commit(&photos(&(0..300).map(|_| random.vector()).collect::<Vec<_>>())).unwrap();
    drop(library);
    let foreign = fs::read_dir(other.path().join("library/rows")).unwrap().next().unwrap().unwrap().path();
    with_damage(|file| assert!(fs::copy(foreign, file).unwrap() > 0));
}

#[test]
fn a_file_that_is_ahead_of_the_database_is_cut() {
    with_damage(|file| {
        let mut bytes = fs::read(file).unwrap();
        let last = bytes[bytes.len() - ROW_BYTES..].to_vec();
        bytes.extend_from_slice(&last);
        fs::write(file, bytes).unwrap();
    });
}
