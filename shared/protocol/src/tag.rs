//! Tags of photos: those that rules give, and those that people give by hand.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::short_line::short_line;
use crate::{ImageId, ProtocolError, SearchName};

/// A tag that a photo has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PhotoTag {
    /// The tag.
    pub tag: String,
    /// The rule that gave it, by its classifier's name; `None` where a person did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<SearchName>,
    /// How probable it is, 0 to 1.
    pub probability: f32,
}

impl PhotoTag {
    /// A tag that a person gave.
    pub fn by_hand(tag: &Tag) -> Self {
        Self { tag: tag.0.clone(), rule: None, probability: 1.0 }
    }

    /// Whether a person gave it.
    pub fn is_by_hand(&self) -> bool {
        self.rule.is_none()
    }
}

/// A tag as people give it: 1 to 100 characters, no line break or other control character; no space round it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(transparent)]
pub struct Tag(String);

impl Tag {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Tag {
    type Err = ProtocolError;

    fn from_str(text: &str) -> Result<Self, ProtocolError> {
        let tag = short_line(text).ok_or_else(|| ProtocolError::Tag { got: text.to_owned() })?;
        Ok(Self(tag.to_owned()))
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Tag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// `POST /api/v1/tags`: gives photos a tag by hand, or takes it away.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandTagging {
    /// The tag.
    pub tag: Tag,
    /// The photos.
    pub ids: Vec<ImageId>,
    /// Takes the tag away instead. Tags that rules give go with their rule.
    #[serde(default)]
    pub remove: bool,
}

/// How many photos got a tag, or lost one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Tagged {
    /// Photos.
    pub photos: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_short_lines() {
        assert_eq!(" Grandma's 80th ".parse::<Tag>().unwrap().as_str(), "Grandma's 80th");
        for wrong in ["", "  ", "two\nlines", &"x".repeat(101)] {
            let message = wrong.parse::<Tag>().unwrap_err().to_string();
            assert!(message.contains("1 to 100"), "{message}");
        }
    }

    #[test]
    fn tags_of_libraries_that_knew_rules_alone_are_read() {
        let tag: PhotoTag = serde_json::from_str(r#"{"tag": "cat", "rule": "pets", "probability": 0.9}"#).unwrap();
        assert!(!tag.is_by_hand());
    }
}
