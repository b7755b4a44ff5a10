//! Small models of every published family, end to end: pictures and texts come out as PyTorch embeds them, on both backends.
//! `goldens/make_families.py` makes the models and the embeddings with open_clip.
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use std::fs;
use std::path::{Path, PathBuf};

use foray_embedding::{BackendChoice, BackendOptions, DecodeLimits, Detail, Embedder, Model, decode};
use foray_protocol::UnitVector;
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    image: Option<String>,
    text: Option<String>,
    embedding: Vec<f32>,
}

fn families() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/families")
}

/// The smallest cosine to the reference over the pictures and over the texts of `family`.
fn agreement(family: &str, choice: BackendChoice) -> Option<(f32, f32)> {
    let options = BackendOptions { choice, ..BackendOptions::default() };
    let embedder = match Embedder::open(Model::from_folder(&families().join(family)).unwrap(), &options) {
        Ok(embedder) => embedder,
        Err(error) => {
            eprintln!("skipped: {family} on ONNX Runtime ({error})");
            return None;
        }
    };
    let goldens: Vec<Golden> =
        serde_json::from_slice(&fs::read(families().join(family).join("embeddings.json")).unwrap()).unwrap();
    let (mut pictures, mut texts) = (vec![], vec![]);
    for Golden { image, text, embedding } in goldens {
        let expected = UnitVector::normalized(embedding).unwrap();
        match (image, text) {
            (Some(image), _) => pictures.push(embed_picture(&embedder, &image).cosine(&expected)),
            (_, Some(text)) => texts.push(embedder.embed_text(&text).unwrap().cosine(&expected)),
            _ => panic!("a golden of nothing"),
        }
    }
    assert_eq!((pictures.len(), texts.len()), (5, 20));
    let smallest = |cosines: Vec<f32>| cosines.into_iter().fold(1.0, f32::min);
    Some((smallest(pictures), smallest(texts)))
}

fn embed_picture(embedder: &Embedder, name: &str) -> UnitVector {
    let content = fs::read(families().join("pictures").join(name)).unwrap();
    let pixels = embedder.preprocess(&decode(&content, &DecodeLimits::default(), Detail::Full).unwrap());
    embedder.embed_images(&[pixels]).unwrap().remove(0)
}

fn assert_agrees(family: &str, least: f32) {
    for choice in [BackendChoice::Rten, BackendChoice::Ort] {
        if let Some((pictures, texts)) = agreement(family, choice) {
            println!("{family} on {choice:?}: pictures {pictures:.6}, texts {texts:.6}");
            assert!(pictures > least && texts > least, "{family} on {choice:?}: pictures {pictures}, texts {texts}");
        }
    }
}

/// A test for each, so that one that fails does not hide the others.
macro_rules! families {
    ($($test:ident: $family:literal, $least:literal;)*) => {
        $(
            #[test]
            fn $test() {
                assert_agrees($family, $least);
            }
        )*
    };
}

families! {
    clip: "ViT-B-32", 0.9999;
    clip_with_quick_gelu_one_at_a_time: "ViT-B-32-quickgelu", 0.9999;
    // Looks at every place of a text, the filling, too.
    mobile_clip: "MobileCLIP-text", 0.9999;
    // Weights of 16 bits.
    first_pooling: "first-pooling", 0.999;
    eos_pooling: "eos-pooling", 0.9999;
    siglip2: "ViT-B-16-SigLIP2", 0.9999;
    xlm_roberta_mean_pooling: "xlm-roberta-base-ViT-B-32", 0.9999;
    // Weights in a file of their own.
    nllb: "nllb-clip-base-siglip", 0.9999;
}
