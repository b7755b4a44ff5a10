//! What can go wrong with the server itself.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// An error of starting or running the server.
#[derive(Debug, Error)]
pub enum ServerError {
    /// The address is taken.
    #[error(
        "{bind} is in use by another program; choose another address with --bind, such as --bind 127.0.0.1:0 for any free port"
    )]
    PortInUse {
        /// The address.
        bind: String,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {bind}: {source}; expected ADDRESS:PORT, such as 127.0.0.1:7878")]
    Bind {
        /// The address.
        bind: String,
        /// What the system said.
        source: io::Error,
    },
    /// The address is reachable by others, and there is no token.
    #[error(
        "{bind} can be reached from other machines, so the server needs a token that all who use it must show: set FORAY_TOKEN, --token or `token` in the configuration, for instance to what `openssl rand -hex 24` prints, or let people log in (`[[users]]` in the configuration); or listen on 127.0.0.1, which needs none"
    )]
    NotLoopback {
        /// The address.
        bind: String,
    },
    /// A password that cannot be used.
    #[error("the password cannot be used: {reason}; expected 8 to 1,000 characters")]
    Password {
        /// What is wrong with it.
        reason: String,
    },
    /// A user's password in the configuration is no hash.
    #[error(
        "the password of the user {user:?} in the configuration is not the hash of one ({reason}); put there what `foray password` prints"
    )]
    PasswordHash {
        /// Whose it is.
        user: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A user's name that cannot be used.
    #[error("the user name {name:?} in the configuration {reason}; give each user another one")]
    UserName {
        /// The name.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Certificate or key for HTTPS cannot be used.
    #[error("cannot use {file} for HTTPS: {reason}; expected PEM, as `openssl` and certificate authorities write it", file = file.display())]
    Tls {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The server stopped by a fault.
    #[error("the server stopped: {0}")]
    Stopped(#[from] io::Error),
}
