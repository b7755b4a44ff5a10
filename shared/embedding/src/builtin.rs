//! The built-in model's files, embedded in the program.

/// A file of the built-in model.
macro_rules! file {
    ($name:literal) => {
        include_bytes!(concat!("../../../models/builtin/", $name))
    };
}

pub(crate) const CONFIG: &[u8] = file!("config.json");
pub(crate) const PREPROCESSING: &[u8] = file!("visual/preprocess_cfg.json");
pub(crate) const TOKENIZER: &[u8] = file!("textual/tokenizer.json");
pub(crate) const TOKENIZER_CONFIG: &[u8] = file!("textual/tokenizer_config.json");
pub(crate) static VISUAL: &[u8] = file!("visual/model.onnx");
pub(crate) static TEXTUAL: &[u8] = file!("textual/model.onnx");
/// BLAKE3 of [`VISUAL`], written down so that a text search does not read 14 MB to name its space.
pub(crate) const VISUAL_HASH: &str = "aae83cb4908200102c58a21dcddbb1ee5504f2bc8a1eaf90f5ce3451960c0a40";
