//! What a reindex does in the library itself: forgetting, compacting, and building anew what searches stand on.

use std::mem;
use std::time::Instant;

use foray_protocol::Maintenance;

use crate::disk_room::make_room;
use crate::library::ActiveSpace;
use crate::{Library, LibraryError};

/// Share of rows without a photo from which on the others are renumbered: that makes all that is kept by row number anew.
const COMPACT_FROM: f64 = 0.05;

impl Library {
    /// Forgets photos that no file has held for long, gives their rows back, and brings the search graph and the
    /// neighbourhoods up to date. Searches and commits go on meanwhile.
    ///
    /// # Errors
    /// [`LibraryError::Maintained`] while another thread does so, and those of the database.
    pub fn maintain(&self) -> Result<Maintenance, LibraryError> {
        let Some(_alone) = self.maintaining.try_lock() else { return Err(LibraryError::Maintained) };
        let begun = Instant::now();
        make_room(&self.path())?;
        let forgotten = self.forget_orphans()?;
        let mut report = Maintenance { forgotten, waiting: self.catalogue.orphans.len(), ..Maintenance::default() };
        self.complete_tags()?;
        if let Some(active) = self.active() {
            report.compacted = self.compact(&active)?;
            report.graph = self.builder.bring_up_to_date(&active.index)?;
            report.neighbourhoods = self.structures.complete(&active);
        }
        self.db.flush()?;
        Ok(Maintenance { database_bytes: self.db.size_on_disk()?, seconds: begun.elapsed().as_secs_f64(), ..report })
    }

    fn forget_orphans(&self) -> Result<usize, LibraryError> {
        let _no_backup = self.row_numbers.write();
        let forgotten = self.purge_orphans()?;
        if forgotten > 0 {
            self.has_changed();
        }
        Ok(forgotten)
    }

    /// Renumbers the rows of `active` if many have no photo any more; tells how many were given back.
    fn compact(&self, active: &ActiveSpace) -> Result<usize, LibraryError> {
        let _no_backup = self.row_numbers.write();
        let _no_commits = self.writing.lock();
        let _no_builds = self.builder.quiet();
        let (rows, store) = {
            let index = active.index.read();
            (index.next_row(), index.store.clone())
        };
        let holes = store.holes().count();
        if holes == 0 || (holes as f64) < COMPACT_FROM * f64::from(rows) {
            return Ok(0);
        }
        self.catalogue.begin_numbering(&active.id)?;
        let compacted = store.fill_holes()?;
        let renumbered = self.load_rows(&active.id)?;
        self.structures.forget();
        let outdated = {
            let mut index = active.index.write();
            self.facts.forget();
            mem::replace(&mut *index, renumbered)
        };
        outdated.remove_files();
        self.has_changed();
        Ok(compacted)
    }
}

#[cfg(test)]
mod tests {
    use foray_protocol::{
        Change, FileFacts, ImageId, Ingest, IngestBatch, NewPhoto, PhotoMetadata, PhotoPath, SpaceId, UnitVector,
        UnusualKind, UnusualRequest,
    };

    use super::*;
    use crate::engine::samples;
    use crate::{OpenOptions, PhotoQuery};

    const PHOTOS: usize = 300;

    struct Stage {
        folder: tempfile::TempDir,
        vectors: Vec<UnitVector>,
    }

    impl Stage {
        fn new() -> Self {
            Self { folder: tempfile::tempdir().unwrap(), vectors: samples::clustered(PHOTOS + 40, 32, 11) }
        }

        fn open(&self) -> Library {
            let folder = self.folder.path().join("library");
            let options = OpenOptions { create: true, graph_from_rows: 100, ..OpenOptions::new(folder, "test") };
            Library::open(&options).unwrap()
        }

        fn add(&self, library: &Library, numbers: impl Iterator<Item = usize>) {
            let changes =
                numbers.map(|number| Change::Added { file: file(number), photo: Box::new(self.photo(number)) });
            library.commit(&batch(changes.collect())).unwrap();
        }

        fn photo(&self, number: usize) -> NewPhoto {
            let vector = self.vectors[number].clone();
            NewPhoto { id: id(number), metadata: PhotoMetadata::default(), vector, thumbnail: vec![1] }
        }

        #[track_caller]
        fn assert_finds(&self, library: &Library, numbers: impl Iterator<Item = usize>) {
            for number in numbers {
                let vector = &self.vectors[number];
                let query = PhotoQuery { vector: Some(vector), filter: None, limit: 1, ..PhotoQuery::default() };
                assert_eq!(library.search(&query).unwrap()[0].photo.id, id(number), "photo {number}");
                assert_eq!(library.vector(id(number)).unwrap().as_slice(), vector.as_slice(), "photo {number}");
            }
        }
    }

    fn id(number: usize) -> ImageId {
        ImageId::of_content(&number.to_le_bytes())
    }

    fn file(number: usize) -> FileFacts {
        FileFacts { path: PhotoPath::from(format!("/photos/{number:04}.jpg")), size: 1, modified_ns: 1, companions: 0 }
    }

    fn batch(changes: Vec<Change>) -> IngestBatch {
        IngestBatch { space: SpaceId::from("test@0".to_owned()), changes }
    }

    /// Every third file goes, long ago.
    fn remove_a_third(library: &Library) {
        let removed = (0..PHOTOS).step_by(3).map(|number| Change::Removed { path: file(number).path });
        library.commit(&batch(removed.collect())).unwrap();
        for id in library.catalogue.orphans().unwrap() {
            library.catalogue.orphans.insert(id.as_bytes(), &0u64.to_be_bytes()).unwrap();
        }
    }

    fn kept() -> impl Iterator<Item = usize> {
        (0..PHOTOS).filter(|number| number % 3 != 0)
    }

    fn unusual(library: &Library) -> Vec<(ImageId, f32)> {
        let request = UnusualRequest {
            limit: 50,
            offset: 0,
            neighbours: 10,
            kind: UnusualKind::Unique,
            hide_junk: false,
            filter: None,
        };
        library.unusual(&request).unwrap().results.iter().map(|hit| (hit.photo.id, hit.score)).collect()
    }

    #[test]
    fn photos_that_are_long_gone_are_forgotten_and_the_others_found_as_before() {
        let stage = Stage::new();
        let library = stage.open();
        stage.add(&library, 0..PHOTOS);
        library.maintain().unwrap();
        remove_a_third(&library);
        let before = unusual(&library);
        let report = library.maintain().unwrap();
        assert_eq!((report.forgotten, report.waiting, report.compacted), (PHOTOS / 3, 0, PHOTOS / 3));
        assert_eq!((report.graph.unwrap().photos, report.neighbourhoods), (kept().count(), kept().count()));
        stage.assert_finds(&library, kept());
        assert_eq!(unusual(&library), before);
        assert_eq!(library.status().unwrap().space.vectors, kept().count(), "no row without a photo is left");
        drop(library);
        let library = stage.open();
        stage.assert_finds(&library, kept());
        assert_eq!(unusual(&library), before);
        stage.add(&library, PHOTOS..PHOTOS + 40);
        stage.assert_finds(&library, kept().chain(PHOTOS..PHOTOS + 40));
    }

    #[test]
    fn what_was_done_is_not_done_again() {
        let stage = Stage::new();
        let library = stage.open();
        stage.add(&library, 0..PHOTOS);
        assert!(library.maintain().unwrap().graph.unwrap().rebuilt);
        let report = library.maintain().unwrap();
        assert_eq!((report.forgotten, report.compacted, report.graph.unwrap().rebuilt), (0, 0, false));
    }

    #[test]
    fn a_library_killed_while_its_rows_were_moved_has_lost_nothing() {
        let stage = Stage::new();
        let library = stage.open();
        stage.add(&library, 0..PHOTOS);
        remove_a_third(&library);
        library.forget_orphans().unwrap();
        let active = library.active().unwrap();
        library.catalogue.begin_numbering(&active.id).unwrap();
        active.index.read().store.fill_holes().unwrap();
        drop((active, library));
        let library = stage.open();
        stage.assert_finds(&library, kept());
        assert_eq!(library.status().unwrap().space.vectors, kept().count());
    }

    #[test]
    fn only_one_maintains_a_library() {
        let stage = Stage::new();
        let library = stage.open();
        stage.add(&library, 0..10);
        let _other = library.maintaining.lock();
        assert!(matches!(library.maintain(), Err(LibraryError::Maintained)));
    }
}
