//! All vectors of a space as rows of 8-bit integers: small enough to keep in memory, fast enough to scan.

use std::sync::Arc;

use foray_protocol::UnitVector;

use crate::kernel;

/// Rows a chunk: a chunk that a snapshot shares is copied when its next row comes, so it must stay small.
const CHUNK_ROWS: usize = 4096;

/// A vector in 8 bits a component: `component ≈ value * scale`.
#[derive(Clone, Debug)]
pub(crate) struct QuantizedVector {
    pub values: Vec<i8>,
    pub scale: f32,
}

impl QuantizedVector {
    /// The largest component becomes ±127, so that every row uses its whole range.
    pub fn new(vector: &UnitVector) -> Self {
        let largest = vector.as_slice().iter().fold(0f32, |largest, x| largest.max(x.abs()));
        let scale = largest / 127.0;
        let values = vector.as_slice().iter().map(|x| (x / scale).round() as i8).collect();
        Self { values, scale }
    }
}

#[derive(Clone, Debug, Default)]
struct Chunk {
    values: Vec<i8>,
    scales: Vec<f32>,
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

    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// How many rows there are, dead ones counted.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Appends `vector` as the next row.
    pub fn push(&mut self, vector: &QuantizedVector) {
        debug_assert_eq!(vector.values.len(), self.dimension);
        if self.rows.is_multiple_of(CHUNK_ROWS) {
            self.chunks.push(Arc::default());
        }
        if let Some(chunk) = self.chunks.last_mut().map(Arc::make_mut) {
            chunk.values.extend_from_slice(&vector.values);
            chunk.scales.push(vector.scale);
            self.rows += 1;
        }
    }

    /// Appends a row of zeros, which no query likes: it stands where a row was deleted for good.
    pub fn push_hole(&mut self) {
        self.push(&QuantizedVector { values: vec![0; self.dimension], scale: 0.0 });
    }

    /// The values of `row`.
    #[inline]
    pub fn row(&self, row: u32) -> &[i8] {
        let at = row as usize % CHUNK_ROWS * self.dimension;
        &self.chunks[row as usize / CHUNK_ROWS].values[at..at + self.dimension]
    }

    #[inline]
    pub fn scale(&self, row: u32) -> f32 {
        self.chunks[row as usize / CHUNK_ROWS].scales[row as usize % CHUNK_ROWS]
    }

    /// Approximate cosine similarity of `query` and `row`; off by about 0.001.
    #[inline]
    pub fn score(&self, query: &QuantizedVector, row: u32) -> f32 {
        kernel::dot_i8(&query.values, self.row(row)) * query.scale * self.scale(row)
    }

    /// Approximate cosine similarity of two rows.
    #[inline]
    pub fn score_rows(&self, a: u32, b: u32) -> f32 {
        kernel::dot_i8(self.row(a), self.row(b)) * self.scale(a) * self.scale(b)
    }

    /// `row` as a query.
    pub fn quantized(&self, row: u32) -> QuantizedVector {
        QuantizedVector { values: self.row(row).to_vec(), scale: self.scale(row) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::samples;

    #[test]
    fn scores_are_close_to_the_exact_ones() {
        let vectors = samples::clustered(CHUNK_ROWS + 50, 96, 1);
        let mut arena = Arena::new(96);
        vectors.iter().for_each(|vector| arena.push(&QuantizedVector::new(vector)));
        let query = QuantizedVector::new(&vectors[7]);
        for (row, vector) in vectors.iter().enumerate() {
            assert!((arena.score(&query, row as u32) - vectors[7].cosine(vector)).abs() < 0.01);
        }
    }

    #[test]
    fn a_snapshot_does_not_see_later_rows() {
        let vectors = samples::clustered(2, 8, 1);
        let mut arena = Arena::new(8);
        arena.push(&QuantizedVector::new(&vectors[0]));
        let snapshot = arena.clone();
        arena.push(&QuantizedVector::new(&vectors[1]));
        assert_eq!((snapshot.len(), arena.len()), (1, 2));
        assert_eq!(snapshot.row(0), arena.row(0));
    }
}
