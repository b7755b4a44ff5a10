//! Searches over the whole library: from a query vector and file names to photos with scores.

use std::collections::HashSet;

use foray_protocol::{Facets, Filter, Hit, ImageId, Photo, SpaceId, UnitVector};

use crate::LibraryError;
use crate::catalogue::now_seconds;
use crate::engine::{Found, Plan, RowSet, Scored};
use crate::facts::Question;
use crate::library::Library;
use crate::photo_query::{Answer, PhotoQuery, taken};
use crate::ranking::{Best, Candidates, Placed, in_order, listed, ranked};
use crate::relevance::Yardstick;
use crate::space::SpaceIndex;

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
        let yardstick = Yardstick::new(index, vector, query.concepts);
        ranked(
            query,
            &Hunt { library: self, index, excluded: index.rows_of(query.exclude), vector, allowed, yardstick },
        )
    }

    /// Photos without a query's direction, by path or date.
    fn list(&self, index: &SpaceIndex, query: &PhotoQuery<'_>, rows: &RowSet) -> Result<Answer, LibraryError> {
        let excluded = index.rows_of(query.exclude);
        let live = rows.iter().filter(|&row| index.is_live(row) && !excluded.contains(row));
        let mut placed = vec![];
        for row in live {
            let hit = Hit::new(self.photo_with_paths(index.ids[row as usize])?, 0.0, 1.0);
            let (path, taken) = (hit.photo.photo_path(), taken(&hit));
            placed.push(Placed::in_list(hit, path, taken, query.refinement.sort));
        }
        let (hits, end) = listed(query, placed);
        Ok(Answer { hits, end, ..Answer::default() })
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
            photos.push(hit);
        }
        Ok(in_order(photos))
    }

    /// A photo with its files.
    pub(crate) fn photo_with_paths(&self, id: ImageId) -> Result<Photo, LibraryError> {
        let record = self.catalogue.photo(id)?.ok_or_else(|| LibraryError::NoPhoto(id.to_string()))?;
        Ok(Photo::new(id, &self.catalogue.paths(id)?, record.metadata))
    }
}

/// Where rows are looked for, and by what.
struct Hunt<'a> {
    library: &'a Library,
    index: &'a SpaceIndex,
    excluded: RowSet,
    vector: &'a UnitVector,
    allowed: Option<&'a RowSet>,
    yardstick: Yardstick<'a>,
}

impl Candidates for Hunt<'_> {
    type Key = u32;

    fn best(&self, want: usize) -> Result<Best<u32>, LibraryError> {
        let Found { rows, plan } = self.index.vectors.best(self.vector, want + self.excluded.len(), self.allowed);
        let kept = rows.into_iter().filter(|scored| !self.excluded.contains(scored.row));
        Ok(Best { photos: kept.map(|Scored { score, row }| (row, score)).collect(), plan: Some(plan) })
    }

    fn load(&self, _rows: &[u32]) -> Result<(), LibraryError> {
        Ok(())
    }

    fn photo(&self, row: u32) -> Result<Option<Photo>, LibraryError> {
        Ok(Some(self.library.photo_with_paths(self.index.ids[row as usize])?))
    }

    fn similarity(&self, a: u32, b: u32) -> f32 {
        self.index.vectors.score_rows(a, b)
    }

    fn relevance(&self, row: u32, score: f32) -> f32 {
        self.yardstick.relevance(row, score)
    }
}
