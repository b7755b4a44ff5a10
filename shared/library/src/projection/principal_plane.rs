//! Where a first layout begins: photos on the plane along which their vectors differ most (principal components, by power iteration
//! on a sample).

use rayon::prelude::*;

use super::Point;
use super::fuzzy_graph::FuzzyGraph;
use crate::engine::arena::Arena;
use crate::engine::random::Random;

/// Rows that the plane is fitted to at most.
const SAMPLE: usize = 5_000;
const ROUNDS: usize = 30;
/// How far from the middle the outermost photo lies along an axis.
const RADIUS: f32 = 10.0;
/// What tells photos with the same vector apart.
const JITTER: f32 = 1e-3;

/// Places by row, for the rows of `graph`; the same rows give the same places.
pub(super) fn places(arena: &Arena, graph: &FuzzyGraph) -> Vec<Point> {
    let rows: Vec<u32> = graph.0.iter().map(|(row, _)| *row).collect();
    let plane = Plane::of(arena, &rows);
    let mut places = vec![[0.0; 2]; arena.len()];
    let found: Vec<Point> = rows.par_iter().map(|&row| plane.place(arena, row)).collect();
    let farthest = found.iter().flatten().fold(f32::MIN_POSITIVE, |farthest, x| farthest.max(x.abs()));
    for (&row, place) in rows.iter().zip(found) {
        places[row as usize] = jittered(place.map(|x| x * RADIUS / farthest), row);
    }
    places
}

/// A place a little off, another for each row.
pub(super) fn jittered(place: Point, row: u32) -> Point {
    let mut random = Random(row.into());
    place.map(|x| x + JITTER * (random.unit() - 0.5))
}

struct Plane {
    mean: Vec<f32>,
    axes: [Vec<f32>; 2],
}

impl Plane {
    fn of(arena: &Arena, rows: &[u32]) -> Self {
        let rows: Vec<u32> = rows.iter().copied().step_by(rows.len().div_ceil(SAMPLE).max(1)).collect();
        let mut plane = Self { mean: vec![0.0; arena.dimension()], axes: [vec![], vec![]] };
        plane.mean = plane.weighted_sum(arena, &rows, &vec![1.0 / rows.len().max(1) as f32; rows.len()]);
        for axis in 0..2 {
            let mut random = Random(axis as u64);
            plane.axes[axis] = plane.mean.iter().map(|_| random.unit() - 0.5).collect();
            for _ in 0..ROUNDS {
                plane.turn(axis, arena, &rows);
            }
        }
        plane
    }

    /// One round of power iteration, across the axes before.
    fn turn(&mut self, axis: usize, arena: &Arena, rows: &[u32]) {
        let along: Vec<f32> = rows.par_iter().map(|&row| self.along(axis, arena, row)).collect();
        let mut turned = self.weighted_sum(arena, rows, &along);
        for before in &self.axes[..axis] {
            let shared = dot(&turned, before);
            turned.iter_mut().zip(before).for_each(|(x, before)| *x -= shared * before);
        }
        let length = dot(&turned, &turned).sqrt().max(f32::MIN_POSITIVE);
        self.axes[axis] = turned.into_iter().map(|x| x / length).collect();
    }

    /// The sum of the rows' distances from the mean, each times its weight.
    fn weighted_sum(&self, arena: &Arena, rows: &[u32], weights: &[f32]) -> Vec<f32> {
        let mut sum = vec![0.0; self.mean.len()];
        for (&row, weight) in rows.iter().zip(weights) {
            let scale = arena.scale(row);
            let components = arena.row(row).iter().zip(&self.mean);
            sum.iter_mut()
                .zip(components)
                .for_each(|(sum, (value, mean))| *sum += weight * (f32::from(*value) * scale - mean));
        }
        sum
    }

    fn along(&self, axis: usize, arena: &Arena, row: u32) -> f32 {
        let scale = arena.scale(row);
        let components = arena.row(row).iter().zip(&self.mean);
        components.zip(&self.axes[axis]).map(|((value, mean), x)| (f32::from(*value) * scale - mean) * x).sum()
    }

    fn place(&self, arena: &Arena, row: u32) -> Point {
        [self.along(0, arena, row), self.along(1, arena, row)]
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(rows: u32) -> FuzzyGraph {
        FuzzyGraph((0..rows).map(|row| (row, vec![])).collect())
    }

    #[test]
    fn the_axes_are_those_along_which_vectors_differ_most() {
        let mut arena = Arena::new(8);
        let mut random = Random(9);
        let vectors: Vec<Vec<f32>> = (0..300)
            .map(|_| {
                [0.3, 1.0, 0.02, 0.02, 0.5, 0.02, 0.02, 0.02].map(|spread| spread * (random.unit() - 0.5)).to_vec()
            })
            .collect();
        vectors.iter().for_each(|vector| arena.push(vector));
        let places = places(&arena, &graph(300));
        let correlation = |axis: usize, component: usize| {
            let pairs = || places.iter().zip(&vectors).map(|(place, vector)| (place[axis], vector[component]));
            let (a, b): (f32, f32) = pairs().fold((0.0, 0.0), |sum, (a, b)| (sum.0 + a * a, sum.1 + b * b));
            pairs().map(|(a, b)| a * b).sum::<f32>().abs() / (a * b).sqrt()
        };
        assert!(correlation(0, 1) > 0.98 && correlation(1, 4) > 0.95, "{} {}", correlation(0, 1), correlation(1, 4));
        let farthest = places.iter().flatten().fold(0f32, |farthest, x| farthest.max(x.abs()));
        assert!((farthest - RADIUS).abs() < JITTER, "{farthest}");
    }

    #[test]
    fn photos_that_are_all_the_same_lie_close_and_apart() {
        let mut arena = Arena::new(4);
        (0..3).for_each(|_| arena.push(&[0.5; 4]));
        let places = places(&arena, &graph(3));
        assert!(places.iter().flatten().all(|x| x.is_finite()) && places[0] != places[1], "{places:?}");
    }
}
