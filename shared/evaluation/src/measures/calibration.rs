//! Whether a classifier that is 80 % sure is right in 80 % of cases.

use super::Predictions;

/// Bins of confidence, as in the paper's tables.
const BINS: usize = 15;

/// What falls into one bin: sums over its photos.
#[derive(Clone, Copy, Default)]
struct Bin {
    confidence: f64,
    right: f64,
}

/// The expected calibration error (Guo et al., "On Calibration of Modern Neural Networks", 2017, equation 3): how far the
/// confidence of the most probable class lies from its part of right answers, over bins of confidence (0, 1/15],
/// (1/15, 2/15] and so on, weighted by their photos. 0 is best, 1 worst.
pub(super) fn calibration_error(predictions: &Predictions) -> f64 {
    let mut bins = [Bin::default(); BINS];
    for ((_, confidence), right) in predictions.most_probable().zip(predictions.correct()) {
        let bin = &mut bins[bin_of(confidence)];
        bin.confidence += confidence;
        bin.right += f64::from(u8::from(right));
    }
    bins.iter().map(|bin| (bin.confidence - bin.right).abs()).sum::<f64>() / predictions.photos() as f64
}

/// The bin of a confidence from 0 to 1; upper bounds belong to their bin.
fn bin_of(confidence: f64) -> usize {
    ((confidence * BINS as f64).ceil() as usize).clamp(1, BINS) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_include_their_upper_bound() {
        assert_eq!([0.0, 1.0 / 15.0, 0.07, 0.2, 0.5, 1.0].map(bin_of), [0, 0, 1, 2, 7, 14]);
    }

    #[test]
    fn a_classifier_that_knows_its_part_of_right_answers_is_calibrated() {
        let of = |labels: &[u32]| {
            let probabilities = [0.75, 0.25].repeat(labels.len());
            calibration_error(&Predictions::new(2, labels.to_vec(), probabilities).unwrap())
        };
        assert!(of(&[0, 0, 0, 1]).abs() < 1e-12);
        assert!((of(&[1, 1, 1, 1]) - 0.75).abs() < 1e-12);
    }
}
