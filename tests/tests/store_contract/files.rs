//! Files and what becomes of them: copies, moves, failures, and photos whose files are gone.

use std::fs;

use foray_protocol::{Change, ImageId, IngestBatch, NewPhoto, PhotoPath, SpaceId};

use crate::stage::{
    DIMENSION, Stage, add, added, commit, direction, file, file_at, filtered, found, id, metadata, path, space, vector,
};
use foray_library::PhotoQuery;

crate::promises!(
    a_commit_may_be_sent_twice,
    a_moved_photo_keeps_its_vector,
    a_photo_without_files_is_hidden_until_one_comes_back,
    a_file_with_other_content_leaves_its_photo,
    failures_are_told_until_they_are_mended,
    files_are_listed_under_their_folders,
    paths_of_any_bytes_are_kept,
    photos_are_found_by_the_beginning_of_their_id,
    vectors_of_another_model_are_refused,
    vectors_of_two_lengths_are_refused_together,
    descriptions_change,
    previews_are_kept,
    originals_are_served_from_the_roots_alone,
    changes_change_the_version,
    everything_is_there_when_opened_again,
    files_are_free_to_claim_for_one_indexer,
);

fn a_commit_may_be_sent_twice(stage: &Stage) {
    let store = stage.open();
    let batch = IngestBatch { space: space(), changes: (0..5).map(added).collect() };
    assert_eq!(store.commit(&batch).unwrap().photos_added, 5);
    assert_eq!(store.commit(&batch).unwrap().photos_added, 0);
    let status = store.status().unwrap();
    assert_eq!((status.photos, status.files, status.space.vectors), (5, 5, 5));
    assert_eq!(store.known_images(&space(), &[id(4), id(5)]).unwrap(), [true, false]);
}

fn a_moved_photo_keeps_its_vector(stage: &Stage) {
    let store = stage.open();
    add(store.as_ref(), 0..3);
    let moved = Change::Linked { file: file_at("/photos/New/name.jpg"), image: id(1) };
    commit(store.as_ref(), vec![moved, Change::Removed { path: path(1) }]);
    let photo = store.photo(id(1)).unwrap();
    assert_eq!((photo.path.as_str(), photo.copies.len()), ("/photos/New/name.jpg", 0));
    assert_eq!(filtered(store.as_ref(), "in:New"), [id(1)]);
    assert_eq!(store.vector(id(1)).unwrap(), vector(1));
    assert_eq!(store.photo_at(&"/photos/New/name.jpg".into()).unwrap(), Some(id(1)));
    assert_eq!(store.photo_at(&path(1)).unwrap(), None);
}

fn a_photo_without_files_is_hidden_until_one_comes_back(stage: &Stage) {
    let store = stage.open();
    add(store.as_ref(), 0..4);
    let summary =
        store.commit(&IngestBatch { space: space(), changes: vec![Change::Removed { path: path(2) }] }).unwrap();
    assert_eq!(summary.files_removed, 1);
    assert_eq!(store.status().unwrap().photos, 3);
    assert!(store.photo(id(2)).is_err());
    let query = vector(2);
    let query = PhotoQuery { vector: Some(&query), ..PhotoQuery::default() };
    assert!(!found(store.as_ref(), &query).contains(&id(2)));
    // It needs not be embedded again.
    assert_eq!(store.known_images(&space(), &[id(2)]).unwrap(), [true]);
    commit(store.as_ref(), vec![Change::Linked { file: file_at("/photos/Back/2.jpg"), image: id(2) }]);
    assert_eq!(found(store.as_ref(), &query)[0], id(2));
    assert_eq!(store.photo(id(2)).unwrap().path, "/photos/Back/2.jpg");
    let stranger = vec![Change::Linked { file: file(9), image: id(9) }];
    assert!(store.commit(&IngestBatch { space: space(), changes: stranger }).is_err());
}

fn a_file_with_other_content_leaves_its_photo(stage: &Stage) {
    let store = stage.open();
    add(store.as_ref(), 0..2);
    let photo = NewPhoto { id: id(8), metadata: metadata(), vector: vector(8), thumbnail: vec![] };
    commit(store.as_ref(), vec![Change::Added { file: file(1), photo: Box::new(photo) }]);
    assert!(store.photo(id(1)).is_err());
    assert_eq!(store.photo(id(8)).unwrap().photo_path(), path(1));
    let status = store.status().unwrap();
    assert_eq!((status.photos, status.files), (2, 2));
}

fn failures_are_told_until_they_are_mended(stage: &Stage) {
    let store = stage.open();
    let failed = |number: usize| Change::Failed { file: file(number), reason: format!("\"torn\" {number}\n") };
    // Before there is any photo.
    commit(store.as_ref(), vec![failed(3)]);
    commit(store.as_ref(), vec![added(0), failed(4)]);
    let mut failures = store.failures().unwrap();
    failures.sort_by(|a, b| a.path.cmp(&b.path));
    assert_eq!(failures.len(), 2);
    assert!(failures.iter().any(|failure| failure.path == path(3) && failure.reason == "\"torn\" 3\n"));
    let known = store.known_files(&[path(3), path(0), path(1)]).unwrap();
    assert_eq!(known[0].as_ref().unwrap().outcome, Err("\"torn\" 3\n".to_owned()));
    assert_eq!((known[1].as_ref().unwrap().outcome.clone(), known[2].is_none()), (Ok(id(0)), true));
    commit(store.as_ref(), vec![added(3), Change::Removed { path: path(4) }]);
    assert!(store.failures().unwrap().is_empty());
    assert_eq!(store.status().unwrap().failed, 0);
}

fn files_are_listed_under_their_folders(stage: &Stage) {
    let store = stage.open();
    add(store.as_ref(), 0..30);
    commit(store.as_ref(), vec![Change::Failed { file: file_at("/photos/Trips/z.jpg"), reason: "torn".to_owned() }]);
    let mut expected: Vec<PhotoPath> = (0..30).step_by(3).map(path).collect();
    expected.push("/photos/Trips/z.jpg".into());
    let (mut listed, mut after) = (vec![], None);
    loop {
        let page = store.files_under(&"/photos/Trips".into(), after.as_ref(), 4).unwrap();
        listed.extend(page.iter().map(|file| file.path.clone()));
        match page.last() {
            Some(last) if page.len() == 4 => after = Some(last.path.clone()),
            _ => break,
        }
    }
    assert_eq!(listed, expected);
    assert!(store.files_under(&"/photos/Trip".into(), None, 10).unwrap().is_empty());
    let last = store.files_under(&"/photos/Trips".into(), Some(&path(27)), 10).unwrap();
    assert_eq!((last.len(), last[0].image), (1, None));
}

#[cfg(unix)]
fn paths_of_any_bytes_are_kept(stage: &Stage) {
    let store = stage.open();
    let paths: Vec<PhotoPath> = [
        b"/photos/\xff\xfe/a.jpg".as_slice(),
        b"/photos/100%/%41.jpg",
        "/photos/\u{1f344}/\"quoted\" \\ x.jpg".as_bytes(),
        b"/photos/new\nline/tab\t.jpg",
    ]
    .map(PhotoPath::from_bytes)
    .to_vec();
    let change = |(number, path): (usize, &PhotoPath)| {
        let photo = NewPhoto { id: id(number), metadata: metadata(), vector: vector(number), thumbnail: vec![] };
        Change::Added { file: file_at(path.clone()), photo: Box::new(photo) }
    };
    commit(store.as_ref(), paths.iter().enumerate().map(change).collect());
    for (number, path) in paths.iter().enumerate() {
        assert_eq!(store.photo(id(number)).unwrap().photo_path(), *path);
        assert_eq!(store.photo_at(path).unwrap(), Some(id(number)), "{path:?}");
    }
    assert!(store.known_files(&paths).unwrap().iter().all(Option::is_some));
    let mut listed: Vec<PhotoPath> =
        store.files_under(&"/photos".into(), None, 10).unwrap().into_iter().map(|file| file.path).collect();
    let mut expected = paths.clone();
    listed.sort();
    expected.sort();
    assert_eq!(listed, expected);
    commit(store.as_ref(), paths.iter().map(|path| Change::Removed { path: path.clone() }).collect());
    assert_eq!(store.status().unwrap().files, 0);
}

#[cfg(not(unix))]
fn paths_of_any_bytes_are_kept(_: &Stage) {}

fn photos_are_found_by_the_beginning_of_their_id(stage: &Stage) {
    let store = stage.open();
    add(store.as_ref(), 0..40);
    let whole = id(7).to_string();
    for digits in [whole.clone(), whole[..12].to_owned(), whole[..12].to_uppercase()] {
        assert_eq!(store.find_photo(&digits).unwrap(), id(7));
    }
    let shared = (0..16).map(|digit| format!("{digit:x}"));
    let ambiguous = shared.map(|digit| store.find_photo(&digit)).filter_map(Result::err);
    assert!(ambiguous.map(|error| error.to_string()).any(|message| message.contains("fits")));
    for missing in ["0123456789ab", "xyz", "\" or 1"] {
        assert!(store.find_photo(missing).unwrap_err().to_string().contains("no photo"), "{missing}");
    }
}

fn vectors_of_another_model_are_refused(stage: &Stage) {
    let store = stage.open();
    add(store.as_ref(), 0..2);
    let other = IngestBatch { space: SpaceId::from("other@1".to_owned()), changes: vec![added(3)] };
    assert!(store.commit(&other).unwrap_err().to_string().contains("other"));
    let wide = NewPhoto { id: id(3), metadata: metadata(), vector: direction(3, DIMENSION * 2), thumbnail: vec![] };
    let wide = vec![Change::Added { file: file(3), photo: Box::new(wide) }];
    assert!(store.commit(&IngestBatch { space: space(), changes: wide }).is_err());
    assert_eq!(store.status().unwrap().photos, 2);
    // A library that has become empty takes the model that comes.
    commit(store.as_ref(), (0..2).map(|number| Change::Removed { path: path(number) }).collect());
    store.commit(&other).unwrap();
    assert_eq!(store.space(), Some(other.space));
}

fn vectors_of_two_lengths_are_refused_together(stage: &Stage) {
    let store = stage.open();
    let long = NewPhoto { id: id(3), metadata: metadata(), vector: direction(3, DIMENSION * 2), thumbnail: vec![] };
    let long = Change::Added { file: file(3), photo: Box::new(long) };
    let refused = store.commit(&IngestBatch { space: space(), changes: vec![added(1), long] }).unwrap_err().to_string();
    assert!(refused.contains("16") && refused.contains("32"), "{refused}");
    assert_eq!(store.status().unwrap().photos, 0);
}

fn descriptions_change(stage: &Stage) {
    let store = stage.open();
    add(store.as_ref(), 0..2);
    let mut description = store.photo(id(1)).unwrap().metadata.description;
    description.camera = Some("Leica M".to_owned());
    commit(store.as_ref(), vec![Change::Described { image: id(1), description: Box::new(description.clone()) }]);
    assert_eq!(store.photo(id(1)).unwrap().metadata.description, description);
    assert_eq!(filtered(store.as_ref(), "camera:leica"), [id(1)]);
    assert!(store.indexed_at(id(1)).unwrap().is_some());
}

fn previews_are_kept(stage: &Stage) {
    let store = stage.open();
    add(store.as_ref(), 0..2);
    assert_eq!(store.preview(id(1)).unwrap(), [0xff, 0xd8, 1]);
    assert!(store.preview(id(9)).is_err());
}

fn originals_are_served_from_the_roots_alone(stage: &Stage) {
    let store = stage.open();
    let folder = stage.real_folder();
    let (inside, outside) = (folder.join("a.jpg"), folder.with_file_name("outside.jpg"));
    fs::write(&inside, "a").unwrap();
    fs::write(&outside, "b").unwrap();
    let change = |number: usize, path: &std::path::Path| {
        let photo = NewPhoto { id: id(number), metadata: metadata(), vector: vector(number), thumbnail: vec![] };
        Change::Added { file: file_at(path), photo: Box::new(photo) }
    };
    commit(store.as_ref(), vec![change(0, &inside), change(1, &outside), change(2, &folder.join("gone.jpg"))]);
    store.remember_roots(&[folder.as_path().into()]).unwrap();
    store.remember_roots(&[folder.as_path().into()]).unwrap();
    assert_eq!(store.status().unwrap().roots, [PhotoPath::from(folder.as_path())]);
    assert_eq!(store.original_file(id(0)).unwrap(), inside.canonicalize().unwrap());
    for number in [1, 2, 3] {
        assert!(store.original_file(id(number)).is_err(), "{number}");
    }
    // Browsers show no RAW file, and the preview is made anew of what the id is of.
    let raw = folder.join("A.CR2");
    fs::write(&raw, "c").unwrap();
    commit(store.as_ref(), vec![Change::Linked { file: file_at(raw.as_path()), image: id(0) }]);
    assert_eq!(store.original_file(id(0)).unwrap(), inside.canonicalize().unwrap());
    fs::remove_file(&inside).unwrap();
    assert_eq!(store.original_file(id(0)).unwrap(), raw.canonicalize().unwrap());
}

fn changes_change_the_version(stage: &Stage) {
    let store = stage.open();
    let before = store.version();
    add(store.as_ref(), 0..1);
    let after = store.version();
    assert_ne!(before, after);
    assert_eq!(store.version(), after);
    commit(store.as_ref(), vec![Change::Removed { path: path(0) }]);
    assert_ne!(store.version(), after);
}

fn everything_is_there_when_opened_again(stage: &Stage) {
    let store = stage.open();
    add(store.as_ref(), 0..10);
    store.remember_roots(&["/photos".into()]).unwrap();
    drop(store);
    let store = stage.open();
    assert_eq!(store.status().unwrap().photos, 10);
    let query = PhotoQuery { vector: Some(&vector(6)), limit: 1, ..PhotoQuery::default() };
    assert_eq!(found(store.as_ref(), &query), [id(6)]);
    let known: Vec<ImageId> =
        store.files_under(&"/photos".into(), None, 100).unwrap().into_iter().filter_map(|file| file.image).collect();
    assert_eq!(known.len(), 10);
}

fn files_are_free_to_claim_for_one_indexer(stage: &Stage) {
    let store = stage.open();
    assert_eq!(store.claim(&[path(1), path(2)]).unwrap(), [true, true]);
    assert_eq!(store.claim(&[path(2)]).unwrap(), [true]);
    commit(store.as_ref(), vec![added(2)]);
    assert_eq!(store.claim(&[]).unwrap(), [] as [bool; 0]);
}
