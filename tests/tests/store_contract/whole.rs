//! Whole photos from one store into another, and upkeep.

use foray_library::StoredPhoto;
use foray_protocol::{Change, ImageId};

use crate::stage::{Stage, add, commit, embedded, file_at, filtered, id, path, space, vector};

crate::promises!(photos_move_from_store_to_store, what_is_taken_replaces_what_was_known, upkeep_loses_nothing);

fn all(store: &dyn foray_library::Store) -> Vec<StoredPhoto> {
    let (mut photos, mut after): (Vec<StoredPhoto>, Option<ImageId>) = (vec![], None);
    loop {
        let page = store.stored_photos(after, 7).unwrap();
        let is_last = page.len() < 7;
        after = page.last().map(|photo| photo.id);
        photos.extend(page);
        if is_last {
            return photos;
        }
    }
}

fn photos_move_from_store_to_store(stage: &Stage) {
    let store = stage.open();
    add(store.as_ref(), 0..20);
    let copy = Change::Linked { file: file_at("/photos/copy.jpg"), image: id(3) };
    commit(store.as_ref(), vec![copy, Change::Removed { path: path(5) }]);
    let photos = all(store.as_ref());
    assert_eq!(photos.len(), 20);
    assert!(photos.windows(2).all(|pair| pair[0].id < pair[1].id));
    let other = embedded();
    let other = other.open();
    for step in photos.chunks(6) {
        other.take_photos(&space(), step).unwrap();
    }
    assert_eq!(all(other.as_ref()), photos);
    let (here, there) = (store.status().unwrap(), other.status().unwrap());
    assert_eq!((there.photos, there.files), (19, 20));
    assert_eq!((here.photos, here.files), (19, 20));
    // And back, where it changes nothing.
    store.take_photos(&space(), &photos).unwrap();
    assert_eq!(all(store.as_ref()), photos);
}

fn what_is_taken_replaces_what_was_known(stage: &Stage) {
    let store = stage.open();
    add(store.as_ref(), 0..3);
    let mut photos = all(store.as_ref());
    let photo = photos.iter_mut().find(|photo| photo.id == id(1)).unwrap();
    // The photo has moved, to where another was.
    photo.files = vec![file_at(path(2))];
    photo.metadata.description.camera = Some("Leica".to_owned());
    let photo = photo.clone();
    store.take_photos(&space(), std::slice::from_ref(&photo)).unwrap();
    assert_eq!(store.photo(id(1)).unwrap().photo_path(), path(2));
    assert_eq!(filtered(store.as_ref(), "camera:leica"), [id(1)]);
    assert!(store.photo(id(2)).is_err(), "its file holds another photo now");
    assert_eq!(store.photo_at(&path(1)).unwrap(), None);
    assert_eq!(store.status().unwrap().files, 2);
}

fn upkeep_loses_nothing(stage: &Stage) {
    let store = stage.open();
    add(store.as_ref(), 0..10);
    commit(store.as_ref(), vec![Change::Removed { path: path(4) }]);
    let report = store.maintain().unwrap();
    assert_eq!((report.forgotten, report.waiting), (0, 1));
    assert_eq!(store.status().unwrap().photos, 9);
    assert_eq!(store.vector(id(4)).unwrap(), vector(4));
}
