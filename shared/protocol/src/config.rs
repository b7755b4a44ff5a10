//! The configuration file: one TOML table whose keys are the command line's long options.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::{Account, ProgramToken, ProtocolError};

/// Where the server listens unless told otherwise: this machine only.
pub const DEFAULT_BIND: &str = "127.0.0.1:7878";

/// The configuration file. What is not set there comes from the command line or the defaults.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The library's folder.
    pub library: Option<PathBuf>,
    /// The address of a library on Milvus, instead of a folder.
    pub store: Option<String>,
    /// Where previews of a library on Milvus are.
    pub previews: Option<String>,
    /// How many photos of a library on Milvus a process keeps to itself to compare all with all.
    pub sample: Option<usize>,
    /// The server to talk to instead of opening the library here.
    pub server: Option<String>,
    /// The model's name.
    pub model: Option<String>,
    /// The folder that models are pulled into.
    pub models: Option<PathBuf>,
    /// The token of the server: what `foray up` and `foray serve` demand, and what other commands show.
    pub token: Option<String>,
    /// The file that holds it, instead of `token`.
    pub token_file: Option<PathBuf>,
    /// People who may log in to the server.
    #[serde(default)]
    pub users: Vec<Account>,
    /// Tokens of programs that may not do everything.
    #[serde(default)]
    pub tokens: Vec<ProgramToken>,
    /// Address and port to listen on.
    pub bind: Option<String>,
    /// The certificate chain that the server shows (PEM), for HTTPS.
    pub tls_cert: Option<PathBuf>,
    /// Its private key (PEM).
    pub tls_key: Option<PathBuf>,
    /// The certificate (PEM) of the authority that vouches for the server that commands talk to, where the system does not know it.
    pub tls_ca: Option<PathBuf>,
    /// Photo folders that `foray up` indexes and watches.
    #[serde(default)]
    pub roots: Vec<PathBuf>,
    /// Patterns of which a file must fit one to be indexed, as in `.gitignore`.
    #[serde(default)]
    pub include: Vec<String>,
    /// Patterns of files and folders that are left out.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Smaller files are left out, bytes.
    pub min_size: Option<u64>,
    /// Threads that decode, and threads of one inference.
    pub threads: Option<usize>,
    /// Memory for files that were read and pictures that were decoded, MiB.
    pub memory: Option<u64>,
    /// How much an indexing process yields to others, 0 to 19.
    pub nice: Option<u8>,
    /// Seconds after which a picture that is still being decoded is given up.
    pub deadline: Option<f64>,
    /// Whether pictures are decoded in processes of their own, which can reach nothing (Linux).
    #[serde(default)]
    pub isolate: bool,
    /// Hours of the day in which `foray up` and `foray indexer` index, such as `22:00-06:00`.
    pub hours: Option<String>,
    /// When `foray up` reindexes, as a cron expression by the local clock.
    pub reindex: Option<String>,
    /// The ONNX Runtime shared library.
    pub onnxruntime: Option<PathBuf>,
    /// `auto`, `ort` or `rten`.
    pub backend: Option<String>,
    /// `auto`, `cpu`, `cuda:0`, ...
    pub device: Option<String>,
    /// Whether logs are written for people or for programs.
    pub log_format: Option<LogFormat>,
    /// Whether the last results are kept for `foray open`; they are, unless this says no.
    pub remember: Option<bool>,
    /// Minutes without a new photo after which a server lets the visual tower go; 0 keeps it.
    pub unload_after: Option<u32>,
}

/// What logs look like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

impl Config {
    /// Reads `file`.
    ///
    /// # Errors
    /// [`ProtocolError::ConfigRead`] and [`ProtocolError::ConfigParse`]; both name the file, the latter the line and the key.
    pub fn load(file: &Path) -> Result<Self, ProtocolError> {
        let text =
            fs::read_to_string(file).map_err(|source| ProtocolError::ConfigRead { file: file.to_owned(), source })?;
        toml::from_str(&text)
            .map_err(|error| ProtocolError::ConfigParse { file: file.to_owned(), reason: error.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "modle = \"builtin\"\n").unwrap();
        let message = Config::load(file.path()).unwrap_err().to_string();
        assert!(message.contains("modle") && message.contains("line 1"), "{message}");
    }

    #[test]
    fn a_missing_file_is_named() {
        let message = Config::load(Path::new("/no/such/foray.toml")).unwrap_err().to_string();
        assert!(message.contains("/no/such/foray.toml"), "{message}");
    }
}
