//! Where the rows of a fuzzy graph come to lie: UMAP's layout by stochastic gradient descent with negative sampling (McInnes, Healy
//! and Melville, 2018, arXiv:1802.03426, algorithm 5).
//!
//! In an epoch each row moves as if the others stood still where the epoch before left them. So rows are moved side by side, and the
//! outcome is the same for any number of threads.

use rayon::prelude::*;

use super::Point;
use super::fuzzy_graph::{Edge, FuzzyGraph};
use crate::engine::random::Random;

/// The curve 1 / (1 + a d^2b) by which nearness falls with the distance, for a least distance of 0.1 and a spread of 1.
const A: f32 = 1.576_943_5;
const B: f32 = 0.895_060_9;
/// Other rows that push a row away for each that pulls it.
const PUSHES: usize = 5;
/// The longest step along an axis, before it is multiplied by the rate.
const LONGEST: f32 = 4.0;
/// What keeps pushes finite.
const SOFTENING: f32 = 1e-3;

/// A layout in work.
#[derive(Debug)]
pub(super) struct Layout {
    /// The rows that move.
    graph: FuzzyGraph,
    /// The rows that push.
    standing: Vec<u32>,
    /// By row.
    places: Vec<Point>,
    schedule: Schedule,
    epoch: usize,
}

/// How long rows move, and how fast at first; the rate falls evenly to 0.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schedule {
    pub epochs: usize,
    pub rate: f32,
}

impl Layout {
    /// The rows of `graph` begin at their `places`, among those that are `standing`.
    pub fn new(graph: FuzzyGraph, standing: Vec<u32>, places: Vec<Point>, schedule: Schedule) -> Self {
        Self { graph, standing, places, schedule, epoch: 0 }
    }

    /// Moves all rows once; whether there is more to do.
    pub fn step(&mut self) -> bool {
        let moved: Vec<Point> = self.graph.0.par_iter().map(|(row, edges)| self.moved(*row, edges)).collect();
        self.graph.0.iter().zip(moved).for_each(|((row, _), place)| self.places[*row as usize] = place);
        self.epoch += 1;
        self.epoch < self.schedule.epochs
    }

    /// Which share is done, 0 to 1.
    pub fn progress(&self) -> f32 {
        self.epoch as f32 / self.schedule.epochs as f32
    }

    /// The places of the rows that moved.
    pub fn into_places(self) -> impl Iterator<Item = (u32, Point)> {
        self.graph.0.into_iter().map(move |(row, _)| (row, self.places[row as usize]))
    }

    fn moved(&self, row: u32, edges: &[Edge]) -> Point {
        let rate = self.schedule.rate * (1.0 - self.progress());
        let mut random = Random(u64::from(row) << 32 | self.epoch as u64);
        let mut place = self.places[row as usize];
        for edge in edges.iter().filter(|edge| self.is_due(edge)) {
            place = stepped(place, self.places[edge.to as usize], rate, pull);
            for _ in 0..PUSHES {
                let other = self.standing[random.below(self.standing.len())];
                if other != row {
                    place = stepped(place, self.places[other as usize], rate, push);
                }
            }
        }
        place
    }

    /// Whether an edge pulls in this epoch: as often as it is strong.
    fn is_due(&self, edge: &Edge) -> bool {
        let pulls_before = |epoch: usize| (epoch as f32 * edge.weight) as usize;
        pulls_before(self.epoch + 1) > pulls_before(self.epoch)
    }
}

/// Where a step leads from `place`, along the line to `other` by as much of it as `force` says for their squared distance.
fn stepped(place: Point, other: Point, rate: f32, force: fn(f32) -> f32) -> Point {
    let apart = [place[0] - other[0], place[1] - other[1]];
    let squared = apart[0] * apart[0] + apart[1] * apart[1];
    if squared == 0.0 {
        return place;
    }
    let force = force(squared);
    let step = |axis: usize| place[axis] + rate * (force * apart[axis]).clamp(-LONGEST, LONGEST);
    [step(0), step(1)]
}

/// The gradient of the nearness's logarithm.
fn pull(squared: f32) -> f32 {
    let power = squared.powf(B);
    -2.0 * A * B * power / (squared * (A * power + 1.0))
}

/// The gradient of the logarithm of what nearness lacks to 1.
fn push(squared: f32) -> f32 {
    2.0 * B / ((SOFTENING + squared) * (A * squared.powf(B) + 1.0))
}

#[cfg(test)]
mod tests {
    use rayon::ThreadPoolBuilder;

    use super::*;

    const SCHEDULE: Schedule = Schedule { epochs: 200, rate: 1.0 };

    /// Two rings of 20 rows, the rows of a ring joined to the next four.
    fn rings() -> FuzzyGraph {
        let edges = |row: u32| {
            let other = |step: u32| Edge { to: row / 20 * 20 + (row % 20 + step) % 20, weight: 1.0 };
            [1, 2, 18, 19].map(other).to_vec()
        };
        FuzzyGraph((0..40).map(|row| (row, edges(row))).collect())
    }

    fn scattered() -> Vec<Point> {
        let mut random = Random(1);
        (0..40).map(|_| [20.0 * random.unit(), 20.0 * random.unit()]).collect()
    }

    fn laid_out(graph: FuzzyGraph) -> Vec<(u32, Point)> {
        let mut layout = Layout::new(graph, (0..40).collect(), scattered(), SCHEDULE);
        while layout.step() {}
        layout.into_places().collect()
    }

    fn distance(a: Point, b: Point) -> f32 {
        (a[0] - b[0]).hypot(a[1] - b[1])
    }

    #[test]
    fn what_is_joined_comes_to_lie_together() {
        let places = laid_out(rings());
        let nearest = |&(row, place): &(u32, Point)| {
            let others = places.iter().filter(|(other, _)| *other != row);
            others.min_by(|a, b| distance(a.1, place).total_cmp(&distance(b.1, place))).unwrap().0
        };
        let right = places.iter().filter(|place| nearest(place) / 20 == place.0 / 20).count();
        assert!(right >= 38, "{right} of 40");
    }

    #[test]
    fn the_number_of_threads_changes_nothing() {
        let with =
            |threads| ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| laid_out(rings()));
        assert_eq!(with(1), with(4));
    }

    #[test]
    fn only_the_rows_of_the_graph_move() {
        let graph = FuzzyGraph(rings().0.into_iter().filter(|(row, _)| *row == 3).collect());
        let mut layout = Layout::new(graph, (0..40).collect(), scattered(), SCHEDULE);
        while layout.step() {}
        let moved: Vec<usize> = (0..40).filter(|&row| layout.places[row] != scattered()[row]).collect();
        assert_eq!(moved, [3]);
        assert_eq!(layout.progress(), 1.0);
    }
}
