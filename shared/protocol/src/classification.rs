//! Which class photos show.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Classifier, ImageId, SearchName, UnitVector};

/// The least relevance of labels to photos that show one of them. A search leaves out far more ([`crate::RELEVANT`]): most photos of
/// a library show something else, most of those that are to be classified do not. The cut-off with the best balanced accuracy for
/// the built-in model on Caltech 101, over 60 choices of 2 to 50 of its classes as labels, by photos of these against all others:
/// 52 % of the former are kept and 89 % of the latter refused.
const SHOWN: f32 = 0.08;

/// `POST /api/v1/classify`: exactly one of `labels` and `classifier` says by what; the photos must be in the library.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClassifyRequest {
    /// The classes in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["daisy", "dandelion"]))]
    pub labels: Vec<String>,
    /// A sentence with `{}` where the label stands; the label by itself where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// A classifier that is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classifier: Option<SearchName>,
    /// Photos whose most probable class is less probable than this, 0 to 1, show none of the classes.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1)]
    pub min_probability: f64,
    /// Whether photos that everyday concepts explain as well as the labels do show none of them; a classifier has its own way to
    /// tell.
    #[serde(default)]
    pub or_none: bool,
    /// The photos.
    pub ids: Vec<ImageId>,
}

/// What a photo shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Classification {
    /// The most probable class; `None` for a photo that shows none of them.
    pub class: Option<String>,
    /// The probability of the most probable class, 0 to 1.
    pub probability: f64,
    /// That of each class; together they are 1.
    pub probabilities: BTreeMap<String, f64>,
    /// How much better than everyday concepts the labels explain the photo, 0 to 1: below 0.08 it shows none of them. Only where
    /// that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relevance: Option<f32>,
}

impl Classification {
    /// What `classifier` says of a photo.
    pub fn new(classifier: &Classifier, photo: &UnitVector, min_probability: f64) -> Self {
        let (verdict, probabilities) = classifier.verdict_and_probabilities(photo);
        let shown = verdict.filter(|verdict| !verdict.is_none && verdict.probability >= min_probability);
        let probabilities = classifier.classes.iter().cloned().zip(probabilities).collect();
        Self {
            class: shown.and_then(|verdict| classifier.classes.get(verdict.class).cloned()),
            probability: verdict.map_or(0.0, |verdict| verdict.probability),
            probabilities,
            relevance: None,
        }
    }

    /// The same, with no class where `relevance` is below that of what photos show.
    pub fn with_relevance(self, relevance: f32) -> Self {
        let class = self.class.filter(|_| relevance >= SHOWN);
        Self { class, relevance: Some(relevance), ..self }
    }
}

/// A photo of the library and what it shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ClassifiedPhoto {
    /// Identity of its content.
    pub id: ImageId,
    /// Where it is.
    pub path: String,
    /// What it shows.
    #[serde(flatten)]
    pub classification: Classification,
}
