//! The neighbour lists as a file: all pairs of photos were compared for them, which takes a large library minutes.
//!
//! The magic, then for each row the photo's id, a state, the number of neighbours and their row numbers (little-endian), then
//! the BLAKE3 checksum of all that. A damaged file is not used, nor any list of a row that holds another photo now.

use std::fs;
use std::io;
use std::path::Path;

use foray_protocol::ImageId;
use rayon::prelude::*;

use super::neighbours::{LENGTH, List, Neighbours};
use crate::atomic_file::{Durability, write_atomically};
use crate::engine::Scored;
use crate::engine::arena::Arena;

const MAGIC: &[u8; 8] = b"FORAYNB1";
const CHECKSUM_BYTES: usize = 32;
const ID_BYTES: usize = 16;

/// What stands for a row: it has no list, one that leaves rows out, or one of all rows.
#[derive(Clone, Copy, PartialEq)]
enum State {
    Missing = 0,
    Beginning = 1,
    Whole = 2,
}

/// Writes `lists`; `ids` are the photos of the rows.
///
/// # Errors
/// Those of writing the file.
pub(crate) fn save(file: &Path, lists: &Neighbours, ids: &[ImageId]) -> io::Result<()> {
    let mut bytes = MAGIC.to_vec();
    for (list, id) in lists.lists().iter().zip(ids) {
        bytes.extend(id.as_bytes());
        let (state, nearest) = match list {
            None => (State::Missing, &[][..]),
            Some(list) if list.whole => (State::Whole, list.nearest.as_slice()),
            Some(list) => (State::Beginning, list.nearest.as_slice()),
        };
        bytes.extend([state as u8, nearest.len() as u8]);
        bytes.extend(nearest.iter().flat_map(|scored| scored.row.to_le_bytes()));
    }
    let checksum = blake3::hash(&bytes);
    bytes.extend(checksum.as_bytes());
    write_atomically(file, &bytes, Durability::Crash)
}

/// The lists in the file that are still those of the photos in these rows; none without a whole file.
pub(crate) fn load(file: &Path, arena: &Arena, ids: &[ImageId]) -> Neighbours {
    let rows = fs::read(file).ok().and_then(|bytes| parse(&bytes)).unwrap_or_default();
    let is_same: Vec<bool> = rows.iter().zip(ids).map(|(row, id)| row.id == *id).collect();
    let is_known = |row: u32| is_same.get(row as usize) == Some(&true);
    let list = |(row, stored): (usize, StoredRow)| {
        if stored.state == State::Missing || !is_known(row as u32) {
            return None;
        }
        let known = stored.nearest.into_iter().filter(|&other| is_known(other));
        let scored = known.map(|other| Scored { score: arena.score_rows(row as u32, other), row: other });
        Some(List { nearest: scored.collect(), whole: stored.state == State::Whole })
    };
    Neighbours::from_lists(rows.into_par_iter().take(ids.len()).enumerate().map(list).collect())
}

struct StoredRow {
    id: ImageId,
    state: State,
    nearest: Vec<u32>,
}

fn parse(bytes: &[u8]) -> Option<Vec<StoredRow>> {
    let (content, checksum) = bytes.split_last_chunk::<CHECKSUM_BYTES>()?;
    if blake3::hash(content).as_bytes() != checksum {
        tracing::warn!("the stored neighbours are damaged; they are looked up anew");
        return None;
    }
    let mut rest = content.strip_prefix(MAGIC)?;
    let mut rows = vec![];
    while !rest.is_empty() {
        let (id, after) = rest.split_first_chunk::<ID_BYTES>()?;
        let ([state, count], after) = after.split_first_chunk::<2>()?;
        let (nearest, after) = after.split_at_checked(usize::from(*count) * size_of::<u32>())?;
        let nearest = nearest.as_chunks().0.iter().map(|row| u32::from_le_bytes(*row)).collect();
        let state =
            [State::Missing, State::Beginning, State::Whole].into_iter().find(|known| *known as u8 == *state)?;
        rows.push(StoredRow { id: ImageId::from_bytes(*id), state, nearest });
        rest = after;
    }
    Some(rows)
}

const _: () = assert!(LENGTH <= u8::MAX as usize, "a list's length is stored in one byte");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{RowSet, samples};

    struct Stage {
        folder: tempfile::TempDir,
        arena: Arena,
        ids: Vec<ImageId>,
        live: RowSet,
        lists: Neighbours,
    }

    impl Stage {
        fn saved() -> Self {
            let mut arena = Arena::new(16);
            samples::clustered(90, 16, 7).iter().for_each(|vector| arena.push(vector.as_slice()));
            let ids: Vec<_> = (0..90u8).map(|row| ImageId::of_content(&[row])).collect();
            let live: RowSet = (0..80).filter(|row| row % 7 != 0).collect();
            let mut lists = Neighbours::default();
            lists.follow(&arena, &live);
            let stage = Self { folder: tempfile::tempdir().unwrap(), arena, ids, live, lists };
            save(&stage.file(), &stage.lists, &stage.ids).unwrap();
            stage
        }

        fn file(&self) -> std::path::PathBuf {
            self.folder.path().join("rows.neighbours")
        }

        fn load(&self) -> Neighbours {
            load(&self.file(), &self.arena, &self.ids)
        }
    }

    #[test]
    fn lists_survive_storage() {
        let stage = Stage::saved();
        assert!(stage.load() == stage.lists);
    }

    #[test]
    fn lists_of_a_row_that_holds_another_photo_now_are_made_anew() {
        let mut stage = Stage::saved();
        stage.ids[5] = ImageId::of_content(b"another");
        let mut loaded = stage.load();
        assert!(loaded.get(5).is_none());
        assert!(loaded.lists().iter().flatten().all(|list| list.nearest.iter().all(|scored| scored.row != 5)));
        assert_eq!(loaded.follow(&stage.arena, &stage.live), 1);
        assert_eq!(loaded.get(5), stage.lists.get(5));
    }

    #[test]
    fn a_damaged_or_cut_file_is_not_used() {
        let stage = Stage::saved();
        let whole = fs::read(stage.file()).unwrap();
        for at in (0..whole.len()).step_by(13) {
            let mut damaged = whole.clone();
            damaged[at] ^= 4;
            fs::write(stage.file(), &damaged).unwrap();
            assert!(stage.load().lists().is_empty(), "byte {at}");
            fs::write(stage.file(), &whole[..at]).unwrap();
            assert!(stage.load().lists().is_empty(), "cut at {at}");
        }
    }
}
