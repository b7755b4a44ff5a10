//! Vectors of several models beside each other.

use foray_library::PhotoQuery;
use foray_protocol::{Change, ImageId, SpaceId, UnitVector};

use crate::stage::{Stage, add, added, commit, direction, filtered, found, id, path, space, vector};

crate::promises!(another_model_takes_over, what_is_known_stays_the_same_in_all_spaces, the_searched_space_stays);

const OTHER: usize = 24;

fn other() -> SpaceId {
    SpaceId::from("other@2".to_owned())
}

fn vectors(numbers: impl Iterator<Item = usize>) -> Vec<(ImageId, UnitVector)> {
    numbers.map(|number| (id(number), direction(500 + number, OTHER))).collect()
}

fn another_model_takes_over(stage: &Stage) {
    let store = stage.open();
    add(store.as_ref(), 0..10);
    assert_eq!(store.without_vector(&other(), None, 100).unwrap().len(), 10);
    store.add_vectors(&other(), &vectors(0..7)).unwrap();
    store.add_vectors(&other(), &vectors(0..7)).unwrap();
    let mut missing: Vec<ImageId> = (7..10).map(id).collect();
    missing.sort();
    let told = store.without_vector(&other(), None, 2).unwrap();
    assert_eq!(told.iter().map(|files| files.image).collect::<Vec<_>>(), missing[..2]);
    let told = store.without_vector(&other(), Some(missing[1]), 2).unwrap();
    assert_eq!((told.len(), told[0].image, told[0].paths.len()), (1, missing[2], 1));
    assert!(store.switch_space(&other(), "other").unwrap_err().to_string().contains('3'));
    // Searches go on in the space that is searched.
    let query = PhotoQuery { vector: Some(&vector(2)), limit: 1, ..PhotoQuery::default() };
    assert_eq!(found(store.as_ref(), &query), [id(2)]);
    store.add_vectors(&other(), &vectors(7..10)).unwrap();
    store.switch_space(&other(), "other").unwrap();
    assert_eq!(store.space(), Some(other()));
    let query = PhotoQuery { vector: Some(&direction(503, OTHER)), limit: 1, ..PhotoQuery::default() };
    assert_eq!(found(store.as_ref(), &query), [id(3)]);
    let coverage = store.spaces().unwrap();
    assert_eq!((coverage.len(), coverage[0].searched, coverage[0].space.clone()), (2, true, other()));
    store.drop_space(&space()).unwrap();
    assert_eq!(store.spaces().unwrap().len(), 1);
    drop(store);
    assert_eq!(found(stage.open().as_ref(), &query), [id(3)]);
}

fn what_is_known_stays_the_same_in_all_spaces(stage: &Stage) {
    let store = stage.open();
    add(store.as_ref(), 0..6);
    store.add_vectors(&other(), &vectors(0..6)).unwrap();
    let mut description = store.photo(id(1)).unwrap().metadata.description;
    description.camera = Some("Leica".to_owned());
    commit(
        store.as_ref(),
        vec![
            Change::Described { image: id(1), description: Box::new(description) },
            Change::Removed { path: path(2) },
            added(6),
        ],
    );
    store.add_vectors(&other(), &vectors(6..7)).unwrap();
    store.switch_space(&other(), "other").unwrap();
    assert_eq!(filtered(store.as_ref(), "camera:leica"), [id(1)]);
    assert_eq!(store.status().unwrap().photos, 6);
    assert!(store.photo(id(2)).is_err());
}

fn the_searched_space_stays(stage: &Stage) {
    let store = stage.open();
    add(store.as_ref(), 0..2);
    assert!(store.drop_space(&space()).is_err());
    assert!(store.add_vectors(&other(), &[(id(0), direction(1, 8)), (id(1), direction(1, 9))]).is_err());
}
