//! One space of vectors as it is searched: the engine's rows, and whose photos they are.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use foray_protocol::{ImageId, SearchStructure, UnitVector};

use crate::LibraryError;
use crate::engine::arena::QuantizedVector;
use crate::engine::{RowSet, VectorIndex};
use crate::vectors::VectorStore;

/// Rows scored to know what an average photo scores for a query.
const BACKGROUND_SAMPLE: usize = 2_000;
/// Rows of the file that are compared with the database's when a space is loaded.
const COMPARED_ROWS: usize = 64;
/// Rows that are read from the database at a time.
const ROWS_A_BATCH: usize = 1_024;
/// Stands where a photo was deleted for good.
const NO_PHOTO: ImageId = ImageId::from_bytes([0; 16]);

/// A space, loaded.
#[derive(Debug)]
pub(crate) struct SpaceIndex {
    pub vectors: VectorIndex,
    /// Id of the photo of each row.
    pub ids: Vec<ImageId>,
    rows: HashMap<ImageId, u32>,
    pub store: VectorStore,
    file: PathBuf,
}

/// Scores of an average photo for a query.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Background {
    pub mean: f32,
    pub deviation: f32,
}

impl SpaceIndex {
    /// Loads the vectors of `store` from `file`, and from the store what the file lacks. Photos in `hidden` are in no file.
    pub fn load(store: VectorStore, file: &Path, hidden: &[ImageId]) -> Result<Self, LibraryError> {
        let mut index = Self {
            vectors: VectorIndex::in_memory(0),
            ids: vec![],
            rows: HashMap::new(),
            store: store.clone(),
            file: file.to_owned(),
        };
        if let Some((last, dimension)) = store.last()? {
            index.read_file(dimension)?;
            index.compare_with_store(last)?;
            index.read_store()?;
            index.show_all(hidden)?;
        }
        Ok(index)
    }

    fn read_file(&mut self, dimension: usize) -> Result<(), LibraryError> {
        let opened = VectorIndex::open(&self.file, dimension);
        (self.vectors, self.ids) = opened.map_err(LibraryError::file("open the vectors in", &self.file))?;
        Ok(())
    }

    /// A file that is not of this database is read anew from the database.
    fn compare_with_store(&mut self, last: u32) -> Result<(), LibraryError> {
        let rows = self.ids.len();
        let step = rows.div_ceil(COMPARED_ROWS).max(1);
        let mut same = rows <= last as usize + 1;
        for row in (0..rows).step_by(step).chain(rows.checked_sub(1)) {
            let stored = self.store.get(row as u32)?;
            same &= stored
                .is_none_or(|(id, vector)| id == self.ids[row] && vector.as_slice() == self.vectors.vector(row as u32));
        }
        if !same {
            tracing::warn!("{} does not fit the database; it is written anew", self.file.display());
            self.ids.clear();
            self.vectors.truncate(0).map_err(LibraryError::file("write", &self.file))?;
        }
        Ok(())
    }

    fn read_store(&mut self) -> Result<(), LibraryError> {
        let hole = vec![0.0; self.vectors.dimension()];
        let mut batch: Vec<(ImageId, Vec<f32>)> = vec![];
        for entry in self.store.clone().from(self.ids.len() as u32) {
            let (row, id, vector) = entry?;
            self.check_dimension(&vector)?;
            while self.ids.len() + batch.len() < row as usize {
                batch.push((NO_PHOTO, hole.clone()));
            }
            batch.push((id, vector.as_slice().to_vec()));
            if batch.len() >= ROWS_A_BATCH {
                self.append_rows(&batch);
                batch.clear();
            }
        }
        self.append_rows(&batch);
        Ok(())
    }

    /// All photos but the hidden ones can be found from now on.
    fn show_all(&mut self, hidden: &[ImageId]) -> Result<(), LibraryError> {
        for hole in self.store.holes() {
            self.ids[hole? as usize] = NO_PHOTO;
        }
        let photos = (0u32..).zip(&self.ids).filter(|(_, id)| **id != NO_PHOTO);
        self.rows = photos.map(|(row, &id)| (id, row)).collect();
        let live: Vec<u32> = (0..self.next_row()).filter(|&row| self.ids[row as usize] != NO_PHOTO).collect();
        live.into_iter().for_each(|row| self.vectors.set_live(row, true));
        hidden.iter().for_each(|&id| self.set_live(id, false));
        Ok(())
    }

    fn append_rows(&mut self, rows: &[(ImageId, Vec<f32>)]) {
        let borrowed: Vec<_> = rows.iter().map(|(id, vector)| (*id, vector.as_slice())).collect();
        self.ids.extend(rows.iter().map(|(id, _)| *id));
        if let Err(error) = self.vectors.append(&borrowed) {
            // The database has them: the file is completed from it at the next start.
            tracing::warn!("cannot write {}: {error}; new vectors are kept in memory", self.file.display());
        }
    }

    /// The row that the next vector gets.
    pub fn next_row(&self) -> u32 {
        self.vectors.len() as u32
    }

    /// Checks that `vector` has this space's number of components.
    pub fn check_dimension(&self, vector: &UnitVector) -> Result<(), LibraryError> {
        let (expected, got) = (self.vectors.dimension(), vector.dimension());
        if expected == 0 || expected == got { Ok(()) } else { Err(LibraryError::Dimension { expected, got }) }
    }

    /// Appends vectors, checked and committed to the database, as the next rows; they are not live yet.
    pub fn append(&mut self, added: &[(ImageId, UnitVector)]) -> Result<(), LibraryError> {
        let Some((_, first)) = added.first() else { return Ok(()) };
        if self.vectors.dimension() == 0 {
            self.read_file(first.dimension())?;
            self.vectors.truncate(0).map_err(LibraryError::file("write", &self.file))?;
            self.ids.clear();
        }
        self.rows.extend(added.iter().map(|(id, _)| *id).zip(self.next_row()..));
        let rows: Vec<_> = added.iter().map(|(id, vector)| (*id, vector.as_slice().to_vec())).collect();
        self.append_rows(&rows);
        Ok(())
    }

    pub fn set_live(&mut self, id: ImageId, live: bool) {
        if let Some(row) = self.row(id) {
            self.vectors.set_live(row, live);
        }
    }

    pub fn is_live(&self, row: u32) -> bool {
        self.vectors.live.contains(row)
    }

    pub fn row(&self, id: ImageId) -> Option<u32> {
        self.rows.get(&id).copied()
    }

    /// The rows of these photos.
    pub fn rows_of(&self, ids: &[ImageId]) -> RowSet {
        ids.iter().filter_map(|&id| self.row(id)).collect()
    }

    /// A copy that later commits do not change, without the lookup by id.
    pub fn snapshot(&self) -> Self {
        Self {
            vectors: self.vectors.clone(),
            ids: self.ids.clone(),
            rows: HashMap::new(),
            store: self.store.clone(),
            file: self.file.clone(),
        }
    }

    /// Forgets a photo for good; its row becomes a hole.
    pub fn forget(&mut self, id: ImageId) -> Option<u32> {
        let row = self.rows.remove(&id)?;
        self.ids[row as usize] = NO_PHOTO;
        self.vectors.set_live(row, false);
        Some(row)
    }

    /// How the library is searched now.
    pub fn structure(&self) -> SearchStructure {
        match &self.vectors.graph {
            Some(graph) => {
                let rows = graph.links.rows as usize;
                SearchStructure::Graph { rows, tail: self.vectors.len().saturating_sub(rows) }
            }
            None => SearchStructure::Exact { rows: self.vectors.len() },
        }
    }

    /// What an average live photo scores for `query`, from an even sample.
    pub fn background(&self, query: &UnitVector) -> Background {
        let query = QuantizedVector::new(query.as_slice());
        let step = self.vectors.len().div_ceil(BACKGROUND_SAMPLE).max(1);
        let sample = (0..self.next_row()).step_by(step).filter(|&row| self.is_live(row));
        let (mut count, mut sum, mut squares) = (0.0f64, 0.0f64, 0.0f64);
        for row in sample {
            let score = f64::from(self.vectors.arena.score(&query, row));
            count += 1.0;
            sum += score;
            squares += score * score;
        }
        let mean = sum / count.max(1.0);
        let variance = (squares / count.max(1.0) - mean * mean).max(0.0);
        Background { mean: mean as f32, deviation: variance.sqrt() as f32 }
    }
}

impl Background {
    /// How far `score` stands out, 0..1: 0.5 at three standard deviations above the mean.
    pub fn relevance(&self, score: f32) -> f32 {
        let deviations = (score - self.mean) / self.deviation.max(1e-3);
        1.0 / (1.0 + (-1.5 * (deviations - 3.0)).exp())
    }
}
