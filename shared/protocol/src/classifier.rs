//! Classifiers that are kept under a name: from words, or learned from examples.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{PhotoTag, Problem, ProblemKind, ProtocolError, SearchName, SpaceId, UnitVector};

/// A tag is worth giving when it is more probable than all others together.
const MIN_PROBABILITY: f64 = 0.5;

/// Tells which of its classes a photo shows, or that it shows none of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Classifier {
    /// Its name.
    pub name: SearchName,
    /// The classes' names; in alphabetical order where they are those of a dataset.
    pub classes: Vec<String>,
    /// The prompts of each class, for one that comes from words: with them it can be made anew for another model.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prompts: Vec<Vec<String>>,
    /// How it decides.
    pub layer: LinearLayer,
    /// For each class the logit below which a photo that is most like it shows none of the classes: 19 in 20 of the photos that it
    /// was measured on and got right are above. Empty where it was not measured.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub floors: Vec<f64>,
}

/// Logits as a linear function of an embedding: `scale · weights · x + bias`. The softmax of them are the classes' probabilities.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LinearLayer {
    /// The space of the embeddings that it is for.
    #[schema(value_type = String)]
    pub space: SpaceId,
    /// The logit scale: 100 for the prompts of most models, 1 for what learned from examples.
    pub scale: f64,
    /// Of each class, as many as an embedding has components.
    pub weights: Vec<Vec<f32>>,
    /// Of each class.
    pub bias: Vec<f32>,
}

impl LinearLayer {
    /// Zero-shot classification by one vector for each class (Radford et al., "Learning Transferable Visual Models From Natural
    /// Language Supervision", 2021): cosine similarities times `scale`.
    pub fn zero_shot(space: SpaceId, classes: &[UnitVector], scale: f64) -> Self {
        let weights = classes.iter().map(|class| class.as_slice().to_vec()).collect();
        Self { space, scale, weights, bias: vec![0.0; classes.len()] }
    }

    /// The logit of each class for a photo.
    ///
    /// Computed in 64 bits, so that probabilities agree with any other exact computation.
    pub fn logits(&self, photo: &UnitVector) -> Vec<f64> {
        let of_class = |(weights, bias): (&Vec<f32>, &f32)| {
            let products = weights.iter().zip(photo.as_slice()).map(|(w, x)| f64::from(*w) * f64::from(*x));
            self.scale * products.sum::<f64>() + f64::from(*bias)
        };
        self.weights.iter().zip(&self.bias).map(of_class).collect()
    }
}

/// What a classifier says of a photo.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verdict {
    /// The most probable class.
    pub class: usize,
    /// Its probability, 0 to 1.
    pub probability: f64,
    /// Whether the photo shows none of the classes.
    pub is_none: bool,
}

impl Classifier {
    /// Whether its parts fit together: one that comes from elsewhere need not.
    pub fn is_whole(&self) -> bool {
        let classes = self.classes.len();
        let LinearLayer { scale, weights, bias, .. } = &self.layer;
        let dimension = weights.first().map_or(0, Vec::len);
        let is_finite = scale.is_finite() && weights.iter().flatten().chain(bias).all(|x| x.is_finite());
        let fits = |count: usize| count == 0 || count == classes;
        let are_rows_alike = dimension > 0 && weights.iter().all(|row| row.len() == dimension);
        let lengths_fit = weights.len() == classes && bias.len() == classes;
        lengths_fit && fits(self.prompts.len()) && fits(self.floors.len()) && are_rows_alike && is_finite
    }

    /// The most probable class, the first of equals; `None` without classes.
    pub fn verdict(&self, photo: &UnitVector) -> Option<Verdict> {
        self.verdict_and_probabilities(photo).0
    }

    /// The verdict, and the probability of each class.
    pub fn verdict_and_probabilities(&self, photo: &UnitVector) -> (Option<Verdict>, Vec<f64>) {
        let logits = self.layer.logits(photo);
        let probabilities = softmax(&logits);
        let of_class = |(class, logit): (usize, f64)| {
            let is_none = self.floors.get(class).is_some_and(|floor| logit < *floor);
            Verdict { class, probability: probabilities[class], is_none }
        };
        (first_largest(&logits).map(of_class), probabilities)
    }
}

/// The place of the largest number and the number, the first of equals; `None` of nothing.
pub fn first_largest(numbers: &[f64]) -> Option<(usize, f64)> {
    let larger = |best: (usize, f64), next: (usize, f64)| if next.1 > best.1 { next } else { best };
    numbers.iter().copied().enumerate().reduce(larger)
}

/// `exp(x) / Σ exp(x)`, with the largest taken off first so that nothing overflows.
pub fn softmax(logits: &[f64]) -> Vec<f64> {
    let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let exponentials: Vec<f64> = logits.iter().map(|logit| (logit - largest).exp()).collect();
    let sum: f64 = exponentials.iter().sum();
    exponentials.into_iter().map(|x| x / sum).collect()
}

/// A rule by which photos get tags: each of them the class that a classifier sees in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TagRule {
    /// The classifier whose classes become tags.
    pub classifier: Classifier,
    /// The classes that do; empty for all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<String>,
    /// Less probable classes give no tag, 0 to 1.
    pub min_probability: f64,
}

impl TagRule {
    /// The tag that a photo gets.
    pub fn tag(&self, photo: &UnitVector) -> Option<PhotoTag> {
        let verdict = self.classifier.verdict(photo)?;
        let class = &self.classifier.classes[verdict.class];
        let is_wanted = self.only.is_empty() || self.only.contains(class);
        let is_sure = !verdict.is_none && verdict.probability >= self.min_probability;
        (is_wanted && is_sure).then(|| PhotoTag {
            tag: class.clone(),
            rule: Some(self.classifier.name.clone()),
            probability: verdict.probability as f32,
        })
    }
}

/// `PUT /api/v1/tag-rules/{name}`: makes a rule of the classifier of this name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TagRuleRequest {
    /// The classes that become tags; all where none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<String>,
    /// Less probable classes give no tag, 0 to 1; 0.5 where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 1)]
    pub min_probability: Option<f64>,
}

impl TagRuleRequest {
    /// The rule that is meant.
    ///
    /// # Errors
    /// A bad request for a class that `classifier` does not have, and for a probability out of range.
    pub fn rule(&self, classifier: Classifier) -> Result<TagRule, ProtocolError> {
        let wrong = |detail: String| Err(Problem::new(ProblemKind::BadRequest, detail).into());
        if let Some(class) = self.only.iter().find(|class| !classifier.classes.contains(class)) {
            let (name, classes) = (&classifier.name, classifier.classes.join(", "));
            return wrong(format!("the classifier {name} has no class {class:?}; it has {classes}"));
        }
        let min_probability = self.min_probability.unwrap_or(MIN_PROBABILITY);
        if !(0.0..=1.0).contains(&min_probability) {
            return wrong(format!("min_probability: got {min_probability}; expected 0 to 1"));
        }
        Ok(TagRule { classifier, only: self.only.clone(), min_probability })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(x: f32, y: f32) -> UnitVector {
        UnitVector::normalized(vec![x, y]).unwrap()
    }

    fn classifier(floors: Vec<f64>) -> Classifier {
        let layer = LinearLayer::zero_shot(SpaceId::from("m@1".to_owned()), &[unit(1.0, 0.0), unit(0.0, 1.0)], 10.0);
        let classes = vec!["cat".to_owned(), "dog".to_owned()];
        Classifier { name: "pets".parse().unwrap(), classes, prompts: vec![], layer, floors }
    }

    #[test]
    fn the_most_probable_class_is_said_unless_the_photo_shows_none() {
        let verdict = classifier(vec![]).verdict(&unit(3.0, 4.0)).unwrap();
        // Logits of 6 and 8: 1 / (1 + exp(-2)).
        assert_eq!((verdict.class, verdict.is_none), (1, false));
        assert!((verdict.probability - 0.880_797).abs() < 1e-5);
        assert!(classifier(vec![9.0, 9.0]).verdict(&unit(3.0, 4.0)).unwrap().is_none);
        assert!(!classifier(vec![9.0, 7.0]).verdict(&unit(3.0, 4.0)).unwrap().is_none);
    }

    #[test]
    fn parts_that_do_not_fit_together_are_noticed() {
        assert!(classifier(vec![]).is_whole() && classifier(vec![1.0, 2.0]).is_whole());
        assert!(!classifier(vec![1.0]).is_whole());
        let mut short = classifier(vec![]);
        short.layer.bias.pop();
        assert!(!short.is_whole());
        let mut endless = classifier(vec![]);
        endless.layer.weights[0][0] = f32::NAN;
        assert!(!endless.is_whole());
    }

    #[test]
    fn a_tag_is_given_for_wanted_classes_that_are_sure() {
        let rule = |only: &[&str], min_probability: f64| {
            let only = only.iter().map(|&class| class.to_owned()).collect();
            TagRule { classifier: classifier(vec![]), only, min_probability }.tag(&unit(3.0, 4.0)).map(|tag| tag.tag)
        };
        assert_eq!(rule(&[], 0.5).as_deref(), Some("dog"));
        assert_eq!((rule(&["cat"], 0.5), rule(&[], 0.9)), (None, None));
        assert_eq!(rule(&["dog"], 0.8).as_deref(), Some("dog"));
    }
}
