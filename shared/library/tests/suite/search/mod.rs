//! Searches against a brute-force reference: exact scan, graph, tail, deletions, file names, pages, ties.

mod filters;
mod pages;

use crate::support::{Random, batch, id, open, options, path, photos};
use foray_library::{Library, OpenOptions, PageStart, PhotoQuery, Refinement};
use foray_protocol::{Change, Condition, Filter, Hit, ImageId, Ingest, SearchStructure, UnitVector};

fn query(vector: &UnitVector, limit: usize) -> PhotoQuery<'_> {
    PhotoQuery { vector: Some(vector), filter: None, limit, ..PhotoQuery::default() }
}

fn paths(hits: &[Hit]) -> Vec<&str> {
    hits.iter().map(|hit| hit.photo.path.as_str()).collect()
}

/// Numbers of the vectors in the order in which an exact search must return them.
fn reference(vectors: &[UnitVector], query: &UnitVector, dead: impl Fn(usize) -> bool) -> Vec<String> {
    let mut all: Vec<(f32, usize)> = vectors.iter().enumerate().map(|(n, v)| (query.cosine(v), n)).collect();
    all.retain(|(_, number)| !dead(*number));
    all.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    all.into_iter().map(|(_, number)| path(number).to_string()).collect()
}

#[track_caller]
fn recall(library: &Library, vectors: &[UnitVector], dead: impl Fn(usize) -> bool + Copy) -> f64 {
    let mut random = Random(77);
    let found: usize = (0..50)
        .map(|_| {
            let vector = random.vector();
            let expected = &reference(vectors, &vector, dead)[..10];
            let hits = library.search(&query(&vector, 10)).unwrap();
            assert_eq!(hits.len(), 10);
            assert!(hits.iter().all(|hit| !dead(hit.photo.path[8..14].parse().unwrap())));
            expected.iter().filter(|path| paths(&hits).contains(&path.as_str())).count()
        })
        .sum();
    found as f64 / 500.0
}

#[test]
fn the_exact_scan_returns_what_brute_force_returns() {
    let folder = tempfile::tempdir().unwrap();
    let library = open(folder.path());
    let mut random = Random(1);
    let vectors: Vec<_> = (0..2_000).map(|_| random.vector()).collect();
    library.commit(&photos(&vectors)).unwrap();
    for _ in 0..20 {
        let vector = random.vector();
        let hits = library.search(&query(&vector, 100)).unwrap();
        assert_eq!(paths(&hits), reference(&vectors, &vector, |_| false)[..100]);
        assert!(hits.windows(2).all(|pair| pair[0].relevance >= pair[1].relevance));
    }
}

#[test]
fn pages_join_without_gap_or_overlap() {
    let folder = tempfile::tempdir().unwrap();
    let library = open(folder.path());
    let mut random = Random(2);
    let vectors: Vec<_> = (0..500).map(|_| random.vector()).collect();
    library.commit(&photos(&vectors)).unwrap();
    let vector = random.vector();
    let pages: Vec<Hit> = (0..500)
        .step_by(70)
        .flat_map(|offset| {
            library.search(&PhotoQuery { start: PageStart::Offset(offset), ..query(&vector, 70) }).unwrap()
        })
        .collect();
    assert_eq!(paths(&pages), reference(&vectors, &vector, |_| false));
}

#[test]
fn equal_scores_stand_in_path_order_even_across_pages() {
    let folder = tempfile::tempdir().unwrap();
    let library = open(folder.path());
    let vector = Random(3).vector();
    let mut changes = photos(&vec![vector.clone(); 200]).changes;
    changes.reverse();
    library.commit(&batch(changes)).unwrap();
    for offset in [0, 150] {
        let hits = library.search(&PhotoQuery { start: PageStart::Offset(offset), ..query(&vector, 10) }).unwrap();
        let expected: Vec<String> = (offset..offset + 10).map(|number| path(number).to_string()).collect();
        assert_eq!(paths(&hits), expected);
    }
}

#[test]
fn file_names_limit_the_search() {
    let folder = tempfile::tempdir().unwrap();
    let library = open(folder.path());
    let mut random = Random(4);
    let vectors: Vec<_> = (0..300).map(|_| random.vector()).collect();
    library.commit(&photos(&vectors)).unwrap();
    let (vector, names) = (random.vector(), Filter::Is(Condition::Name("99.".to_owned())));
    let hits = library.search(&PhotoQuery { filter: Some(&names), ..query(&vector, 50) }).unwrap();
    assert_eq!(hits.len(), 3);
    let listed = library.search(&PhotoQuery { filter: Some(&names), vector: None, ..query(&vector, 50) }).unwrap();
    assert_eq!(paths(&listed), ["/photos/000099.jpg", "/photos/000199.jpg", "/photos/000299.jpg"]);
}

#[test]
fn the_graph_with_tail_and_deletions_finds_what_brute_force_finds() {
    let folder = tempfile::tempdir().unwrap();
    let options = OpenOptions { build_graph: true, graph_from_rows: 3_000, ..options(folder.path()) };
    let library = Library::open(&options).unwrap();
    let mut random = Random(5);
    let vectors: Vec<_> = (0..4_000).map(|_| random.vector()).collect();
    library.commit(&photos(&vectors[..3_500])).unwrap();
    library.wait_for_graph();
    let all = photos(&vectors).changes;
    library.commit(&batch(all[3_500..].to_vec())).unwrap();
    library.commit(&batch((0..300).map(|n| Change::Removed { path: path(n * 7) }).collect())).unwrap();
    let structure = library.status().unwrap().search;
    assert_eq!(structure, SearchStructure::Graph { rows: 3_500, tail: 500 });
    let recall = recall(&library, &vectors, |number| number % 7 == 0 && number < 2_100);
    assert!(recall >= 0.97, "recall@10 {recall}");
}

#[test]
fn a_restart_loads_the_graph() {
    let folder = tempfile::tempdir().unwrap();
    let options = OpenOptions { build_graph: true, graph_from_rows: 1_000, ..options(folder.path()) };
    let mut random = Random(6);
    let vectors: Vec<_> = (0..1_200).map(|_| random.vector()).collect();
    {
        let library = Library::open(&options).unwrap();
        library.commit(&photos(&vectors)).unwrap();
        library.wait_for_graph();
    }
    let library = Library::open(&OpenOptions { build_graph: false, ..options }).unwrap();
    assert_eq!(library.status().unwrap().search, SearchStructure::Graph { rows: 1_200, tail: 0 });
    assert!(recall(&library, &vectors, |_| false) >= 0.97);
}

#[test]
fn a_photo_is_left_out_of_what_is_similar_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let library = open(folder.path());
    let mut random = Random(7);
    let vectors: Vec<_> = (0..50).map(|_| random.vector()).collect();
    library.commit(&photos(&vectors)).unwrap();
    let hits = library.search(&PhotoQuery { exclude: &[id(3)], ..query(&vectors[3], 49) }).unwrap();
    assert_eq!(hits.len(), 49);
    assert!(hits.iter().all(|hit| hit.photo.id != id(3)));
}

#[test]
fn limits_out_of_range_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let library = open(folder.path());
    let vector = Random(8).vector();
    for (limit, offset, field) in [(0, 0, "limit"), (10_001, 0, "limit"), (1, 1_000_001, "offset")] {
        let error = library
            .search(&PhotoQuery { limit, start: PageStart::Offset(offset), ..query(&vector, 1) })
            .unwrap_err()
            .to_string();
        assert!(error.starts_with(field), "{error}");
    }
}

#[test]
fn folding_near_identical_photos_is_that_of_the_whole_ranking() {
    let folder = tempfile::tempdir().unwrap();
    let library = open(folder.path());
    let mut random = Random(11);
    let mut vectors: Vec<UnitVector> = vec![];
    for number in 0..120 {
        // Two of three are shots of a photo before.
        let vector = match number % 3 {
            0 => random.vector(),
            _ => near(&vectors[number / 3 * 3], 0.05, &mut random),
        };
        vectors.push(vector);
    }
    library.commit(&photos(&vectors)).unwrap();
    let query_vector = random.vector();
    let ranking = library.search(&query(&query_vector, 1_000)).unwrap();
    let vector_of = |hit: &Hit| &vectors[(0..120).find(|number| id(*number) == hit.photo.id).unwrap()];
    let mut expected: Vec<(ImageId, usize)> = vec![];
    let mut kept: Vec<&UnitVector> = vec![];
    for hit in &ranking {
        match kept.iter().position(|other| other.cosine(vector_of(hit)) >= 0.97) {
            Some(at) => expected[at].1 += 1,
            None => {
                kept.push(vector_of(hit));
                expected.push((hit.photo.id, 0));
            }
        }
    }
    let refinement = Refinement { dedupe: true, ..Refinement::default() };
    let folded = library.search(&PhotoQuery { refinement, ..query(&query_vector, 1_000) }).unwrap();
    assert_eq!(folded.iter().map(|hit| (hit.photo.id, hit.folded)).collect::<Vec<_>>(), expected);
    assert!(expected.len() < 80, "{}", expected.len());
    let page =
        library.search(&PhotoQuery { refinement, start: PageStart::Offset(5), ..query(&query_vector, 7) }).unwrap();
    let ids = |hits: &[Hit]| hits.iter().map(|hit| hit.photo.id).collect::<Vec<_>>();
    assert_eq!(ids(&page), ids(&folded)[5..12]);
}

/// A vector so far from `vector` in a random direction.
fn near(vector: &UnitVector, distance: f32, random: &mut Random) -> UnitVector {
    let away = random.vector();
    let numbers = vector.as_slice().iter().zip(away.as_slice()).map(|(x, y)| x + distance * y).collect();
    UnitVector::normalized(numbers).unwrap()
}
