//! What the library's tests share: vectors like those of photos, and batches that put them into a library.

use foray_library::{Library, OpenOptions};
use foray_protocol::{
    Change, FileFacts, ImageId, IngestBatch, NewPhoto, PhotoMetadata, PhotoPath, SpaceId, UnitVector,
};

pub const DIMENSION: usize = 48;

/// A small generator with a fixed sequence (SplitMix64).
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn vector(&mut self) -> UnitVector {
        let mut component = || (self.next() >> 40) as f32 / (1 << 24) as f32 - 0.5;
        UnitVector::normalized((0..DIMENSION).map(|_| component()).collect()).unwrap()
    }
}

pub fn space() -> SpaceId {
    SpaceId::new("test", b"1")
}

pub fn id(number: usize) -> ImageId {
    ImageId::of_content(&number.to_le_bytes())
}

pub fn path(number: usize) -> PhotoPath {
    PhotoPath::from(format!("/photos/{number:06}.jpg"))
}

pub fn file(path: &PhotoPath) -> FileFacts {
    FileFacts { path: path.clone(), size: 1, modified_ns: 1, companions: 0 }
}

pub fn added(path: &PhotoPath, id: ImageId, vector: UnitVector) -> Change {
    let metadata = PhotoMetadata { width: 4, height: 3, format: "jpeg".to_owned(), ..PhotoMetadata::default() };
    Change::Added { file: file(path), photo: Box::new(NewPhoto { id, metadata, vector, thumbnail: vec![1, 2, 3] }) }
}

pub fn batch(changes: Vec<Change>) -> IngestBatch {
    IngestBatch { space: space(), changes }
}

/// Photos number 0.. with these vectors.
pub fn photos(vectors: &[UnitVector]) -> IngestBatch {
    batch(vectors.iter().enumerate().map(|(number, vector)| added(&path(number), id(number), vector.clone())).collect())
}

pub fn open(folder: &std::path::Path) -> Library {
    Library::open(&options(folder)).unwrap()
}

pub fn options(folder: &std::path::Path) -> OpenOptions {
    OpenOptions { create: true, ..OpenOptions::new(folder.join("library"), "test") }
}
