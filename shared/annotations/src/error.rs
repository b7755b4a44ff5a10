//! What can be wrong with annotations, and with where their pictures shall go.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why a dataset cannot be converted. Messages name the file, what was got and what was expected.
#[derive(Debug, Error)]
pub enum AnnotationError {
    /// A file or folder that cannot be read or written.
    #[error("cannot {action} {path}: {source}", path = path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// Which.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// There are no annotations of this format.
    #[error("{path}: no {format} annotations; expected {expected}", path = path.display())]
    NoAnnotations {
        /// Where they were looked for.
        path: PathBuf,
        /// The format's name.
        format: &'static str,
        /// How the format lays them out.
        expected: &'static str,
    },
    /// A file that is larger than any honest one of its kind.
    #[error("{path}: got {got} bytes; expected at most {limit}", path = path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        got: u64,
        /// The largest that is read.
        limit: u64,
    },
    /// A file of annotations that is not as its format says.
    #[error("{path}: {reason}", path = path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where in it, what was got and what was expected.
        reason: String,
    },
    /// An annotation of a category that is not listed.
    #[error("{path}: {place} has the category {got}; expected one of {known}", path = path.display())]
    UnknownCategory {
        /// The file.
        path: PathBuf,
        /// The line or the annotation.
        place: String,
        /// The category that it names.
        got: String,
        /// Those that are listed.
        known: String,
    },
    /// An image name that leads out of the dataset.
    #[error(
        "{path}: names the image {name:?}, which is not inside {folder}; expected images of this dataset only (nothing was written)",
        path = path.display(), folder = folder.display()
    )]
    Outside {
        /// The file of annotations.
        path: PathBuf,
        /// The name in it.
        name: String,
        /// Where all images have to be.
        folder: PathBuf,
    },
    /// None of the annotated pictures is there.
    #[error(
        "{path}: none of the {count} annotated pictures is there, such as {first:?}; expected them beside the annotations",
        path = path.display()
    )]
    NoPictures {
        /// The dataset.
        path: PathBuf,
        /// How many were looked for.
        count: usize,
        /// The name of one of them.
        first: String,
    },
    /// Nothing has a class.
    #[error("no picture is left: got {pictures} without a box that counts; expected at least one box{hint}")]
    NothingLeft {
        /// How many pictures there were.
        pictures: usize,
        /// What could be tried.
        hint: &'static str,
    },
    /// The destination is taken.
    #[error("{}: there is something already; expected a folder that is empty or not there yet", .0.display())]
    Taken(PathBuf),
    /// An option out of its range.
    #[error("{option} is {got}; expected {expected}")]
    Option {
        /// Its name.
        option: &'static str,
        /// Its value.
        got: String,
        /// What it may be.
        expected: &'static str,
    },
    /// An annotation of a picture of another shape.
    #[error(
        "the annotation is of a picture of {} x {} pixels; got one of {} x {}, which has another shape",
        annotated.0, annotated.1, picture.0, picture.1
    )]
    OtherShape {
        /// Width and height that the annotation gives.
        annotated: (u32, u32),
        /// Those of the picture, upright.
        picture: (u32, u32),
    },
    /// No crop could be cut.
    #[error("none of the {count} pictures could be cut; the first is {path}: {reason}", path = path.display())]
    NothingCut {
        /// How many there were.
        count: usize,
        /// The first of them.
        path: PathBuf,
        /// Why it could not be cut.
        reason: String,
    },
    /// The user ended it.
    #[error("stopped; nothing was written")]
    Stopped,
}

impl AnnotationError {
    /// [`AnnotationError::File`] of an error that is still to come.
    pub(crate) fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { action, path, source }
    }

    /// [`AnnotationError::Malformed`].
    pub(crate) fn malformed(path: &Path, reason: impl ToString) -> Self {
        Self::Malformed { path: path.to_owned(), reason: reason.to_string() }
    }
}
