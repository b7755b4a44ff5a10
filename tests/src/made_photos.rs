//! Photos that never were: what is known of them follows from their numbers and vectors.

use foray_protocol::{
    Change, Description, FileFacts, ImageId, NewPhoto, PerceptualHash, PhotoMetadata, PhotoPath, ThumbHash, UnitVector,
};

/// The id of the photo of this number.
pub fn id(number: usize) -> ImageId {
    ImageId::of_content(&number.to_le_bytes())
}

/// Its file, which lies in no root of a library: nobody looks whether it is there.
pub fn path(number: usize) -> PhotoPath {
    PhotoPath::from(format!("/made/{:04}/{number:07}.jpg", number / 1_000))
}

/// When it was taken, at noon of some day.
fn noon(number: usize) -> String {
    format!("{}-{:02}-{:02}T12:00:00", 2000 + number % 20, number % 12 + 1, number % 28 + 1)
}

/// What a photo's file says that was taken then.
pub fn metadata(taken_at: String) -> PhotoMetadata {
    PhotoMetadata {
        width: 4_000,
        height: 3_000,
        format: "jpeg".to_owned(),
        description: Description { taken_at: Some(taken_at), ..Description::default() },
        ..PhotoMetadata::default()
    }
}

/// The same with hashes of its looks: the signs of its vector's first 256 components.
pub fn seen(metadata: PhotoMetadata, vector: &UnitVector) -> PhotoMetadata {
    let hash = signs(vector);
    PhotoMetadata {
        perceptual_hash: Some(PerceptualHash::from_bytes(hash)),
        thumbhash: Some(ThumbHash::from_bytes(hash[..25].to_vec())),
        ..metadata
    }
}

fn signs(vector: &UnitVector) -> [u8; 32] {
    let signs = vector.as_slice()[..256].chunks(8).map(|eight| {
        eight.iter().enumerate().fold(0u8, |byte, (bit, component)| byte | u8::from(*component > 0.0) << bit)
    });
    signs.collect::<Vec<u8>>().try_into().unwrap()
}

/// The photo as an indexer sends it, with what its file says.
pub fn added(number: usize, metadata: PhotoMetadata, vector: UnitVector, thumbnail: Vec<u8>) -> Change {
    let size = 3_000_000 + number as u64;
    let file = FileFacts { path: path(number), size, modified_ns: number as i64, companions: 0 };
    Change::Added { file, photo: Box::new(NewPhoto { id: id(number), metadata, vector, thumbnail }) }
}

/// The same with what follows from its number and vector.
pub fn photo(number: usize, vector: UnitVector, thumbnail: Vec<u8>) -> Change {
    added(number, seen(metadata(noon(number)), &vector), vector, thumbnail)
}

/// The same of which nobody has looked at a preview: it has no hashes.
pub fn unseen_photo(number: usize, vector: UnitVector, thumbnail: Vec<u8>) -> Change {
    added(number, metadata(noon(number)), vector, thumbnail)
}
