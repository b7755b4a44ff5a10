//! Searches that are kept under a name.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::short_line::short_line;
use crate::{ProtocolError, SearchRequest};

/// A search that is kept: what it is called and what it asks. Asked again, it shows what the library holds then.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SavedSearch {
    /// Its name.
    pub name: SearchName,
    /// What it asks; pages begin anew each time.
    pub search: SearchRequest,
}

/// The name of a saved search: 1 to 100 characters, none of them `/`, a line break or another control character; no space round it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(transparent)]
pub struct SearchName(String);

impl SearchName {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SearchName {
    type Err = ProtocolError;

    fn from_str(text: &str) -> Result<Self, ProtocolError> {
        let name = short_line(text).filter(|name| !name.contains('/'));
        let name = name.ok_or_else(|| ProtocolError::SearchName { got: text.to_owned() })?;
        Ok(Self(name.to_owned()))
    }
}

impl fmt::Display for SearchName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for SearchName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_lines() {
        assert_eq!(" Été 2024 ".parse::<SearchName>().unwrap().as_str(), "Été 2024");
        for wrong in ["", "  ", "a/b", "two\nlines", &"x".repeat(101)] {
            let message = wrong.parse::<SearchName>().unwrap_err().to_string();
            assert!(message.contains("1 to 100"), "{message}");
        }
    }
}
