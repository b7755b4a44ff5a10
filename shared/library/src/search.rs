//! Searches over the whole library: from a query vector and file names to photos with scores.

use std::collections::HashSet;

use foray_protocol::{Facets, Filter, Hit, ImageId, Neighbour, Photo, SpaceId, UnitVector};

use crate::LibraryError;
use crate::catalogue::now_seconds;
use crate::engine::{Found, Plan, RowSet, Scored};
use crate::facts::Question;
use crate::library::Library;
use crate::photo_query::{Answer, PageStart, PhotoQuery, Placed, Refinement, cut_page, sort_by_date, sort_placed};
use crate::relevance::Yardstick;
use crate::space::SpaceIndex;

/// From this cosine similarity on two photos are shots of the same thing.
pub(crate) const NEAR_IDENTICAL: f32 = 0.97;
/// Photos that a probe of the graph asks for the neighbours of, and how many of these.
const PROBES: usize = 32;
const PROBED: usize = 10;

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
                self.list(&index, query, rows)
            }
        }
    }

    /// The live rows that fulfil `filter`.
    pub(crate) fn filtered_rows(
        &self,
        space: &SpaceId,
        index: &SpaceIndex,
        filter: &Filter,
    ) -> Result<RowSet, LibraryError> {
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
        let Refinement { min_relevance, sort, .. } = query.refinement;
        let yardstick = Yardstick::new(index, vector, query.concepts);
        // One more than the page shows whether others come after it.
        let mut want = query.start.seen() + query.limit + 1;
        let hunt = Hunt { index, query, vector, allowed };
        let (mut hits, end, plan) = loop {
            let Reach { rows, above, is_all, plan } = hunt.reach(want);
            let mut photos = vec![];
            for (Scored { score, row }, folded) in rows {
                let photo = self.photo_with_paths(index.ids[row as usize])?;
                let relevance = yardstick.relevance(row, score);
                photos.push(Placed::by_score(Hit { folded, ..Hit::new(photo, score, relevance) }));
            }
            sort_placed(&mut photos);
            let (hits, end) = cut_page(photos, query, above);
            // Photos that came since the page before have pushed others out of reach.
            if end.is_some() || is_all {
                break (hits, end, plan);
            }
            want *= 2;
        };
        let all = hits.len();
        hits.retain(|hit| hit.relevance >= min_relevance);
        let weaker = all - hits.len();
        sort_by_date(&mut hits, sort);
        // Relevance does not fall with every photo, but behind a page without a relevant one hardly any comes.
        let end = end.filter(|_| !hits.is_empty());
        Ok(Answer { hits, weaker, end, plan: Some(plan) })
    }

    /// Photos without a query's direction, by path or date.
    fn list(&self, index: &SpaceIndex, query: &PhotoQuery<'_>, rows: &RowSet) -> Result<Answer, LibraryError> {
        let photo = |row: u32| {
            let photo = self.photo_with_paths(index.ids[row as usize])?;
            Ok(Placed::in_list(Hit::new(photo, 0.0, 1.0), query.refinement.sort))
        };
        let excluded = index.rows_of(query.exclude);
        let live = rows.iter().filter(|&row| index.is_live(row) && !excluded.contains(row));
        let mut photos = live.map(photo).collect::<Result<Vec<_>, LibraryError>>()?;
        sort_placed(&mut photos);
        let (hits, end) = cut_page(photos, query, 0);
        Ok(Answer { hits, end, ..Answer::default() })
    }

    /// The photos that look most like `id`, nearest first, at most `limit`.
    ///
    /// # Errors
    /// [`LibraryError::NoPhoto`].
    pub fn neighbours(&self, id: ImageId, limit: usize) -> Result<Vec<Neighbour>, LibraryError> {
        let vector = self.vector(id)?;
        let alike =
            self.search(&PhotoQuery { vector: Some(&vector), exclude: &[id], limit, ..PhotoQuery::default() })?;
        let neighbour = |hit: Hit| Neighbour { id: hit.photo.id, path: hit.photo.path, score: hit.score };
        Ok(alike.into_iter().map(neighbour).collect())
    }

    /// Recall@10 of searches through the graph, for the vectors of some photos all over the library, against the exact scan, 0 to 1;
    /// `None` where searches are exact.
    pub fn recall_probe(&self) -> Option<f64> {
        let index = self.active()?.index.read().snapshot();
        let mut recalls = vec![];
        for row in index.sample(PROBES) {
            let vector = UnitVector::from_components(index.vectors.vector(row).to_vec()).ok()?;
            let Found { rows: found, plan: Plan::Graph { .. } } = index.vectors.best(&vector, PROBED, None) else {
                return None;
            };
            let exact = index.vectors.exact_best(&vector, PROBED);
            let last = exact.last().map_or(f32::NEG_INFINITY, |scored| scored.score);
            let right = found.iter().take(PROBED).filter(|scored| scored.score >= last).count();
            recalls.push(right as f64 / exact.len().max(1) as f64);
        }
        (!recalls.is_empty()).then(|| recalls.iter().sum::<f64>() / recalls.len() as f64)
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
        let mut photos = vec![];
        for id in ids {
            let row = index.row(*id).filter(|&row| index.is_live(row)).ok_or_else(|| missing(id))?;
            let score = index.vectors.score(vector, row);
            let hit = Hit::new(self.photo_with_paths(*id)?, score, yardstick.relevance(row, score));
            photos.push(Placed::by_score(hit));
        }
        sort_placed(&mut photos);
        Ok(photos.into_iter().map(Placed::into_hit).collect())
    }

    /// A photo with its files.
    pub(crate) fn photo_with_paths(&self, id: ImageId) -> Result<Photo, LibraryError> {
        let record = self.catalogue.photo(id)?.ok_or_else(|| LibraryError::NoPhoto(id.to_string()))?;
        Ok(Photo::new(id, &self.catalogue.paths(id)?, record.metadata))
    }
}

/// Where rows are looked for, and by what.
#[derive(Clone, Copy)]
struct Hunt<'a> {
    index: &'a SpaceIndex,
    query: &'a PhotoQuery<'a>,
    vector: &'a UnitVector,
    allowed: Option<&'a RowSet>,
}

/// The best rows, each with how many were folded into it.
struct Reach {
    rows: Vec<(Scored, usize)>,
    /// How many still better ones were left out, which no photo of the page can be among.
    above: usize,
    /// Whether there are no others.
    is_all: bool,
    plan: Plan,
}

impl Hunt<'_> {
    /// The `want` best rows, and those that score as the last of them: the order of ties is decided by path later.
    fn reach(self, want: usize) -> Reach {
        if self.query.refinement.dedupe {
            let (rows, plan) = self.distinct_rows(want);
            let is_all = rows.len() < want;
            return Reach { rows, above: 0, is_all, plan };
        }
        let (mut best, plan) = self.best_rows(want);
        keep_with_ties(&mut best, want);
        let is_all = best.len() < want;
        // Only what may stand on the page is read from the catalogue.
        let highest = match self.query.start {
            PageStart::Offset(offset) => best.get(offset).map_or(f64::INFINITY, |first| first.score.into()),
            PageStart::After(end) => end.height(),
        };
        let above = best.partition_point(|scored| f64::from(scored.score) > highest);
        let rows = best.drain(above..).map(|scored| (scored, 0)).collect();
        Reach { rows, above, is_all, plan }
    }

    /// At least the `want` best rows, without those that are excluded.
    fn best_rows(self, want: usize) -> (Vec<Scored>, Plan) {
        let excluded = self.index.rows_of(self.query.exclude);
        let Found { mut rows, plan } = self.index.vectors.best(self.vector, want + excluded.len(), self.allowed);
        rows.retain(|scored| !excluded.contains(scored.row));
        (rows, plan)
    }

    /// The `last` best rows of which no two are near-identical, with how many were folded into each.
    fn distinct_rows(self, last: usize) -> (Vec<(Scored, usize)>, Plan) {
        let mut want = 2 * last;
        loop {
            let (best, plan) = self.best_rows(want);
            let is_all = best.len() < want;
            let kept = folded(self.index, best);
            if is_all || kept.len() >= last {
                return (kept.into_iter().take(last).collect(), plan);
            }
            want *= 2;
        }
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

/// Cuts to the `count` best, but keeps what scores as high as the last of them: the order of ties is decided by path later.
fn keep_with_ties(best: &mut Vec<Scored>, count: usize) {
    if let Some(last) = count.checked_sub(1).and_then(|last| best.get(last)).map(|scored| scored.score) {
        best.truncate(best.partition_point(|scored| scored.score >= last));
    }
}
