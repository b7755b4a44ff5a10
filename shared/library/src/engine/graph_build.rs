//! Builds the search graph with `hnsw_rs` over row numbers, takes its links out and lays them flat.

use std::collections::HashMap;

use hnsw_rs::prelude::{Distance, Hnsw};
use rayon::prelude::*;

use crate::engine::arena::Arena;
use crate::engine::graph::{Links, UpperLayer};
use crate::engine::row_set::RowSet;

/// Links of a node in the upper layers; twice as many on the ground.
const MAX_LINKS: usize = 16;
const MAX_LAYERS: usize = 16;
/// Breadth of the search for a new node's neighbours.
const EF_CONSTRUCTION: usize = 200;

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
    let (nodes, twins) = distinct_rows(arena, live);
    let hnsw = Hnsw::<u32, RowDistance>::new(
        MAX_LINKS,
        nodes.len().max(1),
        MAX_LAYERS,
        EF_CONSTRUCTION,
        RowDistance(arena.clone()),
    );
    nodes.par_iter().for_each(|row| hnsw.insert((&[*row], *row as usize)));
    let mut links = flatten(&hnsw, arena.len() as u32);
    links.live = live.len() as u32;
    links.twins = twins;
    links
}

/// One row for each distinct 8-bit row, and the others as twins of it.
fn distinct_rows(arena: &Arena, live: &RowSet) -> (Vec<u32>, Vec<(u32, u32)>) {
    let mut first_with: HashMap<&[i8], u32> = HashMap::with_capacity(live.len());
    let (mut nodes, mut twins) = (vec![], vec![]);
    for row in live.iter().filter(|&row| (row as usize) < arena.len()) {
        match first_with.get(arena.row(row)) {
            Some(&node) => twins.push((node, row)),
            None => {
                first_with.insert(arena.row(row), row);
                nodes.push(row);
            }
        }
    }
    twins.sort_unstable();
    (nodes, twins)
}

fn flatten(hnsw: &Hnsw<'_, u32, RowDistance>, rows: u32) -> Links {
    let mut ground: Vec<Vec<u32>> = vec![vec![]; rows as usize];
    let mut upper: Vec<UpperLayer> = vec![];
    let (mut entry, mut highest) = (0, None);
    let points = hnsw.get_point_indexation();
    for layer in 0..MAX_LAYERS {
        for point in points.get_layer_iterator(layer) {
            let row = point.get_origin_id() as u32;
            if highest < Some(layer) {
                (entry, highest) = (row, Some(layer));
            }
            for (level, neighbours) in point.get_neighborhood_id().iter().enumerate().take(layer + 1) {
                let links = neighbours.iter().map(|neighbour| neighbour.d_id as u32).collect();
                if level == 0 {
                    ground[row as usize] = links;
                } else {
                    if upper.len() < level {
                        upper.resize_with(level, UpperLayer::default);
                    }
                    upper[level - 1].insert(row, links);
                }
            }
        }
    }
    let (offsets, ground) = lay_flat(&ground);
    Links { rows, entry, offsets, ground, upper, ..Links::default() }
}

fn lay_flat(lists: &[Vec<u32>]) -> (Vec<u32>, Vec<u32>) {
    let mut offsets = Vec::with_capacity(lists.len() + 1);
    offsets.push(0);
    let mut flat = Vec::with_capacity(lists.iter().map(Vec::len).sum());
    for list in lists {
        flat.extend_from_slice(list);
        offsets.push(flat.len() as u32);
    }
    (offsets, flat)
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

    #[test]
    fn the_walk_finds_what_the_exact_scan_finds() {
        let vectors = samples::clustered(5_000, 64, 3);
        let (arena, live) = arena_of(&vectors);
        let graph = Graph::new(build(&arena, &live));
        let (mut found, mut expected) = (0, 0);
        for query in samples::clustered(100, 64, 3) {
            let query = QuantizedVector::new(query.as_slice());
            let exact = scan_range(&arena, &query, &live, 0..5_000, 10).into_sorted();
            let walked = graph.search(&arena, &query, 128, &live);
            found += exact.iter().filter(|scored| walked.contains(scored)).count();
            expected += exact.len();
        }
        assert!(found as f64 >= 0.99 * expected as f64, "recall@10 {found}/{expected}");
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
