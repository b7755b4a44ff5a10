//! Classification by words alone: which of some labels a photo shows, and whether it shows any of them.

use std::sync::Arc;

use foray_embedding::Embedder;
use foray_evaluation::{Template, Wording};
use foray_library::ConceptBank;
use foray_protocol::{Classifier, LinearLayer, ProtocolError, SearchName, UnitVector};

use crate::evaluator::embed_texts;

/// A classifier by words alone, without a name to keep it under; `template` has `{}` where a label stands.
///
/// # Errors
/// A bad request for labels of which two are the same, and those of the model.
pub fn classifier_of_labels(
    embedder: &Embedder,
    labels: &[String],
    template: Option<&str>,
) -> Result<Classifier, ProtocolError> {
    let template = template.map_or_else(|| Ok(Template::bare()), str::parse)?;
    classifier_of_wording(embedder, "labels".parse()?, labels.to_vec(), Wording::of_labels(&template, labels)?)
}

/// A classifier that tells `classes` apart by the prompts of `wording`, which has some for each. What it never saw photos of has no
/// floors.
///
/// # Errors
/// Those of the model, and a bad request for prompts that cancel each other out.
pub(crate) fn classifier_of_wording(
    embedder: &Embedder,
    name: SearchName,
    classes: Vec<String>,
    wording: Wording,
) -> Result<Classifier, ProtocolError> {
    let vectors = wording.vectors(|texts| embed_texts(embedder, texts))?;
    let layer = LinearLayer::zero_shot(embedder.space().clone(), &vectors, embedder.logit_scale());
    Ok(Classifier { name, classes, prompts: wording.prompts, layer, floors: vec![] })
}

/// Labels against everyday concepts: a photo that these explain as well shows none of the labels.
#[derive(Debug)]
pub struct LabelRelevance {
    labels: Vec<UnitVector>,
    concepts: Arc<ConceptBank>,
}

impl LabelRelevance {
    /// Embeds the labels as bare as the concepts are, so that no template tips the scales.
    ///
    /// # Errors
    /// Those of the model.
    pub fn new(embedder: &Embedder, labels: &[String], concepts: Arc<ConceptBank>) -> Result<Self, ProtocolError> {
        let texts: Vec<_> = labels.iter().map(String::as_str).collect();
        Ok(Self { labels: embed_texts(embedder, &texts)?, concepts })
    }

    /// How much better than everyday concepts the best label explains `photo`, 0 to 1.
    pub fn of(&self, photo: &UnitVector) -> f32 {
        let best = self.labels.iter().map(|label| label.cosine(photo)).fold(f32::MIN, f32::max);
        self.concepts.relevance_for(photo, best)
    }
}
