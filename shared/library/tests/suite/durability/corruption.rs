//! Damage: told of, never passed over, and never the end of the library.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use foray_library::{Library, LibraryError, OpenOptions};
use foray_protocol::{Ingest, SearchStructure};

use super::stage::{Told, fill, names, reopen, search, told_by, vectors};
use crate::support::{Random, id, photos, space};

/// A filled library, closed.
fn library(folder: &Path) -> PathBuf {
    drop(fill(folder));
    folder.join("library")
}

fn repair(folder: &Path) -> Library {
    Library::open(&OpenOptions { repair: true, ..OpenOptions::new(folder, "index") }).unwrap()
}

/// What an indexer does after a repair.
fn index_again(library: &Library) {
    library.commit(&photos(&vectors())).unwrap();
}

/// `whole` cut off at `at`, or with a bit of the byte there turned over.
fn damaged(whole: &[u8], at: usize, cut: bool) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    bytes[at] ^= 1 << (at % 8);
    bytes.truncate(if cut { at } else { whole.len() });
    bytes
}

#[test]
fn damage_to_the_database_is_told_of_and_repaired() {
    let first = tempfile::tempdir().unwrap();
    let whole = library(first.path());
    let told = told_by(&reopen(&whole));
    let mut random = Random(11);
    let (mut refused, mut unharmed) = (0, 0);
    for name in ["db", "db", "db", "conf"] {
        let bytes = fs::read(whole.join("db").join(name)).unwrap();
        let positions: Vec<usize> = (0..bytes.len()).filter(|&at| bytes[at] != 0).collect();
        for round in 0..6 {
            let at = positions[(random.next() % positions.len() as u64) as usize];
            let second = tempfile::tempdir().unwrap();
            let copy = second.path().join("library");
            copy_folder(&whole, &copy);
            fs::write(copy.join("db").join(name), damaged(&bytes, at, round % 3 == 2)).unwrap();
            match Library::open(&OpenOptions::new(&copy, "search")) {
                Ok(library) => {
                    assert_eq!(told_by(&library), told, "byte {at} of {name}");
                    unharmed += 1;
                }
                Err(error @ (LibraryError::Corrupt { .. } | LibraryError::LostCommits { .. })) => {
                    let message = error.to_string();
                    assert!(message.contains("foray restore") && message.contains("foray index --repair"), "{message}");
                    assert!(Library::open(&OpenOptions::new(&copy, "search")).is_err(), "it is told of again");
                    let library = repair(&copy);
                    index_again(&library);
                    drop(library);
                    assert_eq!(search(&reopen(&copy), &vectors()[7]).len(), 40, "byte {at} of {name}");
                    refused += 1;
                }
                Err(error) => panic!("byte {at} of {name}: {error}"),
            }
        }
    }
    assert!(refused >= 12, "{refused} refused, {unharmed} unharmed");
}

#[test]
fn a_database_that_cannot_be_read_is_kept_beside_the_new_one() {
    for name in ["db/conf", "library.json"] {
        let folder = tempfile::tempdir().unwrap();
        let library = library(folder.path());
        fs::write(library.join(name), [b'x'; 62]).unwrap();
        let error = Library::open(&OpenOptions::new(&library, "search")).unwrap_err();
        assert!(matches!(error, LibraryError::Corrupt { .. }), "{error:?}");
        assert_eq!(repair(&library).status().unwrap().photos, 0, "{name}");
        assert!(names(&library).iter().any(|name| name.starts_with("db.damaged-")), "{name}");
        assert_eq!(reopen(&library).status().unwrap().photos, 0, "{name}");
    }
}

#[test]
fn a_library_that_was_killed_or_lost_a_record_is_checked_and_stays_suspect() {
    let folder = tempfile::tempdir().unwrap();
    let library = library(folder.path());
    let db = sled::open(library.join("db")).unwrap();
    db.open_tree("files").unwrap().pop_min().unwrap();
    drop(db);
    drop(reopen(&library));
    fs::write(library.join("holder.json"), r#"{"pid": 1, "command": "index"}"#).unwrap();
    for _ in 0..2 {
        let error = Library::open(&OpenOptions::new(&library, "search")).unwrap_err();
        assert!(matches!(&error, LibraryError::Corrupt { reason, .. } if reason.contains("41 files")), "{error}");
    }
}

#[test]
fn a_damaged_graph_is_never_used_and_is_built_anew() {
    let folder = tempfile::tempdir().unwrap();
    let library = library(folder.path());
    let options = |build_graph| OpenOptions { build_graph, graph_from_rows: 8, ..OpenOptions::new(&library, "test") };
    Library::open(&options(true)).unwrap().wait_for_graph();
    let structure = |library: &Library| library.status().unwrap().search;
    assert!(matches!(structure(&Library::open(&options(false)).unwrap()), SearchStructure::Graph { .. }));
    let mut random = Random(3);
    for round in 0..40 {
        let file = graph_file(&library);
        let bytes = fs::read(&file).unwrap();
        let at = (random.next() % bytes.len() as u64) as usize;
        fs::write(&file, damaged(&bytes, at, round % 4 == 3)).unwrap();
        let said = said_while(|| {
            let library = Library::open(&options(false)).unwrap();
            assert!(matches!(structure(&library), SearchStructure::Exact { .. }), "round {round}");
            assert_eq!(search(&library, &vectors()[9])[0].photo.id, id(9));
        });
        assert!(said.contains("graph is damaged"), "{said}");
        let rebuilt = Library::open(&options(true)).unwrap();
        rebuilt.wait_for_graph();
        assert!(matches!(structure(&rebuilt), SearchStructure::Graph { .. }), "round {round}");
    }
}

/// The file that holds the library's graph.
fn graph_file(library: &Path) -> PathBuf {
    let rows = library.join("rows");
    let name = names(&rows).into_iter().find(|name| name.ends_with(".graph")).unwrap();
    rows.join(name)
}

/// A library of an earlier version, whose graph lies in the database and so large that it has a file of its own there: what it
/// tells, and where the file is.
fn library_with_stored_graph(folder: &Path) -> (PathBuf, Told, PathBuf) {
    let library = library(folder);
    let told = told_by(&reopen(&library));
    let db = sled::open(library.join("db")).unwrap();
    db.open_tree(format!("graph:{}", space())).unwrap().insert(b"header", vec![7; 1 << 20]).unwrap();
    drop(db);
    let blobs = library.join("db/blobs");
    let [name] = &names(&blobs)[..] else { panic!("not one file") };
    let file = blobs.join(name);
    (library, told, file)
}

#[test]
fn a_graph_in_the_database_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let (library, told, _) = library_with_stored_graph(folder.path());
    assert_eq!(told_by(&reopen(&library)), told);
    let db = sled::open(library.join("db")).unwrap();
    assert!(db.tree_names().iter().all(|name| !name.starts_with(b"graph:")));
}

#[test]
fn a_graph_whose_file_is_cut_off_takes_nothing_along_in_silence() {
    let folder = tempfile::tempdir().unwrap();
    let (library, told, file) = library_with_stored_graph(folder.path());
    fs::File::options().write(true).open(file).unwrap().set_len(1_000).unwrap();
    match Library::open(&OpenOptions::new(&library, "search")) {
        Ok(opened) => assert_eq!(told_by(&opened), told),
        Err(LibraryError::Corrupt { .. } | LibraryError::LostCommits { .. }) => {
            let repaired = repair(&library);
            index_again(&repaired);
            assert_eq!(search(&repaired, &vectors()[7])[0].photo.id, id(7));
        }
        Err(error) => panic!("{error}"),
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &to.join(entry.file_name()));
        } else {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// The log of this thread while `work` runs.
fn said_while(work: impl FnOnce()) -> String {
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);
    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone()).with_ansi(false).finish();
    tracing::subscriber::with_default(subscriber, work);
    String::from_utf8(log.0.lock().unwrap().clone()).unwrap()
}
