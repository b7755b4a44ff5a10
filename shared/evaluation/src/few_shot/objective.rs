//! What the weights of a probe are chosen to make small.

use ndarray::{Array1, Array2, ArrayViewMut1, Axis, concatenate, s};

use super::examples::Examples;
use super::probe::LinearProbe;
use super::{lbfgs, prior};

/// Multinomial logistic regression with weights that are pulled towards an anchor: the mean over photos of
/// `-ln softmax(W x + b)[label]`, plus `strength / (2 classes) · |W - anchor|²`.
///
/// Weights and biases stand in one matrix, classes × (dimension + 1). Photos are taken relative to their mean: embeddings
/// share a large one, which would tie weights to biases and slow the search. As biases are free, the minimum is the same.
pub(super) struct Objective {
    /// Photos × (dimension + 1): embeddings less their mean, then a 1 for the bias.
    inputs: Array2<f64>,
    mean: Array1<f64>,
    labels: Vec<usize>,
    /// Classes × (dimension + 1): where the weights are pulled, and the biases that go with it, which are not.
    anchor: Array2<f64>,
}

impl Objective {
    /// The anchor is `prior` (classes × dimension) at the scale that fits the examples best, or zero without one.
    pub(super) fn new(examples: &Examples, prior: Option<&Array2<f64>>) -> Self {
        let photos = examples.embeddings.nrows();
        let mean = examples.embeddings.sum_axis(Axis(0)) / photos as f64;
        let centred = &examples.embeddings - &mean;
        let weights = match prior {
            Some(prior) => prior * prior::best_scale(examples, prior),
            None => Array2::zeros((examples.classes, examples.dimension())),
        };
        let biases = weights.dot(&mean).insert_axis(Axis(1));
        Self {
            inputs: beside(&centred, &Array2::ones((photos, 1))),
            mean,
            labels: examples.labels.clone(),
            anchor: beside(&weights, &biases),
        }
    }

    /// Where a search starts when nothing better is known.
    pub(super) fn start(&self) -> Array2<f64> {
        self.anchor.clone()
    }

    /// The weights and biases at the minimum, searched from `start` until the gradient is not longer than `tolerance`.
    pub(super) fn minimise(&self, start: Array2<f64>, strength: f64, tolerance: f64) -> Array2<f64> {
        lbfgs::minimise(start, tolerance, |weights| self.value_and_gradient(weights, strength))
    }

    /// The value at `weights`, and how it rises with each of them.
    fn value_and_gradient(&self, weights: &Array2<f64>, strength: f64) -> (f64, Array2<f64>) {
        let photos = self.labels.len() as f64;
        let mut errors = self.inputs.dot(&weights.t());
        let rows = errors.axis_iter_mut(Axis(0)).zip(&self.labels);
        let loss: f64 = rows.map(|(row, &label)| loss_and_error(row, label)).sum();
        let mut gradient = errors.t().dot(&self.inputs) / photos;
        let pull = strength / weights.nrows() as f64;
        let mut moved = weights - &self.anchor;
        moved.column_mut(self.mean.len()).fill(0.0);
        gradient.scaled_add(pull, &moved);
        (loss / photos + pull / 2.0 * moved.iter().map(|x| x * x).sum::<f64>(), gradient)
    }

    /// What these weights make of photos that the search has not seen: how many are classified rightly, and the sum of minus
    /// the logarithms of their labels' probabilities.
    pub(super) fn on_others(&self, weights: &Array2<f64>, others: &Examples) -> (usize, f64) {
        let dimension = self.mean.len();
        let centred = &others.embeddings - &self.mean;
        let mut logits = centred.dot(&weights.slice(s![.., ..dimension]).t()) + weights.column(dimension);
        let photos = logits.axis_iter_mut(Axis(0)).zip(&others.labels);
        photos.fold((0, 0.0), |(right, loss), (row, &label)| {
            let is_right = row.iter().all(|&logit| logit <= row[label]);
            (right + usize::from(is_right), loss + loss_and_error(row, label))
        })
    }

    /// The probe with these weights, for photos that are not taken relative to the mean.
    pub(super) fn probe(&self, weights: &Array2<f64>) -> LinearProbe {
        let dimension = self.mean.len();
        let biases = &weights.column(dimension) - &weights.slice(s![.., ..dimension]).dot(&self.mean);
        let narrow = |x: &f64| *x as f32;
        LinearProbe {
            weights: weights.outer_iter().map(|row| row.iter().take(dimension).map(narrow).collect()).collect(),
            bias: biases.iter().map(narrow).collect(),
        }
    }
}

fn beside(left: &Array2<f64>, right: &Array2<f64>) -> Array2<f64> {
    concatenate![Axis(1), left.view(), right.view()]
}

/// Minus the logarithm of the label's probability. Turns logits into their derivatives: probabilities, less 1 at the label.
fn loss_and_error(mut row: ArrayViewMut1<f64>, label: usize) -> f64 {
    let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let logit = row[label] - largest;
    row.mapv_inplace(|logit| (logit - largest).exp());
    let sum = row.sum();
    row /= sum;
    row[label] -= 1.0;
    sum.ln() - logit
}
