//! Vectors of other models beside those that are searched, until one of these models takes over.

use std::fs;
use std::sync::Arc;

use foray_protocol::{ImageId, PhotoFiles, ProtocolError, SpaceCoverage, SpaceId, Spaces, UnitVector};
use parking_lot::RwLock;
use sled::Batch;

use crate::documents::Documents;
use crate::library::ActiveSpace;
use crate::vectors::{self, VectorStore};
use crate::{Library, LibraryError};

impl Library {
    /// The space as it is searched, or as it is being filled.
    fn space_in_work(&self, space: &SpaceId) -> Result<ActiveSpace, LibraryError> {
        if let Some(active) = self.active().filter(|active| active.id == *space) {
            return Ok(active);
        }
        let mut kept = self.building.lock();
        if let Some(building) = kept.as_ref().filter(|building| building.id == *space) {
            return Ok(building.clone());
        }
        let mut building = ActiveSpace { id: space.clone(), index: Arc::new(RwLock::new(self.load_rows(space)?)) };
        self.forget_strangers(&mut building)?;
        Ok(kept.insert(building).clone())
    }

    /// Drops rows of photos that were forgotten while another space was searched.
    fn forget_strangers(&self, space: &mut ActiveSpace) -> Result<(), LibraryError> {
        let mut index = space.index.write();
        for id in index.photos() {
            if !self.catalogue.photos.contains_key(id.as_bytes())?
                && let Some(row) = index.forget(id)
            {
                index.store.delete(row)?;
            }
        }
        Ok(())
    }

    fn coverage(&self) -> Result<Vec<SpaceCoverage>, LibraryError> {
        let photos = self.catalogue.counts()?.photos;
        let searched = self.space();
        let mut spaces = vec![];
        for name in self.db.tree_names() {
            let Some(space) = VectorStore::space_of(&name) else { continue };
            let is_searched = searched.as_ref() == Some(&space);
            let vectors = VectorStore::open(&self.db, &space)?.tree().len();
            // A tree is made by merely looking for vectors.
            if is_searched || vectors > 0 {
                spaces.push(SpaceCoverage { space, searched: is_searched, vectors, photos });
            }
        }
        spaces.sort_by_key(|coverage| (!coverage.searched, coverage.space.to_string()));
        Ok(spaces)
    }

    fn photos_without(
        &self,
        space: &SpaceId,
        after: Option<ImageId>,
        limit: usize,
    ) -> Result<Vec<PhotoFiles>, LibraryError> {
        let work = self.space_in_work(space)?;
        let mut found = vec![];
        for id in self.catalogue.shown_photos_after(after) {
            let id = id?;
            if work.index.read().row(id).is_some() {
                continue;
            }
            found.push(PhotoFiles { image: id, paths: self.catalogue.paths(id)? });
            if found.len() == limit {
                break;
            }
        }
        Ok(found)
    }

    fn take_vectors(&self, space: &SpaceId, given: &[(ImageId, UnitVector)]) -> Result<(), LibraryError> {
        let _one_at_a_time = self.to_write()?;
        let work = self.space_in_work(space)?;
        let mut index = work.index.write();
        index.check_dimensions(given.iter().map(|(_, vector)| vector))?;
        let mut added: Vec<(ImageId, UnitVector)> = vec![];
        for (id, vector) in given {
            let is_new = index.row(*id).is_none() && added.iter().all(|(other, _)| other != id);
            if is_new && self.catalogue.photos.contains_key(id.as_bytes())? {
                added.push((*id, vector.clone()));
            }
        }
        let mut batch = Batch::default();
        for (row, (id, vector)) in (index.next_row()..).zip(&added) {
            batch.insert(&row.to_be_bytes(), vectors::encode(*id, vector));
        }
        index.store.tree().apply_batch(batch)?;
        index.store.tree().flush()?;
        index.append(&added)
    }

    fn switch(&self, space: &SpaceId) -> Result<(), LibraryError> {
        let _no_commits = self.to_write()?;
        let mut next = self.space_in_work(space)?;
        if self.space().as_ref() == Some(space) {
            return Ok(());
        }
        self.forget_strangers(&mut next)?;
        self.show_photos(&next)?;
        next.index.write().find_graph();
        self.catalogue.set_space(space)?;
        self.catalogue.meta.flush()?;
        if !self.tag_rules()?.is_empty() {
            self.mark_tagging()?;
        }
        *self.active.write() = Some(next);
        *self.building.lock() = None;
        self.structures.forget();
        self.has_changed();
        self.build_graph_if_due();
        Ok(())
    }

    /// Shows exactly the photos that some file holds.
    fn show_photos(&self, space: &ActiveSpace) -> Result<(), LibraryError> {
        let mut index = space.index.write();
        let mut missing = 0;
        for id in index.photos() {
            index.set_live(id, false);
        }
        for id in self.catalogue.shown_photos() {
            let id = id?;
            missing += usize::from(index.row(id).is_none());
            index.set_live(id, true);
        }
        if missing > 0 {
            return Err(LibraryError::Uncovered { space: space.id.clone(), missing });
        }
        Ok(())
    }

    fn remove_space(&self, space: &SpaceId) -> Result<(), LibraryError> {
        let _no_backup = self.row_numbers.write();
        let _no_commits = self.writing.lock();
        if self.space().as_ref() == Some(space) {
            return Err(LibraryError::Searched(space.clone()));
        }
        let index = self.load_rows(space)?;
        *self.building.lock() = None;
        VectorStore::drop(&self.db, space)?;
        self.forget_remembered(space)?;
        index.remove_files();
        self.db.flush()?;
        Ok(())
    }
}

impl Spaces for Library {
    fn spaces(&self) -> Result<Vec<SpaceCoverage>, ProtocolError> {
        Ok(self.coverage()?)
    }

    fn without_vector(
        &self,
        space: &SpaceId,
        after: Option<ImageId>,
        limit: usize,
    ) -> Result<Vec<PhotoFiles>, ProtocolError> {
        Ok(self.photos_without(space, after, limit)?)
    }

    fn preview(&self, image: ImageId) -> Result<Vec<u8>, ProtocolError> {
        let file = self.thumbnail_file(image);
        Ok(fs::read(&file).map_err(LibraryError::file("read the preview", file))?)
    }

    fn add_vectors(&self, space: &SpaceId, vectors: &[(ImageId, UnitVector)]) -> Result<(), ProtocolError> {
        Ok(self.take_vectors(space, vectors)?)
    }

    fn switch_space(&self, space: &SpaceId, _model: &str) -> Result<(), ProtocolError> {
        self.switch(space)?;
        Ok(self.complete_tags()?)
    }

    fn drop_space(&self, space: &SpaceId) -> Result<(), ProtocolError> {
        Ok(self.remove_space(space)?)
    }
}
