//! A model folder with the habits of published CLIP graphs: one picture at a time, texts as 32-bit integers filled up to a
//! fixed length. `goldens/make_goldens.py` makes it: a picture's embedding is its mean colour; a text's is, for ids a to f,
//! (a + 10 d, b + 10 e, c + 10 f).
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use std::path::Path;

use foray_embedding::{BackendChoice, BackendOptions, Embedder, Model, Picture};
use foray_protocol::UnitVector;
use image::{Rgb, RgbImage};

fn embedders() -> Vec<Embedder> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/tiny");
    let open = |choice| {
        let options = BackendOptions { choice, ..BackendOptions::default() };
        Embedder::open(Model::from_folder(&folder).unwrap(), &options)
    };
    let mut embedders = vec![open(BackendChoice::Rten).unwrap()];
    match open(BackendChoice::Ort) {
        Ok(ort) => embedders.push(ort),
        Err(error) => eprintln!("skipped: the half for ONNX Runtime ({error})"),
    }
    embedders
}

fn assert_direction(got: &UnitVector, expected: [f32; 3]) {
    let cosine = got.cosine(&UnitVector::normalized(expected.to_vec()).unwrap());
    assert!(cosine > 0.9999, "{got:?}, expected the direction {expected:?}");
}

#[test]
fn a_graph_of_one_picture_takes_a_batch() {
    let colours = [[255, 0, 0], [0, 255, 0], [10, 20, 30]];
    for embedder in embedders() {
        let pixels = colours.map(|colour| {
            let pixels = RgbImage::from_pixel(9, 5, Rgb(colour));
            embedder.preprocess(&Picture { pixels, width: 9, height: 5, format: "png" })
        });
        let vectors = embedder.embed_images(&pixels).unwrap();
        assert_eq!(vectors.len(), colours.len());
        for (vector, colour) in vectors.iter().zip(colours) {
            assert_direction(vector, colour.map(f32::from));
        }
    }
}

#[test]
fn texts_are_cleaned_filled_up_and_cut() {
    for embedder in embedders() {
        // <start> a cat <end> <fill> <fill>
        assert_direction(&embedder.embed_text("  A   Cat!").unwrap(), [21.0, 34.0, 37.0]);
        // <start> red green red green <end>
        assert_direction(&embedder.embed_text(&"red green ".repeat(9)).unwrap(), [51.0, 65.0, 26.0]);
        // <start> <end> <fill> <fill> <fill> <fill>
        assert_direction(&embedder.embed_text("").unwrap(), [31.0, 32.0, 33.0]);
    }
}
