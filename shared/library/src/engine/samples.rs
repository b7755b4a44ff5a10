//! Vectors for tests: clustered as the embeddings of photos are.

use foray_protocol::UnitVector;

/// A small generator with a fixed sequence (SplitMix64), so that tests are the same everywhere.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// About normally distributed, mean 0.
    pub fn normal(&mut self) -> f32 {
        (0..6).map(|_| (self.next() >> 40) as f32 / (1 << 24) as f32 - 0.5).sum()
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
