//! YOLO: pictures in folders called `images`, their labels in folders called `labels` beside these, or beside the pictures.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::data_file::DataFile;
use super::label_lines;
use crate::dataset::Content;
use crate::files::{Root, files_below, is_image, read_text};
use crate::{AnnotationError, Annotations};
use foray_protocol::{Split, has_extension};

/// The largest list of pictures that is read, bytes.
const LARGEST_LIST: u64 = 64 << 20;

const EXPECTED: &str =
    "a folder with data.yaml or classes.txt, images/ and labels/, or the path of such a YAML file beside them";

/// Reads a folder, or the dataset that a YAML file describes.
pub fn read(source: &Path) -> Result<Annotations, AnnotationError> {
    let nothing = || AnnotationError::NoAnnotations { path: source.to_owned(), format: "YOLO", expected: EXPECTED };
    let (root, file) = if source.is_dir() {
        let root = Root::open(source)?;
        let file = DataFile::find(root.folder())?.ok_or_else(nothing)?;
        (root, file)
    } else {
        let path = source.canonicalize().map_err(AnnotationError::file("open", source))?;
        (Root::open(path.parent().unwrap_or(&path))?, DataFile::read(&path)?)
    };
    let dataset = Dataset { root, file };
    let mut annotations = Annotations::default();
    for Listed { split, name, path } in dataset.pictures()? {
        let content = match &path {
            Some(path) => label_lines::read(&dataset.label_file(path), &dataset.file.names)?,
            None => Content::default(),
        };
        annotations.add(&name, path, split, content);
    }
    if annotations.pictures.is_empty() && annotations.left_out.missing == 0 {
        return Err(nothing());
    }
    annotations.checked(source)
}

/// A picture that belongs to a dataset.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Listed {
    split: Split,
    /// As it is called in the dataset.
    name: String,
    /// Where it is; `None` where it is not there.
    path: Option<PathBuf>,
}

struct Dataset {
    root: Root,
    file: DataFile,
}

impl Dataset {
    fn pictures(&self) -> Result<BTreeSet<Listed>, AnnotationError> {
        if self.file.places.is_empty() {
            return self.all_pictures();
        }
        let mut pictures = BTreeSet::new();
        let mut looked_for = vec![];
        for (split, name) in &self.file.places {
            let place = self.place(name)?;
            if place.is_dir() {
                pictures.extend(self.pictures_in(&place, &|_| *split)?);
            } else if place.is_file() && has_extension(&place, &["txt"]) {
                pictures.extend(self.listed_in(&place, *split)?);
            } else {
                // Roboflow names a split for tests even where there is none.
                looked_for.push(place.display().to_string());
            }
        }
        if pictures.is_empty() && !looked_for.is_empty() {
            let reason = format!("got no pictures; expected folders, or lists with .txt, at {}", looked_for.join(", "));
            return Err(AnnotationError::malformed(&self.file.path, reason));
        }
        Ok(pictures)
    }

    /// All pictures in the folder, in the splits that their folders' names mean.
    fn all_pictures(&self) -> Result<BTreeSet<Listed>, AnnotationError> {
        let split = |path: &Path| {
            let folder = path.parent().and_then(|folder| folder.strip_prefix(self.root.folder()).ok());
            let mut parts = folder.into_iter().flat_map(Path::components);
            parts.find_map(|part| Split::in_name(&part.as_os_str().to_string_lossy())).unwrap_or(Split::Test)
        };
        self.pictures_in(self.root.folder(), &split)
    }

    fn pictures_in(&self, folder: &Path, split: &dyn Fn(&Path) -> Split) -> Result<BTreeSet<Listed>, AnnotationError> {
        let files = files_below(folder, &is_image)?;
        files.into_iter().map(|file| self.listed(folder, &file.to_string_lossy(), split(&file))).collect()
    }

    /// The pictures that a list names, one a line.
    fn listed_in(&self, list: &Path, split: Split) -> Result<BTreeSet<Listed>, AnnotationError> {
        let text = read_text(list, LARGEST_LIST)?;
        let names = text.lines().map(str::trim).filter(|line| !line.is_empty());
        names.map(|name| self.listed(list.parent().unwrap_or(list), name, split)).collect()
    }

    fn listed(&self, base: &Path, name: &str, split: Split) -> Result<Listed, AnnotationError> {
        let bases = [base.to_owned(), self.base(), self.root.folder().to_owned()];
        let path = self.root.image(&self.file.path, &bases, name)?;
        Ok(Listed { split, name: name.to_owned(), path })
    }

    /// Where places begin: at the `path` that the description gives, unless that is one on the machine where it was written.
    fn base(&self) -> PathBuf {
        let base = self.file.base.as_deref().and_then(|base| self.root.inside(self.root.folder(), base));
        base.filter(|base| base.is_dir()).unwrap_or_else(|| self.root.folder().to_owned())
    }

    /// A folder or list that the description names. Roboflow writes `../train/images` for the `train/images` beside it.
    fn place(&self, name: &str) -> Result<PathBuf, AnnotationError> {
        let below = name.trim_start_matches("../");
        let place = self.root.inside(&self.base(), name).or_else(|| self.root.inside(self.root.folder(), below));
        // A link would lead out unseen.
        let real = place.map(|place| place.canonicalize().unwrap_or(place));
        real.filter(|real| real.starts_with(self.root.folder())).ok_or_else(|| AnnotationError::Outside {
            path: self.file.path.clone(),
            name: name.to_owned(),
            folder: self.root.folder().to_owned(),
        })
    }

    /// `labels/x/1.txt` of `images/x/1.jpg`, by the last folder of that name; else the file beside the picture.
    fn label_file(&self, picture: &Path) -> PathBuf {
        let below = picture.strip_prefix(self.root.folder()).unwrap_or(picture);
        let mut parts: Vec<_> = below.components().map(|part| part.as_os_str().to_owned()).collect();
        let folders = parts.len().saturating_sub(1);
        if let Some(folder) = parts[..folders].iter_mut().rev().find(|part| *part == "images") {
            *folder = "labels".into();
        }
        let path = parts.iter().fold(self.root.folder().to_owned(), |path, part| path.join(part));
        path.with_extension("txt")
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    fn dataset(files: &[(&str, &str)]) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    fn found(folder: &TempDir) -> Vec<(&'static str, String, usize)> {
        let read = read(folder.path()).unwrap();
        let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
        read.pictures.iter().map(|one| (one.split.name(), name(&one.path), one.boxes.len())).collect()
    }

    fn refusal(folder: &TempDir) -> String {
        read(folder.path()).unwrap_err().to_string()
    }

    const BOX: &str = "0 0.5 0.5 0.2 0.2\n";

    #[test]
    fn ultralytics_and_roboflows_layouts_are_read() {
        let ultralytics = dataset(&[
            ("data.yaml", "path: /somewhere/else\ntrain: images/train\nval: images/val\nnames: [cat]"),
            ("images/train/a.jpg", ""),
            ("images/val/b.png", ""),
            ("labels/train/a.txt", BOX),
        ]);
        assert_eq!(found(&ultralytics), [("train", "a.jpg".into(), 1), ("valid", "b.png".into(), 0)]);
        assert_eq!(read(&ultralytics.path().join("data.yaml")).unwrap(), read(ultralytics.path()).unwrap());
        let roboflow = dataset(&[
            ("data.yaml", "train: ../train/images\nval: ../valid/images\ntest: ../test/images\nnames: ['cat']"),
            ("train/images/a.jpg", ""),
            ("train/labels/a.txt", BOX),
            ("valid/images/b.jpg", ""),
            ("valid/labels/b.txt", BOX),
        ]);
        assert_eq!(found(&roboflow), [("train", "a.jpg".into(), 1), ("valid", "b.jpg".into(), 1)]);
    }

    #[test]
    fn lists_of_pictures_are_read_and_missing_ones_counted() {
        let folder = dataset(&[
            ("data.yaml", "path: data\ntrain: train.txt\nnames: {0: cat}"),
            ("data/train.txt", "./images/a.jpg\ndata/images/b.jpg\nimages/gone.jpg\n\n"),
            ("data/images/a.jpg", ""),
            ("data/images/b.jpg", ""),
            ("data/labels/b.txt", BOX),
        ]);
        assert_eq!(found(&folder), [("train", "a.jpg".into(), 0), ("train", "b.jpg".into(), 1)]);
        assert_eq!(read(folder.path()).unwrap().left_out.first_missing.as_deref(), Some("images/gone.jpg"));
    }

    #[test]
    fn classes_alone_are_enough() {
        let folder = dataset(&[
            ("classes.txt", "cat\n"),
            ("images/val/a.jpg", ""),
            ("labels/val/a.txt", BOX),
            ("b.jpg", ""),
            ("b.txt", BOX),
        ]);
        assert_eq!(found(&folder), [("valid", "a.jpg".into(), 1), ("test", "b.jpg".into(), 1)]);
    }

    #[test]
    fn of_folders_called_images_the_last_one_counts() {
        let folder = dataset(&[
            ("classes.txt", "cat\n"),
            ("images/set/images/a.jpg", ""),
            ("images/set/labels/a.txt", BOX),
            ("labels/set/images/a.txt", ""),
        ]);
        assert_eq!(found(&folder), [("test", "a.jpg".into(), 1)]);
    }

    #[cfg(unix)]
    #[test]
    fn lists_that_links_lead_out_to_are_refused() {
        let folder =
            dataset(&[("set/data.yaml", "train: train.txt\nnames: [cat]"), ("set/a.jpg", ""), ("list.txt", "a.jpg\n")]);
        let set = folder.path().join("set");
        std::os::unix::fs::symlink(folder.path().join("list.txt"), set.join("train.txt")).unwrap();
        let refusal = read(&set).unwrap_err().to_string();
        assert!(refusal.contains("\"train.txt\", which is not inside"), "{refusal}");
    }

    #[test]
    fn what_leads_out_or_is_not_there_is_named() {
        let of = |train: &str, more: &[(&str, &str)]| {
            let yaml = format!("train: {train}\nnames: [cat]");
            dataset(&[&[("data.yaml", yaml.as_str())], more].concat())
        };
        let absolute = refusal(&of("/etc", &[]));
        assert!(absolute.contains("data.yaml: names the image \"/etc\", which is not inside"), "{absolute}");
        let listed = refusal(&of("a.txt", &[("a.txt", "../../x.jpg\n")]));
        assert!(listed.contains("\"../../x.jpg\", which is not inside"), "{listed}");
        let gone = refusal(&of("images/train", &[]));
        assert!(
            gone.contains("data.yaml: got no pictures; expected folders") && gone.contains("images/train"),
            "{gone}"
        );
        assert!(refusal(&dataset(&[("a.jpg", "")])).contains("no YOLO annotations; expected a folder with data.yaml"));
        assert!(refusal(&dataset(&[("classes.txt", "cat")])).contains("no YOLO annotations"));
    }
}
