//! All that a library holds, as `foray export` tells it.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::Sandbox;

/// The photos and failures of a library.
#[derive(Debug, PartialEq)]
pub struct Contents {
    /// Each photo's record and vector, by its id.
    pub photos: BTreeMap<String, (Value, Vec<f32>)>,
    /// The records of files that could not be indexed.
    pub failures: Vec<Value>,
}

impl Contents {
    /// Those of the library in `library`. `foray export` checks on the way that catalogue, vectors and counts fit together.
    #[track_caller]
    pub fn of(sandbox: &Sandbox, library: &Path) -> Self {
        let folder = sandbox.path().join("contents");
        let arguments = [OsStr::new("export"), folder.as_os_str(), OsStr::new("--library"), library.as_os_str()];
        let run = sandbox.run(arguments);
        assert_eq!(run.code, Some(0), "{run:?}");
        let contents = Self::read(&folder);
        fs::remove_dir_all(folder).unwrap();
        contents
    }

    /// Reads the export in `folder`.
    pub fn read(folder: &Path) -> Self {
        let lines = lines(&folder.join("photos.jsonl"));
        let vectors = vectors(&folder.join("vectors.npy"), lines.len());
        let by_id = |(line, vector): (Value, Vec<f32>)| (line["id"].as_str().unwrap().to_owned(), (line, vector));
        let photos = lines.into_iter().zip(vectors).map(by_id).collect();
        Self { photos, failures: self::lines(&folder.join("failures.jsonl")) }
    }
}

fn lines(file: &Path) -> Vec<Value> {
    fs::read_to_string(file).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn vectors(file: &Path, count: usize) -> Vec<Vec<f32>> {
    let bytes = fs::read(file).unwrap();
    let numbers = &bytes[10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]))..];
    let numbers: Vec<f32> = numbers.as_chunks().0.iter().map(|number| f32::from_le_bytes(*number)).collect();
    assert_eq!(numbers.len() % count.max(1), 0);
    numbers.chunks((numbers.len() / count.max(1)).max(1)).map(<[f32]>::to_vec).collect()
}
