//! Labels, and the probabilities that a classifier gave the same photos.

use foray_protocol::first_largest;

use crate::EvaluationError;

/// The labels of some photos and the probabilities that a classifier gave them: at least one photo and one class, every
/// label a class, every probability from 0 to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Predictions {
    classes: usize,
    labels: Vec<u32>,
    probabilities: Vec<f64>,
}

impl Predictions {
    /// `labels` has the class of each photo, 0 to `classes` - 1; `probabilities` has photos × `classes` numbers, photo by
    /// photo.
    ///
    /// # Errors
    /// [`EvaluationError::Shape`] when there are no photos or classes, when the numbers do not fit together, or when a
    /// label or a probability is out of range.
    pub fn new(classes: usize, labels: Vec<u32>, probabilities: Vec<f64>) -> Result<Self, EvaluationError> {
        if labels.is_empty() || classes == 0 {
            let got = format!("{} photos of {classes} classes", labels.len());
            return Err(EvaluationError::shape("predictions", got, "at least one photo and one class"));
        }
        if probabilities.len() != labels.len() * classes {
            let expected = format!("{} photos × {classes} classes", labels.len());
            return Err(EvaluationError::shape("probabilities", probabilities.len(), expected));
        }
        check_labels(&labels, classes)?;
        if let Some(out) = probabilities.iter().find(|p| !(0.0..=1.0).contains(*p)) {
            return Err(EvaluationError::shape("probabilities", out, "0 to 1"));
        }
        Ok(Self { classes, labels, probabilities })
    }

    /// How many photos; at least one.
    pub fn photos(&self) -> usize {
        self.labels.len()
    }

    /// How many classes; at least one.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Each photo's label and the probabilities of the classes.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &[f64])> {
        self.labels.iter().copied().zip(self.probabilities.chunks_exact(self.classes))
    }

    /// Each photo's most probable class, the first of equals, and its probability.
    pub fn most_probable(&self) -> impl Iterator<Item = (u32, f64)> {
        self.iter().filter_map(|(_, row)| first_largest(row)).map(|(class, probability)| (class as u32, probability))
    }

    /// Whether each photo's most probable class is its label.
    pub fn correct(&self) -> Vec<bool> {
        self.most_probable().zip(&self.labels).map(|((class, _), label)| class == *label).collect()
    }

    /// How many photos have their label among their `n` most probable classes; of equally probable classes the first count
    /// as more probable.
    pub(super) fn within_most_probable(&self, n: usize) -> usize {
        self.iter().filter(|(label, row)| rank(row, *label as usize) < n).count()
    }
}

/// Checks that every label is below `classes`.
pub(crate) fn check_labels(labels: &[u32], classes: usize) -> Result<(), EvaluationError> {
    match labels.iter().find(|&&label| label as usize >= classes) {
        Some(label) => Err(EvaluationError::shape("labels", label, format!("one below {classes}"))),
        None => Ok(()),
    }
}

/// How many classes come before `class` when sorted by descending probability, equals by index.
fn rank(row: &[f64], class: usize) -> usize {
    let before = |&(other, &p): &(usize, &f64)| p > row[class] || (p == row[class] && other < class);
    row.iter().enumerate().filter(before).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_together_is_refused() {
        let message = |classes, labels: &[u32], probabilities: &[f64]| {
            Predictions::new(classes, labels.to_vec(), probabilities.to_vec()).unwrap_err().to_string()
        };
        assert_eq!(
            message(2, &[], &[]),
            "predictions: got 0 photos of 2 classes; expected at least one photo and one class"
        );
        assert_eq!(message(2, &[0, 1], &[0.5; 3]), "probabilities: got 3; expected 2 photos × 2 classes");
        assert_eq!(message(2, &[2], &[0.5; 2]), "labels: got 2; expected one below 2");
        assert_eq!(message(2, &[0], &[0.5, f64::NAN]), "probabilities: got NaN; expected 0 to 1");
        assert_eq!(message(2, &[0], &[1.5, 0.5]), "probabilities: got 1.5; expected 0 to 1");
    }

    #[test]
    fn ties_go_to_the_first_class() {
        let predictions = Predictions::new(3, vec![0, 1], vec![0.4, 0.4, 0.2, 0.2, 0.4, 0.4]).unwrap();
        assert_eq!(predictions.most_probable().collect::<Vec<_>>(), [(0, 0.4), (1, 0.4)]);
        assert_eq!(predictions.correct(), [true, true]);
        let second = Predictions::new(2, vec![1], vec![0.5, 0.5]).unwrap();
        assert_eq!((second.within_most_probable(1), second.within_most_probable(2)), (0, 1));
    }
}
