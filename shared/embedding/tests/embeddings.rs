//! Embeddings against those that ONNX Runtime computes in Python, on every backend; and the backends against each other.
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use std::path::Path;

use foray_embedding::{BackendChoice, BackendOptions, DecodeLimits, Detail, Embedder, Model, Pixels, decode};
use foray_protocol::UnitVector;
use serde::Deserialize;

const PHOTOS: [&str; 3] = ["cat.jpg", "photographer.jpg", "rocket-launch.jpg"];

#[derive(Deserialize)]
struct Golden {
    image: Option<String>,
    text: Option<String>,
    embedding: Vec<f32>,
}

/// Made by `goldens/make_goldens.py`.
fn goldens() -> Vec<Golden> {
    serde_json::from_str(include_str!("goldens/embeddings.json")).unwrap()
}

fn pixels(embedder: &Embedder, name: &str) -> Pixels {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens").join(name);
    embedder.preprocess(&decode(&std::fs::read(file).unwrap(), &DecodeLimits::default(), Detail::Full).unwrap())
}

fn embedders() -> Vec<Embedder> {
    let open =
        |choice| Embedder::open(Model::builtin().unwrap(), &BackendOptions { choice, ..BackendOptions::default() });
    let mut embedders = vec![open(BackendChoice::Rten).unwrap()];
    match open(BackendChoice::Ort) {
        Ok(ort) => embedders.push(ort),
        Err(error) => eprintln!("skipped: the half for ONNX Runtime ({error})"),
    }
    embedders
}

#[test]
fn embeddings_are_those_of_the_reference() {
    for embedder in embedders() {
        for Golden { image, text, embedding } in goldens() {
            let expected = UnitVector::normalized(embedding).unwrap();
            let got = match (&image, &text) {
                (Some(name), _) => embedder.embed_images(&[pixels(&embedder, name)]).unwrap().remove(0),
                (_, Some(text)) => embedder.embed_text(text).unwrap(),
                _ => panic!("a golden of nothing"),
            };
            let cosine = got.cosine(&expected);
            assert!(cosine > 0.999, "{} {image:?} {text:?}: {cosine}", embedder.report().backend);
        }
    }
}

#[test]
fn a_batch_gives_what_single_pictures_give() {
    for embedder in embedders() {
        let batch: Vec<Pixels> = PHOTOS.iter().map(|name| pixels(&embedder, name)).collect();
        let together = embedder.embed_images(&batch).unwrap();
        for (one, expected) in batch.iter().zip(&together) {
            let alone = embedder.embed_images(std::slice::from_ref(one)).unwrap().remove(0);
            assert!(alone.cosine(expected) > 0.9999);
        }
    }
}

#[test]
fn backends_agree() {
    let embedders = embedders();
    let [first, .., last] = embedders.as_slice() else { return };
    for photo in PHOTOS {
        let embed = |embedder: &Embedder| embedder.embed_images(&[pixels(embedder, photo)]).unwrap().remove(0);
        let cosine = embed(first).cosine(&embed(last));
        assert!(cosine > 0.999, "{photo}: {cosine}");
    }
    for text in ["a dog", "mushroom on tree bark", "日本語", "", "x"] {
        let cosine = first.embed_text(text).unwrap().cosine(&last.embed_text(text).unwrap());
        assert!(cosine > 0.999, "{text:?}: {cosine}");
    }
}

/// Photographs of some megapixels, where those beside the project are there.
fn large_photos(test: &str) -> Vec<std::path::PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let data = std::env::var_os("FORAY_TEST_DATA").map_or_else(beside, std::path::PathBuf::from);
    let folders = ["phone", "wallpapers"].map(|name| data.join("photos").join(name));
    if !folders[0].exists() {
        eprintln!("skipped: {test} needs {}", folders[0].display());
        return vec![];
    }
    let files = folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap());
    let files = files.map(|entry| entry.unwrap().path());
    files.filter(|file| file.extension().is_some_and(|kind| kind.eq_ignore_ascii_case("jpg"))).collect()
}

#[test]
fn a_picture_that_was_decoded_to_fewer_pixels_has_nearly_the_same_embedding() {
    let embedder = embedders().remove(embedders().len() - 1);
    let test = "a_picture_that_was_decoded_to_fewer_pixels_has_nearly_the_same_embedding";
    let mut reduced = 0;
    for file in large_photos(test) {
        let content = std::fs::read(&file).unwrap();
        let [full, less] =
            [Detail::Full, embedder.detail()].map(|detail| decode(&content, &DecodeLimits::default(), detail).unwrap());
        assert_eq!((full.width, full.height), (less.width, less.height));
        reduced += usize::from(less.pixels.width() < full.pixels.width());
        let vectors = embedder.embed_images(&[embedder.preprocess(&full), embedder.preprocess(&less)]).unwrap();
        let cosine = vectors[0].cosine(&vectors[1]);
        let sizes = [full.pixels.dimensions(), less.pixels.dimensions()];
        eprintln!("{}: {sizes:?} {cosine:.5}", file.display());
        assert!(cosine > 0.995, "{}: {cosine}", file.display());
    }
    assert!(reduced > 0 || large_photos(test).is_empty());
}
