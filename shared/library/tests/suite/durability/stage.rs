//! A library with something of everything, and all that it tells.

use std::path::{Path, PathBuf};

use foray_library::{Library, OpenOptions, PhotoQuery};
use foray_protocol::{Change, Failure, Hit, Ingest, LibraryStatus, PhotoPath, SearchStructure, UnitVector};

use crate::support::{Random, added, batch, file, id, open, path};

/// Photos in [`fill`]'s library that some file holds.
pub const SHOWN: usize = 39;

/// The vectors of photos number 0, 1, ...
pub fn vectors() -> Vec<UnitVector> {
    let mut random = Random(7);
    (0..40).map(|_| random.vector()).collect()
}

/// A library below `folder` with photos, a copy, a photo that no file holds any more, a name that is not UTF-8, a failure, and roots.
pub fn fill(folder: &Path) -> Library {
    let library = open(folder);
    let vectors = vectors();
    for part in 0..4 {
        let range = part * 10..(part + 1) * 10;
        library.commit(&batch(range.map(|n| added(&path(n), id(n), vectors[n].clone())).collect())).unwrap();
    }
    let odd = PhotoPath::from_bytes(b"/photos/caf\xe9.jpg");
    let copies = [odd, PhotoPath::from("/photos/copy.jpg")];
    let failed = Change::Failed { file: file(&PhotoPath::from("/photos/broken.jpg")), reason: "it is empty".into() };
    let mut changes: Vec<Change> =
        copies.iter().map(|copy| Change::Linked { file: file(copy), image: id(3) }).collect();
    changes.extend([failed, Change::Removed { path: path(5) }]);
    library.commit(&batch(changes)).unwrap();
    library.remember_roots(&[PhotoPath::from("/photos")]).unwrap();
    library
}

/// All that a library tells, but where it is.
#[derive(Debug, PartialEq)]
pub struct Told {
    status: LibraryStatus,
    hits: Vec<Vec<Hit>>,
    failures: Vec<Failure>,
    thumbnails: Vec<Vec<u8>>,
}

impl Told {
    pub fn vectors(&self) -> usize {
        self.status.space.vectors
    }

    /// Leaves out how many rows there are, which photos that no file holds add to.
    pub fn forget_rows(&mut self) {
        self.status.space.vectors = 0;
        self.status.search = SearchStructure::Exact { rows: 0 };
    }
}

pub fn told_by(library: &Library) -> Told {
    let status = LibraryStatus { library: PhotoPath::from("/"), ..library.status().unwrap() };
    let hits: Vec<Vec<Hit>> = vectors().iter().map(|vector| search(library, vector)).collect();
    let thumbnail = |hit: &Hit| std::fs::read(library.thumbnail_file(hit.photo.id)).unwrap();
    let thumbnails = hits[0].iter().map(thumbnail).collect();
    Told { status, hits, failures: library.failures().unwrap(), thumbnails }
}

pub fn search(library: &Library, vector: &UnitVector) -> Vec<Hit> {
    let query = PhotoQuery { vector: Some(vector), filter: None, limit: 1_000, ..PhotoQuery::default() };
    library.search(&query).unwrap()
}

/// Opens the library that is in `folder` itself.
pub fn reopen(folder: impl Into<PathBuf>) -> Library {
    Library::open(&OpenOptions::new(folder, "test")).unwrap()
}

/// The names in `folder`, in order.
pub fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
