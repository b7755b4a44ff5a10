//! The secret that a server and those who use it share.

use std::fmt;
use std::fs;
use std::path::Path;
use std::str::FromStr;

use crate::ProtocolError;

/// Shorter ones could be guessed.
const SHORTEST: usize = 16;
/// Longer ones do not fit a header that every proxy lets through.
const LONGEST: usize = 512;

/// A token: 16 to 512 visible ASCII characters. Never shown, also not by `Debug`.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// Reads the token that is alone in `file`; space around it does not count.
    ///
    /// # Errors
    /// [`ProtocolError::TokenFile`] where it cannot be read, and [`ProtocolError::Token`] for what is no token.
    pub fn load(file: &Path) -> Result<Self, ProtocolError> {
        let text =
            fs::read_to_string(file).map_err(|source| ProtocolError::TokenFile { file: file.to_owned(), source })?;
        text.trim().parse()
    }

    /// The value of the header `Authorization` (RFC 6750).
    pub fn bearer(&self) -> String {
        format!("Bearer {}", self.0)
    }

    /// A hash of it; comparing two of them takes the same time wherever they differ.
    pub fn digest(&self) -> blake3::Hash {
        Self::digest_of(&self.0)
    }

    /// The same of any text that shall be compared with a token.
    pub fn digest_of(text: &str) -> blake3::Hash {
        blake3::hash(text.as_bytes())
    }

    /// A key for `purpose` that tells nothing of the token.
    pub fn key_for(&self, purpose: &str) -> [u8; 32] {
        blake3::derive_key(purpose, self.0.as_bytes())
    }
}

impl FromStr for Token {
    type Err = ProtocolError;

    fn from_str(text: &str) -> Result<Self, ProtocolError> {
        let wrong = |reason: String| Err(ProtocolError::Token { reason });
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return wrong("it has spaces or other characters that do not fit a header".to_owned());
        }
        if !(SHORTEST..=LONGEST).contains(&text.len()) {
            return wrong(format!("it has {} characters", text.len()));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_guessed_or_sent_by_no_header_is_refused_and_not_told() {
        for text in
            ["", "short", "with spaces in it, which no header has", "umläute-gehen-nicht-ümmer", &"x".repeat(513)]
        {
            let message = text.parse::<Token>().unwrap_err().to_string();
            assert!(message.contains("16 to 512"), "{message}");
            assert!(text.is_empty() || !message.contains(text), "{message}");
        }
        let token: Token = "0123456789abcdef".parse().unwrap();
        assert_eq!(token.bearer(), "Bearer 0123456789abcdef");
        assert!(!format!("{token:?}").contains("0123"));
        assert!(token.digest() == Token::digest_of("0123456789abcdef"));
        assert!(token.digest() != Token::digest_of("0123456789abcdeF"));
    }

    #[test]
    fn a_file_holds_one_token() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "0123456789abcdef\n").unwrap();
        assert_eq!(Token::load(file.path()).unwrap().bearer(), "Bearer 0123456789abcdef");
        let message = Token::load(Path::new("/no/such/token")).unwrap_err().to_string();
        assert!(message.contains("/no/such/token"), "{message}");
    }
}
