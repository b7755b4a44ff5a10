//! What takes part in an evaluation: wordings, the suggestion, and what learned from examples.

use foray_embedding::Embedder;
use foray_evaluation::{Dataset, EvaluationError, Template, Wording, few_shot, pick_examples, suggest};
use foray_protocol::{EvaluationRequest, LinearLayer, ProtocolError, UnitVector, first_largest, softmax};

use super::labelled::{Part, check_examples};
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
    /// The photos that it learned from, as places among those for trying things on; none for wordings.
    pub examples: Vec<usize>,
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
        let named = self.named()?.iter().map(|wording| self.zero_shot(wording)).collect::<Result<Vec<_>, _>>()?;
        let suggested = self.request.suggest.then(|| self.zero_shot(&self.suggested()?)).transpose()?;
        // The suggestion was chosen by more labels than the examples have.
        let learned = self.request.few_shot.map(|shots| self.learned(shots, &named)).transpose()?;
        Ok(named.into_iter().chain(suggested).chain(learned).collect())
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
            examples: vec![],
        })
    }

    /// Learns from examples, begun from the one of `priors` that does best on them.
    fn learned(&self, shots: usize, priors: &[Entrant]) -> Result<Entrant, ProtocolError> {
        let Part { vectors, labels, .. } = self.tuning;
        let classes = self.dataset.classes.len();
        check_examples(labels.iter().copied(), &self.dataset.classes)?;
        let labels: Vec<u32> = labels.iter().map(|&label| label as u32).collect();
        let picked = pick_examples(&labels, classes, shots, SEED);
        let examples: Vec<_> = picked.iter().map(|&photo| vectors[photo].clone()).collect();
        let labels: Vec<_> = picked.iter().map(|&photo| labels[photo]).collect();
        let prior = best_on(priors, &examples, &labels);
        let learned = few_shot(&examples, &labels, classes, Some(&prior.vectors), SEED)?;
        let space = self.embedder.space().clone();
        let layer = LinearLayer { space, scale: 1.0, weights: learned.probe.weights, bias: learned.probe.bias };
        let up_to = if picked.len() < classes * shots { "up to " } else { "" };
        let plural = if shots == 1 { "" } else { "s" };
        Ok(Entrant {
            name: format!("{up_to}{shots} example{plural} of each class"),
            prompts: vec![],
            vectors: vec![],
            layer,
            cross_validated_top1: learned.cross_validated_top1,
            examples: picked,
        })
    }

    fn logit_scale(&self) -> f64 {
        self.request.logit_scale.unwrap_or(self.embedder.logit_scale())
    }
}

/// The one that is right most often on these photos, the first of equals.
fn best_on<'e>(entrants: &'e [Entrant], photos: &[UnitVector], labels: &[u32]) -> &'e Entrant {
    let right = |entrant: &&Entrant| {
        let answers = photos.iter().filter_map(|photo| first_largest(&entrant.layer.logits(photo)));
        answers.zip(labels).filter(|((answer, _), label)| *answer == **label as usize).count()
    };
    // The last of equals is what comes out, so the first one goes last.
    entrants.iter().rev().max_by_key(right).unwrap_or(&entrants[0])
}
