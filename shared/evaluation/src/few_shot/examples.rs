//! Labelled embeddings to learn from, and how they are picked and dealt out.

use foray_protocol::UnitVector;
use ndarray::{Array2, Axis};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::EvaluationError;
use crate::measures::check_labels;

/// Labelled embeddings; at least one of each class.
pub(super) struct Examples {
    /// Photos × dimension.
    pub(super) embeddings: Array2<f64>,
    /// Each photo's class.
    pub(super) labels: Vec<usize>,
    /// How many classes.
    pub(super) classes: usize,
}

impl Examples {
    /// # Errors
    /// [`EvaluationError::Shape`] when these do not fit together or a class has no photo.
    pub(super) fn new(photos: &[UnitVector], labels: &[u32], classes: usize) -> Result<Self, EvaluationError> {
        if labels.len() != photos.len() {
            return Err(EvaluationError::shape("labels of examples", labels.len(), photos.len()));
        }
        check_labels(labels, classes)?;
        if let Some(missing) = (0..classes as u32).find(|class| !labels.contains(class)) {
            let got = format!("none of class {missing}");
            return Err(EvaluationError::shape("examples", got, "at least one of each class"));
        }
        let labels = labels.iter().map(|&label| label as usize).collect();
        Ok(Self { embeddings: matrix("examples", photos)?, labels, classes })
    }

    pub(super) fn dimension(&self) -> usize {
        self.embeddings.ncols()
    }

    /// The photos at these places. Classes may lack photos.
    pub(super) fn select(&self, places: &[usize]) -> Self {
        Self {
            embeddings: self.embeddings.select(Axis(0), places),
            labels: places.iter().map(|&place| self.labels[place]).collect(),
            classes: self.classes,
        }
    }
}

/// Vectors as the rows of a matrix.
///
/// # Errors
/// [`EvaluationError::Shape`] when there are none or their dimensions differ.
pub(super) fn matrix(field: &'static str, vectors: &[UnitVector]) -> Result<Array2<f64>, EvaluationError> {
    let dimension = vectors.first().map_or(0, UnitVector::dimension);
    let numbers = vectors.iter().flat_map(|vector| vector.as_slice()).map(|&x| f64::from(x)).collect();
    Array2::from_shape_vec((vectors.len(), dimension), numbers)
        .map_err(|_| EvaluationError::shape(field, "vectors of several dimensions", "of one"))
}

/// The places in `labels` of `shots` photos of each class, ascending; all of a class that has fewer. They are picked at random
/// from `seed`, and nested: what is picked with fewer shots is among what is picked with more.
pub fn pick_examples(labels: &[u32], classes: usize, shots: usize, seed: u64) -> Vec<usize> {
    let shuffled = shuffled_by_class(labels.iter().map(|&label| label as usize), classes, seed);
    let mut picked: Vec<_> = shuffled.iter().flat_map(|class| class.iter().copied().take(shots)).collect();
    picked.sort_unstable();
    picked
}

/// The places of each class's photos in an order that depends on `seed`, and not on the other classes.
pub(super) fn shuffled_by_class(labels: impl Iterator<Item = usize>, classes: usize, seed: u64) -> Vec<Vec<usize>> {
    let mut places = vec![Vec::new(); classes];
    for (place, class) in labels.enumerate() {
        places[class].push(place);
    }
    for (class, places) in (0..).zip(&mut places) {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(class);
        places.sort_by_cached_key(|_| random.next_u64());
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn picks_are_nested_and_the_same_every_time() {
        let labels: Vec<u32> = (0..40).map(|photo| photo % 3).collect();
        let picks = [1, 2, 5, 100].map(|shots| pick_examples(&labels, 3, shots, 7));
        assert_eq!(picks.each_ref().map(Vec::len), [3, 6, 15, 40]);
        assert!(picks.windows(2).all(|pair| pair[0].iter().all(|place| pair[1].contains(place))));
        assert_eq!(pick_examples(&labels, 3, 2, 7), picks[1]);
        assert_ne!(pick_examples(&labels, 3, 2, 8), picks[1]);
        let classes: Vec<_> = picks[0].iter().map(|&place| labels[place]).collect();
        assert!((0..3).all(|class| classes.contains(&class)));
    }

    #[test]
    fn what_does_not_fit_together_is_refused() {
        let unit = |values: &[f32]| UnitVector::normalized(values.to_vec()).unwrap();
        let message = |photos: &[UnitVector], labels: &[u32]| {
            Examples::new(photos, labels, 2).err().expect("it is refused").to_string()
        };
        let two = [unit(&[1.0, 0.0]), unit(&[0.0, 1.0])];
        assert_eq!(message(&two, &[0]), "labels of examples: got 1; expected 2");
        assert_eq!(message(&two, &[0, 2]), "labels: got 2; expected one below 2");
        assert_eq!(message(&two, &[1, 1]), "examples: got none of class 0; expected at least one of each class");
        let mixed = [unit(&[1.0, 0.0]), unit(&[1.0])];
        assert_eq!(message(&mixed, &[0, 1]), "examples: got vectors of several dimensions; expected of one");
    }
}
