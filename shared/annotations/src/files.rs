//! Files of a dataset that nobody vouches for: of limited size, and inside its folder.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use crate::AnnotationError;
use foray_protocol::has_extension;

/// Folders below the dataset's that are looked into.
const DEEPEST: usize = 8;

/// How names of images end.
pub const IMAGES: [&str; 12] =
    ["jpg", "jpeg", "png", "webp", "bmp", "gif", "tif", "tiff", "jxl", "heic", "heif", "avif"];

/// The folder that all images have to be in.
#[derive(Debug)]
pub struct Root {
    folder: PathBuf,
}

impl Root {
    /// Resolves symbolic links, so that none leads out unseen.
    pub fn open(folder: &Path) -> Result<Self, AnnotationError> {
        let folder = folder.canonicalize().map_err(AnnotationError::file("open", folder))?;
        Ok(Self { folder })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A path that `name` means, seen from `base`; `None` where it leads out.
    pub fn inside(&self, base: &Path, name: &str) -> Option<PathBuf> {
        let path = without_dots(&base.join(name));
        path.starts_with(&self.folder).then_some(path)
    }

    /// The image that the annotations in `file` call `name`, in the first of `bases` where it is; `None` where it is in none.
    ///
    /// # Errors
    /// [`AnnotationError::Outside`] for a name that leads out of the first of `bases` and the dataset, and for links that do.
    pub fn image(&self, file: &Path, bases: &[PathBuf], name: &str) -> Result<Option<PathBuf>, AnnotationError> {
        let outside = || {
            let (path, name, folder) = (file.to_owned(), name.to_owned(), self.folder.clone());
            AnnotationError::Outside { path, name, folder }
        };
        let first = bases.first().map_or(self.folder.as_path(), PathBuf::as_path);
        self.inside(first, name).ok_or_else(outside)?;
        if !is_image(Path::new(name)) {
            let expected = IMAGES.join(", .");
            return Err(AnnotationError::malformed(
                file,
                format!("got the image name {name:?}; expected one that ends with .{expected}"),
            ));
        }
        let Some(path) = bases.iter().filter_map(|base| self.inside(base, name)).find(|path| path.is_file()) else {
            return Ok(None);
        };
        let real = path.canonicalize().map_err(AnnotationError::file("open", &path))?;
        if real.starts_with(&self.folder) { Ok(Some(real)) } else { Err(outside()) }
    }
}

/// Whether the name ends as those of images do.
pub fn is_image(path: &Path) -> bool {
    has_extension(path, &IMAGES)
}

/// The part of the name before its extension.
pub fn stem(path: &Path) -> String {
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The text of a file of at most `limit` bytes, without a byte order mark.
pub fn read_text(path: &Path, limit: u64) -> Result<String, AnnotationError> {
    let mut text = String::new();
    let failed = AnnotationError::file("read", path);
    open(path, limit)?.take(limit).read_to_string(&mut text).map_err(failed)?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// A file of at most `limit` bytes.
pub fn open(path: &Path, limit: u64) -> Result<File, AnnotationError> {
    // Before it is opened: that of a pipe would wait for a writer.
    let found = fs::metadata(path).map_err(AnnotationError::file("read", path))?;
    if !found.is_file() {
        return Err(AnnotationError::malformed(path, "got a folder or a device; expected a file"));
    }
    if found.len() > limit {
        return Err(AnnotationError::TooLarge { path: path.to_owned(), got: found.len(), limit });
    }
    File::open(path).map_err(AnnotationError::file("read", path))
}

/// The files in `folder` and the folders below that `wanted` holds for, in the order of their paths. Hidden ones are passed over,
/// and links to folders are not followed.
pub fn files_below(folder: &Path, wanted: &dyn Fn(&Path) -> bool) -> Result<Vec<PathBuf>, AnnotationError> {
    let mut found = vec![];
    collect(folder, DEEPEST, wanted, &mut found)?;
    found.sort();
    Ok(found)
}

fn collect(
    folder: &Path,
    depth: usize,
    wanted: &dyn Fn(&Path) -> bool,
    found: &mut Vec<PathBuf>,
) -> Result<(), AnnotationError> {
    let failed = |error| AnnotationError::file("read", folder)(error);
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let (path, kind) = (entry.path(), entry.file_type().map_err(failed)?);
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if kind.is_dir() && depth > 0 {
            collect(&path, depth - 1, wanted, found)?;
        } else if !kind.is_dir() && wanted(&path) && path.is_file() {
            found.push(path);
        }
    }
    Ok(())
}

/// `.` and `..` worked out by the names alone.
fn without_dots(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut path, component| {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                path.pop();
            }
            _ => path.push(component),
        }
        path
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_out_are_refused_and_those_that_come_back_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let set = folder.path().join("set");
        fs::create_dir_all(set.join("annotations")).unwrap();
        fs::write(set.join("a.jpg"), "").unwrap();
        fs::write(folder.path().join("secret.jpg"), "").unwrap();
        let root = Root::open(&set).unwrap();
        let bases = [root.folder().join("annotations")];
        let image = |name: &str| root.image(Path::new("x.json"), &bases, name).map_err(|error| error.to_string());
        let inside = root.folder().join("a.jpg");
        assert_eq!(image("../a.jpg"), Ok(Some(inside.clone())));
        assert_eq!(image(inside.to_str().unwrap()), Ok(Some(inside)), "an absolute name of a file inside");
        assert_eq!(image("b.jpg"), Ok(None));
        for name in ["../../secret.jpg", "/etc/passwd", "../../../../x.jpg"] {
            let refusal = image(name).unwrap_err();
            assert!(refusal.starts_with("x.json") && refusal.contains(name), "{refusal}");
        }
        assert!(image("labels.txt").unwrap_err().contains("ends with .jpg"));
    }

    #[cfg(unix)]
    #[test]
    fn links_that_lead_out_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let set = folder.path().join("set");
        fs::create_dir(&set).unwrap();
        fs::write(folder.path().join("secret"), "").unwrap();
        std::os::unix::fs::symlink(folder.path().join("secret"), set.join("a.jpg")).unwrap();
        let root = Root::open(&set).unwrap();
        let refusal = root.image(Path::new("x.json"), &[root.folder().to_owned()], "a.jpg").unwrap_err().to_string();
        assert!(refusal.contains("not inside"), "{refusal}");
    }

    #[test]
    fn files_are_read_up_to_a_limit() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.txt");
        fs::write(&file, "\u{feff}text").unwrap();
        assert_eq!(read_text(&file, 7).unwrap(), "text");
        assert!(read_text(&file, 6).unwrap_err().to_string().contains("got 7 bytes; expected at most 6"));
        assert!(read_text(folder.path(), 6).unwrap_err().to_string().contains("expected a file"));
    }

    #[test]
    fn files_are_found_in_order_and_hidden_ones_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b/2.txt", "b/1.TXT", "a.txt", ".git/x.txt", "c.jpg"] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let found = files_below(folder.path(), &|path| has_extension(path, &["txt"])).unwrap();
        let names: Vec<_> = found.iter().map(|path| path.strip_prefix(folder.path()).unwrap()).collect();
        assert_eq!(names, ["a.txt", "b/1.TXT", "b/2.txt"].map(Path::new));
    }
}
