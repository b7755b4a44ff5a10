//! Which files make a model, and which paths may be written when one is fetched.

use std::path::{Component, Path, PathBuf};

use crate::EmbeddingError;

/// Without these there is no model.
const NEEDED: [&str; 5] =
    ["config.json", "visual/model.onnx", "visual/preprocess_cfg.json", "textual/model.onnx", "textual/tokenizer.json"];
/// Graphs for accelerators that Foray does not drive, published beside the ONNX ones and as large.
const FOREIGN: [&str; 2] = ["armnn", "rknn"];

/// Whether the file at `path` of a repository, archive or folder belongs to the model: `config.json`, and what lies
/// directly in `visual/` and `textual/` (graphs may keep their weights in other files beside them). No other path is ever
/// written, `..` and absolute ones least of all.
pub(super) fn belongs(path: &Path) -> bool {
    let foreign = path.extension().is_some_and(|extension| FOREIGN.iter().any(|foreign| extension == *foreign));
    let parts: Vec<Component<'_>> = path.components().collect();
    match parts.as_slice() {
        [Component::Normal(file)] => *file == "config.json",
        [Component::Normal(tower), Component::Normal(_)] => (*tower == "visual" || *tower == "textual") && !foreign,
        _ => false,
    }
}

/// Checks that `files` make a model; `source` is where they are from.
pub(super) fn check_complete(source: &str, files: &[PathBuf]) -> Result<(), EmbeddingError> {
    match NEEDED.iter().find(|needed| !files.iter().any(|file| file == Path::new(needed))) {
        None => Ok(()),
        Some(missing) => Err(EmbeddingError::NotAModel { origin: source.to_owned(), missing: (*missing).to_owned() }),
    }
}

/// Checks that `name` can be the name of a model's folder, and returns it.
pub(super) fn check_name(name: &str) -> Result<&str, EmbeddingError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !name.is_empty() && !name.starts_with('.') && name.chars().all(plain) {
        return Ok(name);
    }
    Err(EmbeddingError::ModelName(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_models_files_are_taken() {
        for path in ["config.json", "visual/model.onnx", "textual/model.onnx_data", "visual/weights.bin"] {
            assert!(belongs(Path::new(path)), "{path}");
        }
        for path in [
            "README.md",
            "../config.json",
            "/etc/config.json",
            "visual/../../x",
            "visual/rknpu/model.onnx",
            "visual/model.armnn",
            "visual",
            "",
            "other/config.json",
        ] {
            assert!(!belongs(Path::new(path)), "{path}");
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let files = ["config.json", "visual/model.onnx", "visual/preprocess_cfg.json"].map(PathBuf::from);
        let message = check_complete("x.tar", &files).unwrap_err().to_string();
        assert!(message.contains("x.tar") && message.contains("textual/model.onnx"), "{message}");
    }

    #[test]
    fn names_are_no_paths() {
        assert!(check_name("ViT-B-32__openai").is_ok());
        for name in ["", ".", "..", ".partial", "a/b", "a\\b", "a b", "ä"] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }
}
