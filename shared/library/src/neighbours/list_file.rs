//! The neighbour lists as a file: all pairs of photos were compared for them, which takes a large library minutes.
//!
//! The magic, then for each row the photo's id, a state, the number of neighbours and their row numbers (little-endian), then
//! the BLAKE3 checksum of all that. A damaged file is not used, nor any list of a row that holds another photo now.

use std::fs;
use std::io;
use std::path::Path;

use foray_protocol::ImageId;
use rayon::prelude::*;

use super::lists::{Extent, LENGTH, List, Lists};
use crate::atomic_file::{Durability, write_atomically};
use crate::checksum;
use crate::engine::arena::Arena;
use crate::engine::{RowSet, Scored};

const MAGIC: &[u8; 8] = b"FORAYNB1";
const ID_BYTES: usize = 16;

/// What stands for a row.
#[derive(Clone, Copy, PartialEq)]
enum State {
    /// It has no list, and is in none.
    Unknown = 0,
    Beginning = 1,
    Whole = 2,
    Walked = 3,
    /// It is in the lists of others; its own is not made yet.
    Awaited = 4,
}

impl State {
    const ALL: [Self; 5] = [Self::Unknown, Self::Beginning, Self::Whole, Self::Walked, Self::Awaited];

    fn of(list: Option<&List>, is_known: bool) -> Self {
        match list.map(|list| list.extent) {
            Some(Extent::Beginning) => Self::Beginning,
            Some(Extent::Whole) => Self::Whole,
            Some(Extent::Walked) => Self::Walked,
            None if is_known => Self::Awaited,
            None => Self::Unknown,
        }
    }

    fn extent(self) -> Option<Extent> {
        match self {
            Self::Beginning => Some(Extent::Beginning),
            Self::Whole => Some(Extent::Whole),
            Self::Walked => Some(Extent::Walked),
            Self::Unknown | Self::Awaited => None,
        }
    }
}

/// Writes `lists`; `ids` are the photos of the rows.
///
/// # Errors
/// Those of writing the file.
pub(crate) fn save(file: &Path, lists: &Lists, ids: &[ImageId]) -> io::Result<()> {
    let mut bytes = MAGIC.to_vec();
    for ((row, list), id) in lists.by_row().iter().enumerate().zip(ids) {
        let nearest = list.as_ref().map_or(&[][..], |list| &list.nearest);
        bytes.extend(id.as_bytes());
        bytes.extend([State::of(list.as_ref(), lists.know(row as u32)) as u8, nearest.len() as u8]);
        bytes.extend(nearest.iter().flat_map(|scored| scored.row.to_le_bytes()));
    }
    checksum::append(&mut bytes);
    write_atomically(file, &bytes, Durability::Crash)
}

/// The lists in the file that are still those of the photos in these rows; none without a whole file.
pub(crate) fn load(file: &Path, arena: &Arena, ids: &[ImageId]) -> Lists {
    let mut rows = fs::read(file).ok().and_then(|bytes| parse(&bytes)).unwrap_or_default();
    rows.truncate(ids.len());
    let is_known = |(row, id): (&StoredRow, &ImageId)| row.id == *id && row.state != State::Unknown;
    let known: RowSet =
        (0..).zip(rows.iter().zip(ids)).filter(|&(_, pair)| is_known(pair)).map(|(row, _)| row).collect();
    let list = |(row, stored): (usize, StoredRow)| {
        let row = row as u32;
        let extent = stored.state.extent().filter(|_| known.contains(row))?;
        let others = stored.nearest.into_iter().filter(|&other| known.contains(other));
        let nearest = others.map(|other| Scored { score: arena.score_rows(row, other), row: other }).collect();
        Some(List { nearest, extent })
    };
    let by_row = rows.into_par_iter().enumerate().map(list).collect();
    Lists::from_parts(by_row, known)
}

struct StoredRow {
    id: ImageId,
    state: State,
    nearest: Vec<u32>,
}

fn parse(bytes: &[u8]) -> Option<Vec<StoredRow>> {
    let Some(content) = checksum::checked(bytes) else {
        tracing::warn!("the stored neighbours are damaged; they are looked up anew");
        return None;
    };
    let mut rest = content.strip_prefix(MAGIC)?;
    let mut rows = vec![];
    while !rest.is_empty() {
        let (id, after) = rest.split_first_chunk::<ID_BYTES>()?;
        let ([state, count], after) = after.split_first_chunk::<2>()?;
        let (nearest, after) = after.split_at_checked(usize::from(*count) * size_of::<u32>())?;
        let nearest = nearest.as_chunks().0.iter().map(|row| u32::from_le_bytes(*row)).collect();
        let state = State::ALL.into_iter().find(|known| *known as u8 == *state)?;
        rows.push(StoredRow { id: ImageId::from_bytes(*id), state, nearest });
        rest = after;
    }
    Some(rows)
}

const _: () = assert!(LENGTH <= u8::MAX as usize, "a list's length is stored in one byte");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{VectorIndex, samples};
    use crate::neighbours::lists::Precision;

    struct Stage {
        folder: tempfile::TempDir,
        index: VectorIndex,
        ids: Vec<ImageId>,
        lists: Lists,
    }

    impl Stage {
        /// Ninety rows of which eleven are dead and some, at the end, have no list yet.
        fn saved() -> Self {
            let ids: Vec<_> = (0..90u8).map(|row| ImageId::of_content(&[row])).collect();
            let mut index = VectorIndex::in_memory(16);
            for (row, vector) in (0..).zip(samples::clustered(90, 16, 7)) {
                index.append(&[(ids[row as usize], vector.as_slice())]).unwrap();
                index.set_live(row, row % 8 != 0);
            }
            let mut lists = Lists::default();
            for _ in 0..2 {
                lists.step(&index, Precision::Usual, 1.0);
            }
            let stage = Self { folder: tempfile::tempdir().unwrap(), index, ids, lists };
            save(&stage.file(), &stage.lists, &stage.ids).unwrap();
            stage
        }

        fn file(&self) -> std::path::PathBuf {
            self.folder.path().join("rows.neighbours")
        }

        fn load(&self) -> Lists {
            load(&self.file(), &self.index.arena, &self.ids)
        }
    }

    #[test]
    fn lists_survive_storage_unfinished_ones_too() {
        let mut stage = Stage::saved();
        let mut loaded = stage.load();
        assert!(loaded == stage.lists);
        assert!((1..79).contains(&loaded.len()), "{}", loaded.len());
        for lists in [&mut loaded, &mut stage.lists] {
            while lists.step(&stage.index, Precision::Usual, 1e9) > 0 {}
        }
        assert!(loaded.len() == 78 && loaded == stage.lists);
    }

    #[test]
    fn a_row_that_holds_another_photo_now_is_known_no_more() {
        let mut stage = Stage::saved();
        stage.ids[5] = ImageId::of_content(b"another");
        let loaded = stage.load();
        assert!(stage.lists.know(5) && !loaded.know(5) && loaded.nearest(5).is_empty());
        assert!(loaded.by_row().iter().flatten().all(|list| list.nearest.iter().all(|scored| scored.row != 5)));
    }

    #[test]
    fn a_damaged_or_cut_file_is_not_used() {
        let stage = Stage::saved();
        let whole = fs::read(stage.file()).unwrap();
        for at in (0..whole.len()).step_by(13) {
            let mut damaged = whole.clone();
            damaged[at] ^= 4;
            fs::write(stage.file(), &damaged).unwrap();
            assert!(stage.load().by_row().is_empty(), "byte {at}");
            fs::write(stage.file(), &whole[..at]).unwrap();
            assert!(stage.load().by_row().is_empty(), "cut at {at}");
        }
    }
}
