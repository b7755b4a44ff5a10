//! Similar photos: those whose embeddings lie close together.

use foray_protocol::UnitVector;

use super::components::Components;
use super::roster::Shot;
use crate::engine::VectorIndex;

/// Cosine similarity from which photos show much the same thing.
pub(super) const MIN_SIMILARITY: f32 = 0.9;
/// How many of its nearest each photo is joined with.
const NEIGHBOURS: usize = 24;
/// Photos that are looked up together.
const BATCH: usize = 256;

/// Photos that are joined by close embeddings.
pub(super) fn components(shots: &[Shot], vectors: &VectorIndex) -> Vec<Vec<usize>> {
    let mut components = Components::new(shots.len());
    for (start, batch) in (0..).step_by(BATCH).zip(shots.chunks(BATCH)) {
        let query = |shot: &Shot| UnitVector::normalized(vectors.vector(shot.row).to_vec()).ok();
        let known: Vec<(usize, UnitVector)> =
            (start..).zip(batch).filter_map(|(at, shot)| Some((at, query(shot)?))).collect();
        let (numbers, queries): (Vec<usize>, Vec<UnitVector>) = known.into_iter().unzip();
        for (at, nearest) in numbers.into_iter().zip(vectors.best_of_each(&queries, NEIGHBOURS)) {
            let close = nearest.into_iter().take_while(|scored| scored.score >= MIN_SIMILARITY);
            // Rows of photos that are in a stricter group already are not among the shots.
            close
                .filter_map(|scored| shots.binary_search_by_key(&scored.row, |shot| shot.row).ok())
                .for_each(|other| components.join(at, other));
        }
    }
    components.groups()
}
