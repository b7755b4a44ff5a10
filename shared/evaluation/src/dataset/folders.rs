//! Datasets as folders: one for each class, directly or in splits, as OpenAI's CLIP notebooks and Roboflow's folder export have
//! them.

use std::fs;
use std::path::{Path, PathBuf};

use foray_protocol::{PhotoPath, Split, is_photo};

use super::Found;
use crate::EvaluationError;
use crate::captions::read_captions;

/// The captions of the classes, one a line, in the alphabetical order of the class folders.
const CAPTIONS: &str = "_tokenization.txt";
/// Folders below a class that are looked into: deeper ones are no dataset of classes any more.
const DEEPEST: usize = 8;

/// The photos in `folder`, and the names of all class folders.
pub fn read(folder: &Path) -> Result<(Vec<Found>, Vec<String>), EvaluationError> {
    let (mut found, mut classes) = (vec![], vec![]);
    for (split, folder) in parts(folder)? {
        for (class, folder) in subfolders(&folder)? {
            collect(&folder, DEEPEST, &mut |path| {
                found.push(Found { path: PhotoPath::from(path), class: class.clone(), split });
            })?;
            classes.push(class);
        }
    }
    Ok((found, classes))
}

/// The captions that lie beside the classes or the splits; those of the dataset go before those of a split.
pub fn captions(folder: &Path, classes: &[String]) -> Result<Option<Vec<String>>, EvaluationError> {
    let folders = [folder.to_owned()].into_iter().chain(parts(folder)?.into_iter().map(|(_, part)| part));
    let file = folders.map(|folder| folder.join(CAPTIONS)).find(|file| file.is_file());
    file.map(|file| read_captions(&file, classes)).transpose()
}

/// The folders of the splits, or `folder` itself where it has none. What is called as a split is may be a class as well: it is one
/// where photos lie in folders of other names beside it.
fn parts(folder: &Path) -> Result<Vec<(Option<Split>, PathBuf)>, EvaluationError> {
    let (mut splits, mut others) = (vec![], vec![]);
    for (name, path) in subfolders(folder)? {
        match name.parse() {
            Ok(split) => splits.push((Some(split), path)),
            Err(()) => others.push(path),
        }
    }
    if splits.is_empty() || others.iter().any(|other| has_photos(other)) {
        splits = vec![(None, folder.to_owned())];
    }
    Ok(splits)
}

fn has_photos(folder: &Path) -> bool {
    let mut has = false;
    collect(folder, DEEPEST, &mut |_| has = true).is_ok() && has
}

fn subfolders(folder: &Path) -> Result<Vec<(String, PathBuf)>, EvaluationError> {
    let mut folders: Vec<_> = entries(folder)?
        .into_iter()
        .filter(|path| path.is_dir())
        .filter_map(|path| Some((path.file_name()?.to_string_lossy().into_owned(), path)))
        .collect();
    folders.sort();
    Ok(folders)
}

fn collect(folder: &Path, depth: usize, found: &mut impl FnMut(PathBuf)) -> Result<(), EvaluationError> {
    for path in entries(folder)? {
        // A link to a folder may lead in a circle, or to photos that are here already.
        if path.is_dir() && path.is_symlink() {
            continue;
        }
        if path.is_dir() && depth > 0 {
            collect(&path, depth - 1, found)?;
        } else if is_photo(&path) {
            found(path);
        }
    }
    Ok(())
}

/// What is in `folder`, hidden files aside, in the order of the names.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, EvaluationError> {
    let of = |source| EvaluationError::Read { path: folder.to_owned(), source };
    let entries = fs::read_dir(folder).map_err(of)?.collect::<Result<Vec<_>, _>>().map_err(of)?;
    let mut paths: Vec<_> = entries
        .into_iter()
        .filter(|entry| !entry.file_name().as_encoded_bytes().starts_with(b"."))
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::Dataset;

    fn folder(files: &[&str]) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            if file.ends_with('/') {
                fs::create_dir_all(path).unwrap();
            } else {
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, "not opened").unwrap();
            }
        }
        folder
    }

    fn refusal(folder: &TempDir) -> String {
        Dataset::read(folder.path()).unwrap_err().to_string()
    }

    #[test]
    fn splits_and_plain_folders_are_read() {
        let plain = folder(&["rose/1.jpg", "daisy/b.PNG", "daisy/a.jpg", "daisy/notes.txt", ".hidden/x.jpg"]);
        let dataset = Dataset::read(plain.path()).unwrap();
        assert_eq!(dataset.classes, ["daisy", "rose"]);
        assert_eq!(dataset.photos.iter().map(|photo| photo.class).collect::<Vec<_>>(), [0, 0, 1]);
        assert_eq!((dataset.splits(), dataset.split_to_measure(), dataset.captions), (vec![], None, None));

        let split = folder(&["train/rose/1.jpg", "train/daisy/1.jpg", "val/rose/2.jpg", "test/daisy/3.jpg"]);
        let dataset = Dataset::read(split.path()).unwrap();
        assert_eq!(dataset.classes, ["daisy", "rose"]);
        assert_eq!(dataset.splits(), Split::ALL);
        assert_eq!(dataset.split_to_measure(), Some(Split::Test));
        assert_eq!(dataset.split(Some(Split::Valid)).unwrap().len(), 1);
    }

    #[test]
    fn a_class_may_be_called_as_a_split_is() {
        let plain = folder(&["bus/1.jpg", "car/1.jpg", "train/1.jpg", "train/steam/2.jpg"]);
        let dataset = Dataset::read(plain.path()).unwrap();
        assert_eq!((dataset.classes.len(), dataset.photos.len(), dataset.splits()), (3, 4, vec![]));
        let split = folder(&["train/bus/1.jpg", "train/car/1.jpg", "annotations/1.json"]);
        assert_eq!(Dataset::read(split.path()).unwrap().splits(), [Split::Train]);
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_links_to_itself_counts_once() {
        let linked = folder(&["bus/1.jpg", "car/1.jpg"]);
        std::os::unix::fs::symlink(".", linked.path().join("bus/all")).unwrap();
        assert_eq!(Dataset::read(linked.path()).unwrap().photos.len(), 2);
    }

    #[test]
    fn captions_lie_beside_the_classes_or_in_a_split() {
        for place in ["_tokenization.txt", "test/_tokenization.txt"] {
            let folder = folder(&["test/rose/1.jpg", "test/daisy/1.jpg"]);
            fs::write(folder.path().join(place), "\u{feff}a daisy\r\na rose\r\n\r\n").unwrap();
            let captions = Dataset::read(folder.path()).unwrap().captions.unwrap();
            assert_eq!(captions, ["a daisy", "a rose"]);
        }
    }

    #[test]
    fn what_is_no_dataset_is_refused_by_name() {
        assert!(refusal(&folder(&["a.jpg"])).contains("one folder for each class"));
        assert!(refusal(&folder(&["rose/1.jpg", "daisy/"])).contains("\"daisy\" has no photos"));
        assert!(refusal(&folder(&["rose/1.jpg"])).contains("got one class (\"rose\")"));
        let folder = folder(&["train/rose/1.jpg", "train/daisy/1.jpg"]);
        let error = Dataset::read(folder.path()).unwrap().split(Some(Split::Test)).unwrap_err().to_string();
        assert!(error.contains("\"test\"; it has train"), "{error}");
    }
}
