//! Which class each picture goes to, before anything is written.

mod classes;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;

use classes::{Classes, Wanted};

use crate::{AnnotatedPicture, AnnotationError, Annotations, LeftOut, ObjectBox, Region, Wording};
use foray_protocol::Split;

/// What makes a class.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum By {
    /// All objects of a picture: each distinct caption is a class.
    Caption,
    /// The category that takes the largest part of the picture, all its objects together.
    MainObject,
    /// The category of one object: each becomes a picture of its own.
    Crop {
        /// How much more than the box is cut, on each side, as a fraction of its width and height.
        margin: f64,
    },
}

/// How a dataset is converted.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// How captions are worded.
    pub wording: Wording,
    /// What makes a class.
    pub by: By,
    /// Boxes of a smaller share of the picture, 0 to 1, are left out.
    pub min_area: f64,
    /// The caption of pictures without boxes, which are left out where there is none; not for crops.
    pub empty: Option<String>,
}

/// A class of the result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Class {
    /// Its folder's name.
    pub folder: String,
    /// Its caption.
    pub caption: String,
    /// Its pictures.
    pub pictures: usize,
}

/// What is written where.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The classes, in the order of their folders' names by bytes, which is that of the captions' file.
    pub classes: Vec<Class>,
    /// What was left out.
    pub left_out: LeftOut,
    pub(crate) pictures: Vec<PlannedPicture>,
}

/// A picture and the files that it becomes.
#[derive(Clone, Debug)]
pub(crate) struct PlannedPicture {
    pub path: PathBuf,
    pub size: Option<(u32, u32)>,
    pub files: Vec<PlannedFile>,
}

#[derive(Clone, Debug)]
pub(crate) struct PlannedFile {
    pub split: Split,
    /// An index into the plan's classes.
    pub class: usize,
    pub name: String,
    /// The part of the picture; all of it is linked, not cut.
    pub region: Option<Region>,
}

impl Plan {
    /// Finds out the class of every picture, or of every box.
    ///
    /// # Errors
    /// [`AnnotationError::Option`] and [`AnnotationError::NothingLeft`].
    pub fn new(annotations: Annotations, options: &Options) -> Result<Self, AnnotationError> {
        options.check()?;
        let Annotations { pictures, mut left_out } = annotations;
        let count = pictures.len();
        let mut classes = Classes::default();
        let mut assigned = vec![];
        for picture in pictures {
            let wanted = options.wanted(&picture, &mut left_out, &mut classes);
            match wanted.is_empty() {
                true => left_out.without_boxes += 1,
                false => assigned.push((picture, wanted)),
            }
        }
        if assigned.is_empty() {
            return Err(AnnotationError::NothingLeft { pictures: count, hint: hint(&left_out) });
        }
        Ok(classes.plan(assigned, left_out))
    }

    /// How many pictures of the dataset are used.
    pub fn pictures(&self) -> usize {
        self.pictures.len()
    }
}

fn hint(left_out: &LeftOut) -> &'static str {
    match left_out {
        LeftOut { small_boxes: 1.., .. } => "; --min-area leaves out smaller ones",
        LeftOut { crowds: 1.., .. } => "; crowds are not cut",
        _ => "",
    }
}

impl Options {
    fn check(&self) -> Result<(), AnnotationError> {
        let check = |option, value: f64, most: f64, expected| match (0.0..=most).contains(&value) {
            true => Ok(()),
            false => Err(AnnotationError::Option { option, got: value.to_string(), expected }),
        };
        check("--min-area", self.min_area, 1.0, "a share of the picture, 0 to 1")?;
        if let By::Crop { margin } = self.by {
            check("--margin", margin, 10.0, "a share of the box's width and height, 0 to 10")?;
        }
        match self.empty.as_deref() {
            Some(caption) if caption.trim().is_empty() => {
                Err(AnnotationError::Option { option: "--empty", got: "empty".to_owned(), expected: "a caption" })
            }
            _ => Ok(()),
        }
    }

    fn wanted(&self, picture: &AnnotatedPicture, left_out: &mut LeftOut, classes: &mut Classes) -> Vec<Wanted> {
        let is_large = |object: &&ObjectBox| object.region.area() >= self.min_area;
        let objects: Vec<_> = picture.boxes.iter().filter(is_large).collect();
        left_out.small_boxes += picture.boxes.len() - objects.len();
        if let By::Crop { margin } = self.by {
            let (crowds, single): (Vec<_>, Vec<_>) = objects.into_iter().partition(|object| object.is_crowd);
            left_out.crowds += crowds.len();
            let class =
                |object: &ObjectBox| (classes.of_category(&object.category), Some(object.region.widened(margin)));
            return single.into_iter().map(class).collect();
        }
        let class = match (main_category(&objects), &self.empty) {
            (Some(category), _) if self.by == By::MainObject => classes.of_category(category),
            (Some(_), _) => classes.of_caption(&self.wording.caption(objects)),
            (None, Some(caption)) => classes.of_caption(caption),
            (None, None) => return vec![],
        };
        vec![(class, None)]
    }
}

/// The category that takes most of the picture; of those that take as much, the first of the alphabet.
fn main_category<'a>(objects: &[&'a ObjectBox]) -> Option<&'a str> {
    let mut areas: BTreeMap<&str, f64> = BTreeMap::new();
    for object in objects {
        *areas.entry(&object.category).or_default() += object.region.area();
    }
    // The last of the largest is taken: so the alphabet is read backwards.
    areas.into_iter().rev().max_by(|(_, one), (_, other)| one.total_cmp(other)).map(|(category, _)| category)
}
