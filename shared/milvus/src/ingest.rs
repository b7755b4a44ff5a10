//! Commits: an indexer's batch becomes rows. Milvus has no transactions; a file's row is written last and marks its photo as
//! committed, and every step may be done twice.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use foray_library::{Documents, LibraryError, StoredPhoto, common_dimension};
use foray_protocol::{
    Change, CommitSummary, FileFacts, ImageId, IndexPhase, IndexProgress, Ingest, IngestBatch, KnownFile, PhotoPath,
    ProtocolError, RootFile, SpaceId, TagRule,
};

use crate::MilvusError;
use crate::columns::{PhotoRow, text_of};
use crate::file_row::{FILE_BYTES, FILE_COLUMNS, FileRow};
use crate::plan::{Plan, with_presence};
use crate::reads::Ask;
use crate::schema::LONGEST_PATH;
use crate::store::{IDS_A_QUERY, META, MilvusLibrary, PROGRESS, Part, ROOT, now_milliseconds, now_seconds};
use crate::text::{key_path, path_key, quote, quoted_list};

/// Rows of photos in one request: some megabytes.
const PHOTOS_A_REQUEST: usize = 256;
/// How often progress is told while it goes on.
const REPORT_EVERY: Duration = Duration::from_secs(1);
/// How often the files of a photo are read again until nobody else changes them.
const SETTLING: usize = 5;

impl MilvusLibrary {
    /// The rows of these files that there are.
    fn file_rows(&self, paths: &[PhotoPath]) -> Result<BTreeMap<PhotoPath, FileRow>, MilvusError> {
        let mut rows = BTreeMap::new();
        for paths in paths.chunks(IDS_A_QUERY) {
            let keys: Vec<String> = paths.iter().map(path_key).collect();
            let filter = format!("id in {}", quoted_list(keys.iter().map(String::as_str)));
            for row in self.engine.rows(&self.names.files, &Ask::of(&filter, &FILE_COLUMNS, FILE_BYTES))? {
                let row = FileRow::read(&row)?;
                rows.insert(row.facts.path.clone(), row);
            }
        }
        Ok(rows)
    }

    fn plan(&self, batch: &IngestBatch, collection: &str) -> Result<Plan, LibraryError> {
        let mut plan = Plan { rules: self.rules_of(&batch.space)?, ..Plan::default() };
        let paths: Vec<PhotoPath> = batch.changes.iter().filter_map(path_of).collect();
        let named = batch.changes.iter().filter_map(|change| match change {
            Change::Added { photo, .. } => Some(photo.id),
            Change::Linked { image, .. } | Change::Described { image, .. } => Some(*image),
            Change::Failed { .. } | Change::Removed { .. } => None,
        });
        let mut images: BTreeSet<ImageId> = named.collect();
        if let Some(long) = paths.iter().find(|path| path_key(path).len() > LONGEST_PATH) {
            return Err(LibraryError::Store(format!("{long} is too long a path for a library on Milvus")));
        }
        let known = self.file_rows(&paths)?;
        images.extend(known.values().filter_map(|row| row.outcome.as_ref().ok()));
        plan.files = known.into_iter().map(|(path, row)| (path, Some(row))).collect();
        let images: Vec<ImageId> = images.into_iter().collect();
        self.know_photos(&mut plan, collection, &images)?;
        batch.changes.iter().try_for_each(|change| plan.take(change))?;
        Ok(plan)
    }

    /// The rules whose classifiers are for embeddings of `space`.
    pub(crate) fn rules_of(&self, space: &SpaceId) -> Result<Vec<TagRule>, LibraryError> {
        let mut rules = self.tag_rules()?;
        rules.retain(|rule| rule.classifier.layer.space == *space);
        Ok(rules)
    }

    fn commit_batch(&self, batch: &IngestBatch) -> Result<CommitSummary, LibraryError> {
        let _one_at_a_time = self.writing.lock();
        let added = batch.changes.iter().filter_map(|change| match change {
            Change::Added { photo, .. } => Some(&photo.vector),
            _ => None,
        });
        let collection = match common_dimension(0, added)? {
            0 => match self.pulse.read_space()? {
                Some(space) if space == batch.space => self.names.photos(&space),
                Some(expected) if self.count_photos(&expected)? > 0 => {
                    return Err(LibraryError::WrongSpace { expected, got: batch.space.clone() });
                }
                // There are files that failed, and no photo yet.
                _ => return self.commit_failures(batch),
            },
            dimension => self.space_for(&batch.space, dimension)?,
        };
        let mut plan = self.plan(batch, &collection)?;
        for change in &batch.changes {
            if let Change::Added { photo, .. } = change
                && !photo.thumbnail.is_empty()
            {
                self.previews.write(photo.id, &photo.thumbnail)?;
            }
        }
        self.write(&mut plan, &collection)?;
        Ok(plan.summary)
    }

    /// Commits changes that no photo has to do with.
    fn commit_failures(&self, batch: &IngestBatch) -> Result<CommitSummary, LibraryError> {
        let paths: Vec<PhotoPath> = batch.changes.iter().filter_map(path_of).collect();
        let known = self.file_rows(&paths)?;
        let mut plan =
            Plan { files: known.into_iter().map(|(path, row)| (path, Some(row))).collect(), ..Plan::default() };
        batch.changes.iter().try_for_each(|change| plan.take(change))?;
        self.write_files(&plan)?;
        self.release(&plan.changed)?;
        self.pulse.beat()?;
        Ok(plan.summary)
    }

    /// Writes rows of photos into the collection, and what is known of them into those of other models.
    pub(crate) fn write_photos(&self, collection: &str, rows: &[PhotoRow]) -> Result<(), MilvusError> {
        let changed = now_milliseconds();
        for rows in rows.chunks(PHOTOS_A_REQUEST) {
            let columns = rows.iter().map(|row| row.columns(changed)).collect::<Result<_, _>>()?;
            self.engine.upsert(collection, columns)?;
        }
        for space in self.known_spaces()? {
            let other = self.names.photos(&space);
            if other != collection {
                self.copy_records(&other, rows, changed)?;
            }
        }
        Ok(())
    }

    /// Writes what is known of photos beside the vectors that they have in another collection.
    pub(crate) fn copy_records(&self, other: &str, rows: &[PhotoRow], changed: i64) -> Result<(), MilvusError> {
        if rows.is_empty() || !self.engine.has(other)? {
            return Ok(());
        }
        let ids: Vec<ImageId> = rows.iter().map(|row| row.id).collect();
        let there = self.photo_rows(other, &ids, Part::Whole)?;
        let news: BTreeMap<ImageId, &PhotoRow> = rows.iter().map(|row| (row.id, row)).collect();
        let fresh = there.into_iter().filter_map(|old| {
            let PhotoRow { id, record, gone_at, .. } = (*news.get(&old.id)?).clone();
            let row = PhotoRow { id, record, gone_at, vector: old.vector.clone() };
            (row != old).then(|| row.columns(changed))
        });
        self.engine.upsert(other, fresh.collect::<Result<_, _>>()?)
    }

    fn write_files(&self, plan: &Plan) -> Result<(), MilvusError> {
        let rows = plan.changed.iter().filter_map(|path| plan.files.get(path)?.as_ref());
        self.engine.upsert(&self.names.files, rows.map(FileRow::columns).collect())?;
        let is_gone = |path: &&PhotoPath| plan.files.get(path).is_some_and(Option::is_none);
        let gone: Vec<String> = plan.changed.iter().filter(is_gone).map(path_key).collect();
        for gone in gone.chunks(IDS_A_QUERY) {
            let filter = format!("id in {}", quoted_list(gone.iter().map(String::as_str)));
            self.engine.delete(&self.names.files, &filter)?;
        }
        Ok(())
    }

    /// Notes with photos the files that hold them, until they are those of the files' rows: another indexer may have found a copy at
    /// the same moment, and the last of both sees the rows of both.
    fn settle(&self, collection: &str, mut rows: Vec<PhotoRow>) -> Result<(), MilvusError> {
        for _ in 0..SETTLING {
            let ids: Vec<String> = rows.iter().map(|row| row.id.to_string()).collect();
            let mut files: BTreeMap<ImageId, Vec<FileFacts>> = BTreeMap::new();
            for ids in ids.chunks(IDS_A_QUERY) {
                let filter = format!("image in {}", quoted_list(ids.iter().map(String::as_str)));
                for row in self.engine.rows(&self.names.files, &Ask::of(&filter, &FILE_COLUMNS, FILE_BYTES))? {
                    let FileRow { facts, outcome } = FileRow::read(&row)?;
                    if let Ok(image) = outcome {
                        files.entry(image).or_default().push(facts);
                    }
                }
            }
            rows.retain_mut(|row| {
                let before = row.record.files.clone();
                row.record.files = files.remove(&row.id).unwrap_or_default();
                row.record.sort_files();
                row.record.files != before
            });
            if rows.is_empty() {
                return Ok(());
            }
            let now = now_seconds();
            rows.iter_mut().for_each(|row| {
                with_presence(row, now);
            });
            self.write_photos(collection, &rows)?;
        }
        Ok(())
    }

    /// Progress is told often; the others look each second.
    fn is_report_due(&self, progress: &IndexProgress) -> bool {
        let mut last = self.last_report.lock();
        let is_due = progress.phase != IndexPhase::Indexing || last.is_none_or(|last| last.elapsed() >= REPORT_EVERY);
        if is_due {
            *last = Some(Instant::now());
        }
        is_due
    }

    /// Takes photos in as they are stored elsewhere.
    pub(crate) fn take_stored(&self, space: &SpaceId, photos: &[StoredPhoto]) -> Result<(), LibraryError> {
        if photos.is_empty() {
            return Ok(());
        }
        let dimension = common_dimension(0, photos.iter().map(|photo| &photo.vector))?;
        let _one_at_a_time = self.writing.lock();
        let collection = self.space_for(space, dimension)?;
        let ids: Vec<ImageId> = photos.iter().map(|photo| photo.id).collect();
        let mut plan = Plan::default();
        self.know_photos(&mut plan, &collection, &ids)?;
        let before = plan.photos.values().flat_map(|row| &row.record.files);
        let files = photos.iter().flat_map(|photo| &photo.files);
        let paths: Vec<PhotoPath> = before.chain(files).map(|file| file.path.clone()).collect();
        plan.files = self.file_rows(&paths)?.into_iter().map(|(path, row)| (path, Some(row))).collect();
        let others = plan.files.values().flatten().filter_map(|row| row.outcome.as_ref().ok().copied());
        let others: Vec<ImageId> = others.filter(|id| !plan.photos.contains_key(id)).collect();
        self.know_photos(&mut plan, &collection, &others)?;
        let now = now_seconds();
        photos.iter().for_each(|photo| plan.adopt(photo, now));
        self.write(&mut plan, &collection)?;
        Ok(())
    }

    fn know_photos(&self, plan: &mut Plan, collection: &str, ids: &[ImageId]) -> Result<(), MilvusError> {
        plan.photos.extend(self.photo_rows(collection, ids, Part::Whole)?.into_iter().map(|row| (row.id, row)));
        Ok(())
    }

    /// Writes what changes: the photos, the files, and what became of photos that others changed at the same moment.
    fn write(&self, plan: &mut Plan, collection: &str) -> Result<(), MilvusError> {
        let rows = plan.touched_rows();
        self.write_photos(collection, &rows)?;
        self.write_files(plan)?;
        self.settle(collection, rows)?;
        self.release(&plan.changed)?;
        self.pulse.beat()
    }

    fn list_files(
        &self,
        root: &PhotoPath,
        after: Option<&PhotoPath>,
        limit: usize,
    ) -> Result<Vec<RootFile>, MilvusError> {
        let folder = path_key(root);
        let folder = folder.trim_end_matches('/');
        let filter = format!("id > {} and id < {}", quote(&format!("{folder}/")), quote(&format!("{folder}0")));
        let after = after.map(path_key).unwrap_or_default();
        let mut files = vec![];
        let ask = Ask { after: &after, ..Ask::of(&filter, &["id", "image"], FILE_BYTES) };
        self.engine.each_row(&self.names.files, &ask, |row| {
            files.push(RootFile { path: key_path(text_of(&row, "id")?), image: text_of(&row, "image")?.parse().ok() });
            Ok(files.len() < limit)
        })?;
        Ok(files)
    }
}

fn path_of(change: &Change) -> Option<PhotoPath> {
    match change {
        Change::Added { file, .. } | Change::Linked { file, .. } | Change::Failed { file, .. } => {
            Some(file.path.clone())
        }
        Change::Removed { path } => Some(path.clone()),
        Change::Described { .. } => None,
    }
}

impl Ingest for MilvusLibrary {
    fn known_files(&self, paths: &[PhotoPath]) -> Result<Vec<Option<KnownFile>>, ProtocolError> {
        let mut rows = self.file_rows(paths)?;
        Ok(paths.iter().map(|path| rows.remove(path).map(KnownFile::from)).collect())
    }

    fn known_images(&self, space: &SpaceId, images: &[ImageId]) -> Result<Vec<bool>, ProtocolError> {
        let Some((_, collection)) = self.searched().filter(|(searched, _)| searched == space) else {
            return Ok(vec![false; images.len()]);
        };
        let mut known = BTreeSet::new();
        for images in images.chunks(IDS_A_QUERY) {
            known.extend(self.engine.ids(&collection, &crate::expression::ids(images))?);
        }
        Ok(images.iter().map(|image| known.contains(image)).collect())
    }

    fn files_under(
        &self,
        root: &PhotoPath,
        after: Option<&PhotoPath>,
        limit: usize,
    ) -> Result<Vec<RootFile>, ProtocolError> {
        Ok(self.list_files(root, after, limit)?)
    }

    fn commit(&self, batch: &IngestBatch) -> Result<CommitSummary, ProtocolError> {
        Ok(self.commit_batch(batch)?)
    }

    fn remember_roots(&self, roots: &[PhotoPath]) -> Result<(), ProtocolError> {
        for root in roots {
            self.shelves().put_small(ROOT, root.as_bytes(), &[])?;
        }
        Ok(())
    }

    fn report(&self, progress: &IndexProgress) {
        if !self.is_report_due(progress) {
            return;
        }
        let written = rmp_serde::to_vec_named(progress).map_err(|error| MilvusError::Damaged(error.to_string()));
        if let Err(error) = written.and_then(|bytes| self.shelves().put_small(META, PROGRESS, &bytes)) {
            tracing::debug!("the progress was not noted: {error}");
        }
    }

    fn claim(&self, paths: &[PhotoPath]) -> Result<Vec<bool>, ProtocolError> {
        Ok(self.claim_files(paths)?)
    }
}
