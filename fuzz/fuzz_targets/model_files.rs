//! Feeds bytes to the reader of a model's folder in place of one of its files; the first byte tells which. A model that is taken
//! tokenises texts and prepares pictures.
#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use foray_embedding::{
    BackendChoice, BackendOptions, DecodeLimits, Detail, Embedder, Model, Picture, TextTokenizer, decode,
};
use foray_fuzz::{count_own_panics_only, put};
use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;

const FILES: [&str; 4] =
    ["config.json", "visual/preprocess_cfg.json", "textual/tokenizer_config.json", "textual/tokenizer.json"];
const TEXTS: [&str; 4] =
    ["", "a photo of 2 cats", "Ünïcödé 漢字 🍄\u{200d}🍄", "x x x x x x x x x x x x x x x x x x x x x x"];
/// Larger inputs of a visual tower take seconds to make.
const LARGEST_SIDE: u32 = 512;

/// A model of the tests, without its graphs.
static WHOLE: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let family = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/embedding/tests/goldens/families/ViT-B-32");
    FILES.iter().map(|file| std::fs::read(Path::new(family).join(file)).expect("a file of the tests")).collect()
});
static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a temporary folder");
    ["visual/model.onnx", "textual/model.onnx"].iter().for_each(|graph| put(folder.path(), graph, b""));
    folder
});
static PICTURE: LazyLock<Picture> = LazyLock::new(|| {
    let picture = include_bytes!("../../shared/embedding/tests/goldens/families/pictures/tiny.png");
    decode(picture, &DecodeLimits::default(), Detail::Full).expect("a picture of the tests")
});

fuzz_target!(init: count_own_panics_only(), |data: &[u8]| {
    let Some((&which, content)) = data.split_first() else { return };
    let replaced = usize::from(which) % FILES.len();
    for (number, (name, whole)) in FILES.iter().zip(WHOLE.iter()).enumerate() {
        put(FOLDER.path(), name, if number == replaced { content } else { whole.as_slice() });
    }
    let Ok(model) = Model::from_folder(FOLDER.path()) else { return };
    assert!(model.dimension() > 0);
    [false, true].into_iter().for_each(|fill| tokenize(&model, fill));
    if replaced == 1 {
        prepare(model);
    }
});

fn tokenize(model: &Model, fill: bool) {
    let Ok(tokenizer) = TextTokenizer::of(model, fill) else { return };
    let tokens = TEXTS.iter().filter_map(|text| tokenizer.encode(text).ok());
    let lengths: Vec<usize> = tokens.map(|tokens| tokens.ids.len()).collect();
    assert!(!fill || lengths.windows(2).all(|pair| pair[0] == pair[1]), "{lengths:?}");
}

fn prepare(model: Model) {
    let options = BackendOptions { choice: BackendChoice::Rten, threads: Some(1), ..BackendOptions::default() };
    let embedder = Embedder::open(model, &options).expect("rten is always there");
    let Detail::Sides { short, .. } = embedder.detail() else { panic!("a tower sees so many pixels") };
    if short <= 2 * LARGEST_SIDE {
        embedder.preprocess(&PICTURE);
    }
}
