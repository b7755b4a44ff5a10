//! A photograph's path, kept byte for byte: file names need not be UTF-8.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

/// What pictures are called that Foray can decode, RAW files aside.
const PICTURES: [&str; 15] =
    ["jpg", "jpeg", "jpe", "jfif", "png", "webp", "gif", "tif", "tiff", "bmp", "jxl", "heic", "heif", "hif", "avif"];
/// What cameras call their RAW files.
const RAW: [&str; 12] = ["cr2", "cr3", "nef", "nrw", "arw", "dng", "raf", "orf", "rw2", "pef", "srw", "srf"];

/// Whether a file of this name is a camera's RAW file.
pub fn is_raw(path: &Path) -> bool {
    has_extension(path, &RAW)
}

/// Whether a file of this name could be a photo that Foray can decode.
pub fn is_photo(path: &Path) -> bool {
    has_extension(path, &PICTURES) || is_raw(path)
}

/// Whether a file's name ends with a dot and one of `extensions`, letter case left aside.
pub fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    let extension = path.extension().and_then(OsStr::to_str);
    extension.is_some_and(|extension| extensions.iter().any(|known| extension.eq_ignore_ascii_case(known)))
}

/// An absolute path of a file or folder, ordered by its bytes.
///
/// In binary formats it is its exact bytes; in JSON it is text, where bytes that are not UTF-8 become U+FFFD (replies
/// that must be exact carry `path_bytes` beside it).
#[derive(Clone, PartialEq, Eq, Hash, ToSchema)]
#[schema(value_type = String, example = "/srv/photos/2024/IMG_1234.jpg")]
pub struct PhotoPath(PathBuf);

impl PhotoPath {
    /// The file system's view of the path.
    pub fn as_path(&self) -> &Path {
        &self.0
    }

    /// The exact bytes, as they stand in storage keys.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_os_str().as_encoded_bytes()
    }

    /// The path with these bytes, as [`PhotoPath::as_bytes`] gave them.
    #[cfg(unix)]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        use std::os::unix::ffi::OsStrExt;
        Self(PathBuf::from(OsStr::from_bytes(bytes)))
    }

    /// The path with these bytes, as [`PhotoPath::as_bytes`] gave them; what is not UTF-8 becomes U+FFFD.
    #[cfg(not(unix))]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self(PathBuf::from(OsStr::new(String::from_utf8_lossy(bytes).as_ref())))
    }

    /// Whether it begins at a root, by the rules of Unix or of Windows: an indexer may run on another system than its server.
    pub fn is_absolute(&self) -> bool {
        match self.as_bytes() {
            [b'/', ..] | [b'\\', b'\\', ..] => true,
            [drive, b':', b'\\' | b'/', ..] => drive.is_ascii_alphabetic(),
            _ => false,
        }
    }

    /// The path when it is UTF-8.
    pub fn to_str(&self) -> Option<&str> {
        self.0.to_str()
    }
}

impl PartialOrd for PhotoPath {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PhotoPath {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl<P: Into<PathBuf>> From<P> for PhotoPath {
    fn from(path: P) -> Self {
        Self(path.into())
    }
}

impl AsRef<Path> for PhotoPath {
    fn as_ref(&self) -> &Path {
        &self.0
    }
}

impl fmt::Display for PhotoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.display().fmt(f)
    }
}

impl fmt::Debug for PhotoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for PhotoPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(&self.0.display())
        } else {
            serializer.serialize_bytes(self.as_bytes())
        }
    }
}

impl<'de> Deserialize<'de> for PhotoPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            deserializer.deserialize_str(PathVisitor)
        } else {
            deserializer.deserialize_bytes(PathVisitor)
        }
    }
}

struct PathVisitor;

impl Visitor<'_> for PathVisitor {
    type Value = PhotoPath;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a path, as text or as bytes")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<PhotoPath, E> {
        Ok(PhotoPath(PathBuf::from(text)))
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<PhotoPath, E> {
        Ok(PhotoPath::from_bytes(bytes))
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_not_utf8_survives_the_wire() {
        let path = PhotoPath::from_bytes(b"/photos/caf\xe9.jpg");
        let wire = rmp_serde::to_vec_named(&path).unwrap();
        assert_eq!(rmp_serde::from_slice::<PhotoPath>(&wire).unwrap(), path);
    }

    #[test]
    fn absolute_paths_of_all_systems_are_known() {
        for path in ["/", "/photos/a.jpg", "C:\\a.jpg", "d:/a.jpg", "\\\\nas\\photos\\a.jpg"] {
            assert!(PhotoPath::from(path).is_absolute(), "{path}");
        }
        for path in ["", "a.jpg", "./a", "C:a.jpg", "\\a.jpg", "1:/a.jpg"] {
            assert!(!PhotoPath::from(path).is_absolute(), "{path}");
        }
    }

    #[test]
    fn paths_order_by_bytes() {
        assert!(PhotoPath::from("/a-b/x.jpg") < PhotoPath::from("/a/x.jpg"));
    }
}
