//! Pages that go on where another ended, while photos come and go.

use std::collections::BTreeSet;

use foray_library::{Answer, Library, PageEnd, PageStart, PhotoQuery, Refinement};
use foray_protocol::{Change, Ingest, SortOrder, UnitVector};
use proptest::prelude::*;

use crate::support::{Random, added, batch, id, open, path, photos};

/// After so many pages nothing changes any more: a list that grows at its end has no last page.
const CHANGES: usize = 30;

/// Walks through all pages; after each, `between` may change the library.
fn walk(library: &Library, query: &PhotoQuery<'_>, mut between: impl FnMut(usize)) -> Vec<String> {
    let (mut seen, mut end): (Vec<String>, Option<PageEnd>) = (vec![], None);
    for page in 0.. {
        let start = end.as_ref().map_or(PageStart::Offset(0), PageStart::After);
        let answer = library.explained_search(&PhotoQuery { start, ..query.clone() }).unwrap();
        let Answer { hits, end: next, .. } = answer;
        assert!(hits.len() <= query.limit && (next.is_none() || hits.len() == query.limit));
        seen.extend(hits.into_iter().map(|hit| hit.photo.path));
        between(page);
        end = next;
        if end.is_none() {
            break;
        }
    }
    seen
}

fn remove(number: usize) -> Change {
    Change::Removed { path: path(number) }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn photos_that_stay_come_once_whatever_comes_and_goes(
        seed in 0u64..1_000,
        limit in 1usize..40,
        dedupe: bool,
        by_direction: bool,
        removed in prop::collection::btree_set(0usize..200, 0..20),
        ties in 0usize..30,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let library = open(folder.path());
        let mut random = Random(seed);
        let mut vectors: Vec<UnitVector> = (0..200).map(|_| random.vector()).collect();
        // Equal scores stand in path order, also across pages.
        let twin = vectors[0].clone();
        vectors[..ties].fill(twin);
        library.commit(&photos(&vectors)).unwrap();
        let vector = random.vector();
        let query = PhotoQuery {
            vector: by_direction.then_some(&vector),
            limit,
            refinement: Refinement { dedupe: dedupe && by_direction, ..Refinement::default() },
            ..PhotoQuery::default()
        };
        let undisturbed = walk(&library, &query, |_| ());
        if !query.refinement.dedupe {
            prop_assert_eq!(undisturbed.len(), 200);
        }
        let mut removed_in_order: Vec<usize> = removed.iter().copied().collect();
        let seen = walk(&library, &query, |page| {
            if page >= CHANGES {
                return;
            }
            let newcomer = 1_000 + page;
            let mut changes = vec![added(&path(newcomer), id(newcomer), random.vector())];
            changes.extend(removed_in_order.pop().map(remove));
            library.commit(&batch(changes)).unwrap();
        });
        let distinct: BTreeSet<&String> = seen.iter().collect();
        prop_assert_eq!(distinct.len(), seen.len(), "a photo came twice");
        let gone: BTreeSet<String> = removed.iter().map(|&number| path(number).to_string()).collect();
        // Which of near-identical photos stands for the others may change when one of them goes.
        if !query.refinement.dedupe {
            for stays in undisturbed.iter().filter(|path| !gone.contains(*path)) {
                prop_assert!(distinct.contains(stays), "{stays} was left out");
            }
        }
    }
}

#[test]
fn the_last_page_says_that_it_is_the_last() {
    let folder = tempfile::tempdir().unwrap();
    let library = open(folder.path());
    let vectors: Vec<_> = (0..20).map(|seed| Random(seed).vector()).collect();
    library.commit(&photos(&vectors)).unwrap();
    let end = |limit, offset, sort| {
        let refinement = Refinement { sort, ..Refinement::default() };
        let vector = (sort == SortOrder::Best).then_some(&vectors[3]);
        let query = PhotoQuery { vector, limit, start: PageStart::Offset(offset), refinement, ..PhotoQuery::default() };
        library.explained_search(&query).unwrap().end.is_some()
    };
    for sort in [SortOrder::Best, SortOrder::Newest] {
        assert!(end(19, 0, sort) && end(10, 9, sort));
        assert!(!end(20, 0, sort) && !end(21, 0, sort) && !end(10, 10, sort) && !end(5, 100, sort));
    }
}
