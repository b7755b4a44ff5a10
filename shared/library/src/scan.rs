//! The exact way to search: every allowed row is scored in 8 bits, in parallel when there are many.

use std::ops::Range;

use rayon::prelude::*;

use crate::arena::{Arena, QuantizedVector};
use crate::row_set::RowSet;
use crate::top::{Scored, Top};

/// Below this many rows a scan takes less time than waking other threads.
const PARALLEL_FROM: usize = 16_384;
const ROWS_A_TASK: usize = 8_192;

/// The `want` best of the rows in `range` that are in `live`.
pub(crate) fn scan_range(arena: &Arena, query: &QuantizedVector, live: &RowSet, range: Range<u32>, want: usize) -> Top {
    if range.len() < PARALLEL_FROM {
        return scan_part(arena, query, live, range, want);
    }
    let starts: Vec<u32> = range.clone().step_by(ROWS_A_TASK).collect();
    starts
        .into_par_iter()
        .map(|start| scan_part(arena, query, live, start..range.end.min(start + ROWS_A_TASK as u32), want))
        .reduce(|| Top::new(want), Top::merge)
}

fn scan_part(arena: &Arena, query: &QuantizedVector, live: &RowSet, range: Range<u32>, want: usize) -> Top {
    let mut top = Top::new(want);
    for row in range {
        let score = arena.score(query, row);
        if score >= top.threshold() && live.contains(row) {
            top.push(Scored { score, row });
        }
    }
    top
}

/// The `want` best of exactly these rows.
pub(crate) fn scan_rows(arena: &Arena, query: &QuantizedVector, rows: &[u32], want: usize) -> Top {
    rows.par_chunks(ROWS_A_TASK)
        .map(|rows| {
            let mut top = Top::new(want);
            rows.iter().for_each(|&row| top.push(Scored { score: arena.score(query, row), row }));
            top
        })
        .reduce(|| Top::new(want), Top::merge)
}
