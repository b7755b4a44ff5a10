//! All vectors as rows of 8-bit integers: small enough to keep in memory, fast enough to scan.

use std::sync::Arc;

use crate::engine::huge_bytes::HugeBytes;
use crate::engine::kernel;

/// Rows a chunk: a chunk that a snapshot shares is copied when its next row comes, so it must stay small; and with 128 components
/// or a multiple of that, so many fill large pages to the last byte.
pub(crate) const CHUNK_ROWS: usize = 16_384;

/// A vector in 8 bits a component: `component ≈ value * scale`.
#[derive(Clone, Debug)]
pub(crate) struct QuantizedVector {
    pub values: Vec<i8>,
    pub scale: f32,
}

impl QuantizedVector {
    /// The largest component becomes ±127, so that every row uses its whole range. A vector of zeros has scale 0.
    pub fn new(vector: &[f32]) -> Self {
        let largest = vector.iter().fold(0f32, |largest, x| largest.max(x.abs()));
        let steps = if largest > 0.0 { 127.0 / largest } else { 0.0 };
        // Adding and taking away 1.5 * 2^23 rounds to the nearest integer, in instructions that every processor has.
        const ROUND: f32 = 12_582_912.0;
        let values = vector.iter().map(|x| ((x * steps + ROUND) - ROUND) as i8).collect();
        Self { values, scale: largest / 127.0 }
    }

    /// Approximate cosine similarity to a row of these values and this scale.
    #[inline]
    pub fn score(&self, values: &[i8], scale: f32) -> f32 {
        kernel::dot_i8(&self.values, values) as f32 * (self.scale * scale)
    }
}

/// Some consecutive rows.
#[derive(Clone, Debug)]
pub(crate) struct Chunk {
    values: HugeBytes,
    scales: Vec<f32>,
}

impl Chunk {
    /// No rows yet, with memory for [`CHUNK_ROWS`] of `dimension` values.
    pub fn new(dimension: usize) -> Self {
        Self { values: HugeBytes::with_capacity(CHUNK_ROWS * dimension), scales: vec![] }
    }

    pub fn push(&mut self, vector: &[f32]) {
        let QuantizedVector { values, scale } = QuantizedVector::new(vector);
        self.values.extend_from_slice(&values);
        self.scales.push(scale);
    }
}

/// The rows, numbered from 0 in the order in which they came. Cloning is cheap: chunks are shared until changed.
#[derive(Clone, Debug)]
pub(crate) struct Arena {
    dimension: usize,
    rows: usize,
    chunks: Vec<Arc<Chunk>>,
}

impl Arena {
    pub fn new(dimension: usize) -> Self {
        Self { dimension, rows: 0, chunks: vec![] }
    }

    /// Joins chunks of which all but the last have [`CHUNK_ROWS`] rows.
    pub fn from_chunks(dimension: usize, chunks: Vec<Chunk>) -> Self {
        let rows = chunks.iter().map(|chunk| chunk.scales.len()).sum();
        Self { dimension, rows, chunks: chunks.into_iter().map(Arc::new).collect() }
    }

    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// How many rows there are, dead ones counted.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Appends `vector` as the next row.
    pub fn push(&mut self, vector: &[f32]) {
        debug_assert_eq!(vector.len(), self.dimension);
        if self.rows.is_multiple_of(CHUNK_ROWS) {
            self.chunks.push(Arc::new(Chunk::new(self.dimension)));
        }
        if let Some(chunk) = self.chunks.last_mut() {
            Arc::make_mut(chunk).push(vector);
            self.rows += 1;
        }
    }

    /// The values of `row`.
    #[inline]
    pub fn row(&self, row: u32) -> &[i8] {
        let at = row as usize % CHUNK_ROWS * self.dimension;
        &self.chunks[row as usize / CHUNK_ROWS].values.as_slice()[at..at + self.dimension]
    }

    #[inline]
    pub fn scale(&self, row: u32) -> f32 {
        self.chunks[row as usize / CHUNK_ROWS].scales[row as usize % CHUNK_ROWS]
    }

    /// Approximate cosine similarity of `query` and `row`; off by about 0.001.
    #[inline]
    pub fn score(&self, query: &QuantizedVector, row: u32) -> f32 {
        query.score(self.row(row), self.scale(row))
    }

    /// Approximate cosine similarity of two rows.
    #[inline]
    pub fn score_rows(&self, a: u32, b: u32) -> f32 {
        kernel::dot_i8(self.row(a), self.row(b)) as f32 * (self.scale(a) * self.scale(b))
    }

    /// Rows `range` of one chunk, each with its scale.
    #[inline]
    pub fn rows(&self, range: std::ops::Range<u32>) -> impl Iterator<Item = (u32, &[i8], f32)> {
        let chunk = &self.chunks[range.start as usize / CHUNK_ROWS];
        let first = range.start as usize % CHUNK_ROWS;
        let values = chunk.values.as_slice()[first * self.dimension..].chunks_exact(self.dimension);
        range.zip(values).zip(&chunk.scales[first..]).map(|((row, values), &scale)| (row, values, scale))
    }

    /// `row` as a query.
    pub fn quantized(&self, row: u32) -> QuantizedVector {
        QuantizedVector { values: self.row(row).to_vec(), scale: self.scale(row) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::samples;

    #[test]
    fn scores_are_close_to_the_exact_ones() {
        let vectors = samples::clustered(CHUNK_ROWS + 50, 96, 1);
        let mut arena = Arena::new(96);
        vectors.iter().for_each(|vector| arena.push(vector.as_slice()));
        let query = QuantizedVector::new(vectors[7].as_slice());
        for (row, vector) in vectors.iter().enumerate() {
            assert!((arena.score(&query, row as u32) - vectors[7].cosine(vector)).abs() < 0.01);
        }
    }

    #[test]
    fn rounding_is_to_the_nearest() {
        let vector = QuantizedVector::new(&[127.0, -127.0, 0.4, 0.6, -0.6, 0.0, 126.4]);
        assert_eq!(vector.values, [127, -127, 0, 1, -1, 0, 126]);
        assert_eq!(QuantizedVector::new(&[0.0; 3]).values, [0; 3]);
    }

    #[test]
    fn a_snapshot_does_not_see_later_rows() {
        let vectors = samples::clustered(2, 8, 1);
        let mut arena = Arena::new(8);
        arena.push(vectors[0].as_slice());
        let snapshot = arena.clone();
        arena.push(vectors[1].as_slice());
        assert_eq!((snapshot.len(), arena.len()), (1, 2));
        assert_eq!(snapshot.row(0), arena.row(0));
    }
}
