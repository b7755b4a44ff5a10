//! What can go wrong with the server itself.

use std::io;

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
        "{bind} can be reached from other machines, so the server needs a token that all who use it must show: set FORAY_TOKEN, --token or `token` in the configuration, for instance to what `openssl rand -hex 24` prints; or listen on 127.0.0.1, which needs none"
    )]
    NotLoopback {
        /// The address.
        bind: String,
    },
    /// The server stopped by a fault.
    #[error("the server stopped: {0}")]
    Stopped(#[from] io::Error),
}
