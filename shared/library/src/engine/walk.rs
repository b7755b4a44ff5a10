//! The best-first walk along links: what searches a graph, and what finds a new row's neighbours while one is built.

use std::collections::{BinaryHeap, HashMap};

use parking_lot::Mutex;

use crate::engine::arena::{Arena, QuantizedVector};
use crate::engine::kernel;
use crate::engine::top::{Scored, Top};

/// Links of one layer above the ground: a small share of the nodes.
pub(crate) type UpperLayer = HashMap<u32, Vec<u32>>;

/// Which rows a walk has seen, one bit each: for a million rows that is 125 kB, which the processor keeps at hand.
#[derive(Debug)]
struct Visited {
    words: Vec<u64>,
}

impl Visited {
    /// Marks `row`; whether it is seen for the first time.
    #[inline]
    fn first_time(&mut self, row: u32) -> bool {
        let (word, bit) = (&mut self.words[row as usize / 64], 1 << (row % 64));
        let fresh = *word & bit == 0;
        *word |= bit;
        fresh
    }
}

/// Memory that walks use in turn; as many as walk at the same time.
#[derive(Debug, Default)]
pub(crate) struct Scratch(Mutex<Vec<Visited>>);

impl Scratch {
    /// What `work` makes with a mark for each of `rows` rows, none of them set.
    fn with<T>(&self, rows: usize, work: impl FnOnce(&mut Visited) -> T) -> T {
        let fresh = || Visited { words: vec![0; rows.div_ceil(64)] };
        let mut visited = self.0.lock().pop().unwrap_or_else(fresh);
        visited.words.fill(0);
        let made = work(&mut visited);
        self.0.lock().push(visited);
        made
    }
}

/// Greedily down the upper layers from `entry`, to a good place to start on the ground.
pub(crate) fn descend(arena: &Arena, query: &QuantizedVector, upper: &[UpperLayer], entry: u32) -> Scored {
    let score = |row| Scored { score: arena.score(query, row), row };
    let mut best = score(entry);
    for layer in upper.iter().rev() {
        while let Some(links) = layer.get(&best.row) {
            match links.iter().map(|&row| score(row)).max() {
                Some(next) if next.score > best.score => best = next,
                _ => break,
            }
        }
    }
    best
}

/// About the `ef` nodes nearest to `query` of those that `allowed` is true for, best first. The walk begins at `start` and
/// crosses nodes that are not allowed; `neighbours` gives the links of a node, all below `rows`.
pub(crate) fn nearest<'a>(
    (arena, query): (&Arena, &QuantizedVector),
    (start, ef): (Scored, usize),
    (scratch, rows): (&Scratch, usize),
    neighbours: impl Fn(u32) -> &'a [u32],
    allowed: impl Fn(u32) -> bool,
) -> Vec<Scored> {
    scratch.with(rows, |visited| {
        let mut frontier = BinaryHeap::from([start]);
        let mut best = Top::new(ef);
        visited.first_time(start.row);
        if allowed(start.row) {
            best.push(start);
        }
        let mut fresh = Vec::with_capacity(64);
        while let Some(node) = frontier.pop() {
            if node.score < best.threshold() {
                break;
            }
            fresh.clear();
            fresh.extend(neighbours(node.row).iter().filter(|&&row| visited.first_time(row)));
            fresh.iter().for_each(|&row| kernel::prefetch(arena.row(row)));
            for &row in &fresh {
                let scored = Scored { score: arena.score(query, row), row };
                if scored.score > best.threshold() {
                    frontier.push(scored);
                    if allowed(row) {
                        best.push(scored);
                    }
                }
            }
        }
        best.into_sorted()
    })
}
