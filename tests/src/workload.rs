//! Random things that people and programs do to a folder of photos.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::{Random, files_below, samples, some_photos, test_data};

/// Different contents: finite, so that what a library keeps of photos that are gone is, too.
const CONTENTS: usize = 400;
/// About so many files lie in the folder after a while.
const FILES: usize = 250;
const FOLDERS: usize = 12;

/// A folder in which things happen.
pub struct Workload {
    root: PathBuf,
    random: Random,
    photos: Vec<Vec<u8>>,
    /// How often each thing happened.
    pub done: BTreeMap<&'static str, usize>,
    names: usize,
}

impl Workload {
    /// Works in `root` with photographs from beside the project, else the bundled ones.
    pub fn new(root: PathBuf, seed: u64) -> Self {
        let folder = test_data("the use of more photographs", "caltech101").unwrap_or_else(samples);
        let photos = some_photos(&folder, CONTENTS / 2).iter().map(|file| fs::read(file).unwrap()).collect();
        Self { root, random: Random(seed), photos, done: BTreeMap::new(), names: 0 }
    }

    /// Does one thing.
    pub fn step(&mut self) {
        let files = self.files();
        let crowd = files.len() as f64 / FILES as f64;
        let name = match self.random.fraction() {
            // The fuller the folder, the more is deleted.
            x if x < 0.16 * crowd => self.delete(&files),
            x if x < 0.17 * crowd => self.delete_tree(),
            x if x < 0.40 => self.create(),
            x if x < 0.48 => self.overwrite(&files),
            x if x < 0.56 => self.save_atomically(&files),
            x if x < 0.70 => self.rename(&files),
            x if x < 0.80 => self.copy(&files),
            x if x < 0.88 => self.corrupt(&files),
            x if x < 0.94 => self.move_tree(),
            _ => self.copy_tree(),
        };
        *self.done.entry(name).or_default() += 1;
    }

    fn create(&mut self) -> &'static str {
        let (path, content) = (self.new_path(), self.content());
        fs::write(path, content).unwrap();
        "created"
    }

    fn overwrite(&mut self, files: &[PathBuf]) -> &'static str {
        let content = self.content();
        if let Some(file) = self.random.pick(files) {
            fs::write(file, content).unwrap();
        }
        "overwritten"
    }

    fn save_atomically(&mut self, files: &[PathBuf]) -> &'static str {
        let content = self.content();
        if let Some(file) = self.random.pick(files) {
            let aside = file.with_extension("tmp");
            fs::write(&aside, content).unwrap();
            fs::rename(aside, file).unwrap();
        }
        "saved atomically"
    }

    fn rename(&mut self, files: &[PathBuf]) -> &'static str {
        let to = self.new_path();
        if let Some(file) = self.random.pick(files) {
            fs::rename(file, to).unwrap();
        }
        "renamed"
    }

    fn copy(&mut self, files: &[PathBuf]) -> &'static str {
        let to = self.new_path();
        if let Some(file) = self.random.pick(files) {
            fs::copy(file, to).unwrap();
        }
        "copied"
    }

    /// A new file without a picture, or one that loses it: cut off in its header, other bytes, nothing.
    fn corrupt(&mut self, files: &[PathBuf]) -> &'static str {
        let path = if self.random.below(2) == 0 { Some(self.new_path()) } else { self.random.pick(files).cloned() };
        let content = self.content();
        let broken = match self.random.below(3) {
            0 => vec![],
            1 => content[..64].to_vec(),
            _ => format!("no picture {}", self.random.below(CONTENTS)).into_bytes(),
        };
        if let Some(path) = path {
            fs::write(path, broken).unwrap();
        }
        "corrupted"
    }

    fn delete(&mut self, files: &[PathBuf]) -> &'static str {
        if let Some(file) = self.random.pick(files) {
            fs::remove_file(file).unwrap();
        }
        "deleted"
    }

    fn move_tree(&mut self) -> &'static str {
        let (from, to) = (self.some_folder(), self.some_folder());
        if from.is_dir() && !to.exists() && !to.starts_with(&from) && to.parent().is_some_and(Path::is_dir) {
            fs::rename(from, to).unwrap();
        }
        "trees moved"
    }

    fn copy_tree(&mut self) -> &'static str {
        let (from, to) = (self.some_folder(), self.some_folder());
        if from.is_dir() && !to.exists() {
            fs::create_dir_all(&to).unwrap();
            for entry in fs::read_dir(from).unwrap() {
                let path = entry.unwrap().path();
                if path.is_file() {
                    fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
                }
            }
        }
        "trees copied"
    }

    fn delete_tree(&mut self) -> &'static str {
        let folder = self.some_folder();
        if folder.is_dir() {
            fs::remove_dir_all(folder).unwrap();
        }
        "trees deleted"
    }

    /// A photo; the same picture with other bytes behind it is another photo that looks the same.
    fn content(&mut self) -> Vec<u8> {
        let number = self.random.below(CONTENTS);
        let mut content = self.photos[number % self.photos.len()].clone();
        content.extend_from_slice(format!("{number}").as_bytes());
        content
    }

    fn some_folder(&mut self) -> PathBuf {
        let number = self.random.below(FOLDERS);
        let folder = self.root.join(format!("album {}", number / 2));
        if number.is_multiple_of(2) { folder } else { folder.join("inside") }
    }

    fn new_path(&mut self) -> PathBuf {
        self.names += 1;
        let folder = self.some_folder();
        fs::create_dir_all(&folder).unwrap();
        folder.join(format!("photo {}.jpg", self.names))
    }

    fn files(&self) -> Vec<PathBuf> {
        files_below(&self.root)
    }
}
