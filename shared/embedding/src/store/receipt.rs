//! A receipt: where an installed model came from and what its files were then.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::EmbeddingError;
use crate::weights::hash_of_weights;

const FILE: &str = "foray-model.json";
const BUFFER: usize = 1 << 20;

/// Kept beside an installed model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The repository, folder or archive.
    pub source: String,
    /// The commit, where it is from a repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// The model's files.
    pub files: Vec<ReceiptFile>,
    /// BLAKE3 of the visual tower's weights, which names the space: kept so that a start need not read them all.
    pub weights: String,
}

/// One file of an installed model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptFile {
    /// Path in the model's folder.
    pub path: PathBuf,
    /// Bytes.
    pub size: u64,
    /// SHA-256 of the content, hexadecimal.
    pub sha256: String,
}

/// What is wrong with a file of an installed model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Path in the model's folder.
    pub path: PathBuf,
    /// What was got and what was expected.
    pub reason: String,
}

impl Receipt {
    /// The receipt of the model in `folder`.
    pub(super) fn new(
        source: String,
        revision: Option<String>,
        files: Vec<ReceiptFile>,
        folder: &Path,
    ) -> Result<Self, EmbeddingError> {
        Ok(Self { source, revision, files, weights: hash_of_weights(&folder.join("visual"))? })
    }

    /// The hash of the visual weights in `folder`, if none of them was touched since the receipt was written.
    pub(crate) fn trusted_weights(folder: &Path) -> Option<String> {
        let written = modified(&folder.join(FILE))?;
        let receipt = Self::read(folder)?;
        let visual: Vec<&ReceiptFile> = receipt.files.iter().filter(|file| file.path.starts_with("visual")).collect();
        let untouched = |file: &&ReceiptFile| modified(&folder.join(&file.path)).is_some_and(|time| time <= written);
        let nothing_added = fs::read_dir(folder.join("visual")).ok()?.count() == visual.len();
        (nothing_added && visual.iter().all(untouched)).then_some(receipt.weights)
    }

    /// The receipt in `folder`, if there is one.
    pub(super) fn read(folder: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(folder.join(FILE)).ok()?).ok()
    }

    /// Puts the receipt into `folder`.
    pub(super) fn write(&self, folder: &Path) -> Result<(), EmbeddingError> {
        let file = folder.join(FILE);
        let text = serde_json::to_vec_pretty(self).map_err(io::Error::from);
        text.and_then(|text| fs::write(&file, text)).map_err(EmbeddingError::store_file("write", &file))
    }

    /// All bytes of the model.
    pub fn size(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum()
    }

    /// Compares the files in `folder` with the receipt.
    pub(super) fn faults(&self, folder: &Path) -> Vec<Fault> {
        self.files.iter().filter_map(|file| file.fault(folder)).collect()
    }
}

impl ReceiptFile {
    /// The file at `path` in `folder`, as it is.
    pub(super) fn of(folder: &Path, path: &Path) -> Result<Self, EmbeddingError> {
        let file = folder.join(path);
        let (size, sha256) = measure(&file).map_err(EmbeddingError::store_file("read", &file))?;
        Ok(Self { path: path.to_owned(), size, sha256 })
    }

    fn fault(&self, folder: &Path) -> Option<Fault> {
        let fault = |reason| Some(Fault { path: self.path.clone(), reason });
        match measure(&folder.join(&self.path)) {
            Err(error) => fault(error.to_string()),
            Ok((size, _)) if size != self.size => fault(format!("it has {size} bytes; expected {}", self.size)),
            Ok((_, sha256)) if sha256 != self.sha256 => {
                fault(format!("its SHA-256 is {sha256}; expected {}", self.sha256))
            }
            Ok(_) => None,
        }
    }
}

fn modified(file: &Path) -> Option<SystemTime> {
    fs::metadata(file).ok()?.modified().ok()
}

/// Size and SHA-256 of a file.
fn measure(file: &Path) -> io::Result<(u64, String)> {
    let (mut file, mut hasher, mut size) = (File::open(file)?, Sha256::new(), 0);
    let mut buffer = vec![0; BUFFER];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok((size, hex(&hasher.finalize()))),
            count => {
                hasher.update(&buffer[..count]);
                size += count as u64;
            }
        }
    }
}

/// `bytes` as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
