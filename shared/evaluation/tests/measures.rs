//! Our measures against scikit-learn's, SciPy's and NumPy's of the same predictions.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use foray_evaluation::{Predictions, compare, measure, softmax};
use foray_protocol::ClassMetrics;
use serde::Deserialize;

/// What `tests/goldens/make_measures.py` wrote.
#[derive(Deserialize)]
struct Goldens {
    measures: Vec<Measured>,
    mcnemar: Vec<Test>,
    softmax: Vec<Softmax>,
}

#[derive(Deserialize)]
struct Measured {
    name: String,
    classes: usize,
    labels: Vec<u32>,
    probabilities: Vec<f64>,
    top1: f64,
    top1_interval: (f64, f64),
    top5: f64,
    macro_f1: f64,
    calibration_error: f64,
    precision: Vec<f64>,
    recall: Vec<f64>,
    f1: Vec<f64>,
    images: Vec<u32>,
    confusion: Vec<Vec<u32>>,
}

#[derive(Deserialize)]
struct Test {
    only_this: u32,
    only_other: u32,
    p_value: f64,
}

#[derive(Deserialize)]
struct Softmax {
    logits: Vec<f64>,
    probabilities: Vec<f64>,
}

fn goldens() -> Goldens {
    serde_json::from_str(include_str!("goldens/measures.json")).unwrap()
}

#[track_caller]
fn assert_near(what: &str, got: f64, expected: f64) {
    assert!((got - expected).abs() < 1e-9, "{what}: got {got}; expected {expected}");
}

#[test]
fn measures_are_those_of_scikit_learn() {
    for golden in goldens().measures {
        let predictions = Predictions::new(golden.classes, golden.labels, golden.probabilities).unwrap();
        let metrics = measure(&predictions, 0);
        let named = |what| format!("{what} of {}", golden.name);
        assert_near(&named("top-1"), metrics.top1, golden.top1);
        assert_near(&named("top-5"), metrics.top5, golden.top5);
        assert_near(&named("macro F1"), metrics.macro_f1, golden.macro_f1);
        assert_near(&named("calibration error"), metrics.calibration_error, golden.calibration_error);
        assert_eq!(metrics.confusion, golden.confusion, "{}", golden.name);
        for (class, ClassMetrics { images, precision, recall, f1 }) in metrics.per_class.into_iter().enumerate() {
            assert_eq!(images, golden.images[class], "{}", golden.name);
            assert_near(&named("precision"), precision, golden.precision[class]);
            assert_near(&named("recall"), recall, golden.recall[class]);
            assert_near(&named("F1"), f1, golden.f1[class]);
        }
    }
}

#[test]
fn intervals_are_those_of_endless_resampling_to_a_photo_or_two() {
    for golden in goldens().measures {
        let photos = golden.labels.len() as f64;
        let predictions = Predictions::new(golden.classes, golden.labels, golden.probabilities).unwrap();
        let (low, high) = measure(&predictions, 1).top1_interval;
        let (expected_low, expected_high) = golden.top1_interval;
        assert!((low - expected_low).abs() * photos <= 2.0, "{}: {low}, {expected_low}", golden.name);
        assert!((high - expected_high).abs() * photos <= 2.0, "{}: {high}, {expected_high}", golden.name);
    }
}

#[test]
fn chance_is_that_of_the_exact_binomial_test() {
    for Test { only_this, only_other, p_value } in goldens().mcnemar {
        let this = [vec![true; only_this as usize], vec![false; only_other as usize]].concat();
        let other: Vec<bool> = this.iter().map(|right| !right).collect();
        let comparison = compare(&this, &other).unwrap();
        let relative = (comparison.p_value - p_value).abs() / p_value;
        assert!(relative < 1e-9, "{only_this} to {only_other}: {}, {p_value}", comparison.p_value);
        assert_eq!((comparison.only_this, comparison.only_other), (only_this, only_other));
    }
}

#[test]
fn probabilities_are_those_of_numpy() {
    for golden in goldens().softmax {
        let got = softmax(&golden.logits);
        assert_eq!(got.len(), golden.probabilities.len());
        for (got, expected) in got.into_iter().zip(golden.probabilities) {
            assert!(got.is_finite());
            assert_near("softmax", got, expected);
        }
    }
}
