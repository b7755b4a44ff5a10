//! How well classes are told apart on labelled photos: what an evaluation measured.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Failure, PhotoPath, SpaceId};

/// What an evaluation of a labelled folder measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Evaluation {
    /// The folder, or the file of labels.
    #[schema(value_type = String)]
    pub dataset: PhotoPath,
    /// The split whose photos were measured; `None` where there are no splits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<String>,
    /// The space of the embeddings: model and preprocessing.
    #[schema(value_type = String)]
    pub space: SpaceId,
    /// When, in seconds since 1970.
    pub at: u64,
    /// The classes, in alphabetical order.
    pub classes: Vec<String>,
    /// Photos that were measured.
    pub images: usize,
    /// Photos of them that had to be embedded; the others were remembered.
    pub embedded: usize,
    /// Seconds that reading and embedding took.
    pub seconds: f64,
    /// Photos that could not be read, and so were left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<Failure>,
    /// The wordings and classifiers that were measured, the best first.
    pub contenders: Vec<Contender>,
}

/// A wording, or a classifier that learned from examples, and how well it did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Contender {
    /// What it is called: its caption file, its template, or how it learned.
    pub name: String,
    /// One wording of each class, to show; empty for what learned from examples.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prompts: Vec<String>,
    /// How well it did.
    #[serde(flatten)]
    pub metrics: Metrics,
    /// For what learned from examples: part of them that it got right without having seen them, 0 to 1. A little optimistic, as
    /// how it learned was chosen by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cross_validated_top1: Option<f64>,
    /// How it compares with the first contender that was named; `None` for that one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub against_first: Option<Comparison>,
}

/// How well predictions agree with labels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Metrics {
    /// Part of the photos whose most probable class is theirs, 0 to 1.
    pub top1: f64,
    /// Its 95 % interval by the bootstrap.
    pub top1_interval: (f64, f64),
    /// Part of the photos with their class among the five most probable, 0 to 1.
    pub top5: f64,
    /// The mean F1 of the classes that have photos or were predicted, 0 to 1.
    pub macro_f1: f64,
    /// Expected calibration error over 15 bins of equal width, 0 to 1 (Guo et al., 2017).
    pub calibration_error: f64,
    /// Each class, in the order of the evaluation's classes.
    pub per_class: Vec<ClassMetrics>,
    /// Rows are labels, columns are predictions, both in the order of the evaluation's classes. Empty in lists of evaluations.
    #[serde(default)]
    pub confusion: Vec<Vec<u32>>,
}

/// How well one class is told from the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ClassMetrics {
    /// Photos of the class.
    pub images: u32,
    /// Part of what was taken for the class that is of it; 0 where nothing was.
    pub precision: f64,
    /// Part of the class's photos that were taken for it; 0 where it has none.
    pub recall: f64,
    /// The harmonic mean of both; 0 where both are 0.
    pub f1: f64,
}

/// Two classifiers on the same photos: the exact test of McNemar (1947).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Comparison {
    /// The difference in `top1`, -1 to 1; positive where this one is better.
    pub difference: f64,
    /// Photos that only this one got right.
    pub only_this: u32,
    /// Photos that only the other one got right.
    pub only_other: u32,
    /// The probability of a difference at least this large between two that are equally good.
    pub p_value: f64,
}

/// `POST /api/v1/evaluations`: which labelled photos to measure on, and what to measure.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EvaluationRequest {
    /// A folder with one folder for each class, directly or in `train/`, `valid/` and `test/`; or a file of labels, CSV or JSON.
    /// Over HTTP it must lie in a folder of the library.
    #[schema(example = "/srv/photos/flowers")]
    pub dataset: String,
    /// The split to measure on: `train`, `valid` or `test`; without it the last of these that the dataset has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<String>,
    /// Captions to measure: each has one for each class, in the alphabetical order of the classes. Without captions and templates
    /// those of the dataset's `_tokenization.txt` are measured, or else the classes' names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub captions: Vec<CaptionSet>,
    /// Sentences with `{}` where the class stands, such as `a photo of a {}`; each is measured by itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub templates: Vec<String>,
    /// Whether to measure the templates averaged, too: OpenAI's 80 where none is given.
    #[serde(default)]
    pub ensemble: bool,
    /// Whether to look for a better wording on photos that are not measured on.
    #[serde(default)]
    pub suggest: bool,
    /// Whether to learn from so many examples of each class, which are not measured on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub few_shot: Option<usize>,
    /// What cosine similarities are multiplied with before the softmax; without it the
    /// model's own: 100 for most models, 20 for the built-in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logit_scale: Option<f64>,
}

/// Captions that are measured together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CaptionSet {
    /// What to call them.
    pub name: String,
    /// One for each class, in the alphabetical order of the classes.
    pub captions: Vec<String>,
}
