//! Vectors of two models in one library: filling the second, switching, going back, dropping.

use crate::support::{DIMENSION, Random, added, batch, id, open, path, photos, space};
use foray_library::{Library, PhotoQuery};
use foray_protocol::{Change, ImageId, Ingest, ProblemKind, ProtocolError, SpaceId, Spaces, UnitVector};

const PHOTOS: usize = 60;

fn other() -> SpaceId {
    SpaceId::new("other", b"2")
}

/// Another model's vectors have another dimension.
fn other_vector(number: usize) -> UnitVector {
    UnitVector::normalized((0..5).map(|at| ((number * 7 + at * 3) as f32 * 0.61).sin()).collect()).unwrap()
}

fn filled(folder: &tempfile::TempDir) -> Library {
    let library = open(folder.path());
    let mut random = Random(4);
    let vectors: Vec<UnitVector> = (0..PHOTOS).map(|_| random.vector()).collect();
    library.commit(&photos(&vectors)).unwrap();
    library
}

fn add_to_other(library: &Library, numbers: impl Iterator<Item = usize>) {
    let vectors: Vec<_> = numbers.map(|number| (id(number), other_vector(number))).collect();
    library.add_vectors(&other(), &vectors).unwrap();
}

fn best(library: &Library, vector: &UnitVector) -> ImageId {
    let query = PhotoQuery { vector: Some(vector), filter: None, limit: 1, ..PhotoQuery::default() };
    library.search(&query).unwrap()[0].photo.id
}

#[track_caller]
fn assert_refused(result: Result<(), ProtocolError>, kind: ProblemKind) {
    assert!(matches!(&result, Err(ProtocolError::Refused(problem)) if problem.kind == kind), "{result:?}");
}

#[test]
fn a_second_space_is_filled_while_the_first_serves_and_goes_on_where_it_was_broken_off() {
    let folder = tempfile::tempdir().unwrap();
    let library = filled(&folder);
    add_to_other(&library, 0..20);
    assert_eq!(library.space(), Some(space()));
    assert_refused(library.switch_space(&other(), "other"), ProblemKind::Uncovered);
    drop(library);
    let library = open(folder.path());
    let missing = library.without_vector(&other(), None, 1_000).unwrap();
    assert_eq!(missing.len(), PHOTOS - 20);
    let page = library.without_vector(&other(), Some(missing[9].image), 5).unwrap();
    assert_eq!(page, missing[10..15]);
    let coverage: Vec<_> =
        library.spaces().unwrap().into_iter().map(|space| (space.space, space.searched, space.vectors)).collect();
    assert_eq!(coverage, [(space(), true, PHOTOS), (other(), false, 20)]);
    add_to_other(&library, 10..PHOTOS);
    library.switch_space(&other(), "other").unwrap();
    for number in 0..PHOTOS {
        assert_eq!(best(&library, &other_vector(number)), id(number));
    }
    drop(library);
    let library = open(folder.path());
    assert_eq!(library.space(), Some(other()), "also after a restart");
    assert_eq!(best(&library, &other_vector(3)), id(3));
}

#[test]
fn what_came_and_went_meanwhile_is_as_it_should_be_after_the_switch() {
    let folder = tempfile::tempdir().unwrap();
    let library = filled(&folder);
    add_to_other(&library, 0..PHOTOS);
    let late = Random(9).vector();
    library.commit(&batch(vec![Change::Removed { path: path(0) }, added(&path(900), id(900), late)])).unwrap();
    assert_refused(library.switch_space(&other(), "other"), ProblemKind::Uncovered);
    add_to_other(&library, std::iter::once(900));
    library.switch_space(&other(), "other").unwrap();
    assert_ne!(best(&library, &other_vector(0)), id(0), "its file is gone");
    assert_eq!(best(&library, &other_vector(900)), id(900));
    let old_batch = batch(vec![Change::Removed { path: path(1) }]);
    assert!(library.commit(&old_batch).is_err(), "an indexer of the old model is told");
}

#[test]
fn one_can_go_back_and_what_came_since_is_missing_there() {
    let folder = tempfile::tempdir().unwrap();
    let library = filled(&folder);
    add_to_other(&library, 0..PHOTOS);
    library.switch_space(&other(), "other").unwrap();
    library.switch_space(&space(), "test").unwrap();
    library.switch_space(&space(), "test").unwrap();
    assert!(library.without_vector(&space(), None, 10).unwrap().is_empty());
    assert_eq!(library.vector(id(7)).unwrap().dimension(), DIMENSION);
}

#[test]
fn the_space_that_is_searched_cannot_be_dropped_and_another_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let library = filled(&folder);
    add_to_other(&library, 0..PHOTOS);
    assert_refused(library.drop_space(&space()), ProblemKind::BadRequest);
    library.drop_space(&other()).unwrap();
    assert_eq!(library.spaces().unwrap().len(), 1);
    assert_eq!(library.without_vector(&other(), None, 1_000).unwrap().len(), PHOTOS);
    add_to_other(&library, 5..6);
    assert_eq!(library.without_vector(&other(), None, 1_000).unwrap().len(), PHOTOS - 1);
}

#[test]
fn vectors_of_photos_that_the_library_does_not_have_or_of_another_length_are_not_taken() {
    let folder = tempfile::tempdir().unwrap();
    let library = filled(&folder);
    library.add_vectors(&other(), &[(id(12_345), other_vector(1)), (id(1), other_vector(1))]).unwrap();
    assert_eq!(library.without_vector(&other(), None, 1_000).unwrap().len(), PHOTOS - 1);
    assert!(library.add_vectors(&other(), &[(id(2), Random(1).vector())]).is_err());
}
