//! Files of captions: one line for each class, in the classes' order.

use std::fs;
use std::path::Path;

use crate::EvaluationError;
use crate::wording::check_distinct;

/// More than captions for 100,000 classes.
const LARGEST: u64 = 16 << 20;

/// The captions in `file`, one for each of `classes`.
///
/// # Errors
/// [`EvaluationError::CaptionCount`], [`EvaluationError::EmptyCaption`], [`EvaluationError::SameCaption`], and those of reading.
pub fn read_captions(file: &Path, classes: &[String]) -> Result<Vec<String>, EvaluationError> {
    let captions = caption_lines(&read_text(file)?);
    check_captions(&file.display().to_string(), classes, &captions)?;
    Ok(captions)
}

/// Refuses captions that do not fit the classes. `place` is where they stand.
pub(crate) fn check_captions(place: &str, classes: &[String], captions: &[String]) -> Result<(), EvaluationError> {
    let place = place.to_owned();
    if captions.len() != classes.len() {
        return Err(EvaluationError::CaptionCount {
            place,
            captions: captions.len(),
            classes: classes.len(),
            first: classes.first().cloned().unwrap_or_default(),
            last: classes.last().cloned().unwrap_or_default(),
        });
    }
    if let Some(line) = captions.iter().position(String::is_empty) {
        return Err(EvaluationError::EmptyCaption { place, line: line + 1, class: classes[line].clone() });
    }
    check_distinct(&place, classes, captions)
}

/// The text of a file that is not too large to be one of captions or labels.
pub fn read_text(file: &Path) -> Result<String, EvaluationError> {
    let of = |source| EvaluationError::Read { path: file.to_owned(), source };
    let size = fs::metadata(file).map_err(of)?.len();
    if size > LARGEST {
        let reason = format!("got {size} bytes; expected at most {LARGEST}");
        return Err(of(std::io::Error::other(reason)));
    }
    fs::read_to_string(file).map_err(of)
}

/// The lines of `text`, empty ones at its end left aside.
pub fn caption_lines(text: &str) -> Vec<String> {
    text.trim_end_matches(is_blank).lines().map(|line| line.trim_matches(is_blank).to_owned()).collect()
}

/// White space, and the mark that some programs begin a file with, and files that were joined have in their middle.
fn is_blank(character: char) -> bool {
    character.is_whitespace() || character == '\u{feff}'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        read_captions(file.path(), &["cat".to_owned(), "dog".to_owned()]).unwrap_err().to_string()
    }

    #[test]
    fn no_mark_of_a_byte_order_is_part_of_a_caption() {
        let text = "\u{feff}\u{feff}a daisy\r\n \u{feff}a rose\n\u{feff}\n";
        assert_eq!(caption_lines(text), ["a daisy", "a rose"]);
        assert_eq!(caption_lines("\n a\n"), ["", "a"]);
    }

    #[test]
    fn captions_that_do_not_fit_are_refused_by_name() {
        assert!(refusal("one").contains("1 captions for 2 classes"), "{}", refusal("one"));
        assert!(refusal("").contains("0 captions for 2 classes"), "{}", refusal(""));
        assert!(refusal("\n a dog").contains("line 1 is empty; expected the caption of the class \"cat\""));
        assert!(refusal("a pet\na  pet ").contains("\"cat\" and \"dog\" have the same caption"));
    }
}
