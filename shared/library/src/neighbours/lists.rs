//! Each live row's nearest neighbours, kept up to date as rows come and go.
//!
//! A list is a beginning of its row's true order by 8-bit scores: a new row is offered to every list, a dead one is dropped
//! from those that name it, and a list that became short is made anew. So exact lists never depend on the order of inserts
//! and deletions beyond their length. In a large library the first ones come from walks of the search graph, which may miss
//! a few neighbours; a reindex makes them exact.

use rayon::prelude::*;

use crate::engine::arena::Arena;
use crate::engine::scan::scan_batch;
use crate::engine::{RowSet, Scored, VectorIndex};

/// Neighbours a list keeps when there are as many: ten distinct ones, and room for shots that fold into one.
pub(crate) const LENGTH: usize = 32;
/// A list that deletions made shorter than this is made anew.
const MIN_LENGTH: usize = 16;
/// New rows offered in one pass over the lists: they stay in the processor's cache.
const BLOCK: usize = 64;
/// From so many pairs of a row that lacks a list and a live row on, lists are made by walks: a minute or more of scans.
const WALK_FROM: f64 = 4e9;
/// Candidates of a walk.
const WALK_EF: usize = 192;
/// What a walk costs, in scores of a scan.
const WALK_SCORES: f64 = 60_000.0;

/// What is asked of the lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Precision {
    /// A large library's first lists may come from walks.
    Usual,
    /// Those that do are made anew by scans.
    Exact,
}

/// How much of the truth a list holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Extent {
    /// The nearest rows, and no others.
    #[default]
    Beginning,
    /// Every other live row; then its end is not a limit.
    Whole,
    /// What a walk found: nearly the nearest rows.
    Walked,
}

/// Nearest rows of one row, best first.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct List {
    pub nearest: Vec<Scored>,
    pub extent: Extent,
}

impl List {
    fn new(row: u32, mut nearest: Vec<Scored>, extent: Extent) -> Self {
        nearest.retain(|scored| scored.row != row);
        nearest.truncate(LENGTH);
        Self { nearest, extent }
    }

    /// Takes `scored` in where it belongs; past the end of a list that is not whole its place is unknown.
    fn offer(&mut self, scored: Scored) {
        let at = self.nearest.partition_point(|other| *other > scored);
        if at == self.nearest.len() && self.extent != Extent::Whole {
            return;
        }
        self.nearest.insert(at, scored);
        if self.nearest.len() > LENGTH {
            self.nearest.truncate(LENGTH);
            if self.extent == Extent::Whole {
                self.extent = Extent::Beginning;
            }
        }
    }

    fn is_short(&self) -> bool {
        self.extent != Extent::Whole && self.nearest.len() < MIN_LENGTH
    }
}

/// The lists of a space's live rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Lists {
    /// By row; dead rows have none.
    by_row: Vec<Option<List>>,
    /// Rows that all lists take into account: they were live when a list was made, or have been offered to it.
    known: RowSet,
}

/// How much there is to do before the lists are those of the live rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ToDo {
    /// Lists to make.
    pub lists: usize,
    /// What all of it costs.
    pub scores: f64,
}

impl ToDo {
    pub fn is_nothing(self) -> bool {
        self.scores == 0.0
    }
}

/// What there is to do.
#[derive(Debug)]
struct Work {
    /// Live rows that are not known yet.
    new: Vec<u32>,
    /// Live rows whose list lacks or does not do.
    to_make: Vec<u32>,
    by_walks: bool,
    /// What making one list costs.
    scores_a_list: f64,
    scores: f64,
}

impl Lists {
    /// Lists that were made before, by row, and the rows that they know.
    pub fn from_parts(by_row: Vec<Option<List>>, known: RowSet) -> Self {
        Self { by_row, known }
    }

    /// All lists, by row.
    pub fn by_row(&self) -> &[Option<List>] {
        &self.by_row
    }

    /// Whether all lists take `row` into account.
    pub fn know(&self, row: u32) -> bool {
        self.known.contains(row)
    }

    /// The nearest rows of `row`; none if it has no list.
    pub fn nearest(&self, row: u32) -> &[Scored] {
        self.get(row).map_or(&[], |list| &list.nearest)
    }

    fn get(&self, row: u32) -> Option<&List> {
        self.by_row.get(row as usize)?.as_ref()
    }

    /// How many rows have a list.
    pub fn len(&self) -> usize {
        self.by_row.iter().flatten().count()
    }

    /// How much there is to do before these are the lists of the rows of `vectors` that are live now.
    pub fn to_do(&self, vectors: &VectorIndex, precision: Precision) -> ToDo {
        let Work { to_make, scores, .. } = self.work(vectors, precision);
        ToDo { lists: to_make.len(), scores }
    }

    /// Does some of what [`Lists::to_do`] counts, about as much as `scores`; tells how many lists it made.
    pub fn step(&mut self, vectors: &VectorIndex, precision: Precision, scores: f64) -> usize {
        self.drop_dead(&vectors.live);
        self.by_row.resize(vectors.len(), None);
        let work = self.work(vectors, precision);
        let affordable = |each: f64, at_least: usize| ((scores / each.max(1.0)) as usize).max(at_least);
        if !work.new.is_empty() {
            self.make_known(&vectors.arena, &work.new, affordable(self.len() as f64, BLOCK));
            return 0;
        }
        let rows = &work.to_make[..work.to_make.len().min(affordable(work.scores_a_list, BLOCK))];
        let made = if work.by_walks { walked(vectors, rows) } else { scanned(vectors, rows) };
        rows.iter().zip(made).for_each(|(&row, list)| self.by_row[row as usize] = Some(list));
        rows.len()
    }

    fn work(&self, vectors: &VectorIndex, precision: Precision) -> Work {
        let live = &vectors.live;
        let has_to_be_made = |row: &u32| {
            self.get(*row)
                .is_none_or(|list| list.is_short() || precision == Precision::Exact && list.extent == Extent::Walked)
        };
        let new: Vec<u32> = live.iter().filter(|&row| !self.know(row)).collect();
        let to_make: Vec<u32> = live.iter().filter(has_to_be_made).collect();
        let scan = live.len() as f64;
        let by_walks =
            precision == Precision::Usual && to_make.len() as f64 * scan > WALK_FROM && vectors.graph.is_some();
        let scores_a_list = if by_walks { WALK_SCORES } else { scan };
        let offers = if self.is_outnumbered(&new) { 0.0 } else { new.len() as f64 * self.len() as f64 };
        let scores = offers + to_make.len() as f64 * scores_a_list;
        Work { new, to_make, by_walks, scores_a_list, scores }
    }

    /// Whether so many rows are `new` that all lists are sooner made anew.
    fn is_outnumbered(&self, new: &[u32]) -> bool {
        new.len() > self.len() / 4
    }

    /// Offers up to `limit` new rows to every list.
    fn make_known(&mut self, arena: &Arena, new: &[u32], limit: usize) {
        if self.is_outnumbered(new) {
            self.by_row.fill(None);
            new.iter().for_each(|&row| self.known.set(row, true));
            return;
        }
        for rows in new[..new.len().min(limit)].chunks(BLOCK) {
            self.offer_to_all(arena, rows);
            rows.iter().for_each(|&row| self.known.set(row, true));
        }
    }

    fn offer_to_all(&mut self, arena: &Arena, rows: &[u32]) {
        self.by_row.par_iter_mut().enumerate().with_min_len(1_024).for_each(|(at, list)| {
            if let Some(list) = list {
                let score = |&row: &u32| Scored { score: arena.score_rows(at as u32, row), row };
                rows.iter().map(score).for_each(|scored| list.offer(scored));
            }
        });
    }

    fn drop_dead(&mut self, live: &RowSet) {
        let dead: RowSet = self.known.iter().filter(|&row| !live.contains(row)).collect();
        if dead.is_empty() {
            return;
        }
        dead.iter().for_each(|row| self.known.set(row, false));
        self.by_row.par_iter_mut().enumerate().for_each(|(row, list)| {
            if dead.contains(row as u32) {
                *list = None;
            } else if let Some(list) = list {
                list.nearest.retain(|scored| !dead.contains(scored.row));
            }
        });
    }
}

/// The exact lists of `rows`.
fn scanned(vectors: &VectorIndex, rows: &[u32]) -> Vec<List> {
    let extent = if vectors.live.len() <= LENGTH + 1 { Extent::Whole } else { Extent::Beginning };
    let queries: Vec<_> = rows.iter().map(|&row| vectors.arena.quantized(row)).collect();
    let tops = scan_batch(&vectors.arena, &queries, &vectors.live, LENGTH + 1);
    rows.iter().zip(tops).map(|(&row, top)| List::new(row, top.into_sorted(), extent)).collect()
}

/// The lists of `rows` as walks of the graph find them; a row that a walk does not come round in gets an exact one.
fn walked(vectors: &VectorIndex, rows: &[u32]) -> Vec<List> {
    let list = |&row: &u32| {
        let list = List::new(row, vectors.near_row(row, LENGTH + 1, WALK_EF), Extent::Walked);
        if list.is_short() { scanned(vectors, &[row]).pop().unwrap_or(list) } else { list }
    };
    rows.par_iter().map(list).collect()
}

#[cfg(test)]
mod tests {
    use foray_protocol::ImageId;
    use proptest::prelude::*;

    use super::*;
    use crate::engine::Top;
    use crate::engine::samples;

    fn index(count: usize, dimension: usize) -> VectorIndex {
        let mut index = VectorIndex::in_memory(dimension);
        let vectors = samples::clustered(count, dimension, 5);
        vectors.iter().for_each(|vector| index.append(&[(ImageId::from_bytes([1; 16]), vector.as_slice())]).unwrap());
        index
    }

    fn show(index: &mut VectorIndex, rows: impl IntoIterator<Item = u32>) {
        rows.into_iter().for_each(|row| index.set_live(row, true));
    }

    fn follow(lists: &mut Lists, index: &VectorIndex, precision: Precision, step: f64) {
        lists.step(index, precision, step);
        while !lists.to_do(index, precision).is_nothing() {
            lists.step(index, precision, step);
        }
    }

    /// By the definition.
    fn search(index: &VectorIndex, row: u32) -> Vec<Scored> {
        let mut top = Top::new(LENGTH);
        for other in index.live.iter().filter(|&other| other != row) {
            top.push(Scored { score: index.arena.score_rows(row, other), row: other });
        }
        top.into_sorted()
    }

    #[track_caller]
    fn assert_exact(lists: &Lists, index: &VectorIndex) {
        for row in 0..index.len() as u32 {
            assert_eq!(lists.get(row).is_some(), index.live.contains(row), "row {row}");
            let Some(list) = lists.get(row) else { continue };
            let exact = search(index, row);
            let count = list.nearest.len();
            assert!(count >= MIN_LENGTH.min(index.live.len() - 1), "row {row}: {count}");
            assert!(list.nearest == exact[..count], "row {row}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn lists_are_exact_after_any_inserts_and_deletions_in_steps_of_any_size(
            changes in prop::collection::vec(prop::collection::vec((0u32..150, any::<bool>()), 1..60), 1..8),
            step in 1f64..20_000.0,
        ) {
            let (mut index, mut lists) = (index(150, 24), Lists::default());
            for changes in changes {
                changes.into_iter().for_each(|(row, present)| index.set_live(row, present));
                follow(&mut lists, &index, Precision::Usual, step);
                assert_exact(&lists, &index);
            }
        }
    }

    #[test]
    fn rows_that_come_and_go_between_two_steps_are_taken_into_account() {
        let (mut index, mut lists) = (index(150, 24), Lists::default());
        show(&mut index, 0..140);
        lists.step(&index, Precision::Usual, 1.0);
        assert_eq!(lists.step(&index, Precision::Usual, 1.0), BLOCK);
        show(&mut index, 140..150);
        index.set_live(3, false);
        follow(&mut lists, &index, Precision::Usual, 1.0);
        assert_exact(&lists, &index);
    }

    #[test]
    fn walks_find_nearly_all_neighbours_and_an_exact_pass_the_rest() {
        let mut index = index(3_000, 48);
        show(&mut index, 0..2_900);
        index.build_graph();
        show(&mut index, 2_900..3_000);
        let rows: Vec<u32> = (0..3_000).collect();
        let lists = walked(&index, &rows).into_iter().map(Some).collect();
        let mut lists = Lists::from_parts(lists, index.live.clone());
        let missed: usize = rows
            .iter()
            .map(|&row| search(&index, row)[..10].iter().filter(|near| !lists.nearest(row).contains(near)).count())
            .sum();
        assert!(missed < rows.len() * 10 / 200, "{missed} of ten each missed");
        assert!(lists.to_do(&index, Precision::Usual).is_nothing());
        follow(&mut lists, &index, Precision::Exact, 1e5);
        assert_exact(&lists, &index);
        assert!(lists.by_row().iter().flatten().all(|list| list.extent == Extent::Beginning));
    }

    /// `cargo test --release -p foray-library what_an_insert_costs -- --ignored --nocapture`
    #[test]
    #[ignore = "prints figures; takes minutes"]
    fn what_an_insert_costs() {
        let mut index = index(51_000, 384);
        show(&mut index, 0..50_000);
        let mut lists = Lists::default();
        let mut timed = |what: &str, index: &VectorIndex| {
            let begun = std::time::Instant::now();
            follow(&mut lists, index, Precision::Usual, 1e8);
            println!("{what}: {:.3} s", begun.elapsed().as_secs_f64());
        };
        timed("full build of 50,000 rows", &index);
        show(&mut index, 50_000..51_000);
        timed("1,000 inserts", &index);
        (0..1_000).for_each(|row| index.set_live(row * 7, false));
        timed("1,000 deletions", &index);
    }
}
