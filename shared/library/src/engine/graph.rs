//! The search graph: an HNSW graph (Malkov and Yashunin, 2016) laid flat, and its search.

use crate::engine::arena::{Arena, QuantizedVector};
use crate::engine::row_set::RowSet;
use crate::engine::top::Scored;
use crate::engine::walk::{self, Scratch, UpperLayer};

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

impl Links {
    /// The neighbours of `row` in the ground layer.
    #[inline]
    pub fn neighbours(&self, row: u32) -> &[u32] {
        let row = row as usize;
        &self.ground[self.offsets[row] as usize..self.offsets[row + 1] as usize]
    }

    /// The rows that walks can find, once they are live.
    pub fn reachable(&self) -> RowSet {
        let nodes = (0..self.rows).filter(|&row| row == self.entry || !self.neighbours(row).is_empty());
        nodes.chain(self.twins.iter().map(|&(_, row)| row)).collect()
    }
}

/// The graph with the scratch memory of its walks.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    pub links: Links,
    /// Nodes that stand for more rows than their own.
    has_twins: RowSet,
    reachable: RowSet,
    scratch: Scratch,
}

impl Graph {
    pub fn new(links: Links) -> Self {
        let has_twins = links.twins.iter().map(|&(node, _)| node).collect();
        Self { has_twins, reachable: links.reachable(), links, scratch: Scratch::default() }
    }

    /// Whether a live `row` can only be found by a scan though it is older than the graph: it was not live when that was built.
    pub fn lacks(&self, row: u32) -> bool {
        row < self.links.rows && !self.reachable.contains(row)
    }

    /// About the `ef` best of the rows in `allowed`, best first, and their twins that are allowed.
    pub fn search(&self, arena: &Arena, query: &QuantizedVector, ef: usize, allowed: &RowSet) -> Vec<Scored> {
        if self.links.offsets.len() < 2 {
            return vec![];
        }
        let start = walk::descend(arena, query, &self.links.upper, self.links.entry);
        let nodes = walk::nearest(
            (arena, query),
            (start, ef),
            (&self.scratch, self.links.rows as usize),
            |row| self.links.neighbours(row),
            |row| self.is_allowed(row, allowed),
        );
        self.with_twins(nodes, allowed)
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

    fn with_twins(&self, nodes: Vec<Scored>, allowed: &RowSet) -> Vec<Scored> {
        let twins = |node: Scored| self.twins(node.row).map(move |(_, row)| Scored { row, ..node });
        let all = nodes.into_iter().flat_map(|node| std::iter::once(node).chain(twins(node)));
        all.filter(|scored| allowed.contains(scored.row)).collect()
    }
}
