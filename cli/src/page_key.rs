//! The page's key: what tells the owner of a server without tokens from everybody else who may use this machine.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use foray_library::write_secret;
use foray_protocol::Token;

/// In the library's folder, for its owner to read. It is kept there, and not made anew at each start, so that a link that was put
/// among the bookmarks works on, and so do the sessions that are signed with it; whoever may read that folder has the photos anyway.
const FILE: &str = "page.key";
/// Nobody guesses 192 bits.
const BYTES: usize = 24;

/// The key as text.
pub struct PageKey(String);

impl PageKey {
    /// The key of the library in `folder`, made at the first time.
    pub fn of(folder: &Path) -> Result<Self> {
        let file = folder.join(FILE);
        match fs::read_to_string(&file) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            text => {
                return Ok(Self(text.with_context(|| format!("cannot read {}", file.display()))?.trim().to_owned()));
            }
        }
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes)
            .map_err(|error| anyhow!("the system gives no random numbers for the page's key: {error}"))?;
        let key = URL_SAFE_NO_PAD.encode(bytes);
        write_secret(&file, key.as_bytes()).with_context(|| format!("cannot write {}", file.display()))?;
        Ok(Self(key))
    }

    /// The key of the library in `folder`, where it has one and this user may read it.
    pub fn kept(folder: &Path) -> Option<Self> {
        fs::read_to_string(folder.join(FILE)).ok().map(|text| Self(text.trim().to_owned()))
    }

    /// What the server compares with.
    pub fn token(&self) -> Result<Token> {
        self.0.parse().with_context(|| format!("the page's key in {FILE}; remove that file to have another one made"))
    }

    /// The page of the server at `url`, with the key where no server and no log sees it.
    pub fn link(&self, url: &str) -> String {
        format!("{url}/#/?key={}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let link = PageKey::of(folder.path()).unwrap().link("http://127.0.0.1:7878");
        assert_eq!(link.len(), "http://127.0.0.1:7878/#/?key=".len() + 32, "{link}");
        let again = PageKey::of(folder.path()).unwrap();
        assert_eq!(again.link("http://127.0.0.1:7878"), link);
        again.token().unwrap();
        assert_ne!(PageKey::of(tempfile::tempdir().unwrap().path()).unwrap().link(""), again.link(""));
    }

    #[test]
    fn what_is_no_key_says_where_it_stands() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), "short").unwrap();
        let error = PageKey::of(folder.path()).unwrap().token().unwrap_err();
        assert!(format!("{error:#}").contains("page.key"), "{error:#}");
    }
}
