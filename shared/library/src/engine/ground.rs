//! The ground layer of the search graph while it is built: every node with links to diverse near ones, added in batches.
//!
//! Batches instead of locks: the nodes of a batch look for neighbours in the graph as it was before them, all at once, and
//! then their links are put in. The graph is the same for any number of threads.

use rayon::prelude::*;

use crate::engine::arena::Arena;
use crate::engine::row_set::RowSet;
use crate::engine::top::{Scored, Top};
use crate::engine::walk::{self, Scratch, UpperLayer};

/// Links of a node, once the graph is done. With 48, a walk reaches recall@10 of 0.99 a fifth faster than with 32 (bench `search`).
const MAX_LINKS: usize = 48;
/// Links of a node while the graph grows; beyond, the best are chosen. The higher, the more rarely that is done.
const SLACK_LINKS: usize = 72;
/// Breadth of the search for a new node's neighbours; 200 takes half as long again and finds hardly better ones.
const EF_CONSTRUCTION: usize = 128;
/// A batch is at most one node for so many that are there already.
const NODES_A_BATCH_NODE: usize = 32;
/// The largest batch: its nodes are compared with one another, so that they cost twice as much in twice as large a one.
const MAX_BATCH: usize = 2_048;
/// Nodes of its own batch that a node may link to.
const FROM_BATCH: usize = 16;

/// Neighbours of each row, and what is needed to find them for new ones.
pub(crate) struct Ground<'a> {
    arena: &'a Arena,
    upper: &'a [UpperLayer],
    entry: u32,
    neighbours: Vec<Vec<u32>>,
    nodes: usize,
    scratch: Scratch,
}

impl<'a> Ground<'a> {
    /// A ground of `nodes` nodes that are linked already; the walks to others begin with `upper` and its `entry`.
    pub fn new(
        arena: &'a Arena,
        (upper, entry): (&'a [UpperLayer], u32),
        linked: impl Iterator<Item = (u32, Vec<u32>)>,
    ) -> Self {
        let mut neighbours = vec![vec![]; arena.len()];
        let mut nodes = 0;
        for (row, links) in linked {
            neighbours[row as usize] = links;
            nodes += 1;
        }
        Self { arena, upper, entry, neighbours, nodes, scratch: Scratch::default() }
    }

    /// Adds `rows`, which are not nodes yet.
    pub fn insert(&mut self, rows: &[u32]) {
        let mut rest = rows;
        while !rest.is_empty() {
            let size = (self.nodes / NODES_A_BATCH_NODE).clamp(1, MAX_BATCH).min(rest.len());
            let (batch, later) = rest.split_at(size);
            self.insert_batch(batch);
            rest = later;
        }
    }

    fn insert_batch(&mut self, batch: &[u32]) {
        let chosen: Vec<Vec<u32>> =
            batch.par_iter().map(|&row| self.choose(row, self.candidates(row, batch))).collect();
        for (&row, links) in batch.iter().zip(&chosen) {
            self.neighbours[row as usize] = links.clone();
        }
        self.nodes += batch.len();
        let mut crowded = RowSet::default();
        for (&row, links) in batch.iter().zip(chosen) {
            for node in links {
                let back = &mut self.neighbours[node as usize];
                if !back.contains(&row) {
                    back.push(row);
                }
                if back.len() > SLACK_LINKS {
                    crowded.set(node, true);
                }
            }
        }
        self.thin(crowded.iter().collect());
    }

    /// Rows near `row`, best first: those that a walk finds, and those of its own batch, which no walk can find yet.
    fn candidates(&self, row: u32, batch: &[u32]) -> Vec<Scored> {
        let query = self.arena.quantized(row);
        let start = walk::descend(self.arena, &query, self.upper, self.entry);
        let mut found = walk::nearest(
            (self.arena, &query),
            (start, EF_CONSTRUCTION),
            (&self.scratch, self.neighbours.len()),
            |node| &self.neighbours[node as usize],
            |_| true,
        );
        let mut beside = Top::new(FROM_BATCH);
        let others = batch.iter().filter(|&&other| other != row);
        others.for_each(|&other| beside.push(Scored { score: self.arena.score(&query, other), row: other }));
        found.extend(beside.into_sorted());
        found.sort_unstable_by(|a, b| b.cmp(a));
        found
    }

    /// Up to [`MAX_LINKS`] of `candidates`, which are given best first: a candidate is left out when it is nearer to one that was
    /// chosen than to `row` (Malkov and Yashunin, 2016, algorithm 4).
    fn choose(&self, row: u32, candidates: Vec<Scored>) -> Vec<u32> {
        let mut chosen: Vec<u32> = Vec::with_capacity(MAX_LINKS);
        for candidate in candidates.into_iter().filter(|candidate| candidate.row != row) {
            if chosen.iter().all(|&other| self.arena.score_rows(candidate.row, other) <= candidate.score) {
                chosen.push(candidate.row);
                if chosen.len() == MAX_LINKS {
                    break;
                }
            }
        }
        chosen
    }

    /// Chooses anew among the neighbours of `nodes`.
    fn thin(&mut self, nodes: Vec<u32>) {
        let thinned: Vec<(u32, Vec<u32>)> = nodes.into_par_iter().map(|node| (node, self.best_links(node))).collect();
        for (node, links) in thinned {
            self.neighbours[node as usize] = links;
        }
    }

    fn best_links(&self, node: u32) -> Vec<u32> {
        let scored = |&row: &u32| Scored { score: self.arena.score_rows(node, row), row };
        let mut all: Vec<Scored> = self.neighbours[node as usize].iter().map(scored).collect();
        all.sort_unstable_by(|a, b| b.cmp(a));
        self.choose(node, all)
    }

    /// The neighbours of each row, [`MAX_LINKS`] at most, one after the other, and where those of each row begin.
    pub fn into_flat(mut self) -> (Vec<u32>, Vec<u32>) {
        let crowded = (0..self.neighbours.len() as u32).filter(|&row| self.neighbours[row as usize].len() > MAX_LINKS);
        self.thin(crowded.collect());
        let mut offsets = Vec::with_capacity(self.neighbours.len() + 1);
        offsets.push(0);
        let mut flat = Vec::with_capacity(self.neighbours.iter().map(Vec::len).sum());
        for links in &self.neighbours {
            flat.extend_from_slice(links);
            offsets.push(flat.len() as u32);
        }
        (offsets, flat)
    }
}
