//! The map through the library: the same for the same photos, steady when some come, made anew when its file is damaged.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Random, added, batch, id, open, path, photos};
use foray_library::{Library, LibraryError};
use foray_protocol::{Change, Filter, ImageId, Ingest, PhotoMap, UnitVector};

const PHOTOS: usize = 300;
const THEMES: usize = 6;

/// Photo number `number` of theme `number % THEMES`.
fn vectors() -> Vec<UnitVector> {
    let mut random = Random(21);
    let themes: Vec<_> = (0..THEMES).map(|_| random.vector()).collect();
    let mut photo = |number: usize| {
        let noise = random.vector();
        let sum = themes[number % THEMES].as_slice().iter().zip(noise.as_slice()).map(|(a, b)| a + 0.5 * b).collect();
        UnitVector::normalized(sum).unwrap()
    };
    (0..2 * PHOTOS).map(&mut photo).collect()
}

fn add(library: &Library, numbers: std::ops::Range<usize>) {
    let vectors = vectors();
    let photo = |number: usize| added(&path(number), id(number), vectors[number].clone());
    library.commit(&batch(numbers.map(photo).collect())).unwrap();
}

/// The map of the photos that a filter lets through, asked for until it is there.
fn map_of(library: &Library, filter: &str) -> PhotoMap {
    let filter = Filter::of(Some(filter).filter(|filter| !filter.is_empty())).unwrap();
    loop {
        match library.map(&filter, None) {
            Err(LibraryError::Drawing { .. }) => {}
            map => return map.unwrap(),
        }
    }
}

fn map(library: &Library) -> PhotoMap {
    map_of(library, "")
}

fn places(map: &PhotoMap) -> HashMap<ImageId, (f32, f32)> {
    map.ids.iter().copied().zip(map.x.iter().copied().zip(map.y.iter().copied())).collect()
}

fn file(folder: &Path) -> PathBuf {
    fs::read_dir(folder.join("library/maps")).unwrap().next().unwrap().unwrap().path()
}

#[test]
fn photos_of_a_theme_lie_together_and_are_a_cluster() {
    let folder = tempfile::tempdir().unwrap();
    let library = open(folder.path());
    library.commit(&photos(&vectors()[..PHOTOS])).unwrap();
    let map = map(&library);
    assert_eq!((map.points, map.ids.len(), map.cluster.len(), map.taken.len()), (PHOTOS, PHOTOS, PHOTOS, PHOTOS));
    assert!(map.x.iter().chain(&map.y).all(|share| (0.0..=1.0).contains(share)));
    let number = |id_: &ImageId| (0..PHOTOS).find(|&number| id(number) == *id_).unwrap();
    let theme_of: HashMap<i32, usize> =
        (0..).zip(&map.clusters).map(|(at, cluster)| (at, number(&cluster.representative) % THEMES)).collect();
    let is_right = |(id, cluster): &(&ImageId, &i32)| theme_of.get(cluster) == Some(&(number(id) % THEMES));
    let right = map.ids.iter().zip(&map.cluster).filter(is_right).count();
    assert!(right > PHOTOS * 9 / 10, "{right} in {} clusters", map.clusters.len());
    assert!(map.clusters.is_sorted_by(|a, b| a.size >= b.size));
    assert_eq!((map.taken[0], map.tag[0], map.tags.len()), (None, -1, 0));
}

#[test]
fn the_same_photos_make_the_same_map() {
    let maps = [1, 2].map(|_| {
        let folder = tempfile::tempdir().unwrap();
        let library = open(folder.path());
        library.commit(&photos(&vectors()[..PHOTOS])).unwrap();
        map(&library)
    });
    assert_eq!(maps[0], maps[1]);
}

#[test]
fn a_photo_that_comes_moves_no_other_and_lies_among_its_like() {
    let folder = tempfile::tempdir().unwrap();
    let library = open(folder.path());
    add(&library, 0..PHOTOS);
    let before = places(&map(&library));
    add(&library, PHOTOS..PHOTOS + 20);
    let after = map(&library);
    let now = places(&after);
    assert_eq!(now.len(), PHOTOS + 20);
    before.iter().for_each(|(id, place)| assert_eq!(&now[id], place, "{id}"));
    let cluster = |number: usize| after.cluster[after.ids.iter().position(|other| *other == id(number)).unwrap()];
    let right = (PHOTOS..PHOTOS + 20).filter(|&number| cluster(number) == cluster(number % THEMES)).count();
    assert!(right >= 18, "{right} of 20");
}

#[test]
fn photos_that_go_leave_the_others_where_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let library = open(folder.path());
    add(&library, 0..PHOTOS);
    let before = places(&map(&library));
    library.commit(&batch((0..100).map(|number| Change::Removed { path: path(number) }).collect())).unwrap();
    let after = places(&map(&library));
    assert_eq!(after.len(), PHOTOS - 100);
    after.iter().for_each(|(id, place)| assert_eq!(&before[id], place));
}

#[test]
fn a_library_that_grew_by_half_is_laid_out_anew_from_where_photos_lay() {
    let folder = tempfile::tempdir().unwrap();
    let library = open(folder.path());
    add(&library, 0..PHOTOS);
    let before = places(&map(&library));
    add(&library, PHOTOS..PHOTOS * 3 / 2);
    let after = places(&map(&library));
    assert_eq!(after.len(), PHOTOS * 3 / 2);
    let moved: Vec<f32> = before.iter().map(|(id, (x, y))| (after[id].0 - x).hypot(after[id].1 - y)).collect();
    assert!(moved.iter().any(|moved| *moved > 0.0));
    let mean = moved.iter().sum::<f32>() / moved.len() as f32;
    assert!(mean < 0.2, "photos moved by {mean} of the map's side");
}

#[test]
fn the_map_is_kept_and_made_anew_when_its_file_is_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let library = open(folder.path());
    add(&library, 0..PHOTOS);
    let first = map(&library);
    add(&library, PHOTOS..PHOTOS + 10);
    let second = map(&library);
    drop(library);
    let kept = places(&map(&open(folder.path())));
    assert_eq!(kept, places(&second));
    let mut bytes = fs::read(file(folder.path())).unwrap();
    bytes[100] ^= 1;
    fs::write(file(folder.path()), bytes).unwrap();
    let anew = places(&map(&open(folder.path())));
    assert!(anew.len() == PHOTOS + 10 && anew != kept && anew != places(&first));
}

#[test]
fn a_filter_shows_some_photos_where_they_lie_among_all() {
    let folder = tempfile::tempdir().unwrap();
    let library = open(folder.path());
    add(&library, 0..PHOTOS);
    let (all, some) = (places(&map(&library)), map_of(&library, "name:00001"));
    assert_eq!(some.points, 11, "000001 and 000010 to 000019");
    places(&some).iter().for_each(|(id, place)| assert_eq!(&all[id], place));
    assert!(some.clusters.iter().all(|cluster| some.ids.contains(&cluster.representative)));
    assert_eq!(
        some.clusters.iter().map(|cluster| cluster.size).sum::<usize>(),
        some.cluster.iter().filter(|at| **at >= 0).count()
    );
    assert_eq!(map_of(&library, "name:nothing").points, 0);
}

#[test]
fn fewer_than_three_photos_and_photos_that_are_the_same_are_no_fault() {
    let folder = tempfile::tempdir().unwrap();
    let library = open(folder.path());
    assert_eq!(map(&library).points, 0);
    add(&library, 0..2);
    assert_eq!((map(&library).points, map(&library).clusters.len()), (0, 0));
    add(&library, 2..3);
    assert_eq!(map(&library).points, 3);
    let same = vectors()[7].clone();
    library.commit(&batch((10..60).map(|number| added(&path(number), id(number), same.clone())).collect())).unwrap();
    let map = map(&library);
    assert!(map.points == 53 && map.x.iter().chain(&map.y).all(|share| share.is_finite()));
}
