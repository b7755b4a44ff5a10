//! What is known of the classes before any photo: the vectors of their prompts.

use foray_protocol::UnitVector;
use ndarray::{Array2, Axis};

use super::examples::{self, Examples};
use crate::{EvaluationError, softmax};

/// The largest scale of similarities, as CLIP has it. Where the prompts alone tell all examples apart, larger ones would fit
/// ever better.
const LARGEST_SCALE: f64 = 100.0;
/// How often the interval of scales is halved.
const HALVINGS: usize = 30;

/// One vector for each class as a matrix, classes × dimension.
///
/// # Errors
/// [`EvaluationError::Shape`] when there are more or fewer, or when their dimension is not that of the photos.
pub(super) fn matrix(prior: &[UnitVector], classes: usize, dimension: usize) -> Result<Array2<f64>, EvaluationError> {
    let matrix = examples::matrix("vectors of prompts", prior)?;
    if matrix.dim() != (classes, dimension) {
        let got = format!("{} × {}", matrix.nrows(), matrix.ncols());
        return Err(EvaluationError::shape("vectors of prompts", got, format!("{classes} × {dimension}")));
    }
    Ok(matrix)
}

/// The scale of similarities, 0 to 100, with which zero-shot classification by `prior` makes the labels of `examples` most
/// probable. The likelihood is concave in it, so that its slope has one sign on either side.
pub(super) fn best_scale(examples: &Examples, prior: &Array2<f64>) -> f64 {
    let similarities = examples.embeddings.dot(&prior.t());
    let (mut low, mut high) = (0.0, LARGEST_SCALE);
    for _ in 0..HALVINGS {
        let middle = (low + high) / 2.0;
        if slope(&similarities, &examples.labels, middle) > 0.0 { low = middle } else { high = middle }
    }
    (low + high) / 2.0
}

/// How the logarithm of the likelihood rises with the scale.
fn slope(similarities: &Array2<f64>, labels: &[usize], scale: f64) -> f64 {
    let of_photo = |row: &[f64], label: usize| {
        let probabilities = softmax(&row.iter().map(|similarity| scale * similarity).collect::<Vec<_>>());
        // As a sum of differences it keeps its sign where probabilities come close to 0 and 1.
        row.iter().zip(probabilities).map(|(similarity, p)| (row[label] - similarity) * p).sum::<f64>()
    };
    similarities.axis_iter(Axis(0)).zip(labels).map(|(row, &label)| of_photo(&row.to_vec(), label)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(values: &[f32]) -> UnitVector {
        UnitVector::normalized(values.to_vec()).unwrap()
    }

    #[test]
    fn the_scale_says_how_far_prompts_can_be_trusted() {
        let prompts = [unit(&[1.0, 0.0]), unit(&[0.0, 1.0])];
        let prior = matrix(&prompts, 2, 2).unwrap();
        // Three of four photos are of the class whose prompt they equal: exp(s) / (1 + exp(s)) = 3/4 at s = ln 3.
        let photos = [prompts[0].clone(), prompts[0].clone(), prompts[0].clone(), prompts[0].clone()];
        let mostly = Examples::new(&photos, &[0, 0, 0, 1], 2).unwrap();
        assert!((best_scale(&mostly, &prior) - 3f64.ln()).abs() < 1e-6);
        let always = Examples::new(&prompts, &[0, 1], 2).unwrap();
        assert!((best_scale(&always, &prior) - LARGEST_SCALE).abs() < 1e-6);
        let never = Examples::new(&prompts, &[1, 0], 2).unwrap();
        assert!(best_scale(&never, &prior) < 1e-6);
    }

    #[test]
    fn prompts_of_another_model_are_refused() {
        let message = matrix(&[unit(&[1.0, 0.0])], 2, 3).unwrap_err().to_string();
        assert_eq!(message, "vectors of prompts: got 1 × 2; expected 2 × 3");
    }
}
