//! Searches, pages, and what is computed over all photos.

use foray_library::{PageStart, PhotoQuery, Refinement};
use foray_protocol::{
    Change, DuplicateKind, DuplicatesRequest, Filter, ImageId, NewPhoto, SortOrder, UnitVector, UnusualKind,
    UnusualRequest,
};

use crate::stage::{
    DIMENSION, Stage, add, added, commit, described, direction, file, file_at, filtered, found, id, in_path_order,
    metadata, vector,
};

crate::promises!(
    a_search_finds_what_an_exact_scan_finds,
    equal_scores_stand_in_path_order,
    filters_and_exclusions_narrow_a_search,
    pages_show_each_photo_once,
    a_list_is_in_path_or_date_order,
    near_identical_shots_fold,
    ranking_takes_exactly_the_given_photos,
    neighbours_are_the_most_alike,
    the_odd_one_is_most_unusual,
    copies_are_duplicates,
    facets_count_photos,
    the_map_has_every_photo,
    bad_requests_are_refused,
    an_empty_library_answers,
);

/// As they are asked without options.
fn odd_ones() -> UnusualRequest {
    serde_json::from_str("{}").unwrap()
}

fn copies() -> DuplicatesRequest {
    serde_json::from_str("{}").unwrap()
}

fn exact(query: &UnitVector, numbers: std::ops::Range<usize>, limit: usize) -> Vec<ImageId> {
    let mut scored: Vec<(f32, ImageId)> = numbers.map(|number| (vector(number).cosine(query), id(number))).collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored.into_iter().take(limit).map(|(_, id)| id).collect()
}

fn a_search_finds_what_an_exact_scan_finds(stage: &Stage) {
    let store = stage.open();
    add(store.as_ref(), 0..300);
    for query in 1_000..1_020 {
        let query = vector(query);
        let hits = store.explained_search(&PhotoQuery { vector: Some(&query), ..PhotoQuery::default() }).unwrap().hits;
        let ids: Vec<ImageId> = hits.iter().map(|hit| hit.photo.id).collect();
        assert_eq!(ids, exact(&query, 0..300, 10));
        assert!(hits.windows(2).all(|pair| pair[0].score >= pair[1].score));
        assert!(hits.iter().all(|hit| (0.0..=1.0).contains(&hit.relevance)));
        let first = hits[0].photo.id;
        assert!((store.vector(first).unwrap().cosine(&query) - hits[0].score).abs() < 1e-3);
    }
}

fn equal_scores_stand_in_path_order(stage: &Stage) {
    let store = stage.open();
    let same = |number: usize| {
        let photo = NewPhoto { id: id(number), metadata: metadata(), vector: vector(7), thumbnail: vec![] };
        Change::Added { file: file(number), photo: Box::new(photo) }
    };
    commit(store.as_ref(), (0..12).map(same).collect());
    let query = PhotoQuery { vector: Some(&vector(7)), limit: 5, ..PhotoQuery::default() };
    assert_eq!(found(store.as_ref(), &query), in_path_order(0..12)[..5]);
}

fn filters_and_exclusions_narrow_a_search(stage: &Stage) {
    let store = stage.open();
    add(store.as_ref(), 0..60);
    let filter: Filter = "in:Home".parse().unwrap();
    let direction = vector(4);
    let query = PhotoQuery { vector: Some(&direction), filter: Some(&filter), limit: 100, ..PhotoQuery::default() };
    let home = found(store.as_ref(), &query);
    assert_eq!((home.len(), home[0]), (20, id(4)));
    let without = found(store.as_ref(), &PhotoQuery { exclude: &[id(4)], ..query });
    assert_eq!(without, home[1..]);
}

fn pages_show_each_photo_once(stage: &Stage) {
    let store = stage.open();
    add(store.as_ref(), 0..50);
    let direction = vector(1_000);
    let all = exact(&direction, 0..50, 50);
    let (mut shown, mut end) = (vec![], None);
    loop {
        let start = end.as_ref().map_or(PageStart::Offset(0), PageStart::After);
        let query = PhotoQuery { vector: Some(&direction), limit: 12, start, ..PhotoQuery::default() };
        let answer = store.explained_search(&query).unwrap();
        shown.extend(answer.hits.into_iter().map(|hit| hit.photo.id));
        match answer.end {
            Some(next) => end = Some(next),
            None => break,
        }
    }
    assert_eq!(shown, all);
    let start = PageStart::Offset(20);
    let by_offset = found(store.as_ref(), &PhotoQuery { vector: Some(&direction), start, ..PhotoQuery::default() });
    assert_eq!(by_offset, all[20..30]);
    // A photo that comes meanwhile moves no other into a page twice.
    let first = PhotoQuery { vector: Some(&direction), limit: 10, ..PhotoQuery::default() };
    let end = store.explained_search(&first).unwrap().end.unwrap();
    let new = NewPhoto { id: id(99), metadata: metadata(), vector: direction.clone(), thumbnail: vec![] };
    commit(store.as_ref(), vec![Change::Added { file: file(99), photo: Box::new(new) }]);
    assert_eq!(found(store.as_ref(), &PhotoQuery { start: PageStart::After(&end), ..first }), all[10..20]);
}

fn a_list_is_in_path_or_date_order(stage: &Stage) {
    let store = stage.open();
    let dated = |number: usize| {
        let mut metadata = metadata();
        metadata.description.taken_at = (number > 0).then(|| format!("2024-01-{number:02}T12:00:00"));
        described(number, metadata)
    };
    commit(store.as_ref(), (0..9).map(dated).collect());
    assert_eq!(found(store.as_ref(), &PhotoQuery::default()), in_path_order(0..9));
    let newest = Refinement { sort: SortOrder::Newest, ..Refinement::default() };
    let newest = found(store.as_ref(), &PhotoQuery { refinement: newest, ..PhotoQuery::default() });
    assert_eq!(newest, [8, 7, 6, 5, 4, 3, 2, 1, 0].map(id));
}

fn near_identical_shots_fold(stage: &Stage) {
    let store = stage.open();
    add(store.as_ref(), 0..10);
    let shot = |number: usize| {
        let mut shot = vector(3).as_slice().to_vec();
        shot[0] += 0.01 * number as f32;
        let shot = UnitVector::normalized(shot).unwrap();
        let photo = NewPhoto { id: id(100 + number), metadata: metadata(), vector: shot, thumbnail: vec![] };
        Change::Added { file: file(100 + number), photo: Box::new(photo) }
    };
    commit(store.as_ref(), (1..4).map(shot).collect());
    let refinement = Refinement { dedupe: true, ..Refinement::default() };
    let query = PhotoQuery { vector: Some(&vector(3)), limit: 4, refinement, ..PhotoQuery::default() };
    let hits = store.explained_search(&query).unwrap().hits;
    assert_eq!((hits[0].photo.id, hits[0].folded, hits[1].folded), (id(3), 3, 0));
}

fn ranking_takes_exactly_the_given_photos(stage: &Stage) {
    let store = stage.open();
    add(store.as_ref(), 0..20);
    let ranked = store.rank(&vector(5), &[id(2), id(5), id(9)]).unwrap();
    assert_eq!((ranked.len(), ranked[0].photo.id), (3, id(5)));
    assert!(store.rank(&vector(5), &[id(2), id(77)]).unwrap_err().to_string().contains(&id(77).to_string()));
}

fn neighbours_are_the_most_alike(stage: &Stage) {
    let store = stage.open();
    add(store.as_ref(), 0..30);
    let expected: Vec<ImageId> = exact(&vector(3), 0..30, 4)[1..].to_vec();
    let neighbours: Vec<ImageId> = store.neighbours(id(3), 3).unwrap().into_iter().map(|near| near.id).collect();
    assert_eq!(neighbours, expected);
}

fn the_odd_one_is_most_unusual(stage: &Stage) {
    let store = stage.open();
    let alike = |number: usize| {
        let mut components = vec![0.0; DIMENSION];
        (components[0], components[1 + number % 5]) = (1.0, 0.2);
        components[7] = 0.01 * number as f32;
        let vector = UnitVector::normalized(components).unwrap();
        let photo = NewPhoto { id: id(number), metadata: metadata(), vector, thumbnail: vec![] };
        Change::Added { file: file(number), photo: Box::new(photo) }
    };
    commit(store.as_ref(), (0..30).map(alike).collect());
    let mut odd = vec![0.0; DIMENSION];
    odd[12] = 1.0;
    let photo =
        NewPhoto { id: id(50), metadata: metadata(), vector: UnitVector::normalized(odd).unwrap(), thumbnail: vec![] };
    commit(store.as_ref(), vec![Change::Added { file: file(50), photo: Box::new(photo) }]);
    for kind in [UnusualKind::Unique, UnusualKind::Atypical] {
        let request = UnusualRequest { kind, limit: 3, ..odd_ones() };
        assert_eq!(store.unusual(&request).unwrap().results[0].photo.id, id(50), "{kind:?}");
    }
}

fn copies_are_duplicates(stage: &Stage) {
    let store = stage.open();
    add(store.as_ref(), 0..6);
    let copy = file_at("/photos/Home/copy of 2.jpg");
    commit(store.as_ref(), vec![Change::Linked { file: copy, image: id(2) }]);
    let request = DuplicatesRequest { kind: Some(DuplicateKind::Exact), ..copies() };
    let groups = store.duplicates(&request).unwrap().groups;
    assert_eq!(groups.len(), 1);
    assert_eq!(store.photo(id(2)).unwrap().copies.len(), 1);
    commit(store.as_ref(), vec![Change::Removed { path: "/photos/Home/copy of 2.jpg".into() }]);
    assert!(store.duplicates(&request).unwrap().groups.is_empty());
}

fn facets_count_photos(stage: &Stage) {
    let store = stage.open();
    let photo = |number: usize| {
        let mut metadata = metadata();
        metadata.description.camera = Some(["Canon", "Nikon"][number % 2].to_owned());
        described(number, metadata)
    };
    commit(store.as_ref(), (0..9).map(photo).collect());
    let facets = store.facets(&Filter::default()).unwrap();
    let cameras: Vec<(&str, usize)> = facets.cameras.iter().map(|facet| (facet.value.as_str(), facet.count)).collect();
    assert_eq!((facets.photos, cameras), (9, vec![("Canon", 5), ("Nikon", 4)]));
    assert_eq!(store.facets(&"camera:nikon".parse().unwrap()).unwrap().photos, 4);
}

fn the_map_has_every_photo(stage: &Stage) {
    let store = stage.open();
    add(store.as_ref(), 0..40);
    assert_eq!(store.map(&Filter::default(), None).unwrap().points, 40);
    assert_eq!(store.map(&"in:Home".parse().unwrap(), None).unwrap().points, 13);
}

fn bad_requests_are_refused(stage: &Stage) {
    let store = stage.open();
    commit(store.as_ref(), vec![added(1)]);
    let wide = direction(3, DIMENSION + 1);
    let query = PhotoQuery { vector: Some(&wide), ..PhotoQuery::default() };
    let message = store.explained_search(&query).unwrap_err().to_string();
    assert!(message.contains("17") && message.contains("16"), "{message}");
    for limit in [0, 10_001] {
        let query = PhotoQuery { limit, ..PhotoQuery::default() };
        assert!(store.explained_search(&query).unwrap_err().to_string().contains("limit"));
    }
    let request = UnusualRequest { limit: 0, ..odd_ones() };
    assert!(store.unusual(&request).is_err());
}

fn an_empty_library_answers(stage: &Stage) {
    let store = stage.open();
    assert!(found(store.as_ref(), &PhotoQuery { vector: Some(&vector(1)), ..PhotoQuery::default() }).is_empty());
    assert!(filtered(store.as_ref(), "in:Home").is_empty());
    assert_eq!((store.space(), store.status().unwrap().photos), (None, 0));
    assert!(store.unusual(&odd_ones()).unwrap().results.is_empty());
    assert!(store.duplicates(&copies()).unwrap().groups.is_empty());
    assert_eq!(store.facets(&Filter::default()).unwrap().photos, 0);
    assert_eq!(store.map(&Filter::default(), None).unwrap().points, 0);
    assert!(store.photo(id(1)).is_err() && store.vector(id(1)).is_err());
}
