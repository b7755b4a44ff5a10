//! Who may do what on a server: roles, people with passwords, programs with tokens.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What somebody may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Search and look at photos, and change nothing.
    #[default]
    Reader,
    /// Feed the library, as `foray indexer` does, and see previews, but search nothing.
    Indexer,
    /// Everything.
    Admin,
}

impl Role {
    /// Whether whoever has this role may do what `needed` may.
    pub fn covers(self, needed: Self) -> bool {
        self == Self::Admin || self == needed
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Reader => "reader",
            Self::Indexer => "indexer",
            Self::Admin => "admin",
        })
    }
}

/// A person, `[[users]]` in the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// What the person logs in as.
    pub name: String,
    /// The hash of the password, as `foray password` prints it (a PHC string of Argon2id, RFC 9106).
    pub password: String,
    /// What the person may do.
    #[serde(default)]
    pub role: Role,
}

/// A program's token, `[[tokens]]` in the configuration: either `token` or `token_file`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgramToken {
    /// The token.
    pub token: Option<String>,
    /// The file that holds it.
    pub token_file: Option<PathBuf>,
    /// What the program may do.
    #[serde(default)]
    pub role: Role,
}

impl fmt::Debug for ProgramToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProgramToken({})", self.role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_admin_may_do_all_and_the_others_their_own() {
        for role in [Role::Reader, Role::Indexer, Role::Admin] {
            assert!(Role::Admin.covers(role) && role.covers(role));
            assert!(role == Role::Admin || !role.covers(Role::Admin));
        }
        assert!(!Role::Reader.covers(Role::Indexer) && !Role::Indexer.covers(Role::Reader));
    }
}
