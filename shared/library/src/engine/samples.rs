//! Vectors for tests: clustered as the embeddings of photos are.

use foray_protocol::UnitVector;

pub use crate::engine::random::Random;

impl Random {
    /// About normally distributed, mean 0.
    pub fn normal(&mut self) -> f32 {
        (0..6).map(|_| self.unit() - 0.5).sum()
    }
}

/// `count` vectors in clusters of about 40.
pub fn clustered(count: usize, dimension: usize, seed: u64) -> Vec<UnitVector> {
    let mut random = Random(seed);
    let point = |random: &mut Random| -> Vec<f32> { (0..dimension).map(|_| random.normal()).collect() };
    let centres: Vec<Vec<f32>> = (0..count.div_ceil(40)).map(|_| point(&mut random)).collect();
    (0..count)
        .map(|_| {
            let centre = &centres[random.below(centres.len())];
            let offset = point(&mut random);
            let sum = centre.iter().zip(offset).map(|(c, o)| c + 0.8 * o).collect();
            UnitVector::normalized(sum).unwrap()
        })
        .collect()
}
