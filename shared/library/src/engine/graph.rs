//! The search graph: an HNSW graph (Malkov and Yashunin, 2016) laid flat, and the best-first walk that searches it.

use std::collections::{BinaryHeap, HashMap};

use parking_lot::Mutex;

use crate::engine::arena::{Arena, QuantizedVector};
use crate::engine::kernel;
use crate::engine::row_set::RowSet;
use crate::engine::top::{Scored, Top};

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
    /// Nodes that stand for more rows than their own.
    has_twins: RowSet,
    scratch: Mutex<Vec<Visited>>,
}

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

impl Graph {
    pub fn new(links: Links) -> Self {
        let has_twins = links.twins.iter().map(|&(node, _)| node).collect();
        Self { links, has_twins, scratch: Mutex::default() }
    }

    /// About the `ef` best of the rows in `allowed`, best first, and their twins that are allowed.
    pub fn search(&self, arena: &Arena, query: &QuantizedVector, ef: usize, allowed: &RowSet) -> Vec<Scored> {
        if self.links.offsets.len() < 2 {
            return vec![];
        }
        let start = self.descend(arena, query);
        let mut visited = self.take_visited();
        let nodes = self.walk_ground(arena, query, start, ef, allowed, &mut visited);
        self.scratch.lock().push(visited);
        self.with_twins(nodes, allowed)
    }

    fn take_visited(&self) -> Visited {
        let fresh = || Visited { words: vec![0; (self.links.rows as usize).div_ceil(64)] };
        let mut visited = self.scratch.lock().pop().unwrap_or_else(fresh);
        visited.words.fill(0);
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

    /// The best-first walk; it crosses rows that are not allowed, and returns nodes that are, or stand for one that is.
    fn walk_ground(
        &self,
        arena: &Arena,
        query: &QuantizedVector,
        start: Scored,
        ef: usize,
        allowed: &RowSet,
        visited: &mut Visited,
    ) -> Vec<Scored> {
        let mut frontier = BinaryHeap::from([start]);
        let mut best = Top::new(ef);
        visited.first_time(start.row);
        if self.is_allowed(start.row, allowed) {
            best.push(start);
        }
        let mut fresh = Vec::with_capacity(64);
        while let Some(node) = frontier.pop() {
            if node.score < best.threshold() {
                break;
            }
            fresh.clear();
            fresh.extend(self.neighbours(node.row).iter().filter(|&&row| visited.first_time(row)));
            fresh.iter().for_each(|&row| kernel::prefetch(arena.row(row)));
            for &row in &fresh {
                let scored = Scored { score: arena.score(query, row), row };
                if scored.score > best.threshold() {
                    frontier.push(scored);
                    if self.is_allowed(row, allowed) {
                        best.push(scored);
                    }
                }
            }
        }
        best.into_sorted()
    }

    #[inline]
    fn is_allowed(&self, node: u32, allowed: &RowSet) -> bool {
        allowed.contains(node)
            || self.has_twins.contains(node) && self.twins(node).any(|(_, twin)| allowed.contains(twin))
    }

    fn twins(&self, node: u32) -> impl Iterator<Item = (u32, u32)> {
        let twins = &self.links.twins;
        let first = twins.partition_point(move |&(of, _)| of < node);
        twins[first..].iter().copied().take_while(move |&(of, _)| of == node)
    }

    #[inline]
    fn neighbours(&self, row: u32) -> &[u32] {
        let row = row as usize;
        &self.links.ground[self.links.offsets[row] as usize..self.links.offsets[row + 1] as usize]
    }

    fn with_twins(&self, nodes: Vec<Scored>, allowed: &RowSet) -> Vec<Scored> {
        let twins = |node: Scored| self.twins(node.row).map(move |(_, row)| Scored { row, ..node });
        let all = nodes.into_iter().flat_map(|node| std::iter::once(node).chain(twins(node)));
        all.filter(|scored| allowed.contains(scored.row)).collect()
    }
}
