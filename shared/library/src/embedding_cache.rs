//! Embeddings of photos that are none of the library's, remembered by content.

use foray_protocol::{EmbeddingCache, FileMark, ImageId, ProtocolError, SpaceId, UnitVector};
use serde::{Deserialize, Serialize};
use sled::{Batch, Tree};

use crate::disk_room::make_room;
use crate::records::{decode, encode};
use crate::{Library, LibraryError};

const READINGS: &str = "readings";
const REMEMBERED: &str = "remembered:";

fn remembered_tree(space: &SpaceId) -> String {
    format!("{REMEMBERED}{space}")
}

/// Whether a tree of the database holds nothing but what is remembered, which can be computed anew.
pub(crate) fn is_memory(tree: &[u8]) -> bool {
    tree == READINGS.as_bytes() || tree.starts_with(REMEMBERED.as_bytes())
}

/// What a file held when it was last read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Reading {
    size: u64,
    modified_ns: i64,
    image: ImageId,
}

impl Library {
    /// Path -> [`Reading`].
    fn readings(&self) -> Result<Tree, LibraryError> {
        Ok(self.db.open_tree(READINGS)?)
    }

    /// Id -> the components as 32-bit floats.
    fn remembered(&self, space: &SpaceId) -> Result<Tree, LibraryError> {
        Ok(self.db.open_tree(remembered_tree(space))?)
    }

    fn content_of(&self, readings: &Tree, file: &FileMark) -> Result<Option<ImageId>, LibraryError> {
        if let Some(value) = readings.get(file.path.as_bytes())? {
            let reading: Reading = decode(&value)?;
            if (reading.size, reading.modified_ns) == (file.size, file.modified_ns) {
                return Ok(Some(reading.image));
            }
        }
        Ok(self.catalogue.known_file(&file.path)?.and_then(|known| known.photo_of(file)))
    }

    fn embedding_of(
        &self,
        remembered: &Tree,
        space: &SpaceId,
        image: ImageId,
    ) -> Result<Option<UnitVector>, LibraryError> {
        if let Some(bytes) = remembered.get(image.as_bytes())? {
            return Ok(Some(UnitVector::from_bytes(&bytes)?));
        }
        let Some(active) = self.active().filter(|active| active.id == *space) else { return Ok(None) };
        active.embedding(image)
    }

    /// Forgets what it remembers in `space`.
    pub(crate) fn forget_remembered(&self, space: &SpaceId) -> Result<(), LibraryError> {
        self.db.drop_tree(remembered_tree(space))?;
        Ok(())
    }

    fn keep_embeddings(
        &self,
        space: &SpaceId,
        files: &[(FileMark, ImageId)],
        embeddings: &[(ImageId, UnitVector)],
    ) -> Result<(), LibraryError> {
        make_room(&self.path())?;
        let (mut readings, mut remembered) = (Batch::default(), Batch::default());
        for (FileMark { path, size, modified_ns }, image) in files {
            let reading = Reading { size: *size, modified_ns: *modified_ns, image: *image };
            readings.insert(path.as_bytes(), encode(&reading)?);
        }
        for (image, embedding) in embeddings {
            remembered.insert(image.as_bytes(), embedding.to_bytes());
        }
        self.readings()?.apply_batch(readings)?;
        self.remembered(space)?.apply_batch(remembered)?;
        // The trees share one log: flushing one flushes what all of them wrote.
        self.catalogue.meta.flush()?;
        Ok(())
    }
}

impl EmbeddingCache for Library {
    fn contents_of(&self, files: &[FileMark]) -> Result<Vec<Option<ImageId>>, ProtocolError> {
        let readings = self.readings()?;
        files.iter().map(|file| Ok(self.content_of(&readings, file)?)).collect()
    }

    fn embeddings_of(&self, space: &SpaceId, images: &[ImageId]) -> Result<Vec<Option<UnitVector>>, ProtocolError> {
        let remembered = self.remembered(space)?;
        images.iter().map(|&image| Ok(self.embedding_of(&remembered, space, image)?)).collect()
    }

    fn remember(
        &self,
        space: &SpaceId,
        files: &[(FileMark, ImageId)],
        embeddings: &[(ImageId, UnitVector)],
    ) -> Result<(), ProtocolError> {
        Ok(self.keep_embeddings(space, files, embeddings)?)
    }
}

#[cfg(test)]
mod tests {
    use foray_protocol::PhotoPath;

    use super::*;
    use crate::OpenOptions;

    #[test]
    fn what_a_file_held_is_known_until_it_changes() {
        let folder = tempfile::tempdir().unwrap();
        let options = OpenOptions { create: true, ..OpenOptions::new(folder.path(), "test") };
        let (space, other) = (SpaceId::from("m@1".to_owned()), SpaceId::from("m@2".to_owned()));
        let mark = FileMark { path: PhotoPath::from("/a.jpg"), size: 7, modified_ns: 9 };
        let touched = FileMark { modified_ns: 10, ..mark.clone() };
        let image = ImageId::of_content(b"a");
        let vector = UnitVector::normalized(vec![3.0, 4.0]).unwrap();
        let library = Library::open(&options).unwrap();
        library.remember(&space, &[(mark.clone(), image)], &[(image, vector.clone())]).unwrap();
        drop(library);
        let library = Library::open(&options).unwrap();
        assert_eq!(library.contents_of(&[mark, touched]).unwrap(), [Some(image), None]);
        let stranger = ImageId::of_content(b"b");
        assert_eq!(library.embeddings_of(&space, &[stranger, image]).unwrap(), [None, Some(vector)]);
        assert_eq!(library.embeddings_of(&other, &[image]).unwrap(), [None]);
        assert_eq!(library.status().unwrap().photos, 0);
    }
}
