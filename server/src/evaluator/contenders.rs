//! What takes part in an evaluation: wordings, the suggestion, and what learned from examples.

use foray_embedding::Embedder;
use foray_evaluation::{Dataset, EvaluationError, Template, Wording, few_shot, pick_examples, suggest};
use foray_protocol::{EvaluationRequest, LinearLayer, ProtocolError, UnitVector, softmax};

use super::labelled::Part;
use super::{SEED, embed_texts};

/// One that takes part.
#[derive(Clone, Debug)]
pub(super) struct Entrant {
    pub name: String,
    /// Of each class; none for what learned from examples.
    pub prompts: Vec<Vec<String>>,
    /// Of each class; none for what learned from examples.
    pub vectors: Vec<UnitVector>,
    pub layer: LinearLayer,
    pub cross_validated_top1: Option<f64>,
}

impl Entrant {
    pub fn probabilities(&self, photo: &UnitVector) -> Vec<f64> {
        softmax(&self.layer.logits(photo))
    }
}

/// Makes all that take part.
pub(super) struct Entrants<'a> {
    pub embedder: &'a Embedder,
    pub dataset: &'a Dataset,
    pub request: &'a EvaluationRequest,
    pub tuning: &'a Part,
}

impl Entrants<'_> {
    /// In the order in which they were named.
    pub fn all(&self) -> Result<Vec<Entrant>, ProtocolError> {
        let mut wordings = self.named()?;
        if self.request.suggest {
            wordings.push(self.suggested()?);
        }
        let mut all = wordings.iter().map(|wording| self.zero_shot(wording)).collect::<Result<Vec<_>, _>>()?;
        if let Some(shots) = self.request.few_shot {
            all.push(self.learned(shots, self.best_on_tuning(&all))?);
        }
        Ok(all)
    }

    /// The wordings that were asked for, or else the dataset's own.
    fn named(&self) -> Result<Vec<Wording>, EvaluationError> {
        let EvaluationRequest { captions, templates, ensemble, .. } = self.request;
        let classes = &self.dataset.classes;
        let mut wordings = vec![];
        for set in captions {
            wordings.push(Wording::of_captions(&set.name, set.captions.clone(), classes)?);
        }
        let templates = templates.iter().map(|text| text.parse()).collect::<Result<Vec<Template>, _>>()?;
        for template in &templates {
            wordings.push(Wording::of_templates(template.to_string(), std::slice::from_ref(template), classes)?);
        }
        if wordings.is_empty() {
            wordings.push(match &self.dataset.captions {
                Some(captions) => Wording::of_captions("_tokenization.txt", captions.clone(), classes)?,
                None => Wording::of_templates("{}", &[Template::bare()], classes)?,
            });
        }
        if *ensemble {
            let all = if templates.is_empty() { Template::openai() } else { templates };
            wordings.push(Wording::of_templates(format!("{} templates averaged", all.len()), &all, classes)?);
        }
        Ok(wordings)
    }

    fn suggested(&self) -> Result<Wording, ProtocolError> {
        let Part { vectors, labels, .. } = self.tuning;
        let embed = |texts: &[&str]| embed_texts(self.embedder, texts);
        let suggestion = suggest(&self.dataset.classes, vectors, labels, self.logit_scale(), embed)?;
        let name = format!("suggested: {}", suggestion.wording.name);
        Ok(Wording { name, ..suggestion.wording })
    }

    fn zero_shot(&self, wording: &Wording) -> Result<Entrant, ProtocolError> {
        let classes = wording.vectors(|texts| embed_texts(self.embedder, texts))?;
        let layer = LinearLayer::zero_shot(self.embedder.space().clone(), &classes, self.logit_scale());
        Ok(Entrant {
            name: wording.name.clone(),
            prompts: wording.prompts.clone(),
            vectors: classes,
            layer,
            cross_validated_top1: None,
        })
    }

    /// Learns from examples, begun from the words of `prior`.
    fn learned(&self, shots: usize, prior: &Entrant) -> Result<Entrant, ProtocolError> {
        let Part { vectors, labels, .. } = self.tuning;
        let classes = self.dataset.classes.len();
        let labels: Vec<u32> = labels.iter().map(|&label| label as u32).collect();
        let picked = pick_examples(&labels, classes, shots, SEED);
        let examples: Vec<_> = picked.iter().map(|&photo| vectors[photo].clone()).collect();
        let labels: Vec<_> = picked.iter().map(|&photo| labels[photo]).collect();
        let learned = few_shot(&examples, &labels, classes, Some(&prior.vectors), SEED)?;
        let space = self.embedder.space().clone();
        let layer = LinearLayer { space, scale: 1.0, weights: learned.probe.weights, bias: learned.probe.bias };
        let name = format!("{shots} examples of each class");
        Ok(Entrant {
            name,
            prompts: vec![],
            vectors: vec![],
            layer,
            cross_validated_top1: learned.cross_validated_top1,
        })
    }

    /// The wording that does best on the photos for trying things on.
    fn best_on_tuning<'e>(&self, entrants: &'e [Entrant]) -> &'e Entrant {
        let Part { vectors, labels, .. } = self.tuning;
        let right = |entrant: &&Entrant| {
            let answers = vectors.iter().map(|photo| most_probable(&entrant.layer.logits(photo)));
            answers.zip(labels).filter(|(answer, label)| answer == *label).count()
        };
        // The last of equals is what comes out, so the first one goes last.
        entrants.iter().rev().max_by_key(right).unwrap_or(&entrants[0])
    }

    fn logit_scale(&self) -> f64 {
        self.request.logit_scale.unwrap_or(self.embedder.logit_scale())
    }
}

fn most_probable(logits: &[f64]) -> usize {
    logits.iter().enumerate().rev().max_by(|(_, a), (_, b)| a.total_cmp(b)).map_or(0, |(class, _)| class)
}
