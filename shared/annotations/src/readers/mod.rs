//! The formats, and how each is read.

mod coco;
mod data_file;
mod label_lines;
mod voc;
mod yolo;

use std::fmt;
use std::path::Path;

use crate::{AnnotationError, Annotations};

/// A format of boxes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// COCO's instances: one JSON file for each split.
    Coco,
    /// Pascal VOC: one XML file for each picture.
    Voc,
    /// YOLO, of Darknet and Ultralytics: one text file for each picture, and the names of the classes in a file of their own.
    Yolo,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Coco => "COCO",
            Self::Voc => "Pascal VOC",
            Self::Yolo => "YOLO",
        })
    }
}

/// Reads the annotations at `source`, a folder or for COCO and YOLO also the file that describes the dataset; opens no picture.
///
/// # Errors
/// All of [`AnnotationError`] that concern annotations.
pub fn read(format: Format, source: &Path) -> Result<Annotations, AnnotationError> {
    match format {
        Format::Coco => coco::read(source),
        Format::Voc => voc::read(source),
        Format::Yolo => yolo::read(source),
    }
}

/// A picture's sides as whole pixels, or what is wrong with them.
fn size(width: f64, height: f64) -> Result<(u32, u32), String> {
    let is_side = |side: f64| (1.0..=f64::from(u32::MAX)).contains(&side);
    match is_side(width) && is_side(height) {
        true => Ok((width.round() as u32, height.round() as u32)),
        false => Err(format!("got a picture of {width} x {height} pixels; expected at least 1 x 1")),
    }
}

/// Names of categories for a message, not more than fit into one.
fn listed<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    const MOST: usize = 10;
    let more = names.len().saturating_sub(MOST);
    let shown: Vec<_> = names.take(MOST).collect();
    match more {
        0 if shown.is_empty() => "none (the list is empty)".to_owned(),
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_whole_pixels() {
        assert_eq!(size(640.0, 480.0), Ok((640, 480)));
        for (width, height) in [(0.0, 5.0), (5.0, -1.0), (f64::NAN, 1.0), (1e12, 1.0)] {
            assert!(size(width, height).unwrap_err().contains("expected at least 1 x 1"));
        }
    }

    #[test]
    fn long_lists_of_names_are_cut() {
        assert_eq!(listed(["cat", "dog"].into_iter()), "cat, dog");
        assert_eq!(listed([""; 0].into_iter()), "none (the list is empty)");
        assert!(listed(["x"; 12].into_iter()).ends_with("x, x and 2 more"));
    }
}
