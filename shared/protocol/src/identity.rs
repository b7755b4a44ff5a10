//! Names of things: a photograph by its content, a vector space by its model.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

use crate::ProtocolError;

/// A photograph's identity: the first 128 bits of the BLAKE3 hash of its file's content.
///
/// The same picture under another name or in another folder has the same id. Written as 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ToSchema)]
#[schema(value_type = String, pattern = "^[0-9a-fA-F]{32}$", example = "3fa9c1d2e4b5a6978877665544332211")]
pub struct ImageId([u8; 16]);

impl ImageId {
    /// The identity of a file with this content.
    pub fn of_content(content: &[u8]) -> Self {
        let mut id = [0; 16];
        id.copy_from_slice(&blake3::hash(content).as_bytes()[..16]);
        Self(id)
    }

    /// The id with these bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes, as they stand in storage keys.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for ImageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ImageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ImageId({self})")
    }
}

impl FromStr for ImageId {
    type Err = ProtocolError;

    fn from_str(text: &str) -> Result<Self, ProtocolError> {
        let bad = || ProtocolError::ImageId { got: text.to_owned() };
        if text.len() != 32 || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(bad());
        }
        let mut id = [0; 16];
        for (byte, digits) in id.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let digits = str::from_utf8(digits).map_err(|_| bad())?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| bad())?;
        }
        Ok(Self(id))
    }
}

impl Serialize for ImageId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ImageId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A space of comparable vectors: the model that made them and how it saw the pictures.
///
/// Scores from different spaces are not comparable, so every vector is kept under its space's name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct SpaceId(String);

impl SpaceId {
    /// The space of `model` (its name) with this `fingerprint` of its weights and preprocessing.
    pub fn new(model: &str, fingerprint: &[u8]) -> Self {
        let short = &blake3::hash(fingerprint).to_hex()[..12];
        Self(format!("{model}@{short}"))
    }

    /// The name, `model@fingerprint`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The model's part of the name.
    pub fn model(&self) -> &str {
        self.0.rsplit_once('@').map_or(&self.0, |(model, _)| model)
    }
}

impl From<String> for SpaceId {
    fn from(name: String) -> Self {
        Self(name)
    }
}

impl fmt::Display for SpaceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SpaceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SpaceId({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_its_text_form() {
        let id = ImageId::of_content(b"a photograph");
        assert_eq!(id.to_string().len(), 32);
        assert_eq!(id.to_string().parse::<ImageId>().unwrap(), id);
    }

    #[test]
    fn a_malformed_id_is_named_in_the_error() {
        for bad in [
            "",
            "12",
            "zz345678901234567890123456789012",
            "+1345678901234567890123456789012",
            "é2345678901234567890123456789012",
        ] {
            let message = bad.parse::<ImageId>().unwrap_err().to_string();
            assert!(message.contains(bad), "{message}");
        }
    }

    #[test]
    fn a_space_knows_its_model() {
        assert_eq!(SpaceId::new("builtin", b"weights").model(), "builtin");
    }
}
