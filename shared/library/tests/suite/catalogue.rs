//! What commits do to the catalogue: adding, linking, removing, failing, coming back, and what survives a restart.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::{Random, added, batch, file, id, open, path, photos, space};
use foray_library::{LibraryError, PhotoQuery};
use foray_protocol::{Change, ImageId, Ingest, PhotoPath, SpaceId, UnitVector};
use proptest::prelude::*;

fn visible(library: &foray_library::Library, vector: &UnitVector) -> Vec<ImageId> {
    let query = PhotoQuery { vector: Some(vector), filter: None, limit: 1_000, ..PhotoQuery::default() };
    library.search(&query).unwrap().into_iter().map(|hit| hit.photo.id).collect()
}

#[test]
fn a_renamed_photo_keeps_its_vector_and_a_deleted_one_disappears() {
    let folder = tempfile::tempdir().unwrap();
    let library = open(folder.path());
    let vector = Random(1).vector();
    library.commit(&photos(std::slice::from_ref(&vector))).unwrap();
    let renamed = PhotoPath::from("/photos/renamed.jpg");
    let changes = vec![Change::Linked { file: file(&renamed), image: id(0) }, Change::Removed { path: path(0) }];
    library.commit(&batch(changes)).unwrap();
    assert_eq!(library.photo(id(0)).unwrap().path, "/photos/renamed.jpg");
    library.commit(&batch(vec![Change::Removed { path: renamed }])).unwrap();
    assert!(visible(&library, &vector).is_empty());
    assert!(matches!(library.photo(id(0)), Err(LibraryError::NoPhoto(_))));
}

#[test]
fn a_photo_that_comes_back_is_shown_again_without_a_new_embedding() {
    let folder = tempfile::tempdir().unwrap();
    let library = open(folder.path());
    let vector = Random(1).vector();
    library.commit(&photos(std::slice::from_ref(&vector))).unwrap();
    library.commit(&batch(vec![Change::Removed { path: path(0) }])).unwrap();
    assert_eq!(library.known_images(&space(), &[id(0)]).unwrap(), [true]);
    library.commit(&batch(vec![Change::Linked { file: file(&path(9)), image: id(0) }])).unwrap();
    assert_eq!(visible(&library, &vector), [id(0)]);
    assert_eq!(library.status().unwrap().space.vectors, 1);
}

#[test]
fn everything_committed_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let mut random = Random(2);
    let vectors: Vec<_> = (0..100).map(|_| random.vector()).collect();
    let before = {
        let library = open(folder.path());
        library.commit(&photos(&vectors)).unwrap();
        let failed = Change::Failed { file: file(&PhotoPath::from("/photos/x.jpg")), reason: "it is empty".into() };
        library.commit(&batch(vec![failed, Change::Removed { path: path(5) }])).unwrap();
        library.remember_roots(&[PhotoPath::from("/photos")]).unwrap();
        library.status().unwrap()
    };
    let library = open(folder.path());
    assert_eq!(library.status().unwrap(), before);
    assert_eq!((before.photos, before.files, before.failed), (99, 99, 1));
    assert_eq!(library.failures().unwrap()[0].reason, "it is empty");
    assert_eq!(visible(&library, &vectors[0]).len(), 99);
    assert_eq!(std::fs::read(library.thumbnail_file(id(7))).unwrap(), [1, 2, 3]);
}

#[test]
fn a_commit_may_be_sent_twice() {
    let folder = tempfile::tempdir().unwrap();
    let library = open(folder.path());
    let batch = photos(&[Random(1).vector(), Random(2).vector()]);
    library.commit(&batch).unwrap();
    let first = library.status().unwrap();
    assert_eq!(library.commit(&batch).unwrap().photos_added, 0);
    assert_eq!(library.status().unwrap(), first);
}

#[test]
fn vectors_of_another_model_are_refused_and_nothing_changes() {
    let folder = tempfile::tempdir().unwrap();
    let library = open(folder.path());
    library.commit(&photos(&[Random(1).vector()])).unwrap();
    let mut other = photos(&[Random(1).vector(), Random(2).vector()]);
    other.space = SpaceId::new("other", b"1");
    let error = library.commit(&other).unwrap_err().to_string();
    assert!(error.contains("test@") && error.contains("other@"), "{error}");
    assert_eq!(library.status().unwrap().photos, 1);
}

#[test]
fn a_link_to_an_unknown_photo_commits_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let library = open(folder.path());
    let changes =
        vec![added(&path(0), id(0), Random(1).vector()), Change::Linked { file: file(&path(1)), image: id(99) }];
    assert!(library.commit(&batch(changes)).is_err());
    assert_eq!(library.status().unwrap().files, 0);
}

#[test]
fn files_under_a_root_come_in_pages_and_stop_at_its_border() {
    let folder = tempfile::tempdir().unwrap();
    let library = open(folder.path());
    let names = ["/a/1.jpg", "/a/2.jpg", "/a/b/3.jpg", "/a-b/4.jpg", "/b/5.jpg"].map(PhotoPath::from);
    let changes = names.iter().map(|path| Change::Failed { file: file(path), reason: "x".into() }).collect();
    library.commit(&batch(changes)).unwrap();
    let root = PhotoPath::from("/a");
    let first = library.files_under(&root, None, 2).unwrap();
    let rest = library.files_under(&root, Some(&first[1].path), 2).unwrap();
    let found: Vec<_> = first.iter().chain(&rest).map(|file| file.path.clone()).collect();
    assert_eq!(found, names[..3]);
}

#[test]
fn photos_are_found_by_the_first_digits_of_their_id() {
    let folder = tempfile::tempdir().unwrap();
    let library = open(folder.path());
    let mut random = Random(3);
    let vectors: Vec<_> = (0..40).map(|_| random.vector()).collect();
    library.commit(&photos(&vectors)).unwrap();
    assert_eq!(library.find_photo(&id(3).to_string()[..10]).unwrap(), id(3));
    assert!(matches!(library.find_photo("ffffffffffff"), Err(LibraryError::NoPhoto(_))));
    let crowded = (0..16)
        .map(|digit| format!("{digit:x}"))
        .find(|digit| (0..40).filter(|&number| id(number).to_string().starts_with(digit.as_str())).count() > 1);
    assert!(matches!(library.find_photo(&crowded.unwrap()), Err(LibraryError::AmbiguousPhoto { .. })));
}

#[derive(Clone, Debug)]
enum Step {
    Add(usize, usize),
    Link(usize, usize),
    Fail(usize),
    Remove(usize),
}

fn steps() -> impl Strategy<Value = Vec<Vec<Step>>> {
    let step = prop_oneof![
        (0..12usize, 0..6usize).prop_map(|(path, photo)| Step::Add(path, photo)),
        (0..12usize, 0..6usize).prop_map(|(path, photo)| Step::Link(path, photo)),
        (0..12usize).prop_map(Step::Fail),
        (0..12usize).prop_map(Step::Remove),
    ];
    prop::collection::vec(prop::collection::vec(step, 1..6), 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    /// Any sequence of changes leaves the library as a plain map of files would be.
    #[test]
    fn the_catalogue_behaves_like_a_map(batches in steps()) {
        let folder = tempfile::tempdir().unwrap();
        let library = open(folder.path());
        let mut random = Random(9);
        let vectors: Vec<_> = (0..6).map(|_| random.vector()).collect();
        let (mut files, mut embedded) = (BTreeMap::<usize, Option<usize>>::new(), BTreeSet::new());
        for steps in batches {
            let mut changes = vec![];
            for step in steps {
                match step {
                    Step::Add(at, photo) => {
                        changes.push(added(&path(at), id(photo), vectors[photo].clone()));
                        files.insert(at, Some(photo));
                        embedded.insert(photo);
                    }
                    Step::Link(at, photo) if embedded.contains(&photo) => {
                        changes.push(Change::Linked { file: file(&path(at)), image: id(photo) });
                        files.insert(at, Some(photo));
                    }
                    Step::Link(..) => {}
                    Step::Fail(at) => {
                        changes.push(Change::Failed { file: file(&path(at)), reason: "broken".into() });
                        files.insert(at, None);
                    }
                    Step::Remove(at) => {
                        changes.push(Change::Removed { path: path(at) });
                        files.remove(&at);
                    }
                }
            }
            library.commit(&batch(changes)).unwrap();
        }
        let expected: BTreeSet<ImageId> = files.values().flatten().map(|&photo| id(photo)).collect();
        drop(library);
        let library = open(folder.path());
        let status = library.status().unwrap();
        prop_assert_eq!(status.photos, expected.len());
        prop_assert_eq!(status.files, files.values().flatten().count());
        prop_assert_eq!(status.failed, files.values().filter(|photo| photo.is_none()).count());
        let shown: BTreeSet<ImageId> = visible(&library, &vectors[0]).into_iter().collect();
        prop_assert_eq!(shown, expected);
    }
}
