//! The graph as it is kept in sled: numbers in pieces of one megabyte under a BLAKE3 checksum. A damaged snapshot is never
//! used: it is built anew.

use foray_protocol::SpaceId;
use serde::{Deserialize, Serialize};
use sled::{Batch, Db, Tree};

use crate::LibraryError;
use crate::engine::graph::Links;
use crate::engine::graph_bytes::{from_bytes, to_bytes};
use crate::records::{decode, encode};

const PIECE_BYTES: usize = 1 << 20;
const HEADER: &[u8] = b"header";

#[derive(Serialize, Deserialize)]
struct Header {
    bytes: usize,
    blake3: [u8; 32],
}

fn tree(db: &Db, space: &SpaceId) -> Result<Tree, LibraryError> {
    Ok(db.open_tree(tree_name(space))?)
}

fn tree_name(space: &SpaceId) -> String {
    format!("graph:{space}")
}

/// Replaces the stored graph of `space`, all or nothing.
pub(crate) fn store(db: &Db, space: &SpaceId, links: &Links) -> Result<(), LibraryError> {
    let tree = tree(db, space)?;
    let bytes = to_bytes(links);
    let mut batch = Batch::default();
    tree.iter().keys().try_for_each(|key| key.map(|key| batch.remove(key)))?;
    for (piece, content) in bytes.chunks(PIECE_BYTES).enumerate() {
        batch.insert(&(piece as u32).to_be_bytes(), content);
    }
    batch.insert(HEADER, encode(&Header { bytes: bytes.len(), blake3: *blake3::hash(&bytes).as_bytes() })?);
    tree.apply_batch(batch)?;
    tree.flush()?;
    Ok(())
}

/// Removes the stored graph of `space`.
pub(crate) fn forget(db: &Db, space: &SpaceId) -> Result<(), LibraryError> {
    Ok(tree(db, space)?.clear()?)
}

/// Removes all that is stored for `space`.
pub(crate) fn drop(db: &Db, space: &SpaceId) -> Result<(), LibraryError> {
    db.drop_tree(tree_name(space))?;
    Ok(())
}

/// The stored graph of `space`: `None` when there is none or when it is damaged (said in the log).
pub(crate) fn load(db: &Db, space: &SpaceId) -> Result<Option<Links>, LibraryError> {
    let tree = tree(db, space)?;
    let Some(header) = tree.get(HEADER)? else { return Ok(None) };
    let links = read_checked(&tree, &header)?;
    if links.is_none() {
        tracing::warn!("the stored search graph is damaged; it is built anew in the background");
    }
    Ok(links)
}

fn read_checked(tree: &Tree, header: &[u8]) -> Result<Option<Links>, LibraryError> {
    let Ok(header) = decode::<Header>(header) else { return Ok(None) };
    let mut bytes = vec![];
    for piece in 0u32.. {
        match tree.get(piece.to_be_bytes())? {
            Some(content) => bytes.extend_from_slice(&content),
            None => break,
        }
    }
    let whole = bytes.len() == header.bytes && blake3::hash(&bytes).as_bytes() == &header.blake3;
    Ok(whole.then(|| from_bytes(&bytes)).flatten())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::graph::UpperLayer;

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

    fn stored() -> (tempfile::TempDir, Db, SpaceId) {
        let folder = tempfile::tempdir().unwrap();
        let db = sled::open(folder.path()).unwrap();
        let space = SpaceId::from("test@0".to_owned());
        store(&db, &space, &sample()).unwrap();
        (folder, db, space)
    }

    #[test]
    fn a_graph_survives_storage() {
        let (_folder, db, space) = stored();
        let links = load(&db, &space).unwrap().unwrap();
        assert_eq!((links.rows, links.entry, &links.ground, &links.twins), (3, 1, &vec![1, 2, 0, 0], &vec![(0, 2)]));
        assert_eq!(links.upper, sample().upper);
    }

    #[test]
    fn any_flipped_byte_or_missing_end_is_noticed() {
        let (_folder, db, space) = stored();
        let tree = tree(&db, &space).unwrap();
        let whole = tree.get(0u32.to_be_bytes()).unwrap().unwrap().to_vec();
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            tree.insert(0u32.to_be_bytes(), damaged).unwrap();
            assert!(load(&db, &space).unwrap().is_none(), "byte {at}");
        }
        tree.insert(0u32.to_be_bytes(), &whole[..whole.len() - 4]).unwrap();
        assert!(load(&db, &space).unwrap().is_none());
    }
}
