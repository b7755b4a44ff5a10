//! The search graph: an HNSW graph (Malkov and Yashunin, 2016) laid flat, and the best-first walk that searches it.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use parking_lot::Mutex;

use crate::arena::{Arena, QuantizedVector};
use crate::kernel;
use crate::top::Scored;

/// Links of one layer above the ground: a small share of the nodes.
pub(crate) type UpperLayer = HashMap<u32, Vec<u32>>;

/// The links between rows, and where a walk begins.
#[derive(Debug, Default)]
pub(crate) struct Links {
    /// How many rows existed when the graph was built; later rows are its tail.
    pub rows: u32,
    /// How many of them were live then.
    pub live: u32,
    /// The node that every walk starts from, in the highest layer.
    pub entry: u32,
    /// `ground[offsets[row]..offsets[row + 1]]` are the neighbours of `row` in the ground layer.
    pub offsets: Vec<u32>,
    pub ground: Vec<u32>,
    /// The layers above, lowest first.
    pub upper: Vec<UpperLayer>,
    /// Rows with the very same 8-bit values as a node that stands for them, sorted by (node, row): identical points would
    /// only link to each other and cut the graph apart.
    pub twins: Vec<(u32, u32)>,
}

/// The graph with the scratch memory of its walks.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    pub links: Links,
    scratch: Mutex<Vec<Visited>>,
}

/// Which rows a walk has seen; a new walk only takes the next stamp.
#[derive(Debug)]
struct Visited {
    stamps: Vec<u32>,
    stamp: u32,
}

impl Visited {
    fn restart(&mut self) {
        if self.stamp == u32::MAX {
            self.stamps.fill(0);
            self.stamp = 0;
        }
        self.stamp += 1;
    }

    /// Marks `row`; whether it is seen for the first time.
    #[inline]
    fn first_time(&mut self, row: u32) -> bool {
        let seen = std::mem::replace(&mut self.stamps[row as usize], self.stamp);
        seen != self.stamp
    }
}

impl Graph {
    pub fn new(links: Links) -> Self {
        Self { links, scratch: Mutex::default() }
    }

    /// About the `ef` best rows for `query`, best first, twins included, dead rows too.
    pub fn search(&self, arena: &Arena, query: &QuantizedVector, ef: usize) -> Vec<Scored> {
        if self.links.offsets.len() < 2 {
            return vec![];
        }
        let start = self.descend(arena, query);
        let mut visited = self.take_visited();
        let nodes = self.walk_ground(arena, query, start, ef, &mut visited);
        self.scratch.lock().push(visited);
        self.with_twins(nodes)
    }

    fn take_visited(&self) -> Visited {
        let fresh = || Visited { stamps: vec![0; self.links.rows as usize], stamp: 0 };
        let mut visited = self.scratch.lock().pop().unwrap_or_else(fresh);
        visited.restart();
        visited
    }

    /// Greedily down the upper layers, to a good place to start on the ground.
    fn descend(&self, arena: &Arena, query: &QuantizedVector) -> Scored {
        let score = |row| Scored { score: arena.score(query, row), row };
        let mut best = score(self.links.entry);
        for layer in self.links.upper.iter().rev() {
            while let Some(links) = layer.get(&best.row) {
                match links.iter().map(|&row| score(row)).max() {
                    Some(next) if next.score > best.score => best = next,
                    _ => break,
                }
            }
        }
        best
    }

    fn walk_ground(
        &self,
        arena: &Arena,
        query: &QuantizedVector,
        start: Scored,
        ef: usize,
        visited: &mut Visited,
    ) -> Vec<Scored> {
        let mut frontier = BinaryHeap::from([start]);
        let mut best = BinaryHeap::from([Reverse(start)]);
        visited.first_time(start.row);
        let mut fresh = Vec::with_capacity(64);
        while let Some(node) = frontier.pop() {
            if best.len() >= ef && best.peek().is_some_and(|worst| node < worst.0) {
                break;
            }
            fresh.clear();
            fresh.extend(self.neighbours(node.row).iter().filter(|&&row| visited.first_time(row)));
            fresh.iter().for_each(|&row| kernel::prefetch(arena.row(row)));
            for &row in &fresh {
                let scored = Scored { score: arena.score(query, row), row };
                if best.len() < ef || best.peek().is_some_and(|worst| scored > worst.0) {
                    frontier.push(scored);
                    best.push(Reverse(scored));
                    if best.len() > ef {
                        best.pop();
                    }
                }
            }
        }
        best.into_sorted_vec().into_iter().map(|Reverse(scored)| scored).collect()
    }

    #[inline]
    fn neighbours(&self, row: u32) -> &[u32] {
        let row = row as usize;
        &self.links.ground[self.links.offsets[row] as usize..self.links.offsets[row + 1] as usize]
    }

    fn with_twins(&self, nodes: Vec<Scored>) -> Vec<Scored> {
        if self.links.twins.is_empty() {
            return nodes;
        }
        let twins = &self.links.twins;
        nodes
            .into_iter()
            .flat_map(|node| {
                let first = twins.partition_point(|&(of, _)| of < node.row);
                let same = twins[first..].iter().take_while(move |&&(of, _)| of == node.row);
                std::iter::once(node).chain(same.map(move |&(_, row)| Scored { row, ..node }))
            })
            .collect()
    }
}
