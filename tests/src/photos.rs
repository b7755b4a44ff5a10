//! Real photographs: the bundled ones, and the larger collection that lies beside the project where it is.

use std::path::{Path, PathBuf};

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
    let mut files = vec![];
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "jpg") {
                files.push(path);
            }
        }
    }
    files.sort();
    let step = files.len().div_ceil(count).max(1);
    files.into_iter().step_by(step).collect()
}
