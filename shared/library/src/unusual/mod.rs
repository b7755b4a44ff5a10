//! How unusual each photo is: 1 - mean cosine similarity to its k nearest distinct neighbours (a kNN outlier score,
//! Ramaswamy, Rastogi and Shim, 2000, with cosine distance). Near-identical shots count as one picture.
//! Or how far it lies from the centre of its own cluster: 1 - the cosine similarity to it.

use std::collections::{HashMap, HashSet};

use foray_protocol::{ImageId, Neighbour, UnitVector, UnusualHit, UnusualKind, UnusualRequest, UnusualResults};
use rayon::prelude::*;

use crate::LibraryError;
use crate::clusters::{Clusters, Membership};
use crate::engine::arena::Arena;
use crate::engine::{RowSet, Scored, Top};
use crate::library::Library;
use crate::neighbours::lists::Lists;
use crate::photo_query::{check_page, page};
use crate::ranking::NEAR_IDENTICAL;
use crate::space::SpaceIndex;
use crate::structures::Structures;

/// The ordering of a library at one moment.
#[derive(Clone, Debug)]
pub(crate) struct Ordering {
    /// The library's version, the kind and the number of neighbours that it was made for.
    pub made_for: (u64, UnusualKind, usize),
    /// Most unusual first.
    pub pictures: Vec<Picture>,
}

/// A picture: a photo that stands for its near-identical shots.
#[derive(Clone, Debug)]
pub(crate) struct Picture {
    pub id: ImageId,
    pub score: f32,
    pub neighbours: Vec<(ImageId, f32)>,
    pub folded: usize,
}

impl Library {
    /// Photos by unusualness, most unusual first; equal scores in path order.
    ///
    /// # Errors
    /// [`LibraryError::OutOfRange`] for a limit, offset or number of neighbours outside its range,
    /// [`LibraryError::Preparing`] while the photos of a large library are compared with each other in the background.
    pub fn unusual(&self, request: &UnusualRequest) -> Result<UnusualResults, LibraryError> {
        check_page(request.limit, request.offset)?;
        if !(1..=100).contains(&request.neighbours) {
            let (field, expected) = ("neighbours", "1 to 100");
            return Err(LibraryError::OutOfRange { field, got: request.neighbours, expected });
        }
        let ordering = self.unusual_ordering(request.kind, request.neighbours)?;
        let filter = request.filter.as_deref().map(str::parse).transpose().map_err(LibraryError::Filter)?;
        let allowed = filter.map(|filter| self.photos_that_fulfil(&filter)).transpose()?;
        let pictures = self.first_pictures(&ordering.pictures, request, allowed.as_ref())?;
        let mut hits = pictures.into_iter().map(|picture| self.unusual_hit(picture)).collect::<Result<Vec<_>, _>>()?;
        hits.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.photo.path.cmp(&b.photo.path)));
        let results = page(hits, request.offset, request.limit);
        Ok(UnusualResults { results, neighbours: request.neighbours })
    }

    /// The pictures up to the end of the page that is asked for, and those that score the same as the last one.
    fn first_pictures<'a>(
        &self,
        pictures: &'a [Picture],
        request: &UnusualRequest,
        allowed: Option<&HashSet<ImageId>>,
    ) -> Result<Vec<&'a Picture>, LibraryError> {
        let mut first: Vec<&Picture> = vec![];
        for picture in pictures {
            let is_past_end = first.len() >= request.offset + request.limit;
            if is_past_end && first.last().is_some_and(|last| picture.score < last.score) {
                break;
            }
            let is_allowed = allowed.is_none_or(|allowed| allowed.contains(&picture.id));
            if is_allowed && !(request.hide_junk && self.is_junk(picture.id)?) {
                first.push(picture);
            }
        }
        Ok(first)
    }

    fn is_junk(&self, id: ImageId) -> Result<bool, LibraryError> {
        Ok(self.catalogue.photo(id)?.is_some_and(|record| record.metadata.junk.is_some()))
    }

    fn unusual_hit(&self, picture: &Picture) -> Result<UnusualHit, LibraryError> {
        let neighbours = picture
            .neighbours
            .iter()
            .map(|&(id, score)| Ok(Neighbour { id, path: self.photo_with_paths(id)?.path, score }))
            .collect::<Result<_, LibraryError>>()?;
        let photo = self.photo_with_paths(picture.id)?;
        Ok(UnusualHit { photo, score: picture.score, neighbours, folded: picture.folded })
    }
}

/// Orders all live photos of `index` by unusualness of this kind, explained by `k` neighbours each.
pub(crate) fn order(structures: &mut Structures, index: &SpaceIndex, kind: UnusualKind, k: usize) -> Vec<Picture> {
    let Structures { neighbours, clusters, .. } = structures;
    match kind {
        UnusualKind::Unique => unique(index, neighbours.lists(), k),
        UnusualKind::Atypical => {
            clusters.follow(&index.vectors.arena, &index.vectors.live);
            atypical(index, neighbours.lists(), clusters, k)
        }
    }
}

/// Leaders by distance from their cluster's centre, explained by the `k` leaders nearest to that centre.
fn atypical(index: &SpaceIndex, lists: &Lists, clusters: &Clusters, k: usize) -> Vec<Picture> {
    let rows: Vec<u32> = index.vectors.live.iter().collect();
    let leaders = fold(&rows, lists, &index.vectors.arena);
    let leading: Vec<u32> = rows.iter().copied().filter(|&row| leaders[row as usize] == row).collect();
    let mut central: HashMap<u32, Top> = HashMap::new();
    for &row in &leading {
        if let Some(Membership { cluster, score }) = clusters.of(row) {
            central.entry(cluster).or_insert_with(|| Top::new(k + 1)).push(Scored { score, row });
        }
    }
    let central: HashMap<u32, Vec<Scored>> = central.into_iter().map(|(at, top)| (at, top.into_sorted())).collect();
    let mut pictures: Vec<Picture> = leading
        .iter()
        .filter_map(|&row| {
            let Membership { cluster, score } = clusters.of(row)?;
            let others = central.get(&cluster)?.iter().map(|other| other.row).filter(|&other| other != row).take(k);
            let scored = |other: u32| (index.ids[other as usize], index.vectors.score_rows(row, other));
            let neighbours = others.map(scored).collect();
            Some(Picture { id: index.ids[row as usize], score: (1.0 - score).max(0.0), neighbours, folded: 0 })
        })
        .collect();
    count_folded(&mut pictures, &leading, &leaders, &rows);
    pictures.sort_by(|a, b| b.score.total_cmp(&a.score));
    pictures
}

/// Leaders by their mean distance to their `k` nearest others.
fn unique(index: &SpaceIndex, lists: &Lists, k: usize) -> Vec<Picture> {
    let rows: Vec<u32> = index.vectors.live.iter().collect();
    let leaders = fold(&rows, lists, &index.vectors.arena);
    let leading: Vec<u32> = rows.iter().copied().filter(|&row| leaders[row as usize] == row).collect();
    let standing: RowSet = leading.iter().copied().collect();
    let mut pictures = leading
        .par_iter()
        .map(|&row| {
            let neighbours = distinct_neighbours(index, row, lists.nearest(row), &standing, k);
            picture(index, row, &neighbours)
        })
        .collect::<Vec<_>>();
    count_folded(&mut pictures, &leading, &leaders, &rows);
    pictures.sort_by(|a, b| b.score.total_cmp(&a.score));
    pictures
}

/// For each row the row that stands for it: itself, or the earliest near-identical leader among those that its earlier
/// neighbours fold into. The leader itself need not be in the row's list: a long burst fills it with other shots.
fn fold(rows: &[u32], lists: &Lists, arena: &Arena) -> Vec<u32> {
    let mut leaders: Vec<u32> = (0..arena.len() as u32).collect();
    for &row in rows {
        let same =
            lists.nearest(row).iter().take_while(|scored| scored.score >= NEAR_IDENTICAL).map(|scored| scored.row);
        let mut standing: Vec<u32> = same.filter(|&other| other < row).map(|other| leaders[other as usize]).collect();
        standing.sort_unstable();
        standing.dedup();
        if let Some(leader) = standing.into_iter().find(|&leader| arena.score_rows(row, leader) >= NEAR_IDENTICAL) {
            leaders[row as usize] = leader;
        }
    }
    leaders
}

/// The `k` nearest leaders of `row` besides itself, nearest first: from its list, or by a search where too many of the list
/// fold into each other.
fn distinct_neighbours(index: &SpaceIndex, row: u32, list: &[Scored], leaders: &RowSet, k: usize) -> Vec<Scored> {
    let distinct: Vec<Scored> = list.iter().filter(|scored| leaders.contains(scored.row)).take(k).copied().collect();
    if distinct.len() == k || list.len() + 1 >= index.vectors.live.len() {
        return distinct;
    }
    let Ok(query) = UnitVector::normalized(index.vectors.vector(row).to_vec()) else { return distinct };
    let mut all = index.vectors.best(&query, k + 1, Some(leaders)).rows;
    all.retain(|scored| scored.row != row);
    all.truncate(k);
    all
}

fn picture(index: &SpaceIndex, row: u32, neighbours: &[Scored]) -> Picture {
    let exact = |other: &Scored| (index.ids[other.row as usize], index.vectors.score_rows(row, other.row));
    let mut exact: Vec<_> = neighbours.iter().map(exact).collect();
    exact.sort_by(|a, b| b.1.total_cmp(&a.1));
    let mean = exact.iter().map(|&(_, score)| score).sum::<f32>() / exact.len().max(1) as f32;
    let score = if exact.is_empty() { 0.0 } else { 1.0 - mean };
    Picture { id: index.ids[row as usize], score, neighbours: exact, folded: 0 }
}

fn count_folded(pictures: &mut [Picture], leading: &[u32], leaders: &[u32], rows: &[u32]) {
    for &row in rows.iter().filter(|&&row| leaders[row as usize] != row) {
        if let Ok(at) = leading.binary_search(&leaders[row as usize]) {
            pictures[at].folded += 1;
        }
    }
}
