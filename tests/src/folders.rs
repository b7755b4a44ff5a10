//! Folders of files: what is in them, and copies.

use std::fs;
use std::path::{Path, PathBuf};

/// All files below `folder`, in path order.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let (mut files, mut folders) = (vec![], vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files
}

/// Copies all that is in `folder` into the folder `target`, which is made where it is not there.
pub fn copy_folder(folder: &Path, target: &Path) {
    fs::create_dir_all(target).unwrap();
    for entry in fs::read_dir(folder).unwrap() {
        let (from, to) = (entry.as_ref().unwrap().path(), target.join(entry.unwrap().file_name()));
        if from.is_dir() {
            copy_folder(&from, &to);
        } else {
            fs::copy(from, to).unwrap();
        }
    }
}
