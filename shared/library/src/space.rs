//! One space of vectors as it is searched: rows in memory, which of them are live, the graph, and the plan for a query.

use std::collections::HashMap;
use std::sync::Arc;

use foray_protocol::{ImageId, SearchStructure, UnitVector};

use crate::LibraryError;
use crate::arena::{Arena, QuantizedVector};
use crate::graph::Graph;
use crate::kernel::dot_f32;
use crate::row_set::RowSet;
use crate::scan::{scan_range, scan_rows};
use crate::top::{Scored, Top};
use crate::vectors::VectorStore;

/// Beyond this many candidates the walk would see most of what an exact scan sees, at a higher price.
const GRAPH_MAX_KEEP: usize = 1_024;
/// How far 8-bit scores are off at most, in practice: three standard deviations at 384 components. A row whose approximate
/// score is this close to the last wanted one may belong before it.
const QUANTIZATION_ERROR: f32 = 0.002;
/// Breadth of the walk; recall@10 is about 0.99 with it on clustered vectors of 512 components.
const MIN_EF: usize = 192;
/// Rows scored to know what an average photo scores for a query.
const BACKGROUND_SAMPLE: usize = 2_000;

/// A space, loaded.
#[derive(Debug)]
pub(crate) struct SpaceIndex {
    pub arena: Arena,
    /// Id of the photo of each row.
    pub ids: Vec<ImageId>,
    rows: HashMap<ImageId, u32>,
    /// Rows of photos that some file holds.
    pub live: RowSet,
    pub graph: Option<Arc<Graph>>,
    pub store: VectorStore,
}

/// Which rows a search may return.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Allowed<'a> {
    AllLive,
    /// Exactly these, which are live.
    Rows(&'a [u32]),
}

/// Scores of an average photo for a query.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Background {
    pub mean: f32,
    pub deviation: f32,
}

impl SpaceIndex {
    /// Loads the vectors in `store`; `is_hidden` tells which photos no file holds.
    pub fn load(
        store: VectorStore,
        is_hidden: impl Fn(ImageId) -> Result<bool, LibraryError>,
    ) -> Result<Self, LibraryError> {
        let mut index = Self {
            arena: Arena::new(0),
            ids: vec![],
            rows: HashMap::new(),
            live: RowSet::default(),
            graph: None,
            store: store.clone(),
        };
        for entry in store.iter() {
            let (row, id, vector) = entry?;
            if index.ids.is_empty() {
                index.arena = Arena::new(vector.dimension());
            }
            index.fill_holes_up_to(row);
            index.append(id, &vector)?;
            index.live.set(row, !is_hidden(id)?);
        }
        Ok(index)
    }

    /// A copy that later commits do not change, without the graph and the lookup by id.
    pub fn snapshot(&self) -> Self {
        Self {
            arena: self.arena.clone(),
            ids: self.ids.clone(),
            rows: HashMap::new(),
            live: self.live.clone(),
            graph: None,
            store: self.store.clone(),
        }
    }

    fn fill_holes_up_to(&mut self, row: u32) {
        while (self.arena.len() as u32) < row {
            self.arena.push_hole();
            self.ids.push(ImageId::from_bytes([0; 16]));
        }
    }

    /// The row that the next vector gets.
    pub fn next_row(&self) -> u32 {
        self.arena.len() as u32
    }

    /// Checks that `vector` has this space's number of components.
    pub fn check_dimension(&self, vector: &UnitVector) -> Result<(), LibraryError> {
        let (expected, got) = (self.arena.dimension(), vector.dimension());
        if self.arena.len() == 0 || expected == got { Ok(()) } else { Err(LibraryError::Dimension { expected, got }) }
    }

    /// Appends a vector as the next row, not live yet.
    pub fn append(&mut self, id: ImageId, vector: &UnitVector) -> Result<(), LibraryError> {
        if self.arena.len() == 0 {
            self.arena = Arena::new(vector.dimension());
        }
        self.check_dimension(vector)?;
        self.rows.insert(id, self.next_row());
        self.ids.push(id);
        self.arena.push(&QuantizedVector::new(vector));
        Ok(())
    }

    pub fn set_live(&mut self, id: ImageId, live: bool) {
        if let Some(row) = self.row(id) {
            self.live.set(row, live);
        }
    }

    pub fn row(&self, id: ImageId) -> Option<u32> {
        self.rows.get(&id).copied()
    }

    /// Forgets a photo for good; its row becomes a hole.
    pub fn forget(&mut self, id: ImageId) -> Option<u32> {
        let row = self.rows.remove(&id)?;
        self.live.set(row, false);
        Some(row)
    }

    /// The rows of these photos that are live, ascending.
    pub fn live_rows(&self, ids: &[ImageId]) -> Vec<u32> {
        let mut rows: Vec<u32> =
            ids.iter().filter_map(|&id| self.row(id)).filter(|&row| self.live.contains(row)).collect();
        rows.sort_unstable();
        rows
    }

    pub fn structure(&self) -> SearchStructure {
        match &self.graph {
            Some(graph) => {
                let rows = graph.links.rows as usize;
                SearchStructure::Graph { rows, tail: self.arena.len().saturating_sub(rows) }
            }
            None => SearchStructure::Exact { rows: self.arena.len() },
        }
    }

    /// At least the `want` best allowed rows (all of them when they are fewer), with exact scores, best first. Rows that
    /// score as high as the last wanted one are all there.
    pub fn best(&self, query: &UnitVector, want: usize, allowed: Allowed<'_>) -> Result<Vec<Scored>, LibraryError> {
        self.check_dimension(query)?;
        let quantized = QuantizedVector::new(query);
        let mut keep = 2 * want + 64;
        loop {
            let candidates = self.candidates(&quantized, keep, allowed);
            let complete = candidates.len() < keep.min(self.live.len());
            let worst = candidates.last().map_or(f32::NEG_INFINITY, |scored| scored.score);
            let exact = self.rescore(query, candidates)?;
            let last = want.checked_sub(1).and_then(|last| exact.get(last));
            let settled = last.is_none_or(|last| last.score - worst > QUANTIZATION_ERROR);
            if complete || settled || keep >= self.live.len() {
                return Ok(exact);
            }
            keep *= 4;
        }
    }

    fn candidates(&self, query: &QuantizedVector, keep: usize, allowed: Allowed<'_>) -> Vec<Scored> {
        match (allowed, &self.graph) {
            (Allowed::Rows(rows), _) => scan_rows(&self.arena, query, rows, keep).into_sorted(),
            (Allowed::AllLive, Some(graph)) if keep <= GRAPH_MAX_KEEP => {
                let found = self.graph_candidates(graph, query, keep);
                if found.len() < keep.min(self.live.len()) / 2 { self.scan_all(query, keep) } else { found }
            }
            (Allowed::AllLive, _) => self.scan_all(query, keep),
        }
    }

    fn scan_all(&self, query: &QuantizedVector, keep: usize) -> Vec<Scored> {
        scan_range(&self.arena, query, &self.live, 0..self.next_row(), keep).into_sorted()
    }

    fn graph_candidates(&self, graph: &Graph, query: &QuantizedVector, keep: usize) -> Vec<Scored> {
        let mut top = Top::new(keep);
        let walked = graph.search(&self.arena, query, keep.max(MIN_EF));
        walked.into_iter().filter(|scored| self.live.contains(scored.row)).for_each(|scored| top.push(scored));
        let tail = graph.links.rows.min(self.next_row())..self.next_row();
        top.merge(scan_range(&self.arena, query, &self.live, tail, keep)).into_sorted()
    }

    fn rescore(&self, query: &UnitVector, candidates: Vec<Scored>) -> Result<Vec<Scored>, LibraryError> {
        let mut exact = Vec::with_capacity(candidates.len());
        for Scored { row, .. } in candidates {
            if let Some(score) = self.exact_score(query, row)? {
                exact.push(Scored { score, row });
            }
        }
        exact.sort_unstable_by(|a, b| b.cmp(a));
        Ok(exact)
    }

    /// Cosine similarity of `query` and `row`; `None` where the row was deleted.
    pub fn exact_score(&self, query: &UnitVector, row: u32) -> Result<Option<f32>, LibraryError> {
        let stored = self.store.get(row)?;
        Ok(stored.map(|vector| dot_f32(query.as_slice(), vector.as_slice()).clamp(-1.0, 1.0)))
    }

    /// What an average live photo scores for `query`, from an even sample.
    pub fn background(&self, query: &UnitVector) -> Background {
        let query = QuantizedVector::new(query);
        let step = self.arena.len().div_ceil(BACKGROUND_SAMPLE).max(1);
        let sample = (0..self.next_row()).step_by(step).filter(|&row| self.live.contains(row));
        let (mut count, mut sum, mut squares) = (0.0f64, 0.0f64, 0.0f64);
        for row in sample {
            let score = f64::from(self.arena.score(&query, row));
            count += 1.0;
            sum += score;
            squares += score * score;
        }
        let mean = sum / count.max(1.0);
        let variance = (squares / count.max(1.0) - mean * mean).max(0.0);
        Background { mean: mean as f32, deviation: variance.sqrt() as f32 }
    }
}

impl Background {
    /// How far `score` stands out, 0..1: 0.5 at three standard deviations above the mean.
    pub fn relevance(&self, score: f32) -> f32 {
        let deviations = (score - self.mean) / self.deviation.max(1e-3);
        1.0 / (1.0 + (-1.5 * (deviations - 3.0)).exp())
    }
}
