//! Duplicates in a library: photos that were indexed before hashes were kept, similar photos, photos whose files are gone.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use crate::support::{DIMENSION, Random, added, batch, id, open, path, photos};
use foray_library::Library;
use foray_protocol::{Change, DuplicateGroup, DuplicateKind, DuplicatesRequest, Ingest, UnitVector};
use image::{ImageFormat, RgbImage, imageops};

fn groups(library: &Library, kind: DuplicateKind) -> Vec<DuplicateGroup> {
    library.duplicates(&DuplicatesRequest { kind: Some(kind), limit: 100, offset: 0 }).unwrap().groups
}

/// A bundled photograph at the size of a preview.
fn preview(name: &str) -> RgbImage {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/samples").join(name);
    imageops::thumbnail(&image::open(file).unwrap().into_rgb8(), 400, 300)
}

fn jpeg(picture: &RgbImage) -> Vec<u8> {
    let mut bytes = vec![];
    picture.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Jpeg).unwrap();
    bytes
}

/// A photo as a version without hashes committed it.
fn undescribed(number: usize, thumbnail: Vec<u8>, vector: &UnitVector) -> Change {
    let mut change = added(&path(number), id(number), vector.clone());
    if let Change::Added { photo, .. } = &mut change {
        photo.thumbnail = thumbnail;
    }
    change
}

#[test]
fn photos_indexed_before_hashes_were_kept_get_theirs_from_their_previews() {
    let folder = tempfile::tempdir().unwrap();
    let library = open(folder.path());
    let (cat, bee) = (preview("animals/cat.jpg"), preview("animals/bee-on-flower.jpg"));
    let vector = Random(5).vector();
    let thumbnails = [jpeg(&cat), jpeg(&imageops::colorops::brighten(&cat, 20)), jpeg(&bee), b"no picture".to_vec()];
    let changes = (0..).zip(thumbnails).map(|(number, thumbnail)| undescribed(number, thumbnail, &vector));
    library.commit(&batch(changes.collect())).unwrap();
    assert_eq!(library.photo(id(0)).unwrap().metadata.perceptual_hash, None);
    let near = groups(&library, DuplicateKind::Near);
    assert_eq!((near.len(), near[0].keep.id, near[0].others[0].id), (1, id(0), id(1)));

    drop(library);
    fs::remove_dir_all(folder.path().join("library/thumbnails")).unwrap();
    let again = open(folder.path());
    let hashes: Vec<bool> =
        (0..4).map(|number| again.photo(id(number)).unwrap().metadata.perceptual_hash.is_some()).collect();
    assert_eq!(hashes, [true, true, true, false], "they were kept, and a broken preview stops nothing");
    assert!(again.photo(id(0)).unwrap().metadata.thumbhash.is_some());
    assert_eq!(groups(&again, DuplicateKind::Near).len(), 1);
}

/// A vector with this cosine similarity to the `at`-th axis, in a direction of its own.
fn leaning(at: usize, own: usize, cosine: f32) -> UnitVector {
    let mut components = vec![0.0; DIMENSION];
    (components[at], components[own]) = (cosine, (1.0 - cosine * cosine).sqrt());
    UnitVector::normalized(components).unwrap()
}

#[test]
fn similar_photos_stand_round_the_one_to_keep_and_only_when_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let library = open(folder.path());
    // The second and third are close to the first, and farther from each other; the fourth is close to none.
    let vectors = [leaning(0, 1, 1.0), leaning(0, 1, 0.92), leaning(0, 2, 0.92), leaning(5, 6, 1.0)];
    library.commit(&photos(&vectors)).unwrap();
    let similar = groups(&library, DuplicateKind::Similar);
    assert_eq!(similar.len(), 1);
    let others: Vec<_> = similar[0].others.iter().map(|file| (file.id, (file.similarity * 100.0).round())).collect();
    assert_eq!((similar[0].keep.id, others), (id(0), vec![(id(1), 92.0), (id(2), 92.0)]));
    let all = DuplicatesRequest { kind: None, limit: 100, offset: 0 };
    assert_eq!(library.duplicates(&all).unwrap().total, 0);
}

#[test]
fn photos_without_files_are_no_duplicates() {
    let folder = tempfile::tempdir().unwrap();
    let library = open(folder.path());
    library.commit(&photos(&[leaning(0, 1, 1.0), leaning(0, 1, 0.95)])).unwrap();
    assert_eq!(groups(&library, DuplicateKind::Similar).len(), 1);
    library.commit(&batch(vec![Change::Removed { path: path(1) }])).unwrap();
    assert_eq!(groups(&library, DuplicateKind::Similar), []);
}
