//! From candidates by score to a page of results: ties by path, near-identical shots folded, irrelevant ones left out. The same for
//! every store.

use foray_protocol::{Hit, Photo};

use crate::LibraryError;
use crate::engine::Plan;
use crate::photo_query::{Answer, PageEnd, PageStart, PhotoQuery, Refinement, cut_page, sort_by_date, sort_placed};

pub use crate::photo_query::Placed;

/// From this cosine similarity on two photos are shots of the same thing.
pub(crate) const NEAR_IDENTICAL: f32 = 0.97;

/// The photos that a query's direction leads to.
pub trait Candidates {
    /// What names a photo here.
    type Key: Copy;

    /// The `want` best with their cosine similarities, best first, or all where there are fewer; more are no trouble. Without
    /// those that the query excludes.
    ///
    /// # Errors
    /// Those of the store.
    fn best(&self, want: usize) -> Result<Best<Self::Key>, LibraryError>;

    /// Gets ready for what is asked of these photos next.
    ///
    /// # Errors
    /// Those of the store.
    fn load(&self, keys: &[Self::Key]) -> Result<(), LibraryError>;

    /// A photo that was loaded; `None` for one that went away meanwhile.
    ///
    /// # Errors
    /// Those of the store.
    fn photo(&self, key: Self::Key) -> Result<Option<Photo>, LibraryError>;

    /// The cosine similarity of two photos that were loaded.
    fn similarity(&self, a: Self::Key, b: Self::Key) -> f32;

    /// The relevance, 0 to 1, of a photo that was loaded and whose similarity to the query is `score`.
    fn relevance(&self, key: Self::Key, score: f32) -> f32;
}

/// The best candidates.
#[derive(Clone, Debug)]
pub struct Best<K> {
    /// With their cosine similarities, best first.
    pub photos: Vec<(K, f32)>,
    /// How they were found, where that is known.
    pub plan: Option<Plan>,
}

/// The page of `candidates` that `query` asks for.
///
/// # Errors
/// Those of the store.
pub fn ranked<C: Candidates>(query: &PhotoQuery<'_>, candidates: &C) -> Result<Answer, LibraryError> {
    let Refinement { min_relevance, sort, .. } = query.refinement;
    // One more than the page shows whether others come after it.
    let mut want = query.start.seen() + query.limit + 1;
    let (mut hits, end, plan) = loop {
        let Reach { photos, above, is_all, plan } = reach(query, candidates, want)?;
        let placed = placed(candidates, &photos)?;
        let (hits, end) = cut_page(placed, query, above);
        // Photos that came since the page before have pushed others out of reach.
        if end.is_some() || is_all {
            break (hits, end, plan);
        }
        want *= 2;
    };
    let all = hits.len();
    hits.retain(|hit| hit.relevance >= min_relevance);
    let weaker = all - hits.len();
    sort_by_date(&mut hits, sort);
    // Relevance does not fall with every photo, but behind a page without a relevant one hardly any comes.
    let end = end.filter(|_| !hits.is_empty());
    Ok(Answer { hits, weaker, end, plan })
}

/// The best photos, each with its score and how many were folded into it.
struct Reach<K> {
    photos: Vec<(K, f32, usize)>,
    /// How many still better ones were left out, which no photo of the page can be among.
    above: usize,
    /// Whether there are no others.
    is_all: bool,
    plan: Option<Plan>,
}

/// The `want` best, and those that score as the last of them: the order of ties is decided by path later.
fn reach<C: Candidates>(query: &PhotoQuery<'_>, candidates: &C, want: usize) -> Result<Reach<C::Key>, LibraryError> {
    if query.refinement.dedupe {
        let (photos, plan) = distinct(candidates, want)?;
        let is_all = photos.len() < want;
        return Ok(Reach { photos, above: 0, is_all, plan });
    }
    let Best { photos: mut best, plan } = candidates.best(want)?;
    keep_with_ties(&mut best, want);
    let is_all = best.len() < want;
    // Only what may stand on the page is read from the catalogue.
    let highest = match query.start {
        PageStart::Offset(offset) => best.get(offset).map_or(f64::INFINITY, |&(_, score)| score.into()),
        PageStart::After(end) => end.height(),
    };
    let above = best.partition_point(|&(_, score)| f64::from(score) > highest);
    let photos = best.drain(above..).map(|(key, score)| (key, score, 0)).collect();
    Ok(Reach { photos, above, is_all, plan })
}

/// The `last` best photos of which no two are near-identical, with how many were folded into each.
type Distinct<K> = (Vec<(K, f32, usize)>, Option<Plan>);

fn distinct<C: Candidates>(candidates: &C, last: usize) -> Result<Distinct<C::Key>, LibraryError> {
    let mut want = 2 * last;
    loop {
        let Best { photos: best, plan } = candidates.best(want)?;
        let is_all = best.len() < want;
        let kept = folded(candidates, best)?;
        if is_all || kept.len() >= last {
            return Ok((kept.into_iter().take(last).collect(), plan));
        }
        want *= 2;
    }
}

fn folded<C: Candidates>(candidates: &C, best: Vec<(C::Key, f32)>) -> Result<Vec<(C::Key, f32, usize)>, LibraryError> {
    candidates.load(&best.iter().map(|(key, _)| *key).collect::<Vec<_>>())?;
    let mut kept: Vec<(C::Key, f32, usize)> = vec![];
    for (key, score) in best {
        let is_same = |(other, ..): &&mut (C::Key, f32, usize)| candidates.similarity(*other, key) >= NEAR_IDENTICAL;
        match kept.iter_mut().find(is_same) {
            Some((.., folded)) => *folded += 1,
            None => kept.push((key, score, 0)),
        }
    }
    Ok(kept)
}

fn placed<C: Candidates>(candidates: &C, photos: &[(C::Key, f32, usize)]) -> Result<Vec<Placed<Hit>>, LibraryError> {
    candidates.load(&photos.iter().map(|(key, ..)| *key).collect::<Vec<_>>())?;
    let mut placed = vec![];
    for &(key, score, folded) in photos {
        if let Some(photo) = candidates.photo(key)? {
            let relevance = candidates.relevance(key, score);
            placed.push(Placed::by_score(Hit { folded, ..Hit::new(photo, score, relevance) }));
        }
    }
    sort_placed(&mut placed);
    Ok(placed)
}

/// The page of `query` of what stands in a list, with its end.
pub fn listed<T>(query: &PhotoQuery<'_>, mut placed: Vec<Placed<T>>) -> (Vec<T>, Option<PageEnd>) {
    sort_placed(&mut placed);
    cut_page(placed, query, 0)
}

/// Photos of a list as results, which say nothing of scores.
pub fn as_hits(photos: impl IntoIterator<Item = Photo>) -> Vec<Hit> {
    photos.into_iter().map(|photo| Hit::new(photo, 0.0, 1.0)).collect()
}

/// Photos with their scores, best first, equal ones by path.
pub fn in_order(hits: Vec<Hit>) -> Vec<Hit> {
    let mut placed: Vec<Placed<Hit>> = hits.into_iter().map(Placed::by_score).collect();
    sort_placed(&mut placed);
    placed.into_iter().map(Placed::into_inner).collect()
}

/// Cuts to the `count` best, but keeps what scores as high as the last of them: the order of ties is decided by path later.
fn keep_with_ties<K>(best: &mut Vec<(K, f32)>, count: usize) {
    if let Some(last) = count.checked_sub(1).and_then(|last| best.get(last)).map(|(_, score)| *score) {
        best.truncate(best.partition_point(|(_, score)| *score >= last));
    }
}
