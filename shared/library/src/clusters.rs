//! The library's clusters: spherical k-means (Dhillon and Modha, 2001), trained on a sample, and each live row's own one.

use foray_protocol::UnitVector;
use rayon::prelude::*;

use crate::engine::RowSet;
use crate::engine::arena::{Arena, QuantizedVector};

/// Rows that the centres are trained on at most.
const SAMPLE: usize = 50_000;
const MAX_CLUSTERS: usize = 512;
const ROUNDS: usize = 12;
/// A smaller cluster is dissolved: photos that nothing else is like would otherwise be typical of themselves.
const MIN_MEMBERS: usize = 8;
/// Growth or loss, as a share of what the centres were trained for, from which on they are trained anew.
const STALE_SHARE: f64 = 0.2;

/// A row's cluster and the cosine similarity to its centre.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Membership {
    pub cluster: u32,
    pub score: f32,
}

/// Centres, and the cluster of each live row.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clusters {
    centres: Vec<QuantizedVector>,
    /// By row; dead rows belong to none.
    members: Vec<Option<Membership>>,
    /// How many rows were live when the centres were trained.
    trained_for: usize,
}

impl Clusters {
    /// The cluster of `row`, if it is live.
    pub fn of(&self, row: u32) -> Option<Membership> {
        *self.members.get(row as usize)?
    }

    /// Brings the clusters to the rows that are `live` now: new rows join the nearest centre, and the centres are trained
    /// anew when the library has grown or shrunk by a fifth.
    pub fn follow(&mut self, arena: &Arena, live: &RowSet) {
        let change = live.len().abs_diff(self.trained_for) as f64;
        if change > STALE_SHARE * self.trained_for as f64 {
            *self = Self { centres: train(arena, live), members: vec![], trained_for: live.len() };
        }
        self.members.resize(arena.len(), None);
        let centres = &self.centres;
        self.members.par_iter_mut().enumerate().with_min_len(256).for_each(|(row, membership)| {
            if !live.contains(row as u32) {
                *membership = None;
            } else if membership.is_none() {
                *membership = nearest(arena, centres, row as u32);
            }
        });
    }
}

fn nearest(arena: &Arena, centres: &[QuantizedVector], row: u32) -> Option<Membership> {
    let score = |(cluster, centre)| Membership { cluster: cluster as u32, score: arena.score(centre, row) };
    centres.iter().enumerate().map(score).max_by(|a, b| a.score.total_cmp(&b.score))
}

/// Centres of an even sample; about half as many as the square root of the number of rows. The same rows give the same centres.
fn train(arena: &Arena, live: &RowSet) -> Vec<QuantizedVector> {
    let rows: Vec<u32> = live.iter().step_by(live.len().div_ceil(SAMPLE).max(1)).collect();
    let count = (((live.len() as f64).sqrt() / 2.0).ceil() as usize).clamp(1, MAX_CLUSTERS);
    let every = (rows.len() / count).max(1);
    let mut centres: Vec<_> = rows.iter().step_by(every).take(count).map(|&row| arena.quantized(row)).collect();
    for _ in 0..ROUNDS {
        centres = means(arena, &groups(arena, &rows, &centres));
    }
    let mut large = groups(arena, &rows, &centres);
    large.retain(|members| members.len() >= MIN_MEMBERS);
    if large.is_empty() {
        large.push(rows);
    }
    means(arena, &large)
}

/// The rows of each centre.
fn groups(arena: &Arena, rows: &[u32], centres: &[QuantizedVector]) -> Vec<Vec<u32>> {
    let found: Vec<_> = rows.par_iter().map(|&row| nearest(arena, centres, row)).collect();
    let mut groups = vec![vec![]; centres.len()];
    for (&row, membership) in rows.iter().zip(found) {
        if let Some(Membership { cluster, .. }) = membership {
            groups[cluster as usize].push(row);
        }
    }
    groups
}

/// The direction of each group's sum; groups that are empty or cancel out have none.
fn means(arena: &Arena, groups: &[Vec<u32>]) -> Vec<QuantizedVector> {
    groups.par_iter().filter_map(|members| mean(arena, members)).collect()
}

/// The direction of the sum of these rows; none where they cancel out.
pub(crate) fn mean(arena: &Arena, members: &[u32]) -> Option<QuantizedVector> {
    let mut sum = vec![0.0; arena.dimension()];
    for &row in members {
        let scale = arena.scale(row);
        sum.iter_mut().zip(arena.row(row)).for_each(|(sum, &value)| *sum += f32::from(value) * scale);
    }
    UnitVector::normalized(sum).ok().map(|centre| QuantizedVector::new(centre.as_slice()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::samples;

    /// Vectors round two far-apart directions, and one that is like neither.
    fn two_themes_and_a_stranger() -> Arena {
        let mut arena = Arena::new(32);
        let mut random = samples::Random(3);
        for row in 0..101 {
            let theme = if row == 100 { 2 } else { row % 2 };
            let components = (0..32).map(|at| 0.1 * random.normal() + if at == theme { 1.0 } else { 0.0 }).collect();
            arena.push(UnitVector::normalized(components).unwrap().as_slice());
        }
        arena
    }

    #[test]
    fn a_photo_like_no_other_is_the_least_typical_and_has_no_cluster_of_its_own() {
        let (arena, live) = (two_themes_and_a_stranger(), (0..101).collect());
        let mut clusters = Clusters::default();
        clusters.follow(&arena, &live);
        let score = |row| clusters.of(row).unwrap().score;
        assert!((0..100).all(|row| score(row) > 0.7), "members are near their centre");
        assert!(score(100) < 0.5, "{}", score(100));
        assert_ne!(clusters.of(0).unwrap().cluster, clusters.of(1).unwrap().cluster);
    }

    #[test]
    fn a_few_new_rows_join_the_centres_there_are_and_many_move_them() {
        let arena = two_themes_and_a_stranger();
        let mut clusters = Clusters::default();
        clusters.follow(&arena, &(0..90).collect());
        let before = clusters.of(0);
        clusters.follow(&arena, &(0..101).collect());
        assert_eq!((clusters.trained_for, clusters.of(0)), (90, before));
        assert_eq!(clusters.of(99).unwrap().cluster, clusters.of(1).unwrap().cluster);
        clusters.follow(&arena, &(0..40).collect());
        assert_eq!((clusters.trained_for, clusters.of(99)), (40, None));
    }
}
