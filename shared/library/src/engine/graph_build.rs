//! Builds the search graph: the upper layers with `hnsw_rs` over row numbers, the ground in batches; and lets it grow.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use hnsw_rs::prelude::{Distance, Hnsw};
use rayon::prelude::*;

use crate::engine::arena::Arena;
use crate::engine::graph::Links;
use crate::engine::ground::Ground;
use crate::engine::row_set::RowSet;
use crate::engine::walk::UpperLayer;

/// Nodes for each that is in the upper layers too.
const NODES_A_SAMPLE: usize = 16;
/// How often a graph may grow by as much as it was built with before its upper layers are too thin.
const MAX_GROWTH: usize = 4;
/// Share of a graph's rows that may have died: a walk crosses them for nothing.
pub(crate) const MAX_DEAD_SHARE: f64 = 0.2;
/// Links of a node in the upper layers; twice as many in the lowest of them.
const MAX_LINKS: usize = 16;
const MAX_LAYERS: usize = 16;
/// Breadth of the search for a new node's neighbours in the upper layers.
const EF_CONSTRUCTION: usize = 128;

/// Distance between rows of the arena, given by their numbers, so that the builder copies no vectors.
#[derive(Clone)]
struct RowDistance(Arena);

impl Default for RowDistance {
    fn default() -> Self {
        Self(Arena::new(1))
    }
}

impl Distance<u32> for RowDistance {
    fn eval(&self, a: &[u32], b: &[u32]) -> f32 {
        // The builder panics on negative distances, which rounding would make of identical rows.
        (1.0 - self.0.score_rows(a[0], b[0])).max(0.0)
    }
}

/// The graph over the rows of `arena` that are in `live`. Takes minutes for a million rows; call it in the background.
pub(crate) fn build(arena: &Arena, live: &RowSet) -> Links {
    let mut distinct = Distinct::default();
    rows_of(arena, live).for_each(|row| distinct.add(arena, row));
    let Distinct { nodes, mut twins, .. } = distinct;
    twins.sort_unstable();
    let (sample, others) = sampled(nodes);
    let (upper, entry) = upper_layers(arena, &sample);
    let linked = upper.first().into_iter().flatten().map(|(&row, links)| (row, links.clone()));
    let mut ground = Ground::new(arena, (&upper, entry), linked);
    ground.insert(&others);
    let (offsets, ground) = ground.into_flat();
    Links { rows: arena.len() as u32, live: live.len() as u32, entry, offsets, ground, upper, twins }
}

/// Whether live rows that came since may join `links`: few of its own have died, and the upper layers still lead everywhere.
pub(crate) fn can_grow(links: &Links, live: &RowSet) -> bool {
    let known = live.intersection(&links.reachable()).len();
    let died = (links.live as usize).saturating_sub(known);
    let sampled = links.upper.first().map_or(0, HashMap::len);
    died as f64 <= MAX_DEAD_SHARE * f64::from(links.live) && live.len() <= MAX_GROWTH * NODES_A_SAMPLE * sampled
}

/// The graph of `links` with the live rows that it lacks. The upper layers stay as they are.
pub(crate) fn grow(links: &Links, arena: &Arena, live: &RowSet) -> Links {
    let mut distinct = Distinct::default();
    let linked = || (0..links.rows).filter(|&row| !links.neighbours(row).is_empty());
    linked().for_each(|row| distinct.add(arena, row));
    distinct.nodes.clear();
    distinct.twins.clone_from(&links.twins);
    let reachable = links.reachable();
    rows_of(arena, live).filter(|&row| !reachable.contains(row)).for_each(|row| distinct.add(arena, row));
    let Distinct { nodes, mut twins, .. } = distinct;
    twins.sort_unstable();
    let known = linked().map(|row| (row, links.neighbours(row).to_vec()));
    let mut ground = Ground::new(arena, (&links.upper, links.entry), known);
    ground.insert(&nodes);
    let (offsets, ground) = ground.into_flat();
    let upper = links.upper.clone();
    Links { rows: arena.len() as u32, live: live.len() as u32, entry: links.entry, offsets, ground, upper, twins }
}

/// The rows of `live` that `arena` has.
fn rows_of(arena: &Arena, live: &RowSet) -> impl Iterator<Item = u32> {
    live.iter().filter(|&row| (row as usize) < arena.len())
}

/// One row for each distinct 8-bit row, and the others as twins of it.
#[derive(Default)]
struct Distinct<'a> {
    first_with: HashMap<&'a [i8], u32>,
    nodes: Vec<u32>,
    twins: Vec<(u32, u32)>,
}

impl<'a> Distinct<'a> {
    fn add(&mut self, arena: &'a Arena, row: u32) {
        match self.first_with.entry(arena.row(row)) {
            Entry::Occupied(node) => self.twins.push((*node.get(), row)),
            Entry::Vacant(place) => {
                place.insert(row);
                self.nodes.push(row);
            }
        }
    }
}

/// A sixteenth of `nodes`, for the upper layers, and the others; both in an order that has nothing to do with when photos
/// came, since those of one day are alike.
fn sampled(mut nodes: Vec<u32>) -> (Vec<u32>, Vec<u32>) {
    // Fibonacci hashing (Knuth, The Art of Computer Programming, volume 3, 6.4).
    nodes.sort_unstable_by_key(|row| row.wrapping_mul(0x9e37_79b9));
    let others = nodes.split_off(nodes.len().div_ceil(NODES_A_SAMPLE));
    (nodes, others)
}

/// The layers above the ground, lowest first, and the entry: an HNSW graph over the rows of `sample`.
fn upper_layers(arena: &Arena, sample: &[u32]) -> (Vec<UpperLayer>, u32) {
    let hnsw = Hnsw::<u32, RowDistance>::new(
        MAX_LINKS,
        sample.len().max(1),
        MAX_LAYERS,
        EF_CONSTRUCTION,
        RowDistance(arena.clone()),
    );
    sample.par_iter().for_each(|row| hnsw.insert((&[*row], *row as usize)));
    let mut layers: Vec<UpperLayer> = vec![];
    let (mut entry, mut highest) = (0, None);
    let points = hnsw.get_point_indexation();
    for layer in 0..MAX_LAYERS {
        for point in points.get_layer_iterator(layer) {
            let row = point.get_origin_id() as u32;
            if highest < Some(layer) {
                (entry, highest) = (row, Some(layer));
            }
            layers.resize_with(layers.len().max(layer + 1), UpperLayer::default);
            for (level, neighbours) in point.get_neighborhood_id().iter().enumerate().take(layer + 1) {
                layers[level].insert(row, neighbours.iter().map(|neighbour| neighbour.d_id as u32).collect());
            }
        }
    }
    (layers, entry)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::arena::QuantizedVector;
    use crate::engine::graph::Graph;
    use crate::engine::samples;
    use crate::engine::scan::scan_range;

    fn arena_of(vectors: &[foray_protocol::UnitVector]) -> (Arena, RowSet) {
        let mut arena = Arena::new(vectors[0].dimension());
        vectors.iter().for_each(|vector| arena.push(vector.as_slice()));
        (arena, (0..vectors.len() as u32).collect())
    }

    /// Share of the ten nearest rows of 100 queries that walks find.
    fn recall(graph: &Graph, arena: &Arena, live: &RowSet) -> f64 {
        let found: usize = samples::clustered(100, 64, 3)
            .iter()
            .map(|query| {
                let query = QuantizedVector::new(query.as_slice());
                let exact = scan_range(arena, &query, live, 0..arena.len() as u32, 10).into_sorted();
                let walked = graph.search(arena, &query, 128, live);
                exact.iter().filter(|scored| walked.contains(scored)).count()
            })
            .sum();
        found as f64 / 1_000.0
    }

    #[test]
    fn the_walk_finds_what_the_exact_scan_finds() {
        let vectors = samples::clustered(5_000, 64, 3);
        let (arena, live) = arena_of(&vectors);
        let recall = recall(&Graph::new(build(&arena, &live)), &arena, &live);
        assert!(recall >= 0.99, "recall@10 {recall}");
    }

    #[test]
    fn a_thousand_copies_of_one_picture_do_not_hide_the_others() {
        let mut vectors = vec![samples::clustered(1, 32, 9)[0].clone(); 1_000];
        vectors.extend(samples::clustered(1_000, 32, 4));
        let (arena, live) = arena_of(&vectors);
        let graph = Graph::new(build(&arena, &live));
        assert_eq!(graph.links.twins.len(), 999);
        let missed = (1_000..2_000)
            .filter(|&row| {
                !graph.search(&arena, &arena.quantized(row), 64, &live).iter().any(|scored| scored.row == row)
            })
            .count();
        assert!(missed <= 5, "{missed} of 1000 rows cannot be reached");
    }

    #[test]
    fn a_grown_graph_finds_what_the_exact_scan_finds() {
        let vectors = samples::clustered(6_000, 64, 3);
        let (arena, live) = arena_of(&vectors[..2_000]);
        let links = build(&arena, &live);
        let (arena, live) = arena_of(&vectors);
        assert!(can_grow(&links, &live));
        let grown = grow(&links, &arena, &live);
        assert!(!can_grow(&links, &(0..9_000).collect()), "upper layers over 125 nodes");
        assert!(!can_grow(&grown, &(3_000..6_000).collect()), "half of the rows are dead");
        let recall = recall(&Graph::new(grown), &arena, &live);
        assert!(recall >= 0.99, "recall@10 {recall}");
    }

    #[test]
    fn a_photo_that_comes_a_second_time_later_stands_beside_the_first() {
        let mut vectors = samples::clustered(1_000, 32, 4);
        let (arena, live) = arena_of(&vectors);
        let links = build(&arena, &live);
        vectors.extend_from_within(500..510);
        let (arena, live) = arena_of(&vectors);
        let grown = grow(&links, &arena, &live);
        assert_eq!(grown.twins, (500..510).map(|row| (row, row + 500)).collect::<Vec<_>>());
        let found = Graph::new(grown).search(&arena, &arena.quantized(505), 64, &live);
        assert!([505, 1_005].iter().all(|&row| found.iter().any(|scored| scored.row == row)));
    }

    #[test]
    fn the_graph_is_the_same_for_any_number_of_threads() {
        let (arena, live) = arena_of(&samples::clustered(1_500, 32, 6));
        let links = build(&arena, &live);
        let later = samples::clustered(3_000, 32, 6);
        let (arena, live) = arena_of(&later);
        let grown = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| grow(&links, &arena, &live)).ground
        };
        assert!(grown(1) == grown(3));
    }

    #[test]
    fn an_empty_graph_finds_nothing() {
        let arena = Arena::new(4);
        let graph = Graph::new(build(&arena, &RowSet::default()));
        assert!(
            graph
                .search(&arena, &QuantizedVector { values: vec![1; 4], scale: 1.0 }, 10, &RowSet::default())
                .is_empty()
        );
    }
}
