//! The linear classifier that is learned, kept and used.

use foray_protocol::UnitVector;
use serde::{Deserialize, Serialize};

use crate::softmax;

/// A linear classifier of embeddings: the probabilities of the classes are the softmax of `weights · photo + bias`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinearProbe {
    /// Classes × dimension.
    pub weights: Vec<Vec<f32>>,
    /// One number for each class.
    pub bias: Vec<f32>,
}

impl LinearProbe {
    /// The probability of each class for a photo; together they are 1.
    pub fn probabilities(&self, photo: &UnitVector) -> Vec<f64> {
        let dot = |row: &[f32]| -> f64 {
            row.iter().zip(photo.as_slice()).map(|(&weight, &x)| f64::from(weight) * f64::from(x)).sum()
        };
        let logits: Vec<_> = self.weights.iter().zip(&self.bias).map(|(row, &b)| dot(row) + f64::from(b)).collect();
        softmax(&logits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_are_the_softmax_of_weights_and_bias() {
        let probe = LinearProbe { weights: vec![vec![1.0, 0.0], vec![0.0, 2.0]], bias: vec![0.5, -0.25] };
        let photo = UnitVector::normalized(vec![3.0, 4.0]).unwrap();
        // Logits 0.6 + 0.5 and 1.6 - 0.25.
        let second = 1.0 / (1.0 + (-0.25f64).exp());
        assert!((probe.probabilities(&photo)[1] - second).abs() < 1e-6);
    }
}
