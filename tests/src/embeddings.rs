//! Vectors like those of a CLIP model, made from a fixed seed: clusters in a space of fewer dimensions than they have components,
//! around a common mean. What an index does with plain noise says little of what it does with photos.

use foray_protocol::UnitVector;
use rayon::prelude::*;

/// Dimensions in which photos differ.
const INNER: usize = 96;
const CLUSTERS: usize = 300;
/// How far clusters lie apart, and how much noise there is in every component.
const SPREAD: f32 = 0.6;
const NOISE: f32 = 0.3;

/// A small generator with a fixed sequence (SplitMix64).
pub struct Random(pub u64);

impl Random {
    /// The next number.
    pub fn next_number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Normally distributed, mean 0, deviation 1 (the sum of twelve even ones).
    pub fn normal(&mut self) -> f32 {
        let even = |bits: u64| (bits & 0xffff) as f32 / 65_536.0;
        let mut sum = -6.0;
        for _ in 0..3 {
            let bits = self.next_number();
            sum += even(bits) + even(bits >> 16) + even(bits >> 32) + even(bits >> 48);
        }
        sum
    }

    fn normals(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| self.normal()).collect()
    }
}

/// What all vectors of a seed share.
pub struct Embeddings {
    dimension: usize,
    /// `INNER` rows of `dimension` components.
    directions: Vec<f32>,
    mean: Vec<f32>,
    centres: Vec<f32>,
}

impl Embeddings {
    /// Vectors of `dimension` components.
    pub fn new(dimension: usize, seed: u64) -> Self {
        let mut random = Random(seed);
        let directions = random.normals(INNER * dimension).into_iter().map(|x| x / 10.0).collect();
        Self { dimension, directions, mean: random.normals(dimension), centres: random.normals(CLUSTERS * INNER) }
    }

    /// Vectors number `first..first + count`.
    pub fn vectors(&self, first: usize, count: usize) -> Vec<UnitVector> {
        (first..first + count).into_par_iter().map(|number| self.vector(number as u64)).collect()
    }

    fn vector(&self, number: u64) -> UnitVector {
        let mut random = Random(number.wrapping_mul(0x2545_f491_4f6c_dd1d));
        let cluster = random.next_number() as usize % CLUSTERS;
        let mut sum: Vec<f32> = self.mean.iter().map(|mean| mean + NOISE * random.normal()).collect();
        for (centre, direction) in
            self.centres[cluster * INNER..].iter().zip(self.directions.chunks_exact(self.dimension))
        {
            let along = SPREAD * centre + random.normal();
            sum.iter_mut().zip(direction).for_each(|(sum, x)| *sum += along * x);
        }
        UnitVector::normalized(sum).expect("noise is not zero")
    }
}
