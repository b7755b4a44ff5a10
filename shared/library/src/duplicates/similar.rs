//! Similar photos: those whose embeddings lie close together.

use super::components::Components;
use super::roster::Shot;
use crate::engine::{QUANTIZATION_ERROR, VectorIndex};
use crate::neighbours::lists::Lists;

/// Cosine similarity from which photos show much the same thing.
pub(super) const MIN_SIMILARITY: f32 = 0.9;

/// Photos that are joined by close embeddings, each with its nearest.
pub(super) fn components(shots: &[Shot], lists: &Lists, vectors: &VectorIndex) -> Vec<Vec<usize>> {
    let mut components = Components::new(shots.len());
    for (at, shot) in shots.iter().enumerate() {
        let near = lists.nearest(shot.row).iter();
        let near = near.take_while(|scored| scored.score >= MIN_SIMILARITY - QUANTIZATION_ERROR);
        let close = near.filter(|scored| vectors.score_rows(shot.row, scored.row) >= MIN_SIMILARITY);
        // Rows of photos that are in a stricter group already are not among the shots.
        close
            .filter_map(|scored| shots.binary_search_by_key(&scored.row, |shot| shot.row).ok())
            .for_each(|other| components.join(at, other));
    }
    components.groups()
}
