//! The best few of many scored rows.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// A row with its score; higher is better, and of equal scores the lower row number is better.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scored {
    /// Cosine similarity, -1..1; approximate where rows are of 8 bits.
    pub score: f32,
    /// Number of the row.
    pub row: u32,
}

impl Eq for Scored {}

impl PartialOrd for Scored {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Scored {
    fn cmp(&self, other: &Self) -> Ordering {
        self.score.total_cmp(&other.score).then(other.row.cmp(&self.row))
    }
}

/// Keeps the `capacity` best of the rows pushed.
#[derive(Clone, Debug)]
pub(crate) struct Top {
    capacity: usize,
    heap: BinaryHeap<Reverse<Scored>>,
}

impl Top {
    pub fn new(capacity: usize) -> Self {
        Self { capacity, heap: BinaryHeap::with_capacity(capacity.min(1 << 16) + 1) }
    }

    /// The worst score kept once full: a row must beat it.
    #[inline]
    pub fn threshold(&self) -> f32 {
        match self.heap.peek() {
            Some(Reverse(worst)) if self.heap.len() >= self.capacity => worst.score,
            _ => f32::NEG_INFINITY,
        }
    }

    #[inline]
    pub fn push(&mut self, scored: Scored) {
        if self.heap.len() < self.capacity {
            self.heap.push(Reverse(scored));
        } else if let Some(mut worst) = self.heap.peek_mut()
            && scored > worst.0
        {
            *worst = Reverse(scored);
        }
    }

    pub fn merge(mut self, other: Self) -> Self {
        other.heap.into_iter().for_each(|Reverse(scored)| self.push(scored));
        self
    }

    /// The rows kept, best first.
    pub fn into_sorted(self) -> Vec<Scored> {
        self.heap.into_sorted_vec().into_iter().map(|Reverse(scored)| scored).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_keeps_the_best(scores in prop::collection::vec(-9i8..9, 0..80), capacity in 0usize..20) {
            let mut all: Vec<_> =
                scores.iter().enumerate().map(|(row, &score)| Scored { score: f32::from(score), row: row as u32 }).collect();
            let mut top = Top::new(capacity);
            all.iter().for_each(|&scored| top.push(scored));
            all.sort_by(|a, b| b.cmp(a));
            all.truncate(capacity);
            prop_assert_eq!(top.into_sorted(), all);
        }
    }
}
