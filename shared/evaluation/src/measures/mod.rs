//! How well a classifier's probabilities agree with the labels of the same photos.

mod calibration;
mod confusion;
mod interval;
mod predictions;

use foray_protocol::Metrics;

pub use predictions::Predictions;
pub(crate) use predictions::check_labels;

use calibration::calibration_error;
use confusion::{class_metrics, confusion, macro_f1};
use interval::bootstrap_interval;

/// All that is measured of a classifier. The interval is drawn from `seed`: the same predictions and seed give the same one.
pub fn measure(predictions: &Predictions, seed: u64) -> Metrics {
    let confusion = confusion(predictions);
    let photos = predictions.photos();
    let right = predictions.within_most_probable(1);
    Metrics {
        top1: right as f64 / photos as f64,
        top1_interval: bootstrap_interval(right, photos, seed),
        top5: predictions.within_most_probable(5) as f64 / photos as f64,
        macro_f1: macro_f1(&confusion),
        calibration_error: calibration_error(predictions),
        per_class: class_metrics(&confusion),
        confusion,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hand_made_case_is_measured() {
        let rows = [[0.7, 0.2, 0.1], [0.4, 0.4, 0.2], [0.1, 0.3, 0.6], [0.3, 0.3, 0.4]];
        let predictions = Predictions::new(3, vec![0, 1, 2, 2], rows.concat()).unwrap();
        let metrics = measure(&predictions, 1);
        assert_eq!(metrics.confusion, [[1, 0, 0], [1, 0, 0], [0, 0, 2]]);
        assert_eq!((metrics.top1, metrics.top5), (0.75, 1.0));
        assert!((metrics.macro_f1 - (2.0 / 3.0 + 0.0 + 1.0) / 3.0).abs() < 1e-12);
        assert_eq!(metrics.per_class[0].precision, 0.5);
        assert_eq!(metrics.per_class[1].f1, 0.0);
    }

    #[test]
    fn the_order_of_the_photos_does_not_matter() {
        let forwards = Predictions::new(2, vec![0, 1, 1], vec![0.9, 0.1, 0.8, 0.2, 0.3, 0.7]).unwrap();
        let backwards = Predictions::new(2, vec![1, 1, 0], vec![0.3, 0.7, 0.8, 0.2, 0.9, 0.1]).unwrap();
        assert_eq!(measure(&forwards, 5), measure(&backwards, 5));
    }
}
