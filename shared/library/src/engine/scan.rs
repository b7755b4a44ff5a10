//! The exact way to search: every allowed row is scored in 8 bits, in parallel when there are many, for one query or several.

use std::ops::Range;

use rayon::prelude::*;

use crate::engine::arena::{Arena, QuantizedVector};
use crate::engine::kernel;
use crate::engine::row_set::RowSet;
use crate::engine::top::{Scored, Top};

/// Rows that one thread scores at a time.
const ROWS_A_PART: usize = 4_096;
/// Below this many rows a scan takes less time than waking other threads.
const PARALLEL_FROM: usize = 16_384;
/// Rows that stay in the processor's cache while several queries look at them.
const ROWS_A_TILE: usize = 256;
/// Queries that share the rows of a tile.
const QUERIES_A_TILE: usize = 16;
/// How far ahead of the row that is scored another is fetched, when not every row is.
const FETCH_AHEAD: usize = 8;

/// The `want` best of the rows in `range` that are in `live`.
pub(crate) fn scan_range(arena: &Arena, query: &QuantizedVector, live: &RowSet, range: Range<u32>, want: usize) -> Top {
    let scan = |part: Range<u32>| {
        let mut top = Top::new(want);
        scan_part(arena, query, live, part, &mut top);
        top
    };
    if range.len() < PARALLEL_FROM {
        let mut top = Top::new(want);
        parts(range, ROWS_A_PART).for_each(|part| scan_part(arena, query, live, part, &mut top));
        return top;
    }
    let parts: Vec<_> = parts(range, ROWS_A_PART).collect();
    parts.into_par_iter().map(scan).reduce(|| Top::new(want), Top::merge)
}

/// Cuts `range` where rows of the number `step` begin; `step` divides the rows of a chunk, so a part lies in one chunk.
fn parts(range: Range<u32>, step: usize) -> impl Iterator<Item = Range<u32>> {
    let step = step as u32;
    let tiles = range.start / step..range.end.div_ceil(step);
    tiles
        .map(move |tile| range.start.max(tile * step)..range.end.min((tile + 1) * step))
        .filter(|part| !part.is_empty())
}

/// Scores the rows of one chunk.
fn scan_part(arena: &Arena, query: &QuantizedVector, live: &RowSet, part: Range<u32>, top: &mut Top) {
    for (row, values, scale) in arena.rows(part) {
        let score = query.score(values, scale);
        if score >= top.threshold() && live.contains(row) {
            top.push(Scored { score, row });
        }
    }
}

/// The `want` best rows of `live` for each query, every row read once for many queries.
pub(crate) fn scan_batch(arena: &Arena, queries: &[QuantizedVector], live: &RowSet, want: usize) -> Vec<Top> {
    queries
        .par_chunks(QUERIES_A_TILE)
        .flat_map_iter(|queries| {
            let mut tops = vec![Top::new(want); queries.len()];
            for tile in parts(0..arena.len() as u32, ROWS_A_TILE) {
                for (query, top) in queries.iter().zip(&mut tops) {
                    scan_part(arena, query, live, tile.clone(), top);
                }
            }
            tops
        })
        .collect()
}

/// The `want` best of exactly these rows.
pub(crate) fn scan_rows(arena: &Arena, query: &QuantizedVector, rows: &[u32], want: usize) -> Top {
    rows.par_chunks(PARALLEL_FROM)
        .map(|rows| {
            let mut top = Top::new(want);
            for (at, &row) in rows.iter().enumerate() {
                rows.get(at + FETCH_AHEAD).iter().for_each(|&&ahead| kernel::prefetch(arena.row(ahead)));
                top.push(Scored { score: arena.score(query, row), row });
            }
            top
        })
        .reduce(|| Top::new(want), Top::merge)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::samples;

    #[test]
    fn many_queries_at_once_find_what_each_finds_alone() {
        let vectors = samples::clustered(5_000, 48, 5);
        let mut arena = Arena::new(48);
        vectors.iter().for_each(|vector| arena.push(vector.as_slice()));
        let live: RowSet = (0..5_000).filter(|row| row % 3 != 0).collect();
        let queries: Vec<_> = vectors[..40].iter().map(|vector| QuantizedVector::new(vector.as_slice())).collect();
        let together = scan_batch(&arena, &queries, &live, 12);
        let rows: Vec<u32> = live.iter().collect();
        for (query, top) in queries.iter().zip(together) {
            let alone = scan_range(&arena, query, &live, 0..5_000, 12).into_sorted();
            assert_eq!(scan_rows(&arena, query, &rows, 12).into_sorted(), alone);
            assert_eq!(top.into_sorted(), alone);
        }
    }

    #[test]
    fn parts_cover_the_range_and_stay_inside_their_chunks() {
        for range in [0..0, 3..4, 4_000..9_000, 4_096..8_192] {
            let parts: Vec<_> = parts(range.clone(), ROWS_A_PART).collect();
            assert_eq!(parts.iter().cloned().flatten().collect::<Vec<_>>(), range.collect::<Vec<_>>());
            assert!(parts.iter().all(|part| part.start / 4096 == (part.end - 1) / 4096));
        }
    }
}
