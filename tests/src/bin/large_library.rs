//! What a library of a million photos (or as many as the argument says) takes: filling, opening, first answers, memory.
//! Vectors are made, hashes are their signs, and there are no files: `cargo run --release -p foray-tests --bin large_library`.
#![allow(clippy::unwrap_used, reason = "a measurement that cannot be made ends the program")]

use std::fs;
use std::ops::Range;
use std::path::Path;
use std::time::{Duration, Instant};

use foray_library::{Library, LibraryError, OpenOptions, PhotoQuery};
use foray_protocol::{
    Change, DuplicateKind, DuplicatesRequest, Filter, Ingest, IngestBatch, SpaceId, UnitVector, UnusualKind,
    UnusualRequest,
};
use foray_tests::embeddings::Embeddings;
use foray_tests::made_photos::{added, metadata, seen};

const DIMENSION: usize = 512;
const PHOTOS_A_COMMIT: usize = 256;
const SECONDS_BETWEEN_PHOTOS: u64 = 600;

fn main() {
    let photos = std::env::args().nth(1).map_or(1_000_000, |count| count.parse().unwrap());
    let embeddings = Embeddings::new(DIMENSION, 1);
    let folder = tempfile::tempdir_in(concat!(env!("CARGO_MANIFEST_DIR"), "/../target")).unwrap();
    let options = |build_graph| OpenOptions { build_graph, create: true, ..OpenOptions::new(folder.path(), "measure") };
    let query = embeddings.vectors(1 << 40, 1).remove(0);

    let library = Library::open(&options(false)).unwrap();
    timed("filled", || fill(&library, &embeddings, 0..photos));
    timed("closed", || drop(library));
    println!("on disk: {} MB", megabytes(folder.path()));

    let library = timed("opened without a graph", || Library::open(&options(true)).unwrap());
    timed("first answer", || search(&library, &query));
    timed("graph built", || library.wait_for_graph());
    timed("answer from the graph", || search(&library, &query));
    timed("closed", || drop(library));

    let library = timed("opened", || Library::open(&options(false)).unwrap());
    timed("first answer", || search(&library, &query));
    println!("resident: {}", resident());
    for kind in [UnusualKind::Unique, UnusualKind::Atypical] {
        timed(&format!("{kind:?}, the first time"), || unusual(&library, kind));
        timed("the same for the next page", || unusual(&library, kind));
        commit(&library, vec![photo(&embeddings.vectors(photos + kind as usize, 1)[0], photos + kind as usize)]);
        timed("the same after another photo came", || unusual(&library, kind));
    }
    for kind in [None, Some(DuplicateKind::Similar)] {
        timed(&format!("duplicates, kind {kind:?}"), || duplicates(&library, kind));
    }
    println!("resident: {}", resident());
    timed("the map, the first time", || map(&library));
    timed("the map again", || map(&library));
    fill(&library, &embeddings, photos + 100..photos + 200);
    timed("the map after 100 photos came", || map(&library));
    println!("resident: {}", resident());
    timed("closed", || drop(library));
}

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let made = work();
    println!("{what}: {:.2} s", begun.elapsed().as_secs_f64());
    made
}

fn fill(library: &Library, embeddings: &Embeddings, photos: Range<usize>) {
    for first in photos.clone().step_by(PHOTOS_A_COMMIT) {
        let vectors = embeddings.vectors(first, PHOTOS_A_COMMIT.min(photos.end - first));
        commit(library, (first..).zip(&vectors).map(|(number, vector)| photo(vector, number)).collect());
    }
}

fn commit(library: &Library, changes: Vec<Change>) {
    library.commit(&IngestBatch { space: SpaceId::from("made@1".to_owned()), changes }).unwrap();
}

fn photo(vector: &UnitVector, number: usize) -> Change {
    let seconds = number as u64 * SECONDS_BETWEEN_PHOTOS;
    let (day, hour, minute) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    let taken_at =
        format!("{}-{:02}-{:02}T{hour:02}:{minute:02}:00", 2000 + day / 336, day / 28 % 12 + 1, day % 28 + 1);
    added(number, seen(metadata(taken_at), vector), vector.clone(), vec![])
}

fn search(library: &Library, query: &UnitVector) {
    let query = PhotoQuery { vector: Some(query), filter: None, limit: 10, ..PhotoQuery::default() };
    assert_eq!(library.search(&query).unwrap().len(), 10);
}

fn unusual(library: &Library, kind: UnusualKind) {
    let request = UnusualRequest { limit: 50, offset: 0, neighbours: 10, kind, hide_junk: false, filter: None };
    patiently(|| library.unusual(&request));
}

fn duplicates(library: &Library, kind: Option<DuplicateKind>) {
    let request = DuplicatesRequest { kind, limit: 50, offset: 0 };
    println!("{} groups", patiently(|| library.duplicates(&request)).total);
}

fn map(library: &Library) {
    println!("{} clusters", patiently(|| library.map(&Filter::default(), None)).clusters.len());
}

fn patiently<T>(ask: impl Fn() -> Result<T, LibraryError>) -> T {
    loop {
        match ask() {
            Err(LibraryError::Preparing { .. } | LibraryError::Drawing { .. }) => {
                std::thread::sleep(Duration::from_millis(500));
            }
            answer => return answer.unwrap(),
        }
    }
}

/// Memory of this process: all of it, and what is not in files.
fn resident() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let lines = status.lines().filter(|line| line.starts_with("VmRSS") || line.starts_with("RssAnon"));
    lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>().join(", ")
}

fn megabytes(folder: &Path) -> u64 {
    fn bytes(folder: &Path) -> u64 {
        let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
        entries
            .map(|entry| if entry.path().is_dir() { bytes(&entry.path()) } else { entry.metadata().unwrap().len() })
            .sum()
    }
    bytes(folder) / 1_000_000
}
