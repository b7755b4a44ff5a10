//! The direction in which a search looks: the weighted sum of a query's terms, drawn towards photos that are liked and away from
//! those that are not.

use foray_embedding::Embedder;
use foray_protocol::{ImageId, Problem, ProblemKind, ProtocolError, Query, Subject, TermShare, UnitVector};

use crate::picture_embedding::embedding_problem;

/// What the photos that are liked count together, beside a query of weight 1 (Rocchio, 1971; the weights of Manning, Raghavan
/// and Schütze, "Introduction to Information Retrieval", 9.1.1).
const LIKED: f32 = 0.75;
/// What those that are not liked count together.
const UNLIKED: f32 = 0.15;

/// A weighted sum of unit vectors, made a unit vector, that remembers its parts.
#[derive(Clone, Debug)]
pub(crate) struct Direction {
    vector: UnitVector,
    parts: Vec<Part>,
    /// The sum's length before it was made 1.
    length: f32,
}

/// One part of the sum.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// What it stands for, in words.
    pub term: String,
    pub weight: f32,
    pub vector: UnitVector,
}

impl Direction {
    /// The sum of `parts`; `None` without any.
    ///
    /// # Errors
    /// A bad request when they cancel each other out.
    pub fn of(parts: Vec<Part>) -> Result<Option<Self>, ProtocolError> {
        let Some(first) = parts.first() else { return Ok(None) };
        let mut sum = vec![0f32; first.vector.dimension()];
        for Part { weight, vector, .. } in &parts {
            sum.iter_mut().zip(vector.as_slice()).for_each(|(sum, x)| *sum += weight * x);
        }
        let length = sum.iter().map(|x| x * x).sum::<f32>().sqrt();
        let cancelled =
            |_| Problem::new(ProblemKind::BadRequest, "the query's terms cancel each other out; change a weight");
        Ok(Some(Self { vector: UnitVector::normalized(sum).map_err(cancelled)?, parts, length }))
    }

    pub fn vector(&self) -> &UnitVector {
        &self.vector
    }

    /// What each part adds to the score of `photo`; together they are the score.
    pub fn shares(&self, photo: &UnitVector) -> Vec<TermShare> {
        let share = |Part { term, weight, vector }: &Part| {
            let similarity = vector.cosine(photo);
            TermShare { term: term.clone(), weight: *weight, similarity, share: weight * similarity / self.length }
        };
        self.parts.iter().map(share).collect()
    }
}

/// The parts of a query: one for each term. `photo` gives the vectors of photos that the query names by the first digits of
/// their ids.
pub(crate) fn terms(
    query: &Query,
    text: impl Fn(&str) -> Result<UnitVector, ProtocolError>,
    photo: impl Fn(&str) -> Result<UnitVector, ProtocolError>,
) -> Result<Vec<Part>, ProtocolError> {
    query
        .terms
        .iter()
        .map(|term| {
            let (name, vector) = match &term.subject {
                Subject::Text(words) => (words.clone(), text(words)?),
                Subject::Photo(digits) => (format!("id:{digits}"), photo(digits)?),
            };
            Ok(Part { term: name, weight: term.weight, vector })
        })
        .collect()
}

/// The parts that photos which are liked, and others which are not, add to a query.
pub(crate) fn feedback(
    liked: &[ImageId],
    unliked: &[ImageId],
    photo: impl Fn(ImageId) -> Result<UnitVector, ProtocolError>,
) -> Result<Vec<Part>, ProtocolError> {
    let part = |&id: &ImageId, term: String, weight: f32| Ok(Part { term, weight, vector: photo(id)? });
    let liked_parts = liked.iter().map(|id| part(id, format!("like id:{id}"), LIKED / liked.len() as f32));
    let unliked_parts = unliked.iter().map(|id| part(id, format!("unlike id:{id}"), -UNLIKED / unliked.len() as f32));
    liked_parts.chain(unliked_parts).collect()
}

/// The weighted sum of a query's terms, made a unit vector; `None` without terms. `photo` gives the vectors of photos that
/// the query names by the first digits of their ids.
///
/// # Errors
/// Those of embedding and of `photo`, and a bad request when the terms cancel each other out.
pub fn query_vector(
    query: &Query,
    embedder: &Embedder,
    photo: impl Fn(&str) -> Result<UnitVector, ProtocolError>,
) -> Result<Option<UnitVector>, ProtocolError> {
    let text = |text: &str| embedder.embed_text(text).map_err(|error| embedding_problem(&error));
    let direction = Direction::of(terms(query, text, photo)?)?;
    Ok(direction.map(|direction| direction.vector))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(weight: f32, values: [f32; 2]) -> Part {
        Part { term: "x".to_owned(), weight, vector: UnitVector::normalized(values.to_vec()).unwrap() }
    }

    #[test]
    fn shares_add_up_to_the_score() {
        let direction =
            Direction::of(vec![part(1.0, [1.0, 0.0]), part(2.0, [1.0, 1.0]), part(-0.5, [0.0, 1.0])]).unwrap().unwrap();
        let photo = UnitVector::normalized(vec![0.3, 0.9]).unwrap();
        let sum: f32 = direction.shares(&photo).iter().map(|share| share.share).sum();
        assert!((sum - direction.vector().cosine(&photo)).abs() < 1e-6);
    }

    #[test]
    fn nothing_has_no_direction_and_opposites_are_told() {
        assert!(Direction::of(vec![]).unwrap().is_none());
        let opposites = vec![part(1.0, [1.0, 0.0]), part(-1.0, [1.0, 0.0])];
        assert!(Direction::of(opposites).unwrap_err().to_string().contains("cancel"));
    }

    #[test]
    fn feedback_weighs_all_photos_of_a_kind_together() {
        let ids = [1, 2, 3].map(|byte| ImageId::from_bytes([byte; 16]));
        let vector = |_| Ok(UnitVector::normalized(vec![1.0, 0.0]).unwrap());
        let parts = feedback(&ids[..2], &ids[2..], vector).unwrap();
        let weights: Vec<f32> = parts.iter().map(|part| part.weight).collect();
        assert_eq!(weights, [LIKED / 2.0, LIKED / 2.0, -UNLIKED]);
        assert!(parts[2].term.starts_with("unlike id:0303"));
    }
}
