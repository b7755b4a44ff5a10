//! What describes a YOLO dataset: `data.yaml`, or a list of classes alone.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::AnnotationError;
use crate::dataset::category;
use crate::files::{files_below, read_text};
use foray_protocol::{Split, has_extension};

/// The largest file that is read, bytes.
const LARGEST: u64 = 1 << 20;

/// The classes by their numbers.
#[derive(Debug)]
pub struct Names {
    /// What each is.
    pub categories: BTreeMap<usize, Arc<str>>,
    /// Whether points of a pose follow each box.
    pub have_keypoints: bool,
}

/// A dataset's description.
#[derive(Debug)]
pub struct DataFile {
    /// The file.
    pub path: PathBuf,
    /// The classes.
    pub names: Names,
    /// The folder that the places below begin at, as it was where the dataset was made.
    pub base: Option<String>,
    /// Folders and lists of the pictures in each split; empty where only classes are listed.
    pub places: Vec<(Split, String)>,
}

#[derive(Debug, Deserialize)]
struct Yaml {
    names: Named,
    path: Option<String>,
    train: Option<Several>,
    #[serde(alias = "valid")]
    val: Option<Several>,
    test: Option<Several>,
    kpt_shape: Option<IgnoredAny>,
}

/// A list of names, or names by numbers.
#[derive(Debug)]
struct Named(BTreeMap<usize, String>);

impl<'de> Deserialize<'de> for Named {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;
        impl<'de> Visitor<'de> for Names {
            type Value = Named;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of names, or names by numbers")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut names: A) -> Result<Named, A::Error> {
                let mut all = BTreeMap::new();
                while let Some(name) = names.next_element()? {
                    all.insert(all.len(), name);
                }
                Ok(Named(all))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut names: A) -> Result<Named, A::Error> {
                let mut all = BTreeMap::new();
                while let Some((number, name)) = names.next_entry()? {
                    all.insert(number, name);
                }
                Ok(Named(all))
            }
        }
        deserializer.deserialize_any(Names)
    }
}

/// One place, or a list of them.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Several {
    One(String),
    More(Vec<String>),
}

impl DataFile {
    /// The description in `folder`; `None` where there is none.
    pub fn find(folder: &Path) -> Result<Option<Self>, AnnotationError> {
        let named = ["data.yaml", "data.yml", "dataset.yaml", "dataset.yml"].map(|name| folder.join(name));
        if let Some(path) = named.iter().find(|path| path.is_file()) {
            return Self::read(path).map(Some);
        }
        let is_yaml = |path: &Path| has_extension(path, &["yaml", "yml"]);
        let all = files_below(folder, &|path| is_yaml(path) && path.parent() == Some(folder))?;
        if let [path] = all.as_slice() {
            return Self::read(path).map(Some);
        }
        let lists = ["classes.txt", "labels/classes.txt", "obj.names"].map(|name| folder.join(name));
        lists.iter().find(|path| path.is_file()).map(|path| Self::read(path)).transpose()
    }

    /// The description in `path`: YAML, or a list of one class a line.
    pub fn read(path: &Path) -> Result<Self, AnnotationError> {
        let text = read_text(path, LARGEST)?;
        if has_extension(path, &["txt", "names"]) {
            let names = text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned);
            let names = names_of(path, names.enumerate(), false)?;
            return Ok(Self { path: path.to_owned(), names, base: None, places: vec![] });
        }
        let yaml: Yaml = serde_saphyr::from_str(&text).map_err(|error| {
            let reason = error.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
            AnnotationError::malformed(path, format!("{reason}; expected YAML with names, train and val"))
        })?;
        let names = names_of(path, yaml.names.0, yaml.kpt_shape.is_some())?;
        let splits = [(Split::Train, yaml.train), (Split::Valid, yaml.val), (Split::Test, yaml.test)];
        let places = splits.into_iter().flat_map(|(split, places)| {
            let places = match places {
                Some(Several::One(place)) => vec![place],
                Some(Several::More(places)) => places,
                None => vec![],
            };
            places.into_iter().filter(|place| !place.is_empty()).map(move |place| (split, place))
        });
        Ok(Self { path: path.to_owned(), names, base: yaml.path, places: places.collect() })
    }
}

fn names_of(
    path: &Path,
    names: impl IntoIterator<Item = (usize, String)>,
    have_keypoints: bool,
) -> Result<Names, AnnotationError> {
    let wrong = |number, reason| AnnotationError::malformed(path, format!("class {number}: {reason}"));
    let category = |(number, name): (usize, String)| {
        category(&name).map(|name| (number, name)).map_err(|reason| wrong(number, reason))
    };
    let categories = names.into_iter().map(category).collect::<Result<BTreeMap<_, _>, _>>()?;
    Ok(Names { categories, have_keypoints })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn read(name: &str, text: &str) -> Result<DataFile, AnnotationError> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(name), text).unwrap();
        DataFile::find(folder.path()).map(Option::unwrap)
    }

    fn names(file: &DataFile) -> Vec<(usize, &str)> {
        file.names.categories.iter().map(|(&number, name)| (number, &**name)).collect()
    }

    #[test]
    fn names_are_a_list_or_have_numbers() {
        for text in [
            "names: [cat, hot_dog]",
            "names: ['cat', \"hot_dog\"]\nnc: 2",
            "names:\n- cat\n- hot_dog\n",
            "# a comment\nnames:\n  0: cat  # another\n  1: hot_dog\n",
            "names: {1: hot_dog, 0: cat}",
        ] {
            assert_eq!(names(&read("data.yaml", text).unwrap()), [(0, "cat"), (1, "hot dog")], "{text}");
        }
        assert_eq!(names(&read("coco8.yaml", "names: {0: 7, 90: no}").unwrap()), [(0, "7"), (90, "no")]);
        assert_eq!(names(&read("classes.txt", "\u{feff}cat\r\nhot_dog\n\n").unwrap()), [(0, "cat"), (1, "hot dog")]);
    }

    #[test]
    fn places_are_one_or_several() {
        let text = "path: ../datasets/x\ntrain: [a/images, b/images]\nval: val.txt\ntest:\nnames: [cat]\n\
                    roboflow:\n  workspace: w\n  version: 1\ndownload: |\n  print('never run')\n";
        let file = read("data.yaml", text).unwrap();
        let places: Vec<_> = file.places.iter().map(|(split, place)| (split.name(), place.as_str())).collect();
        assert_eq!(places, [("train", "a/images"), ("train", "b/images"), ("valid", "val.txt")]);
        assert_eq!(file.base.as_deref(), Some("../datasets/x"));
        assert!(!file.names.have_keypoints);
        assert!(read("data.yaml", "names: [cat]\nkpt_shape: [17, 3]").unwrap().names.have_keypoints);
    }

    #[test]
    fn mistakes_and_bombs_are_refused_by_name() {
        let refusal = |text: &str| read("data.yaml", text).unwrap_err().to_string();
        for text in ["train: x", "names: 5", "names: {cat: 0}", "names: [[cat]]", "names: [cat", "- x", ""] {
            let refusal = refusal(text);
            assert!(refusal.contains("data.yaml") && refusal.contains("expected"), "{text}: {refusal}");
            assert!(!refusal.contains('\n'), "{refusal}");
        }
        assert!(refusal("names: [cat, ' ']").contains("class 1: got the name of a category of 0 characters"));
        let bomb: String = (1..30).map(|n| format!("a{n}: &a{n} [*a{0}, *a{0}, *a{0}, *a{0}]\n", n - 1)).collect();
        let refusal = refusal(&format!("a0: &a0 [x]\n{bomb}names: *a29\n"));
        assert!(refusal.contains("data.yaml") && refusal.len() < 1000, "{refusal}");
        let deep = format!("names: {}", "[".repeat(500_000));
        assert!(read("data.yaml", &deep).is_err());
    }

    #[test]
    fn a_folder_may_have_no_description() {
        assert!(DataFile::find(tempfile::tempdir().unwrap().path()).unwrap().is_none());
    }
}
