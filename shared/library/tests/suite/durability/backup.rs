//! Backups: of one moment, read back exactly, and refused where they are not what was written.

use std::fs;
use std::io::{self, Cursor, Write};
use std::path::Path;

use foray_library::backup::{restore, verify};
use foray_library::{Library, LibraryError};
use foray_protocol::{Change, Ingest};

use super::stage::{SHOWN, fill, names, reopen, search, told_by, vectors};
use crate::support::{added, batch, file, id, open, path};

fn backup(library: &Library) -> Vec<u8> {
    let mut bytes = vec![];
    library.backup(&mut bytes).unwrap();
    bytes
}

#[test]
fn a_restored_library_tells_all_that_the_first_one_told() {
    let folder = tempfile::tempdir().unwrap();
    let library = fill(folder.path());
    let (file_name, target) = (folder.path().join("x.foray.zst"), folder.path().join("new/library"));
    fs::create_dir(folder.path().join("new")).unwrap();
    let header = library.backup_to(&file_name).unwrap();
    assert_eq!((header.photos, header.files, header.failed), (SHOWN, SHOWN + 2, 1));
    assert_eq!(restore(&file_name, &target).unwrap(), header);
    let restored = reopen(&target);
    assert_eq!(told_by(&restored), told_by(&library));
    assert_eq!(names(&folder.path().join("new")), ["library"]);
    // The photo that no file holds is kept, too: it comes back without a new embedding.
    restored.commit(&batch(vec![Change::Linked { file: file(&path(5)), image: id(5) }])).unwrap();
    assert_eq!(search(&restored, &vectors()[5])[0].photo.id, id(5));
}

#[test]
fn an_empty_library_can_be_backed_up() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.zst");
    open(folder.path()).backup_to(&file).unwrap();
    restore(&file, &folder.path().join("new")).unwrap();
    assert_eq!(reopen(folder.path().join("new")).status().unwrap().photos, 0);
}

/// Commits to the library whenever something is written to it, as an indexer does while a slow network takes a backup.
struct Busy<'a> {
    library: &'a Library,
    out: Vec<u8>,
    commits: usize,
}

impl Write for Busy<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let number = 1_000 + self.commits;
        let photo = added(&path(number), id(number), vectors()[self.commits % 40].clone());
        self.library.commit(&batch(vec![photo, Change::Removed { path: path(self.commits % 40) }])).unwrap();
        self.commits += 1;
        self.out.write(&bytes[..bytes.len().min(500)])
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_backup_shows_one_moment_while_commits_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let library = fill(folder.path());
    let before = told_by(&library);
    let mut busy = Busy { library: &library, out: vec![], commits: 0 };
    library.backup(&mut busy).unwrap();
    assert!(busy.commits > 10, "commits went on");
    fs::write(folder.path().join("x.zst"), &busy.out).unwrap();
    restore(&folder.path().join("x.zst"), &folder.path().join("new")).unwrap();
    assert_eq!(told_by(&reopen(folder.path().join("new"))), before);
}

#[test]
fn a_backup_that_is_not_as_it_was_written_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let whole = backup(&fill(folder.path()));
    let (damaged, target) = (folder.path().join("x.zst"), folder.path().join("new"));
    let before = names(folder.path());
    let refused = |bytes: &[u8], what: &str| {
        fs::write(&damaged, bytes).unwrap();
        let error = restore(&damaged, &target).unwrap_err();
        assert!(matches!(error, LibraryError::BackupDamaged { .. }), "{what}: {error}");
    };
    for at in (0..whole.len()).step_by(whole.len() / 300 + 1) {
        let mut flipped = whole.clone();
        flipped[at] ^= 1 << (at % 8);
        refused(&flipped, &format!("flipped byte {at} of {}", whole.len()));
        refused(&whole[..at], &format!("cut at {at} of {}", whole.len()));
    }
    refused(&[whole.as_slice(), b"x"].concat(), "something added");
    refused(&[whole.as_slice(), &whole].concat(), "twice");
    fs::remove_file(&damaged).unwrap();
    assert_eq!(names(folder.path()), before);
    verify(Cursor::new(&whole), Path::new("whole")).unwrap();
}

#[test]
fn a_newer_backup_is_refused_by_its_versions() {
    for header in [
        r#"{"foray_backup": 99, "library_format": 1, "of": "a later day"}"#,
        r#"{"foray_backup": 1, "library_format": 99}"#,
    ] {
        let bytes = zstd::encode_all(format!("{header}\nunknown").as_bytes(), 1).unwrap();
        let error = verify(Cursor::new(bytes), Path::new("later.zst")).unwrap_err();
        assert!(matches!(error, LibraryError::NewerBackup { .. }), "{error}");
        assert!(error.to_string().contains("99"), "{error}");
    }
}

#[test]
fn a_backup_of_a_format_that_never_was_is_no_backup() {
    let header = r#"{"foray_backup": 1, "library_format": 0}"#;
    let bytes = zstd::encode_all(format!("{header}\n").as_bytes(), 1).unwrap();
    let error = verify(Cursor::new(bytes), Path::new("never.zst")).unwrap_err();
    assert!(matches!(&error, LibraryError::BackupDamaged { .. }), "{error}");
    assert!(error.to_string().contains("format 0"), "{error}");
}

#[test]
fn what_is_in_the_target_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let library = fill(folder.path());
    let file = folder.path().join("x.zst");
    library.backup_to(&file).unwrap();
    let before = told_by(&library);
    drop(library);
    let target = folder.path().join("library");
    let error = restore(&file, &target).unwrap_err();
    assert!(matches!(error, LibraryError::NotEmpty(_)) && error.to_string().contains("--library"), "{error}");
    assert_eq!(told_by(&reopen(target)), before);
}

#[test]
fn a_backup_that_cannot_be_written_leaves_the_older_one() {
    let folder = tempfile::tempdir().unwrap();
    let library = fill(folder.path());
    let target = folder.path().join("taken");
    fs::create_dir(&target).unwrap();
    let error = library.backup_to(&target).unwrap_err().to_string();
    assert!(error.contains("cannot write the backup") && error.contains("taken"), "{error}");
    assert_eq!(names(folder.path()), ["library", "taken"]);
}
