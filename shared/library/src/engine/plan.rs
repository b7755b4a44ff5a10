//! How a query is answered: by an exact scan, or by a walk through the graph, with or without a filter.

use std::fmt;

/// What a row costs to score when it is fetched by its number, in rows that a scan reads in order (bench `search`: half of 100,000
/// rows 2.7 ms, all in order 1.5 ms).
const FETCHED_ROW: f64 = 3.6;
/// What a walk costs for each candidate it keeps, in rows that a scan on two cores reads in order (bench `search`: 320 candidates
/// of 100,000 rows 0.6 ms; the scan 1.2 ms).
const WALKED_ROWS: f64 = 160.0;
/// A scan of so few rows takes less than half a millisecond, and is never wrong.
const ALWAYS_SCAN: f64 = 20_000.0;
/// A scan under a filter, which costs no more than one of all rows, is preferred up to here: a few hundredths of a second. A filter
/// makes the nearest rows fewer and farther (bench `search`, half of 1,000,000 rows allowed, 1,024 candidates: recall@10 0.990).
const ALWAYS_SCAN_FILTERED: f64 = 3_000_000.0;
/// Candidates of an unfiltered walk at least: 320 reach recall@10 of 0.993 among 100,000 rows in the bench `search`; texts take more.
const MIN_EF: f64 = 512.0;
/// Where that was measured. Among ten times as many rows it takes three times as many candidates.
const MIN_EF_ROWS: f64 = 100_000.0;
/// Beyond this many candidates the walk would see most of what an exact scan sees, at a higher price.
const MAX_EF: usize = 2_048;

/// The way in which a search finds its candidates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Plan {
    /// Reads every row; those that are not allowed are left out.
    Scan {
        /// How many rows there are.
        rows: usize,
    },
    /// Fetches only the rows that are allowed.
    ScanAllowed {
        /// How many these are.
        rows: usize,
    },
    /// Walks the graph, and scans the rows that came since it was built.
    Graph {
        /// How many allowed candidates the walk keeps.
        ef: usize,
        /// How many rows are scanned besides.
        tail: usize,
        /// Which share of the rows is allowed, 0..1.
        allowed: f64,
    },
}

/// What the choice depends on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Situation {
    /// All rows, dead ones counted.
    pub rows: usize,
    /// Rows that may be returned.
    pub allowed: usize,
    /// Rows that the graph knows; 0 without a graph.
    pub graph_rows: usize,
    /// Candidates wanted.
    pub keep: usize,
}

impl Plan {
    /// The cheapest plan; where a scan costs little, a scan.
    pub(crate) fn choose(situation: Situation) -> Self {
        let Situation { rows, allowed, .. } = situation;
        let fetching = allowed as f64 * FETCHED_ROW;
        let (scan, scan_cost) = if fetching < rows as f64 {
            (Self::ScanAllowed { rows: allowed }, fetching)
        } else {
            (Self::Scan { rows }, rows as f64)
        };
        let always_scan = if is_filtered(situation) { ALWAYS_SCAN_FILTERED } else { ALWAYS_SCAN };
        match Self::walk(situation) {
            Some((walk, cost)) if scan_cost > always_scan && cost < scan_cost => walk,
            _ => scan,
        }
    }

    /// The walk and its cost, where one can serve.
    fn walk(situation: Situation) -> Option<(Self, f64)> {
        let Situation { rows, allowed, graph_rows, keep } = situation;
        let share = allowed as f64 / rows.max(1) as f64;
        let least = (MIN_EF * (rows as f64 / MIN_EF_ROWS).sqrt().max(1.0)) as usize;
        let ef = keep.max(if is_filtered(situation) { MAX_EF } else { least.min(MAX_EF) });
        if graph_rows == 0 || ef > MAX_EF {
            return None;
        }
        let tail = rows - graph_rows;
        let cost = ef as f64 / share.max(1e-9) * WALKED_ROWS + tail as f64;
        Some((Self::Graph { ef, tail, allowed: share }, cost))
    }
}

/// Whether more rows are left out than may be dead without a new graph.
fn is_filtered(Situation { rows, allowed, .. }: Situation) -> bool {
    (allowed as f64) < 0.75 * rows as f64
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scan { rows } => write!(f, "exact scan of all {rows} rows"),
            Self::ScanAllowed { rows } => write!(f, "exact scan of the {rows} rows that the filter allows"),
            Self::Graph { ef, tail, allowed } => {
                write!(f, "graph, {ef} candidates, and an exact scan of {tail} rows that are newer than it")?;
                if *allowed < 1.0 { write!(f, "; {:.0} % of the rows are allowed", allowed * 100.0) } else { Ok(()) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(rows: usize, allowed: usize, graph_rows: usize, keep: usize) -> Plan {
        Plan::choose(Situation { rows, allowed, graph_rows, keep })
    }

    #[test]
    fn small_libraries_and_selective_filters_are_scanned() {
        assert_eq!(choose(8_000, 8_000, 8_000, 52), Plan::Scan { rows: 8_000 });
        assert_eq!(choose(1_000_000, 10_000, 1_000_000, 52), Plan::ScanAllowed { rows: 10_000 });
        assert_eq!(choose(1_000_000, 1_000_000, 0, 52), Plan::Scan { rows: 1_000_000 });
    }

    #[test]
    fn large_libraries_are_walked_the_wider_the_larger() {
        assert_eq!(choose(100_000, 100_000, 90_000, 52), Plan::Graph { ef: 512, tail: 10_000, allowed: 1.0 });
        assert!(matches!(choose(1_000_000, 900_000, 1_000_000, 52), Plan::Graph { ef: 1_619, .. }));
    }

    #[test]
    fn what_a_filter_leaves_is_scanned_but_for_the_largest_libraries() {
        assert_eq!(choose(1_000_000, 500_000, 1_000_000, 52), Plan::Scan { rows: 1_000_000 });
        assert!(matches!(choose(10_000_000, 5_000_000, 10_000_000, 52), Plan::Graph { ef: 2_048, .. }));
    }

    #[test]
    fn deep_pages_are_scanned() {
        assert_eq!(choose(1_000_000, 1_000_000, 1_000_000, 20_032), Plan::Scan { rows: 1_000_000 });
    }
}
