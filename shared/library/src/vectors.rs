//! The vectors of one space as they are stored: 32-bit floats in sled, keyed by row number, each with its photo's id.

use foray_protocol::{ImageId, SpaceId, UnitVector};
use sled::{Db, Tree};

use crate::LibraryError;

/// The stored vectors of a space.
#[derive(Clone, Debug)]
pub(crate) struct VectorStore {
    tree: Tree,
}

impl VectorStore {
    pub fn open(db: &Db, space: &SpaceId) -> Result<Self, LibraryError> {
        Ok(Self { tree: db.open_tree(format!("vectors:{space}"))? })
    }

    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The vector of `row`; `None` where it was deleted.
    pub fn get(&self, row: u32) -> Result<Option<UnitVector>, LibraryError> {
        self.tree.get(row.to_be_bytes())?.map(|value| Ok(decode(&value)?.1)).transpose()
    }

    /// All rows in order; rows that were deleted are missing.
    pub fn iter(&self) -> impl Iterator<Item = Result<(u32, ImageId, UnitVector), LibraryError>> {
        self.tree.iter().map(|entry| {
            let (key, value) = entry?;
            let row = key.as_ref().try_into().map(u32::from_be_bytes);
            let row = row.map_err(|_| LibraryError::Damaged("a row number that is not 4 bytes".to_owned()))?;
            let (id, vector) = decode(&value)?;
            Ok((row, id, vector))
        })
    }
}

/// A stored value: the photo's 16 bytes, then the vector's components.
pub(crate) fn encode(image: ImageId, vector: &UnitVector) -> Vec<u8> {
    [image.as_bytes().as_slice(), &vector.to_bytes()].concat()
}

fn decode(value: &[u8]) -> Result<(ImageId, UnitVector), LibraryError> {
    let Some((id, components)) = value.split_first_chunk::<16>() else {
        return Err(LibraryError::Damaged("a stored vector shorter than its photo's id".to_owned()));
    };
    Ok((ImageId::from_bytes(*id), UnitVector::from_bytes(components)?))
}

#[cfg(test)]
pub(crate) mod samples {
    //! Vectors for tests: clustered as the embeddings of photos are.

    use foray_protocol::UnitVector;

    /// A small generator with a fixed sequence (SplitMix64), so that tests are the same everywhere.
    pub struct Random(pub u64);

    impl Random {
        pub fn next(&mut self) -> u64 {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        }

        pub fn below(&mut self, end: usize) -> usize {
            (self.next() % end as u64) as usize
        }

        /// About normally distributed, mean 0.
        pub fn normal(&mut self) -> f32 {
            (0..6).map(|_| (self.next() >> 40) as f32 / (1 << 24) as f32 - 0.5).sum()
        }
    }

    /// `count` vectors in clusters of about 40.
    pub fn clustered(count: usize, dimension: usize, seed: u64) -> Vec<UnitVector> {
        let mut random = Random(seed);
        let point = |random: &mut Random| -> Vec<f32> { (0..dimension).map(|_| random.normal()).collect() };
        let centres: Vec<Vec<f32>> = (0..count.div_ceil(40)).map(|_| point(&mut random)).collect();
        (0..count)
            .map(|_| {
                let centre = &centres[random.below(centres.len())];
                let offset = point(&mut random);
                let sum = centre.iter().zip(offset).map(|(c, o)| c + 0.8 * o).collect();
                UnitVector::normalized(sum).unwrap()
            })
            .collect()
    }
}
