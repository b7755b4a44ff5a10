//! Vectors like those of a CLIP model, made from a fixed seed: clusters in a space of fewer dimensions than they have components,
//! around a common mean. What an index does with plain noise says little of what it does with photos.

use foray_protocol::UnitVector;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;

/// Dimensions in which photos differ.
const INNER: usize = 96;
const CLUSTERS: usize = 300;
/// How far clusters lie apart, and how much noise there is in every component.
const SPREAD: f32 = 0.6;
const NOISE: f32 = 0.3;

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
        let mut normals = normals(seed);
        let mut take = |count| normals.by_ref().take(count).collect::<Vec<_>>();
        let directions = take(INNER * dimension).into_iter().map(|x| x / 10.0).collect();
        Self { dimension, directions, mean: take(dimension), centres: take(CLUSTERS * INNER) }
    }

    /// Vectors number `first..first + count`.
    pub fn vectors(&self, first: usize, count: usize) -> Vec<UnitVector> {
        (first..first + count).into_par_iter().map(|number| self.vector(number as u64)).collect()
    }

    fn vector(&self, number: u64) -> UnitVector {
        let mut normals = normals(number);
        let cluster = number as usize % CLUSTERS;
        let mut sum: Vec<f32> = self.mean.iter().zip(&mut normals).map(|(mean, noise)| mean + NOISE * noise).collect();
        let directions = self.directions.chunks_exact(self.dimension);
        for ((centre, direction), inner) in self.centres[cluster * INNER..].iter().zip(directions).zip(normals) {
            let along = SPREAD * centre + inner;
            sum.iter_mut().zip(direction).for_each(|(sum, x)| *sum += along * x);
        }
        UnitVector::normalized(sum).expect("noise is not zero")
    }
}

/// Numbers with mean 0 and deviation 1, the same for a seed on every machine.
fn normals(seed: u64) -> impl Iterator<Item = f32> {
    StandardNormal.sample_iter(ChaCha8Rng::seed_from_u64(seed))
}
