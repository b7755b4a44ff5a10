//! Passwords: only their hashes are kept (Argon2id, RFC 9106, with the parameters that OWASP advises).

use std::fmt;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash as Phc;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};

use crate::ServerError;

/// Shorter ones are guessed.
const SHORTEST: usize = 8;
/// Longer ones only cost time.
const LONGEST: usize = 1_000;

/// The hash of a password.
#[derive(Clone)]
pub struct PasswordHash(Box<Phc>);

impl PasswordHash {
    /// Hashes `password` with a salt of its own; takes some hundredths of a second, as it should.
    ///
    /// # Errors
    /// [`ServerError::Password`] for one that is too short or too long.
    pub fn of(password: &str) -> Result<Self, ServerError> {
        if !(SHORTEST..=LONGEST).contains(&password.chars().count()) {
            return Err(ServerError::Password { reason: format!("it has {} characters", password.chars().count()) });
        }
        let hash = Argon2::default().hash_password(password.as_bytes());
        hash.map(|hash| Self(Box::new(hash))).map_err(|error| ServerError::Password { reason: error.to_string() })
    }

    /// Reads a hash as [`PasswordHash`] displays it; `of` names whose it is in errors.
    ///
    /// # Errors
    /// [`ServerError::PasswordHash`].
    pub fn parse(text: &str, of: &str) -> Result<Self, ServerError> {
        let wrong = |reason: String| ServerError::PasswordHash { user: of.to_owned(), reason };
        let hash = Phc::new(text).map_err(|error| wrong(error.to_string()))?;
        match hash.algorithm.as_str() {
            "argon2id" | "argon2i" | "argon2d" => Ok(Self(Box::new(hash))),
            other => Err(wrong(format!("it is of {other}"))),
        }
    }

    /// Whether it is the hash of `password`; takes as long as hashing.
    pub fn is_of(&self, password: &str) -> bool {
        password.len() <= 4 * LONGEST && Argon2::default().verify_password(password.as_bytes(), self.0.as_ref()).is_ok()
    }
}

impl fmt::Display for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_knows_its_password_and_no_other() {
        let hash = PasswordHash::of("correct horse").unwrap();
        let read = PasswordHash::parse(&hash.to_string(), "anna").unwrap();
        assert!(read.is_of("correct horse") && !read.is_of("correct horse ") && !read.is_of(""));
        assert_ne!(PasswordHash::of("correct horse").unwrap().to_string(), hash.to_string());
        assert!(hash.to_string().starts_with("$argon2id$v=19$"));
    }

    #[test]
    fn what_is_no_hash_is_told_with_its_user() {
        for text in [
            "",
            "secret",
            "$2b$12$abcdefghijklmnopqrstuv",
            "$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E",
        ] {
            let message = PasswordHash::parse(text, "anna").unwrap_err().to_string();
            assert!(message.contains("anna") && message.contains("foray password"), "{message}");
        }
        assert!(PasswordHash::of("short").unwrap_err().to_string().contains("5 characters"));
    }
}
