//! One space of vectors as it is searched: the engine's rows, and whose photos they are.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use foray_protocol::{ImageId, SearchStructure, UnitVector};

use crate::engine::{RowSet, VectorIndex};
use crate::vectors::VectorStore;
use crate::{LibraryError, graph_file};

/// Rows of the file that are compared with the database's when a space is loaded.
const COMPARED_ROWS: usize = 64;
/// Rows that are read from the database at a time.
const ROWS_A_BATCH: usize = 1_024;
/// Stands where a photo was deleted for good.
pub(crate) const NO_PHOTO: ImageId = ImageId::from_bytes([0; 16]);

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
        match store.shape()? {
            Some((rows, dimension)) => {
                index.read_file(dimension)?;
                index.compare_with_store(rows)?;
                index.read_store(rows)?;
                index.show_all(hidden)?;
            }
            None => store.forget_holes()?,
        }
        Ok(index)
    }

    fn read_file(&mut self, dimension: usize) -> Result<(), LibraryError> {
        let opened = VectorIndex::open(&self.file, dimension);
        (self.vectors, self.ids) = opened.map_err(LibraryError::file("open the vectors in", &self.file))?;
        Ok(())
    }

    /// A file that is not of this database is read anew from the database.
    fn compare_with_store(&mut self, stored_rows: usize) -> Result<(), LibraryError> {
        let rows = self.ids.len();
        let step = rows.div_ceil(COMPARED_ROWS).max(1);
        let mut same = rows <= stored_rows;
        for row in (0..rows).step_by(step).chain(rows.checked_sub(1)) {
            let stored = self.store.get(row as u32)?;
            same &= stored
                .is_none_or(|(id, vector)| id == self.ids[row] && vector.as_slice() == self.vectors.vector(row as u32));
        }
        if !same {
            tracing::warn!("{} does not fit the database; it is written anew", self.file.display());
            self.clear()?;
        }
        Ok(())
    }

    fn clear(&mut self) -> Result<(), LibraryError> {
        self.ids.clear();
        self.vectors.clear().map_err(LibraryError::file("write", &self.file))
    }

    /// Appends what the file lacks of the database's `rows` rows.
    fn read_store(&mut self, rows: usize) -> Result<(), LibraryError> {
        let mut deleted = if self.ids.len() < rows { self.store.holes().count() } else { 0 };
        let mut batch = vec![];
        for entry in self.store.clone().from(self.ids.len() as u32) {
            let (row, id, vector) = entry?;
            self.check_dimension(&vector)?;
            if batch.len() == ROWS_A_BATCH || row as usize != self.ids.len() + batch.len() {
                self.append_rows(&batch);
                batch.clear();
                self.append_holes_up_to(row as usize, &mut deleted)?;
            }
            batch.push((id, vector));
        }
        self.append_rows(&batch);
        self.append_holes_up_to(rows, &mut deleted)
    }

    /// No more rows are missing than were deleted, which is known of each: a number that is damaged would take up the whole disk.
    fn append_holes_up_to(&mut self, row: usize, deleted: &mut usize) -> Result<(), LibraryError> {
        let missing = row.saturating_sub(self.ids.len());
        *deleted = deleted.checked_sub(missing).ok_or_else(|| {
            LibraryError::Damaged(format!("{missing} vectors are missing before row {row}, and {deleted} were deleted"))
        })?;
        let hole = vec![0.0; self.vectors.dimension()];
        while self.ids.len() < row {
            self.append_slices(&[(NO_PHOTO, &hole)]);
        }
        Ok(())
    }

    /// All photos but the hidden ones can be found from now on.
    fn show_all(&mut self, hidden: &[ImageId]) -> Result<(), LibraryError> {
        for hole in self.store.holes() {
            self.ids[hole? as usize] = NO_PHOTO;
        }
        let photos = self.ids.iter().copied().zip(0u32..).filter(|(id, _)| *id != NO_PHOTO);
        self.rows = photos.collect();
        self.rows.values().for_each(|&row| self.vectors.set_live(row, true));
        hidden.iter().for_each(|&id| self.set_live(id, false));
        Ok(())
    }

    fn append_rows(&mut self, rows: &[(ImageId, UnitVector)]) {
        let slices: Vec<_> = rows.iter().map(|(id, vector)| (*id, vector.as_slice())).collect();
        self.append_slices(&slices);
    }

    fn append_slices(&mut self, rows: &[(ImageId, &[f32])]) {
        self.ids.extend(rows.iter().map(|(id, _)| *id));
        if let Err(error) = self.vectors.append(rows) {
            // The database has them: the file is completed from it at the next start.
            tracing::warn!("cannot write {}: {error}; new vectors are kept in memory", self.file.display());
        }
    }

    /// The row that the next vector gets.
    pub fn next_row(&self) -> u32 {
        self.vectors.len() as u32
    }

    /// Checks that all `vectors` have this space's number of components; an empty space takes that of the first.
    pub fn check_dimensions<'a>(&self, vectors: impl IntoIterator<Item = &'a UnitVector>) -> Result<(), LibraryError> {
        common_dimension(self.vectors.dimension(), vectors).map(drop)
    }

    /// Checks that `vector` has this space's number of components.
    pub fn check_dimension(&self, vector: &UnitVector) -> Result<(), LibraryError> {
        self.check_dimensions([vector])
    }

    /// Appends vectors, checked and committed to the database, as the next rows; they are not live yet.
    pub fn append(&mut self, added: &[(ImageId, UnitVector)]) -> Result<(), LibraryError> {
        let Some((_, first)) = added.first() else { return Ok(()) };
        if self.vectors.dimension() == 0 {
            self.read_file(first.dimension())?;
            self.clear()?;
        }
        self.rows.extend(added.iter().map(|(id, _)| *id).zip(self.next_row()..));
        self.append_rows(added);
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

    /// All photos that have a row.
    pub fn photos(&self) -> Vec<ImageId> {
        self.rows.keys().copied().collect()
    }

    /// The rows of these photos.
    pub fn rows_of(&self, ids: &[ImageId]) -> RowSet {
        ids.iter().filter_map(|&id| self.row(id)).collect()
    }

    /// An even sample of at most `count` live rows.
    pub fn sample(&self, count: usize) -> impl Iterator<Item = u32> {
        let step = self.vectors.len().div_ceil(count).max(1);
        (0..self.next_row()).step_by(step).filter(|&row| self.is_live(row))
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

    /// Where the search graph of these rows is kept.
    pub fn graph_file(&self) -> PathBuf {
        self.file.with_extension("graph")
    }

    /// Takes the stored search graph, if there is one of these rows.
    pub fn find_graph(&mut self) {
        graph_file::load(&self.graph_file(), &self.ids).into_iter().for_each(|links| self.vectors.set_links(links));
    }

    /// Where the neighbour lists of these rows are kept.
    pub fn neighbour_file(&self) -> PathBuf {
        self.file.with_extension("neighbours")
    }

    /// Removes the files of a numbering of the rows that is not valid any more.
    pub fn remove_files(self) {
        // They cost room on the disk and nothing else.
        [self.graph_file(), self.neighbour_file(), self.file].iter().for_each(|file| drop(fs::remove_file(file)));
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
}

/// How many components all `vectors` have: `expected`, or as many as the first where that is 0, for a space without any.
///
/// # Errors
/// [`LibraryError::Dimension`] for the first vector of another number.
pub fn common_dimension<'a>(
    expected: usize,
    vectors: impl IntoIterator<Item = &'a UnitVector>,
) -> Result<usize, LibraryError> {
    vectors.into_iter().map(UnitVector::dimension).try_fold(expected, |expected, got| match expected {
        0 => Ok(got),
        _ if expected == got => Ok(expected),
        _ => Err(LibraryError::Dimension { expected, got }),
    })
}

#[cfg(test)]
mod tests {
    use foray_protocol::SpaceId;
    use sled::Db;

    use super::*;
    use crate::engine::samples;
    use crate::vectors::encode;

    struct Stage {
        folder: tempfile::TempDir,
        db: Db,
    }

    impl Stage {
        fn new() -> Self {
            Self { folder: tempfile::tempdir().unwrap(), db: sled::Config::new().temporary(true).open().unwrap() }
        }

        fn load(&self) -> SpaceIndex {
            self.try_load().unwrap()
        }

        fn try_load(&self) -> Result<SpaceIndex, LibraryError> {
            let store = VectorStore::open(&self.db, &SpaceId::from("test@0".to_owned())).unwrap();
            SpaceIndex::load(store, &self.folder.path().join("rows"), &[])
        }

        /// Commits a photo to the database and to `index`.
        fn add(&self, index: &mut SpaceIndex, number: u8) -> ImageId {
            let (id, vector) = (ImageId::of_content(&[number]), samples::clustered(1, 8, number.into()).remove(0));
            index.store.tree().insert(index.next_row().to_be_bytes(), encode(id, &vector)).unwrap();
            index.append(&[(id, vector)]).unwrap();
            id
        }
    }

    #[test]
    fn a_photo_that_came_after_the_last_row_was_deleted_is_found_after_a_restart() {
        let stage = Stage::new();
        let mut index = stage.load();
        let ids: Vec<_> = (0..4).map(|number| stage.add(&mut index, number)).collect();
        index.store.delete(3).unwrap();
        let mut index = stage.load();
        assert_eq!((index.next_row(), index.row(ids[2]), index.row(ids[3])), (4, Some(2), None));
        let late = stage.add(&mut index, 9);
        let index = stage.load();
        assert_eq!(index.row(late), Some(4));
        assert!(index.is_live(4) && !index.is_live(3));
    }

    #[test]
    fn deleted_rows_stay_deleted_when_the_file_is_written_anew() {
        let stage = Stage::new();
        let mut index = stage.load();
        let ids: Vec<_> = (0..5).map(|number| stage.add(&mut index, number)).collect();
        [1, 2, 4].into_iter().for_each(|row| index.store.delete(row).unwrap());
        fs::remove_file(stage.folder.path().join("rows")).unwrap();
        let index = stage.load();
        assert_eq!(ids.iter().map(|&id| index.row(id)).collect::<Vec<_>>(), [Some(0), None, None, Some(3), None]);
        assert_eq!(index.vectors.live.iter().collect::<Vec<_>>(), [0, 3]);
        assert_eq!(index.next_row(), 5);
    }

    #[test]
    fn a_row_number_that_skips_others_is_damage_and_takes_up_no_disk() {
        let stage = Stage::new();
        let mut index = stage.load();
        stage.add(&mut index, 0);
        let value = encode(ImageId::of_content(b"far"), &samples::clustered(1, 8, 1).remove(0));
        index.store.tree().insert(0x0102_0000_u32.to_be_bytes(), value).unwrap();
        let error = stage.try_load().err().unwrap().to_string();
        assert!(error.contains("missing before row 16908288, and 0 were deleted"), "{error}");
    }

    #[test]
    fn numbers_begin_anew_when_every_row_was_deleted() {
        let stage = Stage::new();
        let mut index = stage.load();
        for number in 0..3 {
            stage.add(&mut index, number);
            index.store.delete(number.into()).unwrap();
        }
        let mut index = stage.load();
        let late = stage.add(&mut index, 9);
        let index = stage.load();
        assert!(index.row(late) == Some(0) && index.is_live(0));
    }
}
