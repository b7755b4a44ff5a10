//! Searches over the whole library: from a query vector and file names to photos with scores.

use std::cmp::Reverse;
use std::collections::HashSet;

use foray_protocol::{Facets, Filter, Hit, ImageId, Photo, SortOrder, SpaceId, UnitVector, clock_seconds};

use crate::LibraryError;
use crate::catalogue::now_seconds;
use crate::engine::{Found, Plan, RowSet, Scored};
use crate::facts::Question;
use crate::library::Library;
use crate::relevance::{ConceptBank, Yardstick};
use crate::space::SpaceIndex;

/// The most results of one search, and the deepest page.
const MAX_LIMIT: usize = 10_000;
const MAX_OFFSET: usize = 1_000_000;

/// From this cosine similarity on two photos are shots of the same thing.
pub(crate) const NEAR_IDENTICAL: f32 = 0.97;
/// Each folded photo is compared with all that are shown.
const MOST_FOLDED: usize = 1_000;

/// What to look for; ten photos of anything by default.
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
    /// What becomes of those that were found.
    pub refinement: Refinement,
    /// What a query of words competes with. Without them, relevance is how far a photo stands out from the library.
    pub concepts: Option<&'a ConceptBank>,
}

/// What becomes of photos that were found.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Refinement {
    /// Photos of less relevance are left out, 0 to 1.
    pub min_relevance: f32,
    /// The order of a page's photos.
    pub sort: SortOrder,
    /// Whether near-identical shots are one result: the best of them.
    pub dedupe: bool,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// The photos.
    pub hits: Vec<Hit>,
    /// How many that would have been on this page were not relevant enough.
    pub weaker: usize,
    /// How they were found; `None` for photos that were listed without a query's direction.
    pub plan: Option<Plan>,
}

impl Default for PhotoQuery<'_> {
    fn default() -> Self {
        let refinement = Refinement::default();
        Self { vector: None, filter: None, exclude: None, limit: 10, offset: 0, refinement, concepts: None }
    }
}

impl PhotoQuery<'_> {
    fn check(&self) -> Result<(), LibraryError> {
        check_page(self.limit, self.offset)?;
        let Refinement { min_relevance, dedupe, .. } = self.refinement;
        let last = self.offset + self.limit;
        if dedupe && last > MOST_FOLDED {
            return Err(LibraryError::OutOfRange {
                field: "dedupe: offset and limit",
                got: last,
                expected: "at most 1,000",
            });
        }
        if !(0.0..=1.0).contains(&min_relevance) {
            return Err(LibraryError::Relevance { got: min_relevance });
        }
        Ok(())
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
        Ok(self.explained_search(query)?.hits)
    }

    /// As [`Library::search`], with the way in which they were found and how many were left out.
    ///
    /// # Errors
    /// As for [`Library::search`].
    pub fn explained_search(&self, query: &PhotoQuery<'_>) -> Result<Answer, LibraryError> {
        query.check()?;
        let Some(active) = self.active() else { return Ok(Answer::default()) };
        let index = active.index.read();
        let allowed = match query.filter.filter(|filter| !filter.is_empty()) {
            Some(filter) => Some(self.filtered_rows(&active.id, &index, filter)?),
            None => None,
        };
        match query.vector {
            Some(vector) => self.search_vector(&index, query, vector, allowed.as_ref()),
            None => {
                let rows = allowed.as_ref().unwrap_or(&index.vectors.live);
                Ok(Answer { hits: self.list(&index, query, rows)?, ..Answer::default() })
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

    /// How the photos that fulfil `filter` divide.
    ///
    /// # Errors
    /// Those of the database.
    pub fn facets(&self, filter: &Filter) -> Result<Facets, LibraryError> {
        let Some(active) = self.active() else { return Ok(Facets::default()) };
        let index = active.index.read();
        let rows = self.filtered_rows(&active.id, &index, filter)?;
        self.facts.with(&self.catalogue, (&active.id, &index), |facts| Ok(facts.facets(&rows)))
    }

    fn search_vector(
        &self,
        index: &SpaceIndex,
        query: &PhotoQuery<'_>,
        vector: &UnitVector,
        allowed: Option<&RowSet>,
    ) -> Result<Answer, LibraryError> {
        index.check_dimension(vector)?;
        let Refinement { min_relevance, sort, dedupe } = query.refinement;
        let last = query.offset + query.limit;
        let (best, plan) = if dedupe {
            distinct_rows(index, query, vector, allowed)
        } else {
            let (mut best, plan) = best_rows(index, query, vector, allowed, last);
            keep_with_ties(&mut best, last);
            (best.into_iter().map(|scored| (scored, 0)).collect(), plan)
        };
        let yardstick = Yardstick::new(index, vector, query.concepts);
        let mut hits = best
            .into_iter()
            .map(|(Scored { score, row }, folded)| {
                let photo = self.photo_with_paths(index.ids[row as usize])?;
                Ok(Hit { photo, score, relevance: yardstick.relevance(row, score), folded })
            })
            .collect::<Result<Vec<_>, LibraryError>>()?;
        sort_hits(&mut hits);
        let mut hits = page(hits, query.offset, query.limit);
        let found = hits.len();
        hits.retain(|hit| hit.relevance >= min_relevance);
        let weaker = found - hits.len();
        sort_by_date(&mut hits, sort);
        Ok(Answer { hits, weaker, plan: Some(plan) })
    }

    /// Photos without a query's direction, by path or date.
    fn list(&self, index: &SpaceIndex, query: &PhotoQuery<'_>, rows: &RowSet) -> Result<Vec<Hit>, LibraryError> {
        let hit = |row: u32| {
            let photo = self.photo_with_paths(index.ids[row as usize])?;
            Ok(Hit { photo, score: 0.0, relevance: 1.0, folded: 0 })
        };
        let live = rows.iter().filter(|&row| index.is_live(row));
        let mut hits = live.map(hit).collect::<Result<Vec<_>, LibraryError>>()?;
        sort_hits(&mut hits);
        sort_by_date(&mut hits, query.refinement.sort);
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
        let yardstick = Yardstick::new(&index, vector, None);
        let mut hits = vec![];
        for id in ids {
            let row = index.row(*id).filter(|&row| index.is_live(row)).ok_or_else(|| missing(id))?;
            let score = index.vectors.score(vector, row);
            let (photo, relevance) = (self.photo_with_paths(*id)?, yardstick.relevance(row, score));
            hits.push(Hit { photo, score, relevance, folded: 0 });
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

/// At least the `want` best rows, without the one that is excluded.
fn best_rows(
    index: &SpaceIndex,
    query: &PhotoQuery<'_>,
    vector: &UnitVector,
    allowed: Option<&RowSet>,
    want: usize,
) -> (Vec<Scored>, Plan) {
    let excluded = query.exclude.and_then(|id| index.row(id));
    let Found { mut rows, plan } = index.vectors.best(vector, want + usize::from(excluded.is_some()), allowed);
    rows.retain(|scored| Some(scored.row) != excluded);
    (rows, plan)
}

/// The best rows of which no two are near-identical, up to the end of the page, with how many were folded into each.
fn distinct_rows(
    index: &SpaceIndex,
    query: &PhotoQuery<'_>,
    vector: &UnitVector,
    allowed: Option<&RowSet>,
) -> (Vec<(Scored, usize)>, Plan) {
    let last = query.offset + query.limit;
    let mut want = 2 * last;
    loop {
        let (best, plan) = best_rows(index, query, vector, allowed, want);
        let is_all = best.len() < want;
        let kept = folded(index, best);
        if is_all || kept.len() >= last {
            return (kept.into_iter().take(last).collect(), plan);
        }
        want *= 2;
    }
}

fn folded(index: &SpaceIndex, best: Vec<Scored>) -> Vec<(Scored, usize)> {
    let mut kept: Vec<(Scored, usize)> = vec![];
    for scored in best {
        let is_same =
            |(other, _): &&mut (Scored, usize)| index.vectors.score_rows(other.row, scored.row) >= NEAR_IDENTICAL;
        match kept.iter_mut().find(is_same) {
            Some((_, folded)) => *folded += 1,
            None => kept.push((scored, 0)),
        }
    }
    kept
}

/// Sorts by when photos were taken; those without a date come last, and equal ones stay as they were.
fn sort_by_date(hits: &mut [Hit], order: SortOrder) {
    let taken = |hit: &Hit| hit.photo.metadata.description.taken_at.as_deref().and_then(clock_seconds);
    match order {
        SortOrder::Best => {}
        SortOrder::Oldest => hits.sort_by_cached_key(|hit| taken(hit).unwrap_or(i64::MAX)),
        SortOrder::Newest => hits.sort_by_cached_key(|hit| Reverse(taken(hit).unwrap_or(i64::MIN))),
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
