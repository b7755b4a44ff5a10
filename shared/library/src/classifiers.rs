//! Classifiers and evaluations that are kept with the library.

use foray_protocol::{Classifier, Evaluation, SearchName};
use sled::Tree;

use crate::LibraryError;
use crate::library::Library;
use crate::records::{decode, encode};

/// The oldest evaluations are forgotten when there are more.
const MOST_EVALUATIONS: usize = 1_000;

impl Library {
    /// The evaluations that were made, the latest first, at most `limit`.
    ///
    /// # Errors
    /// Those of the database.
    pub fn evaluations(&self, limit: usize) -> Result<Vec<Evaluation>, LibraryError> {
        self.evaluation_tree()?.iter().values().rev().take(limit).map(|value| decode(&value?)).collect()
    }

    /// Keeps an evaluation; it is on the disk then.
    ///
    /// # Errors
    /// Those of the database.
    pub fn keep_evaluation(&self, evaluation: &Evaluation) -> Result<(), LibraryError> {
        let _one_at_a_time = self.writing.lock();
        let tree = self.evaluation_tree()?;
        let next = match tree.last()? {
            Some((key, _)) => key.as_ref().try_into().map_or(0, u64::from_be_bytes) + 1,
            None => 0,
        };
        tree.insert(next.to_be_bytes(), encode(evaluation)?)?;
        while tree.len() > MOST_EVALUATIONS {
            tree.pop_min()?;
        }
        tree.flush()?;
        Ok(())
    }

    /// The classifiers that are kept, by name.
    ///
    /// # Errors
    /// Those of the database.
    pub fn classifiers(&self) -> Result<Vec<Classifier>, LibraryError> {
        self.classifier_tree()?.iter().values().map(|value| decode(&value?)).collect()
    }

    /// The classifier of this name.
    ///
    /// # Errors
    /// [`LibraryError::NoClassifier`].
    pub fn classifier(&self, name: &SearchName) -> Result<Classifier, LibraryError> {
        let value = self.classifier_tree()?.get(name.as_str())?;
        decode(&value.ok_or_else(|| LibraryError::NoClassifier(name.to_string()))?)
    }

    /// Keeps a classifier under its name, instead of one that had it before; it is on the disk then.
    ///
    /// # Errors
    /// [`LibraryError::OutOfRange`] for one whose parts do not fit together, and those of the database.
    pub fn keep_classifier(&self, classifier: &Classifier) -> Result<(), LibraryError> {
        if !classifier.is_whole() {
            let (field, got) = ("the classifier's weights", classifier.layer.weights.len());
            return Err(LibraryError::OutOfRange { field, got, expected: "a finite row and bias for each class" });
        }
        let _one_at_a_time = self.writing.lock();
        let tree = self.classifier_tree()?;
        tree.insert(classifier.name.as_str(), encode(classifier)?)?;
        tree.flush()?;
        Ok(())
    }

    /// Forgets the classifier of this name.
    ///
    /// # Errors
    /// [`LibraryError::NoClassifier`].
    pub fn forget_classifier(&self, name: &SearchName) -> Result<(), LibraryError> {
        let _one_at_a_time = self.writing.lock();
        let tree = self.classifier_tree()?;
        let was_there = tree.remove(name.as_str())?.is_some();
        tree.flush()?;
        if was_there { Ok(()) } else { Err(LibraryError::NoClassifier(name.to_string())) }
    }

    /// Number, big-endian -> [`Evaluation`].
    fn evaluation_tree(&self) -> Result<Tree, LibraryError> {
        Ok(self.db.open_tree("evaluations")?)
    }

    /// Name -> [`Classifier`].
    fn classifier_tree(&self) -> Result<Tree, LibraryError> {
        Ok(self.db.open_tree("classifiers")?)
    }
}
