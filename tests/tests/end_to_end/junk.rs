//! Junk labels: on photos that are junk, and hardly ever on good ones.

use std::collections::BTreeMap;
use std::path::Path;

use foray_appearance::describe;
use foray_protocol::{Junk, PhotoMetadata};
use foray_tests::{Sandbox, samples, some_photos, test_data};
use image::imageops::{self, FilterType};
use image::{Rgb, RgbImage};

/// The label of a photo as the indexer gives it, were it of full size: small test photos are not called tiny.
fn label(photo: &RgbImage) -> Option<Junk> {
    let (width, height) = photo.dimensions();
    let scale = (400.0 / f64::from(width.max(height))).min(1.0);
    let side = |side: u32| ((f64::from(side) * scale).round() as u32).max(1);
    let preview = imageops::resize(photo, side(width), side(height), FilterType::Triangle);
    let format = "jpeg".to_owned();
    let mut metadata = PhotoMetadata { width: 10 * width, height: 10 * height, format, ..PhotoMetadata::default() };
    describe(&preview, &mut metadata);
    metadata.junk
}

fn open(file: &Path) -> RgbImage {
    image::open(file).unwrap().into_rgb8()
}

#[test]
fn an_indexed_photo_shows_its_label() {
    let sandbox = Sandbox::with_samples();
    let photo = open(&sandbox.photo_files()[0]);
    let save = |picture: &RgbImage, name: &str| picture.save(sandbox.photos().join(name)).unwrap();
    let long = photo.width().max(photo.height()) as f32;
    save(&imageops::blur(&photo, 3.0 * long / 400.0), "blurred.jpg");
    save(&imageops::resize(&photo, 120, 90, FilterType::Triangle), "tiny.jpg");
    save(&RgbImage::from_pixel(640, 480, Rgb([9, 8, 12])), "black.jpg");
    save(&RgbImage::from_pixel(640, 480, Rgb([240, 240, 238])), "blank.jpg");
    let screen = RgbImage::from_fn(1280, 720, |x, y| match (x, y) {
        (_, 0..40) => Rgb([40, 60, 110]),
        (0..200, _) => Rgb([225, 228, 235]),
        (240..640, 90..) if y % 26 < 10 && x % 17 < 10 => Rgb([30, 30, 30]),
        _ => Rgb([250, 250, 250]),
    });
    save(&screen, "screenshot.png");
    sandbox.index();
    let json = sandbox.run(["search", "a photo", "-n", "100", "--json"]).json();
    let mut labels = BTreeMap::new();
    for hit in json["results"].as_array().unwrap() {
        if let Some(junk) = hit["junk"].as_str() {
            let name = Path::new(hit["path"].as_str().unwrap()).file_stem().unwrap().to_str().unwrap().to_owned();
            labels.insert(name, junk.to_owned());
        }
        let has_hash = hit["perceptual_hash"].as_str().is_some_and(|hash| hash.len() == 64);
        assert!(hit["thumbhash"].as_str().is_some_and(|hash| !hash.is_empty()), "{hit}");
        assert_eq!(has_hash, !["black", "blank"].contains(&hit["junk"].as_str().unwrap_or_default()), "{hit}");
    }
    let names = ["black", "blank", "blurred", "screenshot", "tiny"];
    let unusual = |options: &[&str]| sandbox.run([&["unusual", "-n", "100", "--json"], options].concat()).paths();
    let (all, without_junk) = (unusual(&[]), unusual(&["--hide-junk"]));
    let is_junk = |path: &&String| names.iter().any(|name| Path::new(path).file_stem().unwrap() == *name);
    assert!(all.iter().any(|path| is_junk(&path)));
    assert_eq!(without_junk, all.iter().filter(|path| !is_junk(path)).cloned().collect::<Vec<_>>());
    assert_eq!(labels, names.into_iter().map(|name| (name.to_owned(), name.to_owned())).collect());
}

#[test]
fn the_bundled_photos_are_no_junk_until_they_are_blurred() {
    for file in some_photos(&samples(), 100) {
        let photo = open(&file);
        assert_eq!(label(&photo), None, "{}", file.display());
        let preview = imageops::resize(&photo, 400, 400 * photo.height() / photo.width(), FilterType::Triangle);
        assert_eq!(label(&imageops::blur(&preview, 4.0)), Some(Junk::Blurred), "{}", file.display());
    }
}

#[test]
fn good_photos_are_rarely_taken_for_junk() {
    let test = "good_photos_are_rarely_taken_for_junk";
    for folder in ["flickr8k/images", "imagenet1k_one", "caltech101"] {
        let Some(data) = test_data(test, folder) else { return };
        let photos = some_photos(&data, 1_000);
        let (mut wrong, mut blurred, mut seen) = (vec![], 0, 0);
        for (number, file) in photos.iter().enumerate() {
            let photo = open(file);
            wrong.extend(label(&photo).map(|junk| format!("{junk:?} {}", file.display())));
            if number % 10 == 0 {
                seen += usize::from(label(&imageops::blur(&photo, 3.0)) == Some(Junk::Blurred));
                blurred += 1;
            }
        }
        let (junk, good) = (wrong.len(), photos.len());
        println!("{folder}: {junk} of {good} good photos are called junk {wrong:?}; {seen} of {blurred} blurred ones");
        assert!(junk * 200 <= good, "{wrong:?}");
        assert!(seen * 10 >= blurred * 7, "{seen} of {blurred}");
    }
}
