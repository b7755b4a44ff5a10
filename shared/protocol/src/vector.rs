//! Unit vectors: what models make and libraries compare.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_bytes::ByteBuf;
use thiserror::Error;

/// An embedding of length 1, so that a dot product is the cosine similarity. At least one component, all finite.
#[derive(Clone, Debug, PartialEq)]
pub struct UnitVector(Vec<f32>);

/// Why some numbers make no unit vector.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum VectorError {
    /// NaN, infinity or nothing but zeros: there is no direction to keep.
    #[error("got a vector with no direction (all zero, empty, or not finite); expected finite numbers, not all zero")]
    NoDirection,
    /// A byte string that is not a whole number of 32-bit floats.
    #[error("got {0} bytes; expected a multiple of 4 (32-bit little-endian floats)")]
    Bytes(usize),
}

impl UnitVector {
    /// `values` scaled to length 1.
    ///
    /// # Errors
    /// [`VectorError::NoDirection`] when they are empty, all zero or not finite.
    pub fn normalized(mut values: Vec<f32>) -> Result<Self, VectorError> {
        let norm = values.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt();
        if !(norm.is_finite() && norm > 0.0) {
            return Err(VectorError::NoDirection);
        }
        let scale = 1.0 / norm;
        values.iter_mut().for_each(|x| *x = (f64::from(*x) * scale) as f32);
        Ok(Self(values))
    }

    /// `values` as they are where their length is 1, else scaled to it.
    ///
    /// # Errors
    /// As for [`UnitVector::normalized`].
    pub fn from_components(values: Vec<f32>) -> Result<Self, VectorError> {
        let squared: f32 = values.iter().map(|x| x * x).sum();
        if (squared - 1.0).abs() < 1e-4 { Ok(Self(values)) } else { Self::normalized(values) }
    }

    /// The components.
    pub fn as_slice(&self) -> &[f32] {
        &self.0
    }

    /// How many components.
    pub fn dimension(&self) -> usize {
        self.0.len()
    }

    /// Cosine similarity, -1..1.
    pub fn cosine(&self, other: &Self) -> f32 {
        let dot: f32 = self.0.iter().zip(&other.0).map(|(a, b)| a * b).sum();
        dot.clamp(-1.0, 1.0)
    }

    /// Little-endian 32-bit floats, as stored and sent.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|x| x.to_le_bytes()).collect()
    }

    /// The vector that [`UnitVector::to_bytes`] wrote; its length is made 1 again only where it is not.
    ///
    /// # Errors
    /// [`VectorError::Bytes`] when `bytes` is cut short, [`VectorError::NoDirection`] when it holds no direction.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, VectorError> {
        let (chunks, rest) = bytes.as_chunks::<4>();
        if !rest.is_empty() {
            return Err(VectorError::Bytes(bytes.len()));
        }
        Self::from_components(chunks.iter().map(|chunk| f32::from_le_bytes(*chunk)).collect())
    }
}

impl Serialize for UnitVector {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            self.0.serialize(serializer)
        } else {
            serializer.serialize_bytes(&self.to_bytes())
        }
    }
}

impl<'de> Deserialize<'de> for UnitVector {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let vector = if deserializer.is_human_readable() {
            Self::normalized(Vec::deserialize(deserializer)?)
        } else {
            Self::from_bytes(&ByteBuf::deserialize(deserializer)?)
        };
        vector.map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_direction_is_refused() {
        for values in [vec![], vec![0.0; 3], vec![f32::NAN, 1.0], vec![f32::INFINITY]] {
            assert_eq!(UnitVector::normalized(values), Err(VectorError::NoDirection));
        }
    }

    #[test]
    fn a_cut_byte_string_is_refused() {
        assert_eq!(UnitVector::from_bytes(&[0; 7]), Err(VectorError::Bytes(7)));
    }

    proptest! {
        #[test]
        fn bytes_round_trip_exactly(values in prop::collection::vec(-10f32..10.0, 1..64)) {
            prop_assume!(values.iter().any(|x| x.abs() > 1e-3));
            let vector = UnitVector::normalized(values).unwrap();
            prop_assert!((vector.cosine(&vector) - 1.0).abs() < 1e-5);
            prop_assert_eq!(UnitVector::from_bytes(&vector.to_bytes()).unwrap(), vector);
        }
    }
}
