//! The hub that models are fetched from: its list of files, and their bytes.

use std::env;
use std::fmt;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use foray_protocol::Another;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use ureq::config::RedirectAuthHeaders;
use ureq::http::{Response, StatusCode, header};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body};

use crate::EmbeddingError;

const DEFAULT_ENDPOINT: &str = "https://huggingface.co";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
/// A body that takes longer is gone on with on a new connection: that finds out about dead ones.
const BODY_TIMEOUT: Duration = Duration::from_secs(120);
const LARGEST_LIST: u64 = 16 << 20;

/// A hub with the interface of the Hugging Face one.
#[derive(Clone)]
pub struct Hub {
    agent: Agent,
    endpoint: String,
    token: Option<String>,
}

/// A file of a repository at one commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RemoteFile {
    pub path: PathBuf,
    pub size: u64,
    pub checksum: Checksum,
}

/// What the hub tells of a file's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Checksum {
    /// SHA-256, of large files.
    Sha256(String),
    /// The id that git gives it: SHA-1 of a header and the content. Of small files the hub tells nothing else.
    GitBlob(String),
}

/// A request that failed, and whether to try again.
#[derive(Debug)]
pub(super) struct HubFailure {
    pub error: EmbeddingError,
    pub another: Another,
}

#[derive(Deserialize)]
struct Revision {
    sha: String,
}

#[derive(Deserialize)]
struct TreeEntry {
    #[serde(rename = "type")]
    kind: String,
    oid: String,
    size: u64,
    path: PathBuf,
    lfs: Option<LargeFile>,
}

#[derive(Deserialize)]
struct LargeFile {
    oid: String,
    size: u64,
}

impl Hub {
    /// The hub that the environment names: `HF_ENDPOINT`, and the token in `HF_TOKEN` or in the file where the hub's own
    /// tools keep it.
    pub fn from_environment() -> Self {
        let named = |name: &str| env::var(name).ok().filter(|value| !value.trim().is_empty());
        let endpoint = named("HF_ENDPOINT").unwrap_or_else(|| DEFAULT_ENDPOINT.to_owned());
        Self::new(&endpoint, named("HF_TOKEN").or_else(stored_token))
    }

    /// The hub at `endpoint`, asked with `token`.
    pub fn new(endpoint: &str, token: Option<String>) -> Self {
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .tls_config(tls)
            // The bytes come from another host, which the token is none of the business of.
            .redirect_auth_headers(RedirectAuthHeaders::SameHost)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_recv_response(Some(ANSWER_TIMEOUT))
            .timeout_recv_body(Some(BODY_TIMEOUT))
            .user_agent(concat!("foray/", env!("CARGO_PKG_VERSION")))
            .build();
        let token = token.map(|token| token.trim().to_owned());
        Self { agent: config.into(), endpoint: endpoint.trim_end_matches('/').to_owned(), token }
    }

    /// The commit that `revision` (a branch, tag or commit) of `repository` is now.
    pub(super) fn commit(&self, repository: &str, revision: &str) -> Result<String, HubFailure> {
        let url = format!("{}/api/models/{repository}/revision/{revision}", self.endpoint);
        self.json::<Revision>(&url).map(|revision| revision.sha)
    }

    /// The files of `repository` at `commit`.
    pub(super) fn files(&self, repository: &str, commit: &str) -> Result<Vec<RemoteFile>, HubFailure> {
        let url = format!("{}/api/models/{repository}/tree/{commit}?recursive=true", self.endpoint);
        let entries: Vec<TreeEntry> = self.json(&url)?;
        Ok(entries.into_iter().filter(|entry| entry.kind == "file").map(RemoteFile::from).collect())
    }

    /// The bytes of a file from `offset` on, and whether they really begin there or at the file's beginning.
    pub(super) fn open(
        &self,
        repository: &str,
        commit: &str,
        path: &Path,
        offset: u64,
    ) -> Result<(impl Read + use<>, bool), HubFailure> {
        let url = format!("{}/{repository}/resolve/{commit}/{}", self.endpoint, path.display());
        let range = (offset > 0).then(|| format!("bytes={offset}-"));
        let reply = self.get(&url, range.as_deref())?;
        let continues = reply.status() == StatusCode::PARTIAL_CONTENT;
        Ok((reply.into_body().into_reader(), continues))
    }

    fn json<T: DeserializeOwned>(&self, url: &str) -> Result<T, HubFailure> {
        let mut reply = self.get(url, None)?;
        let body = reply.body_mut().with_config().limit(LARGEST_LIST).read_to_vec();
        let body = body.map_err(|error| HubFailure::passing(url, &error))?;
        serde_json::from_slice(&body).map_err(|error| {
            HubFailure::new(
                url,
                format!("the answer is not that of a hub ({error}); check HF_ENDPOINT"),
                Another::Never,
            )
        })
    }

    fn get(&self, url: &str, range: Option<&str>) -> Result<Response<Body>, HubFailure> {
        let mut request = self.agent.get(url);
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(range) = range {
            request = request.header(header::RANGE, range);
        }
        let reply = request.call().map_err(|error| HubFailure::passing(url, &error))?;
        match reply.status() {
            status if status.is_success() => Ok(reply),
            status => Err(HubFailure::refusal(url, status, &reply)),
        }
    }
}

impl From<TreeEntry> for RemoteFile {
    fn from(entry: TreeEntry) -> Self {
        let (size, checksum) = match entry.lfs {
            Some(large) => (large.size, Checksum::Sha256(large.oid)),
            None => (entry.size, Checksum::GitBlob(entry.oid)),
        };
        Self { path: entry.path, size, checksum }
    }
}

impl HubFailure {
    pub fn new(url: &str, reason: String, another: Another) -> Self {
        Self { error: EmbeddingError::Hub { url: url.to_owned(), reason }, another }
    }

    /// The network failed, which may pass.
    fn passing(url: &str, error: &ureq::Error) -> Self {
        let another = match error {
            ureq::Error::BadUri(_) | ureq::Error::HostNotFound | ureq::Error::Tls(_) => Another::Never,
            _ => Another::Later,
        };
        let way_out =
            "; where there is no network, `foray models pull NAME --from PATH` takes a folder or archive of the model";
        Self::new(url, format!("{error}{way_out}"), another)
    }

    fn refusal(url: &str, status: StatusCode, reply: &Response<Body>) -> Self {
        let wait = reply.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let another = match (status, wait) {
            (StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE, Some(seconds)) => {
                Another::After(Duration::from_secs(seconds))
            }
            (StatusCode::TOO_MANY_REQUESTS, None) => Another::Later,
            _ if status.is_server_error() => Another::Later,
            _ => Another::Never,
        };
        let way_out = match status {
            StatusCode::NOT_FOUND => "; check the model's name and HF_ENDPOINT",
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => "; set HF_TOKEN to a token that may read it",
            StatusCode::TOO_MANY_REQUESTS => "; wait a while, or set HF_TOKEN",
            _ => "",
        };
        Self::new(url, format!("status {status}{way_out}"), another)
    }
}

impl fmt::Display for HubFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

/// The token that the hub's own tools stored.
fn stored_token() -> Option<String> {
    let home = || Some(PathBuf::from(env::var_os("HOME").or_else(|| env::var_os("USERPROFILE"))?));
    let folder = env::var_os("HF_HOME").map(PathBuf::from).or_else(|| Some(home()?.join(".cache/huggingface")))?;
    fs::read_to_string(folder.join("token")).ok().filter(|token| !token.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hubs_list_is_read() {
        let list = r#"[
            {"type": "directory", "oid": "d", "size": 0, "path": "visual"},
            {"type": "file", "oid": "4db3", "size": 398, "path": "config.json"},
            {"type": "file", "oid": "ffff", "size": 134, "path": "visual/model.onnx",
             "lfs": {"oid": "5e0a", "size": 351000000, "pointerSize": 134}}
        ]"#;
        let entries: Vec<TreeEntry> = serde_json::from_str(list).unwrap();
        let files: Vec<RemoteFile> =
            entries.into_iter().filter(|entry| entry.kind == "file").map(RemoteFile::from).collect();
        assert_eq!(files[0].checksum, Checksum::GitBlob("4db3".to_owned()));
        assert_eq!((files[1].size, &files[1].checksum), (351_000_000, &Checksum::Sha256("5e0a".to_owned())));
    }
}
