//! YOLO's label files: one object a line, in fractions of the picture.

use std::path::Path;

use super::listed;
use crate::dataset::Content;
use crate::files::read_text;
use crate::readers::data_file::Names;
use crate::{AnnotationError, Region};

/// The largest file that is read, bytes.
const LARGEST: u64 = 16 << 20;

/// Fractions are a little outside now and then; what is farther out is in pixels.
const FARTHEST: f64 = 2.0;

const EXPECTED: &str =
    "expected a class and 4 numbers (the box's middle, width and height), or a class and the corners of a polygon";

/// The objects in the label file at `path`; none where there is no such file, which stands for a picture without objects.
pub fn read(path: &Path, names: &Names) -> Result<Content, AnnotationError> {
    let mut content = Content::default();
    if !path.is_file() {
        return Ok(content);
    }
    let text = read_text(path, LARGEST)?;
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        let wrong = |reason: String| AnnotationError::malformed(path, format!("line {number}: {reason}"));
        let (class, numbers) = fields(line).map_err(wrong)?;
        let Some(category) = names.categories.get(&class) else {
            let known: Vec<_> = names.categories.iter().map(|(number, name)| format!("{number} ({name})")).collect();
            let known = listed(known.iter().map(String::as_str));
            let (path, place, got) = (path.to_owned(), format!("line {number}"), class.to_string());
            return Err(AnnotationError::UnknownCategory { path, place, got, known });
        };
        content.add(category, region(&numbers, names.have_keypoints).map_err(wrong)?, false);
    }
    Ok(content)
}

fn fields(line: &str) -> Result<(usize, Vec<f64>), String> {
    let mut fields = line.split_whitespace();
    let class = fields.next().unwrap_or_default();
    // Some programs write all numbers of a line with decimals.
    let number = class.strip_suffix(".0").unwrap_or(class).parse();
    let number = number.map_err(|_| format!("got the class {class:?}; expected a number from 0 on"))?;
    let numbers: Result<Vec<_>, _> = fields.map(fraction).collect();
    Ok((number, numbers?))
}

fn fraction(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number.abs() <= FARTHEST => Ok(number),
        _ => Err(format!("got {text:?}; expected a fraction of the picture, 0 to 1")),
    }
}

fn region(numbers: &[f64], have_keypoints: bool) -> Result<Option<Region>, String> {
    match *numbers {
        // The fifth is how sure a detector was.
        [x, y, width, height] | [x, y, width, height, _] => Ok(of_middle(x, y, width, height)),
        [x, y, width, height, ..] if have_keypoints => Ok(of_middle(x, y, width, height)),
        ref corners if corners.len() >= 6 && corners.len().is_multiple_of(2) => {
            Ok(Region::around(corners.chunks_exact(2).map(|corner| (corner[0], corner[1]))))
        }
        ref other => Err(format!("got a class and {} numbers; {EXPECTED}", other.len())),
    }
}

fn of_middle(x: f64, y: f64, width: f64, height: f64) -> Option<Region> {
    Region::clipped(x - width / 2.0, y - height / 2.0, x + width / 2.0, y + height / 2.0)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn read_text(text: &str, have_keypoints: bool) -> Result<Content, AnnotationError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        let categories = [(0, "cat".into()), (3, "dog".into())].into_iter().collect();
        read(file.path(), &Names { categories, have_keypoints })
    }

    fn edges(text: &str, have_keypoints: bool) -> Vec<[f64; 4]> {
        read_text(text, have_keypoints).unwrap().boxes.iter().map(|object| object.region.edges()).collect()
    }

    #[test]
    fn boxes_and_polygons_are_read_and_empty_ones_counted() {
        let text = "0 0.5 0.5 0.5 0.25\n\n3.0 0.5 0.5 1.5 1 0.97\r\n0 0.25 0.5 0.75 0.25 0.5 1\n0 0.5 0.5 0 0.1\n";
        assert_eq!(edges(text, false), [[0.25, 0.375, 0.75, 0.625], [0.0, 0.0, 1.0, 1.0], [0.25, 0.25, 0.75, 1.0]]);
        let read = read_text(text, false).unwrap();
        assert_eq!((&*read.boxes[1].category, read.empty_boxes), ("dog", 1));
        assert!(read_text("", false).unwrap().boxes.is_empty());
    }

    #[test]
    fn points_of_a_pose_are_passed_over() {
        assert_eq!(edges("0 0.5 0.5 0.5 0.25 0.1 0.1 2 0.9 0.9 2", true), [[0.25, 0.375, 0.75, 0.625]]);
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        let refusal = |text: &str| read_text(text, false).unwrap_err().to_string();
        assert!(
            refusal("0 0 0 1 1\n1 0 0 1 1").contains("line 2 has the category 1; expected one of 0 (cat), 3 (dog)")
        );
        assert!(refusal("cat 0 0 1 1").contains("line 1: got the class \"cat\"; expected a number from 0 on"));
        assert!(refusal("-1 0 0 1 1").contains("got the class \"-1\""));
        assert!(refusal("0 320 240 100 50").contains("line 1: got \"320\"; expected a fraction"));
        for number in ["nan", "inf", "x", "1e999"] {
            assert!(refusal(&format!("0 0 0 1 {number}")).contains("expected a fraction"), "{number}");
        }
        assert!(refusal("0 0 0 1").contains("got a class and 3 numbers; expected a class and 4 numbers"));
        assert!(refusal("0 0 0 1 1 1 1 1").contains("7 numbers"));
    }

    #[test]
    fn no_file_means_no_objects() {
        let names = Names { categories: Default::default(), have_keypoints: false };
        assert!(read(Path::new("/none/x.txt"), &names).unwrap().boxes.is_empty());
    }
}
