//! Exports: a library's photos in open forms, for other programs and for other libraries.
//!
//! A folder with `manifest.json`, `photos.jsonl` (one photo a line), `vectors.npy` (NumPy format 1.0, 32-bit floats; row i is
//! the vector of line i), `failures.jsonl`, and `thumbnails/` as the library keeps them. Photos that no file holds now are left
//! out. Nothing in it is under a checksum: paths may be changed before an import, for another machine for instance.

mod import;
mod npy;
mod read;
mod records;
mod write;

pub use import::ImportSummary;
pub use read::Export;
pub use records::Manifest;

/// The version of the export's form, and the newest that is read.
pub const EXPORT_FORMAT: u32 = 1;

const MANIFEST: &str = "manifest.json";
const PHOTOS: &str = "photos.jsonl";
const VECTORS: &str = "vectors.npy";
const FAILURES: &str = "failures.jsonl";
