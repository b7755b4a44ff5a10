//! The library under load: the bundled photographs as they are indexed, and made ones among them with thumbnails of these.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use foray_embedding::{BackendOptions, Embedder, Model};
use foray_library::{Library, OpenOptions};
use foray_protocol::{Change, ImageId, Ingest, IngestBatch, SpaceId, UnitVector};
use foray_tests::embeddings::Embeddings;
use foray_tests::made_photos::{self, id, path};
use foray_tests::{Sandbox, some_photos};
use rayon::prelude::*;

/// Photos that are made before the server starts.
pub const MADE: usize = 100_000;
/// Photos that come and go while it runs.
pub const FED: usize = 500;
const PHOTOS_A_COMMIT: usize = 500;
/// Photos whose true neighbours are known.
const PROBES: usize = 200;
/// How many neighbours are compared.
pub const NEIGHBOURS: usize = 10;

/// What is known of the library.
pub struct MadeLibrary {
    /// The space of its vectors.
    pub space: SpaceId,
    /// Ids of photos that were made before the server started.
    pub made: Vec<String>,
    /// Ids of the bundled photographs, whose files are there.
    pub real: Vec<String>,
    /// The files of these.
    pub files: Vec<Vec<u8>>,
    /// Photos that were made, each with those that are truly the most alike among all that were made.
    pub probes: Vec<(String, HashSet<String>)>,
    made_ids: HashSet<String>,
    known: HashSet<String>,
    embeddings: Embeddings,
    thumbnails: Vec<Vec<u8>>,
}

impl MadeLibrary {
    /// Fills the library of `sandbox`, whose photo folder holds the bundled photographs.
    pub fn make(sandbox: &Sandbox) -> Self {
        sandbox.index();
        let files: Vec<Vec<u8>> = sandbox.photo_files().iter().map(|file| fs::read(file).unwrap()).collect();
        let ids = |range: std::ops::Range<usize>| range.map(|number| id(number).to_string()).collect::<Vec<_>>();
        let real: Vec<String> = files.iter().map(|file| ImageId::of_content(file).to_string()).collect();
        let made = ids(0..MADE);
        let known = real.iter().cloned().chain(made.iter().cloned()).chain(ids(MADE..MADE + FED)).collect();
        let embedder = Embedder::open(Model::builtin().unwrap(), &BackendOptions::default()).unwrap();
        let embeddings = Embeddings::new(embedder.dimension(), 1);
        let vectors = embeddings.vectors(0, MADE);
        let library = Self {
            space: SpaceId::clone(embedder.space()),
            probes: probes(&vectors),
            made_ids: made.iter().cloned().collect(),
            made,
            real,
            files,
            known,
            embeddings,
            thumbnails: thumbnails(&sandbox.library()),
        };
        library.fill(&sandbox.library(), &vectors);
        library
    }

    fn fill(&self, folder: &Path, vectors: &[UnitVector]) {
        let library = Library::open(&OpenOptions::new(folder, "load")).unwrap();
        for (chunk, vectors) in vectors.chunks(PHOTOS_A_COMMIT).enumerate() {
            let first = chunk * PHOTOS_A_COMMIT;
            let changes = (first..).zip(vectors).map(|(number, vector)| self.photo(number, vector.clone())).collect();
            library.commit(&self.batch(changes)).unwrap();
        }
    }

    /// A batch of these changes.
    pub fn batch(&self, changes: Vec<Change>) -> IngestBatch {
        IngestBatch { space: self.space.clone(), changes }
    }

    /// Whether the library has, or may have, a photo of this id.
    pub fn knows(&self, id: &str) -> bool {
        self.known.contains(id)
    }

    /// Whether a photo was made before the server started.
    pub fn is_made(&self, id: &str) -> bool {
        self.made_ids.contains(id)
    }

    /// Photos to be fed, of these numbers below [`FED`].
    pub fn fed(&self, first: usize, count: usize) -> Vec<Change> {
        let vectors = self.embeddings.vectors(MADE + first, count);
        (MADE + first..).zip(vectors).map(|(number, vector)| self.photo(number, vector)).collect()
    }

    /// The same photos, gone.
    pub fn gone(first: usize, count: usize) -> Vec<Change> {
        (MADE + first..MADE + first + count).map(|number| Change::Removed { path: path(number) }).collect()
    }

    fn photo(&self, number: usize, vector: UnitVector) -> Change {
        made_photos::photo(number, vector, self.thumbnails[number % self.thumbnails.len()].clone())
    }
}

/// The thumbnails that the indexer made of the bundled photographs.
fn thumbnails(library: &Path) -> Vec<Vec<u8>> {
    some_photos(&library.join("thumbnails"), usize::MAX).iter().map(|file| fs::read(file).unwrap()).collect()
}

/// Compares some vectors, evenly spread, with all.
fn probes(vectors: &[UnitVector]) -> Vec<(String, HashSet<String>)> {
    let numbers: Vec<usize> = (0..PROBES).map(|probe| probe * (MADE / PROBES)).collect();
    let nearest = |number: &usize| {
        let score = |vector: &UnitVector| -> f32 {
            vectors[*number].as_slice().iter().zip(vector.as_slice()).map(|(one, other)| one * other).sum()
        };
        let mut all: Vec<(f32, usize)> =
            vectors.iter().map(score).zip(0..).filter(|(_, other)| other != number).collect();
        all.select_nth_unstable_by(NEIGHBOURS, |one, other| other.0.total_cmp(&one.0));
        let nearest = all[..NEIGHBOURS].iter().map(|(_, other)| id(*other).to_string()).collect();
        (id(*number).to_string(), nearest)
    };
    numbers.par_iter().map(nearest).collect()
}
