//! How strongly photos belong together: UMAP's fuzzy graph (McInnes, Healy and Melville, 2018, arXiv:1802.03426, algorithms 2 and
//! 3), made of the neighbour lists that the library keeps.

use rayon::prelude::*;

use crate::engine::Scored;
use crate::neighbours::lists::Lists;

/// Neighbours of a photo that pull it: enough to join what belongs together, few enough to keep small groups apart.
pub(super) const NEIGHBOURS: usize = 15;
/// Halvings of the interval in which a bandwidth is looked for, and how near its sum must come.
const ROUNDS: usize = 64;
const TOLERANCE: f32 = 1e-5;
/// The least bandwidth, as a share of the mean distance.
const LEAST_BANDWIDTH: f32 = 1e-3;

/// A pull towards another row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Edge {
    pub to: u32,
    /// How surely both belong together, 0 to 1.
    pub weight: f32,
}

/// Rows with their edges, by row number.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct FuzzyGraph(pub Vec<(u32, Vec<Edge>)>);

impl FuzzyGraph {
    /// Of all rows that have a list. Each edge has its like the other way: a pair belongs together as surely as at least one of the
    /// two lists says, taken as independent.
    pub fn mutual(lists: &Lists) -> Self {
        let all = lists.by_row();
        let nearest = |list: &Option<_>, row: u32| list.as_ref().map_or(vec![], |_| edges(lists.nearest(row)));
        let directed: Vec<_> = all.par_iter().enumerate().map(|(row, list)| nearest(list, row as u32)).collect();
        let mut mutual: Vec<Vec<Edge>> = vec![vec![]; all.len()];
        for (row, edges) in (0u32..).zip(&directed) {
            for &Edge { to, weight } in edges {
                let back = directed[to as usize].iter().find(|back| back.to == row).map(|back| back.weight);
                let weight = back.map_or(weight, |back| weight + back - weight * back);
                mutual[row as usize].push(Edge { to, weight });
                if back.is_none() {
                    mutual[to as usize].push(Edge { to: row, weight });
                }
            }
        }
        let has_list = |(row, _): &(u32, _)| all[*row as usize].is_some();
        Self((0u32..).zip(mutual).filter(has_list).collect())
    }

    /// Of `rows` alone, each pulled by its nearest.
    pub fn of_rows(lists: &Lists, rows: &[u32]) -> Self {
        Self(rows.iter().map(|&row| (row, edges(lists.nearest(row)))).collect())
    }
}

/// Edges to the nearest of some rows, which are given best first: 1 to the first, falling so that they are log2 of the number of rows
/// in all, the row itself counted.
pub(super) fn edges(nearest: &[Scored]) -> Vec<Edge> {
    let nearest = &nearest[..nearest.len().min(NEIGHBOURS)];
    let distances: Vec<f32> = nearest.iter().map(|scored| (1.0 - scored.score).max(0.0)).collect();
    let falloff = Falloff::of(&distances);
    let edge = |(scored, distance): (&Scored, f32)| Edge { to: scored.row, weight: falloff.weight(distance) };
    nearest.iter().zip(distances.iter().copied()).map(edge).collect()
}

/// How membership falls with the distance: 1 up to the nearest neighbour, then exponentially.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Falloff {
    nearest: f32,
    bandwidth: f32,
}

impl Falloff {
    /// For the distances of a row's neighbours, ascending.
    fn of(distances: &[f32]) -> Self {
        let nearest = distances.iter().copied().find(|distance| *distance > 0.0).unwrap_or_default();
        let target = (distances.len() as f32 + 1.0).log2();
        let (mut low, mut high, mut bandwidth) = (0.0, f32::INFINITY, 1.0);
        for _ in 0..ROUNDS {
            let falloff = Self { nearest, bandwidth };
            let sum: f32 = distances.iter().map(|&distance| falloff.weight(distance)).sum();
            if (sum - target).abs() < TOLERANCE {
                break;
            }
            *if sum > target { &mut high } else { &mut low } = bandwidth;
            bandwidth = if high.is_infinite() { 2.0 * bandwidth } else { f32::midpoint(low, high) };
        }
        let mean = distances.iter().sum::<f32>() / (distances.len() as f32 + 1.0);
        Self { nearest, bandwidth: bandwidth.max(LEAST_BANDWIDTH * mean) }
    }

    fn weight(self, distance: f32) -> f32 {
        let beyond = distance - self.nearest;
        if beyond > 0.0 { (-beyond / self.bandwidth).exp() } else { 1.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{RowSet, VectorIndex, samples};
    use crate::neighbours::lists::Precision;

    #[derive(serde::Deserialize)]
    struct Golden {
        distances: Vec<f32>,
        weights: Vec<f32>,
    }

    #[test]
    fn neighbours_weigh_what_umap_learn_says() {
        let goldens: Vec<Golden> = serde_json::from_str(include_str!("../../tests/goldens/memberships.json")).unwrap();
        for Golden { distances, weights } in goldens {
            let nearest: Vec<Scored> =
                (0..).zip(&distances).map(|(row, distance)| Scored { score: 1.0 - distance, row }).collect();
            for (edge, weight) in edges(&nearest).iter().zip(&weights) {
                assert!((edge.weight - weight).abs() < 1e-4, "{} instead of {weight} in {distances:?}", edge.weight);
            }
        }
    }

    fn lists() -> Lists {
        let mut index = VectorIndex::in_memory(16);
        for (row, vector) in (0..).zip(samples::clustered(200, 16, 7)) {
            index.append(&[(foray_protocol::ImageId::of_content(b""), vector.as_slice())]).unwrap();
            index.set_live(row, row % 9 != 0);
        }
        let mut lists = Lists::default();
        lists.step(&index, Precision::Usual, 1e9);
        while lists.step(&index, Precision::Usual, 1e9) > 0 {}
        lists
    }

    #[test]
    fn every_edge_has_its_like_the_other_way() {
        let graph = FuzzyGraph::mutual(&lists());
        let edges = |row: u32| &graph.0.iter().find(|(other, _)| *other == row).unwrap().1;
        assert!(graph.0.iter().all(|(row, edges)| row % 9 != 0 && edges.len() >= NEIGHBOURS));
        for (row, edge) in graph.0.iter().flat_map(|(row, edges)| edges.iter().map(move |edge| (*row, *edge))) {
            assert!(edge.weight > 0.0 && edge.weight <= 1.0, "{edge:?}");
            assert!(edges(edge.to).contains(&Edge { to: row, weight: edge.weight }), "{row} {edge:?}");
        }
    }

    #[test]
    fn rows_by_themselves_are_pulled_by_those_in_their_lists() {
        let lists = lists();
        let graph = FuzzyGraph::of_rows(&lists, &[4, 7]);
        assert_eq!(graph.0.iter().map(|(row, edges)| (*row, edges.len())).collect::<Vec<_>>(), [(4, 15), (7, 15)]);
        let pulling: RowSet = lists.nearest(7).iter().map(|scored| scored.row).collect();
        assert!(graph.0[1].1.iter().all(|edge| pulling.contains(edge.to)));
    }
}
