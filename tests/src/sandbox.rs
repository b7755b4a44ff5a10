//! A throwaway folder with a photo folder and a library, and the binary run in it.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::{foray_binary, samples};

/// Where one test works; removed afterwards.
pub struct Sandbox {
    folder: TempDir,
}

/// What a run of the binary left.
#[derive(Debug)]
pub struct Run {
    /// Exit code.
    pub code: Option<i32>,
    /// Standard output.
    pub out: Vec<u8>,
    /// Standard error.
    pub err: String,
}

impl Run {
    /// Standard output as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.out).into_owned()
    }

    /// Standard output as the one JSON document that it must be.
    #[track_caller]
    pub fn json(&self) -> Value {
        assert_eq!(self.code, Some(0), "{self:?}");
        serde_json::from_slice(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The paths of `results` in the JSON document.
    #[track_caller]
    pub fn paths(&self) -> Vec<String> {
        let json = self.json();
        let results = json["results"].as_array().unwrap();
        results.iter().map(|hit| hit["path"].as_str().unwrap().to_owned()).collect()
    }

    /// Checks that the run failed with one clear message that contains all of `words`.
    #[track_caller]
    pub fn fails_saying(&self, words: &[&str]) {
        self.fails_with(1, words);
    }

    /// The same for another exit code.
    #[track_caller]
    pub fn fails_with(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, Some(code), "{self:?}");
        let messages: Vec<&str> = self.err.lines().filter(|line| line.starts_with("foray: ")).collect();
        assert_eq!(messages.len(), 1, "not one line: {}", self.err);
        words.iter().for_each(|word| assert!(messages[0].contains(word), "{word:?} is not in {:?}", messages[0]));
        assert!(!self.err.contains("panicked"), "{}", self.err);
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        Self { code: output.status.code(), out: output.stdout, err }
    }
}

impl Default for Sandbox {
    fn default() -> Self {
        Self::new()
    }
}

impl Sandbox {
    /// A sandbox with an empty photo folder.
    pub fn new() -> Self {
        let sandbox = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(sandbox.photos()).unwrap();
        sandbox
    }

    /// A sandbox whose photo folder holds the bundled photographs, side by side.
    pub fn with_samples() -> Self {
        let sandbox = Self::new();
        sandbox.add_folder(&samples());
        sandbox
    }

    /// The sandbox itself.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The photo folder, symbolic links resolved as the program shows it.
    pub fn photos(&self) -> PathBuf {
        fs::canonicalize(self.folder.path()).unwrap().join("photos")
    }

    /// The library's folder.
    pub fn library(&self) -> PathBuf {
        self.folder.path().join("library")
    }

    /// Copies all JPEG files below `folder` into the photo folder.
    pub fn add_folder(&self, folder: &Path) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                self.add_folder(&path);
            } else if path.extension().is_some_and(|extension| extension == "jpg") {
                fs::copy(&path, self.photos().join(path.file_name().unwrap())).unwrap();
            }
        }
    }

    /// Some bundled photographs in the photo folder, under their own names.
    pub fn photo_files(&self) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> = fs::read_dir(self.photos())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_file())
            .collect();
        files.sort();
        files
    }

    /// The binary with this sandbox's library and nothing of the user's settings.
    pub fn command<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        self.command_of(foray_binary(), arguments)
    }

    /// Another copy of the binary, likewise.
    pub fn command_of<S: AsRef<OsStr>>(&self, binary: &Path, arguments: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(binary);
        command
            .args(arguments)
            .env("FORAY_LIBRARY", self.library())
            .env("XDG_CONFIG_HOME", self.path().join("config"))
            .env("XDG_STATE_HOME", self.path().join("state"))
            .env_remove("RUST_LOG")
            .env_remove("RUST_BACKTRACE")
            .current_dir(self.path())
            .stdin(Stdio::null());
        command
    }

    /// Runs the binary to its end.
    pub fn run<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Run {
        self.command(arguments).output().unwrap().into()
    }

    /// Indexes the photo folder and returns the summary.
    #[track_caller]
    pub fn index(&self) -> Value {
        self.run([OsStr::new("index"), self.photos().as_os_str(), OsStr::new("--json")]).json()
    }
}
