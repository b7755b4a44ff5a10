//! Vectors of several models: a collection each, what is known of the photos in all of them.

use std::collections::BTreeSet;

use foray_library::{Documents, LibraryError, common_dimension};
use foray_protocol::{ImageId, PhotoFiles, ProtocolError, SpaceCoverage, SpaceId, Spaces, UnitVector};

use crate::MilvusError;
use crate::columns::PhotoRow;
use crate::store::{META, MilvusLibrary, Part, SEARCHED, SPACE, now_milliseconds};

/// Photos copied in one step.
const STEP: usize = 256;

impl MilvusLibrary {
    fn coverage(&self) -> Result<Vec<SpaceCoverage>, LibraryError> {
        let searched = self.pulse.read_space()?;
        let photos = searched.as_ref().map_or(Ok(0), |space| self.count_photos(space))?;
        let mut spaces = vec![];
        for space in self.known_spaces()? {
            let collection = self.names.photos(&space);
            if self.engine.has(&collection)? {
                let vectors = self.engine.count(&collection, "id != \"\"")?;
                let is_searched = searched.as_ref() == Some(&space);
                spaces.push(SpaceCoverage { space, searched: is_searched, vectors, photos });
            }
        }
        spaces.sort_by_key(|coverage| (!coverage.searched, coverage.space.to_string()));
        Ok(spaces)
    }

    /// Which of these photos have a vector in `space`.
    fn with_vector(&self, space: &SpaceId, ids: &[ImageId]) -> Result<BTreeSet<ImageId>, MilvusError> {
        let collection = self.names.photos(space);
        if !self.engine.has(&collection)? {
            return Ok(BTreeSet::new());
        }
        let mut there = BTreeSet::new();
        for ids in ids.chunks(crate::store::IDS_A_QUERY) {
            there.extend(self.engine.ids(&collection, &crate::expression::ids(ids))?);
        }
        Ok(there)
    }

    fn photos_without(
        &self,
        space: &SpaceId,
        after: Option<ImageId>,
        limit: usize,
    ) -> Result<Vec<PhotoFiles>, LibraryError> {
        let Some((_, searched)) = self.searched() else { return Ok(vec![]) };
        let (mut found, mut after) = (vec![], after);
        while found.len() < limit {
            let step = self.photo_page(&searched, ("gone_at == 0", after), Part::Record, STEP)?;
            let Some(last) = step.last() else { break };
            after = Some(last.id);
            let there = self.with_vector(space, &step.iter().map(|row| row.id).collect::<Vec<_>>())?;
            let missing = step.into_iter().filter(|row| !there.contains(&row.id));
            found.extend(missing.map(|row| PhotoFiles {
                image: row.id,
                paths: row.record.files.into_iter().map(|file| file.path).collect(),
            }));
        }
        found.truncate(limit);
        Ok(found)
    }

    fn take_vectors(&self, space: &SpaceId, vectors: &[(ImageId, UnitVector)]) -> Result<(), LibraryError> {
        let _one_at_a_time = self.writing.lock();
        if vectors.is_empty() {
            return Ok(());
        }
        let dimension = common_dimension(0, vectors.iter().map(|(_, vector)| vector))?;
        let Some((_, searched)) = self.searched() else { return Ok(()) };
        let collection = self.collection_for(space, dimension)?;
        let ids: Vec<ImageId> = vectors.iter().map(|(id, _)| *id).collect();
        let there = self.with_vector(space, &ids)?;
        let known = self.photo_rows(&searched, &ids, Part::Record)?;
        let changed = now_milliseconds();
        let rows = vectors.iter().filter(|(id, _)| !there.contains(id)).filter_map(|(id, vector)| {
            let row = known.iter().find(|row| row.id == *id)?;
            Some(PhotoRow { vector: Some(vector.clone()), ..row.clone() }.columns(changed))
        });
        Ok(self.engine.upsert(&collection, rows.collect::<Result<_, _>>()?)?)
    }

    fn switch(&self, space: &SpaceId) -> Result<(), LibraryError> {
        let _no_commits = self.writing.lock();
        let searched = self.pulse.read_space()?;
        if searched.as_ref() == Some(space) {
            return Ok(());
        }
        if let Some(from) = searched {
            let missing = self.photos_without(space, None, usize::MAX)?.len();
            if missing > 0 {
                return Err(LibraryError::Uncovered { space: space.clone(), missing });
            }
            self.bring_records(&self.names.photos(&from), &self.names.photos(space))?;
        }
        if !self.tag_rules()?.is_empty() {
            self.mark_tagging()?;
        }
        self.shelves().put(META, SEARCHED, space.as_str().as_bytes())?;
        self.pulse.set_space(space);
        Ok(self.pulse.beat()?)
    }

    /// Makes what is known of the photos in `to` what is known of them in `from`: a commit that was broken off reached one of them.
    fn bring_records(&self, from: &str, to: &str) -> Result<(), MilvusError> {
        let mut after = None;
        loop {
            let step = self.photo_page(from, ("id != \"\"", after), Part::Record, STEP)?;
            let Some(last) = step.last() else { return Ok(()) };
            after = Some(last.id);
            self.copy_records(to, &step, now_milliseconds())?;
        }
    }

    fn remove_space(&self, space: &SpaceId) -> Result<(), LibraryError> {
        let _no_commits = self.writing.lock();
        if self.pulse.read_space()?.as_ref() == Some(space) {
            return Err(LibraryError::Searched(space.clone()));
        }
        let collection = self.names.photos(space);
        if self.engine.has(&collection)? {
            self.engine.drop_collection(&collection)?;
        }
        Ok(self.shelves().remove(SPACE, space.as_str().as_bytes())?)
    }
}

impl Spaces for MilvusLibrary {
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
        let preview = self.previews.read(image)?;
        Ok(preview.ok_or_else(|| LibraryError::NoPhoto(image.to_string()))?)
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
