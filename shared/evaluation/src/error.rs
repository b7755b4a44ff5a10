//! What can be wrong with labelled photos, captions and classifiers.

use std::io;
use std::path::PathBuf;

use foray_protocol::{Problem, ProblemKind, ProtocolError};
use thiserror::Error;

/// Why something cannot be evaluated.
#[derive(Debug, Error)]
pub enum EvaluationError {
    /// A file or folder could not be read.
    #[error("{path}: {source}", path = path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There are no class folders where they are expected.
    #[error("{}: no folder with photos in it; expected one folder for each class, in train/, valid/ and test/ or directly", .0.display())]
    NoClasses(PathBuf),
    /// A class has no photos at all.
    #[error("{path}: the class {class:?} has no photos; add some, or remove its folder", path = path.display())]
    EmptyClass {
        /// The dataset.
        path: PathBuf,
        /// The class.
        class: String,
    },
    /// There are fewer classes than can be told apart.
    #[error("{path}: got one class ({class:?}); expected at least two to tell apart", path = path.display())]
    OneClass {
        /// The dataset.
        path: PathBuf,
        /// Its class.
        class: String,
    },
    /// A split that was asked for is not there.
    #[error("{path}: no photos in the split {split:?}; it has {has}", path = path.display())]
    NoSplit {
        /// The dataset.
        path: PathBuf,
        /// The split.
        split: String,
        /// The splits that it has.
        has: String,
    },
    /// A file of labels is not as expected.
    #[error("{path}: {place}: {reason}", path = path.display())]
    Labels {
        /// The file.
        path: PathBuf,
        /// Which line or entry.
        place: String,
        /// What was got and what was expected.
        reason: String,
    },
    /// The captions do not fit the classes.
    #[error(
        "{place}: {captions} captions for {classes} classes; expected one line for each class, in the alphabetical order of the classes ({first} to {last})"
    )]
    CaptionCount {
        /// The file of captions.
        place: String,
        /// Its lines.
        captions: usize,
        /// The dataset's classes.
        classes: usize,
        /// The first class.
        first: String,
        /// The last class.
        last: String,
    },
    /// A caption says nothing.
    #[error("{place}: line {line} is empty; expected the caption of the class {class:?}")]
    EmptyCaption {
        /// The file of captions.
        place: String,
        /// The line, from 1.
        line: usize,
        /// Its class.
        class: String,
    },
    /// Two classes could never be told apart.
    #[error(
        "{place}: the classes {first:?} and {second:?} have the same caption, {caption:?}; word one of them otherwise"
    )]
    SameCaption {
        /// The file of captions, or the template.
        place: String,
        /// A class.
        first: String,
        /// Another one.
        second: String,
        /// What both are called.
        caption: String,
    },
    /// A template without a place for the class.
    #[error("--template {0:?} has no {{}}; expected it where the class stands, as in \"a photo of a {{}}\"")]
    Template(String),
    /// Predictions that do not belong together.
    #[error("{field}: got {got}; expected {expected}")]
    Shape {
        /// What is wrong.
        field: &'static str,
        /// What it is.
        got: String,
        /// What it has to be.
        expected: String,
    },
}

impl From<EvaluationError> for ProtocolError {
    fn from(error: EvaluationError) -> Self {
        Problem::new(ProblemKind::BadRequest, error.to_string()).into()
    }
}

impl EvaluationError {
    /// [`EvaluationError::Shape`] of these.
    pub(crate) fn shape(field: &'static str, got: impl ToString, expected: impl ToString) -> Self {
        Self::Shape { field, got: got.to_string(), expected: expected.to_string() }
    }
}
