//! The work that brings a projection to the photos that there are: a layout of all, or of those that are new.

use std::collections::HashMap;

use foray_protocol::UnitVector;
use rayon::prelude::*;

use super::fuzzy_graph::{FuzzyGraph, NEIGHBOURS, edges};
use super::layout::{Layout, Schedule};
use super::principal_plane::{self, jittered};
use super::{Point, Projection};
use crate::engine::{RowSet, Scored};
use crate::neighbours::lists::Lists;
use crate::space::SpaceIndex;

/// New photos, as a share of those that were laid out, from which on all are laid out anew.
const STALE_SHARE: f64 = 0.2;
/// Places, as a share of all photos, below which a layout begins afresh: the few would be hidden by the many.
const KNOWN_SHARE: f64 = 0.5;
/// From so many photos on fewer epochs do (as umap-learn has it).
const MANY: usize = 10_000;
const FIRST: Schedule = Schedule { epochs: 500, rate: 1.0 };
const FIRST_OF_MANY: Schedule = Schedule { epochs: 200, rate: 1.0 };
/// From present places on: gently, so that the map stays recognisable.
const AGAIN: Schedule = Schedule { epochs: 200, rate: 0.5 };
const NEW_ONES: Schedule = Schedule { epochs: 30, rate: 0.25 };

/// A projection in work.
#[derive(Debug)]
pub(super) struct Drawing {
    rows: SpaceIndex,
    before: Projection,
    layout: Layout,
    is_of_all: bool,
}

impl Drawing {
    /// What there is to do to `before`, if anything. `lists` are those of the live photos in `rows`.
    pub fn due(before: &Projection, rows: &SpaceIndex, lists: &Lists) -> Option<Self> {
        let standing: Vec<u32> = rows.vectors.live.iter().collect();
        let has_place = |row: &u32| before.places.contains_key(&rows.ids[*row as usize]);
        let (placed, new): (Vec<u32>, Vec<u32>) = standing.iter().partition(|row| has_place(row));
        if new.is_empty() {
            return None;
        }
        let is_first = (placed.len() as f64) < KNOWN_SHARE * standing.len() as f64;
        let is_of_all = is_first || new.len() as f64 > STALE_SHARE * before.laid_out as f64;
        let graph = if is_of_all { FuzzyGraph::mutual(lists) } else { FuzzyGraph::of_rows(lists, &new) };
        let places = if is_first {
            principal_plane::places(&rows.vectors.arena, &graph)
        } else {
            beside_neighbours(before, rows, lists, &placed, &new)
        };
        let schedule = match (is_first, is_of_all) {
            (true, _) if standing.len() < MANY => FIRST,
            (true, _) => FIRST_OF_MANY,
            (false, true) => AGAIN,
            (false, false) => NEW_ONES,
        };
        let layout = Layout::new(graph, standing, places, schedule);
        Some(Self { rows: rows.snapshot(), before: before.clone(), layout, is_of_all })
    }

    /// Does some of it; whether there is more.
    pub fn step(&mut self) -> bool {
        self.layout.step()
    }

    /// Which share is done, 0 to 1.
    pub fn progress(&self) -> f32 {
        self.layout.progress()
    }

    /// The projection as it is now.
    pub fn finish(self) -> Projection {
        let Self { rows, before, layout, is_of_all } = self;
        let id = |row: u32| rows.ids[row as usize];
        if is_of_all {
            let places: HashMap<_, _> = layout.into_places().map(|(row, place)| (id(row), place)).collect();
            return Projection { laid_out: places.len(), places };
        }
        let (frame, mut projection) = (before.frame(), before);
        projection.places.extend(layout.into_places().map(|(row, place)| (id(row), frame.inside(place))));
        projection
    }
}

/// Places by row: those that photos have, and for new ones the middle of their nearest that have one, weighted as edges are.
fn beside_neighbours(before: &Projection, rows: &SpaceIndex, lists: &Lists, placed: &[u32], new: &[u32]) -> Vec<Point> {
    let mut places = vec![[0.0; 2]; rows.vectors.len()];
    placed.iter().for_each(|&row| places[row as usize] = before.places[&rows.ids[row as usize]]);
    let having: RowSet = placed.iter().copied().collect();
    let middle = |&row: &u32| {
        let edges = edges(&nearest_of(&having, row, rows, lists));
        let total: f32 = edges.iter().map(|edge| edge.weight).sum();
        let along = |axis: usize| edges.iter().map(|edge| edge.weight * places[edge.to as usize][axis]).sum::<f32>();
        (row, jittered([along(0) / total, along(1) / total], row))
    };
    let found: Vec<_> = new.par_iter().map(middle).collect();
    found.into_iter().for_each(|(row, place)| places[row as usize] = place);
    places
}

/// The nearest of `row` that are among `having`: in its list, or by a search where that names none.
fn nearest_of(having: &RowSet, row: u32, rows: &SpaceIndex, lists: &Lists) -> Vec<Scored> {
    let listed: Vec<_> = lists.nearest(row).iter().filter(|scored| having.contains(scored.row)).copied().collect();
    if !listed.is_empty() {
        return listed;
    }
    let query = UnitVector::normalized(rows.vectors.vector(row).to_vec());
    query.map_or(vec![], |query| rows.vectors.best(&query, NEIGHBOURS, Some(having)).rows)
}
