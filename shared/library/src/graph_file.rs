//! The search graph as a file beside the rows: the magic, the number of rows, the photo's id of each, the graph's numbers, and
//! the BLAKE3 checksum of all that.
//!
//! It is not in the database, because building it anew costs minutes, and a database with a damaged piece is not opened at all. A
//! damaged file is never used, nor one whose rows hold other photos than the database's.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use foray_protocol::ImageId;
use sled::Db;

use crate::LibraryError;
use crate::atomic_file::{Durability, fill_atomically};
use crate::checksum::checked;
use crate::engine::graph::Links;
use crate::engine::graph_bytes::{from_bytes, to_bytes};
use crate::space::NO_PHOTO;

const MAGIC: &[u8; 8] = b"FORAYGR1";
const ID_BYTES: usize = 16;

/// Writes `links`, of the rows of the photos `ids`.
///
/// # Errors
/// Those of writing the file; an older one is as it was then.
pub(crate) fn store(file: &Path, links: &Links, ids: &[ImageId]) -> Result<(), LibraryError> {
    let ids = &ids[..ids.len().min(links.rows as usize)];
    let numbers = to_bytes(links);
    let written = fill_atomically(file, Durability::Crash, |handle| {
        let mut checked = Checked { handle, hasher: blake3::Hasher::new() };
        checked.write_all(MAGIC)?;
        checked.write_all(&links.rows.to_le_bytes())?;
        let ids: Vec<u8> = ids.iter().flat_map(|id| *id.as_bytes()).collect();
        checked.write_all(&ids)?;
        checked.write_all(&numbers)?;
        let Checked { handle, hasher } = checked;
        handle.write_all(hasher.finalize().as_bytes())
    });
    written.map_err(LibraryError::file("write the search graph", file))
}

/// The graph in `file`, if it is whole and of the photos `ids`; what is wrong with it is said in the log.
pub(crate) fn load(file: &Path, ids: &[ImageId]) -> Option<Links> {
    let bytes = fs::read(file).ok()?;
    let links = checked(&bytes).and_then(|content| read(content, ids));
    if links.is_none() {
        tracing::warn!("the stored search graph is damaged or of other photos; it is built anew in the background");
    }
    links
}

fn read(content: &[u8], ids: &[ImageId]) -> Option<Links> {
    let (rows, rest) = content.strip_prefix(MAGIC)?.split_first_chunk()?;
    let rows = u32::from_le_bytes(*rows) as usize;
    let (stored, numbers) = rest.split_at_checked(rows * ID_BYTES)?;
    let (stored, _) = stored.as_chunks::<ID_BYTES>();
    // A photo that was forgotten since leaves its row empty, which the graph may still lead through.
    let is_same = |(stored, id): (&[u8; ID_BYTES], &ImageId)| id.as_bytes() == stored || *id == NO_PHOTO;
    (rows <= ids.len() && stored.iter().zip(ids).all(is_same)).then(|| from_bytes(numbers)).flatten()
}

struct Checked<'a> {
    handle: &'a mut fs::File,
    hasher: blake3::Hasher,
}

impl Write for Checked<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.handle.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.handle.flush()
    }
}

/// Drops the graphs that earlier versions kept in the database.
pub(crate) fn drop_stored(db: &Db) -> Result<(), LibraryError> {
    for name in db.tree_names().into_iter().filter(|name| name.starts_with(b"graph:")) {
        db.drop_tree(name)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::walk::UpperLayer;

    fn sample() -> Links {
        Links {
            rows: 3,
            live: 3,
            entry: 1,
            offsets: vec![0, 2, 3, 4],
            ground: vec![1, 2, 0, 0],
            upper: vec![UpperLayer::from([(1, vec![2]), (2, vec![1])])],
            twins: vec![(0, 2)],
        }
    }

    fn ids(numbers: &[u8]) -> Vec<ImageId> {
        numbers.iter().map(|number| ImageId::of_content(&[*number])).collect()
    }

    fn stored() -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("rows.graph");
        store(&file, &sample(), &ids(&[1, 2, 3, 4])).unwrap();
        (folder, file)
    }

    #[test]
    fn a_graph_survives_storage() {
        let (_folder, file) = stored();
        let links = load(&file, &ids(&[1, 2, 3, 4, 5])).unwrap();
        assert_eq!((links.rows, links.entry, &links.ground, &links.twins), (3, 1, &vec![1, 2, 0, 0], &vec![(0, 2)]));
        assert_eq!(links.upper, sample().upper);
    }

    #[test]
    fn a_graph_of_other_photos_is_not_used() {
        let (_folder, file) = stored();
        assert!(load(&file, &ids(&[1, 2, 9])).is_none());
        assert!(load(&file, &ids(&[1, 2])).is_none(), "the last row is lost");
        let forgotten = [ids(&[1]), vec![NO_PHOTO], ids(&[3])].concat();
        assert!(load(&file, &forgotten).is_some());
    }

    #[test]
    fn any_flipped_byte_or_missing_end_is_noticed() {
        let (_folder, file) = stored();
        let whole = fs::read(&file).unwrap();
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            fs::write(&file, damaged).unwrap();
            assert!(load(&file, &ids(&[1, 2, 3])).is_none(), "byte {at}");
            fs::write(&file, &whole[..at]).unwrap();
            assert!(load(&file, &ids(&[1, 2, 3])).is_none(), "cut at {at}");
        }
    }
}
