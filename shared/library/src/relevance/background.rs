//! What the rest of a library scores for a query.

use foray_protocol::UnitVector;

use crate::engine::arena::QuantizedVector;
use crate::space::SpaceIndex;

/// Rows scored to know what an average photo scores for a query.
const SAMPLE: usize = 2_000;
/// Standard deviations above the mean at which relevance is 0.5, and how fast it grows there.
const CUT: f32 = 3.0;
const SLOPE: f32 = 1.5;

/// Scores of an average photo for a query.
#[derive(Clone, Copy, Debug)]
pub struct Background {
    mean: f32,
    deviation: f32,
}

impl Background {
    /// From an even sample of the live photos.
    pub(crate) fn new(index: &SpaceIndex, query: &UnitVector) -> Self {
        let query = QuantizedVector::new(query.as_slice());
        Self::of(index.sample(SAMPLE).map(|row| index.vectors.arena.score(&query, row)))
    }

    /// From the scores, cosine similarities, of an even sample of photos.
    pub fn of(scores: impl Iterator<Item = f32>) -> Self {
        let (mean, deviation) = mean_and_deviation(scores);
        Self { mean, deviation }
    }

    /// How far `score` stands out, 0 to 1.
    pub fn relevance(&self, score: f32) -> f32 {
        let deviations = (score - self.mean) / self.deviation.max(1e-3);
        super::logistic(deviations - CUT, SLOPE)
    }
}

/// Mean and standard deviation; zeros of nothing.
pub(super) fn mean_and_deviation(scores: impl Iterator<Item = f32>) -> (f32, f32) {
    let (mut count, mut sum, mut squares) = (0.0f64, 0.0f64, 0.0f64);
    for score in scores.map(f64::from) {
        count += 1.0;
        sum += score;
        squares += score * score;
    }
    let mean = sum / count.max(1.0);
    let variance = (squares / count.max(1.0) - mean * mean).max(0.0);
    (mean as f32, variance.sqrt() as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_and_deviation_are_those_of_the_textbook() {
        assert_eq!(mean_and_deviation([2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0].into_iter()), (5.0, 2.0));
        assert_eq!(mean_and_deviation(std::iter::empty()), (0.0, 0.0));
    }

    #[test]
    fn three_deviations_above_the_mean_are_half_relevant() {
        let background = Background { mean: 0.1, deviation: 0.05 };
        assert!((background.relevance(0.25) - 0.5).abs() < 1e-5);
        assert!((background.relevance(0.30) - 0.817_574).abs() < 1e-4);
        assert!(background.relevance(0.1) < 0.02);
    }
}
