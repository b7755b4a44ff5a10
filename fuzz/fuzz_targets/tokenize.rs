//! Feeds text to the tokenizers of four families of models, with their ways of mending texts before.
#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use foray_embedding::{Model, TextTokenizer, Tokens};
use libfuzzer_sys::fuzz_target;

const FAMILIES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/embedding/tests/goldens/families");

/// As they are, and filling up; with the length that they fill up to.
static TOKENIZERS: LazyLock<Vec<(TextTokenizer, TextTokenizer, usize)>> = LazyLock::new(|| {
    let families = ["ViT-B-32", "ViT-B-16-SigLIP2", "nllb-clip-base-siglip", "xlm-roberta-base-ViT-B-32"];
    families.iter().map(|name| both(&Path::new(FAMILIES).join(name))).collect()
});

fn both(folder: &Path) -> (TextTokenizer, TextTokenizer, usize) {
    let model = Model::from_folder(folder).expect("a model of the tests");
    let of = |fill| TextTokenizer::of(&model, fill).expect("a tokenizer of the tests");
    let length = of(true).encode("").expect("no text is a text").ids.len();
    (of(false), of(true), length)
}

fuzz_target!(|text: &str| {
    for (plain, filling, length) in TOKENIZERS.iter() {
        let short = plain.encode(text).expect("every text has tokens");
        let filled = filling.encode(text).expect("every text has tokens");
        check(&short);
        check(&filled);
        assert!(short.ids.len() <= *length && filled.ids.len() == *length);
        // The same tokens with filling behind them.
        let used: i64 = filled.mask.iter().sum();
        assert_eq!(used as usize, short.ids.len());
        assert_eq!(filled.ids[..short.ids.len()], short.ids);
    }
});

fn check(Tokens { ids, mask }: &Tokens) {
    assert_eq!(ids.len(), mask.len());
    assert!(ids.iter().all(|id| *id >= 0) && mask.iter().all(|mark| matches!(mark, 0 | 1)));
}
