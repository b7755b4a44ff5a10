//! Real photographs: the bundled ones, and the larger collection that lies beside the project where it is.

use std::path::{Path, PathBuf};

use crate::files_below;

/// The bundled photographs.
pub fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples")
}

/// The folder `name` of the photographs beside the project (`FORAY_TEST_DATA`, else `../shared/data`); where it is absent,
/// says that `test` is skipped and returns nothing.
pub fn test_data(test: &str, name: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let folder = std::env::var_os("FORAY_TEST_DATA").map_or_else(beside, PathBuf::from).join(name);
    if !folder.exists() {
        eprintln!("skipped: {test} needs {}", folder.display());
        return None;
    }
    Some(folder)
}

/// Every so many-th JPEG file below `folder`, in path order, so that there are at most `count`.
pub fn some_photos(folder: &Path, count: usize) -> Vec<PathBuf> {
    let mut files = files_below(folder);
    files.retain(|file| file.extension().is_some_and(|extension| extension == "jpg"));
    let step = files.len().div_ceil(count).max(1);
    files.into_iter().step_by(step).collect()
}
