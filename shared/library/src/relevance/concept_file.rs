//! Embeddings of concepts as a file in the library's folder: the magic, the BLAKE3 of the texts, the number of components, how far
//! scores deviate, the embeddings, and the BLAKE3 of all that. A damaged file, or one of other texts, counts as none.

use std::fs;
use std::path::Path;

use foray_protocol::UnitVector;

use crate::LibraryError;
use crate::atomic_file::{Durability, write_atomically};
use crate::checksum;
use crate::relevance::ConceptBank;

const MAGIC: &[u8; 8] = b"FORAYCB1";

/// Writes the embeddings of `texts`.
///
/// # Errors
/// Those of writing the file; an older one is as it was then.
pub(super) fn store(file: &Path, texts: &str, embeddings: &[UnitVector], deviation: f32) -> Result<(), LibraryError> {
    let dimension = embeddings.first().map_or(0, UnitVector::dimension) as u32;
    let mut content = MAGIC.to_vec();
    content.extend(blake3::hash(texts.as_bytes()).as_bytes());
    content.extend(dimension.to_le_bytes());
    content.extend(deviation.to_le_bytes());
    content.extend(embeddings.iter().flat_map(UnitVector::to_bytes));
    checksum::append(&mut content);
    file.parent()
        .map_or(Ok(()), fs::create_dir_all)
        .and_then(|()| write_atomically(file, &content, Durability::Crash))
        .map_err(LibraryError::file("write the concepts to", file))
}

/// What is in `file`, if it is whole and of `texts`.
pub(super) fn load(file: &Path, texts: &str) -> Option<ConceptBank> {
    let bytes = fs::read(file).ok()?;
    let Some(content) = checksum::checked(&bytes) else {
        tracing::warn!("{} is damaged; the concepts are embedded anew", file.display());
        return None;
    };
    let rest = content.strip_prefix(MAGIC)?.strip_prefix(blake3::hash(texts.as_bytes()).as_bytes())?;
    let (dimension, rest) = rest.split_first_chunk()?;
    let (deviation, components) = rest.split_first_chunk()?;
    let bytes_each = 4 * usize::try_from(u32::from_le_bytes(*dimension)).ok().filter(|dimension| *dimension > 0)?;
    let embeddings: Option<Vec<_>> =
        components.chunks(bytes_each).map(|bytes| UnitVector::from_bytes(bytes).ok()).collect();
    Some(ConceptBank::new(&embeddings?, f32::from_le_bytes(*deviation)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::arena::QuantizedVector;
    use crate::engine::samples;

    #[test]
    fn what_was_stored_is_loaded_for_the_same_texts_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("concepts/space");
        assert!(load(&file, "cat\ndog\n").is_none());
        let embeddings = samples::clustered(50, 16, 1);
        store(&file, "cat\ndog\n", &embeddings, 0.125).unwrap();
        let (loaded, made) = (load(&file, "cat\ndog\n").unwrap(), ConceptBank::new(&embeddings, 0.125));
        let photo = QuantizedVector::new(samples::clustered(1, 16, 2)[0].as_slice());
        assert_eq!(loaded.relevance(&photo, 0.5), made.relevance(&photo, 0.5));
        assert!(load(&file, "cat\n").is_none());
    }

    #[test]
    fn a_damaged_file_counts_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("space");
        store(&file, "cat", &samples::clustered(3, 8, 1), 0.1).unwrap();
        let whole = fs::read(&file).unwrap();
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            fs::write(&file, damaged).unwrap();
            assert!(load(&file, "cat").is_none(), "byte {at}");
            fs::write(&file, &whole[..at]).unwrap();
            assert!(load(&file, "cat").is_none(), "cut at {at}");
        }
    }
}
