//! What a score says of a photo: its relevance, from 0 to 1.
//!
//! A query of words is measured by how much better it explains a photo than everyday concepts do; any other query, and one of
//! words while there are no concepts, by what the rest of the library scores for it.

mod background;
mod concept_file;
mod concepts;

use foray_protocol::UnitVector;

pub use background::Background;
pub use concepts::ConceptBank;

use crate::space::SpaceIndex;

/// What the scores of one query are measured by.
#[derive(Debug)]
pub(crate) enum Yardstick<'a> {
    /// The rest of the library.
    Library(Background),
    /// What else could be said of the photo.
    Concepts(&'a ConceptBank, &'a SpaceIndex),
}

impl<'a> Yardstick<'a> {
    /// By `concepts`, if there are such of the index's space.
    pub fn new(index: &'a SpaceIndex, query: &UnitVector, concepts: Option<&'a ConceptBank>) -> Self {
        match concepts.filter(|concepts| concepts.dimension() == index.vectors.dimension()) {
            Some(concepts) => Self::Concepts(concepts, index),
            None => Self::Library(Background::new(index, query)),
        }
    }

    /// Relevance, 0 to 1, of the photo in `row`, whose cosine similarity to the query is `score`.
    pub fn relevance(&self, row: u32, score: f32) -> f32 {
        match self {
            Self::Library(background) => background.relevance(score),
            Self::Concepts(concepts, index) => concepts.relevance(&index.vectors.arena.quantized(row), score),
        }
    }
}

/// From 0 to 1: 0.5 for 0, and the steeper the larger `slope` is.
fn logistic(x: f32, slope: f32) -> f32 {
    1.0 / (1.0 + (-slope * x).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logistic_function_has_its_known_values() {
        assert_eq!(logistic(0.0, 1.5), 0.5);
        assert!((logistic(2.0, 0.5) - 0.731_058_6).abs() < 1e-6);
        assert!((logistic(-2.0, 0.5) - 0.268_941_4).abs() < 1e-6);
        assert_eq!((logistic(1e9, 1.0), logistic(-1e9, 1.0)), (1.0, 0.0));
    }
}
