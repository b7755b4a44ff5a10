//! What lies on the disk, to be compared with what the catalogue says.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use foray_protocol::ImageId;
use serde_json::Value;

use crate::Contents;

/// What is written is taken up within a second.
const CALM: Duration = Duration::from_secs(4);

/// The files of a folder that should be in its library.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Disk {
    /// The files of each photo, by its id.
    pub photos: BTreeMap<String, BTreeSet<String>>,
    /// The files that hold no picture.
    pub failures: BTreeSet<String>,
}

impl Disk {
    /// Reads everything below `folder`.
    pub fn read(folder: &Path) -> Self {
        let mut disk = Self::default();
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "jpg") {
                    disk.add(&path);
                }
            }
        }
        disk
    }

    fn add(&mut self, path: &Path) {
        let content = fs::read(path).unwrap();
        let name = path.display().to_string();
        if image::load_from_memory(&content).is_ok() {
            self.photos.entry(ImageId::of_content(&content).to_string()).or_default().insert(name);
        } else {
            self.failures.insert(name);
        }
    }

    /// How many files hold a photo.
    pub fn files(&self) -> usize {
        self.photos.values().map(BTreeSet::len).sum()
    }

    /// Waits until a library with this status counts what lies on the disk, and goes on to: counts may be equal by chance before
    /// everything is done.
    pub fn wait_until_counted(&self, limit: Duration, status: impl Fn() -> Value) {
        let expected = [self.photos.len(), self.files(), self.failures.len()];
        let counts = || {
            let status = status();
            ["photos", "files", "failed"].map(|name| status[name].as_u64().unwrap() as usize)
        };
        let (begun, mut equal_since) = (Instant::now(), None);
        while equal_since.is_none_or(|since: Instant| since.elapsed() < CALM) {
            assert!(begun.elapsed() < limit, "photos, files and failures are {:?}, not {expected:?}", counts());
            thread::sleep(Duration::from_millis(100));
            equal_since = if counts() == expected { equal_since.or_else(|| Some(Instant::now())) } else { None };
        }
    }

    /// The same as the catalogue has it: photos that no file holds are left out, as an export does.
    pub fn of_catalogue(contents: &Contents) -> Self {
        let path = |file: &Value| file["path"].as_str().unwrap().to_owned();
        let files = |photo: &Value| photo["files"].as_array().unwrap().iter().map(path).collect();
        Self {
            photos: contents.photos.iter().map(|(id, (photo, _))| (id.clone(), files(photo))).collect(),
            failures: contents.failures.iter().map(path).collect(),
        }
    }
}
