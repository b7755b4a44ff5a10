//! The vectors of one space as they are stored: 32-bit floats in sled, keyed by row number, each with its photo's id.

use foray_protocol::{ImageId, SpaceId, UnitVector};
use sled::transaction::{ConflictableTransactionError, TransactionError};
use sled::{Db, Transactional, Tree};

use crate::LibraryError;

/// What the names of trees begin with; the space follows.
const VECTORS: &str = "vectors:";
const HOLES: &str = "holes:";

/// The stored vectors of a space. Rows are numbered without gaps; a row that was deleted leaves a hole.
#[derive(Clone, Debug)]
pub(crate) struct VectorStore {
    tree: Tree,
    /// Row number -> nothing, for rows that were deleted.
    holes: Tree,
}

impl VectorStore {
    pub fn open(db: &Db, space: &SpaceId) -> Result<Self, LibraryError> {
        Ok(Self { tree: db.open_tree(format!("{VECTORS}{space}"))?, holes: db.open_tree(format!("{HOLES}{space}"))? })
    }

    /// The space whose vectors the tree of this name holds, if it holds any.
    pub fn space_of(tree: &[u8]) -> Option<SpaceId> {
        let name = tree.strip_prefix(VECTORS.as_bytes())?;
        Some(SpaceId::from(String::from_utf8_lossy(name).into_owned()))
    }

    /// Deletes the vectors of `space`.
    pub fn drop(db: &Db, space: &SpaceId) -> Result<(), LibraryError> {
        db.drop_tree(format!("{VECTORS}{space}"))?;
        db.drop_tree(format!("{HOLES}{space}"))?;
        Ok(())
    }

    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The photo and the vector of `row`; `None` where it was deleted.
    pub fn get(&self, row: u32) -> Result<Option<(ImageId, UnitVector)>, LibraryError> {
        self.tree.get(row.to_be_bytes())?.map(|value| decode(&value)).transpose()
    }

    /// How many rows there are, deleted ones counted, and the components of each; `None` without any vector. The last row's
    /// number is never given again, even when it was deleted.
    pub fn shape(&self) -> Result<Option<(usize, usize)>, LibraryError> {
        let Some((key, value)) = self.tree.last()? else { return Ok(None) };
        let hole = self.holes.last()?.map(|(key, _)| row_of(&key)).transpose()?;
        let last = hole.max(Some(row_of(&key)?)).unwrap_or_default();
        Ok(Some((last as usize + 1, decode(&value)?.1.dimension())))
    }

    /// The rows from `first` on; rows that were deleted are missing.
    pub fn from(&self, first: u32) -> impl Iterator<Item = Result<(u32, ImageId, UnitVector), LibraryError>> {
        self.tree.range(first.to_be_bytes()..).map(|entry| {
            let (key, value) = entry?;
            let (id, vector) = decode(&value)?;
            Ok((row_of(&key)?, id, vector))
        })
    }

    /// The rows that were deleted.
    pub fn holes(&self) -> impl Iterator<Item = Result<u32, LibraryError>> {
        self.holes.iter().keys().map(|key| row_of(&key?))
    }

    /// Forgets which rows were deleted: when none is left, numbers begin anew.
    pub fn forget_holes(&self) -> Result<(), LibraryError> {
        Ok(self.holes.clear()?)
    }

    /// Moves the last rows into the holes, so that rows are numbered without gaps again; tells how many holes there were. Whatever
    /// was written by row numbers is wrong from the first move on.
    pub fn fill_holes(&self) -> Result<usize, LibraryError> {
        let holes = self.holes().collect::<Result<Vec<_>, _>>()?;
        for &hole in &holes {
            let last =
                self.tree.last()?.map(|(key, value)| Ok::<_, LibraryError>((row_of(&key)?, value))).transpose()?;
            let Some((last, value)) = last.filter(|(last, _)| *last > hole) else { break };
            (&self.tree, &self.holes)
                .transaction(|(tree, holes)| {
                    tree.insert(&hole.to_be_bytes(), &value)?;
                    tree.remove(&last.to_be_bytes())?;
                    holes.remove(&hole.to_be_bytes())?;
                    Ok::<_, ConflictableTransactionError<sled::Error>>(())
                })
                .map_err(|error| match error {
                    TransactionError::Storage(error) | TransactionError::Abort(error) => LibraryError::Database(error),
                })?;
        }
        self.holes.clear()?;
        self.tree.flush()?;
        Ok(holes.len())
    }

    /// Deletes `row`.
    pub fn delete(&self, row: u32) -> Result<(), LibraryError> {
        // In this order, so that a row which is gone is known to be gone whenever the process ends.
        self.holes.insert(row.to_be_bytes(), &[])?;
        self.tree.remove(row.to_be_bytes())?;
        Ok(())
    }
}

fn row_of(key: &[u8]) -> Result<u32, LibraryError> {
    let row = key.try_into().map(u32::from_be_bytes);
    row.map_err(|_| LibraryError::Damaged("a row number that is not 4 bytes".to_owned()))
}

/// A stored value: the photo's 16 bytes, then the vector's components.
pub(crate) fn encode(image: ImageId, vector: &UnitVector) -> Vec<u8> {
    [image.as_bytes().as_slice(), &vector.to_bytes()].concat()
}

fn decode(value: &[u8]) -> Result<(ImageId, UnitVector), LibraryError> {
    let Some((id, components)) = value.split_first_chunk::<16>() else {
        return Err(LibraryError::Damaged("a stored vector shorter than its photo's id".to_owned()));
    };
    Ok((ImageId::from_bytes(*id), UnitVector::from_bytes(components)?))
}
