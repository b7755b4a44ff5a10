//! Pictures with boxes, whatever format they came in.

use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;

use crate::{AnnotationError, Region};
use foray_protocol::Split;

/// A name of more characters is no name.
const LONGEST_NAME: usize = 200;

/// Pascal VOC's names that are two words.
const JOINED: [(&str, &str); 3] =
    [("diningtable", "dining table"), ("pottedplant", "potted plant"), ("tvmonitor", "TV monitor")];

/// An object in a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectBox {
    /// What it is, as people would write it.
    pub category: Arc<str>,
    /// Where it is.
    pub region: Region,
    /// Whether it is a crowd of them, too many to be counted (COCO's `iscrowd`).
    pub is_crowd: bool,
}

/// A picture and what is in it.
#[derive(Clone, Debug, PartialEq)]
pub struct AnnotatedPicture {
    /// The file, symbolic links resolved.
    pub path: PathBuf,
    /// The split that it belongs to.
    pub split: Split,
    /// Width and height, where the annotation tells them.
    pub size: Option<(u32, u32)>,
    /// The objects, in the order of the annotations.
    pub boxes: Vec<ObjectBox>,
}

/// What is not in the result, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// Pictures that are annotated but not there.
    pub missing: usize,
    /// The name of the first of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_missing: Option<String>,
    /// Pictures that the dataset's lists of splits do not name.
    pub unlisted: usize,
    /// Pictures without a box that counts.
    pub without_boxes: usize,
    /// Boxes without an area, or outside their picture.
    pub empty_boxes: usize,
    /// Boxes of a smaller share of the picture than was asked for.
    pub small_boxes: usize,
    /// Crowds, of which no crop shows one object.
    pub crowds: usize,
}

/// A dataset of pictures with boxes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Annotations {
    /// The pictures that are there, in the order of their splits and paths.
    pub pictures: Vec<AnnotatedPicture>,
    /// What was left out.
    pub left_out: LeftOut,
}

impl Annotations {
    /// Adds a picture, or counts it where it is not there.
    pub(crate) fn add(&mut self, name: &str, path: Option<PathBuf>, split: Split, content: Content) {
        match path {
            Some(path) => {
                self.left_out.empty_boxes += content.empty_boxes;
                self.pictures.push(AnnotatedPicture { path, split, size: content.size, boxes: content.boxes });
            }
            None => {
                self.left_out.missing += 1;
                self.left_out.first_missing.get_or_insert_with(|| name.to_owned());
            }
        }
    }

    /// Refuses a dataset of which no picture is there.
    pub(crate) fn checked(mut self, source: &std::path::Path) -> Result<Self, AnnotationError> {
        if let (true, Some(first)) = (self.pictures.is_empty(), self.left_out.first_missing.clone()) {
            return Err(AnnotationError::NoPictures { path: source.to_owned(), count: self.left_out.missing, first });
        }
        self.pictures.sort_by(|a, b| (a.split, &a.path).cmp(&(b.split, &b.path)));
        Ok(self)
    }
}

/// What an annotation tells of one picture.
#[derive(Debug, Default)]
pub(crate) struct Content {
    pub size: Option<(u32, u32)>,
    pub boxes: Vec<ObjectBox>,
    pub empty_boxes: usize,
}

impl Content {
    /// Adds an object, or counts its box where that has no area in the picture.
    pub fn add(&mut self, category: &Arc<str>, region: Option<Region>, is_crowd: bool) {
        match region {
            Some(region) => self.boxes.push(ObjectBox { category: Arc::clone(category), region, is_crowd }),
            None => self.empty_boxes += 1,
        }
    }
}

/// A category's name as people would write it, or why it is none. A caption is one line: so is a name.
pub(crate) fn category(name: &str) -> Result<Arc<str>, String> {
    let spaced = name.replace(|letter: char| letter == '_' || letter.is_control(), " ");
    let words = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.is_empty() || words.chars().count() > LONGEST_NAME {
        let count = words.chars().count();
        return Err(format!("got the name of a category of {count} characters; expected 1 to {LONGEST_NAME}"));
    }
    let joined = JOINED.iter().find(|(joined, _)| words.eq_ignore_ascii_case(joined));
    Ok(joined.map_or(words.as_str(), |(_, apart)| apart).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_are_found_in_names() {
        let found = |name| Split::in_name(name).map(Split::name);
        for (name, split) in [
            ("instances_train2017", Some("train")),
            ("instances_val2017", Some("valid")),
            ("Validation", Some("valid")),
            ("test-dev", Some("test")),
            ("trained", None),
            ("images", None),
            ("_annotations.coco", None),
        ] {
            assert_eq!(found(name), split, "{name}");
        }
    }

    #[test]
    fn names_of_categories_are_one_line_as_people_write_it() {
        let name = |text| category(text).map(|name| name.to_string());
        for (text, expected) in [
            ("traffic_light", "traffic light"),
            (" hot  dog\n", "hot dog"),
            ("a\u{0}b\u{85}c", "a b c"),
            ("DiningTable", "dining table"),
            ("t-shirt", "t-shirt"),
        ] {
            assert_eq!(name(text).as_deref(), Ok(expected));
        }
        assert!(name(" _\n").unwrap_err().contains("0 characters"));
        assert!(name(&"x".repeat(201)).unwrap_err().contains("201 characters; expected 1 to 200"));
    }
}
