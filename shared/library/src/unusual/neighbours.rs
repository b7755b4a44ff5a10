//! Each live row's nearest neighbours, kept up to date as rows come and go.
//!
//! A list is always an exact beginning of its row's true order by 8-bit scores: a new row is offered to every list, a dead
//! one is dropped from those that name it, and a list that became short is made anew. So the lists never depend on the
//! order of inserts and deletions beyond their length.

use rayon::prelude::*;

use crate::engine::arena::Arena;
use crate::engine::scan::scan_batch;
use crate::engine::{RowSet, Scored};

/// Neighbours a list keeps when there are as many: ten distinct ones, and room for shots that fold into one.
pub(crate) const LENGTH: usize = 32;
/// A list that deletions made shorter than this is made anew.
const MIN_LENGTH: usize = 16;
/// Rows that are looked up together.
const QUERIES: usize = 4_096;
/// New rows offered in one pass over the lists: they stay in the processor's cache.
const BLOCK: usize = 64;

/// Nearest rows of one row, best first.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct List {
    pub nearest: Vec<Scored>,
    /// Whether every other live row is in it; then its end is not a limit.
    pub whole: bool,
}

impl List {
    /// Takes `scored` in where it belongs; past the end of a list that is not whole its place is unknown.
    fn offer(&mut self, scored: Scored) {
        let at = self.nearest.partition_point(|other| *other > scored);
        if at == self.nearest.len() && !self.whole {
            return;
        }
        self.nearest.insert(at, scored);
        if self.nearest.len() > LENGTH {
            self.nearest.truncate(LENGTH);
            self.whole = false;
        }
    }
}

/// The lists of a space's live rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Neighbours {
    /// By row; dead rows have none.
    lists: Vec<Option<List>>,
}

impl Neighbours {
    /// All lists, by row.
    pub fn lists(&self) -> &[Option<List>] {
        &self.lists
    }

    /// Lists that were made before, by row.
    pub fn from_lists(lists: Vec<Option<List>>) -> Self {
        Self { lists }
    }

    /// The list of `row`, if it has one.
    pub fn get(&self, row: u32) -> Option<&List> {
        self.lists.get(row as usize)?.as_ref()
    }

    /// Brings the lists to the rows that are `live` now; tells how many are new. Costs two scores for each pair of a new row and
    /// a live one.
    pub fn follow(&mut self, arena: &Arena, live: &RowSet) -> usize {
        self.lists.resize(arena.len(), None);
        self.drop_dead(live);
        let missing: Vec<u32> = live.iter().filter(|&row| self.get(row).is_none()).collect();
        missing.chunks(BLOCK).for_each(|rows| self.offer_to_all(arena, rows));
        self.make(arena, live, &missing);
        self.refill(arena, live);
        missing.len()
    }

    fn make(&mut self, arena: &Arena, live: &RowSet, rows: &[u32]) {
        let whole = live.len() <= LENGTH + 1;
        for rows in rows.chunks(QUERIES) {
            let queries: Vec<_> = rows.iter().map(|&row| arena.quantized(row)).collect();
            for (&row, found) in rows.iter().zip(scan_batch(arena, &queries, live, LENGTH + 1)) {
                let mut nearest = found.into_sorted();
                nearest.retain(|scored| scored.row != row);
                nearest.truncate(LENGTH);
                self.lists[row as usize] = Some(List { nearest, whole });
            }
        }
    }

    fn drop_dead(&mut self, live: &RowSet) {
        let dead: RowSet =
            (0..self.lists.len() as u32).filter(|&row| self.get(row).is_some() && !live.contains(row)).collect();
        if dead.is_empty() {
            return;
        }
        self.lists.par_iter_mut().enumerate().for_each(|(row, list)| {
            if dead.contains(row as u32) {
                *list = None;
            } else if let Some(list) = list {
                list.nearest.retain(|scored| !dead.contains(scored.row));
            }
        });
    }

    /// Offers new rows to every list that is there already.
    fn offer_to_all(&mut self, arena: &Arena, rows: &[u32]) {
        self.lists.par_iter_mut().enumerate().with_min_len(1_024).for_each(|(at, list)| {
            if let Some(list) = list {
                let score = |&row: &u32| Scored { score: arena.score_rows(at as u32, row), row };
                rows.iter().map(score).for_each(|scored| list.offer(scored));
            }
        });
    }

    fn refill(&mut self, arena: &Arena, live: &RowSet) {
        let is_short = |list: &List| !list.whole && list.nearest.len() < MIN_LENGTH;
        let short: Vec<u32> = live.iter().filter(|&row| self.get(row).is_some_and(is_short)).collect();
        self.make(arena, live, &short);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::engine::Top;
    use crate::engine::samples;

    fn arena(count: usize) -> Arena {
        let mut arena = Arena::new(24);
        samples::clustered(count, 24, 5).iter().for_each(|vector| arena.push(vector.as_slice()));
        arena
    }

    /// By the definition.
    fn search(arena: &Arena, live: &RowSet, row: u32) -> Vec<Scored> {
        let mut top = Top::new(LENGTH);
        for other in live.iter().filter(|&other| other != row) {
            top.push(Scored { score: arena.score_rows(row, other), row: other });
        }
        top.into_sorted()
    }

    #[track_caller]
    fn assert_exact(lists: &Neighbours, arena: &Arena, live: &RowSet) {
        for row in 0..arena.len() as u32 {
            assert_eq!(lists.get(row).is_some(), live.contains(row), "row {row}");
            let Some(list) = lists.get(row) else { continue };
            let exact = search(arena, live, row);
            assert!(list.nearest.len() >= MIN_LENGTH.min(live.len() - 1), "row {row}: {}", list.nearest.len());
            assert_eq!(list.nearest, exact[..list.nearest.len()], "row {row}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn lists_are_exact_after_any_inserts_and_deletions(
            steps in prop::collection::vec(prop::collection::vec((0u32..150, any::<bool>()), 1..60), 1..8),
        ) {
            let arena = arena(150);
            let (mut lists, mut live) = (Neighbours::default(), RowSet::default());
            for changes in steps {
                changes.into_iter().for_each(|(row, present)| live.set(row, present));
                lists.follow(&arena, &live);
                assert_exact(&lists, &arena, &live);
            }
        }
    }

    /// `cargo test --release -p foray-library what_an_insert_costs -- --ignored --nocapture`
    #[test]
    #[ignore = "prints figures; takes minutes"]
    fn what_an_insert_costs() {
        let mut arena = Arena::new(384);
        samples::clustered(51_000, 384, 1).iter().for_each(|vector| arena.push(vector.as_slice()));
        let mut live: RowSet = (0..50_000).collect();
        let mut lists = Neighbours::default();
        let timed = |what: &str, lists: &mut Neighbours, live: &RowSet| {
            let begun = std::time::Instant::now();
            lists.follow(&arena, live);
            println!("{what}: {:.3} s", begun.elapsed().as_secs_f64());
        };
        timed("full build of 50,000 rows", &mut lists, &live);
        (50_000..51_000).for_each(|row| live.set(row, true));
        timed("1,000 inserts", &mut lists, &live);
        (0..1_000).for_each(|row| live.set(row * 7, false));
        timed("1,000 deletions", &mut lists, &live);
    }
}
