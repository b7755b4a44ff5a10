//! Vectors by row number, which of them are live, and the search for the nearest.

use std::io;
use std::path::Path;
use std::sync::Arc;

use foray_protocol::{ImageId, UnitVector};
use rayon::prelude::*;

use crate::engine::arena::{Arena, CHUNK_ROWS, Chunk, QuantizedVector};
use crate::engine::graph::{Graph, Links};
use crate::engine::plan::{Plan, Situation};
use crate::engine::row_file::RowFile;
use crate::engine::row_set::RowSet;
use crate::engine::scan::{scan_batch, scan_range, scan_rows};
use crate::engine::top::Scored;
use crate::engine::{graph_build, graph_bytes, idle_threads, kernel};

/// How far 8-bit scores are off at most, in practice: three standard deviations at 384 components. A row whose approximate
/// score is this close to the last wanted one may belong before it.
pub(crate) const QUANTIZATION_ERROR: f32 = 0.002;
/// Candidates that are scored exactly beyond twice the wanted ones.
const SPARE: usize = 32;

/// Vectors as rows: 8-bit ones in memory to search in, the given ones in a file to score with.
///
/// Rows are numbered from 0 in the order in which they came and keep their numbers. Cloning is cheap, and the clone does not
/// see later changes.
#[derive(Clone, Debug)]
pub struct VectorIndex {
    pub(crate) arena: Arena,
    pub(crate) live: RowSet,
    pub(crate) graph: Option<Arc<Graph>>,
    /// Live rows that are older than the graph and not in it: they were shown again since.
    strays: RowSet,
    exact: RowFile,
}

/// What a search found.
#[derive(Clone, Debug)]
pub struct Found {
    /// Rows with their cosine similarity, best first; of equal ones the lower number first.
    pub rows: Vec<Scored>,
    /// How they were found.
    pub plan: Plan,
}

impl VectorIndex {
    /// An empty index of vectors of `dimension` components, in memory alone.
    pub fn in_memory(dimension: usize) -> Self {
        Self::empty(RowFile::in_memory(dimension), dimension)
    }

    fn empty(exact: RowFile, dimension: usize) -> Self {
        Self { arena: Arena::new(dimension), live: RowSet::default(), graph: None, strays: RowSet::default(), exact }
    }

    /// The rows in the file at `path` as far as they are undamaged, with the photo's id of each; none of them is live yet.
    /// The file is made if there is none.
    ///
    /// # Errors
    /// Those of reading and making the file.
    pub fn open(path: &Path, dimension: usize) -> io::Result<(Self, Vec<ImageId>)> {
        let mut exact = RowFile::open(path, dimension)?;
        let (arena, ids) = load(&exact, dimension);
        if ids.len() < exact.len() {
            exact.truncate(ids.len())?;
        }
        Ok((Self { arena, ..Self::empty(exact, dimension) }, ids))
    }

    /// Forgets all rows.
    ///
    /// # Errors
    /// Those of cutting the file.
    pub fn clear(&mut self) -> io::Result<()> {
        self.exact.truncate(0)?;
        *self = Self::empty(self.exact.clone(), self.dimension());
        Ok(())
    }

    /// How many components each vector has.
    pub fn dimension(&self) -> usize {
        self.arena.dimension()
    }

    /// How many rows there are, dead ones counted.
    pub fn len(&self) -> usize {
        self.arena.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends vectors of this index's dimension as the next rows; they are not live yet.
    ///
    /// # Errors
    /// Those of writing the file: the rows are in memory nevertheless.
    pub fn append(&mut self, rows: &[(ImageId, &[f32])]) -> io::Result<()> {
        rows.iter().for_each(|(_, vector)| self.arena.push(vector));
        self.exact.append(rows)
    }

    /// Shows a row to searches, or hides it.
    pub fn set_live(&mut self, row: u32, live: bool) {
        self.live.set(row, live);
        self.strays.set(row, live && self.graph.as_ref().is_some_and(|graph| graph.lacks(row)));
    }

    /// How many live rows the graph lacks and is complemented by a scan of.
    pub(crate) fn outside_graph(&self) -> usize {
        let rows = self.graph.as_ref().map_or(0, |graph| graph.links.rows as usize);
        self.len().saturating_sub(rows) + self.strays.len()
    }

    /// The vector of `row` as it was given.
    ///
    /// # Panics
    /// Past the last row.
    pub fn vector(&self, row: u32) -> &[f32] {
        self.exact.vector(row)
    }

    /// Cosine similarity of `query` and `row`, -1..1.
    pub fn score(&self, query: &UnitVector, row: u32) -> f32 {
        kernel::dot_f32(query.as_slice(), self.vector(row)).clamp(-1.0, 1.0)
    }

    /// Cosine similarity of two rows, -1..1.
    pub fn score_rows(&self, a: u32, b: u32) -> f32 {
        kernel::dot_f32(self.vector(a), self.vector(b)).clamp(-1.0, 1.0)
    }

    /// At least the `want` best live rows, of those in `allowed` if that is given (all of them when they are fewer), with exact
    /// scores. Rows that score as high as the last wanted one are all there.
    ///
    /// # Panics
    /// For a query of another dimension, unless there are no rows.
    pub fn best(&self, query: &UnitVector, want: usize, allowed: Option<&RowSet>) -> Found {
        if self.is_empty() {
            return Found { rows: vec![], plan: Plan::Scan { rows: 0 } };
        }
        assert_eq!(query.dimension(), self.dimension(), "a query of another dimension");
        let filtered = allowed.map(|allowed| allowed.intersection(&self.live));
        let allowed = filtered.as_ref().unwrap_or(&self.live);
        let quantized = QuantizedVector::new(query.as_slice());
        let mut keep = 2 * want + SPARE;
        loop {
            let plan = self.plan(keep, allowed);
            let candidates = self.candidates(plan, &quantized, keep, allowed);
            let whole = candidates.len() < keep && !matches!(plan, Plan::Graph { .. });
            let worst = candidates.last().map_or(f32::NEG_INFINITY, |scored| scored.score);
            let rows = self.rescore(query, &candidates);
            let last = want.checked_sub(1).and_then(|last| rows.get(last));
            let settled = last.is_none_or(|last| last.score - worst > QUANTIZATION_ERROR);
            let short = rows.len() < want.min(allowed.len());
            if whole || keep >= allowed.len() || (settled && !short) {
                return Found { rows, plan };
            }
            keep *= 4;
        }
    }

    /// The `want` best live rows by an exact scan, whatever would be faster.
    pub(crate) fn exact_best(&self, query: &UnitVector, want: usize) -> Vec<Scored> {
        let quantized = QuantizedVector::new(query.as_slice());
        let candidates = scan_range(&self.arena, &quantized, &self.live, 0..self.len() as u32, 2 * want + SPARE);
        let mut rows = self.rescore(query, &candidates.into_sorted());
        rows.truncate(want);
        rows
    }

    /// The `want` best live rows that a walk of the graph with `ef` candidates finds, with exact scores: for measurements. Empty
    /// without a graph.
    pub fn walk(&self, query: &UnitVector, want: usize, ef: usize) -> Vec<Scored> {
        let Some(graph) = &self.graph else { return vec![] };
        let mut candidates = graph.search(&self.arena, &QuantizedVector::new(query.as_slice()), ef, &self.live);
        candidates.truncate(2 * want + SPARE);
        let mut rows = self.rescore(query, &candidates);
        rows.truncate(want);
        rows
    }

    /// About the `want` best live rows for `row`, itself among them, by their 8-bit scores: those that a walk of the graph with `ef`
    /// candidates and a scan of the newer rows find.
    pub(crate) fn near_row(&self, row: u32, want: usize, ef: usize) -> Vec<Scored> {
        let plan = Plan::Graph { ef, tail: 0, allowed: 1.0 };
        self.candidates(plan, &self.arena.quantized(row), want, &self.live)
    }

    /// The `want` best live rows for each query, with exact scores: faster than one by one. Without a graph it is exact but for
    /// rows whose scores are closer than 8 bits tell apart at the end of the list.
    pub fn best_of_each(&self, queries: &[UnitVector], want: usize) -> Vec<Vec<Scored>> {
        let keep = 2 * want + SPARE;
        let finish = |query: &UnitVector, candidates: &[Scored]| {
            let mut rows = self.rescore(query, candidates);
            rows.truncate(want);
            rows
        };
        let quantized = |query: &UnitVector| QuantizedVector::new(query.as_slice());
        let plan = self.plan(keep, &self.live);
        if let Plan::Graph { .. } = plan {
            let walk = |query: &UnitVector| self.candidates(plan, &quantized(query), keep, &self.live);
            return queries.par_iter().map(|query| finish(query, &walk(query))).collect();
        }
        let all: Vec<_> = queries.iter().map(quantized).collect();
        let tops = scan_batch(&self.arena, &all, &self.live, keep);
        queries.par_iter().zip(tops).map(|(query, top)| finish(query, &top.into_sorted())).collect()
    }

    fn plan(&self, keep: usize, allowed: &RowSet) -> Plan {
        let rows = self.len();
        Plan::choose(Situation { rows, allowed: allowed.len(), graph_rows: rows - self.outside_graph(), keep })
    }

    /// About the `keep` best of the rows in `allowed`, which are live, by their 8-bit scores.
    fn candidates(&self, plan: Plan, query: &QuantizedVector, keep: usize, allowed: &RowSet) -> Vec<Scored> {
        let end = self.len() as u32;
        match (plan, &self.graph) {
            (Plan::ScanAllowed { .. }, _) => {
                let rows: Vec<u32> = allowed.iter().collect();
                scan_rows(&self.arena, query, &rows, keep).into_sorted()
            }
            (Plan::Graph { ef, .. }, Some(graph)) => {
                let mut top = scan_range(&self.arena, query, allowed, graph.links.rows..end, keep);
                if !self.strays.is_empty() {
                    let strays: Vec<u32> = self.strays.intersection(allowed).iter().collect();
                    top = top.merge(scan_rows(&self.arena, query, &strays, keep));
                }
                graph.search(&self.arena, query, ef, allowed).into_iter().for_each(|scored| top.push(scored));
                top.into_sorted()
            }
            _ => scan_range(&self.arena, query, allowed, 0..end, keep).into_sorted(),
        }
    }

    fn rescore(&self, query: &UnitVector, candidates: &[Scored]) -> Vec<Scored> {
        let exact = |&Scored { row, .. }: &Scored| Scored { score: self.score(query, row), row };
        let mut rows: Vec<Scored> = candidates.iter().map(exact).collect();
        rows.sort_unstable_by(|a, b| b.cmp(a));
        rows
    }

    /// Builds the search graph over the live rows, or adds the rows that it lacks, with all cores as far as nothing else wants
    /// them; takes minutes for a million rows.
    pub fn build_graph(&mut self) {
        self.set_links(self.build_links());
    }

    /// The links of a graph over the live rows: those of the present one and its tail where that can grow, else new ones.
    pub(crate) fn build_links(&self) -> Links {
        idle_threads::run(|| match &self.graph {
            Some(graph) if graph_build::can_grow(&graph.links, &self.live) => {
                graph_build::grow(&graph.links, &self.arena, &self.live)
            }
            _ => graph_build::build(&self.arena, &self.live),
        })
    }

    /// Searches with the graph of these links from now on, if it is one over rows that are here; else with none.
    pub(crate) fn set_links(&mut self, links: Links) {
        self.graph = (links.rows as usize <= self.len()).then(|| Arc::new(Graph::new(links)));
        let lacks = |row: &u32| self.graph.as_ref().is_some_and(|graph| graph.lacks(*row));
        self.strays = self.live.iter().filter(lacks).collect();
    }

    /// The graph as bytes, if there is one.
    pub fn graph_bytes(&self) -> Option<Vec<u8>> {
        self.graph.as_ref().map(|graph| graph_bytes::to_bytes(&graph.links))
    }

    /// Takes a graph that [`VectorIndex::graph_bytes`] gave for these rows; whether it fits.
    pub fn set_graph_bytes(&mut self, bytes: &[u8]) -> bool {
        self.graph = None;
        graph_bytes::from_bytes(bytes).into_iter().for_each(|links| self.set_links(links));
        self.graph.is_some()
    }
}

/// The rows of `exact` in 8 bits, and their ids, until the first that is damaged.
fn load(exact: &RowFile, dimension: usize) -> (Arena, Vec<ImageId>) {
    let starts: Vec<usize> = (0..exact.len()).step_by(CHUNK_ROWS).collect();
    let parts: Vec<(Chunk, Vec<ImageId>)> =
        starts.par_iter().map(|&start| load_chunk(exact, dimension, start)).collect();
    let whole = parts.iter().take_while(|(_, ids)| ids.len() == CHUNK_ROWS).count();
    let some = parts.into_iter().take(whole + 1).filter(|(_, ids)| !ids.is_empty());
    let (chunks, ids): (Vec<_>, Vec<_>) = some.unzip();
    (Arena::from_chunks(dimension, chunks), ids.concat())
}

fn load_chunk(exact: &RowFile, dimension: usize, start: usize) -> (Chunk, Vec<ImageId>) {
    let (mut chunk, mut ids) = (Chunk::new(dimension), vec![]);
    for row in exact.stored(start..start + CHUNK_ROWS) {
        chunk.push(row.vector);
        ids.push(row.id);
    }
    (chunk, ids)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::samples;

    const ROWS: usize = 4_000;
    /// Rows that the graph knows.
    const KNOWN: u32 = 3_500;

    /// An index whose graph is older than its last rows and than the death of every seventh row.
    fn index() -> (VectorIndex, Vec<UnitVector>) {
        let vectors = samples::clustered(ROWS, 48, 1);
        let mut index = VectorIndex::in_memory(48);
        for (row, vector) in vectors.iter().enumerate() {
            index.append(&[(ImageId::from_bytes([1; 16]), vector.as_slice())]).unwrap();
            index.set_live(row as u32, true);
            if row as u32 + 1 == KNOWN {
                index.build_graph();
            }
        }
        (0..ROWS as u32).step_by(7).for_each(|row| index.set_live(row, false));
        (index, vectors)
    }

    /// Share of the ten nearest allowed rows that a walk finds, whatever the planner would choose.
    fn recall_of_walk(index: &VectorIndex, queries: &[UnitVector], allowed: &RowSet) -> f64 {
        let plan = Plan::Graph { ef: 256, tail: ROWS - KNOWN as usize, allowed: 1.0 };
        let found: usize = queries
            .iter()
            .map(|query| {
                let quantized = QuantizedVector::new(query.as_slice());
                let walked = index.candidates(plan, &quantized, 52, allowed);
                assert!(walked.iter().all(|scored| allowed.contains(scored.row)));
                let exact = scan_range(&index.arena, &quantized, allowed, 0..ROWS as u32, 10).into_sorted();
                exact.iter().filter(|scored| walked.contains(scored)).count()
            })
            .sum();
        found as f64 / (10 * queries.len()) as f64
    }

    #[test]
    fn a_walk_finds_the_nearest_live_rows_newer_ones_too() {
        let (index, vectors) = index();
        let recall = recall_of_walk(&index, &vectors[3_900..], &index.live);
        assert!(recall >= 0.99, "recall@10 {recall}");
    }

    #[test]
    fn a_walk_under_a_filter_finds_the_nearest_allowed_rows() {
        let (index, vectors) = index();
        let allowed = index.live.intersection(&(0..ROWS as u32).filter(|row| row % 3 == 0).collect());
        let recall = recall_of_walk(&index, &vectors[3_900..], &allowed);
        assert!(recall >= 0.99, "recall@10 {recall}");
    }

    #[test]
    fn rows_that_are_shown_again_after_the_graph_was_built_are_found_and_join_it() {
        let (mut index, vectors) = index();
        let hidden: Vec<u32> = (0..KNOWN).filter(|row| !index.live.contains(*row)).collect();
        index.graph = None;
        index.build_graph();
        let is_found = |index: &VectorIndex, row: u32| {
            index.near_row(row, 10, 256).iter().any(|scored| scored.row == row) && index.outside_graph() <= hidden.len()
        };
        for &row in &hidden {
            index.set_live(row, true);
            assert!(is_found(&index, row), "row {row}");
        }
        assert_eq!((hidden.len(), index.outside_graph()), (500, 500));
        let bytes = index.graph_bytes().unwrap();
        assert!(index.set_graph_bytes(&bytes) && index.outside_graph() == 500, "after a restart, too");
        index.build_graph();
        assert_eq!(index.outside_graph(), 0);
        assert!(hidden.iter().all(|&row| is_found(&index, row)));
        let recall = recall_of_walk(&index, &vectors[3_900..], &index.live);
        assert!(recall >= 0.99, "recall@10 {recall}");
    }

    #[test]
    fn many_queries_at_once_find_what_each_finds_alone() {
        let (index, vectors) = index();
        let together = index.best_of_each(&vectors[..40], 10);
        for (query, rows) in vectors.iter().zip(together) {
            assert_eq!(rows, index.best(query, 10, None).rows[..10]);
        }
    }

    #[test]
    fn a_graph_over_rows_that_are_not_here_is_not_taken() {
        let (mut index, _) = index();
        let bytes = index.graph_bytes().unwrap();
        assert!(index.set_graph_bytes(&bytes));
        assert!(!index.set_graph_bytes(&bytes[..bytes.len() - 4]));
        index.clear().unwrap();
        assert!(index.is_empty() && !index.set_graph_bytes(&bytes));
    }
}
