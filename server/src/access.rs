//! Who may use the server: everybody on this machine, or whoever knows the token.

use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use foray_protocol::{ProblemKind, Token};

use crate::api_error::ApiError;
use crate::attempts::Attempts;

/// How long a browser stays logged in.
pub(crate) const SESSION: Duration = Duration::from_secs(30 * 24 * 3600);
const SESSION_KEY: &str = "foray 2026 the key that the sessions of browsers are signed with";

/// What a server asks of those who use it.
#[derive(Debug)]
pub(crate) enum Access {
    /// Nothing: it listens to this machine alone.
    ThisMachine,
    /// A token.
    Token(Box<Secret>),
}

/// What is kept of the token.
#[derive(Debug)]
pub(crate) struct Secret {
    digest: blake3::Hash,
    session_key: [u8; 32],
    attempts: Attempts,
}

impl From<Option<Token>> for Access {
    fn from(token: Option<Token>) -> Self {
        token.map_or(Self::ThisMachine, |token| Self::Token(Box::new(Secret::new(&token))))
    }
}

impl Secret {
    fn new(token: &Token) -> Self {
        let (digest, session_key) = (token.digest(), token.key_for(SESSION_KEY));
        Self { digest, session_key, attempts: Attempts::default() }
    }

    /// Lets `given` pass if it is the token. Hashes of both are compared, in constant time; an address from which wrong ones
    /// keep coming has to wait.
    pub fn check(&self, given: &str, from: Option<IpAddr>) -> Result<(), ApiError> {
        if self.attempts.must_wait(from) {
            let detail = "wrong tokens came too often from this address; try again in some seconds";
            return Err(ApiError::new(ProblemKind::TooManyAttempts, detail));
        }
        if Token::digest_of(given) != self.digest {
            self.attempts.note_failure(from);
            return Err(ApiError::new(
                ProblemKind::Unauthorized,
                "the token is wrong; it must be the one that the server was started with",
            ));
        }
        self.attempts.forgive(from);
        Ok(())
    }

    /// A session for a browser that knew the token: when it ends, signed. It outlives the server's process and ends with the token.
    pub fn new_session(&self) -> String {
        let ends = (now() + SESSION).as_secs();
        format!("{ends}.{}", self.signature(ends).to_hex())
    }

    /// Whether `session` was made by [`Secret::new_session`] and has not ended.
    pub fn knows_session(&self, session: &str) -> bool {
        let parts = || {
            let (ends, signature) = session.split_once('.')?;
            Some((ends.parse::<u64>().ok()?, blake3::Hash::from_hex(signature).ok()?))
        };
        parts().is_some_and(|(ends, signature)| signature == self.signature(ends) && ends > now().as_secs())
    }

    fn signature(&self, ends: u64) -> blake3::Hash {
        blake3::keyed_hash(&self.session_key, &ends.to_be_bytes())
    }
}

fn now() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(token: &str) -> Secret {
        Secret::new(&token.parse().unwrap())
    }

    #[test]
    fn sessions_are_of_one_token_and_end() {
        let (ours, other) = (secret("0123456789abcdef"), secret("0123456789abcdeg"));
        let session = ours.new_session();
        assert!(ours.knows_session(&session));
        assert!(!other.knows_session(&session));
        let (ends, signature) = session.split_once('.').unwrap();
        let longer = ends.parse::<u64>().unwrap() + 1;
        assert!(!ours.knows_session(&format!("{longer}.{signature}")));
        let over = format!("{}.{}", 7, ours.signature(7).to_hex());
        assert!(!ours.knows_session(&over));
        for nonsense in ["", ".", "1", "x.y", signature] {
            assert!(!ours.knows_session(nonsense), "{nonsense}");
        }
    }

    #[test]
    fn an_address_that_guesses_has_to_wait_even_with_the_right_token() {
        let secret = secret("0123456789abcdef");
        let guesser = Some(IpAddr::from([10, 0, 0, 1]));
        let kind = |given: &str, from| secret.check(given, from).map_err(|error| error.0.kind);
        for _ in 0..Attempts::FREE {
            assert_eq!(kind("wrong", guesser), Err(ProblemKind::Unauthorized));
        }
        assert_eq!(kind("0123456789abcdef", guesser), Err(ProblemKind::TooManyAttempts));
        assert_eq!(kind("0123456789abcdef", Some(IpAddr::from([10, 0, 0, 2]))), Ok(()));
    }
}
