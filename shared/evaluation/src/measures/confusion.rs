//! Which classes are taken for which, and what follows from that for each class.

use foray_protocol::ClassMetrics;

use super::Predictions;

/// How many photos of each class (rows) were taken for each class (columns).
pub(super) fn confusion(predictions: &Predictions) -> Vec<Vec<u32>> {
    let mut counts = vec![vec![0; predictions.classes()]; predictions.classes()];
    for ((label, _), (predicted, _)) in predictions.iter().zip(predictions.most_probable()) {
        counts[label as usize][predicted as usize] += 1;
    }
    counts
}

/// Precision, recall and F1 (van Rijsbergen, 1979) of each class.
pub(super) fn class_metrics(confusion: &[Vec<u32>]) -> Vec<ClassMetrics> {
    let taken = column_sums(confusion);
    (0..confusion.len()).map(|class| one_class(confusion, &taken, class)).collect()
}

fn one_class(confusion: &[Vec<u32>], taken: &[u32], class: usize) -> ClassMetrics {
    let images = confusion[class].iter().sum();
    let right = confusion[class][class];
    ClassMetrics {
        images,
        precision: part(right, taken[class]),
        recall: part(right, images),
        f1: part(2 * right, images + taken[class]),
    }
}

/// The mean F1 of the classes that photos have or were taken for. The others have none: a split that lacks a class should
/// not be marked down for it.
pub(super) fn macro_f1(confusion: &[Vec<u32>]) -> f64 {
    let classes = class_metrics(confusion);
    let present = classes.iter().zip(column_sums(confusion)).filter(|(class, taken)| class.images + taken > 0);
    let (sum, count) = present.fold((0.0, 0), |(sum, count), (class, _)| (sum + class.f1, count + 1));
    sum / f64::from(count)
}

fn column_sums(confusion: &[Vec<u32>]) -> Vec<u32> {
    (0..confusion.len()).map(|class| confusion.iter().map(|row| row[class]).sum()).collect()
}

/// `n` of `all`, 0 where there are none.
fn part(n: u32, all: u32) -> f64 {
    if all == 0 { 0.0 } else { f64::from(n) / f64::from(all) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_without_photos_or_predictions_does_not_count() {
        let confusion = vec![vec![3, 0, 0], vec![1, 2, 0], vec![0, 0, 0]];
        let classes = class_metrics(&confusion);
        assert_eq!(classes[2], ClassMetrics::default());
        assert!((macro_f1(&confusion) - (classes[0].f1 + classes[1].f1) / 2.0).abs() < 1e-12);
    }

    #[test]
    fn f1_is_the_harmonic_mean_of_precision_and_recall() {
        let class = class_metrics(&[vec![6, 2], vec![3, 5]])[0];
        let harmonic = 2.0 / (1.0 / class.precision + 1.0 / class.recall);
        assert!((class.f1 - harmonic).abs() < 1e-12);
    }
}
