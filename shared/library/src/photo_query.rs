//! What is asked of a search over the whole library, and what it answers.

use std::cmp::Reverse;

use foray_protocol::{Filter, Hit, ImageId, PhotoPath, SortOrder, UnitVector, clock_seconds};
use serde::{Deserialize, Serialize};

use crate::LibraryError;
use crate::engine::Plan;
use crate::relevance::ConceptBank;

/// The most results of one search, and the deepest page.
const MAX_LIMIT: usize = 10_000;
const MAX_OFFSET: usize = 1_000_000;

/// Each folded photo is compared with all that are shown.
const MOST_FOLDED: usize = 1_000;

/// What to look for; ten photos of anything by default.
#[derive(Clone, Debug)]
pub struct PhotoQuery<'a> {
    /// The direction to look in; `None` lists photos by path, for a query that is a filter alone.
    pub vector: Option<&'a UnitVector>,
    /// What a photo must fulfil; every photo does without.
    pub filter: Option<&'a Filter>,
    /// Photos to leave out, such as the one that others shall be similar to.
    pub exclude: &'a [ImageId],
    /// How many photos at most, 1 to 10,000.
    pub limit: usize,
    /// Where the page begins.
    pub start: PageStart<'a>,
    /// What becomes of those that were found.
    pub refinement: Refinement,
    /// What a query of words competes with. Without them, relevance is how far a photo stands out from the library.
    pub concepts: Option<&'a ConceptBank>,
}

/// Where a page begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PageStart<'a> {
    /// After so many of the best.
    Offset(usize),
    /// Where another page ended, whatever came or went since.
    After(&'a PageEnd),
}

/// Where a page ends: its last photo's place in the order of all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PageEnd {
    height: Height,
    path: PhotoPath,
    /// How many photos stood before the next page.
    seen: usize,
}

/// What photos are ordered by, highest first: the score; for a filter alone, the time by which it is sorted. Then comes the path.
type Height = f64;

/// What becomes of photos that were found.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Refinement {
    /// Photos of less relevance are left out, 0 to 1.
    pub min_relevance: f32,
    /// The order of a page's photos.
    pub sort: SortOrder,
    /// Whether near-identical shots are one result: the best of them.
    pub dedupe: bool,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// The photos.
    pub hits: Vec<Hit>,
    /// How many that would have been on this page were not relevant enough.
    pub weaker: usize,
    /// Where the page ends; `None` where none comes after it.
    pub end: Option<PageEnd>,
    /// How they were found; `None` for photos that were listed without a query's direction.
    pub plan: Option<Plan>,
}

impl Default for PhotoQuery<'_> {
    fn default() -> Self {
        let (start, refinement) = (PageStart::Offset(0), Refinement::default());
        Self { vector: None, filter: None, exclude: &[], limit: 10, start, refinement, concepts: None }
    }
}

impl PhotoQuery<'_> {
    /// Whether it can be asked.
    ///
    /// # Errors
    /// [`LibraryError::OutOfRange`] and [`LibraryError::Relevance`] for limits outside their ranges.
    pub fn check(&self) -> Result<(), LibraryError> {
        check_page(self.limit, self.start.seen())?;
        let Refinement { min_relevance, dedupe, .. } = self.refinement;
        let last = self.start.seen() + self.limit;
        if dedupe && last > MOST_FOLDED {
            return Err(LibraryError::OutOfRange {
                field: "dedupe: offset and limit",
                got: last,
                expected: "at most 1,000",
            });
        }
        if !(0.0..=1.0).contains(&min_relevance) {
            return Err(LibraryError::Relevance { got: min_relevance });
        }
        Ok(())
    }
}

/// Checks the limits of a page of results.
pub(crate) fn check_page(limit: usize, offset: usize) -> Result<(), LibraryError> {
    let error = |field, got, expected| Err(LibraryError::OutOfRange { field, got, expected });
    match (limit, offset) {
        (1..=MAX_LIMIT, 0..=MAX_OFFSET) => Ok(()),
        (1..=MAX_LIMIT, _) => error("offset", offset, "0 to 1,000,000"),
        _ => error("limit", limit, "1 to 10,000"),
    }
}

impl PageStart<'_> {
    /// How many photos stood before the page, when the one before it was made.
    pub(crate) fn seen(&self) -> usize {
        match self {
            Self::Offset(offset) => *offset,
            Self::After(end) => end.seen,
        }
    }
}

impl PageEnd {
    /// No photo after it is higher.
    pub(crate) fn height(&self) -> Height {
        self.height
    }
}

/// Something of a photo, with what it is ordered by.
#[derive(Debug)]
pub struct Placed<T> {
    height: Height,
    path: PhotoPath,
    of: T,
}

impl Placed<Hit> {
    /// A photo that a query's direction led to.
    pub(crate) fn by_score(hit: Hit) -> Self {
        Self { height: hit.score.into(), path: hit.photo.photo_path(), of: hit }
    }
}

impl<T> Placed<T> {
    /// What stands for a photo at `path`, taken so many seconds after 1970 by the camera's clock, in a list of this order.
    pub fn in_list(of: T, path: PhotoPath, taken: Option<i64>, order: SortOrder) -> Self {
        let taken = taken.map(|seconds| seconds as f64);
        let height = match order {
            SortOrder::Best => Some(0.0),
            SortOrder::Newest => taken,
            SortOrder::Oldest => taken.map(|seconds| -seconds),
        };
        Self { height: height.unwrap_or(f64::NEG_INFINITY), path, of }
    }

    pub(crate) fn into_inner(self) -> T {
        self.of
    }

    /// A query that is embedded anew may score a little differently: the photo at the end itself is never after it.
    fn is_after(&self, end: &PageEnd) -> bool {
        self.path != end.path && (self.height < end.height || self.height == end.height && self.path > end.path)
    }
}

/// Puts photos in order: the highest first, equal ones by path.
pub(crate) fn sort_placed<T>(photos: &mut [Placed<T>]) {
    photos.sort_by(|a, b| b.height.total_cmp(&a.height).then_with(|| a.path.cmp(&b.path)));
}

/// The page of `photos`, which are in order and of which `above` more stand before the first; with its end, if others come after
/// it.
pub(crate) fn cut_page<T>(
    mut photos: Vec<Placed<T>>,
    query: &PhotoQuery<'_>,
    above: usize,
) -> (Vec<T>, Option<PageEnd>) {
    match query.start {
        PageStart::Offset(offset) => drop(photos.drain(..offset.saturating_sub(above).min(photos.len()))),
        PageStart::After(end) => photos.retain(|photo| photo.is_after(end)),
    }
    let more_come = photos.len() > query.limit;
    photos.truncate(query.limit);
    let seen = query.start.seen() + photos.len();
    let last = photos.last().filter(|_| more_come);
    let end = last.map(|Placed { height, path, .. }| PageEnd { height: *height, path: path.clone(), seen });
    (photos.into_iter().map(Placed::into_inner).collect(), end)
}

/// Sorts by when photos were taken; those without a date come last, and equal ones stay as they were.
pub(crate) fn sort_by_date(hits: &mut [Hit], order: SortOrder) {
    match order {
        SortOrder::Best => {}
        SortOrder::Oldest => hits.sort_by_cached_key(|hit| taken(hit).unwrap_or(i64::MAX)),
        SortOrder::Newest => hits.sort_by_cached_key(|hit| Reverse(taken(hit).unwrap_or(i64::MIN))),
    }
}

/// When the photo was taken, seconds since 1970 by the camera's clock.
pub(crate) fn taken(hit: &Hit) -> Option<i64> {
    hit.photo.metadata.description.taken_at.as_deref().and_then(clock_seconds)
}

/// The page of `items` from `offset` on.
pub(crate) fn page<T>(items: Vec<T>, offset: usize, limit: usize) -> Vec<T> {
    items.into_iter().skip(offset).take(limit).collect()
}
