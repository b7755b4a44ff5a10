//! Files and libraries in temporary folders, made anew for each input so that a finding needs nothing but its input.

use std::fs;
use std::path::Path;

use foray_library::{Library, OpenOptions};

/// Writes `content` to `name` in `folder`, with the folders on the way.
pub fn put(folder: &Path, name: &str, content: impl AsRef<[u8]>) {
    let file = folder.join(name);
    fs::create_dir_all(file.parent().unwrap_or(folder)).expect("the temporary folder can be written");
    fs::write(file, content).expect("the temporary folder can be written");
}

/// A new, empty library in `folder`.
pub fn fresh_library(folder: &Path) -> Library {
    let options = OpenOptions { create: true, ..OpenOptions::new(folder, "fuzz") };
    Library::open(&options).expect("a new library opens")
}
