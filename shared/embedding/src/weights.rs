//! The weights of a tower, as its space is named by them.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use crate::EmbeddingError;

/// BLAKE3 of the graph in `folder` and of the files beside it, which may hold its weights, in the order of their names.
/// All of it: models that differ in a few numbers only must not share a space.
pub(crate) fn hash_of_weights(folder: &Path) -> Result<String, EmbeddingError> {
    let failed = |file: &Path| {
        let file = file.to_owned();
        move |source| EmbeddingError::ModelFile { file, source }
    };
    let mut files = fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>())
        .map_err(failed(folder))?;
    files.retain(|file| holds_weights(file));
    files.sort();
    let mut hasher = blake3::Hasher::new();
    for file in files {
        File::open(&file).and_then(|content| hasher.update_reader(content).map(drop)).map_err(failed(&file))?;
    }
    Ok(hasher.finalize().to_string())
}

fn holds_weights(file: &Path) -> bool {
    let described = file.extension().is_some_and(|extension| extension == "json");
    let hidden = file.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    file.is_file() && !described && !hidden
}
