//! Searches over the whole library: from a query vector and file names to photos with scores.

use std::collections::HashSet;

use foray_protocol::{Filter, Hit, ImageId, Photo, SpaceId, UnitVector};

use crate::LibraryError;
use crate::catalogue::now_seconds;
use crate::engine::{Found, Plan, RowSet, Scored};
use crate::facts::Question;
use crate::library::Library;
use crate::space::SpaceIndex;

/// The most results of one search, and the deepest page.
const MAX_LIMIT: usize = 10_000;
const MAX_OFFSET: usize = 1_000_000;

/// What to look for.
#[derive(Clone, Debug)]
pub struct PhotoQuery<'a> {
    /// The direction to look in; `None` lists photos by path, for a query that is a filter alone.
    pub vector: Option<&'a UnitVector>,
    /// What a photo must fulfil; every photo does without.
    pub filter: Option<&'a Filter>,
    /// A photo to leave out: the one that others shall be similar to.
    pub exclude: Option<ImageId>,
    /// How many photos at most, 1 to 10,000.
    pub limit: usize,
    /// How many of the best to leave out first.
    pub offset: usize,
}

impl PhotoQuery<'_> {
    fn check(&self) -> Result<(), LibraryError> {
        check_page(self.limit, self.offset)
    }
}

/// Checks the limits of a page of results.
pub(crate) fn check_page(limit: usize, offset: usize) -> Result<(), LibraryError> {
    let error = |field, got, expected| Err(LibraryError::OutOfRange { field, got, expected });
    match (limit, offset) {
        (1..=MAX_LIMIT, 0..=MAX_OFFSET) => Ok(()),
        (1..=MAX_LIMIT, _) => error("offset", offset, "0 to 1,000,000"),
        _ => error("limit", limit, "1 to 10,000"),
    }
}

impl Library {
    /// Photos in the order of their cosine similarity to the query, best first; equal scores in path order.
    ///
    /// # Errors
    /// [`LibraryError::OutOfRange`] for a limit or offset outside its range, [`LibraryError::Dimension`] for a vector of
    /// another space.
    pub fn search(&self, query: &PhotoQuery<'_>) -> Result<Vec<Hit>, LibraryError> {
        Ok(self.explained_search(query)?.0)
    }

    /// As [`Library::search`], with the way in which they were found; `None` for photos that were listed by path.
    ///
    /// # Errors
    /// As for [`Library::search`].
    pub fn explained_search(&self, query: &PhotoQuery<'_>) -> Result<(Vec<Hit>, Option<Plan>), LibraryError> {
        query.check()?;
        let Some(active) = self.active() else { return Ok((vec![], None)) };
        let index = active.index.read();
        let allowed = match query.filter.filter(|filter| !filter.is_empty()) {
            Some(filter) => Some(self.filtered_rows(&active.id, &index, filter)?),
            None => None,
        };
        match query.vector {
            Some(vector) => self.search_vector(&index, query, vector, allowed.as_ref()),
            None => {
                let rows = allowed.as_ref().unwrap_or(&index.vectors.live);
                Ok((self.list_by_path(&index, query, rows)?, None))
            }
        }
    }

    /// The live rows that fulfil `filter`.
    fn filtered_rows(&self, space: &SpaceId, index: &SpaceIndex, filter: &Filter) -> Result<RowSet, LibraryError> {
        let named = |name: &str| Ok(index.rows_of(&self.catalogue.photos_named(name)?));
        let question = Question { live: &index.vectors.live, now: now_seconds() as i64, named: &named };
        self.facts.with(&self.catalogue, (space, index), |facts| facts.rows(filter, &question))
    }

    /// The photos that fulfil `filter`.
    pub(crate) fn photos_that_fulfil(&self, filter: &Filter) -> Result<HashSet<ImageId>, LibraryError> {
        let Some(active) = self.active() else { return Ok(HashSet::new()) };
        let index = active.index.read();
        let rows = self.filtered_rows(&active.id, &index, filter)?;
        Ok(rows.iter().map(|row| index.ids[row as usize]).collect())
    }

    fn search_vector(
        &self,
        index: &SpaceIndex,
        query: &PhotoQuery<'_>,
        vector: &UnitVector,
        allowed: Option<&RowSet>,
    ) -> Result<(Vec<Hit>, Option<Plan>), LibraryError> {
        let want = query.offset + query.limit + usize::from(query.exclude.is_some());
        let excluded = query.exclude.and_then(|id| index.row(id));
        index.check_dimension(vector)?;
        let Found { rows: mut best, plan } = index.vectors.best(vector, want, allowed);
        best.retain(|scored| Some(scored.row) != excluded);
        keep_with_ties(&mut best, query.offset + query.limit);
        let background = index.background(vector);
        let mut hits = best
            .into_iter()
            .map(|Scored { score, row }| {
                let photo = self.photo_with_paths(index.ids[row as usize])?;
                Ok(Hit { photo, score, relevance: background.relevance(score) })
            })
            .collect::<Result<Vec<_>, LibraryError>>()?;
        sort_hits(&mut hits);
        Ok((page(hits, query.offset, query.limit), Some(plan)))
    }

    fn list_by_path(
        &self,
        index: &SpaceIndex,
        query: &PhotoQuery<'_>,
        rows: &RowSet,
    ) -> Result<Vec<Hit>, LibraryError> {
        let hit =
            |row: u32| Ok(Hit { photo: self.photo_with_paths(index.ids[row as usize])?, score: 0.0, relevance: 1.0 });
        let live = rows.iter().filter(|&row| index.is_live(row));
        let mut hits = live.map(hit).collect::<Result<Vec<_>, LibraryError>>()?;
        sort_hits(&mut hits);
        Ok(page(hits, query.offset, query.limit))
    }

    /// Exactly these photos in the order of their similarity to `vector`.
    ///
    /// # Errors
    /// [`LibraryError::NoPhoto`] names the first id that the library does not have.
    pub fn rank(&self, vector: &UnitVector, ids: &[ImageId]) -> Result<Vec<Hit>, LibraryError> {
        let missing = |id: &ImageId| LibraryError::NoPhoto(id.to_string());
        let Some(active) = self.active() else { return ids.first().map_or(Ok(vec![]), |id| Err(missing(id))) };
        let index = active.index.read();
        index.check_dimension(vector)?;
        let background = index.background(vector);
        let mut hits = vec![];
        for id in ids {
            let row = index.row(*id).filter(|&row| index.is_live(row)).ok_or_else(|| missing(id))?;
            let score = index.vectors.score(vector, row);
            hits.push(Hit { photo: self.photo_with_paths(*id)?, score, relevance: background.relevance(score) });
        }
        sort_hits(&mut hits);
        Ok(hits)
    }

    /// A photo with its files.
    pub(crate) fn photo_with_paths(&self, id: ImageId) -> Result<Photo, LibraryError> {
        let record = self.catalogue.photo(id)?.ok_or_else(|| LibraryError::NoPhoto(id.to_string()))?;
        Ok(Photo::new(id, &self.catalogue.paths(id)?, record.metadata))
    }
}

/// Cuts to the `count` best, but keeps what scores as high as the last of them: the order of ties is decided by path later.
fn keep_with_ties(best: &mut Vec<Scored>, count: usize) {
    if let Some(last) = count.checked_sub(1).and_then(|last| best.get(last)).map(|scored| scored.score) {
        best.truncate(best.partition_point(|scored| scored.score >= last));
    }
}

fn sort_hits(hits: &mut [Hit]) {
    hits.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.photo.path.cmp(&b.photo.path)));
}

/// The page of `items` from `offset` on.
pub(crate) fn page<T>(items: Vec<T>, offset: usize, limit: usize) -> Vec<T> {
    items.into_iter().skip(offset).take(limit).collect()
}
