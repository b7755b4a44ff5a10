//! Labelled photos: which there are, of which class, and in which split.

mod folders;
mod label_file;

use std::path::Path;

pub use label_file::label_table;

use foray_protocol::{PhotoPath, Split};

use crate::EvaluationError;

/// A photo and what it shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelledPhoto {
    /// The file.
    pub path: PhotoPath,
    /// Its class, as an index into the dataset's classes.
    pub class: usize,
    /// Its split, where there are any.
    pub split: Option<Split>,
}

/// Photos of at least two classes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dataset {
    /// The folder, or the file of labels.
    pub source: PhotoPath,
    /// The classes' names, in alphabetical order (of their bytes).
    pub classes: Vec<String>,
    /// The photos, by split, class and path.
    pub photos: Vec<LabelledPhoto>,
    /// The caption of each class, from `_tokenization.txt`, where there is one.
    pub captions: Option<Vec<String>>,
}

/// A photo before the classes are numbered.
#[derive(Debug)]
struct Found {
    path: PhotoPath,
    class: String,
    split: Option<Split>,
}

impl Dataset {
    /// Reads which photos there are at `source`; opens none of them.
    ///
    /// A folder with one folder for each class, directly or in `train/`, `valid/` and `test/`; or a file of labels, CSV or JSON.
    ///
    /// # Errors
    /// All of [`EvaluationError`] that concern datasets and captions.
    pub fn read(source: &Path) -> Result<Self, EvaluationError> {
        let of = |error| EvaluationError::Read { path: source.to_owned(), source: error };
        let source = source.canonicalize().map_err(of)?;
        if source.is_dir() {
            let (found, classes) = folders::read(&source)?;
            let dataset = Self::of_found(&source, found, classes)?;
            let captions = folders::captions(&source, &dataset.classes)?;
            Ok(Self { captions, ..dataset })
        } else {
            Self::of_found(&source, label_file::read(&source)?, vec![])
        }
    }

    /// The photos of one split; all, for a dataset without splits where none is asked for.
    ///
    /// # Errors
    /// [`EvaluationError::NoSplit`].
    pub fn split(&self, split: Option<Split>) -> Result<Vec<&LabelledPhoto>, EvaluationError> {
        let photos: Vec<_> = self.photos.iter().filter(|photo| split.is_none() || photo.split == split).collect();
        match split {
            Some(split) if photos.is_empty() => Err(EvaluationError::NoSplit {
                path: self.source.as_path().to_owned(),
                split: split.to_string(),
                has: self.describe_splits(),
            }),
            _ => Ok(photos),
        }
    }

    /// The splits that have photos.
    pub fn splits(&self) -> Vec<Split> {
        Split::ALL.into_iter().filter(|&split| self.photos.iter().any(|photo| photo.split == Some(split))).collect()
    }

    /// What to measure on where nothing else is asked for: what was kept for that.
    pub fn split_to_measure(&self) -> Option<Split> {
        self.splits().into_iter().max()
    }

    fn describe_splits(&self) -> String {
        let names: Vec<_> = self.splits().into_iter().map(Split::name).collect();
        if names.is_empty() { "no splits".to_owned() } else { names.join(", ") }
    }

    fn of_found(source: &Path, found: Vec<Found>, folders: Vec<String>) -> Result<Self, EvaluationError> {
        let mut classes: Vec<String> = found.iter().map(|photo| photo.class.clone()).collect();
        classes.sort();
        classes.dedup();
        if let Some(class) = folders.into_iter().find(|class| !classes.contains(class)) {
            return Err(EvaluationError::EmptyClass { path: source.to_owned(), class });
        }
        match classes.as_slice() {
            [] => return Err(EvaluationError::NoClasses(source.to_owned())),
            [class] => return Err(EvaluationError::OneClass { path: source.to_owned(), class: class.clone() }),
            _ => {}
        }
        let number = |class: &String| classes.binary_search(class).unwrap_or_default();
        let mut photos: Vec<_> = found
            .into_iter()
            .map(|photo| LabelledPhoto { class: number(&photo.class), path: photo.path, split: photo.split })
            .collect();
        photos.sort_by(|a, b| (a.split, a.class, &a.path).cmp(&(b.split, b.class, &b.path)));
        Ok(Self { source: PhotoPath::from(source.to_owned()), classes, photos, captions: None })
    }
}
