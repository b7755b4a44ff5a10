//! What a photo's pixels tell besides its meaning: whether it is junk, a hash that survives small changes, and a placeholder.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

use crate::ProtocolError;

/// Why a photo is hardly worth keeping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Junk {
    /// Nearly black all over, as from a pocket.
    Black,
    /// Nearly one colour.
    Blank,
    /// Nothing in it is sharp, even at the size of a preview.
    Blurred,
    /// Its long side is shorter than 200 pixels.
    Tiny,
    /// A picture of a screen's content.
    Screenshot,
}

impl Junk {
    /// Its name, as replies show it and as filters know it as a tag.
    pub fn name(self) -> &'static str {
        match self {
            Self::Black => "black",
            Self::Blank => "blank",
            Self::Blurred => "blurred",
            Self::Tiny => "tiny",
            Self::Screenshot => "screenshot",
        }
    }

    /// Whether the picture has no structure that a perceptual hash could tell from another's.
    pub fn is_empty(self) -> bool {
        matches!(self, Self::Black | Self::Blank)
    }
}

/// What a picture looks like in 256 bits: pictures that differ in few of them look alike. Written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ToSchema)]
#[schema(value_type = String, pattern = "^[0-9a-f]{64}$")]
pub struct PerceptualHash([u8; 32]);

impl PerceptualHash {
    /// The hash with these bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes: 16 rows of 16 bits, from coarse structure to fine in both directions.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// In how many bits two hashes differ, 0..=256: about 128 for unrelated pictures.
    pub fn distance(&self, other: &Self) -> u32 {
        self.0.iter().zip(other.0).map(|(a, b)| (a ^ b).count_ones()).sum()
    }
}

impl fmt::Display for PerceptualHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for PerceptualHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PerceptualHash({self})")
    }
}

impl FromStr for PerceptualHash {
    type Err = ProtocolError;

    fn from_str(text: &str) -> Result<Self, ProtocolError> {
        let bad = || ProtocolError::PerceptualHash { got: text.to_owned() };
        if text.len() != 64 || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(bad());
        }
        let mut hash = [0; 32];
        for (byte, digits) in hash.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let digits = str::from_utf8(digits).map_err(|_| bad())?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| bad())?;
        }
        Ok(Self(hash))
    }
}

impl Serialize for PerceptualHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PerceptualHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A blurred picture in some 25 bytes, to be painted until the thumbnail is there. Written in base64.
#[derive(Clone, Debug, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, content_encoding = "base64")]
pub struct ThumbHash(Box<[u8]>);

impl ThumbHash {
    /// The one with these bytes, as the algorithm made them.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Serialize for ThumbHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for ThumbHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map(Self::from_bytes).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PhotoMetadata;

    #[test]
    fn a_hash_survives_its_text_form() {
        let hash = PerceptualHash::from_bytes(std::array::from_fn(|at| at as u8 * 7));
        assert_eq!(hash.to_string().parse::<PerceptualHash>().unwrap(), hash);
        for bad in ["", "12", &"+1".repeat(32)] {
            assert!(bad.parse::<PerceptualHash>().unwrap_err().to_string().contains(bad), "{bad}");
        }
    }

    #[test]
    fn the_distance_counts_bits() {
        let zero = PerceptualHash::from_bytes([0; 32]);
        let mut bytes = [0; 32];
        (bytes[0], bytes[31]) = (0b101, 0x80);
        assert_eq!(zero.distance(&PerceptualHash::from_bytes(bytes)), 3);
        assert_eq!(zero.distance(&PerceptualHash::from_bytes([0xff; 32])), 256);
    }

    #[test]
    fn records_written_before_there_were_traits_are_read() {
        #[derive(Serialize)]
        struct Before {
            width: u32,
            height: u32,
            format: &'static str,
        }
        let old = rmp_serde::to_vec_named(&Before { width: 4, height: 3, format: "jpeg" }).unwrap();
        let read: PhotoMetadata = rmp_serde::from_slice(&old).unwrap();
        assert_eq!((read.junk, read.perceptual_hash, &read.thumbhash), (None, None, &None));
        let described = PhotoMetadata {
            junk: Some(Junk::Blurred),
            perceptual_hash: Some(PerceptualHash::from_bytes([7; 32])),
            thumbhash: Some(ThumbHash::from_bytes(vec![1, 2, 3])),
            ..read
        };
        let stored = rmp_serde::to_vec_named(&described).unwrap();
        assert_eq!(rmp_serde::from_slice::<PhotoMetadata>(&stored).unwrap(), described);
        assert_eq!(serde_json::to_value(&described).unwrap()["junk"], "blurred");
        assert_eq!(serde_json::to_value(&described).unwrap()["thumbhash"], "AQID");
    }
}
